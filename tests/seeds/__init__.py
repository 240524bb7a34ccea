"""What the services' own pages print: requests as curl commands, and the answers to them.

The files beside this one are cut out of those pages, word for word.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_COMMAND = re.compile(r"^curl ", re.MULTILINE)
_DOCUMENT = re.compile(r"^\{", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Request:
    """`host` is as printed, without a path; `path` has the query. Header names have small letters."""

    method: str
    host: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Exchange:
    """`response` is the first JSON document between this request and the next; None where there is none."""

    request: Request
    response: Any


def printed(name: str) -> list[Exchange]:
    """The exchanges in NAME.txt, in the order of the page."""
    text = (Path(__file__).parent / f"{name}.txt").read_text("utf-8")
    starts = [found.start() for found in _COMMAND.finditer(text)]
    assert starts, f"{name}.txt has no curl command"
    return [_exchange(text[start:end]) for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def same_shape(printed: Any, actual: Any, where: str = "answer") -> None:
    """The same keys in the same order, and values of the same types. A list has one printed item at
    least, and each item of the actual one is like the first."""
    assert type(actual) is type(printed), f"{where}: {actual!r:.80} instead of {printed!r:.80}"
    if isinstance(printed, dict):
        assert list(actual) == list(printed), where
        for key, value in printed.items():
            same_shape(value, actual[key], f"{where}.{key}")
    elif isinstance(printed, list):
        assert actual, f"{where} is empty"
        for position, item in enumerate(actual):
            same_shape(printed[0], item, f"{where}[{position}]")


def _exchange(text: str) -> Exchange:
    words, rest = _command(text)
    found = _DOCUMENT.search(rest)
    response = json.JSONDecoder().raw_decode(rest, found.start())[0] if found else None
    return Exchange(_request(words), response)


def _command(text: str) -> tuple[list[str], str]:
    """The words of the shell command that the text begins with, and the text after it."""
    lines = text.splitlines(keepends=True)
    for end in range(1, len(lines) + 1):
        command = "".join(lines[:end])
        if command.rstrip().endswith("\\"):
            continue
        try:
            return shlex.split(command.replace("\\\n", " ")), "".join(lines[end:])
        except ValueError:  # within quotes
            continue
    raise AssertionError(f"a command without an end: {text[:80]!r}")


def _request(words: list[str]) -> Request:
    method, url, headers, body = "", "", {}, b""
    left = iter(words[1:])
    for word in left:
        if word in ("-X", "--request"):
            method = next(left)
        elif word in ("-H", "--header"):
            name, _, value = next(left).partition(":")
            headers[name.strip().lower()] = value.strip()
        elif word in ("-d", "--data", "--data-raw"):
            body = next(left).encode()
        elif word == "--url":
            url = next(left)
        elif not word.startswith("-"):
            url = word
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return Request(
        method or ("POST" if body else "GET"), f"{parts.scheme}://{parts.netloc}", path, headers, body
    )

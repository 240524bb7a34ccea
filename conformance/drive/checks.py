"""How a drive tells what it tried: one line of JSON for each check. Standard library only: it runs beside any client."""

from __future__ import annotations

import asyncio
import base64
import inspect
import json
import os
import sys
import time
from pathlib import Path

ADDRESS = os.environ["TINTYPE_ADDRESS"]
PICTURE = Path(os.environ["TINTYPE_PICTURE"])
MASK = Path(os.environ["TINTYPE_MASK"])
PROMPT = "A red apple on a table"


def check(client: str, column: str, what: str):
    """Decorates what is to be tried: it is run at once, and fails by raising."""

    def run(body):
        begun, detail = time.perf_counter(), ""
        try:
            result = body()
            if inspect.isawaitable(result):
                asyncio.run(result)
        except Exception as error:
            detail = f"{type(error).__name__}: {error}"[:600] or "failed"
        told = {
            "client": client,
            "column": column,
            "what": what,
            "ok": not detail,
            "detail": detail,
            "seconds": round(time.perf_counter() - begun, 2),
        }
        print(json.dumps(told), flush=True)
        return body

    return run


def expect(fact: object, wanted: object) -> None:
    if fact != wanted:
        raise AssertionError(f"{str(fact)[:200]!r} is not {wanted!r}")


def raises(kind: type[Exception] | tuple[type[Exception], ...], call) -> Exception:
    """The error that the call ends with."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError("no error came")


def kind_of(data: bytes | str) -> str:
    """The format of a picture, as its own bytes tell it; base64 may be given."""
    data = base64.b64decode(data, validate=True) if isinstance(data, str) else data
    for magic, kind in ((b"\x89PNG\r\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"RIFF", "webp")):
        if data.startswith(magic):
            return kind
    raise AssertionError(f"{data[:12]!r} is not a picture")


def size_of(png: bytes | str) -> tuple[int, int]:
    data = base64.b64decode(png, validate=True) if isinstance(png, str) else png
    expect(kind_of(data), "png")
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


if sys.version_info < (3, 11):  # noqa: UP036
    raise SystemExit("the drives need Python 3.11")

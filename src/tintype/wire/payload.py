"""Pictures in and out of JSON without copying them.

`json.loads` + `json.dumps` of a reply that holds an 18 MB picture takes 60 ms and three times
its size in memory. Slicing around the picture takes 4 ms and none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from ..core import Image, Octets

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_LONG = 32 * 1024  # bytes from which on it pays to step over a string
_STRIDE = 64 * 1024  # bytes that are looked through at once: they stay in the processor's cache
_SPACES = b" \t\r\n\f\v"
_half = re.compile(rb"\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])")  # of a pair: what JavaScript's `slice` may leave
_STANDARD = bytes.maketrans(b"-_", b"+/")


def fault(data: Octets, error: Exception) -> str:
    """Why this is no JSON, in words for whoever sent it."""
    if isinstance(error, UnicodeDecodeError):
        return "a text in it is not UTF-8"
    if _half.search(data):
        return "a text in it was cut in the middle of a letter, such as an emoji"
    return str(error) if isinstance(error, ValueError) else "it is nested too deeply"


def string(raw: msgspec.Raw) -> Octets | None:
    """The text of a JSON string that msgspec left undecoded, as a view of it; None for other values.

    `bytes` instead of a view means that it had escapes in it.
    """
    view = memoryview(raw)
    if len(view) < 2 or view[0] != ord('"'):
        return None
    if _find(view, b"\\") >= 0:
        # Google's encoders write "=" as "\u003d", PHP's write "/" as "\/".
        return msgspec.json.decode(raw, type=str).encode()
    return view[1:-1]


def lift(document: Octets, key: bytes) -> tuple[Octets, dict[bytes, msgspec.Raw]]:
    """A document to decode in place of this one, and what was taken out of it: each long string under `key`,
    by the short JSON string that stands for it.

    To find the end of a string, msgspec looks at each of its letters: 1 ms for 2 MB, and ten times as
    long as this takes. A string with an escape in it, and all that comes after it, is left where it is.

    >>> document, taken = lift(b'{"created": 1, "b64_json": "%s"}' % (b"A" * _LONG), b"b64_json")
    >>> document, list(taken)
    (b'{"created": 1, "b64_json": "@0"}', [b'"@0"'])
    """
    view = memoryview(document)
    if len(view) < _LONG:
        return document, {}
    opening = re.compile(rb'"%s"\s*:\s*"' % key)
    rest: list[Octets] = []
    taken: dict[bytes, msgspec.Raw] = {}
    at = 0
    while found := opening.search(view, at):
        start = found.end()
        end = _end(view, start)
        if end < 0:
            break
        if end - start < _LONG:
            rest.append(view[at:end])
            at = end
            continue
        name = b'"@%d"' % len(taken)  # which is not base64
        rest += [view[at : start - 1], name]
        taken[name] = msgspec.Raw(view[start - 1 : end + 1])
        at = end + 1
    return b"".join([*rest, view[at:]]) if taken else document, taken


def _find(view: memoryview, letter: bytes, start: int = 0) -> int:
    """As `bytes.find`, which a view lacks. A pattern's `search` takes ten times as long."""
    for at in range(start, len(view), _STRIDE):
        found = bytes(view[at : at + _STRIDE]).find(letter)
        if found >= 0:
            return at + found
    return -1


def _end(view: memoryview, start: int) -> int:
    """Where the JSON string ends that begins here; -1 where it does not, or has an escape in it."""
    for at in range(start, len(view), _STRIDE):
        part = bytes(view[at : at + _STRIDE])
        end = part.find(b'"')
        if part.find(b"\\", 0, end if end >= 0 else len(part)) >= 0:
            return -1
        if end >= 0:
            return at + end
    return -1


def answered(raw: msgspec.Raw | memoryview) -> Image | None:
    """The picture that an upstream put into a JSON string, or into what `lift` took out of one; None where there
    is none.

    Its base64 is believed and not looked through, but where it was escaped or not padded; a `data:`
    prefix is left off.
    """
    text = raw if isinstance(raw, memoryview) else string(raw)
    if not text:
        return None
    if bytes(text[:5]) == b"data:":
        return _data_url(text)
    if isinstance(text, bytes) or len(text) % 4:  # what was escaped may be a line break, or a quote
        return Image.from_base64(plain_base64(text))
    return Image.from_base64(text)


def asked(text: Octets) -> Image:
    """The picture that a caller wrote as a data URL, an address or bare base64.

    Raises ValueError with what is wrong with it. The base64 is checked, and kept as it is
    unless it has to be put right: line breaks, the URL-safe alphabet, missing padding.
    """
    head = bytes(text[:8]).lstrip().lower()
    if head.startswith(b"data:"):
        return _data_url(text)
    if head.startswith((b"http://", b"https:/")):
        try:
            return Image.from_url(str(text, "utf-8").strip())
        except UnicodeDecodeError as error:
            raise ValueError("an address that is not text") from error
    return Image.from_base64(plain_base64(text))


def plain_base64(text: Octets) -> Octets:
    """The same base64 in the one spelling that any reader takes; ValueError if it is none.

    >>> plain_base64(b"_-8"), plain_base64(b"aG\\nk=")
    (b'/+8=', b'aGk=')
    """
    rest = bytes(text).translate(None, _ALPHABET)
    if rest in (b"", b"=", b"==") and len(text) % 4 == 0 and bytes(text[len(text) - len(rest) :]) == rest:
        return text
    tidy = bytes(text).translate(_STANDARD, _SPACES).rstrip(b"=")
    if foreign := tidy.translate(None, _ALPHABET):
        raise ValueError(f"not base64: it has {foreign[:1]!r} in it")
    if len(tidy) % 4 == 1:
        raise ValueError("not base64: it is cut short")
    return tidy + b"=" * (-len(tidy) % 4)


def _data_url(text: Octets) -> Image:
    head, comma, _ = bytes(text[:256]).partition(b",")
    if not comma:
        raise ValueError("a data URL without a comma")
    if b";base64" not in head.lower():
        raise ValueError("a data URL that is not base64")
    return Image.from_base64(plain_base64(text[len(head) + 1 :]))


def object_with(
    rest: Mapping[str, Any],
    key: str,
    payload: Octets,
    prefix: bytes = b"",
    after: Mapping[str, Any] | None = None,
) -> Iterator[Octets]:
    """The JSON object `{**rest, key: prefix + payload, **after}` in three chunks, the payload as it is held.

    >>> b"".join(object_with({"index": 0}, "b64_json", b"aGk=", after={"url": None}))
    b'{"index":0,"b64_json":"aGk=","url":null}'
    """
    head = msgspec.json.encode(rest)[:-1]
    yield head + (b"," if rest else b"") + b'"%s":"%s' % (key.encode(), prefix)
    yield payload
    yield b'"' + (b"," + msgspec.json.encode(after)[1:] if after else b"}")


def object_holding(
    rest: Mapping[str, Any], key: str, inner: Iterable[Octets], after: Mapping[str, Any] | None = None
) -> Iterator[Octets]:
    """The JSON object `{**rest, key: inner, **after}`, where `inner` is JSON already.

    >>> b"".join(object_holding({"index": 0}, "item", [b"[", b"]"]))
    b'{"index":0,"item":[]}'
    """
    yield msgspec.json.encode(rest)[:-1] + (b"," if rest else b"") + b'"%s":' % key.encode()
    yield from inner
    yield b"," + msgspec.json.encode(after)[1:] if after else b"}"


def array(items: Iterable[Iterable[Octets]]) -> Iterator[Octets]:
    """The JSON array of items that are JSON already.

    >>> b"".join(array([[b"1"], [b"2"]])), b"".join(array([]))
    (b'[1,2]', b'[]')
    """
    before = b"["
    for item in items:
        yield before
        yield from item
        before = b","
    yield b"]" if before == b"," else b"[]"


def object_around(
    before: Mapping[str, Any], key: str, items: Iterable[Iterable[Octets]], after: Mapping[str, Any]
) -> Iterator[Octets]:
    """The JSON object `{**before, key: [*items], **after}`, where each item is JSON already.

    >>> b"".join(object_around({"created": 1}, "data", [[b"{", b"}"], [b"{}"]], {"size": "auto"}))
    b'{"created":1,"data":[{},{}],"size":"auto"}'
    """
    return object_holding(before, key, array(items), after)

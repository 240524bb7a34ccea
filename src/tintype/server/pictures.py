"""Pictures at their addresses: whole, in part, or not at all where the browser has them already."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..core import Operation
from ..core.errors import MethodNotAllowed, NotFound, Unavailable
from ..storage import FOLDER, Resolved, Store
from .http import Gone, Headers, Scope, Send, header

OPERATION = Operation(
    summary="A picture that was asked for as an address",
    answer=None,
    media_types=("image/png", "image/jpeg", "image/webp"),
    headers={
        "Range": {"type": "string", "description": "One part of it.", "examples": ["bytes=0-1023"]},
        "If-None-Match": {"type": "string", "description": "The `ETag` of what is there already."},
    },
    further={206: "The part that was asked for.", 304: "It is there already.", 416: "It has no such part."},
)

CHUNK = 1024 * 1024
"""Bytes of a picture that are in memory at a time."""

_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pictures:
    """An address is the permission to see its picture, so no key is asked for. `clock` is Unix time in seconds."""

    store: Store
    clock: Callable[[], float] = time.time

    async def answer(self, scope: Scope, path: str, send: Send) -> None:
        """Raises NotFound, MethodNotAllowed and Unavailable while nothing has been sent, and Gone afterwards."""
        method, now = scope["method"], self.clock()
        if method not in ("GET", "HEAD"):
            raise MethodNotAllowed(f"{method} is not for a picture: use GET.", allow=("GET",))
        found = self.store.resolve(path.removeprefix(FOLDER), now)
        size = await self.store.size(found.path)
        asked = {name: value.decode("latin-1") for name, value in scope["headers"]}
        etag = f'"{found.name.hash.hex()}"'
        headers = _headers(found, etag, now)
        if _knows(asked.get(b"if-none-match", ""), etag):
            return await _send_head(send, 304, headers)
        part = None
        if method == "GET" and asked.get(b"if-range", etag).strip() == etag:
            part = read_range(asked.get(b"range", ""), size)
        if part == UNSATISFIABLE:
            told = header("content-range", f"bytes */{size}")
            return await _send_head(send, 416, [*headers, told, (b"content-length", b"0")])
        start, end = part or (0, size)
        headers.append(header("content-type", found.name.media_type))
        headers.append(header("content-length", str(end - start)))
        if part is not None:
            headers.append(header("content-range", f"bytes {start}-{end - 1}/{size}"))
        status = 200 if part is None else 206
        if method == "HEAD":
            return await _send_head(send, status, headers)
        return await self._send(send, status, headers, found.path, start, end)

    async def _send(self, send: Send, status: int, headers: Headers, path: str, start: int, end: int) -> None:
        """Whatever fails before the first bytes are here is still an error of its own."""
        chunk = await self._chunk(path, start, end)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        while True:
            start += len(chunk)
            more = start < end and bool(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": more})
            if not more:
                return
            try:
                chunk = await self._chunk(path, start, end)
            except (NotFound, Unavailable) as error:
                raise Gone from error  # the connection ends before the length that was told

    async def _chunk(self, path: str, start: int, end: int) -> bytes:
        if start == end:
            return b""
        return await self.store.read_range(path, start, min(start + CHUNK, end))


UNSATISFIABLE = (0, 0)


def read_range(value: str, size: int) -> tuple[int, int] | None:
    """From the first byte to before the last, as RFC 9110 (14) has it; None for the whole: that is the answer to
    several ranges, and to what is no range at all.

    >>> read_range("bytes=0-99", 1000), read_range("bytes=990-", 1000), read_range("bytes=-10", 1000)
    ((0, 100), (990, 1000), (990, 1000))
    >>> read_range("bytes=1000-", 1000) == UNSATISFIABLE, read_range("bytes=0-1,4-5", 1000)
    (True, None)
    """
    found = _RANGE.fullmatch(value)
    if found is None or found[1] == found[2] == "":
        return None
    if not found[1]:
        length = min(int(found[2]), size)
        return (size - length, size) if length else UNSATISFIABLE
    first = int(found[1])
    last = min(int(found[2]), size - 1) if found[2] else size - 1
    if found[2] and int(found[2]) < first:
        return None
    return (first, last + 1) if first < size else UNSATISFIABLE


def _headers(found: Resolved, etag: str, now: float) -> Headers:
    return [
        header("etag", etag),
        header("cache-control", f"private, max-age={max(0, int(found.expires - now))}"),
        header("accept-ranges", "bytes"),
        header("content-disposition", found.name.disposition),
        header("x-content-type-options", "nosniff"),
    ]


def _knows(if_none_match: str, etag: str) -> bool:
    """Whether the picture is among those that the client has."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags


async def _send_head(send: Send, status: int, headers: Headers) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})

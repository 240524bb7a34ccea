"""ASGI by hand: reading a body, answering in chunks that are never joined, seeing a caller leave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any

from ..core import Answer, Octets
from ..core.errors import BadRequest, TooLarge

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


class Gone(Exception):
    """The caller hung up."""


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body. Raises TooLarge, before reading it where its length was said, and Gone."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > limit:
            raise TooLarge(f"The request is {int(value):,} bytes, and {limit:,} is the most that is taken.")
        if name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            raise BadRequest(
                f"Content-Encoding {value.decode('latin-1')!r} is not understood: send plain bytes."
            )
    chunks, length, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        chunk = message.get("body", b"")
        length += len(chunk)
        if length > limit:
            raise TooLarge(f"The request is larger than {limit:,} bytes, the most that is taken.")
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks) if len(chunks) > 1 else chunks[0]


async def hung_up(receive: Receive) -> None:
    """Returns when the caller has hung up; the body has been read before."""
    while (await receive())["type"] != "http.disconnect":
        pass


def header(name: str, value: str, limit: int = 2000) -> tuple[bytes, bytes]:
    """One header, safe whatever the value holds: no control characters, ASCII only, cut at `limit`."""
    clean = "".join(letter if " " <= letter <= "~" else "?" for letter in value)
    return name.encode("ascii"), clean[:limit].encode("ascii")


async def respond(send: Send, status: int, headers: Headers, chunks: Iterable[Octets]) -> None:
    """A whole answer, its chunks sent as they are held."""
    chunks = list(chunks)
    length = sum(len(chunk) for chunk in chunks)
    fixed = [*headers, (b"content-length", str(length).encode())]
    await send({"type": "http.response.start", "status": status, "headers": fixed})
    for chunk in chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def tell(send: Send, answer: Answer, more: Sequence[tuple[bytes, bytes]] = ()) -> None:
    """A dialect's answer that is no picture."""
    headers = [header("content-type", answer.media_type), *more]
    headers += [header(name, value) for name, value in answer.headers.items()]
    await respond(send, answer.status, headers, [answer.body])


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel a task and see it end."""
    task.cancel()
    await asyncio.wait([task])

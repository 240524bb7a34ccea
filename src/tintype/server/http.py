"""ASGI by hand: reading a body, answering in chunks that are never joined, seeing a caller leave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from ..core import Answer, Caller, Octets
from ..core.errors import BadRequest, MethodNotAllowed, TintypeError, TooLarge
from ..core.later import write_retry_after

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Facts:
    """Of one request: its id, the headers that its answer gets whatever it is, and what is told in the log."""

    id: str
    headers: Headers
    log: dict[str, Any]

    def tell_caller(self, caller: Caller) -> None:
        if caller.key:
            self.log |= {"key": caller.key, "account": caller.account}


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


SMALL = 16 * 1024
"""Bytes. Below it, copying a chunk to its neighbour costs less than sending it by itself."""


async def hung_up(receive: Receive) -> None:
    """Returns when the caller has hung up; the body has been read before."""
    while (await receive())["type"] != "http.disconnect":
        pass


SOON = 0.02
"""Seconds. Who has been answered by then is not looked after: that would take longer than many an answer."""


class Lookout:
    """Ends what happens within as soon as the caller has hung up, and raises Gone.

    As `asyncio.timeout` does it: by cancelling the task at hand. A task of its own for what happens within, and
    waiting for two of them, takes longer than all that is done for a small answer.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left: asyncio.Task[None] | None = None  # once it is worth a look
        self._over = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._timer = asyncio.get_running_loop().call_later(SOON, self._look_out)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        self._timer.cancel()
        if self._left is None:
            return
        gone = self._left.done()
        self._left.cancel()
        if not gone:
            return
        if error is None:  # as the last of it was being made
            raise Gone
        if isinstance(error, asyncio.CancelledError) and not self._task.uncancel():
            raise Gone from None

    def _look_out(self) -> None:
        self._left = asyncio.create_task(hung_up(self._receive))
        self._left.add_done_callback(self._stop)

    def _stop(self, gone: asyncio.Task[None]) -> None:
        if not self._over and not gone.cancelled():
            self._task.cancel()

    async def check(self, send: Send) -> None:
        """Before the last of a body is sent. Raises CancelledError where the connection has broken."""
        if self._left is not None:
            await sent(send)


TURNS = 5
"""Of the event loop, after which a connection that broke while it was written to is known to be lost."""


async def sent(send: Send) -> None:
    """Wait until nearly all of a body is on its way, or the caller has hung up."""
    await send({"type": "http.response.body", "body": b"", "more_body": True})
    for _ in range(TURNS):
        await asyncio.sleep(0)


def header(name: str, value: str, limit: int = 2000) -> tuple[bytes, bytes]:
    """One header, safe whatever the value holds: no control characters, ASCII only, cut at `limit`."""
    clean = value
    if not (value.isascii() and value.isprintable()):
        clean = "".join(letter if " " <= letter <= "~" else "?" for letter in value)
    return name.encode("ascii"), clean[:limit].encode("ascii")


def error_headers(error: TintypeError) -> Headers:
    """When to try again, and what to use instead."""
    headers: Headers = []
    if error.retry_after is not None:
        headers.append(header("retry-after", write_retry_after(error.retry_after)))
    if isinstance(error, MethodNotAllowed) and error.allow:
        headers.append(header("allow", ", ".join(error.allow)))
    return headers


async def respond(
    send: Send, status: int, headers: Headers, chunks: Iterable[Octets], lookout: Lookout | None = None
) -> None:
    """A whole answer. What is large is sent as it is held; small chunks beside each other are joined."""
    *first, last = _gathered(chunks)
    length = sum(map(len, first), len(last))
    fixed = [*headers, (b"content-length", str(length).encode())]
    await send({"type": "http.response.start", "status": status, "headers": fixed})
    for chunk in first:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    if first and lookout is not None:
        await lookout.check(send)
    await send({"type": "http.response.body", "body": last, "more_body": False})


def _gathered(chunks: Iterable[Octets]) -> list[Octets]:
    """
    >>> _gathered([b"a", b"b"]), _gathered([]), [len(each) for each in _gathered([b"a", bytes(SMALL), b"c"])]
    ([b'ab'], [b''], [1, 16384, 1])
    """
    gathered: list[Octets] = []
    small: list[Octets] = []
    for chunk in chunks:
        if len(chunk) < SMALL:
            small.append(chunk)
            continue
        if small:
            gathered.append(b"".join(small))
            small = []
        gathered.append(chunk)
    if small or not gathered:
        gathered.append(b"".join(small))
    return gathered


async def tell(send: Send, answer: Answer, more: Sequence[tuple[bytes, bytes]] = ()) -> None:
    """A dialect's answer that is no picture."""
    headers = [header("content-type", answer.media_type), *more]
    headers += [header(name, value) for name, value in answer.headers.items()]
    await respond(send, answer.status, headers, [answer.body])

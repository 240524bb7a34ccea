"""How an answer of pyreqwest's is opened, read piece by piece, and left, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from pyreqwest.request import RequestBuilder
from pyreqwest.response import Response

from ..core import Octets


@contextmanager
def cancellable() -> Iterator[None]:
    """pyreqwest 0.15 forgets a cancellation that comes just as an answer does; here it is heeded."""
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        yield
    finally:
        if task and task.cancelling() > before:
            raise asyncio.CancelledError


class Opened:
    """A request whose answer has begun. Who is cancelled as it begins does not get it."""

    def __init__(self, builder: RequestBuilder) -> None:
        self._request = builder.build_streamed()

    async def __aenter__(self) -> Response:
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        response = await self._request.__aenter__()
        if task and task.cancelling() > before:
            await self._request.__aexit__(None, None, None)
            raise asyncio.CancelledError
        return response

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._request.__aexit__(kind, error, trace)


class Chunks:
    """The chunks of an answer. `unread` counts the bytes of which no document has been made: more than `most` raise what
    `too_large` makes."""

    def __init__(self, response: Response, most: int, too_large: Callable[[], Exception]) -> None:
        self._response = response
        self._most = most
        self._too_large = too_large
        self._first: Octets | None = None
        self.unread = 0

    async def begin(self) -> bytes:
        """The first letter of all, which `read` gives as well."""
        self._first = await self._next()
        return bytes(self._first[:1]) if self._first is not None else b""

    async def read(self) -> AsyncIterator[Octets]:
        chunk, self._first = self._first, None
        while chunk is not None:
            yield chunk
            chunk = await self._next()

    async def _next(self) -> Octets | None:
        chunk = await self._response.body_reader.read_chunk()
        if chunk is None:
            return None
        self.unread += len(chunk)
        if self.unread > self._most:
            raise self._too_large()
        return memoryview(chunk)


async def alone(chunk: Octets) -> AsyncIterator[Octets]:
    """What has come whole, as chunks."""
    yield chunk

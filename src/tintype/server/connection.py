"""A caller's connection: small pieces of an answer, its head above all, go out with what comes next.

uvicorn writes the head by itself. Whoever waits is then woken twice, and the first time for nothing.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .http import SMALL


class Protocol(HttpToolsProtocol):
    """uvicorn's own, on such a connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast("asyncio.Transport", Gathering(transport, self.loop)))


class Gathering:
    """A transport that holds a piece of less than `SMALL` bytes until the next, or until the event loop's next turn. An
    empty one says that none comes for now."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not data:
            self._let_go()
        elif self._held:
            self._held.append(data)
            self._let_go()
        elif len(data) < SMALL:
            self._held.append(data)
            self._loop.call_soon(self._let_go)
        else:
            self._transport.write(data)

    def close(self) -> None:
        self._let_go()
        self._transport.close()

    def _let_go(self) -> None:
        if not self._held:
            return
        held, self._held = self._held, []
        if not self._transport.is_closing():  # the caller may have left meanwhile, and uvloop raises then
            self._transport.writelines(held)

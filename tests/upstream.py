"""A small real HTTP server that answers what a test tells it to: an upstream on the loopback."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Reply:
    """`chunks` are written one at a time; after them comes a silence of `hang` seconds, then the end.

    `drop`: the connection ends without a proper end of the body.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    chunks: Sequence[bytes] = ()
    hang: float = 0
    drop: bool = False


@dataclass
class Request:
    head: str
    body: bytes

    @property
    def method(self) -> str:
        return self.head.partition(" ")[0]

    @property
    def path(self) -> str:
        """With its query."""
        return self.head.split(" ")[1]

    def header(self, name: str) -> str:
        found = re.search(rf"^{name}: (.*?)\r$", self.head, re.IGNORECASE | re.MULTILINE)
        return found[1] if found else ""


@dataclass
class FakeUpstream:
    """`requests` is what has come in, `left` is set when a caller has hung up on a reply.

    `reply` is for every request, or says which is for this one.
    """

    reply: Reply | Callable[[Request], Reply]
    requests: list[Request] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            request = Request(head, await reader.readexactly(int(length[1]) if length else 0))
            self.requests.append(request)
            reply = self.reply(request) if callable(self.reply) else self.reply
            await self._answer(reply, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.left.set()
        except asyncio.CancelledError:
            pass  # the test is over, and its loop ends what still hangs
        finally:
            writer.close()

    async def _answer(self, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        headers = {**reply.headers, "transfer-encoding": "chunked", "connection": "close"}
        writer.write(f"HTTP/1.1 {reply.status} x\r\n".encode())
        writer.write("".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n")
        for chunk in reply.chunks:
            writer.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            await writer.drain()
        if reply.hang:
            try:
                await asyncio.wait_for(reader.read(1), reply.hang)
                self.left.set()
            except TimeoutError:
                pass
        if not reply.drop:
            writer.write(b"0\r\n\r\n")
            await writer.drain()


@asynccontextmanager
async def fake_upstream(reply: Reply | Callable[[Request], Reply]) -> AsyncIterator[FakeUpstream]:
    fake = FakeUpstream(reply)
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    fake.port = server.sockets[0].getsockname()[1]
    async with server:
        yield fake

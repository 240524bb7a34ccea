"""A server on the loopback that says any bytes, and name servers for it: what a caller's address leads to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network

import pytest

from tintype.core.errors import BadRequest
from tintype.core.request import MAX_IMAGE_BYTES
from tintype.transport.targets import Network
from tintype.transport.untrusted import Fetcher

from ..pictures import picture

PNG = picture("png")
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
SECRET = "the-inner-secret"


def answer(body: bytes = PNG, *, status: str = "200 OK", **headers: str) -> bytes:
    """Whole, as it goes over the wire; its length is told unless `headers` say otherwise."""
    told = {
        "content-length": str(len(body)),
        **{name.replace("_", "-"): each for name, each in headers.items()},
    }
    lines = "".join(f"{name}: {each}\r\n" for name, each in told.items() if each)
    return f"HTTP/1.1 {status}\r\n{lines}connection: close\r\n\r\n".encode("latin-1") + body


def redirect(to: str) -> bytes:
    return answer(SECRET.encode(), status="302 Found", location=to)


@dataclass
class Host:
    """A server on the loopback. `pages` are what it sends, by path, or what one after the other, the last for ever;
    `pause` seconds between single bytes."""

    pages: Mapping[str, bytes | list[bytes]]
    pause: float = 0
    port: int = 0
    heads: list[str] = field(default_factory=list)
    sent: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head)
            found = self.pages[head.split()[1].partition("?")[0]]
            page = found if isinstance(found, bytes) else found.pop(0) if len(found) > 1 else found[0]
            step = 1 if self.pause else 65_536
            for start in range(0, len(page), step):
                writer.write(page[start : start + step])
                await writer.drain()
                self.sent += len(page[start : start + step])
                await asyncio.sleep(self.pause)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def hosting(
    pages: Mapping[str, bytes | list[bytes]], *, pause: float = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Host]:
    host = Host(pages, pause)
    server = await asyncio.start_server(host.serve, "127.0.0.1", 0, ssl=tls)
    host.port = server.sockets[0].getsockname()[1]
    async with server:
        yield host


@dataclass
class Names:
    """A name server: each look-up of a name is answered with the next of its lists, the last for ever."""

    known: dict[str, list[list[str]]]
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answers = self.known.get(host)
        if answers is None:
            raise OSError("no such name")
        return answers.pop(0) if len(answers) > 1 else answers[0]


HERE = Names({"pictures.example": [["127.0.0.1"]]})


async def refusal(url: str, fetcher: Fetcher, limit: int = MAX_IMAGE_BYTES) -> str:
    with pytest.raises(BadRequest) as caught:
        await fetcher.fetch(url, param="mask", which="The mask", limit=limit)
    assert (caught.value.status, caught.value.code, caught.value.param) == (400, "invalid_image_url", "mask")
    text = str(caught.value)
    assert text.startswith("The mask cannot be fetched from ")
    assert SECRET not in text
    return text


def from_host(
    page: bytes,
    *,
    allow: tuple[Network, ...] = LOOPBACK,
    seconds: float = 5,
    pause: float = 0,
    limit: int = MAX_IMAGE_BYTES,
) -> tuple[str, Host]:
    """How a page is refused."""

    async def main() -> tuple[str, Host]:
        async with hosting({"/a.png": page, "/b.png": answer(SECRET.encode())}, pause=pause) as host:
            fetcher = Fetcher(allow=allow, seconds=seconds, resolve=HERE)
            return await refusal(f"http://pictures.example:{host.port}/a.png?k=1", fetcher, limit), host

    return asyncio.run(main())

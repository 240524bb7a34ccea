"""Small servers on the loopback that behave as the real ones: what each answers is a function of the request."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    """A request: `path` without its query, `headers` with small letters."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Told:
    body: bytes
    status: int = 200
    media_type: str = "application/json"


Answer = Callable[[Asked], Awaitable[Told]]


def told(document: object, status: int = 200) -> Told:
    return Told(json.dumps(document).encode(), status)


@dataclass
class Room:
    """`asked` is what has come in, in its order."""

    answer: Answer
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    def calls(self) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.asked]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            body = await reader.readexactly(int(length[1]) if length else 0)
            line, *rest = head.strip().split("\r\n")
            method, target, _ = line.split(" ")
            parts = urlsplit(target)
            query = {
                name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()
            }
            headers = {
                name.lower(): value.strip() for name, _, value in (each.partition(":") for each in rest)
            }
            asked = Asked(method, parts.path, query, headers, body)
            self.asked.append(asked)
            reply = await self.answer(asked)
            writer.write(
                b"HTTP/1.1 %d x\r\ncontent-type: %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
                % (reply.status, reply.media_type.encode(), len(reply.body))
            )
            writer.write(reply.body)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the caller has left, or the test is over
        finally:
            writer.close()


@asynccontextmanager
async def room(answer: Answer) -> AsyncIterator[Room]:
    made = Room(answer)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield made

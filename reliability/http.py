"""A caller's side of HTTP on a bare socket, so that it can leave at any moment and knows how far an answer came."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class Lost(Exception):
    """The connection could not be had, or ended before the answer did."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Of an error."""
        try:
            return str(self.json()["error"]["code"])
        except (ValueError, KeyError, TypeError):
            return ""


async def ask(
    port: int,
    method: str,
    path: str,
    *,
    key: str = "",
    headers: Mapping[str, str] | None = None,
    body: object = None,
    seconds: float = 60.0,
) -> Answer:
    """The whole answer. Raises Lost, and TimeoutError after so many seconds: the caller has hung up then."""
    payload = b"" if body is None else json.dumps(body).encode()
    told = {
        "host": "127.0.0.1",
        "content-length": str(len(payload)),
        "connection": "close",
        **(headers or {}),
    }
    if payload:
        told["content-type"] = "application/json"
    if key:
        told["authorization"] = f"Bearer {key}"
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in told.items())
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
            writer.write(head.encode() + b"\r\n" + payload)
            await writer.drain()
            return await _read(reader)
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        if isinstance(error, TimeoutError):
            raise
        raise Lost(str(error)) from None
    finally:
        if writer is not None:
            writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> Answer:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name
    }
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readuntil(b"\r\n")
    else:
        body = await reader.readexactly(int(headers["content-length"]))
    return Answer(int(first.split(" ")[1]), headers, body)

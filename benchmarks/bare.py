"""The floor: uvicorn and pyreqwest as Tintype has them, and nothing between. What Tintype takes beyond it is its own.

python benchmarks/bare.py PORT BASE_URL
"""

from __future__ import annotations

import sys

import uvicorn
import uvloop
from pyreqwest.client import Client, ClientBuilder

from tintype.server.connection import Protocol
from tintype.server.http import Receive, Scope, Send, read_body, respond

_MOST = 256 * 1024 * 1024
_JSON = (b"content-type", b"application/json")


class Bare:
    """Sends on what it is sent, and answers what it is answered."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(scope, receive, _MOST) if scope["method"] == "POST" else b""
        request = self._client.post("images/generations").header("content-type", "application/json")
        async with request.body_bytes(body).build_streamed() as response:
            answer = await response.body_reader.read(_MOST) or b""
        await respond(send, response.status, [_JSON], [memoryview(answer)])


async def main(port: int, base_url: str) -> None:
    async with ClientBuilder().base_url(base_url).build() as client:
        config = uvicorn.Config(
            Bare(client),
            port=port,
            http=Protocol,
            ws="none",
            access_log=False,
            log_level="warning",
            lifespan="off",
        )
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2]))

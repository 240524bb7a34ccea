"""Asks a provider for pictures from an upstream on the loopback."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

from tintype.core import ImageEvent, ImageRequest, ModelCard, Provider
from tintype.wire import sse

from ..pictures import picture
from ..upstream import FakeUpstream, Reply, fake_upstream

PNG = picture()
BASE64 = base64.b64encode(PNG).decode()

JSON = {"content-type": "application/json"}
EVENTS = {"content-type": "text/event-stream"}


def upstream(*replies: Reply) -> AbstractAsyncContextManager[FakeUpstream]:
    """Answers each request with the next reply, and further ones with the last."""
    left = list(replies)
    return fake_upstream(lambda request: left.pop(0) if len(left) > 1 else left[0])


def ask(
    open_at: Callable[[str], Provider], request: ImageRequest, card: ModelCard, *replies: Reply
) -> tuple[list[ImageEvent], FakeUpstream]:
    """What comes of an order, and the upstream with what it was asked. `open_at` takes an address without a path."""

    async def main() -> tuple[list[ImageEvent], FakeUpstream]:
        async with upstream(*replies) as fake:
            provider = open_at(f"http://127.0.0.1:{fake.port}")
            try:
                return [event async for event in provider.generate(request, card)], fake
            finally:
                await provider.close()

    return asyncio.run(main())


def checked(open_at: Callable[[str], Provider], *replies: Reply) -> tuple[str, FakeUpstream]:
    """What `check` says, and the upstream with what it was asked."""

    async def main() -> tuple[str, FakeUpstream]:
        async with upstream(*replies) as fake:
            provider = open_at(f"http://127.0.0.1:{fake.port}")
            try:
                return await provider.check(), fake
            finally:
                await provider.close()

    return asyncio.run(main())


def cut(stream: bytes, at: int) -> list[bytes]:
    """The documents of a stream that arrives in two pieces."""

    async def main() -> list[bytes]:
        async def chunks() -> AsyncIterator[bytes]:
            yield stream[:at]
            yield stream[at:]

        return [bytes(document) async for document in sse.documents(chunks())]

    return asyncio.run(main())


def sent(fake: FakeUpstream, *names: str) -> dict[str, str]:
    """Those of these headers that were sent with the last request."""
    lines = (line.partition(": ") for line in fake.requests[-1].head.split("\r\n"))
    return {name.lower(): value for name, _, value in lines if name.lower() in names}

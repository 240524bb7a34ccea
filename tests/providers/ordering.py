"""What the tests of every queue-and-poll provider do: order from a fake, leave it, and read what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from tintype.catalog import load
from tintype.core import Image, ImageEvent, ImageRequest, ModelCard, Provider
from tintype.providers._queue import Pace
from tintype.transport.upstream import DEADLINE

from ..pictures import picture
from ..upstream import FakeUpstream, Reply, Request, fake_upstream

QUICK = Pace(every=0.001, most=0.002)
PNG = picture()
INPUT = Image.from_bytes(PNG)
CARDS = {card.id: card for service in load() for card in service.cards}
CAT = ImageRequest(model="m", prompt="a cat")


def said(document: object, status: int = 200, **headers: str) -> Reply:
    """A JSON answer; `retry_after="1"` is the header `retry-after: 1`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(
        status=status,
        headers={"content-type": "application/json", **named},
        chunks=[json.dumps(document).encode()],
    )


LOST = said({"detail": "Not found"}, 404)
BROKEN = said({"detail": "oops"}, 500)
SLOW_DOWN = said({"detail": "Too many"}, 429, retry_after="0")
GARBLED = Reply(chunks=[b"<html>"])


@dataclass
class Vendor:
    """A queue: `submitted` answers the order, then `looks` one look each, the last of them for ever.

    `address` is set before the first request. `looked` is set by the first look, `cancels` counts.
    """

    submitted: Reply
    looks: list[Reply]
    address: str = ""
    ordered: asyncio.Event = field(default_factory=asyncio.Event)
    looked: asyncio.Event = field(default_factory=asyncio.Event)
    cancels: int = 0

    def next_look(self) -> Reply:
        self.looked.set()
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    def __call__(self, request: Request) -> Reply:
        raise NotImplementedError


Open = Callable[[str], Provider]


async def _ordered(provider: Provider, request: ImageRequest, card: ModelCard) -> list[ImageEvent]:
    try:
        async with aclosing(provider.generate(request, card)) as events:
            return [event async for event in events]
    finally:
        await provider.close()


def order(
    vendor: Vendor, opened: Open, card: ModelCard, request: ImageRequest = CAT, seconds: float | None = None
) -> tuple[list[ImageEvent], FakeUpstream]:
    """The events, and what the fake was asked; `seconds` are all the time there is."""

    async def main() -> tuple[list[ImageEvent], FakeUpstream]:
        async with fake_upstream(vendor) as fake:
            vendor.address = fake.url
            if seconds is not None:
                DEADLINE.set(asyncio.get_running_loop().time() + seconds)
            return await _ordered(opened(fake.url), request, card), fake

    return asyncio.run(main())


def leave(vendor: Vendor, opened: Open, card: ModelCard, *, when: str) -> list[Request]:
    """Order, and leave at the event of that name; what the fake was asked until the order had ended."""

    async def main() -> list[Request]:
        async with fake_upstream(vendor) as fake:
            vendor.address = fake.url
            task = asyncio.create_task(_ordered(opened(fake.url), CAT, card))
            await getattr(vendor, when).wait()
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                return fake.requests
            raise AssertionError("it did not end")

    return asyncio.run(main())


def body(data: bytes) -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads(data)
    return found


def asked(fake: FakeUpstream) -> list[str]:
    return [f"{request.method} {request.path}" for request in fake.requests]

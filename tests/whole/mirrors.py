"""A house behind a house, in any service's wire: the same pictures, words, usage and errors must come out."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import Any

import PIL.Image

from tintype import pixels
from tintype.catalog import load
from tintype.core import (
    Access,
    Adapter,
    Completed,
    Events,
    Image,
    ImageEvent,
    ImageRequest,
    ModelCard,
    Partial,
    Provider,
    Ratio,
    Size,
    Text,
    Usage,
)
from tintype.gateway.gateway import Gateway
from tintype.gateway.offers import Offer, Offers
from tintype.polyfills import all_polyfills
from tintype.transport.untrusted import Fetcher

from ..fakes import FakeProvider
from ..pictures import encoded, picture, png
from ..serving import serving

SERVICES = {service.name: service for service in load()}
CARDS = {card.id: card for service in SERVICES.values() for card in service.cards}


def hole(size: Size) -> Image:
    """A mask whose left half is to change."""
    mask = PIL.Image.new("RGBA", size, "#000f")
    mask.paste("#0000", (0, 0, size.width // 2, size.height))
    return Image.from_bytes(encoded(mask, "png"))


GROUND = Image.from_bytes(png(Size(64, 64)))
CAT = ImageRequest(model="", prompt='a "cat"\nof 日本', quality="low")
CATS = replace(CAT, n=2)
SMALL = replace(CAT, size=Size(512, 512))
JPEG = replace(CAT, output_format="jpeg", output_compression=70)
HINTS = replace(CAT, background="opaque", moderation="low")
STREAM = replace(CAT, stream=True, partial_images=2)
EDIT = replace(CAT, images=(GROUND,))
EDITS = replace(CAT, images=(GROUND, Image.from_bytes(picture("webp"))))
MASKED = replace(EDIT, mask=hole(Size(64, 64)))
GEMINI = replace(CAT, quality=None)
WIDE = replace(GEMINI, size=Ratio(16, 9))
FINE = replace(GEMINI, size=Ratio(3, 2, "2K"))
WORDS = replace(GEMINI, wants_text=True)


@dataclass
class Echo:
    """Draws the order itself: whatever of it is lost on the way gives another colour."""

    name: str = "echo"
    family: str = ""
    local: bool = True

    async def check(self) -> str:
        return "it is here"

    async def close(self) -> None: ...

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        request = replace(request, size=request.size and card.sizes.nearest(request.size))
        for index in range(request.n):
            colour = f"#{_digest(request, index)[:6]}"
            for step in range(request.partial_images or 0 if request.stream else 0):
                yield Partial(image=Image.from_bytes(png(Size(16, 16), colour)), index=index, step=step)
            if request.wants_text and card.says_text:
                yield Text(text=f"Number {index}:", index=index)
            image = encoded(PIL.Image.new("RGB", (16, 16), colour), request.output_format or "png")
            last = index == request.n - 1
            usage = Usage(text_in=len(request.prompt), image_in=len(request.images), image_out=10)
            yield Completed(image=Image.from_bytes(image), index=index, usage=usage if last else Usage())


def _digest(request: ImageRequest, index: int) -> str:
    images = [pixels.read_picture(image).convert("RGB") for image in request.images]
    mask = request.mask and pixels.open_mask(request.mask, of=images[0])
    seen = (
        *(request.prompt, request.n, request.size, request.quality, request.background),
        *(request.output_format, request.output_compression, request.moderation, index),
        *(each.tobytes() for each in images),
        mask and mask.tobytes(),
    )
    return hashlib.sha256(repr(seen).encode()).hexdigest()


def opened(service: str, base_url: str, **options: Any) -> Provider:
    """The provider of a service as its catalog file opens it, but at another address."""
    settings = SERVICES[service].settings
    module, _, name = settings["adapter"].partition(":")
    adapter: Adapter = getattr(importlib.import_module(module), name)
    options = {**settings.get("options", {}), **options}
    return adapter.open(Access(name=service, base_url=base_url, key="any-key", options=options))


def house(provider: Provider, card: ModelCard) -> Gateway:
    """One with a single model, which answers to every name of it."""
    names = {card.of, card.upstream_id} - {card.id, ""}
    known = replace(card, aliases=(*card.aliases, *names))
    return Gateway(
        offers=Offers([Offer(known, provider)], default=card.id),
        polyfills=all_polyfills(),
        fetcher=Fetcher(allow=(ip_network("127.0.0.0/8"),)),
    )


def original(model: str, provider: Provider | None = None) -> Gateway:
    """The house that draws: with the vendor's own facts of a model, under all its names."""
    offer = CARDS[model]
    card = CARDS[offer.of or model]
    return house(provider or Echo(), replace(card, upstream_id=offer.upstream_id, life=offer.life))


class Chains:
    """Houses behind which others stand, each reached at the path `at`; the last of them draws. Kept for further orders."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._made: dict[tuple[str, str, int], Gateway] = {}

    def __call__(self, model: str, at: str, houses: int = 2) -> Gateway:
        key = (model, at, houses)
        if key not in self._made:
            gateway = original(model)
            for _ in range(houses):
                address = self._stack.enter_context(serving(gateway))
                gateway = house(opened(CARDS[model].provider, address + at), CARDS[model])
            self._made[key] = gateway
        return self._made[key]


def through(gateway: Gateway, request: ImageRequest) -> list[ImageEvent]:
    async def main() -> list[ImageEvent]:
        job = gateway.submit(request)
        async with job.watched() as events:
            return [event async for event in events]

    return asyncio.run(main())


def told(events: list[ImageEvent]) -> list[tuple[str, int, str | bytes]]:
    """What a caller gets to see of them, in order; a picture at an address is fetched."""

    def content(event: ImageEvent) -> str | bytes:
        if isinstance(event, Text):
            return event.text
        if event.image.is_local:
            return bytes(event.image.as_bytes())
        with urllib.request.urlopen(event.image.url or "") as answer:
            return bytes(answer.read())

    return [(type(event).__name__, event.index, content(event)) for event in events]


def used(events: list[ImageEvent]) -> Usage:
    return sum((event.usage for event in events if isinstance(event, Completed)), Usage())


def assert_same(far: Gateway, model: str, order: ImageRequest, *, usage: bool = True) -> None:
    """The same comes out of the house that draws and of one behind others; usage where the wire has it."""
    near = through(original(model), order)
    for _ in range(2):
        events = through(far, order)
        assert told(events) == told(near)
        assert used(events) == (used(near) if usage else Usage())


def failure(model: str, at: str, error: Exception, order: ImageRequest = CAT) -> BaseException:
    """What comes out of a house when the one behind it fails."""
    card = CARDS[model]
    with serving(original(model, FakeProvider(fails=error))) as address:
        gateway = house(opened(card.provider, address + at), card)
        try:
            through(gateway, order)
        except Exception as caught:
            return caught
    raise AssertionError("it did not fail")

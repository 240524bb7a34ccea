"""Gateways of several offers for the tests of routes: who was asked, and what the caller got."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from tintype.core import (
    Caller,
    Completed,
    Events,
    Image,
    ImageEvent,
    ImageRequest,
    ModelCard,
    Partial,
    Size,
    Usage,
)
from tintype.core.errors import TintypeError
from tintype.gateway.attempts import Attempts
from tintype.gateway.gates import Gate
from tintype.gateway.gateway import Gateway
from tintype.gateway.jobs import Job
from tintype.gateway.offers import Offer, Offers
from tintype.gateway.route import Route
from tintype.polyfills import all_polyfills

from ..pictures import png

REQUEST = ImageRequest(model="m", prompt="a cat")
CARD = ModelCard(
    id="m", provider="a", max_n=10, partial_images=3, accepts=frozenset({"seed", "partial_images"})
)
PICTURE = Image.from_bytes(png(Size(8, 8)))
SPOILT = Image.from_bytes(b"<html>We are sorry</html>")


@dataclass
class Seller:
    """A provider that does as it is told: `script` has an entry for each call, an error or how many pictures; the
    last one is for all further calls. An error after some pictures is a pair."""

    name: str
    script: Sequence[TintypeError | int | tuple[int, TintypeError]] = (10,)
    family: str = ""
    local: bool = False
    previews: bool = False  # one is shown before anything else happens
    image: Image = field(default_factory=lambda: PICTURE)
    spoilt: tuple[int, ...] = ()  # which of its pictures are none
    usage: Usage = field(default_factory=lambda: Usage(image_out=10))
    asked: list[ImageRequest] = field(default_factory=list)
    running: int = 0
    most: int = 0
    wait: Callable[[], asyncio.Future[None]] | None = None

    async def check(self) -> str:
        return "it is here"

    async def close(self) -> None: ...

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        self.asked.append(request)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            step = self.script[min(len(self.asked), len(self.script)) - 1]
            count, error = (
                step if isinstance(step, tuple) else (step, None) if isinstance(step, int) else (0, step)
            )
            if self.previews:
                yield Partial(image=self.image)
            await (self.wait() if self.wait else asyncio.sleep(0))
            for index in range(min(count, request.n)):
                image = SPOILT if index in self.spoilt else self.image
                yield Completed(image=image, index=index, usage=self.usage)
            if error is not None:
                raise error
        finally:
            self.running -= 1


def selling(
    *sellers: Seller, route: Route | None = None, cards: Sequence[ModelCard] = (), **more: object
) -> Gateway:
    """The first has the model `m` itself, the others are offers of it: `b/m`, `c/m`."""
    offers = []
    for position, seller in enumerate(sellers):
        card = cards[position] if position < len(cards) else CARD
        if position:
            card = replace(card, id=f"{seller.name}/m", of="m", provider=seller.name)
        offers.append(Offer(card, seller))
    return Gateway(
        offers=Offers(offers, default="m", routes={} if route is None else {"m": route}),
        polyfills=all_polyfills(),
        attempts=Attempts(),
        **more,  # type: ignore[arg-type]
    )


async def ordered(
    gateway: Gateway, request: ImageRequest = REQUEST, turn: str = ""
) -> tuple[Job, list[ImageEvent]]:
    job = gateway.submit(request, caller=Caller(turn=turn))
    events: list[ImageEvent] = []
    try:
        async with job.watched() as watched:
            async for event in watched:
                events.append(event)
    except TintypeError:
        assert job.error is not None
    return job, events


def run(gateway: Gateway, request: ImageRequest = REQUEST) -> tuple[Job, list[ImageEvent]]:
    return asyncio.run(ordered(gateway, request))


def gate_of(gateway: Gateway, offer: int = 0) -> Gate:
    return list(gateway.offers)[offer].gate

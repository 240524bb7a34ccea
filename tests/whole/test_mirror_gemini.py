"""The house as its own upstream through Google's wires, and that house as the upstream of a third."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest

from tintype.catalog import load
from tintype.core import Access, Completed, Image, ImageEvent, ImageRequest, Life, Ratio, Size, Text
from tintype.core.errors import BadRequest, Busy, NoImage, Refused, TintypeError, Unavailable
from tintype.gateway.assemble import open_gateway
from tintype.gateway.gateway import Gateway
from tintype.gateway.offers import Offer, Offers
from tintype.gateway.settings import Settings
from tintype.polyfills import all_polyfills
from tintype.providers.gemini import Gemini

from ..fakes import FakeProvider
from ..pictures import drawn, encoded, png
from ..serving import serving

CARDS = {card.id: card for service in load() for card in service.cards}
ALIVE = Life()  # where a model is shut down, its successor would answer
FLASH = replace(CARDS["gemini-3.1-flash-image"], life=ALIVE)
IMAGEN = replace(CARDS["imagen-4.0-generate-001"], life=ALIVE)
CAT = ImageRequest(model=FLASH.id, prompt="a cat", size=Ratio(1, 1, "512"))
OLD = ImageRequest(model=IMAGEN.id, prompt="a cat")
GROUND = Image.from_bytes(png(Size(1024, 1024)))


def through(gateway: Gateway, request: ImageRequest) -> list[ImageEvent]:
    async def main() -> list[ImageEvent]:
        job = gateway.submit(request)
        async with job.watched() as events:
            return [event async for event in events]

    return asyncio.run(main())


def behind(address: str) -> Gateway:
    provider = Gemini.open(Access(name="google", base_url=f"{address}/v1beta/", key="any"))
    return Gateway(
        offers=Offers([Offer(FLASH, provider), Offer(IMAGEN, provider)], default=FLASH.id),
        polyfills=all_polyfills(),
    )


@contextmanager
def houses(first: str) -> Iterator[list[Gateway]]:
    """One behind the address, and one behind that."""
    with ExitStack() as stack:
        second = stack.enter_context(serving(behind(first)))
        yield [behind(first), behind(second)]


@pytest.fixture(scope="module")
def far(address: str) -> Iterator[list[Gateway]]:
    with houses(address) as found:
        yield found


ORDERS = {
    "plain": replace(CAT, size=None),
    "small": CAT,
    "two": replace(CAT, n=2, seed=7),  # without one, a twin draws the same for the same two calls
    "a shape": replace(CAT, size=Ratio(16, 9, "512")),
    "pixels": replace(CAT, size=Size(300, 500)),
    "jpeg": replace(CAT, output_format="jpeg", output_compression=70),
    "a stream": replace(CAT, stream=True, seed=7),
    "words": replace(CAT, wants_text=True),
    "words of a stream": replace(CAT, wants_text=True, stream=True),
    "edit": replace(CAT, images=(GROUND, Image.from_bytes(encoded(drawn(Size(64, 64)), "webp")))),
    "edit of a stream": replace(CAT, images=(GROUND,), stream=True),
    "two of imagen": replace(OLD, n=2, size=Ratio(3, 4), output_format="jpeg"),
}


def told(events: list[ImageEvent]) -> list[object]:
    """All but the tokens, which may be counted on another picture of several."""
    return [
        event.text if isinstance(event, Text) else (type(event), event.index, bytes(event.image.as_bytes()))
        for event in sorted(events, key=lambda event: event.index)
    ]


@pytest.mark.parametrize("name", ORDERS)
def test_the_same_comes_out_of_three_houses(far: list[Gateway], name: str) -> None:
    near = through(open_gateway(Settings(), {}), ORDERS[name])
    spent = [event.usage for event in near if isinstance(event, Completed)]
    assert any(isinstance(event, Text) for event in near) is ORDERS[name].wants_text
    for gateway in far:
        found = through(gateway, ORDERS[name])
        assert told(found) == told(near)
        if ORDERS[name].model == FLASH.id:  # Imagen counts none
            assert [event.usage for event in found if isinstance(event, Completed)] == spent


FAULTS = {
    "a refusal": Refused("No weapons."),
    "a refusal of what was drawn": Refused("Unable to show it.", charged=True),
    "no picture": NoImage("It only talked."),
    "a bad size": BadRequest("No such size.", param="size"),
    "a bad seed": BadRequest("No such seed.", param="seed", code="invalid_seed"),
    "busy": Busy("Later.", retry_after=12.0),
    "down": Unavailable("It is down."),
}


@pytest.fixture
def failing() -> Iterator[tuple[FakeProvider, list[Gateway]]]:
    """A provider that fails as it is told, and the houses behind the one that has it: new ones for each test, since
    they leave alone for a while what has failed."""
    provider = FakeProvider()
    first = Gateway(
        offers=Offers([Offer(card, provider) for card in (FLASH, IMAGEN)], default=FLASH.id),
        polyfills=all_polyfills(),
    )
    with serving(first) as address, houses(address) as found:
        yield provider, found


@pytest.mark.parametrize("request_", [CAT, replace(CAT, stream=True), OLD], ids=["plain", "stream", "imagen"])
@pytest.mark.parametrize("name", FAULTS)
def test_an_error_of_the_far_house_is_the_callers_own(
    failing: tuple[FakeProvider, list[Gateway]], name: str, request_: ImageRequest
) -> None:
    provider, far = failing
    provider.fails = fault = FAULTS[name]
    for gateway in far:
        with pytest.raises(TintypeError) as caught:
            through(gateway, request_)
        found = caught.value
        assert str(fault) in str(found)
        if request_ is OLD and isinstance(fault, NoImage):
            continue  # Imagen's wire has no word for it but an error
        assert type(found) is type(fault)
        facts = (fault.status, fault.code, fault.param, fault.retry_after)
        assert (found.status, found.code, found.param, found.retry_after) == facts

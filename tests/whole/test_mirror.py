"""The house as its own upstream: what our provider asks our dialect understands, and the other way round."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tintype.catalog import load
from tintype.core import Access, Completed, Image, ImageEvent, ImageRequest, Partial, Size, Text
from tintype.core.errors import TintypeError
from tintype.gateway.assemble import open_gateway
from tintype.gateway.gateway import Gateway
from tintype.gateway.offers import Offer, Offers
from tintype.gateway.settings import Settings
from tintype.polyfills import all_polyfills
from tintype.providers.openai import OpenAI

from ..pictures import drawn, encoded, png

CARD = next(card for service in load() for card in service.cards if card.id == "gpt-image-2")
CAT = ImageRequest(model="gpt-image-2", prompt="a cat", quality="low")
GROUND = Image.from_bytes(png(Size(1024, 1024)))


def through(gateway: Gateway, request: ImageRequest) -> list[ImageEvent]:
    async def main() -> list[ImageEvent]:
        job = gateway.submit(request)
        async with job.watched() as events:
            return [event async for event in events]

    return asyncio.run(main())


def behind(address: str) -> Gateway:
    provider = OpenAI.open(Access(name="openai", base_url=f"{address}/v1/", key="any"))
    return Gateway(offers=Offers([Offer(CARD, provider)], default=CARD.id), polyfills=all_polyfills())


ORDERS = {
    "plain": CAT,
    "two": replace(CAT, n=2),
    "jpeg": replace(CAT, output_format="jpeg", output_compression=70),
    "stream": replace(CAT, stream=True, partial_images=2),
    "edit": replace(CAT, images=(GROUND,)),
    "edit of a stream": replace(
        CAT, images=(GROUND, Image.from_bytes(encoded(drawn(Size(64, 64)), "webp"))), stream=True
    ),
    "another size": replace(CAT, size=Size(512, 512)),
}


@pytest.mark.parametrize("name", ORDERS)
def test_the_same_pictures_come_out_of_two_houses(address: str, name: str) -> None:
    near = through(open_gateway(Settings(), {}), ORDERS[name])
    far = through(behind(address), ORDERS[name])
    assert [(type(event), event.image.as_bytes()) for event in far if not isinstance(event, Text)] == [
        (type(event), event.image.as_bytes()) for event in near if not isinstance(event, Text)
    ]
    usage = [sum(e.usage.total_tokens for e in events if isinstance(e, Completed)) for events in (near, far)]
    assert usage[0] == usage[1]
    assert any(isinstance(event, Partial) for event in far) is bool(ORDERS[name].partial_images)


def test_an_error_of_the_far_house_is_the_callers_own(address: str) -> None:
    provider = OpenAI.open(Access(name="openai", base_url=f"{address}/v1/", key="any"))
    permissive = replace(CARD, backgrounds=("transparent", "opaque"))
    gateway = Gateway(
        offers=Offers([Offer(permissive, provider)], default=CARD.id), polyfills=all_polyfills()
    )
    with pytest.raises(TintypeError, match="Transparent background is not supported") as caught:
        through(gateway, replace(CAT, background="transparent"))
    assert (caught.value.status, caught.value.param) == (400, "background")

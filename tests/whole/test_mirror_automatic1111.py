"""The house behind itself, and behind that again, through the web UI's API: the same pictures, seeds and errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tintype.catalog import load
from tintype.core import Access, Completed, Image, ImageEvent, ImageRequest, Size
from tintype.core.errors import TintypeError
from tintype.gateway.assemble import open_gateway
from tintype.gateway.gateway import Gateway
from tintype.gateway.offers import Offer, Offers
from tintype.gateway.settings import Settings
from tintype.polyfills import all_polyfills
from tintype.providers.automatic1111 import Automatic1111

from ..pictures import drawn, encoded, png
from ..serving import serving
from .test_mirror import through

NAME = "tintype-illustrator"
CARD = next(card for service in load() for card in service.cards if card.id == "automatic1111/default")
CAT = ImageRequest(model=NAME, prompt="a cat", seed=7, size=Size(128, 128))
GROUND = Image.from_bytes(png(Size(128, 64)))


def behind(address: str) -> Gateway:
    """Takes longer prompts than the house that it asks."""
    provider = Automatic1111.open(Access(name="automatic1111", base_url=address, key="me:any"))
    card = replace(CARD, id=NAME, upstream_id=NAME, prompt_limit=100_000)
    return Gateway(offers=Offers([Offer(card, provider)], default=NAME), polyfills=all_polyfills())


@pytest.fixture(scope="module")
def houses(address: str) -> Iterator[dict[str, Gateway]]:
    with serving(behind(address)) as second:
        yield {"once": behind(address), "twice": behind(second)}


def half_mask() -> Image:
    mask = drawn(Size(128, 64)).convert("RGBA")
    mask.putalpha(0)
    mask.paste((0, 0, 0, 255), (0, 0, 64, 64))
    return Image.from_bytes(encoded(mask, "png"))


ORDERS = {
    "plain": CAT,
    "three": replace(CAT, n=3),
    "jpeg": replace(CAT, output_format="jpeg", output_compression=70),
    "a shape": replace(CAT, size=Size(192, 128)),
    "edit": replace(CAT, images=(GROUND,), strength=0.5),
    "edit that keeps its size": replace(CAT, images=(GROUND,), size=None),
    "mask": replace(CAT, images=(GROUND,), size=None, mask=half_mask()),
}


def pictures(events: list[ImageEvent]) -> list[tuple[int, int | None, bytes]]:
    found = [event for event in events if isinstance(event, Completed)]
    return sorted((event.index, event.seed, bytes(event.image.as_bytes())) for event in found)


@pytest.mark.parametrize(
    ("name", "far"), [*((name, "once") for name in ORDERS), ("three", "twice"), ("mask", "twice")]
)
def test_the_same_pictures_and_seeds(houses: dict[str, Gateway], name: str, far: str) -> None:
    order = ORDERS[name]
    near = pictures(through(open_gateway(Settings(), {}), order))
    assert len(near) == order.n
    assert pictures(through(houses[far], order)) == near


@pytest.mark.parametrize("far", ["once", "twice"])
@pytest.mark.parametrize(
    "order",
    [
        replace(CAT, prompt="cats" * 9_000),
        replace(CAT, images=(Image.from_bytes(GROUND.as_bytes()[:60]),)),
    ],
    ids=["a long prompt", "a broken picture"],
)
def test_the_same_errors(houses: dict[str, Gateway], order: ImageRequest, far: str) -> None:
    def fault(gateway: Gateway) -> tuple[int, str | None, str, str]:
        with pytest.raises(TintypeError) as caught:
            through(gateway, order)
        return caught.value.status, caught.value.param, caught.value.code, str(caught.value)

    near, told = fault(open_gateway(Settings(), {})), fault(houses[far])
    assert told[:3] == near[:3]
    assert near[3] in told[3]

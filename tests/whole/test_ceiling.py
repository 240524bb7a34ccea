"""What a twin really reports never costs more than the ceiling that was told before: of every card, in every plan."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tintype.catalog import load
from tintype.core import Drawn, Events, Image, ImageEvent, ImageRequest, ModelCard, Ratio, Size, Usage
from tintype.core.errors import CallerError
from tintype.core.money import cost
from tintype.gateway.plan import make_plan
from tintype.gateway.tally import Tally
from tintype.polyfills import all_polyfills
from tintype.providers import illustrator

from ..pictures import png
from ..quotes import ceiling, quote

CARDS = [card for service in load() for card in service.cards]
KNOWN = [card for card in CARDS if quote(ImageRequest(model="m", prompt="a cat"), card).is_known]
FILLS = all_polyfills()
PICTURES = [
    Image.from_bytes(png(size)) for size in (Size(64, 48), Size(600, 500), Size(1100, 300), Size(1, 1))
]

ORDERS = st.builds(
    ImageRequest,
    model=st.just("m"),
    prompt=st.text(min_size=1, max_size=60).filter(str.strip) | st.just("🐈‍⬛" * 20),
    n=st.integers(1, 10),
    size=st.none()
    | st.sampled_from([Size(1024, 1024), Size(512, 512), Size(3840, 2160), Size(5000, 100), Size(1536, 1024)])
    | st.builds(
        Ratio, st.integers(1, 21), st.integers(1, 21), st.sampled_from([None, "512", "1K", "2K", "4K"])
    ),
    quality=st.none() | st.sampled_from(["low", "medium", "high", "xhigh", "max", "standard", "hd"]),
    images=st.lists(st.sampled_from(PICTURES), max_size=4).map(tuple),
    input_fidelity=st.sampled_from([None, "low", "high"]),
    wants_text=st.booleans(),
    stream=st.booleans(),
    partial_images=st.none() | st.integers(0, 3),
)


class Asked:
    """A provider that only remembers what it is asked for: the requests as they come out of the polyfills."""

    name = "illustrator"
    family = ""
    local = True

    def __init__(self) -> None:
        self.requests: list[ImageRequest] = []

    async def check(self) -> str:
        return ""

    async def close(self) -> None: ...

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        self.requests.append(request)
        nothing: tuple[ImageEvent, ...] = ()
        for event in nothing:
            yield event


async def calls(order: ImageRequest, card: ModelCard) -> list[ImageRequest]:
    plan, provider = make_plan(order, card, FILLS), Asked()
    async for _ in plan.generate(provider)(plan.request):
        pass
    return provider.requests


def reported(request: ImageRequest, card: ModelCard) -> tuple[Usage, list[Drawn], int]:
    """What a twin tells of one call, and what it draws: as `illustrator.draw`, without drawing."""
    asked = illustrator.commission(request, card)
    size, quality = Size(asked.width, asked.height), request.quality or card.default_quality
    shown = min(request.partial_images or 0, 3) if request.stream else 0
    words = illustrator._words(request, card)
    usage = Usage()
    for index in range(request.n):
        usage += illustrator._usage(request, card, quality, size, shown, words, first=index == 0)
    return usage, [Drawn(size, quality)] * request.n, shown * request.n


def test_every_card_with_a_price_of_its_own_has_a_ceiling() -> None:
    """But for FLUX.2, whose input pictures are sold by the megapixel too, and for those of whom no price is found."""
    assert {"gpt-image-2", "gpt-image-1-mini", "gemini-nano-banana-2.1", "imagen-4.0-fast-generate-001"} <= {
        card.id for card in KNOWN
    }
    priced = {card.id for card in CARDS if card.prices.by_the_unit or card.prices.image_out is not None}
    assert priced == {card.id for card in KNOWN}


def check(order: ImageRequest, card: ModelCard) -> None:
    try:
        asked = asyncio.run(calls(order, card))
    except CallerError:
        return  # nobody draws it
    most = ceiling(order, card)
    assert most is not None
    total = 0
    for request in asked:
        usage, drawn, previews = reported(request, card)
        amount = cost(usage, card.prices, pictures=drawn, previews=previews)
        assert amount is not None
        total += amount
    assert sum(request.n for request in asked) == order.n
    assert total <= most


@pytest.fixture
def _without_allowances(monkeypatch: pytest.MonkeyPatch) -> None:
    """A twin says a hundred tokens at most, and nobody puts any around its prompts: the rest has to be enough."""
    monkeypatch.setattr("tintype.core.quote.OVERHEAD", 0)
    monkeypatch.setattr("tintype.core.quote.WORDS", 0)
    monkeypatch.setattr("tintype.core.quote.THOUGHTS", 100)


@pytest.mark.usefixtures("_without_allowances")
@pytest.mark.parametrize("card", KNOWN, ids=lambda card: card.id)
def test_no_order_costs_more_than_its_ceiling(card: ModelCard) -> None:
    @settings(max_examples=20, deadline=None)
    @given(ORDERS)
    def of_any_order(order: ImageRequest) -> None:
        check(order, card)

    of_any_order()


@pytest.mark.usefixtures("_without_allowances")
@pytest.mark.parametrize("card", KNOWN, ids=lambda card: card.id)
def test_nor_does_one_of_all_that_there_is(card: ModelCard) -> None:
    for quality in card.qualities or (None,):
        for size in (None, Size(1024, 1024), Ratio(16, 9, "4K")):
            order = ImageRequest(
                model="m",
                prompt="a large cat " * 80,
                quality=quality,
                size=size,
                images=tuple(PICTURES[: card.max_input_images]),
                wants_text=True,
                stream=True,
                partial_images=3,
                n=2,
            )
            check(order, card)


@pytest.mark.parametrize(
    ("id", "changes"),
    [
        ("gpt-image-2", {"quality": "low", "stream": True, "partial_images": 2}),
        ("gpt-image-1", {"quality": "low", "n": 2}),
        ("gemini-3.1-flash-lite-image", {"wants_text": True}),
        ("stable-image-core", {}),
    ],
)
def test_what_is_drawn_costs_no_more_than_was_told(id: str, changes: dict[str, object]) -> None:
    """And as much as was likely, where all of it was said."""
    (card,) = (card for card in CARDS if card.id == id)
    order = replace(ImageRequest(model=id, prompt="a red square", size=Size(1024, 1024)), **changes)  # type: ignore[arg-type]
    plan, twin = make_plan(order, card, FILLS), illustrator.Illustrator()
    tally = Tally(plan.request, card)

    async def draw() -> None:
        async for event in plan.generate(twin)(plan.request):
            tally.see(event)
        await twin.close()

    asyncio.run(draw())
    told, amount = quote(order, card), tally.cost()
    assert amount is not None
    assert told.ceiling is not None
    assert told.likely is not None
    assert amount <= told.ceiling
    words = tally.usage.text_out * (card.prices.text_out or 0) // 1_000_000
    assert amount == pytest.approx(told.likely + words, abs=2)

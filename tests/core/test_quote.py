"""What an order will probably cost, and the most that it can: of every card, and in however many calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tintype.catalog import load
from tintype.core import Drawn, Grid, Image, ImageRequest, ModelCard, Prices, Ratio, Size, Sizes, TokenFormula
from tintype.core.quote import WORDS, estimate, likely, price, refusal

from ..pictures import png, png_header
from ..quotes import ceiling, quote

CARDS = {card.id: card for service in load() for card in service.cards}
CAT = ImageRequest(model="m", prompt="a cat")
GPT = CARDS["gpt-image-2"]
TABLE = Prices(
    images={
        "low": {Size(1024, 1024): 4_000, Size(1024, 1536): 6_000, Size(1536, 1024): 5_000},
        "high": {Size(1024, 1024): 40_000, Size(1024, 1536): 60_000, Size(1536, 1024): 50_000},
    }
)
SOLD = ModelCard(
    id="sold",
    provider="p",
    qualities=("low", "high"),
    default_quality="low",
    sizes=Sizes(listed=(Size(1024, 1024), Size(1024, 1536), Size(1536, 1024))),
    prices=TABLE,
    max_n=2,
)


def test_a_quote_by_tokens() -> None:
    """A cat of 1024x1024 in medium: two tokens in, 1756 out. At most: 105 in, and a thousand words out."""
    told = quote(replace(CAT, size=Size(1024, 1024), quality="medium"), GPT)
    assert told.likely == 2 * 5 + 1756 * 30
    assert told.ceiling == 105 * 5 + 1756 * 30 + WORDS * 10
    assert told.is_known


def test_the_most_is_of_the_dearest_quality_and_size() -> None:
    top = ceiling(CAT, GPT)
    assert top == ceiling(replace(CAT, size=Size(2880, 2880), quality="high"), GPT)
    assert top == 105 * 5 + 23719 * 30 + WORDS * 10
    assert (
        ceiling(replace(CAT, quality="hd"), GPT) == top
    )  # a polyfill moves it, to one that is not known here
    low = ceiling(replace(CAT, quality="low", size=Size(1024, 1024)), GPT)
    assert top is not None
    assert low is not None
    assert low < top / 20


def test_a_model_of_tiers_draws_its_first_where_none_is_said() -> None:
    """Gemini draws at 1K, unless it is told otherwise."""
    card = CARDS["gemini-3.1-flash-image"]
    one = ceiling(CAT, card)
    assert one == ceiling(replace(CAT, size=Ratio(1, 1, "1K")), card)
    four = ceiling(replace(CAT, size=Ratio(16, 9, "4K")), card)
    assert one is not None
    assert four is not None
    assert four - one == (2520 - 1120) * 60


def test_previews_and_pictures_are_counted() -> None:
    plain = replace(CAT, size=Size(1024, 1024), quality="low")
    shown = replace(plain, stream=True, partial_images=3)
    before, after = ceiling(plain, GPT), ceiling(shown, GPT)
    assert before is not None
    assert after is not None
    assert after - before == 300 * 30
    assert ceiling(replace(plain, n=7), GPT) == 7 * before
    assert ceiling(replace(plain, partial_images=3), GPT) == before  # nobody streams
    by_preview = replace(SOLD, partial_images=2, prices=replace(TABLE, preview=700))
    assert ceiling(replace(shown, quality="low"), by_preview) == 4_000 + 2 * 700
    assert likely(replace(shown, n=2), by_preview) == 2 * (4_000 + 2 * 700)


@pytest.mark.parametrize(
    ("changes", "usual", "most"),
    [
        ({}, 4_000, 60_000),
        ({"quality": "high"}, 40_000, 60_000),
        ({"size": Size(1536, 1024)}, 5_000, 50_000),
        ({"size": Size(700, 1100), "quality": "low"}, 6_000, 6_000),  # drawn as 1024x1536
        ({"n": 3, "quality": "low", "size": Size(1024, 1024)}, 12_000, 12_000),
    ],
)
def test_a_price_of_each_quality_and_size(changes: dict[str, object], usual: int, most: int) -> None:
    told = quote(replace(CAT, **changes), SOLD)  # type: ignore[arg-type]
    assert (told.likely, told.ceiling) == (usual, most)


def test_one_price_that_is_missing_makes_the_most_unknown() -> None:
    holed = replace(
        SOLD, prices=Prices(images={"low": dict(TABLE.images["low"]), "high": {Size(1024, 1024): 5}})
    )
    assert quote(CAT, holed).likely == 4_000
    assert not quote(CAT, holed).is_known
    assert ceiling(replace(CAT, quality="low"), holed) == 6_000
    assert ceiling(replace(CAT, size=Size(1536, 1024)), holed) is None


def test_megapixels_are_those_of_the_largest() -> None:
    card = ModelCard(id="m", provider="p", prices=Prices(megapixel=30_000), sizes=SOLD.sizes)
    assert quote(CAT, card).ceiling == 47_186  # 1.572864 megapixels
    assert quote(CAT, card).likely == 31_458
    grid = replace(card, sizes=Sizes(grid=Grid(multiple=16, max_edge=2048, max_pixels=4_000_000)))
    most = ceiling(CAT, grid)
    assert most is not None
    assert 120_000 <= most <= 120_200
    assert ceiling(CAT, replace(card, sizes=Sizes())) is None  # of any size, it may cost anything
    assert ceiling(replace(CAT, size=Size(1000, 1000)), replace(card, sizes=Sizes())) == 30_000


def test_seconds_are_the_longest_that_it_may_take() -> None:
    card = ModelCard(id="m", provider="p", prices=Prices(second=500))
    assert ceiling(replace(CAT, n=2), card) is None
    assert ceiling(replace(CAT, n=2), card, seconds=60) == 60_000
    assert quote(CAT, card, seconds=60).likely is None


def test_input_pictures_count_at_their_dearest() -> None:
    order = replace(
        CAT, size=Size(1024, 1024), quality="low", images=(Image.from_bytes(png(Size(600, 500))),)
    )
    card = CARDS["gpt-image-1"]
    bare = ceiling(replace(order, images=()), card)
    sent, fine = ceiling(order, card), ceiling(replace(order, input_fidelity="high"), card)
    assert bare is not None
    assert sent is not None
    assert fine is not None
    assert sent - bare == (65 + 2 * 129) * 10
    assert fine - sent == 6240 * 10
    away = ceiling(replace(order, images=(Image.from_url("https://example.com/a.png"),)), card)
    large = ceiling(replace(order, images=(Image.from_bytes(png_header(7071, 7071)),)), card)
    assert away is not None
    assert large is not None
    assert away > large  # nobody knows how large it is


@pytest.mark.parametrize(
    ("card", "is_known"),
    [
        ("tintype-illustrator", True),
        ("comfyui/default", True),
        ("azure/gpt-image-2", False),
        ("dall-e-3", False),
        ("flux-2-pro", False),
        ("imagen-4.0-generate-001", True),
    ],
)
def test_what_is_known_and_what_is_not(card: str, is_known: bool) -> None:
    assert quote(CAT, CARDS[card]).is_known is is_known


def test_free_is_known() -> None:
    assert quote(CAT, CARDS["tintype-illustrator"]).ceiling == 0
    assert quote(CAT, CARDS["comfyui/default"]).ceiling == 0


def test_an_estimate_of_several_calls_counts_the_prompt_in_each() -> None:
    card = CARDS["gemini-3-pro-image"]  # one picture a call
    one, four = estimate(CAT, card), estimate(replace(CAT, n=4), card)
    assert one is not None
    assert four is not None
    assert (four.text_in, four.image_out) == (4 * one.text_in, 4 * one.image_out)


def test_what_the_formula_does_not_tell_is_no_estimate() -> None:
    tokens = TokenFormula(table={"low": {Size(1024, 1024): 5}})
    card = replace(SOLD, prices=Prices(text_in=1, image_out=1), tokens=tokens)
    order = replace(CAT, size=Size(1536, 1024))
    assert estimate(order, card) is None
    assert price(None, card, pictures=1) is None
    assert ceiling(order, card) is None


def test_a_refusal_of_what_was_drawn_is_known_of_who_sells_by_the_picture() -> None:
    order = replace(CAT, n=3, size=Size(1024, 1024), quality="high")
    assert refusal(order, SOLD) == 120_000
    assert refusal(replace(order, quality=None), SOLD) is None  # of which quality, the upstream did not say
    assert refusal(order, GPT) is None
    assert refusal(order, CARDS["flux-kontext-max"]) == 240_000


@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.id)
def test_what_is_likely_is_never_more_than_the_most(card: ModelCard) -> None:
    for changes in ({}, {"n": 3}, {"size": Size(1024, 1024)}, {"size": Ratio(16, 9, "2K"), "n": 2}):
        told = quote(replace(CAT, **changes), card)
        if told.is_known:
            assert told.likely is not None
            assert told.ceiling is not None
            assert told.likely <= told.ceiling


def test_prices_of_pictures_are_by_what_was_drawn() -> None:
    assert price(None, SOLD, pictures=[Drawn(Size(1024, 1536), "high")]) == 60_000
    assert price(None, SOLD, pictures=1) is None


@pytest.mark.parametrize(
    ("said", "usual", "most"),
    [
        ({}, 30, 50),
        ({"quality": "low"}, 20, 20),
        ({"num_inference_steps": 7}, 7, 7),
        ({"quality": "low", "n": 3}, 60, 60),
    ],
)
def test_a_price_by_pixels_and_steps_is_known_before(said: dict[str, object], usual: int, most: int) -> None:
    card = ModelCard(
        id="m",
        provider="p",
        max_n=4,
        sizes=Sizes(listed=(Size(1000, 1000),)),
        qualities=("low", "medium", "high"),
        default_quality="medium",
        accepts=frozenset({"num_inference_steps"}),
        steps={"low": 20, "medium": 30, "high": 50},
        prices=Prices(megapixel_step=1),
    )
    request = ImageRequest(model="m", prompt="a cat", **said)  # type: ignore[arg-type]
    assert (likely(request, card), ceiling(request, card)) == (usual, most)
    assert refusal(replace(request, size=Size(1000, 1000), quality="low"), card) == (
        request.n * (request.num_inference_steps or 20)
    )

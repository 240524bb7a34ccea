"""Google's tables, checked in both directions against the numbers as printed."""

from __future__ import annotations

from datetime import date

import pytest

from tintype.catalog import load
from tintype.core import Ratio, Size
from tintype.core.events import Usage
from tintype.core.money import cost

CARDS = {card.id: card for service in load() if service.name == "google" for card in service.cards}

# Pixels by ratio: of the models of the third generation at 1K, and of gemini-2.5-flash-image.
PRINTED = """
1:1 1024x1024 1024x1024
2:3 848x1264 832x1248
3:2 1264x848 1248x832
3:4 896x1200 864x1184
4:3 1200x896 1184x864
4:5 928x1152 896x1152
5:4 1152x928 1152x896
9:16 768x1376 768x1344
16:9 1376x768 1344x768
21:9 1584x672 1536x672
1:4 512x2048 -
4:1 2048x512 -
1:8 384x3072 -
8:1 3072x384 -
"""
AT_512 = """
512x512 424x632 632x424 448x600 600x448 464x576 576x464 384x688 688x384 792x168
"""

TEN = [line.split()[0] for line in PRINTED.split("\n")[1:11]]
FOURTEEN = [line.split()[0] for line in PRINTED.strip().split("\n")]


def size(text: str) -> Size:
    width, height = text.split("x")
    return Size(int(width), int(height))


def ratio(text: str, tier: str) -> Ratio:
    width, height = text.split(":")
    return Ratio(int(width), int(height), tier)


def published() -> dict[str, dict[Ratio, Size]]:
    rows = [line.split() for line in PRINTED.strip().split("\n")]
    third = {shape: size(pixels) for shape, pixels, _ in rows}

    def tiers(shapes: list[str], **grown: int) -> dict[Ratio, Size]:
        return {
            ratio(shape, f"{tier[1]}K"): Size(third[shape].width * by, third[shape].height * by)
            for tier, by in grown.items()
            for shape in shapes
        }

    flash = tiers(FOURTEEN, _1=1, _2=2, _4=4)
    small = {ratio(shape, "512"): size(pixels) for shape, pixels in zip(TEN, AT_512.split(), strict=True)}
    small |= {
        ratio(shape, "512"): Size(third[shape].width // 2, third[shape].height // 2)
        for shape in FOURTEEN[10:]
    }
    pro = tiers(TEN, _1=1, _2=2, _4=4)
    second = {ratio(shape, "1K"): size(pixels) for shape, _, pixels in rows if pixels != "-"}
    return {
        "gemini-2.5-flash-image": second,
        "gemini-2.5-flash-image-preview": second,
        "gemini-3-pro-image": pro,
        "gemini-3-pro-image-preview": pro,
        "gemini-3.1-flash-image": flash | small,
        "gemini-3.1-flash-image-preview": flash | small,
        "gemini-3.1-flash-lite-image": tiers(FOURTEEN, _1=1),
        "gemini-nano-banana-2.1": flash,
    }


def test_the_shapes_are_those_printed_and_no_others() -> None:
    tables = {id: dict(card.sizes.shapes) for id, card in CARDS.items() if id.startswith("gemini")}
    assert tables == published()


@pytest.mark.parametrize("id", CARDS)
def test_the_usual_shape_is_the_square_at_1k(id: str) -> None:
    assert next(iter(CARDS[id].sizes.shapes)) == Ratio(1, 1, "1K")


@pytest.mark.parametrize(
    ("id", "tier", "tokens", "dollars"),
    [
        ("gemini-2.5-flash-image", "1K", 1290, 0.039),
        ("gemini-3-pro-image", "1K", 1120, 0.134),
        ("gemini-3-pro-image", "2K", 1120, 0.134),
        ("gemini-3-pro-image", "4K", 2000, 0.24),
        ("gemini-3.1-flash-image", "512", 747, 0.045),
        ("gemini-3.1-flash-image", "1K", 1120, 0.067),
        ("gemini-3.1-flash-image", "2K", 1680, 0.101),
        ("gemini-3.1-flash-image", "4K", 2520, 0.151),
        ("gemini-3.1-flash-lite-image", "1K", 1120, 0.0336),
        ("gemini-nano-banana-2.1", "1K", 1120, 0.0336),
        ("gemini-nano-banana-2.1", "2K", 1680, 0.0504),
        ("gemini-nano-banana-2.1", "4K", 3767, 0.113),
    ],
)
def test_every_picture_of_a_tier_counts_and_costs_what_is_printed(
    id: str, tier: str, tokens: int, dollars: float
) -> None:
    card = CARDS[id]
    assert card.tokens
    of_tier = [pixels for shape, pixels in card.sizes.shapes.items() if shape.tier == tier]
    assert of_tier
    assert {card.tokens.image_out(None, pixels) for pixels in of_tier} == {tokens}
    assert cost(Usage(image_out=tokens), card.prices, pictures=1) == pytest.approx(
        dollars * 1_000_000, rel=0.012
    )


def test_an_input_picture_of_gemini_25_is_258_tokens_however_large() -> None:
    """Two of them are the 516 `image_tokens` that a reseller printed."""
    tokens = CARDS["gemini-2.5-flash-image"].tokens
    assert tokens is not None
    assert tokens.image_in(Size(64, 64)) + tokens.image_in(Size(4000, 3000)) == 516


@pytest.mark.parametrize(
    ("alias", "id"),
    [
        ("nano-banana-pro", "gemini-3-pro-image"),
        ("google/gemini-3-pro-image", "gemini-3-pro-image"),
        ("nano-banana-2", "gemini-3.1-flash-image"),
        ("google/gemini-3.1-flash-image", "gemini-3.1-flash-image"),
        ("models/gemini-2.5-flash-image", "gemini-2.5-flash-image"),
    ],
)
def test_names_by_which_models_are_asked_for(alias: str, id: str) -> None:
    assert alias in CARDS[id].aliases


def test_who_is_left_on_the_20th_of_november_2026() -> None:
    today = date(2026, 11, 20)
    assert {id for id, card in CARDS.items() if not card.life.is_over(today)} == {
        "gemini-3-pro-image",
        "gemini-3.1-flash-lite-image",
        "gemini-nano-banana-2.1",
    }
    for card in CARDS.values():
        if card.life.successor:
            assert not CARDS[card.life.successor].life.is_over(today), card.id


@pytest.mark.parametrize(
    ("id", "micros"),
    [
        ("imagen-4.0-fast-generate-001", 20_000),
        ("imagen-4.0-generate-001", 40_000),
        ("imagen-4.0-ultra-generate-001", 60_000),
    ],
)
def test_imagen_is_sold_by_the_picture(id: str, micros: int) -> None:
    assert cost(Usage(), CARDS[id].prices, pictures=2) == 2 * micros


def test_imagen_makes_four_at_a_time_and_edits_nothing() -> None:
    for id, card in CARDS.items():
        if id.startswith("imagen"):
            assert (card.max_n, card.max_input_images, card.says_text) == (4, 0, False)
            assert card.sizes.nearest(Ratio(16, 9)) == Size(1408, 768)

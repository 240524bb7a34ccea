"""The facts that ship: checked against the vendors' published numbers, in both directions."""

from __future__ import annotations

import importlib
from datetime import date
from importlib.util import find_spec

import pytest

from tintype.catalog import Service, load
from tintype.core import ModelCard, Size
from tintype.core.events import Usage
from tintype.core.money import cost, dollars

SERVICES = {service.name: service for service in load()}
CARDS = {card.id: card for service in SERVICES.values() for card in service.cards}

SQUARE, TALL, WIDE = "1024x1024", "1024x1536", "1536x1024"

# Output tokens by quality, of the models of each generation (OpenAI's image guide; wire facts §1.11).
CLASSIC = {
    "low": {SQUARE: 272, TALL: 408, WIDE: 400},
    "medium": {SQUARE: 1056, TALL: 1584, WIDE: 1568},
    "high": {SQUARE: 4160, TALL: 6240, WIDE: 6208},
}
QUALITIES_2 = ("low", "medium", "high")
QUALITIES_25 = ("low", "medium", "high", "xhigh", "max")
LADDERS = {
    SQUARE: ((196, 1756, 7024), (196, 439, 1756, 3122, 7024)),
    WIDE: ((158, 1372, 5488), (158, 343, 1372, 2459, 5488)),
    TALL: ((158, 1372, 5488), (158, 343, 1372, 2459, 5488)),
    "2048x2048": ((397, 3568, 14272), (397, 892, 3568, 6343, 14272)),
    "2048x1152": ((157, 1413, 5650), (157, 367, 1413, 2511, 5650)),
    "2560x1440": ((205, 1843, 7370), (205, 478, 1843, 3276, 7370)),
    "3840x2160": ((371, 3336, 13342), (371, 865, 3336, 5930, 13342)),
    "2880x2880": ((659, 5930, 23719), (659, 1483, 5930, 10542, 23719)),
}


def size(text: str) -> Size:
    width, height = text.split("x")
    return Size(int(width), int(height))


def published() -> list[tuple[str, str, str, int]]:
    """Every published number as (model, quality, size, tokens)."""
    rows = [
        (model, quality, at, tokens)
        for model in ("gpt-image-1", "gpt-image-1.5", "gpt-image-1-mini", "chatgpt-image-latest")
        for quality, sizes in CLASSIC.items()
        for at, tokens in sizes.items()
    ]
    for at, (two, two_five) in LADDERS.items():
        for model in ("gpt-image-2", "gpt-image-2-2026-04-21"):
            rows += [(model, quality, at, n) for quality, n in zip(QUALITIES_2, two, strict=True)]
        for name in ("sunburst", "flare", "sunburst-2026-09-08", "flare-2026-09-08"):
            rows += [
                (f"gpt-image-2.5-{name}", quality, at, n)
                for quality, n in zip(QUALITIES_25, two_five, strict=True)
            ]
    return rows


@pytest.mark.parametrize(("model", "quality", "at", "tokens"), published())
def test_a_picture_has_as_many_tokens_as_published(model: str, quality: str, at: str, tokens: int) -> None:
    card = CARDS[model]
    assert quality in card.qualities
    assert card.sizes.fault(size(at)) is None
    assert card.tokens is not None
    assert card.tokens.image_out(quality, size(at)) == tokens


def test_every_number_of_a_card_is_a_published_one() -> None:
    known = {(model, quality, size(at)): tokens for model, quality, at, tokens in published()}
    tables = [card for card in SERVICES["openai"].cards if card.tokens and card.tokens.table]
    assert tables
    for card in tables:
        assert card.tokens
        for quality, row in card.tokens.table.items():
            assert set(row) == set(card.sizes.listed), (card.id, quality)
            for at, tokens in row.items():
                assert known[card.id, quality, at] == tokens


def test_every_quality_of_a_model_that_counts_tokens_has_a_number() -> None:
    for card in CARDS.values():
        if card.tokens is not None:
            for quality in card.qualities:
                assert card.tokens.image_out(quality, Size(1024, 1024)) > 0, (card.id, quality)


def test_the_answer_that_a_reseller_printed() -> None:
    """A real gpt-image-2 answer, 1536x1024 at low: 158 output tokens."""
    tokens = CARDS["gpt-image-2"].tokens
    assert tokens is not None
    assert tokens.image_out("low", Size(1536, 1024)) == 158


# Dollars for one picture, as the guide prints them: square, tall, wide.
PRINTED = {
    "gpt-image-2": {"low": ".006 .005 .005", "medium": ".053 .041 .041", "high": ".211 .165 .165"},
    "gpt-image-1.5": {"low": ".009 .013 .013", "medium": ".034 .050 .050", "high": ".133 .200 .200"},
    "gpt-image-1": {"low": ".011 .016 .016", "medium": ".042 .063 .063", "high": ".167 .250 .250"},
    "gpt-image-1-mini": {"low": ".005 .006 .006", "medium": ".011 .015 .015", "high": ".036 .052 .052"},
}


@pytest.mark.parametrize("model", PRINTED)
def test_a_picture_costs_about_what_the_price_list_says(model: str) -> None:
    card = CARDS[model]
    assert card.tokens
    for quality, row in PRINTED[model].items():
        for at, printed in zip((SQUARE, TALL, WIDE), row.split(), strict=True):
            usage = Usage(image_out=card.tokens.image_out(quality, size(at)))
            micros = cost(usage, card.prices, pictures=1)
            assert micros is not None
            # The list rounds to a tenth of a cent, not always to the nearest, and adds a prompt for mini.
            assert abs(micros - float(printed) * 1_000_000) <= 3_000, (quality, at, dollars(micros))


# Dollars for a million tokens, as the model pages print them: text, cached text, pictures, cached pictures.
CACHED = {
    "gpt-image-2": "5 1.25 8 2",
    "gpt-image-2.5-flare": "5 1.25 8 2",
    "gpt-image-2.6-sunburst": "5 1.25 8 2",
    "gpt-image-1.5": "5 1.25 8 2",
    "chatgpt-image-latest": "5 1.25 8 2",
    "gpt-image-1": "5 1.25 10 2.5",
    "gpt-image-1-mini": "2 0.20 2.5 0.25",
}


@pytest.mark.parametrize("model", CACHED)
def test_what_was_read_from_the_cache_is_cheaper(model: str) -> None:
    prices = CARDS[model].prices
    kinds = (prices.text_in, prices.cached_text_in, prices.image_in, prices.cached_image_in)
    assert list(kinds) == [round(float(each) * 1_000_000) for each in CACHED[model].split()]


def test_every_model_of_the_life_cycle_table_is_there() -> None:
    assert {card.id for card in SERVICES["openai"].cards} == {
        "gpt-image-2.6-sunburst",
        "gpt-image-2.6-flare",
        "gpt-image-2.5-sunburst",
        "gpt-image-2.5-sunburst-2026-09-08",
        "gpt-image-2.5-flare",
        "gpt-image-2.5-flare-2026-09-08",
        "gpt-image-2",
        "gpt-image-2-2026-04-21",
        "gpt-image-1.5",
        "gpt-image-1-mini",
        "chatgpt-image-latest",
        "gpt-image-1",
        "dall-e-2",
        "dall-e-3",
    }


@pytest.mark.parametrize(
    ("day", "gone"),
    [
        (date(2026, 5, 11), set()),
        (date(2026, 5, 12), {"dall-e-2", "dall-e-3"}),
        (date(2026, 11, 20), {"dall-e-2", "dall-e-3", "gpt-image-1"}),
        (
            date(2026, 12, 1),
            {
                "dall-e-2",
                "dall-e-3",
                "gpt-image-1",
                "gpt-image-1.5",
                "gpt-image-1-mini",
                "chatgpt-image-latest",
            },
        ),
    ],
)
def test_who_is_gone_when(day: date, gone: set[str]) -> None:
    assert {card.id for card in SERVICES["openai"].cards if card.life.is_over(day)} == gone


def test_every_successor_answers_when_its_predecessor_no_longer_does() -> None:
    for card in CARDS.values():
        if card.life.retired is not None:
            assert card.life.successor is not None, card.id
            assert not CARDS[card.life.successor].life.is_over(card.life.retired), card.id


@pytest.mark.parametrize(
    ("model", "fact", "value"),
    [
        ("gpt-image-2", "backgrounds", ("opaque",)),
        ("gpt-image-2", "fidelities", ()),
        ("gpt-image-2.5-flare", "backgrounds", ("transparent", "opaque")),
        ("gpt-image-2.5-flare", "qualities", QUALITIES_25),
        ("gpt-image-1", "fidelities", ("low", "high")),
        ("gpt-image-1-mini", "fidelities", ("low",)),
        ("dall-e-3", "prompt_limit", 4000),
        ("dall-e-3", "max_n", 1),
        ("dall-e-3", "max_input_images", 0),
        ("dall-e-3", "delivers", "url"),
        ("dall-e-3", "partial_images", 0),
        ("dall-e-2", "prompt_limit", 1000),
        ("dall-e-2", "mask", True),
        ("dall-e-2", "formats", ("png",)),
        ("tintype-illustrator", "owned_by", "tintype"),
        ("tintype-illustrator", "prompt_limit", 32_000),
    ],
)
def test_facts_in_which_models_differ(model: str, fact: str, value: object) -> None:
    assert getattr(CARDS[model], fact) == value


@pytest.mark.parametrize(
    ("hint", "models"),
    [
        ("style", {"dall-e-3"}),
        ("complexity", {"gpt-image-2.6-sunburst", "gpt-image-2.6-flare"}),
        ("seed", {"tintype-illustrator"}),
        ("strength", {"tintype-illustrator"}),
        ("input_fidelity", {"gpt-image-1", "gpt-image-1.5", "gpt-image-1-mini", "chatgpt-image-latest"}),
        (
            "partial_images",
            {card.id for name in ("openai", "illustrator") for card in SERVICES[name].cards}
            - {"dall-e-2", "dall-e-3"},
        ),
    ],
)
def test_who_honours_a_hint(hint: str, models: set[str]) -> None:
    services = (SERVICES["openai"], SERVICES["illustrator"])
    assert {card.id for each in services for card in each.cards if hint in card.accepts} == models


def test_the_illustrator_draws_any_size_for_nothing() -> None:
    card = CARDS["tintype-illustrator"]
    for good in (Size(16, 16), Size(3840, 3840), Size(3840, 480), Size(17, 99), Size(512, 512)):
        assert card.sizes.fault(good) is None, good
    for bad in (Size(15, 16), Size(3841, 1024), Size(1600, 16)):
        assert card.sizes.fault(bad), bad
    assert cost(Usage(text_in=10**9, image_out=10**9), card.prices, pictures=3) == 0


@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.id)
def test_a_card_is_whole(card: ModelCard) -> None:
    assert card.name
    assert card.owned_by
    assert card.upstream_id
    assert card.source
    assert card.checked
    assert card.default_quality in (card.qualities or (None,))
    assert "opaque" in card.backgrounds


def test_no_name_is_used_twice_by_a_service() -> None:
    for service in SERVICES.values():
        names = [name for card in service.cards for name in (card.id, *card.aliases)]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("service", SERVICES.values(), ids=lambda service: service.name)
def test_an_adapter_that_is_in_the_package_has_the_class_it_names(service: Service) -> None:
    module, _, name = service.settings["adapter"].partition(":")
    assert module.startswith("tintype.providers."), module
    assert name.isidentifier()
    if find_spec("tintype.providers") is not None and find_spec(module) is not None:
        assert hasattr(importlib.import_module(module), name)

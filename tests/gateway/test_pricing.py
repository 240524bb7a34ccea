"""What callers pay: the operator's markup, and the most that an order can come to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tintype.catalog import load
from tintype.core import ImageRequest, ModelCard, Prices, Size
from tintype.core.quote import likely
from tintype.gateway.pricing import Candidate, Markup, hold_of
from tintype.gateway.settings import Settings

from ..quotes import ceiling

CARDS = {card.id: card for service in load() for card in service.cards}
ORDER = ImageRequest(model="m", prompt="a cat", n=3, quality="low", size=Size(1024, 1024))
TABLE = {
    "default": "20%",
    "provider": {"openai": "15%", "azure*": "-10%"},
    "model": {"gpt-image-2": "0%", "gpt-image-*": "12.5%", "gpt-*": "99%"},
}


@pytest.mark.parametrize(
    ("provider", "model", "own", "points"),
    [
        ("bfl", "flux-2-pro", None, 2_000),
        ("openai", "dall-e-3", None, 1_500),
        ("azure-west", "dall-e-3", None, -1_000),
        ("openai", "gpt-image-2", None, 0),
        ("openai", "gpt-image-1", None, 1_250),  # of two patterns the one that is written first
        ("openai", "gpt-image-2", 700, 700),
        ("openai", "gpt-image-2", 0, 0),
        ("bfl", "flux-2-pro", 0, 0),
    ],
)
def test_whose_markup_holds(provider: str, model: str, own: int | None, points: int) -> None:
    markup = Markup.of(TABLE)
    assert markup.points(provider=provider, model=model, caller_markup=own) == points


def test_nothing_is_put_on_where_nothing_is_said() -> None:
    assert Markup.of({}) == Markup()
    assert Markup().price(52_731, provider="openai", model="gpt-image-2") == 52_731


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("20%", 2_000),
        ("0%", 0),
        ("-10%", -1_000),
        ("+5 %", 500),
        ("12.5%", 1_250),
        ("0.05%", 5),
        ("-100%", -10_000),
    ],
)
def test_percents(text: str, points: int) -> None:
    assert Markup.of({"default": text}).default == points


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"default": 20}, ["`default`", '"20%"', "20"]),
        ({"default": "20"}, ["`default`", "'20'"]),
        ({"default": "1.234%"}, ["two decimals"]),
        ({"default": "-101%"}, ["`default`", "-101%", "-100%"]),
        ({"default": None}, ["`default`"]),
        ({"provider": "20%"}, ["`provider`", "table"]),
        ({"provider": {"openai": "much"}}, ["[markup.provider]", "`openai`", "much"]),
        ({"model": {"gpt-*": ""}}, ["[markup.model]", "`gpt-*`"]),
        ({"openai": "5%"}, ["`openai`", "default, provider, model"]),
    ],
)
def test_what_is_wrong_is_named(table: dict[str, Any], words: list[str], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="markup") as caught:
        Markup.of(table)
    assert all(word in str(caught.value) for word in words)
    with pytest.raises(ValueError, match=r"tintype\.toml") as stopped:
        Settings().with_("markup", table, where="tintype.toml")
    assert str(caught.value) in str(stopped.value)


def test_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "tintype.toml"
    path.write_text('charge_twins = true\n[markup]\ndefault = "20%"\n[markup.model]\n"gpt-image-*" = "0%"\n')
    settings = Settings.load({"TINTYPE_ALLOW_UNKNOWN_PRICE": "true"}, path)
    assert (settings.charge_twins, settings.allow_unknown_price) == (True, True)
    assert Markup.of(settings.markup) == Markup(default=2_000, model={"gpt-image-*": 0})
    assert not Settings().charge_twins
    assert not Settings().allow_unknown_price
    with pytest.raises(ValueError, match="markup cannot be '20%': it must be a table"):
        Settings.load({"TINTYPE_MARKUP": "20%"}, path)


@given(st.integers(0, 10**12), st.integers(-10_000, 100_000))
def test_a_price_is_rounded_up_once(cost: int, points: int) -> None:
    paid = Markup().price(cost, provider="p", model="m", caller_markup=points)
    assert paid >= 0
    assert (paid - 1) * 10_000 < cost * (10_000 + points) <= paid * 10_000
    assert points < 0 or paid >= cost


def test_a_hold_is_the_dearest_offer_and_its_markup() -> None:
    cheap, dear = CARDS["gpt-image-2"], CARDS["gpt-image-1"]
    markup = Markup.of({"default": "10%", "provider": {"second": "200%"}})
    one = replace(ORDER, n=1)
    ours, theirs = ceiling(one, cheap), ceiling(one, dear)
    assert ours is not None
    assert theirs is not None
    assert ours > theirs  # words are allowed for
    hold = hold_of(ORDER, [Candidate(cheap, "openai"), Candidate(dear, "second")], markup)
    assert (hold.most, hold.ceiling, hold.unknown) == (3 * theirs * 3, 3 * theirs * 3, ())
    usual = likely(ORDER, cheap)
    assert usual is not None
    assert hold.likely == markup.price(usual, provider="openai", model="gpt-image-2")
    mine = hold_of(ORDER, [Candidate(cheap, "openai")], markup, caller_markup=-10_000)
    assert (mine.likely, mine.most) == (0, 0)


def test_the_markup_is_of_the_model_whoever_sells_it() -> None:
    card = replace(CARDS["azure/gpt-image-2"], prices=Prices(image=1_000))
    markup = Markup.of({"default": "10%", "model": {"gpt-image-2": "50%"}})
    assert hold_of(ORDER, [Candidate(card, "azure")], markup).most == 3 * 1_500


def test_what_is_not_known_is_named_and_the_rest_is_held() -> None:
    sold = ModelCard(id="s", provider="p", prices=Prices(image=1_000))
    azure = CARDS["azure/gpt-image-2"]
    hold = hold_of(ORDER, [Candidate(azure, "azure"), Candidate(sold, "p")], Markup())
    assert (hold.likely, hold.most, hold.unknown, hold.ceiling) == (None, 3_000, ("azure/gpt-image-2",), None)


@pytest.mark.parametrize("card", ["gpt-image-2", "dall-e-3"])
def test_a_twin_costs_nothing_unless_it_is_charged(card: str) -> None:
    twin = Candidate(CARDS[card], "illustrator", twin=True)
    free = hold_of(ORDER, [twin], Markup())
    assert (free.likely, free.most, free.unknown) == (0, 0, ())
    charged = hold_of(ORDER, [twin], Markup(), charge_twins=True)
    most = ceiling(ORDER, CARDS[card])
    assert charged.ceiling == most
    assert bool(charged.unknown) is (most is None)


def test_where_a_refusal_is_followed_by_the_next_offer_both_may_be_paid() -> None:
    first = ModelCard(id="a", provider="a", prices=Prices(image=1_000))
    second = ModelCard(id="b", provider="b", prices=Prices(image=3_000))
    offers = [Candidate(first, "a"), Candidate(second, "b")]
    assert hold_of(ORDER, offers, Markup()).most == 9_000
    assert hold_of(ORDER, offers, Markup(), next_after_refusal=True).most == 9_000 + 3 * (1_000 + 3_000)


def test_an_engine_is_held_for_as_long_as_it_may_draw() -> None:
    engine = Candidate(ModelCard(id="e", provider="e", prices=Prices(second=200)), "e")
    assert hold_of(ORDER, [engine], Markup(), seconds=600).most == 3 * 120_000
    assert hold_of(ORDER, [engine], Markup()).unknown == ("e",)

"""Money is exact, rounded up once, and what is not known is never taken for nothing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tintype.core import Drawn, Prices, Size, Usage
from tintype.core.money import ANY, MILLION, UNKNOWN, cost

SQUARE, TALL, WIDE = Size(1024, 1024), Size(1024, 1536), Size(1536, 1024)
KINDS = ("text_in", "image_in", "text_out", "image_out")

COUNTS = st.integers(0, 100_000)
AMOUNTS = st.integers(0, 200_000_000)
SIZES = st.sampled_from([SQUARE, TALL, WIDE, Size(64, 64), Size(3841, 2161)])
QUALITIES = st.sampled_from(["low", "high"])
PICTURES = st.lists(st.builds(Drawn, SIZES, QUALITIES), max_size=5)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    text, image = draw(COUNTS), draw(COUNTS)
    cached = draw(st.integers(0, text + image))
    return Usage(
        text_in=text, image_in=image, text_out=draw(COUNTS), image_out=draw(COUNTS), cached_in=cached
    )


@st.composite
def full_prices(draw: st.DrawFn) -> Prices:
    """Of every kind there is, but that a table of pictures may be missing."""
    text, image = draw(AMOUNTS), draw(AMOUNTS)
    table = {
        "low": {SQUARE: draw(AMOUNTS), None: draw(AMOUNTS)},
        ANY: {TALL: draw(AMOUNTS), None: draw(AMOUNTS)},
    }
    return Prices(
        text_in=text,
        image_in=image,
        cached_text_in=draw(st.none() | st.integers(0, text)),
        cached_image_in=draw(st.none() | st.integers(0, image)),
        text_out=draw(AMOUNTS),
        image_out=draw(AMOUNTS),
        image=draw(AMOUNTS),
        images=table if draw(st.booleans()) else {},
        megapixel=draw(st.none() | AMOUNTS),
        second=draw(AMOUNTS),
        preview=draw(st.none() | AMOUNTS),
    )


def known(
    usage: Usage, prices: Prices, pictures: list[Drawn] | int = 0, previews: int = 0, seconds: float = 0.0
) -> int:
    amount = cost(usage, prices, pictures=pictures, previews=previews, seconds=seconds)
    assert amount is not None
    return amount


@given(usages(), full_prices(), PICTURES, st.integers(0, 9), st.floats(0, 1000))
def test_it_is_never_negative_nor_below_what_it_is_exactly(
    usage: Usage, prices: Prices, pictures: list[Drawn], previews: int, seconds: float
) -> None:
    exact = Fraction(0)
    for kind in KINDS:
        exact += Fraction(getattr(usage, kind) * (getattr(prices, kind) or 0), MILLION)
    full = exact
    text, image = prices.text_in or 0, prices.image_in or 0
    saving = [text - (prices.cached_text_in if prices.cached_text_in is not None else text)]
    saving.append(image - (prices.cached_image_in if prices.cached_image_in is not None else image))
    least = min(  # over all ways in which the cached tokens may be of the two kinds
        of_text * saving[0] + (usage.cached_in - of_text) * saving[1]
        for of_text in (
            max(0, usage.cached_in - usage.image_in),
            min(usage.cached_in, usage.text_in),
        )
    )
    exact -= Fraction(least, MILLION)
    for one in pictures:
        exact += prices.of_picture(one) or 0
        assert one.size is not None
        exact += Fraction((prices.megapixel or 0) * one.size.width * one.size.height, MILLION)
    exact += (prices.second or 0) * Fraction(seconds) + previews * (prices.preview or 0)
    found = known(usage, prices, pictures, previews, seconds)
    # Seconds are rounded up by themselves, to a millionth.
    assert 0 <= exact <= found < exact + 1 + Fraction(prices.second or 0, MILLION)
    assert full - Fraction(usage.cached_in * max(text, image), MILLION) <= exact


@given(usages(), usages(), full_prices(), PICTURES, PICTURES)
def test_two_orders_cost_as_much_as_both_together_but_for_what_is_rounded(
    one: Usage, other: Usage, prices: Prices, some: list[Drawn], more: list[Drawn]
) -> None:
    prices = replace(
        prices, cached_text_in=None, cached_image_in=None
    )  # which of them were is guessed for each
    both = known(one + other, prices, some + more)
    apart = known(one, prices, some) + known(other, prices, more)
    assert both <= apart <= both + 1


@given(usages(), full_prices(), st.sampled_from(KINDS), COUNTS, PICTURES)
def test_more_tokens_never_cost_less(
    usage: Usage, prices: Prices, kind: str, more: int, pictures: list[Drawn]
) -> None:
    grown = replace(usage, **{kind: getattr(usage, kind) + more})
    assert known(grown, prices, pictures) >= known(usage, prices, pictures)


@given(usages(), full_prices(), COUNTS)
def test_cached_tokens_never_cost_more_than_others_and_are_not_paid_twice(
    usage: Usage, prices: Prices, cached: int
) -> None:
    none = replace(usage, cached_in=0)
    some = replace(usage, cached_in=min(cached, usage.input_tokens))
    all_of_them = replace(usage, cached_in=usage.input_tokens)
    assert known(all_of_them, prices) <= known(some, prices) <= known(none, prices)
    assert known(replace(usage, cached_in=usage.input_tokens + cached), prices) == known(all_of_them, prices)


@given(usages(), st.sampled_from(KINDS), full_prices())
def test_tokens_of_unknown_price_make_it_unknown(usage: Usage, kind: str, prices: Prices) -> None:
    assume(getattr(usage, kind))
    by_token = replace(prices, image=None, images={}, megapixel=None, second=None)
    assert cost(usage, by_token) is not None
    assert cost(usage, replace(by_token, **{kind: None})) is None  # type: ignore[arg-type]


@given(usages(), st.integers(0, 5), st.floats(0, 9))
def test_nothing_is_known_where_no_price_is(usage: Usage, pictures: int, seconds: float) -> None:
    assert cost(usage, UNKNOWN, pictures=pictures, seconds=seconds) is None


@pytest.mark.parametrize(
    ("prices", "pictures", "seconds"),
    [
        (Prices(text_in=5), [Drawn(SQUARE)], None),  # what comes out has no price
        (Prices(preview=5), [Drawn(SQUARE)], None),
        (Prices(images={"high": {SQUARE: 5}}), [Drawn(TALL, "high")], None),
        (Prices(images={"high": {SQUARE: 5}}), [Drawn(SQUARE, "low")], None),
        (Prices(images={"high": {SQUARE: 5}}), [Drawn(SQUARE)], None),
        (Prices(images={"high": {SQUARE: 5}}), [Drawn(None, "high")], None),
        (Prices(images={"high": {SQUARE: 5}}), [Drawn(SQUARE, "high"), Drawn(WIDE, "high")], None),
        (Prices(megapixel=5), [Drawn()], None),
        (Prices(image=5, second=5), [Drawn(SQUARE)], None),
    ],
)
def test_a_price_that_is_missing_is_not_nothing(
    prices: Prices, pictures: list[Drawn], seconds: float | None
) -> None:
    assert cost(Usage(), prices, pictures=pictures, seconds=seconds) is None


TABLE = Prices(
    image=9,
    images={"high": {SQUARE: 4, TALL: 6, WIDE: 5, None: 7}, ANY: {SQUARE: 1}},
)


@pytest.mark.parametrize(
    ("drawn", "price"),
    [
        (Drawn(SQUARE, "high"), 4),
        (Drawn(TALL, "high"), 6),
        (Drawn(WIDE, "high"), 5),
        (Drawn(Size(8, 8), "high"), 7),
        (Drawn(SQUARE, "low"), 1),
        (Drawn(TALL, "low"), 9),
        (Drawn(SQUARE), None),  # high, or another
        (Drawn(None, "low"), None),  # a square, or another
    ],
)
def test_the_nearest_fact_about_a_picture_wins(drawn: Drawn, price: int | None) -> None:
    assert TABLE.of_picture(drawn) == price


def test_what_is_one_price_for_all_needs_no_telling() -> None:
    prices = Prices(images={ANY: {None: 3}, "high": {SQUARE: 3}})
    assert prices.of_picture(Drawn()) == 3


@pytest.mark.parametrize(
    ("usage", "prices", "amount"),
    [  # 1000 tokens in, 600 of them cached: of the text, which saves less
        (Usage(text_in=600, image_in=400, cached_in=600), (5, 8, 1, 2), 600 * 1 + 400 * 8),
        (Usage(text_in=600, image_in=400, cached_in=1000), (5, 8, 1, 2), 600 * 1 + 400 * 2),
        (Usage(text_in=600, image_in=400, cached_in=500), (5, 8, None, 2), 600 * 5 + 400 * 8),
        (Usage(text_in=600, image_in=400, cached_in=700), (5, 8, None, 2), 600 * 5 + 300 * 8 + 100 * 2),
    ],
)
def test_cached_tokens(usage: Usage, prices: tuple[int, ...], amount: int) -> None:
    text, image, cached_text, cached_image = (each and each * MILLION for each in prices)
    table = Prices(
        text_in=text,
        image_in=image,
        cached_text_in=cached_text,
        cached_image_in=cached_image,
        image_out=0,
    )
    assert cost(usage, table) == amount


def test_units_add_up() -> None:
    prices = Prices(image=100, megapixel=30, second=7, preview=2, image_out=1_000_000)
    pictures = [Drawn(Size(1000, 1000)), Drawn(Size(500, 1000))]
    # 200 for the pictures, 45 for 1.5 megapixels, 17.5 for 2.5 seconds, 6 for previews, 11 for tokens
    assert cost(Usage(image_out=11), prices, pictures=pictures, previews=3, seconds=2.5) == 280


def test_a_picture_that_is_sold_by_its_pixels_and_steps() -> None:
    prices = Prices(megapixel_step=2_000)
    drawn = [Drawn(Size(1000, 1000), "low", 20), Drawn(Size(500, 1000), "high", 50)]
    assert cost(Usage(), prices, pictures=drawn) == 2_000 * 20 + 2_000 * 25
    assert cost(Usage(), prices, pictures=[Drawn(Size(1000, 1000))]) is None
    assert prices.by_the_unit

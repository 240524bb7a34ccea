"""What a call came to: by what the upstream says, by what it drew, and what it takes for nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tintype.core import Completed, Image, ImageRequest, ModelCard, Partial, Prices, Size, TokenFormula, Usage
from tintype.core.errors import (
    BadRequest,
    NoImage,
    Refused,
    Timeout,
    TintypeError,
    TooLarge,
    TooManyRequests,
)
from tintype.gateway.tally import Tally, believed

from ..fakes import FakeProvider
from ..pictures import png
from .offering import CARD, REQUEST, Seller, run, selling

SMALL = Image.from_bytes(png(Size(8, 8)))
WIDE = Image.from_bytes(png(Size(16, 8)))
TOKENS = TokenFormula(ladder={"low": 16}, per_partial=100, input_base=65)
BY_TOKEN = replace(
    CARD,
    qualities=("low",),
    default_quality="low",
    tokens=TOKENS,
    prices=Prices(text_in=1_000_000, image_in=1_000_000, cached_text_in=100_000, image_out=1_000_000),
)


def sold(**prices: object) -> ModelCard:
    return replace(CARD, qualities=("low", "high"), prices=Prices(**prices))  # type: ignore[arg-type]


def tally(card: ModelCard, *events: Completed | Partial, request: ImageRequest = REQUEST) -> Tally:
    counted = Tally(request, card)
    for event in events:
        counted.see(event)
    return counted


def done(image: Image = SMALL, **more: object) -> Completed:
    return Completed(image=image, **more)  # type: ignore[arg-type]


def test_cached_tokens_cost_less() -> None:
    usage = Usage(text_in=100, image_out=50, cached_in=80)
    assert tally(BY_TOKEN, done(usage=usage)).cost() == 20 + 8 + 50


def test_a_price_by_quality_and_size_is_of_what_came() -> None:
    prices = {"low": {Size(8, 8): 10, Size(16, 8): 20}, "high": {Size(8, 8): 100, Size(16, 8): 200}}
    card = sold(images=prices)
    assert tally(card, done(quality="high"), done(WIDE, quality="low")).cost() == 120
    assert tally(card, done(), request=replace(REQUEST, quality="high")).cost() == 100
    assert tally(card, done()).cost() is None  # of which quality, nobody said
    assert tally(replace(card, qualities=("low",)), done()).cost() == 10  # there is no other


def test_true_pixels_previews_and_seconds() -> None:
    card = sold(megapixel=1_000_000, preview=7)
    shown = Partial(image=SMALL)
    assert tally(card, shown, shown, done(), done(WIDE)).cost() == 64 + 128 + 14
    assert tally(sold(second=400), done()).cost(2.5) == 1_000
    assert tally(sold(second=400), done()).cost() is None


def test_a_preview_that_nobody_saw_is_expected_among_the_tokens() -> None:
    """Or the truth meter would say of an honest upstream that it claims too many."""
    drawn = BY_TOKEN.tokens.image_out("low", Size(8, 8)) if BY_TOKEN.tokens else 0
    unseen = tally(BY_TOKEN, done(usage=Usage(image_out=drawn + 100), previews=1, quality="low"))
    assert unseen.expected() == unseen.usage
    assert unseen.previews == 1


def test_seconds_are_those_of_the_call() -> None:
    card = sold(second=1_000_000)
    attempt = tally(card, done()).attempt("job", card, FakeProvider())
    assert attempt.cost == round(attempt.seconds * 1_000_000)


def test_what_the_upstream_says_wins() -> None:
    assert tally(sold(image=5_000), done(cost=4_000), done(cost=1)).cost() == 4_001


def test_who_tells_no_tokens_is_counted_by_the_formula() -> None:
    """And not taken to have drawn for nothing."""
    request = replace(REQUEST, images=(SMALL,))
    out = TOKENS.image_out("low", Size(8, 8))
    assert tally(BY_TOKEN, Partial(image=SMALL), done(quality="low"), request=request).cost() == (
        2 + 65 + out + 100
    )
    assert tally(BY_TOKEN, done(quality="low", usage=Usage(text_in=30))).cost() == 30 + out
    assert tally(BY_TOKEN, done()).cost() is None  # no quality, and no formula without one
    assert tally(replace(BY_TOKEN, tokens=None), done()).cost() is None


@pytest.mark.parametrize(
    ("card", "error", "cost"),
    [
        (sold(image=5_000), Refused("no", charged=True), 15_000),
        (sold(image=5_000), Refused("no"), None),
        (sold(image=5_000), NoImage("none", charged=True), None),
        (sold(image=5_000), Timeout("slow", charged=True), None),
        (sold(megapixel=1_000_000), Refused("no", charged=True), 3 * 128),
        (sold(images={"low": {Size(16, 8): 20}}), Refused("no", charged=True), 60),
        (sold(images={"high": {Size(16, 8): 20}}), Refused("no", charged=True), None),
        (BY_TOKEN, Refused("no", charged=True), None),
        (sold(), Refused("no", charged=True), None),
    ],
    ids=(
        "by the picture",
        "not charged",
        "no picture",
        "too late",
        "by the megapixel",
        "by size",
        "of another quality",
        "by the token",
        "of no known price",
    ),
)
def test_only_a_refusal_that_the_vendor_charges_costs_something(
    card: ModelCard, error: TintypeError, cost: int | None
) -> None:
    asked = replace(REQUEST, n=3, quality="low", size=Size(16, 8))
    counted = tally(card, request=asked)
    counted.fail(error)
    attempt = counted.attempt("job", card, FakeProvider())
    assert (attempt.cost, attempt.charged) == (cost, error.charged)


def test_a_refusal_after_some_pictures_is_of_all_that_was_drawn() -> None:
    card, asked = sold(image=5_000), replace(REQUEST, n=3)
    counted = tally(card, done(), request=asked)
    counted.fail(Refused("no", charged=True))
    assert counted.attempt("job", card, FakeProvider()).cost == 15_000
    counted.fail(Timeout("slow", charged=True))
    assert counted.attempt("job", card, FakeProvider()).cost == 5_000


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Refused("no"), "refused"),
        (BadRequest("It is not a whole PNG.", param="image"), "refused"),
        (TooLarge("Too large."), "refused"),
        (TooManyRequests("The line is full."), "failed"),
        (Timeout("slow"), "failed"),
    ],
)
def test_what_is_wrong_with_a_request_is_no_failure_of_whoever_was_asked(
    error: TintypeError, outcome: str
) -> None:
    card = sold(image=5_000)
    counted = tally(card)
    counted.fail(error)
    assert counted.attempt("job", card, FakeProvider()).outcome == outcome


def test_it_is_written_down() -> None:
    seller = Seller("a", [Refused("no", charged=True)])
    gateway = selling(seller, cards=[replace(CARD, prices=Prices(image=5_000))])
    job, _ = run(gateway, replace(REQUEST, n=2))
    assert isinstance(job.error, Refused)
    assert [(each.outcome, each.cost) for each in gateway.attempts.last] == [("refused", 10_000)]


def test_a_price_by_steps_goes_by_the_quality_or_what_was_said() -> None:
    card = replace(
        sold(megapixel_step=1_000_000),
        steps={"low": 4, "high": 9},
        accepts=frozenset({"num_inference_steps"}),
    )
    assert tally(card, done(quality="low")).cost() == 4 * 64
    assert tally(card, done(), request=replace(REQUEST, num_inference_steps=7)).cost() == 7 * 64
    assert tally(card, done()).cost() is None, "it may have been any quality"


@pytest.mark.parametrize("tokens", [-5, 10**26])
def test_numbers_that_no_upstream_can_mean_are_not_believed(tokens: int) -> None:
    """They would be charged, or could not be written down, and what the order holds would dangle."""
    seller = Seller("a", usage=Usage(text_in=3, image_out=tokens))
    gateway = selling(seller, cards=[replace(CARD, prices=Prices(text_in=5_000_000, image_out=30_000_000))])
    job, events = run(gateway, REQUEST)
    assert job.error is None
    assert job.report.cost is None  # what it took is not known
    assert [event.usage for event in events if isinstance(event, Completed)] == [Usage()]
    record = asyncio.run(gateway.books.find(job.id))
    assert record is not None
    assert (record.state, record.usage) == ("done", Usage())


@pytest.mark.parametrize("cost", [-1, 10**20])
def test_a_cost_that_cannot_be_is_none(cost: int) -> None:
    assert believed(done(cost=cost)).cost is None
    assert believed(done(cost=7)) == done(cost=7)

"""The next offer is asked when that can help, and never when a picture has been shown or the caller is at fault."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, replace

import pytest

from tintype.core import (
    Caller,
    Completed,
    Events,
    Image,
    ImageRequest,
    ModelCard,
    Partial,
    Prices,
    Size,
    Text,
    TokenFormula,
    Usage,
)
from tintype.core.errors import (
    BadRequest,
    Busy,
    Garbled,
    NoImage,
    OutOfCredit,
    Refused,
    Rejected,
    Timeout,
    TintypeError,
    TooManyRequests,
    Unavailable,
    Unsupported,
)
from tintype.core.size import Sizes
from tintype.gateway.offers import Offer
from tintype.gateway.route import Route
from tintype.transport.untrusted import Fetcher

from ..fakes import FakeProvider
from ..pictures import png
from ..transport.pages import LOOPBACK, PNG, answer, hosting
from .offering import CARD, PICTURE, REQUEST, SPOILT, Seller, gate_of, run, selling

DOWN = Unavailable("a is down")


@pytest.mark.parametrize(
    "error",
    [
        DOWN,
        Busy("a is busy"),
        Timeout("a is slow", charged=True),
        Garbled("a raves"),
        NoImage("a drew nothing"),
        Rejected("a dislikes our key", code="upstream_key_rejected"),
        TooManyRequests("a has a queue"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_upstream_at_fault_is_followed_by_the_next(error: TintypeError, stream: bool) -> None:
    first, second = Seller("a", [error]), Seller("b")
    job, events = run(selling(first, second), replace(REQUEST, stream=stream))
    assert [type(event) for event in events] == [Completed]
    assert (len(first.asked), len(second.asked)) == (1, 1)
    assert (job.report.provider, job.report.model, job.report.attempts) == ("b", "b/m", 2)


@pytest.mark.parametrize(
    "error",
    [
        Refused("not this"),
        BadRequest("what?", param="size"),
        Unsupported("no such field"),
        OutOfCredit("no money"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_caller_at_fault_hears_of_it_at_once(error: TintypeError) -> None:
    second = Seller("b")
    job, events = run(selling(Seller("a", [error]), second))
    assert (job.error, events, second.asked) == (error, [], [])


def test_a_refusal_goes_to_the_next_where_the_operator_wants_it() -> None:
    job, events = run(
        selling(Seller("a", [Refused("no")]), Seller("b"), route=Route(next_after_refusal=True))
    )
    assert len(events) == 1
    assert job.report.provider == "b"


def test_when_all_have_failed_the_last_failure_is_told() -> None:
    job, _ = run(selling(Seller("a", [DOWN]), Seller("b", [Garbled("b raves")])))
    assert isinstance(job.error, Garbled)
    assert job.report.attempts == 2


def test_a_picture_that_has_been_shown_is_not_begun_anew() -> None:
    second = Seller("b")
    first = Seller("a", [DOWN], previews=True)
    job, events = run(selling(first, second), replace(REQUEST, stream=True, partial_images=1))
    assert [type(event) for event in events] == [Partial]
    assert (job.error, second.asked) == (DOWN, [])


def test_a_preview_that_is_no_picture_has_not_been_shown() -> None:
    first = Seller("a", [DOWN], previews=True, image=SPOILT)
    job, events = run(selling(first, Seller("b")), replace(REQUEST, stream=True, partial_images=1))
    assert [type(event) for event in events] == [Completed]
    assert (job.error, job.report.provider) == (None, "b")


def test_what_is_lacking_is_asked_of_the_next() -> None:
    first, second = Seller("a", [(2, DOWN)]), Seller("b")
    job, events = run(selling(first, second), replace(REQUEST, n=5, seed=7))
    assert [event.index for event in events] == [0, 1, 2, 3, 4]
    assert [(asked.n, asked.seed) for asked in (*first.asked, *second.asked)] == [(5, 7), (3, 9)]
    assert (job.error, job.report.provider) == (None, "a, b")
    assert job.report.plan() == ""


def test_who_delivers_too_few_is_followed_by_the_next() -> None:
    job, events = run(selling(Seller("a", [1]), Seller("b", [1])), replace(REQUEST, n=3))
    assert [event.index for event in events] == [0, 1]
    assert job.report.plan() == "n=delivered:2 asked:3"
    assert job.report.notices == ["a picture is missing: 1 of 3 pictures did not come."]


def test_k_of_n_are_delivered_and_paid() -> None:
    card = replace(CARD, max_n=1, prices=Prices(image=5_000))
    first = Seller("a", [1, DOWN, 1, 1])
    job, events = run(selling(first, cards=[card]), replace(REQUEST, n=4))
    assert len(events) == 3
    assert job.error is None
    assert job.report.cost == 15_000
    assert job.report.plan() == "n=filled:fan_out(1x4); n=delivered:3 asked:4"
    assert job.report.notices == ["a picture is missing: a is down"]


def test_k_of_n_of_a_stream_end_with_the_failure() -> None:
    first = Seller("a", [1, DOWN])
    job, events = run(selling(first), replace(REQUEST, n=2, stream=True))
    assert len(events) == 1
    assert job.error is DOWN


def test_none_of_n_is_a_failure() -> None:
    card = replace(CARD, max_n=1)
    job, events = run(selling(Seller("a", [DOWN]), cards=[card]), replace(REQUEST, n=3))
    assert (events, job.error) == ([], DOWN)


def test_the_calls_of_one_order_are_split_over_offers_by_what_they_can_take() -> None:
    """The second makes four at a time: what the first has no room for goes there."""
    one = replace(CARD, max_n=1)
    first, second = Seller("a", [1, DOWN, 1]), Seller("b")
    job, events = run(selling(first, second, cards=[one, one]), replace(REQUEST, n=3))
    assert sorted(event.index for event in events) == [0, 1, 2]
    assert len(second.asked) == 1
    assert job.report.provider == "a, b"


def test_the_next_offer_makes_them_one_by_one_where_it_makes_no_more_at_a_time() -> None:
    """Each is a call of its own: it waits at the gate, is counted, and where it fails the others are there."""
    first, second, third = (
        Seller("a", [DOWN]),
        Seller("b", [1, Garbled("b raves"), 1, 1]),
        Seller("c", [DOWN]),
    )
    one = replace(CARD, max_n=1, prices=Prices(image=5_000))
    gateway = selling(first, second, third, cards=[replace(CARD, prices=Prices(image=5_000)), one, one])
    gate_of(gateway, 1)._at_once = 2
    job, events = run(gateway, replace(REQUEST, n=4, seed=7))
    assert len({event.index for event in events}) == 3
    assert (len(events), job.error, job.report.cost) == (3, None, 15_000)
    assert (len(first.asked), len(third.asked), second.most) == (1, 1, 2)
    assert sorted((asked.n, asked.seed) for asked in second.asked) == [(1, 7), (1, 8), (1, 9), (1, 10)]
    assert job.report.attempts == 1 + 4 + 1
    assert job.report.plan() == "n=filled:fan_out(1x4); n=delivered:3 asked:4"
    assert job.report.notices == ["a picture is missing: a is down"]


@pytest.mark.parametrize("others", [(), (Seller("b"),)], ids=["alone", "with another"])
def test_one_that_is_no_picture_costs_none_of_the_others(others: tuple[Seller, ...]) -> None:
    first = Seller("a", spoilt=(0,))
    card = replace(CARD, prices=Prices(image=5_000))
    job, events = run(selling(first, *others, cards=[card, card]), replace(REQUEST, n=3))
    made = 3 if others else 2
    assert [event.index for event in events] == list(range(made))
    assert (len(first.asked), job.error, job.report.cost) == (1, None, made * 5_000)
    if not others:
        assert job.report.notices == ["a picture is missing: What the upstream sent is no picture."]


def test_only_an_offer_that_can_do_it_is_asked() -> None:
    clear = replace(CARD, backgrounds=("opaque", "transparent"))
    first, second = Seller("a"), Seller("b")
    job, _ = run(selling(first, second, cards=[CARD, clear]), replace(REQUEST, background="transparent"))
    assert (first.asked, job.report.provider, job.report.attempts) == ([], "b", 1)


def test_one_that_cannot_do_it_is_passed_over_after_a_failure() -> None:
    clear = replace(CARD, backgrounds=("opaque", "transparent"))
    second = Seller("b")
    job, _ = run(
        selling(Seller("a", [DOWN]), second, cards=[clear, CARD]), replace(REQUEST, background="transparent")
    )
    assert (second.asked, job.error) == ([], DOWN)


def test_one_that_cannot_do_it_is_no_reason_to_hold_more_or_to_refuse() -> None:
    """Its price does not matter, not even that it is not known."""
    clear = replace(CARD, backgrounds=("opaque", "transparent"), prices=Prices(image=5_000))
    gateway = selling(Seller("a"), Seller("b"), cards=[clear, replace(CARD, prices=Prices(image=90_000))])
    unknown = selling(Seller("a"), Seller("b"), cards=[clear, replace(CARD, prices=Prices())])
    paying = Caller(account="account_1")
    for each in (gateway, unknown):
        order = each.order(replace(REQUEST, background="transparent"), caller=paying)
        assert each.quote(order, paying).ceiling == 5_000


def test_what_is_no_picture_is_not_delivered() -> None:
    page = Image.from_bytes(b"<html>Too many requests</html>")
    gateway = selling(Seller("a", image=page), Seller("b"))
    _, events = run(gateway)
    assert [event.image for event in events if isinstance(event, Completed)] == [PICTURE]
    assert [(each.outcome, each.code, each.charged) for each in gateway.attempts.last] == [
        ("failed", "upstream_garbled", True),
        ("drawn", "", False),
    ]


@dataclass
class Talker(Seller):
    """Says something before each picture, or before it fails."""

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        yield Text(text=f"{self.name} says")
        async with aclosing(super().generate(request, card)) as events:
            async for event in events:
                yield event


@pytest.mark.parametrize("stream", [False, True])
def test_the_words_of_an_offer_that_fails_are_not_told(stream: bool) -> None:
    job, events = run(selling(Talker("a", [DOWN]), Talker("b")), replace(REQUEST, stream=stream))
    assert job.error is None
    assert [event.text if isinstance(event, Text) else type(event) for event in events] == [
        "b says",
        Completed,
    ]
    _, events = run(selling(Talker("a"), Talker("b")), replace(REQUEST, stream=stream))
    assert [type(event) for event in events] == [Text, Completed]


def test_the_plan_that_is_told_is_of_the_offer_that_drew() -> None:
    square = Sizes(listed=(Size(8, 8),))
    small, other = (
        replace(CARD, sizes=square),
        replace(CARD, formats=("png",), sizes=Sizes(listed=(Size(16, 8),))),
    )
    job, _ = run(
        selling(Seller("a", [DOWN]), Seller("b"), cards=[small, other]),
        replace(REQUEST, size=Size(32, 8), output_format="webp"),
    )
    assert job.report.plan() == (
        "size=adjusted:32x8->16x8; output_format=filled:transcode(png->webp); size=delivered:8x8 asked:16x8"
    )


def test_a_silent_downgrade_is_an_outcome_of_its_own() -> None:
    gateway = selling(Seller("a"))
    job, events = run(gateway, replace(REQUEST, size=Size(2048, 2048)))
    assert len(events) == 1
    assert job.report.plan() == "size=delivered:8x8 asked:2048x2048"
    assert [attempt.outcome for attempt in gateway.attempts.last] == ["wrong_size"]


@pytest.mark.parametrize(
    ("prices", "asked"),
    [
        (Prices(image=5_000), ["b"]),
        (Prices(image=50_000), []),
        (Prices(), []),  # what is not known may be anything
    ],
)
def test_a_price_cap_leaves_out_what_is_dearer_or_not_known(prices: Prices, asked: list[str]) -> None:
    dear, other = replace(CARD, prices=Prices(image=60_000)), replace(CARD, prices=prices)
    sellers = [Seller("a"), Seller("b")]
    gateway = selling(*sellers, cards=[dear, other], route=Route(max_price=40_000))
    if asked:
        job, _ = run(gateway)
        assert job.report.provider == "b"
    else:
        with pytest.raises(Unsupported, match=r"at most \$0\.04 a picture"):
            gateway.order(REQUEST)
    assert [seller.name for seller in sellers if seller.asked] == asked


def test_every_attempt_is_written_down() -> None:
    tokens = TokenFormula(table={"low": {Size(8, 8): 10}})
    card = replace(CARD, qualities=("low", "high"), tokens=tokens, prices=Prices(image_out=1_000_000))
    second = Seller("b", usage=Usage(image_out=25))
    gateway = selling(Seller("a", [Timeout("slow", charged=True)]), second, cards=[card, card])
    job, _ = run(gateway, replace(REQUEST, quality="low"))
    first, last = gateway.attempts.last
    assert (first.offer, first.outcome, first.code, first.charged) == (
        "m",
        "failed",
        "upstream_timeout",
        True,
    )
    assert (first.pictures, first.cost, first.expected) == (0, None, None)
    assert (last.offer, last.model, last.outcome, last.charged) == ("b/m", "m", "drawn", False)
    assert (last.claimed, last.expected, last.cost) == (Usage(image_out=25), Usage(image_out=10), 25)
    assert {first.job, last.job} == {job.id}
    assert job.report.cost == 25


def test_an_address_in_an_answer_is_fetched_as_an_untrusted_one() -> None:
    first = Seller("a", image=Image.from_url("http://127.0.0.1:8080/cat.png"))
    job, _ = run(selling(first))
    assert isinstance(job.error, Garbled)
    assert "not public" in str(job.error)
    assert job.error.charged


def test_a_picture_that_was_bought_is_fetched_again_where_the_first_try_failed() -> None:
    async def main() -> None:
        page = [answer(b"", status="503 Service Unavailable"), answer()]
        async with hosting({"/cat.png": page}) as host:
            seller = Seller("a", image=Image.from_url(f"http://127.0.0.1:{host.port}/cat.png"))
            gateway = replace(selling(seller), fetcher=Fetcher(allow=LOOPBACK))
            async with gateway.submit(REQUEST).watched() as events:
                (made,) = [event async for event in events]
            assert isinstance(made, Completed)
            assert made.image.as_bytes() == PNG
            assert len(seller.asked) == 1

    asyncio.run(main())


def test_a_preview_is_not_waited_for() -> None:
    class Previews(Seller):
        async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
            yield Partial(image=self.image)
            yield Completed(image=PICTURE)

    async def main() -> None:
        async with hosting({"/half.png": answer(b"", status="503 Service Unavailable")}) as host:
            seller = Previews("a", image=Image.from_url(f"http://127.0.0.1:{host.port}/half.png"))
            gateway = replace(selling(seller), fetcher=Fetcher(allow=LOOPBACK))
            async with gateway.submit(REQUEST).watched() as events:
                assert [type(event) async for event in events] == [Completed]
            assert len(host.heads) == 1

    asyncio.run(main())


def test_a_twin_answers_only_where_nobody_else_does() -> None:
    from tintype.gateway.offers import Offers

    twin = Offer(CARD, FakeProvider(), twin=True)
    sold = Offer(replace(CARD, id="b/m", of="m"), Seller("b"))
    for offers, answers in (([twin], "m"), ([twin, sold], "b/m")):
        found = Offers(offers, default="m").find("m", strict=False, today=None)  # type: ignore[arg-type]
        assert [offer.card.id for offer in found.offers] == [answers]


def test_pictures_of_other_sizes_are_counted_by_their_own() -> None:
    big = Image.from_bytes(png(Size(16, 16)))
    tokens = TokenFormula(table={"low": {Size(8, 8): 10, Size(16, 16): 40}})
    card = replace(CARD, qualities=("low",), tokens=tokens)
    gateway = selling(Seller("a", image=big, usage=Usage(image_out=40)), cards=[card])
    run(gateway, replace(REQUEST, quality="low"))
    (attempt,) = gateway.attempts.last
    assert attempt.expected == Usage(image_out=40)

"""What one order costs, and what is kept of it, whatever came of it."""

from __future__ import annotations

import asyncio
import gc
import re
import weakref
from collections.abc import Callable, Coroutine
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tintype.accounts.records import Closing, Opening, Settled
from tintype.core import Caller, Events, Image, ImageRequest, ModelCard, Prices
from tintype.core.errors import (
    Busy,
    Cancelled,
    OutOfCredit,
    Refused,
    Timeout,
    TintypeError,
    Unavailable,
    Unsupported,
)
from tintype.gateway.books import Memory
from tintype.gateway.gateway import Gateway
from tintype.gateway.jobs import Job
from tintype.gateway.purchase import Once
from tintype.gateway.terms import Terms
from tintype.server.metrics import Metrics

from ..fakes import FakeProvider
from ..serving import fake_gateway
from .offering import CARD, REQUEST, Seller, ordered, selling

PRICED = replace(CARD, prices=Prices(image=10_000))
OWNER = Caller(key="key_a", account="account_a")


@dataclass
class Noting(Memory):
    """Remembers what was asked of it; `refuses` and `away` are raised."""

    opened: list[Opening] = field(default_factory=list)
    closed: list[Closing] = field(default_factory=list)
    refuses: Exception | None = None
    away: Exception | None = None

    def __post_init__(self) -> None:
        super().__init__()

    async def hold(self, opening: Opening) -> None:
        self.opened.append(opening)
        if self.refuses is not None:
            raise self.refuses
        await super().hold(opening)

    async def settle(self, closing: Closing) -> Settled | None:
        self.closed.append(closing)
        if self.away is not None:
            raise self.away
        settled = await super().settle(closing)
        return settled and Settled(charged=closing.cost or 0, balance=90_000)


def sold(
    *script: TintypeError | int | tuple[int, TintypeError],
    request: ImageRequest = REQUEST,
    caller: Caller = OWNER,
    prices: Prices = PRICED.prices,
    books: Noting | None = None,
    terms: Terms | None = None,
    once: Once = Once(),  # noqa: B008 -- frozen
    seller: Seller | None = None,
    teller: Metrics | None = None,
    then: Callable[[Gateway, Job], Coroutine[Any, Any, None]] | None = None,
) -> tuple[Job, Noting, Gateway]:
    """One order, to its end."""
    kept = books or Noting()
    seller = seller or Seller("a", script or (10,))
    gateway = selling(seller, cards=[replace(PRICED, prices=prices)], books=kept, terms=terms or Terms())
    gateway = replace(gateway, teller=teller)

    async def main() -> Job:
        job = gateway.submit(request, caller=caller, request_id="req_1", once=once, dialect="openai-images")
        if then is not None:
            await then(gateway, job)
        await job.over()
        return job

    return asyncio.run(main()), kept, gateway


def test_it_is_held_before_and_settled_after() -> None:
    job, books, _ = sold(request=replace(REQUEST, n=2))
    (opening,), (closing,) = books.opened, books.closed
    assert (opening.job, opening.account, opening.key, opening.request) == (
        job.id,
        "account_a",
        "key_a",
        "req_1",
    )
    assert (opening.asked, opening.model, opening.provider, opening.prompt) == ("m", "m", "a", "a cat")
    assert opening.hold >= 20_000
    assert opening.real
    assert (closing.state, closing.cost, closing.paid, closing.made) == ("done", 20_000, 20_000, 2)
    assert (job.report.cost, job.report.charged, job.report.balance) == (20_000, 20_000, 90_000)
    assert closing.usage.image_out == 20
    assert closing.pictures == (), "nobody will ask for them again"


def test_nothing_is_drawn_for_what_is_not_held() -> None:
    seller, metrics = Seller("a"), Metrics()
    for error in (OutOfCredit("no"), Unavailable("the database is away"), RuntimeError("broken")):
        books = Noting(refuses=error)
        job, books, _ = sold(books=books, seller=seller, teller=metrics)
        assert (seller.asked, books.closed) == ([], [])
        assert job.error is not None
        assert type(job.error) is (TintypeError if isinstance(error, RuntimeError) else type(error))
    told = re.findall(rb'tintype_holds_refused_total{reason="(.*)"}', metrics.text())
    assert told == [b"insufficient_quota"], "only what its caller could not pay"


@pytest.mark.parametrize(
    ("script", "state", "cost", "maybe_paid"),
    [
        ((Busy("full"),), "failed", 0, False),
        ((Refused("no"),), "failed", 0, False),
        ((Refused("no", charged=True),), "failed", 20_000, False),
        ((Unavailable("gone", charged=True),), "failed", 0, True),
        (((1, Refused("no")),), "done", 10_000, False),
    ],
)
def test_what_fails_is_free_unless_the_vendor_takes_money_for_a_refusal(
    script: tuple[Any, ...], state: str, cost: int | None, maybe_paid: bool
) -> None:
    job, books, _ = sold(*script, request=replace(REQUEST, n=2))
    (closing,) = books.closed
    assert (closing.state, closing.cost, closing.maybe_paid) == (state, cost, maybe_paid)
    assert len(closing.attempts) == job.report.attempts
    if state == "failed":
        assert closing.error
        assert closing.message


def test_a_price_that_is_not_known_is_refused_unless_it_is_allowed() -> None:
    seller = Seller("a")
    with pytest.raises(Unsupported, match="allow_unknown_price"):
        sold(prices=Prices(), seller=seller)
    assert seller.asked == []
    job, books, _ = sold(prices=Prices(), terms=Terms(allow_unknown_price=True))
    assert (books.closed[0].cost, job.report.cost, job.report.priced) == (None, None, True)
    job, books, _ = sold(prices=Prices(), caller=Caller(turn="somebody"))
    assert (books.opened[0].hold, books.closed[0].state) == (0, "done"), "nobody pays for those without a key"


def test_pictures_of_a_named_order_are_kept() -> None:
    _, books, gateway = sold(request=replace(REQUEST, n=2), once=Once(name="n", fingerprint="f"))
    kept = books.closed[0].pictures
    assert [each.position for each in kept] == [0, 1]
    assert all(asyncio.run(gateway.store.read(each.path)) for each in kept)
    assert (books.opened[0].idempotency, books.opened[0].fingerprint) == ("n", "f")


def test_a_picture_that_is_no_base64_is_settled_all_the_same() -> None:
    seller = Seller("a", image=Image.from_base64(b"iVBORw0KGgoAA"))
    job, books, _ = sold(seller=seller, once=Once(name="n", fingerprint="f"))
    (closing,) = books.closed
    assert (job.error, closing.state, closing.cost, closing.pictures) == (None, "done", 10_000, ())


def test_books_that_are_away_at_the_end_lose_no_picture() -> None:
    job, books, _ = sold(books=Noting(away=Unavailable("away")))
    assert (job.error, len(job.events)) == (None, 1)
    assert (job.report.cost, job.report.charged) == (10_000, 0)
    assert len(books.closed) == 1


def test_prompts_are_not_written_where_none_are_wanted() -> None:
    for prompts in (True, False):
        _, books, _ = sold(terms=Terms(prompts=prompts))
        assert books.opened[0].prompt == ("a cat" if prompts else "")


def test_a_job_that_is_cancelled_is_settled_as_that() -> None:
    async def cancel(gateway: Gateway, job: Job) -> None:
        await job.begun()
        job.cancel()

    waiting = Seller("a", wait=lambda: asyncio.get_running_loop().create_future())
    job, books, _ = sold(seller=waiting, then=cancel)
    assert isinstance(job.error, Cancelled)
    assert (books.closed[0].state, books.closed[0].cost) == ("cancelled", 0)


def test_a_job_that_is_cancelled_before_it_is_held_draws_nothing() -> None:
    async def cancel(gateway: Gateway, job: Job) -> None:
        job.cancel()

    seller = Seller("a")
    job, books, _ = sold(seller=seller, then=cancel)
    assert isinstance(job.error, Cancelled)
    assert seller.asked == []
    assert [closing.state for closing in books.closed] == ["cancelled"], "what was held is let go of"


@dataclass
class Halts(FakeProvider):
    """After its first picture, and before that of another call."""

    breaks: bool = False

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        if self.asked and not self.breaks:
            await asyncio.sleep(60)
        async with aclosing(super().generate(request, card)) as events:
            async for event in events:
                yield event
                if self.breaks:
                    raise KeyError("what nobody thought of")
                await asyncio.sleep(60)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("way", ["too slow", "stopped", "broken", "deleted"])
def test_what_has_been_paid_when_an_order_is_cut_short_is_delivered(way: str, stream: bool) -> None:
    """But to whoever does not want it any more; a stream has brought it, and tells why it ends."""
    books = Noting()
    gateway = replace(fake_gateway(Halts(local=False, breaks=way == "broken"), PRICED), books=books)

    async def main() -> tuple[Job, int]:
        at = replace(gateway, seconds=0.2) if way == "too slow" else gateway
        job = at.submit(replace(REQUEST, n=2, stream=stream), caller=OWNER)
        seen = 0
        with suppress(TintypeError):
            async with job.watched() as events:
                async for _ in events:
                    seen += 1
                    if way == "stopped":
                        asyncio.get_running_loop().call_soon(asyncio.ensure_future, at.jobs.drain(0))
                    elif way == "deleted":
                        job.cancel()
        await job.over()
        return job, seen

    job, seen = asyncio.run(main())
    (closing,) = books.closed
    assert seen == (2 if way == "broken" and stream else 1)
    assert (closing.made, closing.cost) == (seen, seen * 10_000)
    if way == "deleted" or stream:
        kinds = {"deleted": Cancelled, "stopped": Unavailable, "too slow": Timeout}
        assert type(job.error) is kinds.get(way, type(None)), "what breaks after its picture has lost none"
        return
    assert (job.error, closing.state) == (None, "done")
    assert "n=delivered:1 asked:2" in job.report.plan()
    assert any("a picture is missing" in notice for notice in job.report.notices)


@pytest.mark.parametrize("stream", [False, True])
def test_an_upstream_that_brings_everything_and_does_not_end_leaves_nothing_missing(stream: bool) -> None:
    gateway = replace(fake_gateway(Halts(local=False), PRICED), seconds=0.2, books=(books := Noting()))

    async def main() -> Job:
        job = gateway.submit(replace(REQUEST, stream=stream), caller=OWNER)
        await job.over()
        return job

    job = asyncio.run(main())
    (closing,) = books.closed
    assert (job.error, closing.state, closing.made) == (None, "done", 1)
    assert (job.report.plan(), job.report.notices) == ("", [])


def test_what_was_bought_is_kept_late_once() -> None:
    async def miss(gateway: Gateway, job: Job) -> None:
        await job.over()
        for _ in range(2):
            await job.missed()

    job, books, gateway = sold(then=miss)
    (picture,) = asyncio.run(books.pictures(job.id))
    assert asyncio.run(gateway.store.read(picture.path))
    job, books, _ = sold(seller=Seller("a", local=True), then=miss)
    assert list(asyncio.run(books.pictures(job.id))) == [], "what is free is drawn again"


@pytest.mark.parametrize("local", [False, True])
def test_what_has_been_answered_is_let_go_of_at_once(local: bool) -> None:
    """And not when the garbage collector comes by: its pictures are megabytes."""

    async def main() -> None:
        gateway = selling(Seller("a", local=local))
        await ordered(gateway)
        gc.collect()
        gc.disable()
        try:
            job, _ = await ordered(gateway)
            left = weakref.ref(job)
            del job, _
            await asyncio.sleep(0.02)
            assert left() is None
        finally:
            gc.enable()

    asyncio.run(main())

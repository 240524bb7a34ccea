"""Orders that were placed before, as they run here or elsewhere, or have ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from tintype.accounts.records import Closing, Opening
from tintype.core import ANYONE, Caller, Completed, Image, ImageEvent, ImageRequest, Report, Size
from tintype.core.errors import Conflict, NotFound, Refused, UpstreamError
from tintype.gateway import recall
from tintype.gateway.books import Memory
from tintype.gateway.gateway import Gateway
from tintype.gateway.jobs import Job
from tintype.gateway.offers import Offer, Offers
from tintype.gateway.purchase import JUST_ENDED, Once
from tintype.gateway.recall import Past
from tintype.gateway.results import write_result
from tintype.gateway.route import Route
from tintype.gateway.terms import Terms

from ..fakes import FakeProvider
from ..pictures import png
from ..serving import fake_gateway
from .offering import CARD

ONCE = Once(name="name", fingerprint="f" * 64)
REQUEST = ImageRequest(model="m", prompt="a cat")
PICTURE = Completed(image=Image.from_bytes(png(Size(8, 8))))


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recall, "LOOK_AGAIN", 0.01)


def house(provider: FakeProvider | None = None) -> Gateway:
    return fake_gateway(provider or FakeProvider(local=False), CARD)


async def seen(job: Job | Past | None) -> list[ImageEvent]:
    if isinstance(job, Past):
        return [event async for event in job.replay()]
    assert job is not None
    async with job.watched() as events:
        return [event async for event in events]


async def elsewhere(gateway: Gateway, once: Once = ONCE, caller: Caller = ANYONE, *, ago: float = 0) -> str:
    """A job that another server runs, and began so many seconds ago."""
    await gateway.books.hold(
        Opening(
            job="job_far",
            key=caller.key,
            account=caller.account,
            idempotency=once.name,
            fingerprint=once.fingerprint,
            created=time.time() - ago,
            asked="m",
            model="m",
            provider="far",
        )
    )
    return "job_far"


async def end(gateway: Gateway, error: Exception | None = None, picture: Completed = PICTURE) -> None:
    report = Report(asked="m", model="m", provider="far", created=1)
    told: Any = error
    events = [] if error else [picture]
    await gateway.books.settle(
        Closing(
            job="job_far",
            state="failed" if error else "done",
            ended=time.time(),
            made=len(events),
            error="moderation_blocked" if error else "",
            message=str(error) if error else "",
            result=write_result(REQUEST, report, events, told),
            pictures=await gateway.shelf.keep(events),
        )
    )


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(main())


def test_one_that_runs_here_is_the_job_itself() -> None:
    async def main() -> None:
        gateway = house()
        job = gateway.submit(REQUEST, once=ONCE)
        await job.begun()
        assert await gateway.recall.before(ONCE, ANYONE, retried=False) is job
        assert await gateway.recall.find(job.id, ANYONE) is job
        events = await seen(job)
        await job.over()
        await asyncio.sleep(0)
        past = await gateway.recall.before(ONCE, ANYONE, retried=False)
        assert isinstance(past, Past)
        assert await seen(past) == events

    run(main)


@pytest.mark.parametrize("fails", [False, True])
def test_one_that_runs_elsewhere_is_waited_for_by_whoever_watches(fails: bool) -> None:
    async def main() -> None:
        gateway = house()
        id = await elsewhere(gateway)
        past = await gateway.recall.before(ONCE, ANYONE, retried=False)
        assert isinstance(past, Past)
        assert (past.id, past.ended, past.events) == (id, False, [])
        report = past.report
        watching = asyncio.create_task(seen(past))
        await asyncio.sleep(0.05)
        assert not watching.done()
        await end(gateway, Refused("no") if fails else None)
        if fails:
            with pytest.raises(Refused, match="no"):
                await watching
        else:
            assert await watching == [PICTURE]
        assert past.ended
        assert past.report is report, "whoever writes holds on to it"
        assert (report.provider, report.priced) == ("far", True)

    run(main)


def test_one_whose_server_died_is_told_of_and_can_be_ordered_again() -> None:
    async def main() -> None:
        gateway = house()
        id = await elsewhere(gateway)
        books = gateway.books
        assert isinstance(books, Memory)
        past = await gateway.recall.before(ONCE, ANYONE, retried=False)
        books._jobs[id] = replace(books._jobs[id], state="interrupted", ended=1.0)
        with pytest.raises(UpstreamError, match="order it again"):
            await seen(past)
        assert await gateway.recall.before(ONCE, ANYONE, retried=False) is None

    run(main)


def test_one_that_is_forgotten_while_it_is_waited_for() -> None:
    async def main() -> None:
        gateway = house()
        await elsewhere(gateway)
        past = await gateway.recall.before(ONCE, ANYONE, retried=False)
        assert isinstance(gateway.books, Memory)
        gateway.books._forget("job_far")
        with pytest.raises(NotFound, match="forgotten"):
            await seen(past)

    run(main)


def test_the_same_name_for_another_order() -> None:
    async def main() -> None:
        gateway = house()
        await elsewhere(gateway)
        with pytest.raises(Conflict, match="another order"):
            await gateway.recall.before(replace(ONCE, fingerprint="e" * 64), ANYONE, retried=False)
        assert await gateway.recall.before(replace(ONCE, name="other"), ANYONE, retried=False) is None

    run(main)


def test_one_whose_pictures_are_gone() -> None:
    async def main() -> None:
        gateway = house()
        id = await elsewhere(gateway)
        await end(gateway)
        record = await gateway.books.find(id)
        assert record is not None
        assert await gateway.forget(record) == 1
        with pytest.raises(Conflict, match=id) as caught:
            await gateway.recall.before(ONCE, ANYONE, retried=False)
        assert caught.value.code == "idempotency_expired"
        nameless = replace(ONCE, name="")
        assert await gateway.recall.before(nameless, ANYONE, retried=True) is None, "then it is bought again"
        found = await gateway.recall.find(id, ANYONE)
        assert isinstance(found, Past)
        assert (found.gone, found.events) == (True, [])

    run(main)


def test_a_retry_is_known_by_its_body_for_some_time_and_nobody_else_is() -> None:
    async def main() -> None:
        gateway = house()
        nameless = replace(ONCE, name="")
        await elsewhere(gateway, nameless, Caller(key="key_a"))
        await end(gateway)
        mine = Caller(key="key_a")
        found = await gateway.recall.before(nameless, mine, retried=True)
        assert isinstance(found, Past)
        assert await gateway.recall.before(nameless, mine, retried=False) is None
        assert await gateway.recall.before(nameless, Caller(key="key_b"), retried=True) is None
        late = replace(gateway.recall, clock=lambda: time.time() + JUST_ENDED + 1)
        assert await late.before(nameless, mine, retried=True) is None

    run(main)


@pytest.mark.parametrize(("deadline", "ago"), [(None, 700), (3600.0, 3599)])
def test_the_retry_of_what_took_long_finds_it(deadline: float | None, ago: float) -> None:
    """An SDK's own patience is ten minutes: it comes again when the order was placed before these."""

    async def main() -> None:
        offers = Offers([Offer(CARD, FakeProvider())], default="m", routes={"m": Route(deadline=deadline)})
        gateway = replace(house(), offers=offers)
        nameless = replace(ONCE, name="")
        id = await elsewhere(gateway, nameless, ago=ago)
        for _ in ("it runs", "it has ended"):
            found = await gateway.recall.before(nameless, ANYONE, retried=True)
            assert isinstance(found, Past)
            assert found.id == id
            await end(gateway)
        late = replace(gateway.recall, clock=lambda: time.time() + JUST_ENDED + 1)
        assert await late.before(nameless, ANYONE, retried=True) is None

    run(main)


def test_an_address_that_was_over_before_its_job_ended_is_told_anew() -> None:
    async def main() -> None:
        gateway = house()
        await elsewhere(gateway, ago=gateway.picture_lifetime + 1)
        (kept,) = await gateway.shelf.keep([PICTURE])
        begun = time.time() - gateway.picture_lifetime - 1
        told = await gateway.store.address(kept.path, base_url="http://t", seconds=3600, now=begun)
        await end(gateway, picture=replace(PICTURE, image=PICTURE.image.at(told)))
        found = await gateway.recall.find("job_far", ANYONE)
        assert found is not None
        (event,) = found.events
        assert isinstance(event, Completed)
        assert event.image.url != told
        assert (
            gateway.store.resolve((event.image.url or "").rpartition("/")[2], time.time()).path == kept.path
        )

    run(main)


@pytest.mark.parametrize(
    ("caller", "sees"),
    [
        (Caller(key="key_a", account="a"), True),
        (Caller(key="key_2", account="a"), True),
        (Caller(key="key_b", account="b"), False),
        (Caller(key="key_b", account="b", admin=True), True),
        (ANYONE, False),
    ],
)
def test_who_sees_it(caller: Caller, sees: bool) -> None:
    async def main() -> None:
        gateway = house()
        owner = Caller(key="key_a", account="a")
        await elsewhere(gateway, caller=owner)
        assert (await gateway.recall.find("job_far", caller) is not None) is sees
        await end(gateway)
        assert (await gateway.recall.find("job_far", caller) is not None) is sees
        job = replace(gateway, terms=Terms(allow_unknown_price=True)).submit(REQUEST, caller=owner)
        assert (await gateway.recall.find(job.id, caller) is not None) is sees
        await job.over()

    run(main)


def test_one_that_is_being_ended_came_to_nothing() -> None:
    async def main() -> None:
        provider = FakeProvider(pause=30)
        gateway = house(provider)
        job = gateway.submit(REQUEST, once=ONCE)
        await job.begun()
        job.cancel()
        assert not job.ended
        assert await gateway.recall.before(ONCE, ANYONE, retried=False) is None
        assert job.ended

    run(main)

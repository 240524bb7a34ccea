"""Nobody waits for long: not at a gate, not for an upstream that is ill, not beyond the deadline; and nobody is forgotten."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tintype.core import Caller
from tintype.core.errors import Busy, Rejected, Timeout, TintypeError, Unavailable
from tintype.gateway.route import Route
from tintype.transport.upstream import DEADLINE

from .offering import CARD, REQUEST, Seller, gate_of, ordered, run, selling

DOWN = Unavailable("a is down")


def test_an_upstream_that_says_when_to_come_back_is_asked_once_more() -> None:
    first = Seller("a", [Busy("later", retry_after=0.01), 1])
    job, events = run(selling(first))
    assert (len(events), job.report.attempts) == (1, 2)


def test_all_that_wait_for_it_are_asked_once_more() -> None:
    later = Busy("later", retry_after=0.01)
    first = Seller("a", [1, later, later, later, 1])
    job, events = run(selling(first, cards=[replace(CARD, max_n=1)]), replace(REQUEST, n=4))
    assert (len(events), job.report.attempts, job.report.missing) == (4, 7, [])


def test_who_waits_does_not_come_back_too_early() -> None:
    """A timer of uvloop's rings up to a millisecond before its time."""

    async def one(number: int) -> int:
        await asyncio.sleep(number * 0.0037)
        _, events = await ordered(selling(Seller("a", [Busy("later", retry_after=0.5), 1])))
        return len(events)

    async def main() -> list[int]:
        return await asyncio.gather(*map(one, range(100)))

    uvloop = pytest.importorskip("uvloop")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(main()) == [1] * 100


def test_who_may_have_been_paid_is_not_asked_once_more() -> None:
    first = Seller("a", [Timeout("slow", charged=True), 1])
    second = Seller("b", [Busy("later", retry_after=0.01), 1])
    _, events = run(selling(first, second))
    assert (len(events), len(first.asked), len(second.asked)) == (1, 1, 2)


@pytest.mark.parametrize(
    "error",
    [
        Busy("later", retry_after=3600),
        Busy("some time"),
        Timeout("slow", retry_after=0.01, charged=True),
        Rejected("never", retry_after=0.01),
    ],
    ids=["too long", "no time", "may have been paid", "would not help"],
)
def test_others_are_not(error: TintypeError) -> None:
    first = Seller("a", [error, 1])
    job, _ = run(selling(first))
    assert (job.error, len(first.asked)) == (error, 1)


def test_a_failing_offer_is_left_alone_and_the_next_answers() -> None:
    first, second = Seller("a", [DOWN]), Seller("b")
    gateway = selling(first, second)

    async def main() -> None:
        for _ in range(8):
            job, events = await ordered(gateway)
            assert len(events) == 1
            assert job.report.provider == "b"

    asyncio.run(main())
    assert (len(first.asked), len(second.asked)) == (5, 8)


def test_when_all_are_left_alone_it_is_said_for_how_long() -> None:
    first = Seller("a", [Busy("a is busy", retry_after=60)])
    gateway = selling(first)

    async def main() -> None:
        await ordered(gateway)
        job, _ = await ordered(gateway)
        assert isinstance(job.error, Busy)
        assert "It is asked again in 60 seconds" in str(job.error)
        assert job.error.retry_after == 60
        assert job.report.attempts == 0

    asyncio.run(main())
    assert len(first.asked) == 1


def test_one_who_leaves_the_queue_leaves_the_offer_as_it_was() -> None:
    """It would have been the one call that finds out whether the upstream is well again."""

    async def main() -> None:
        gateway = selling(Seller("a"))
        breaker, gate = next(iter(gateway.offers)).breaker, gate_of(gateway)
        breaker.failed(Rejected("no", code="upstream_key_rejected"))
        breaker._until = 0.0  # as if its time were over
        gate._at_once = 1
        await gate.enter("another", float("inf"))
        waiting = gateway.submit(REQUEST)
        async with waiting.watched():
            for _ in range(5):
                await asyncio.sleep(0)
        await waiting.over()
        gate.leave()
        _, events = await ordered(gateway)
        assert len(events) == 1

    asyncio.run(main())


def test_who_waits_for_an_offer_that_fails_meanwhile_goes_to_the_next() -> None:
    async def main() -> None:
        first, second = Seller("a", [Busy("busy", retry_after=60)]), Seller("b")
        gateway = selling(first, second)
        for offer in (0, 1):
            gate_of(gateway, offer)._at_once = 1
        await gate_of(gateway, 1).enter("another", float("inf"))  # or they would all go there
        jobs = [asyncio.create_task(ordered(gateway)) for _ in range(5)]
        for _ in range(20):
            await asyncio.sleep(0)
        gate_of(gateway, 1).leave()
        assert [len(events) for _, events in await asyncio.gather(*jobs)] == [1] * 5
        assert (len(first.asked), len(second.asked)) == (1, 5)
        assert not gate_of(gateway).is_full

    asyncio.run(main())


class Watch:
    """Looks at how many seconds a call has, as it is made."""

    def __init__(self) -> None:
        self.left: list[float] = []

    def look(self) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        self.left.append((DEADLINE.get() or 0) - loop.time())
        done = loop.create_future()
        done.set_result(None)
        return done


@pytest.mark.parametrize("other", ["is well", "is left alone"])
def test_time_is_left_for_the_next_only_where_it_could_be_asked(other: str) -> None:
    watch = Watch()
    gateway = selling(Seller("a", wait=watch.look), Seller("b"), seconds=600)
    if other == "is left alone":
        list(gateway.offers)[1].breaker.failed(Busy("busy", retry_after=60))
    run(gateway)
    assert (watch.left[0] > 301) == (other == "is left alone")


class Hurried(asyncio.SelectorEventLoop):
    """Its clock can be put forward."""

    later = 0.0

    def time(self) -> float:
        return super().time() + self.later


def test_who_has_waited_has_a_share_of_what_is_left_then() -> None:
    watch = Watch()
    gateway = selling(Seller("a", wait=watch.look), Seller("b"), seconds=600)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Hurried)
        for offer in (0, 1):
            gate_of(gateway, offer)._at_once = 1
            await gate_of(gateway, offer).enter("another", float("inf"))
        job = asyncio.create_task(ordered(gateway))
        for _ in range(5):
            await asyncio.sleep(0)
        loop.later = 200.0
        gate_of(gateway).leave()
        await job

    with asyncio.Runner(loop_factory=Hurried) as runner:
        runner.run(main())
    assert 150 < watch.left[0] <= 200


def test_an_order_ends_at_its_deadline_and_says_that_it_may_have_been_paid() -> None:
    first = Seller("a", wait=lambda: asyncio.get_running_loop().create_future())
    job, _ = run(selling(first, route=Route(deadline=0.05)))
    assert isinstance(job.error, Timeout)
    assert job.error.charged
    assert first.running == 0


def test_a_caller_who_leaves_while_waiting_has_bought_nothing() -> None:
    async def main() -> None:
        go_on = asyncio.Event()

        async def wait() -> None:
            await go_on.wait()

        first = Seller("a", wait=lambda: asyncio.ensure_future(wait()))
        gateway = selling(first)
        gate = gateway.offers.find("m", strict=False, today=gateway.today()).offer.gate
        gate._at_once = 1
        running = gateway.submit(REQUEST, caller=Caller(turn="one"))
        waiting = gateway.submit(REQUEST, caller=Caller(turn="two"))
        async with running.watched():
            for _ in range(5):
                await asyncio.sleep(0)
            async with waiting.watched():
                pass
            for _ in range(5):
                await asyncio.sleep(0)
        assert waiting.ended
        assert waiting.report.attempts == 0
        go_on.set()
        async with running.watched() as events:
            assert len([event async for event in events]) == 1
        assert len(first.asked) == 1

    asyncio.run(main())

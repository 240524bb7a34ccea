"""A job outlives its watchers as its cost demands, and leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tintype.core import ANYONE, Completed, Events, Image, ImageEvent, ImageRequest, Partial, Report
from tintype.core.errors import Busy, Cancelled, TintypeError, Unavailable
from tintype.gateway.jobs import Job, Jobs, Work

REQUEST = ImageRequest(model="m", prompt="a cat")
HALF = Partial(image=Image.from_bytes(b"half"))
WHOLE = Completed(image=Image.from_bytes(b"whole"))


def start(jobs: Jobs, generate: Callable[[], Events], *, local: bool = True) -> Job:
    report = Report(asked="m", model="m", provider="p", created=0, bought=not local)
    return jobs.start(Work(generate=generate), REQUEST, report, ANYONE)


async def watch(job: Job) -> list[ImageEvent]:
    async with job.watched() as events:
        return [event async for event in events]


async def two() -> Events:
    yield HALF
    await asyncio.sleep(0)
    yield WHOLE


def test_all_watchers_see_all_of_it_however_late_they_come() -> None:
    async def main() -> None:
        job = start(Jobs(), two)
        first, second = await asyncio.gather(watch(job), watch(job))
        assert first == second == await watch(job) == [HALF, WHOLE]

    asyncio.run(main())


@pytest.mark.parametrize(("local", "ended"), [(True, "cancelled"), (False, "whole")])
def test_a_caller_who_leaves_ends_only_what_costs_nothing(local: bool, ended: str) -> None:
    outcome: list[str] = []
    go_on = asyncio.Event()

    async def slow() -> Events:
        try:
            yield HALF
            await go_on.wait()
            yield WHOLE
            outcome.append("whole")
        except (asyncio.CancelledError, GeneratorExit):
            outcome.append("cancelled")
            raise

    async def main() -> None:
        jobs = Jobs()
        job = start(jobs, slow, local=local)
        async with job.watched() as events:
            assert await anext(events) == HALF
        go_on.set()
        await jobs.drain(1)
        assert outcome == [ended]
        assert isinstance(job.error, Cancelled) is local
        assert not jobs.running

    asyncio.run(main())


def test_another_watcher_keeps_it_alive() -> None:
    async def main() -> None:
        job = start(Jobs(), two)
        staying = asyncio.create_task(watch(job))
        await asyncio.sleep(0)
        async with job.watched():
            pass
        assert await staying == [HALF, WHOLE]

    asyncio.run(main())


def test_a_failure_reaches_every_watcher_after_what_came_before() -> None:
    async def breaks() -> Events:
        yield HALF
        raise Busy("later", retry_after=3)

    async def main() -> None:
        job = start(Jobs(), breaks)
        for _ in range(2):
            seen = []
            async with job.watched() as events:
                seen.append(await anext(events))
                with pytest.raises(Busy, match="later"):
                    await anext(events)
            assert seen == [HALF]

    asyncio.run(main())


def test_a_crash_is_told_without_its_insides() -> None:
    async def crashes() -> Events:
        raise ZeroDivisionError("secret")
        yield

    async def main() -> None:
        job = start(Jobs(), crashes)
        with pytest.raises(TintypeError, match=job.id) as caught:
            await watch(job)
        assert "secret" not in str(caught.value)
        assert caught.value.status == 500

    asyncio.run(main())


def test_draining_lets_jobs_finish_cuts_the_late_and_takes_no_new_ones() -> None:
    async def forever() -> Events:
        yield HALF
        await asyncio.sleep(3600)

    async def main() -> None:
        jobs = Jobs()
        quick, late = start(jobs, two), start(jobs, forever)
        await jobs.drain(0.05)
        assert (quick.error, type(late.error)) == (None, Unavailable)
        with pytest.raises(Unavailable):
            start(jobs, two)
        assert not jobs.running

    asyncio.run(main())

"""What is asked of a job by way of a server that does not run it."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from tintype.accounts import elsewhere

from .making import books, closing, dead, opening

EITHER = pytest.mark.parametrize("what", [elsewhere.END, elsewhere.GO_ON], ids=lambda what: what.name)


@EITHER
def test_it_is_asked_of_the_process_that_runs_it_and_once(url: str, what: sa.Table) -> None:
    async def main() -> None:
        async with books(url) as mine, books(url) as other:
            await other.hold(opening("theirs"))
            await mine.hold(opening("mine"))
            for job in ("theirs", "theirs", "unknown"):
                await elsewhere.ask(mine.database, what, job)
            assert await elsewhere.asked(mine.database, what, mine.process.id) == []
            assert await elsewhere.asked(mine.database, what, other.process.id) == ["theirs"]
            assert [await elsewhere.is_asked(mine.database, what, job) for job in ("theirs", "mine")] == [
                True,
                False,
            ]
            await elsewhere.done(other.database, what, ["theirs", "unknown"])
            assert await elsewhere.asked(mine.database, what, other.process.id) == []
            assert not await elsewhere.is_asked(mine.database, what, "theirs")

    asyncio.run(main())


@EITHER
def test_nothing_is_asked_of_a_job_that_has_ended(url: str, what: sa.Table) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            await ledger.hold(opening("j"))
            await ledger.settle(closing("j"))
            await elsewhere.ask(ledger.database, what, "j")
            assert await elsewhere.asked(ledger.database, what, ledger.process.id) == []

    asyncio.run(main())


@EITHER
def test_what_was_asked_of_a_process_that_died_is_forgotten_with_its_jobs(url: str, what: sa.Table) -> None:
    async def main() -> None:
        async with books(url) as mine, books(url, process=dead()) as lost:
            await lost.hold(opening("j"))
            await elsewhere.ask(mine.database, what, "j")
            assert (await mine.recover()).jobs == 1
            assert await elsewhere.asked(mine.database, what, lost.process.id) == []

    asyncio.run(main())


@EITHER
def test_nobody_waits_for_what_is_asked_of_a_job_that_has_ended_since(url: str, what: sa.Table) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            await ledger.hold(opening("j"))
            await elsewhere.ask(ledger.database, what, "j")
            await ledger.settle(closing("j"))
            assert not await elsewhere.is_asked(ledger.database, what, "j")

    asyncio.run(main())


@EITHER
def test_nothing_is_left_of_a_process_that_has_gone(url: str, what: sa.Table) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            await ledger.hold(opening("j"))
            await elsewhere.ask(ledger.database, what, "j")
            await ledger.settle(closing("j"))
            await ledger.stop()
            assert await elsewhere.asked(ledger.database, what, ledger.process.id) == []

    asyncio.run(main())

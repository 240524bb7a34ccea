"""A job is ended by way of a server that does not run it."""

from __future__ import annotations

import asyncio

from tintype.accounts import cancelling

from .making import books, closing, dead, opening


def test_it_is_asked_of_the_process_that_runs_it_and_once(url: str) -> None:
    async def main() -> None:
        async with books(url) as mine, books(url) as other:
            await other.hold(opening("theirs"))
            await mine.hold(opening("mine"))
            for job in ("theirs", "theirs", "unknown"):
                await cancelling.ask(mine.database, job)
            assert await cancelling.asked(mine.database, mine.process.id) == []
            assert await cancelling.asked(mine.database, other.process.id) == ["theirs"]
            await cancelling.done(other.database, ["theirs", "unknown"])
            assert await cancelling.asked(mine.database, other.process.id) == []

    asyncio.run(main())


def test_nothing_is_asked_of_a_job_that_has_ended(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            await ledger.hold(opening("j"))
            await ledger.settle(closing("j"))
            await cancelling.ask(ledger.database, "j")
            assert await cancelling.asked(ledger.database, ledger.process.id) == []

    asyncio.run(main())


def test_what_was_asked_of_a_process_that_died_is_forgotten_with_its_jobs(url: str) -> None:
    async def main() -> None:
        async with books(url) as mine, books(url, process=dead()) as lost:
            await lost.hold(opening("j"))
            await cancelling.ask(mine.database, "j")
            assert (await mine.recover()).jobs == 1
            assert await cancelling.asked(mine.database, lost.process.id) == []

    asyncio.run(main())


def test_nothing_is_left_of_a_process_that_has_gone(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            await ledger.hold(opening("j"))
            await cancelling.ask(ledger.database, "j")
            await ledger.settle(closing("j"))
            await ledger.stop()
            assert await cancelling.asked(ledger.database, ledger.process.id) == []

    asyncio.run(main())

"""A database that goes away just as it has written something: nothing of it dangles, and nothing happens twice."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
import structlog

from tintype.accounts import _writer
from tintype.accounts._failures import Away
from tintype.accounts.ledger import Ledger
from tintype.accounts.owners import Owners
from tintype.accounts.schema import jobs, purses
from tintype.core.errors import Unavailable

from .making import books, closing, opening, run


@contextmanager
def deaf(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is committed is committed, and nobody hears of it."""
    dialect: Any = ledger.database._writer._engine.dialect
    commit = dialect.do_commit

    def committing(connection: Any) -> None:
        commit(connection)
        if ledger.database.kind == "postgresql":
            raise psycopg.OperationalError("the connection is closed")
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorname = "SQLITE_IOERR"
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(_writer, "PATIENCE", 0.0)
        patch.setattr(dialect, "do_commit", committing)
        yield


async def _state(ledger: Ledger, job: str) -> tuple[str, int, int]:
    def work(connection: sa.Connection) -> tuple[str, int, int]:
        row = connection.execute(sa.select(jobs).where(jobs.c.id == job)).one()
        purse = connection.execute(sa.select(purses).where(purses.c.id == row.account)).one()
        return row.state, purse.held, purse.balance

    return await ledger.database.read(work)


def test_a_hold_that_was_not_heard_of_is_let_go_of(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            account = await Owners(ledger.database).make("acme", prepaid=True)
            await ledger.credit(account.id, 100)
            await ledger.beat()
            with deaf(ledger, monkeypatch), pytest.raises(Unavailable):
                await ledger.hold(opening("job_1", account=account.id, hold=60))
            assert await _state(ledger, "job_1") == ("running", 60, 100)

            await ledger.beat()
            assert await _state(ledger, "job_1") == ("cancelled", 0, 100)

    run(main)


def test_a_settlement_that_was_not_heard_of_is_made_once(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            account = await Owners(ledger.database).make("acme", prepaid=True)
            await ledger.credit(account.id, 100)
            await ledger.hold(opening("job_1", account=account.id, hold=60))
            with deaf(ledger, monkeypatch), pytest.raises(Unavailable):
                await ledger.settle(closing("job_1", cost=40, made=1))

            await ledger.beat()
            assert await _state(ledger, "job_1") == ("done", 0, 60)

    run(main)


@contextmanager
def away(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, times: int) -> Iterator[None]:
    """The database takes nothing, so many times."""
    write, left = ledger.database._writer._transact, [times]

    def writing(batch: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise psycopg.OperationalError("the server closed the connection unexpectedly")
        return write(batch)

    with monkeypatch.context() as patch:
        patch.setattr(_writer, "PATIENCE", 0.0)
        patch.setattr(ledger.database._writer, "_transact", writing)
        yield


@pytest.mark.parametrize(("times", "state"), [(5, "done"), (1000, "running")])
def test_who_stops_waits_for_the_database_and_not_for_ever(
    url: str, monkeypatch: pytest.MonkeyPatch, times: int, state: str
) -> None:
    """What is lost is told in the log."""
    monkeypatch.setattr("tintype.accounts.ledger.AGAIN", 0.001)
    log = structlog.testing.CapturingLogger()
    monkeypatch.setattr("tintype.accounts.ledger.log", log)

    async def main() -> None:
        async with books(url) as ledger:
            account = await Owners(ledger.database).make("acme", prepaid=True)
            await ledger.credit(account.id, 100)
            await ledger.hold(opening("job_1", account=account.id, hold=60))
            with away(ledger, monkeypatch, times):
                with pytest.raises(Unavailable):
                    await ledger.settle(closing("job_1", cost=40, made=1))
                await ledger.stop(patience=0.5)
            assert (await _state(ledger, "job_1"))[0] == state
            lost = [call.kwargs["job"] for call in log.calls if call.args == ("the end of a job is lost",)]
            assert lost == ([] if state == "done" else ["job_1"])

    run(main)


def test_what_a_database_that_was_away_is_owed_is_settled_together(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other would take so long that others take this server for dead, and its jobs for interrupted."""
    names = [f"job_{number}" for number in range(100)]

    async def main() -> None:
        async with books(url) as ledger:
            await asyncio.gather(*(ledger.hold(opening(name)) for name in names))
            with away(ledger, monkeypatch, 10**6):
                ends = (ledger.settle(closing(name, made=1)) for name in names)
                assert {type(each) for each in await asyncio.gather(*ends, return_exceptions=True)} == {Away}
            write, written = ledger.database._writer._transact, list[int]()

            def writing(batch: Any) -> Any:
                written.append(len(batch))
                return write(batch)

            monkeypatch.setattr(ledger.database._writer, "_transact", writing)
            await ledger.beat()
            assert max(written) > 10
            query = sa.select(jobs.c.id).where(jobs.c.state == "done")
            assert len(await ledger.database.look_up(query)) == len(names)

    run(main)

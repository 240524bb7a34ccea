"""A database that goes away just as it has written something: nothing of it dangles, and nothing happens twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from tintype.accounts import _writer
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

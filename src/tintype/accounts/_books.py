"""Whether the books add up: every number that is kept is counted again from what it is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from ._earlier import SPENT
from .schema import accounts, entries, jobs, keys, purses

_RUNNING = jobs.c.state == sa.literal_column("'running'")
_SPENT = sa.func.coalesce(sa.func.sum(SPENT), 0)


def check_books(connection: sa.Connection) -> list[str]:
    """What does not add up, in sentences; empty when everything does."""
    return [*_purses(connection), *_jobs(connection), *_entries(connection)]


def _purses(connection: sa.Connection) -> Iterable[str]:
    balances = dict(
        _pairs(
            connection,
            sa.select(entries.c.account, sa.func.sum(entries.c.amount)).group_by(entries.c.account),
        )
    )
    for table, column, whose in ((accounts, jobs.c.account, "account"), (keys, jobs.c.key, "key")):
        counted = {
            row[0]: row[1:]
            for row in connection.execute(
                sa.select(
                    purses.c.id,
                    sa.func.coalesce(sa.func.sum(sa.case((_RUNNING, jobs.c.held), else_=0)), 0),
                    sa.func.coalesce(sa.func.sum(sa.case((_RUNNING, 1), else_=0)), 0),
                    _SPENT,
                    _spent_while(jobs.c.day == purses.c.day),
                    _spent_while(sa.func.substr(jobs.c.day, 1, 7) == sa.func.substr(purses.c.day, 1, 7)),
                )
                .select_from(purses.join(jobs, column == purses.c.id))
                .group_by(purses.c.id)
            )
        }
        rows = connection.execute(sa.select(purses).join(table, table.c.id == purses.c.id))
        for purse in rows:
            held, running, spent, day, month = counted.get(purse.id, (0, 0, 0, 0, 0))
            balance = balances.get(purse.id, 0) if whose == "account" else 0
            for name, kept, sum_ in (
                ("balance", purse.balance, balance),
                ("held", purse.held, held),
                ("running", purse.running, running),
                ("spent", purse.spent, spent),
                ("day_spent", purse.day_spent, day),
                ("month_spent", purse.month_spent, month),
            ):
                if kept != sum_:
                    yield f"The {whose} {purse.id} says {name} is {kept}, and it adds up to {sum_}."
            if purse.prepaid and purse.balance < purse.held:
                yield f"The {whose} {purse.id} is below zero."


def _spent_while(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, SPENT), else_=0)), 0)


def _jobs(connection: sa.Connection) -> Iterable[str]:
    entered = sa.select(entries.c.job, (-sa.func.sum(entries.c.amount)).label("sum")).where(
        entries.c.job != ""
    )
    sums = entered.group_by(entries.c.job).subquery()
    wrong = (
        sa.select(jobs.c.id, jobs.c.charged, sa.func.coalesce(sums.c.sum, 0).label("sum"))
        .select_from(jobs.outerjoin(sums, sums.c.job == jobs.c.id))
        .where(jobs.c.charged != sa.func.coalesce(sums.c.sum, 0))
    )
    for row in connection.execute(wrong):
        yield f"The job {row.id} says charged is {row.charged}, and its entries add up to {row.sum}."
    ended = sa.select(jobs.c.id).where(sa.not_(_RUNNING), sa.or_(jobs.c.held != 0, jobs.c.ended.is_(None)))
    for name in connection.execute(ended).scalars():
        yield f"The job {name} has ended, and still holds money or has no end."


def _entries(connection: sa.Connection) -> Iterable[str]:
    lost = (
        sa.select(entries.c.id, entries.c.job)
        .select_from(entries.outerjoin(jobs, jobs.c.id == entries.c.job))
        .where(entries.c.job != "", jobs.c.id.is_(None))
    )
    for row in connection.execute(lost):
        yield f"The entry {row.id} is of the job {row.job}, which is not there."


def _pairs(connection: sa.Connection, query: sa.Select[Any]) -> Iterable[tuple[Any, int]]:
    return ((row[0], int(row[1])) for row in connection.execute(query))

"""What was used and what it came to, by day, key, account, model or provider; and the proof that it is all of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from ..core import Micros, Usage
from ..core.errors import BadRequest
from . import records
from ._rows import TOKENS
from .database import Database
from .schema import accounts, entries, jobs, keys

By = Literal["day", "key", "account", "model", "provider"]
DAY = 86_400.0
_RUNNING = jobs.c.state == sa.literal_column("'running'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a report. `by` says of what: ids of keys and accounts, whose names are in `names`.

    `cost` is the sum of the costs that are known, `unknown` the number of ended jobs whose cost is not. `charged` is
    what accounts paid, refunds taken off; `paid` what upstreams took as far as known, and `maybe_paid` the number of
    jobs for which they may have taken more.
    """

    by: dict[By, str] = field(default_factory=dict)
    names: dict[By, str] = field(default_factory=dict)
    jobs: int = 0
    failed: int = 0
    running: int = 0
    pictures: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: Micros = 0
    unknown: int = 0
    charged: Micros = 0
    paid: Micros = 0
    maybe_paid: int = 0


async def report(
    database: Database,
    by: Sequence[By] = (),
    *,
    since: str = "",
    until: str = "",
    account: str = "",
    key: str = "",
) -> list[Line]:
    """The lines of the days from `since` to `until`, both of them with ("2026-11-29", UTC; without one: from ever, to
    now), in the order of what they are by. Without `by`, one line: the total.

    `account` and `key` are ids. Raises BadRequest for a day or a word that is none.
    """
    columns = [jobs.c[_word(each)] for each in by]
    query = sa.select(*columns, *_SUMS).where(*_during(since, until)).group_by(*columns).order_by(*columns)
    if account:
        query = query.where(jobs.c.account == account)
    if key:
        query = query.where(jobs.c.key == key)

    def work(connection: sa.Connection) -> list[Line]:
        rows = connection.execute(query).mappings().all()
        names = {each: _names(connection, each, {row[each] for row in rows}) for each in by}
        return [_line(row, by, names) for row in rows]

    return await database.read(work)


async def prove(database: Database, since: str = "", until: str = "") -> list[str]:
    """What does not fit together in those days, in sentences: jobs and entries, by account, key and day, and the
    totals of every way to count them. Empty when all of it fits to the micro-dollar."""
    return await database.read(lambda connection: _prove(connection, since, until))


def _sum(what: Any) -> Any:
    return sa.func.coalesce(sa.func.sum(what), 0)


def _count(condition: Any) -> Any:
    return _sum(sa.case((condition, 1), else_=0))


_SUMS = (
    sa.func.count().label("jobs"),
    _count(jobs.c.state.in_(("failed", "cancelled", "interrupted"))).label("failed"),
    _count(_RUNNING).label("running"),
    _sum(jobs.c.pictures_made).label("pictures"),
    *(_sum(jobs.c[kind]).label(kind) for kind in TOKENS),
    _sum(jobs.c.cost).label("cost"),
    _count(sa.and_(jobs.c.cost.is_(None), sa.not_(_RUNNING))).label("unknown"),
    _sum(jobs.c.charged).label("charged"),
    _sum(jobs.c.paid).label("paid"),
    _count(jobs.c.maybe_paid).label("maybe_paid"),
)


def _line(row: Any, by: Sequence[By], names: dict[By, dict[str, str]]) -> Line:
    return Line(
        by={each: row[each] for each in by},
        names={each: names[each][row[each]] for each in by if row[each] in names[each]},
        usage=Usage(**{kind: int(row[kind]) for kind in TOKENS}),
        **{name: int(row[name]) for name in records.NUMBERS},
    )


def _names(connection: sa.Connection, by: By, ids: set[str]) -> dict[str, str]:
    table = {"key": keys, "account": accounts}.get(by)
    if table is None:
        return {}
    rows = connection.execute(sa.select(table.c.id, table.c.name)).all()
    return {row.id: row.name for row in rows if row.id in ids}


def _word(by: str) -> By:
    for each in get_args(By):
        if each == by:
            found: By = each
            return found
    raise BadRequest(f"Usage is by {', '.join(get_args(By))}, not by {by!r}.", param="by")


def _during(since: str, until: str) -> list[sa.ColumnElement[bool]]:
    """By the time of a job's creation, which an index knows; its day is made of it."""
    conditions: list[sa.ColumnElement[bool]] = []
    if since:
        conditions.append(jobs.c.created >= _midnight(since, "since"))
    if until:
        conditions.append(jobs.c.created < _midnight(until, "until") + DAY)
    return conditions


def _midnight(day: str, which: str) -> float:
    try:
        if len(day) != 10:
            raise ValueError
        moment = date.fromisoformat(day)
    except ValueError:
        raise BadRequest(
            f"A day is written like {time.strftime('%Y-%m-%d')}, not {day!r}.", param=which
        ) from None
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC).timestamp()


def _prove(connection: sa.Connection, since: str, until: str) -> list[str]:
    found: list[str] = []
    during = _during(since, until)
    per = ("account", "key", "day")
    counted = {
        tuple(row[:3]): int(row[3])
        for row in connection.execute(
            sa.select(*(jobs.c[name] for name in per), _sum(jobs.c.charged)).where(*during).group_by(*per)
        )
    }
    entered_query = sa.select(*(entries.c[name] for name in per), -_sum(entries.c.amount)).where(
        entries.c.job != ""
    )
    if since:
        entered_query = entered_query.where(entries.c.day >= since)
    if until:
        entered_query = entered_query.where(entries.c.day <= until)
    entered = {
        tuple(row[:3]): int(row[3])
        for row in connection.execute(entered_query.group_by(*(entries.c[name] for name in per)))
    }
    for who in sorted(counted.keys() | entered.keys()):
        if counted.get(who, 0) != entered.get(who, 0):
            account, key, day = who
            found.append(
                f"On {day} the jobs of account {account!r} with key {key!r} were charged {counted.get(who, 0)}, "
                f"and the entries add up to {entered.get(who, 0)}."
            )
    total = sum(entered.values())
    for each in get_args(By):
        rows = connection.execute(
            sa.select(_sum(jobs.c.charged)).where(*during).group_by(jobs.c[each])
        ).scalars()
        by_word = sum(int(row) for row in rows)
        if by_word != total:
            found.append(f"By {each} it adds up to {by_word}, and the entries to {total}.")
    return found

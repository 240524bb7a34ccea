"""Holds and settlements, as many as wait, in a fixed number of statements.

All purses and jobs that are touched are read first, and locked in the order of their ids, so that two processes never
wait for one another. What fits is then decided one after the other in `Purse`, and each purse is written back in one
statement that finds nothing if anybody has touched it since: then all of it is done again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import sqlalchemy as sa

from ..core import Micros
from ..core.errors import Unauthenticated
from ..core.money import dollars
from ._earlier import Whose, spent
from ._failures import InTheWay
from ._rows import JOB_COLUMNS, Row, attempted, closed, kept, order_name, read_job
from ._statements import Hand, Lookup, Statement
from .purse import Purse
from .records import Closing, JobRecord, Settled, Taken
from .schema import attempts, entries, jobs, pictures, purses


@dataclass(slots=True)
class Hold:
    """`row` is the job's, whole."""

    row: Row


@dataclass(slots=True)
class Settle:
    closing: Closing


Move = Hold | Settle

_WHOSE: tuple[Whose, ...] = ("account", "key")
_FIELDS = tuple(each.name for each in fields(Purse))
_MOVING = ("balance", "held", "running", "day", "day_spent", "month_spent", "spent")

READ_PURSES = Lookup(
    purses.c.id,
    lambda found: (
        sa.select(*(purses.c[name] for name in _FIELDS)).where(found).order_by(purses.c.id).with_for_update()
    ),
)
WRITE_PURSE = Statement(
    purses.update()
    .values({name: sa.bindparam(f"new_{name}", type_=purses.c[name].type) for name in _MOVING})
    .where(purses.c.id == sa.bindparam("purse", type_=purses.c.id.type))
    .where(*(purses.c[name] == sa.bindparam(f"old_{name}", type_=purses.c[name].type) for name in _MOVING))
)
_RUNS = ("id", "state", "account", "key", "held", "day", "model", "provider", "ended", "charged")
READ_JOBS = Lookup(
    jobs.c.id,
    lambda found: (
        sa.select(*(jobs.c[name] for name in _RUNS)).where(found).order_by(jobs.c.id).with_for_update()
    ),
)
READ_ORDERS = Lookup(jobs.c.idempotency, lambda found: sa.select(*jobs.columns).where(found))
_ENDS = (
    *(
        "state",
        "ended",
        "model",
        "provider",
        "pictures_made",
        "cost",
        "charged",
        "paid",
        "maybe_paid",
        "attempts",
    ),
    *("text_in", "image_in", "text_out", "image_out", "cached_in"),
    *("plan", "error", "message", "result"),
)
END_JOB = Statement(
    jobs.update()
    .values(
        {name: sa.bindparam(name, type_=jobs.c[name].type) for name in _ENDS}
        | {"held": sa.literal_column("0")}
    )
    .where(
        jobs.c.id == sa.bindparam("job", type_=jobs.c.id.type), jobs.c.state == sa.literal_column("'running'")
    )
)
FREE_ORDER = Statement(
    jobs.update().values(idempotency=sa.null()).where(jobs.c.id == sa.bindparam("job", type_=jobs.c.id.type))
)


def _insert(table: sa.Table) -> Statement:
    return Statement(
        table.insert().inline(), [column.name for column in table.columns if column.autoincrement is not True]
    )


ADD_JOB = _insert(jobs)
ADD_ENTRY = _insert(entries)
ADD_ATTEMPT = _insert(attempts)
ADD_PICTURE = _insert(pictures)


def move(connection: sa.Connection, moves: Sequence[Move], again: bool) -> list[Any]:
    """What each came to: None for a hold, Settled for a settlement, None where the job did not run any more, or the
    error that refused it. `again`: some of them may have been done already."""
    answers: list[Any] = [None] * len(moves)
    hand = Hand(connection)
    try:
        waiting = list(enumerate(moves))
        while waiting:
            together, waiting = _round(waiting)
            Round(connection, hand, again).run(together, answers)
    finally:
        hand.close()
    return answers


def _round(waiting: list[tuple[int, Move]]) -> tuple[list[tuple[int, Move]], list[tuple[int, Move]]]:
    """Those that do not depend on one another, and those that wait for them: of one job, or of one order."""
    seen: set[str] = set()
    together: list[tuple[int, Move]] = []
    later: list[tuple[int, Move]] = []
    for each in waiting:
        thing = each[1]
        if isinstance(thing, Hold):
            order = thing.row["idempotency"]
            marks = {thing.row["id"], f"order:{order}"} if order else {thing.row["id"]}
        else:
            marks = {thing.closing.job}
        (later if marks & seen else together).append(each)
        seen |= marks
    return together, later


@dataclass(slots=True)
class Round:
    """What is read, and what is to be written, of moves that do not depend on one another."""

    connection: sa.Connection
    hand: Hand
    again: bool
    purses: dict[str, Purse] = field(default_factory=dict)
    before: dict[str, Row] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    late: list[tuple[str, str, Micros]] = field(default_factory=list)  # purse, day, and what is spent more
    new_jobs: list[Row] = field(default_factory=list)
    freed: list[Row] = field(default_factory=list)
    ended: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    attempts: list[Row] = field(default_factory=list)
    pictures: list[Row] = field(default_factory=list)

    def run(self, moves: list[tuple[int, Move]], answers: list[Any]) -> None:
        settles = [(position, each.closing) for position, each in moves if isinstance(each, Settle)]
        holds = [(position, each.row) for position, each in moves if isinstance(each, Hold)]
        wanted = [closing.job for _, closing in settles] + [row["id"] for _, row in holds if self.again]
        running = {row[0]: row for row in self.hand.look_up(READ_JOBS, wanted)}
        self._read_purses(
            {name for row in running.values() for name in row[2:4]}
            | {name for _, row in holds for name in (row["account"], row["key"])}
        )
        for position, closing in settles:
            answers[position] = self._settle(closing, running.get(closing.job))
        orders = self._orders(holds)
        for position, row in holds:
            if row["id"] not in running:
                answers[position] = self._hold(row, orders.get(row["idempotency"] or ""))
        self._write()

    def _read_purses(self, ids: set[str]) -> None:
        for row in self.hand.look_up(READ_PURSES, sorted(ids - {""})):
            purse = read_purse(row)
            self.purses[purse.id] = purse
            self.before[purse.id] = before(purse)

    def _orders(self, holds: list[tuple[int, Row]]) -> dict[str, JobRecord]:
        names = [row["idempotency"] for _, row in holds if row["idempotency"]]
        found = (
            read_job(dict(zip(JOB_COLUMNS, row, strict=True)))
            for row in self.hand.look_up(READ_ORDERS, names)
        )
        return {order_name(record.idempotency) or "": record for record in found}

    def _hold(self, row: Row, earlier: JobRecord | None) -> Exception | None:
        if earlier is not None and earlier.state in ("running", "done"):
            return Taken(earlier)
        day = row["day"]
        mine = [(whose, self.purses.get(row[whose])) for whose in _WHOSE if row[whose]]
        for whose, purse in mine:
            if purse is None:
                return Unauthenticated(f"The {whose} {row[whose]} is not there any more.")
            gone = None if purse.counts(day) else self._counted_again(whose, purse, day)
            refusal = purse.refusal(row["held"], day, whose, gone)
            if refusal is not None:
                return refusal
        for _, purse in mine:
            if purse is not None:
                purse.hold(row["held"], day)
                self.moved.add(purse.id)
                self.late.append((purse.id, day, row["held"]))
        if earlier is not None:
            self.freed.append({"job": earlier.id})
        self.new_jobs.append(row)
        return None

    def _counted_again(self, whose: Whose, purse: Purse, day: str) -> tuple[Micros, Micros]:
        """On that day and in its month: what is written, and what this round adds to it."""
        found = []
        for first, last in ((day, day), (f"{day[:7]}-01", f"{day[:7]}-31")):
            more = (amount for id, on, amount in self.late if id == purse.id and first <= on <= last)
            written = spent(self.connection, whose=whose, id=purse.id, first=first, last=last)
            found.append(written + sum(more))
        return found[0], found[1]

    def _settle(self, closing: Closing, found: tuple[Any, ...] | None) -> Settled | None:
        if found is None:
            return None
        _, state, account, key, held, day, model, provider, ended, before = found
        paying = self.purses.get(account)
        if state != "running":
            mine = self.again and state == closing.state and ended == closing.ended
            return Settled(charged=before, balance=_left(paying)) if mine else None
        cost = closing.cost or 0
        charged = paying.chargeable(cost, held) if paying is not None else 0
        for purse in (paying, self.purses.get(key)):
            if purse is not None:
                purse.settle(held, charged, day, balanced=purse is paying)
                self.moved.add(purse.id)
                self.late.append((purse.id, day, charged - held))
        if paying is not None and cost:
            short = (
                f"It cost {dollars(cost)}; {dollars(cost - charged)} of it was not there."
                if cost > charged
                else ""
            )
            self.entries.append(
                {
                    "account": account,
                    "key": key,
                    "job": closing.job,
                    "kind": "charge",
                    "amount": -charged,
                    "created": closing.ended,
                    "day": day,
                    "note": short,
                    "reference": f"charge:{closing.job}",
                }
            )
        self.ended.append(closed(closing, charged=charged, model=model, provider=provider))
        self.attempts += (attempted(each, closing.job) for each in closing.attempts)
        self.pictures += (kept(each, closing.job, closing.ended) for each in closing.pictures)
        return Settled(charged=charged, balance=_left(paying))

    def _write(self) -> None:
        changed = [
            change(self.before[name], purse) for name, purse in self.purses.items() if name in self.moved
        ]
        paid, ended, *_ = self.hand.write(
            (WRITE_PURSE, changed),
            (END_JOB, self.ended),
            (FREE_ORDER, self.freed),
            (ADD_JOB, self.new_jobs),
            (ADD_ENTRY, self.entries),
            (ADD_ATTEMPT, self.attempts),
            (ADD_PICTURE, self.pictures),
        )
        if paid != len(changed):
            raise InTheWay("purses")
        if ended != len(self.ended):
            raise InTheWay("jobs")


def _left(purse: Purse | None) -> int | None:
    return purse.available if purse is not None and purse.prepaid else None


def read_purse(row: tuple[Any, ...]) -> Purse:
    """From a row that `READ_PURSES` found."""
    return Purse(**dict(zip(_FIELDS, row, strict=True)))


def before(purse: Purse) -> Row:
    """What `WRITE_PURSE` must find."""
    row = {f"old_{name}": getattr(purse, name) for name in _MOVING}
    row["purse"] = purse.id
    return row


def change(before: Row, after: Purse) -> Row:
    """What `WRITE_PURSE` needs to turn the one into the other."""
    for name in _MOVING:
        before[f"new_{name}"] = getattr(after, name)
    return before

"""Jobs whose server has died are ended: what they held is let go of, and what may have been paid is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ._moves import READ_PURSES, WRITE_PURSE, before, change, read_purse
from ._statements import Hand
from .process import Process, Watch
from .schema import cancellations, jobs, joins, processes

MESSAGE = "The server stopped while this job ran."


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """A job whose upstream may have been paid, and the provider that it had begun with."""

    job: str
    provider: str
    model: str
    created: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """`jobs` is how many were interrupted."""

    jobs: int = 0
    maybe_paid: tuple[Interrupted, ...] = ()


def sign(connection: sa.Connection, *, process: Process, now: float) -> None:
    """A sign of life."""
    found = connection.execute(processes.update().where(processes.c.id == process.id).values(seen=now))
    if not found.rowcount:
        connection.execute(
            processes.insert().values(
                id=process.id, host=process.host, pid=process.pid, started=process.started, seen=now
            )
        )


def leave(connection: sa.Connection, *, process: str) -> None:
    for asked in (cancellations, joins):
        connection.execute(asked.delete().where(asked.c.process == process))
    connection.execute(processes.delete().where(processes.c.id == process))


def recover(connection: sa.Connection, *, me: str, watch: Watch, now: float) -> Recovered:
    known = {
        row.id: (row.host, row.pid, row.started, row.seen) for row in connection.execute(sa.select(processes))
    }
    dead = watch.dead(known)
    running = connection.execute(
        sa.select(jobs.c.process).where(jobs.c.state == sa.literal_column("'running'")).distinct()
    ).scalars()
    gone = dead | (set(running) - set(known) - {me})
    if not gone:
        return Recovered()
    found = connection.execute(
        sa.select(jobs.c.id, jobs.c.account, jobs.c.key, jobs.c.held, jobs.c.day, jobs.c.created)
        .add_columns(jobs.c.real, jobs.c.provider, jobs.c.model)
        .where(jobs.c.state == sa.literal_column("'running'"), jobs.c.process.in_(sorted(gone)))
        .order_by(jobs.c.id)
        .with_for_update()
    ).all()
    _let_go(connection, found)
    if found:
        connection.execute(
            jobs.update()
            .where(jobs.c.id.in_([row.id for row in found]))
            .values(
                state="interrupted",
                ended=now,
                held=0,
                cost=0,
                maybe_paid=jobs.c.real,
                error="interrupted",
                message=MESSAGE,
            )
        )
    for asked in (cancellations, joins):
        connection.execute(asked.delete().where(asked.c.process.in_(sorted(gone))))
    connection.execute(processes.delete().where(processes.c.id.in_(sorted(dead))))
    maybe = (
        Interrupted(job=row.id, provider=row.provider, model=row.model, created=row.created)
        for row in found
        if row.real
    )
    return Recovered(jobs=len(found), maybe_paid=tuple(maybe))


def _let_go(connection: sa.Connection, found: Sequence[Any]) -> None:
    """What these jobs hold, in all of their purses."""
    hand = Hand(connection)
    ids = sorted({name for row in found for name in (row.account, row.key)} - {""})
    for start in range(0, len(ids), 256):
        for row in hand.look_up(READ_PURSES, ids[start : start + 256]):
            purse = read_purse(row)
            was = before(purse)
            for job in found:
                if purse.id in (job.account, job.key):
                    purse.settle(job.held, 0, job.day, balanced=False)
            hand.write((WRITE_PURSE, [change(was, purse)]))
    hand.close()

"""What is asked of the server that runs a job, by way of another one: to end it, or to go on though nobody waits there."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from .database import Database
from .schema import cancellations, jobs, joins

END, GO_ON = cancellations, joins
"""Where each of the two is written down."""

_RUNS = jobs.c.state == sa.literal_column("'running'")


async def ask(database: Database, what: sa.Table, job: str) -> None:
    """Of a job that still runs. Asked twice, it is asked once."""

    def work(connection: sa.Connection) -> None:
        there = sa.exists().where(what.c.job == jobs.c.id)
        found = sa.select(jobs.c.id, jobs.c.process).where(jobs.c.id == job, _RUNS, ~there)
        connection.execute(what.insert().from_select(["job", "process"], found))

    await database.write(work)


async def asked(database: Database, what: sa.Table, process: str) -> list[str]:
    """The jobs of which this process has been asked that."""
    query = sa.select(what.c.job).where(what.c.process == process)
    return await database.read(lambda connection: list(connection.execute(query).scalars()))


async def is_asked(database: Database, what: sa.Table, job: str) -> bool:
    """Whether it still runs, and that has not been done."""
    query = sa.select(jobs.c.id).join(what, what.c.job == jobs.c.id).where(jobs.c.id == job, _RUNS)
    return bool(await database.look_up(query))


async def done(database: Database, what: sa.Table, job_ids: Sequence[str]) -> None:
    """It is, or came too late."""

    def work(connection: sa.Connection) -> None:
        connection.execute(what.delete().where(what.c.job.in_(job_ids)))

    await database.write(work)

"""Jobs that are to be ended by the server that runs them: whoever asks for that may have reached another one."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from .database import Database
from .schema import cancellations, jobs


async def ask(database: Database, job: str) -> None:
    """Have it ended, if it still runs. Asked twice, it is asked once."""

    def work(connection: sa.Connection) -> None:
        there = sa.exists().where(cancellations.c.job == jobs.c.id)
        found = sa.select(jobs.c.id, jobs.c.process).where(
            jobs.c.id == job, jobs.c.state == sa.literal_column("'running'"), ~there
        )
        connection.execute(cancellations.insert().from_select(["job", "process"], found))

    await database.write(work)


async def asked(database: Database, process: str) -> list[str]:
    """The jobs that this process is to end."""
    query = sa.select(cancellations.c.job).where(cancellations.c.process == process)
    return await database.read(lambda connection: list(connection.execute(query).scalars()))


async def done(database: Database, job_ids: Sequence[str]) -> None:
    """They are ended, or were ended before."""

    def work(connection: sa.Connection) -> None:
        connection.execute(cancellations.delete().where(cancellations.c.job.in_(job_ids)))

    await database.write(work)

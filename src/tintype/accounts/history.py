"""What was done: jobs, their attempts and pictures, and the entries of accounts, as they are read and forgotten."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa

from ..core import Attempt
from ..core.errors import NotFound
from ._rows import order_name, read_attempt, read_job, read_picture, tidy
from .database import Database
from .records import Entry, FoundPicture, JobRecord, KeptPicture, State, longest_kept
from .schema import attempts, entries, jobs, pictures

LIMIT = 1000  # of anything that is listed
_BARE = [column for column in jobs.columns if column.name != "result"]


class History:
    """Reads the jobs of a database."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    async def find(self, job: str) -> JobRecord | None:
        """By its id, with its result."""
        return await self._one(jobs.c.id == tidy(job))

    async def find_request(self, request: str) -> JobRecord | None:
        """The last job of a request with this id."""
        return await self._one(jobs.c.request == tidy(request)) if request else None

    async def find_idempotency(self, name: str) -> JobRecord | None:
        """The job of an order that may be placed once, by what `Opening.idempotency` said."""
        return await self._one(jobs.c.idempotency == order_name(name)) if name else None

    async def find_fingerprint(
        self, key: str, fingerprint: str, since: float, longest: float
    ) -> JobRecord | None:
        """The last order with this body and this key that runs, or has ended well since then. None takes `longest`
        seconds: of a key with many jobs, those before are not looked at."""
        done = sa.and_(jobs.c.state == "done", jobs.c.ended >= since)
        return await self._one(
            sa.and_(
                jobs.c.key == key,
                jobs.c.created >= since - longest,
                jobs.c.fingerprint == fingerprint,
                sa.or_(jobs.c.state == "running", done),
            )
        )

    async def _one(self, condition: sa.ColumnElement[bool]) -> JobRecord | None:
        query = sa.select(jobs).where(condition).order_by(jobs.c.created.desc(), jobs.c.id.desc()).limit(1)
        row = await self._database.read(lambda connection: connection.execute(query).mappings().one_or_none())
        return None if row is None else read_job(row)

    async def list_jobs(
        self,
        *,
        key: str | None = None,
        account: str | None = None,
        state: State | None = None,
        maybe_paid: bool | None = None,
        before: str = "",
        limit: int = 100,
    ) -> list[JobRecord]:
        """The newest first, without their results. `before` is a job's id: those that are older than it.

        Raises NotFound when there is no such job.
        """
        query = sa.select(*_BARE).order_by(jobs.c.created.desc(), jobs.c.id.desc()).limit(min(limit, LIMIT))
        for column, value in ((jobs.c.key, key), (jobs.c.account, account), (jobs.c.state, state)):
            if value is not None:
                query = query.where(column == value)
        if maybe_paid is not None:
            query = query.where(jobs.c.maybe_paid == maybe_paid)

        def work(connection: sa.Connection) -> list[JobRecord]:
            rows = connection.execute(_older(connection, query, before)).mappings()
            return [read_job({**row, "result": None}) for row in rows]

        return await self._database.read(work)

    async def attempts(self, job: str | None = None) -> list[Attempt]:
        """The oldest first; of a `job`, or all."""
        query = sa.select(attempts).order_by(attempts.c.id)
        if job is not None:
            query = query.where(attempts.c.job == job)
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [read_attempt(row) for row in rows]

    async def pictures(self, job: str) -> list[KeptPicture]:
        """Those of a job that are still in the store, in their order."""
        query = (
            sa.select(pictures)
            .where(pictures.c.job == job, pictures.c.deleted.is_(None))
            .order_by(pictures.c.id)
        )
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return longest_kept(read_picture(row) for row in rows)

    async def search(
        self,
        text: str = "",
        *,
        key: str | None = None,
        account: str | None = None,
        model: str | None = None,
        before: str = "",
        limit: int = 100,
    ) -> list[FoundPicture]:
        """Pictures of the history, the newest first: those whose prompt holds every word of `text`, in any case.

        `before` is a job's id: those of older jobs. A picture that is deleted is told as well. Raises NotFound.
        """
        query = _WITH_JOB.where(_LONGEST).order_by(
            jobs.c.created.desc(), jobs.c.id.desc(), pictures.c.position
        )
        query = query.limit(min(limit, LIMIT))
        for column, value in ((jobs.c.key, key), (jobs.c.account, account), (jobs.c.model, model)):
            if value is not None:
                query = query.where(column == value)
        for word in text.split():
            query = query.where(jobs.c.prompt.icontains(word, autoescape=True))
        return await self._found(query, before)

    async def _found(self, query: sa.Select[Any], before: str = "") -> list[FoundPicture]:
        def work(connection: sa.Connection) -> list[FoundPicture]:
            return [_found(row) for row in connection.execute(_older(connection, query, before)).mappings()]

        return await self._database.read(work)

    async def delete_pictures(self, paths: Iterable[str]) -> int:
        """Say that what lay at these paths is in the store no more; how many pictures that were."""
        now, names = self._clock(), sorted(set(paths))

        def work(connection: sa.Connection) -> int:
            gone = 0
            for start in range(0, len(names), 500):
                mine = sa.and_(pictures.c.path.in_(names[start : start + 500]), pictures.c.deleted.is_(None))
                gone += connection.execute(pictures.update().where(mine).values(deleted=now)).rowcount
            return gone

        return await self._database.write(work) if names else 0

    async def expired_pictures(self, now: float | None = None, *, limit: int = LIMIT) -> list[KeptPicture]:
        """Those whose time is over and that are still in the store, those first that have been for longest."""
        query = (
            sa.select(pictures)
            .where(
                pictures.c.expires <= (self._clock() if now is None else now), pictures.c.deleted.is_(None)
            )
            .order_by(pictures.c.expires)
            .limit(limit)
        )
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [read_picture(row) for row in rows]

    async def entries(self, account: str, *, before: int | None = None, limit: int = 100) -> list[Entry]:
        """An account's, the newest first. `before` is an entry's id."""
        query = sa.select(entries).where(entries.c.account == account).order_by(entries.c.id.desc())
        if before is not None:
            query = query.where(entries.c.id < before)
        query = query.limit(min(limit, LIMIT))
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [_entry(row) for row in rows]

    async def forget(self, before: float) -> int:
        """Prompts and results of jobs that ended `before` that time, and under which names they were ordered; how
        many jobs that were. What they cost is kept for ever."""
        old = sa.and_(
            jobs.c.created < before,
            jobs.c.ended < before,
            sa.or_(jobs.c.prompt != "", jobs.c.result.is_not(None), jobs.c.idempotency.is_not(None)),
        )
        some = sa.select(jobs.c.id).where(old).order_by(jobs.c.created).limit(500)
        emptied = jobs.update().values(prompt="", result=None, idempotency=None)
        total = 0
        while True:  # in small parts, so that nobody waits for it
            gone = await self._database.write(
                lambda connection: connection.execute(emptied.where(jobs.c.id.in_(some))).rowcount
            )
            total += gone
            if not gone:
                return total


_WITH_JOB = sa.select(
    pictures,
    *(jobs.c[name] for name in ("key", "account", "prompt", "model", "provider", "plan", "cost")),
).select_from(pictures.join(jobs, jobs.c.id == pictures.c.job))

_longer = pictures.alias("longer")
_LONGEST = ~sa.exists().where(
    _longer.c.job == pictures.c.job,
    _longer.c.position == pictures.c.position,
    sa.tuple_(_longer.c.expires, _longer.c.id) > sa.tuple_(pictures.c.expires, pictures.c.id),
)
"""Of the rows of one picture: as `longest_kept`."""


def _older(connection: sa.Connection, query: sa.Select[Any], before: str) -> sa.Select[Any]:
    if not before:
        return query
    before = tidy(before)
    created = connection.execute(sa.select(jobs.c.created).where(jobs.c.id == before)).scalar()
    if created is None:
        raise NotFound(f"There is no job {before!r} to list those before.", param="before")
    return query.where(
        sa.tuple_(jobs.c.created, jobs.c.id) < sa.tuple_(sa.literal(created), sa.literal(before))
    )


def _entry(row: Any) -> Entry:
    named, _, reference = (row["reference"] or "").partition(":")
    facts = {name: row[name] for name in Entry.__dataclass_fields__}
    return Entry(**facts | {"reference": reference if named == "credit" else ""})


def _found(row: Any) -> FoundPicture:
    return FoundPicture(
        job=row["job"],
        key=row["key"],
        account=row["account"],
        prompt=row["prompt"],
        model=row["model"],
        provider=row["provider"],
        plan=row["plan"],
        cost=row["cost"],
        created=row["created"],
        deleted=row["deleted"],
        picture=read_picture(row),
    )

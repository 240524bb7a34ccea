"""Messages that are owed to addresses: each is kept until its receiver has taken it, or it is given up.

A message is promised when its job begins, and gets its body when the job has ended, so that a server that is killed
in between leaves a trace of what it owes. Whoever sends one claims it first, for a time: of several servers on one
database one alone sends it, and what a killed one had claimed is due again when that time is over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from .database import Database
from .schema import deliveries, jobs

_AT_A_LOOK = 256
_MORE = 8  # times as many at the next look, where there was none to pick


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`id` is the same on every try, of which this is the number `tries`. `until` is when it is due if nobody says
    how it went. `account` is that of its job, and empty for a job of nobody's."""

    id: str
    job: str
    account: str
    url: str
    body: str
    created: float
    tries: int
    until: float


class Owed(NamedTuple):
    """What was promised for a job that has ended, and has no body."""

    job: str
    url: str


class Told(NamedTuple):
    """How a delivery stands: it waits for its job, is due, was taken, or was given up."""

    id: str
    url: str
    state: Literal["promised", "due", "taken", "given up"]
    tries: int
    due: float | None
    taken: float | None
    failure: str


class Due(NamedTuple):
    """A delivery that may be claimed: it has been tried so many times, and was due at `due`."""

    id: str
    url: str
    tries: int
    due: float


Pick = Callable[[Iterable[Due]], Sequence[Due]]
"""Takes as many as it likes, and looks at no more than it has to: there may be very many."""


class Deliveries:
    """Times are Unix seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def promise(self, job: str, url: str, now: float) -> None:
        await self._database.write(lambda connection: promise(connection, job, url, now))

    async def add(self, job: str, url: str, body: str, now: float) -> bool:
        """Due at once. False when this job's message to this address is there already."""
        return await self._database.write(lambda connection: add(connection, job, url, body, now))

    async def owed(self) -> list[Owed]:
        """Promises of jobs that do not run: those of servers that were killed."""
        query = (
            sa.select(deliveries.c.job, deliveries.c.url)
            .join(jobs, jobs.c.id == deliveries.c.job)
            .where(_PROMISED, jobs.c.state != "running")
        )
        return await self._database.read(lambda connection: [Owed(*row) for row in connection.execute(query)])

    async def next_due(self) -> float | None:
        query = sa.select(sa.func.min(deliveries.c.due))
        found: float | None = await self._database.read(lambda connection: connection.scalar(query))
        return found

    async def claim(self, now: float, until: float, pick: Pick = list) -> list[Delivery]:
        """Those of the due ones that `pick` chooses, the least tried first; nobody else claims them before `until`."""
        # A look may take long, and nobody who writes is to wait for it.
        while picked := await self._database.read(lambda connection: pick(_due(connection, now))):
            if claimed := await self._database.write(partial(_claim, picked=picked, until=until)):
                return claimed  # else another server was quicker
        return []

    async def taken(self, delivery: Delivery, now: float) -> None:
        await self._end(delivery, {"due": None, "taken": now, "body": "", "failure": ""})

    async def failed(self, delivery: Delivery, due: float | None, failure: str) -> None:
        """`due`: when it is tried again; None: it is given up."""
        over = {"body": ""} if due is None else {}
        await self._end(delivery, {"due": due, "failure": failure, **over})

    async def _end(self, delivery: Delivery, values: dict[str, object]) -> None:
        """Nothing, for one that has been claimed by another in the meantime."""
        ours = sa.and_(deliveries.c.id == delivery.id, deliveries.c.due == delivery.until)
        change = sa.update(deliveries).where(ours).values(values)
        await self._database.write(lambda connection: connection.execute(change) and None)

    async def of(self, job: str) -> list[Told]:
        query = sa.select(deliveries).where(deliveries.c.job == job).order_by(deliveries.c.created)
        return await self._database.read(lambda connection: [_told(row) for row in connection.execute(query)])

    async def forget(self, before: float) -> int:
        """What is over and older than that; how many they were."""
        old = sa.and_(deliveries.c.due.is_(None), deliveries.c.created < before)
        gone = sa.delete(deliveries).where(old)
        return await self._database.write(lambda connection: connection.execute(gone).rowcount)


_PROMISED = sa.and_(deliveries.c.due.is_(None), deliveries.c.tries == 0)


def name(job: str, url: str) -> str:
    """The `webhook-id`: a job has one message for an address, however often it is ordered."""
    return "msg_" + hashlib.sha256(f"{job} {url}".encode()).hexdigest()[:32]


def promise(connection: sa.Connection, job: str, url: str, now: float) -> None:
    """Within a transaction of the caller's own, such as the one that begins the job."""
    _insert(connection, job, url, now)


def add(connection: sa.Connection, job: str, url: str, body: str, now: float) -> bool:
    """Within a transaction of the caller's own, such as the one that settles the job. See `Deliveries.add`."""
    _insert(connection, job, url, now)
    kept = sa.and_(deliveries.c.id == name(job, url), _PROMISED)
    return connection.execute(sa.update(deliveries).where(kept).values(body=body, due=now)).rowcount == 1


def _insert(connection: sa.Connection, job: str, url: str, now: float) -> None:
    row = {"id": name(job, url), "job": job, "url": url, "body": "", "created": now}
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(deliveries).values(row).on_conflict_do_nothing())


def _claim(connection: sa.Connection, picked: Sequence[Due], until: float) -> list[Delivery]:
    claimed = []
    for each in picked:
        as_seen = sa.and_(deliveries.c.id == each.id, deliveries.c.due == each.due)
        change = sa.update(deliveries).where(as_seen).values(due=until, tries=each.tries + 1)
        if connection.execute(change).rowcount:
            claimed.append(each.id)
    account = sa.func.coalesce(jobs.c.account, "").label("account")
    query = (
        sa.select(deliveries, account)
        .outerjoin(jobs, jobs.c.id == deliveries.c.job)
        .where(deliveries.c.id.in_(claimed))
    )
    rows = {row.id: row for row in connection.execute(query)} if claimed else {}
    return [_delivery(rows[id], until) for id in claimed]


def _due(connection: sa.Connection, now: float) -> Iterator[Due]:
    """The least tried first. A slow receiver may have thousands, behind which are those of others."""
    query = (
        sa.select(deliveries.c.id, deliveries.c.url, deliveries.c.tries, deliveries.c.due)
        .where(deliveries.c.due <= now)
        .order_by(deliveries.c.tries, deliveries.c.due, deliveries.c.id)
    )
    seen, most = 0, _AT_A_LOOK
    while found := connection.execute(query.offset(seen).limit(most)).all():
        yield from (Due(*row) for row in found)
        seen, most = seen + len(found), most * _MORE


def _delivery(row: sa.Row[tuple[object, ...]], until: float) -> Delivery:
    known = row._mapping
    told = {each: known[each] for each in ("id", "job", "account", "url", "body", "created", "tries")}
    return Delivery(**told, until=until)


def _told(row: sa.Row[tuple[object, ...]]) -> Told:
    known = row._mapping
    due, taken, tries = known["due"], known["taken"], known["tries"]
    state: Literal["promised", "due", "taken", "given up"] = (
        "due" if due is not None else "taken" if taken is not None else "given up" if tries else "promised"
    )
    return Told(known["id"], known["url"], state, tries, due, taken, known["failure"])

"""What must hold of the books, the jobs and the files once nothing runs, whatever happened before."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tintype.accounts._books import check_books
from tintype.accounts.schema import deliveries, entries, jobs, pictures, purses

from .shop import Shop
from .upstream import ORDER, PRICE, Upstream
from .waiting import until

LEASE = 60.0

_JOBS = (
    "id",
    "state",
    "prompt",
    "key",
    "pictures_asked",
    "pictures_made",
    "held",
    "charged",
    "paid",
    "maybe_paid",
)


@dataclass(slots=True)
class Seen:
    """What the database says at one moment. `faults` are those of the ledger's own check."""

    jobs: list[Any]
    charges: Counter[str]
    pictures: list[Any]
    held: int
    running: int
    faults: list[str]
    by_order: dict[str, list[Any]] = field(default_factory=dict)

    def count(self, state: str) -> int:
        return sum(job.state == state for job in self.jobs)

    @property
    def is_quiet(self) -> bool:
        return not self.count("running")


async def look(shop: Shop) -> Seen:
    def work(connection: sa.Connection) -> Seen:
        seen = Seen(
            jobs=list(connection.execute(sa.select(*(jobs.c[name] for name in _JOBS)))),
            charges=Counter(
                connection.execute(sa.select(entries.c.job).where(entries.c.kind == "charge")).scalars()
            ),
            pictures=list(connection.execute(sa.select(pictures).where(pictures.c.deleted.is_(None)))),
            held=connection.execute(sa.select(sa.func.sum(purses.c.held))).scalar() or 0,
            running=connection.execute(sa.select(sa.func.sum(purses.c.running))).scalar() or 0,
            faults=check_books(connection),
        )
        by_order: defaultdict[str, list[Any]] = defaultdict(list)
        for job in seen.jobs:
            found = ORDER.search(job.prompt)
            by_order[found[1] if found else "none"].append(job)
        seen.by_order = dict(by_order)
        return seen

    return await shop.database.read(work)


async def settled(shop: Shop, upstream: Upstream, patience: float) -> tuple[Seen, list[str]]:
    """What is seen once no job runs any more, and what is wrong with that; waits for so many seconds."""
    await upstream.quiet()

    async def is_quiet() -> bool:
        return (await look(shop)).is_quiet

    await until(is_quiet, patience)
    seen = await look(shop)
    return seen, [*seen.faults, *of_jobs(seen), *of_orders(seen, upstream)]


def of_jobs(seen: Seen) -> Iterator[str]:
    """Nothing is held, nobody is charged twice, nor for what was not made."""
    if running := seen.count("running"):
        yield f"{running} jobs still run, and nobody runs them"
    if seen.held or seen.running:
        yield f"purses hold {seen.held} for {seen.running} jobs, and none runs"
    for job in seen.jobs:
        if seen.charges[job.id] > 1:
            yield f"{job.id} was charged {seen.charges[job.id]} times"
        if job.charged != PRICE * job.pictures_made:
            yield f"{job.id} ({job.state}) made {job.pictures_made} pictures and was charged {job.charged}"
        if job.paid != PRICE * job.pictures_made:
            yield f"{job.id} ({job.state}) made {job.pictures_made} pictures, and paid {job.paid} for them"
        if job.state == "done" and not job.pictures_made:
            yield f"{job.id} is done, and made nothing"


def of_orders(seen: Seen, upstream: Upstream) -> Iterator[str]:
    """What the upstream sold is what was charged, but for what is on the operator's list."""
    for order in upstream.sold.keys() | seen.by_order.keys():
        mine = seen.by_order.get(order, [])
        sold, made = upstream.sold[order], sum(job.pictures_made for job in mine)
        listed = sum(job.pictures_asked for job in mine if job.maybe_paid)
        if made > sold:
            yield f"order {order}: {made} pictures were charged, and the upstream sold {sold}"
        if sold - made > listed:
            yield (
                f"order {order}: the upstream sold {sold}, {made} were charged and {listed} are listed as perhaps paid: "
                f"{[(job.id, job.state, job.pictures_made) for job in mine]}"
            )


def unpaid(seen: Seen, upstream: Upstream) -> int:
    """Pictures that the upstream sold and nobody paid for."""
    paid: int = sum(job.pictures_made for job in seen.jobs)
    return upstream.sold.total() - paid


def of_files(seen: Seen, folder: Path) -> Iterator[str]:
    """Every picture that is written down is there, byte for byte. `folder` is where pictures lie."""
    hashes: dict[str, str] = {}
    for row in seen.pictures:
        if row.path not in hashes:
            try:
                hashes[row.path] = hashlib.sha256((folder / row.path).read_bytes()).hexdigest()
            except OSError as error:
                hashes[row.path] = f"not there ({error.strerror})"
        if hashes[row.path][:32] != row.hash[:32]:  # the other half is its owner's
            yield f"{row.job}: the picture {row.path} is {hashes[row.path]}"


async def of_webhooks(shop: Shop, upstream: Upstream, patience: float) -> list[str]:
    """Whoever was promised to be told how a job ends is told so; what a killed server had begun to send is due again
    after a minute."""
    query = sa.select(deliveries.c.job, deliveries.c.due, deliveries.c.taken, jobs.c.state).join(
        jobs, jobs.c.id == deliveries.c.job
    )

    async def rows() -> list[Any]:
        return list(await shop.database.read(lambda connection: connection.execute(query).all()))

    async def are_sent() -> bool:
        return all(row.taken for row in await rows())

    await until(are_sent, patience)
    faults = []
    for row in await rows():
        if row.taken is None and row.due is None:
            faults.append(f"{row.job} is {row.state}, and the webhook that was promised is not ordered")
        elif row.taken is None and patience > LEASE:
            faults.append(f"{row.job} is {row.state}, and its webhook is not sent")
        elif row.taken is not None and upstream.told[row.job] != {row.state}:
            faults.append(f"{row.job} is {row.state}, and its webhook said {upstream.told[row.job]}")
    return faults


def drafts(folder: Path) -> int:
    """Files that were being written."""
    return sum(1 for path in folder.glob("*/.*")) if folder.exists() else 0

"""PostgreSQL goes away under load: its connections are cut again and again, and then it takes none for a while."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from tintype.accounts._failures import AWAY

from .checks import Seen, of_files, settled, unpaid
from .orders import Order, draw_order, of_answer, place
from .server import Server
from .shop import APPLICATION, POSTGRESQL, Buyer, administer, shop
from .table import Report
from .upstream import Mood, Upstream, upstream

_CUT = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{APPLICATION}' AND datname = "


@dataclass
class Away:
    """For `seconds` the server's connections are cut every now and then; then none are taken for `silence` seconds."""

    seconds: float = 60.0
    silence: float = 8.0
    after: float = 2.0
    callers: int = 12
    seed: int = 1
    cuts: int = 0
    orders: list[Order] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    over: bool = False

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    async def run(self, folder: Path, name: str, url: str, named: str) -> Report:
        """`named`: the URL that the server's own connections are known by, and `name` the database's."""
        begun = time.monotonic()
        mood = Mood(seconds=(0.0, 0.25), before=0.06, after=0.06)
        async with upstream(mood, self.seed) as vendor, shop(url) as house:
            buyers = [await house.buyer(f"buyer {number}", 10**9) for number in range(4)]
            server = Server(folder, named, vendor.port)
            await server.start()
            await server.ready()
            try:
                load = [asyncio.create_task(self._caller(server.port, buyers)) for _ in range(self.callers)]
                await self._cut(name)
                during = len(self.orders)
                await self._silence(name)
                missed = len(self.orders) - during
                await asyncio.sleep(self.after)
                self.over = True
                await asyncio.wait(load)
                after = Order("after", "plain", buyers[0])
                await place(after, server.port)
                if after.answer is not None and AWAY.encode() in after.answer.body:  # else it had no luck
                    self.faults.append(f"once the database is back: {after.answer.body[:200]!r}")
                seen, faults = await settled(house, vendor, 30.0)
            finally:
                await server.stop()
        self.faults += [*faults, *of_files(seen, folder / "data" / "pictures")]
        for order in self.orders:
            self.faults += of_answer(order, vendor.sold[order.id])
        self.faults += self._of_answers(seen)
        return self._report(seen, vendor, missed, time.monotonic() - begun)

    async def _caller(self, port: int, buyers: list[Buyer]) -> None:
        while not self.over:
            order = draw_order(self.chance, len(self.orders), buyers, "a")
            self.orders.append(order)
            await place(order, port)
            if not order.is_whole:
                await asyncio.sleep(0.05)

    async def _cut(self, name: str) -> None:
        until = time.monotonic() + self.seconds
        engine = sa.create_engine(
            sa.make_url(POSTGRESQL).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
        )

        def cut() -> int:
            with engine.connect() as connection:
                return int(connection.exec_driver_sql(f"{_CUT}'{name}'").scalar_one())

        while time.monotonic() < until:
            await asyncio.sleep(self.chance.uniform(0.0, 0.5))
            self.cuts += await asyncio.to_thread(cut)
        engine.dispose()

    async def _silence(self, name: str) -> None:
        """Nobody but this trial's own side is connected, and nobody else comes in."""
        await asyncio.to_thread(
            administer, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", f"{_CUT}'{name}'"
        )
        await asyncio.sleep(self.silence)
        await asyncio.to_thread(administer, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    def _of_answers(self, seen: Seen) -> list[str]:
        """Who was answered 200 was charged, or is as soon as the database is back."""
        jobs = {job.id: job for job in seen.jobs}
        faults = []
        for order in self.orders:
            job = jobs.get(order.job)
            if order.is_whole and (job is None or job.state != "done"):
                faults.append(f"order {order.id} ({order.kind}) was answered 200, and {order.job} is {job}")
        return faults

    def _report(self, seen: Seen, vendor: Upstream, missed: int, seconds: float) -> Report:
        told = Counter(str(order.answer.status) for order in self.orders if order.answer is not None)
        listed = sum(job.maybe_paid for job in seen.jobs)
        states = ("done", "failed", "cancelled", "interrupted")
        return Report(
            "PostgreSQL goes away under load",
            [
                ("connections cut", f"{self.cuts:,} within {self.seconds:g} s"),
                ("then none taken for", f"{self.silence:g} s, in which {missed:,} orders were placed"),
                (
                    "orders",
                    f"{len(self.orders):,}: "
                    + ", ".join(f"{count:,} {status}" for status, count in told.most_common()),
                ),
                ("jobs", ", ".join(f"{seen.count(state):,} {state}" for state in states)),
                ("pictures that the upstream sold", f"{vendor.sold.total():,}"),
                ("pictures that callers paid", f"{sum(job.pictures_made for job in seen.jobs):,}, each once"),
                (
                    "sold, and paid by nobody",
                    f"{unpaid(seen, vendor):,}, all within the {listed:,} jobs listed",
                ),
                ("seed, time", f"{self.seed}, {seconds:.0f} s"),
            ],
            self.faults,
        )

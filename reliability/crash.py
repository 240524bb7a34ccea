"""The server is killed at random moments under load; after each restart, books, jobs and files are looked through."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

from tintype.gateway.purchase import JUST_ENDED
from tintype.storage import Store

from .checks import Seen, drafts, of_files, of_webhooks, settled, unpaid
from .http import Answer, ask
from .operator import as_told
from .orders import Order, draw_order, of_answer, place, read_job, send, take
from .server import Server
from .shop import Buyer, Shop, shop
from .table import Report
from .upstream import HOOK, Mood, Upstream, upstream

MOOD = Mood(seconds=(0.0, 0.25), before=0.06, after=0.06)
CALLERS = 12
READERS = 8
MONTHS = 60 * 24 * 3600.0


@dataclass
class Crash:
    """One run. `kills` that are counted; some of them are while the server starts again."""

    kills: int
    seconds: float
    seed: int
    callers: int = CALLERS
    done: int = 0
    orders: list[Order] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    replays: int = 0
    reads: int = 0
    at_start: int = 0
    stops: int = 0
    most_drafts: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    async def run(self, folder: Path, url: str, what: str) -> Report:
        begun = time.monotonic()
        async with upstream(MOOD, self.seed) as vendor, shop(url) as house:
            buyers = [await house.buyer(f"buyer {number}", 10**9) for number in range(4)]
            server = Server(folder, url, vendor.port)
            await server.start()
            await server.ready()
            seen = None
            try:
                while self.done < self.kills and time.monotonic() - begun < self.seconds:
                    seen = await self._cycle(server, vendor, house, buyers, folder)
                if seen is not None:
                    patience = 6.5 if self.kills < 20 else 90.0
                    self.faults += await of_webhooks(house, vendor, patience)
                    operator = await house.buyer("operator", 0, admin=True)
                    self.faults += await as_told(server.port, operator, seen)
            finally:
                await server.stop()
            if seen is None:
                raise RuntimeError("there was no time for a single kill")
            self.faults += [f"in the log: {line}" for line in server.crashes()]
            await self._end(folder, seen)
            return self._report(what, seen, vendor, time.monotonic() - begun)

    async def _cycle(
        self, server: Server, vendor: Upstream, house: Shop, buyers: list[Buyer], folder: Path
    ) -> Seen:
        first = len(self.orders)
        load = [
            asyncio.create_task(self._caller(server.port, vendor.port, buyers)) for _ in range(self.callers)
        ]
        await asyncio.sleep(self.chance.uniform(0.02, 0.9))
        if stop := self.chance.random() < 0.1:
            await server.stop()
            self.stops += 1
        else:
            await server.kill()
            self.done += 1
            for task in load:
                task.cancel()
        await asyncio.wait(load)
        died = time.monotonic()
        await server.start()
        if self.done < self.kills and self.chance.random() < 0.15:
            await asyncio.sleep(self.chance.uniform(0.3, 1.5))
            await server.kill()
            self.done += 1
            self.at_start += 1
            await server.start()
        await server.ready()
        seen, faults = await settled(house, vendor, 20.0)
        self.waits.append(time.monotonic() - died)
        faults += of_files(seen, folder / "data" / "pictures")
        self.most_drafts = max(self.most_drafts, drafts(folder / "data" / "pictures"))
        mine = self.orders[first:]
        if stop:
            faults += _of_stop(mine, seen)
        earlier = self.chance.sample(self.orders[:first], min(5, first))
        turns = asyncio.Semaphore(READERS)

        async def read_again(order: Order) -> list[str]:
            async with turns:
                return await self._read_again(order, server.port, seen, vendor)

        for found in await asyncio.gather(*(read_again(order) for order in (*mine, *earlier))):
            faults += found
        seen, more = await settled(house, vendor, 20.0)
        self.faults += [f"after kill {self.done}: {fault}" for fault in (*faults, *more)]
        return seen

    async def _caller(self, port: int, vendor: int, buyers: list[Buyer]) -> None:
        while True:
            order = draw_order(self.chance, len(self.orders), buyers)
            if order.kind == "hooked":
                order.hook = f"http://127.0.0.1:{vendor}{HOOK}"
            self.orders.append(order)
            await place(order, port)
            if order.answer is None and order.kind != "left":
                return  # the server is dead

    async def _read_again(self, order: Order, port: int, seen: Seen, vendor: Upstream) -> list[str]:
        """Whoever was told that it was drawn can read it; whoever orders again under the same name gets the same."""
        faults = list(of_answer(order, vendor.sold[order.id]))
        jobs = {job.id: job for job in seen.by_order.get(order.id, ())}
        done = [job for job in jobs.values() if job.state == "done"]
        about = f"order {order.id} ({order.kind}, {order.job or 'no job told'})"
        if order.promised and order.job:
            told = await read_job(order, port)
            self.reads += 1
            if told.status != 200:
                faults.append(f"{about} was promised, and reading it is {told.status} {told.code}")
            elif order.is_whole and (told.json()["status"], told.json()["pictures"]) != (
                "completed",
                order.n,
            ):
                faults.append(f"{about} was answered, and is {told.json()['status']}: {told.body[:300]!r}")
            elif order.job not in jobs or told.json()["status"] == "running":
                faults.append(f"{about} is not written down, or runs for ever")
            elif "async" in order.kind and _result(told) != _result(order.answer or told):
                faults.append(f"{about} was read before, and reads otherwise now")
        for address in order.addresses:
            got = await ask(port, "GET", address)
            if got.status != 200:
                faults.append(f"{about}: its picture's address is {got.status} now")
        is_fresh = time.monotonic() - order.placed < JUST_ENDED - 60
        if "named" in order.kind or (order.kind == "retried" and is_fresh):
            faults += await self._order_again(order, port, bool(done), vendor, about)
        return faults

    async def _order_again(
        self, order: Order, port: int, done: bool, vendor: Upstream, about: str
    ) -> list[str]:
        sold, before = vendor.sold[order.id], order.answer if order.is_whole else None
        order.tries += 1
        answer = await send(order, port)
        self.replays += done
        faults = []
        if done and answer.status != 200:
            faults.append(f"{about} is done; ordered again, it is {answer.status} {answer.code}")
        if done and vendor.sold[order.id] != sold:
            faults.append(f"{about} is done; ordered again, it was bought again")
        if done and before is not None and answer.body != before.body:
            faults.append(
                f"{about} was ordered again, and the answer is another: {_differ(before.body, answer.body)}"
            )
        if answer.status == 200:
            take(order, answer)
            order.promised = True
            order.job = answer.headers["x-tintype-job"]
            faults += of_answer(order, vendor.sold[order.id])
        return faults

    async def _end(self, folder: Path, seen: Seen) -> None:
        """All of it once more; and nothing is left over once its time is up."""
        by_id = {job.id: job for job in seen.jobs}
        for order in self.orders:
            job = by_id.get(order.job)
            if order.is_whole and (job is None or job.state != "done" or seen.charges[job.id] != 1):
                self.faults.append(f"order {order.id} was answered 200, and {order.job} is {job}")
        place = folder / "data" / "pictures"
        store = Store.open("", folder=place, secret=bytes(32))
        await store.sweep(time.time() + MONTHS)
        if left := list(place.glob("*/*")) + list(place.glob("*/.*")):
            self.faults.append(f"{len(left)} files are left after their time")
        if left := list((folder / "data").glob(".*")):
            self.faults.append(f"temporary files pile up: {left}")

    def _report(self, what: str, seen: Seen, vendor: Upstream, seconds: float) -> Report:
        listed = [job for job in seen.jobs if job.maybe_paid]
        return Report(
            f"SIGKILL under load, {what}",
            [
                ("kills", f"{self.done}, of them {self.at_start} while it started again"),
                ("and SIGTERM", f"{self.stops}: all that ran was finished and answered"),
                (
                    "orders",
                    f"{len(self.orders):,}, {sum(order.is_whole for order in self.orders):,} answered with 200",
                ),
                (
                    "jobs",
                    ", ".join(
                        f"{seen.count(state):,} {state}" for state in ("done", "failed", "interrupted")
                    ),
                ),
                ("pictures that the upstream sold", f"{vendor.sold.total():,}"),
                ("pictures that callers paid", f"{sum(job.pictures_made for job in seen.jobs):,}, each once"),
                (
                    "sold, and paid by nobody",
                    f"{unpaid(seen, vendor):,}, all within the {len(listed):,} jobs listed",
                ),
                ("ordered again after a restart", f"{self.replays:,}: the same bytes, and nothing bought"),
                ("jobs read after a restart", f"{self.reads:,}"),
                ("webhooks that came", f"{len(vendor.told):,}, each telling how its job had ended"),
                (
                    "files written down",
                    f"{len(seen.pictures):,}, all there; drafts at the most: {self.most_drafts}",
                ),
                (
                    "from the kill to a server that has recovered",
                    f"{sorted(self.waits)[len(self.waits) // 2]:.1f} s (median)",
                ),
                ("seed, time", f"{self.seed}, {seconds:.0f} s"),
            ],
            self.faults,
        )


def _of_stop(orders: list[Order], seen: Seen) -> list[str]:
    """SIGTERM lets all that runs finish, and everybody hears of it."""
    faults = []
    for order in orders:
        jobs = seen.by_order.get(order.id, ())
        about = f"order {order.id} ({order.kind}), when the server was stopped by SIGTERM"
        if any(job.state == "interrupted" for job in jobs):
            faults.append(f"{about}: it was interrupted")
        if jobs and order.answer is None and order.kind not in ("left", "async"):
            faults.append(f"{about}: it had begun, and was not answered: {[job.state for job in jobs]}")
    return faults


def _result(told: Answer) -> object:
    return told.json()["result"] if told.status == 200 else None


def _differ(one: bytes, other: bytes) -> str:
    at = next(
        (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )
    return f"at {at} {one[max(at - 60, 0) : at + 60]!r} and {other[max(at - 60, 0) : at + 60]!r}"

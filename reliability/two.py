"""Two servers on one PostgreSQL and one Redis: what an account may spend and have at once holds across both."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tintype.accounts.keys import Keys

from .checks import look, settled
from .http import Answer, ask
from .orders import Order, pictures_of, place, read_job, send
from .server import Server
from .shop import Buyer, Shop, shop
from .table import Report
from .upstream import PRICE, Mood, Upstream, picture, upstream
from .waiting import until

REDIS = os.environ.get("TINTYPE_TEST_REDIS", "redis://127.0.0.1:6379/0")
ELSEWHERE = ("unshare", "--fork", "--pid", "--kill-child")
"""A world of pids of its own, as another machine has one: nobody can see from outside whether who is in it lives."""


@dataclass
class Two:
    """`size` is how many pictures an account can pay, and how many orders are placed twice."""

    size: int = 50
    seed: int = 1
    elsewhere: bool = True
    rows: list[tuple[str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    async def run(self, folder: Path, url: str) -> Report:
        begun = time.monotonic()
        redis = REDIS if has_redis() else ""
        more = f'limits = "{redis}"' if redis else ""
        async with (
            upstream(Mood(seconds=(0.05, 0.3)), self.seed) as vendor,
            shop(url) as house,
            _started(Server(folder, url, vendor.port, more=more)) as second,
        ):
            wrap = ELSEWHERE if self.elsewhere and can_be_elsewhere() else ()
            async with _started(Server(folder, url, vendor.port, more=more, wrap=wrap)) as first:
                ports = (first.port, second.port)
                await self._balance(house, vendor, ports)
                await self._at_once(house, vendor, ports)
                await self._same_name(house, vendor, ports)
                await self._read_elsewhere(house, ports)
                if redis:
                    await self._per_minute(house, ports)
                await self._one_dies(house, vendor, first, second, bool(wrap))
            _, faults = await settled(house, vendor, 30.0)
            self.faults += faults
            for server in (first, second):
                self.faults += [f"in the log: {line}" for line in server.crashes()]
        self.rows.append(("time", f"{time.monotonic() - begun:.0f} s"))
        return Report(
            "Two servers on one PostgreSQL" + (" and one Redis" if redis else ""), self.rows, self.faults
        )

    async def _balance(self, house: Shop, vendor: Upstream, ports: tuple[int, int]) -> None:
        """Money for `size` pictures, and three times as many orders at once."""
        buyer = await house.buyer("just enough", PRICE * self.size)
        orders = [Order(f"b{number}", "plain", buyer) for number in range(3 * self.size)]
        answers = await _all(orders, ports)
        statuses = Counter(answer.status for answer in answers)
        sold = sum(vendor.sold[order.id] for order in orders)
        left = await house.ledger.balance(buyer.account)
        self.rows.append(
            (f"money for {self.size}, {3 * self.size} ordered at once", f"{sold} sold, {left} left")
        )
        if statuses != {200: self.size, 402: 2 * self.size} or sold != self.size or left != 0:
            self.faults.append(f"money for {self.size} pictures: {dict(statuses)}, {sold} sold, {left} left")

    async def _at_once(self, house: Shop, vendor: Upstream, ports: tuple[int, int]) -> None:
        limit = 4
        buyer = await house.buyer("a few at once", 10**9, at_once=limit)
        orders = [Order(f"l{number}", "plain", buyer) for number in range(self.size)]
        answers = await _all(orders, ports)
        codes = Counter(answer.code or str(answer.status) for answer in answers)
        most = vendor.most["l"]
        self.rows.append(
            (
                f"a key of {limit} jobs at once, {self.size} ordered",
                f"{most} at the most, {codes['200']} drawn",
            )
        )
        if most > limit or codes["200"] < limit or codes["200"] + codes["too_many_jobs"] != self.size:
            self.faults.append(f"{limit} jobs at once: {most} were, and {dict(codes)} were told")

    async def _same_name(self, house: Shop, vendor: Upstream, ports: tuple[int, int]) -> None:
        """Each name is ordered at both in the same moment."""
        buyer = await house.buyer("names", 10**9)
        orders = [Order(f"n{number}", "named", buyer) for number in range(self.size)]
        pairs = await asyncio.gather(
            *(asyncio.gather(*(send(order, port) for port in ports)) for order in orders)
        )
        for order, (one, other) in zip(orders, pairs, strict=True):
            if (one.status, one.body) != (other.status, other.body) or vendor.sold[order.id] != 1:
                said = [
                    (answer.status, answer.code, answer.headers.get("x-tintype-job"))
                    for answer in (one, other)
                ]
                self.faults.append(f"{order.id} at both: {said}, {vendor.sold[order.id]} sold")
        sold = sum(vendor.sold[order.id] for order in orders)
        self.rows.append(
            (f"{self.size} names, each ordered at both at once", f"{sold} sold, the same bytes from both")
        )

    async def _read_elsewhere(self, house: Shop, ports: tuple[int, int]) -> None:
        """What is ordered at the one is read at the other, while it runs and when it is done."""
        buyer = await house.buyer("reader", 10**9)
        orders = [Order(f"r{number}", "async", buyer) for number in range(min(self.size, 20))]
        for order in orders:
            order.job = (await send(order, ports[0])).headers["x-tintype-job"]
        for order in orders:

            async def has_ended(order: Order = order) -> bool:
                told = await read_job(order, ports[1])
                return told.json().get("status") not in ("queued", "running")

            await until(has_ended, 30)
            told = await read_job(order, ports[1])
            if told.json().get("status") != "completed" or pictures_of(told) != [picture(order.id)]:
                self.faults.append(f"{order.id}, ordered at the one, is at the other {told.body[:200]!r}")
        kept = Order("rurl", "named url", buyer)
        await place(kept, ports[0])
        for address in kept.addresses or ["/"]:
            got = await ask(ports[1], "GET", address)
            if got.body != picture("rurl"):
                self.faults.append(f"a picture kept by the one is {got.status} at the other")
        self.rows.append(("ordered at one, read at the other", f"{len(orders) + 1}, byte for byte"))

    async def _per_minute(self, house: Shop, ports: tuple[int, int]) -> None:
        limit = 30
        buyer = await house.buyer("a few a minute", 10**9)
        key, secret = await Keys(house.database).make("limited", buyer.account, requests_per_minute=limit)
        limited = Buyer(buyer.account, key.id, secret)
        orders = [Order(f"m{number}", "plain", limited) for number in range(3 * limit)]
        answers = [
            answer for at in range(0, len(orders), 10) for answer in await _all(orders[at : at + 10], ports)
        ]
        statuses = Counter(answer.status for answer in answers)
        self.rows.append((f"a key of {limit} requests a minute, {3 * limit} sent", f"{statuses[200]} let in"))
        if statuses != {200: limit, 429: 2 * limit}:
            self.faults.append(f"{limit} requests a minute: {dict(statuses)}")

    async def _one_dies(
        self, house: Shop, vendor: Upstream, first: Server, second: Server, elsewhere: bool
    ) -> None:
        vendor.mood = Mood(seconds=(2.0, 2.0))
        buyer = await house.buyer("unlucky", 10**9)
        orders = [Order(f"d{number}", "async", buyer) for number in range(8)]
        for order in orders:
            order.job = (await send(order, first.port)).headers["x-tintype-job"]

        async def are_all_drawn() -> bool:
            return vendor.running["d"] == len(orders)

        async def has_recovered() -> bool:
            return not (await look(house)).count("running")

        await until(are_all_drawn, 20, 0.01)
        await first.kill()
        died = time.monotonic()
        await until(has_recovered, 60)
        took = time.monotonic() - died
        told = [(await read_job(order, second.port)).json() for order in orders]
        states = Counter(each["status"] for each in told)
        where = "in a pid world of its own" if elsewhere else "on the same machine"
        self.rows.append((f"one is killed with 8 jobs, {where}", f"declared interrupted after {took:.0f} s"))
        if states != {"interrupted": len(orders)} or took > 26:
            self.faults.append(f"after {took:.0f} s the jobs of the dead server are {dict(states)}")
        if await house.ledger.balance(buyer.account) != 10**9:
            self.faults.append("interrupted jobs were charged")


@asynccontextmanager
async def _started(server: Server) -> AsyncIterator[Server]:
    await server.start()
    try:
        await server.ready()
        yield server
    finally:
        await server.stop()


async def _all(orders: list[Order], ports: tuple[int, int]) -> list[Answer]:
    return await asyncio.gather(*(send(order, ports[number % 2]) for number, order in enumerate(orders)))


def has_redis() -> bool:
    parts = urlsplit(REDIS)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), timeout=1):
            return True
    except OSError:
        return False


def can_be_elsewhere() -> bool:
    return (
        shutil.which(ELSEWHERE[0]) is not None
        and not subprocess.run([*ELSEWHERE, "true"], check=False).returncode
    )

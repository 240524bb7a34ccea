"""Hundreds of callers who time out and try again as the SDKs do, before an upstream that fails a third of the time."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from .checks import Seen, settled, unpaid
from .http import Answer, Lost
from .orders import Order, of_answer, send, take
from .server import Server
from .shop import shop
from .table import Report
from .upstream import PRICE, Mood, Upstream, upstream

KINDS = (
    "retried",
    "retried",
    "retried",
    "named retried",
    "named retried stream",
    "stream",
    "retried url",
    "retried async",
    "retried wait",
    "plain",
)
FAILING = 1 / 3
RETRIES = 2
"""As OpenAI's SDKs have it."""


@dataclass
class Storm:
    """`orders` of each caller, one after the other. Each of them waits `patience` seconds, at least and at most, and
    orders again up to `RETRIES` times; the upstream takes `seconds` for a picture."""

    callers: int = 500
    orders: int = 4
    seed: int = 1
    patience: tuple[float, float] = (0.5, 8.0)
    seconds: tuple[float, float] = (0.1, 3.0)
    statuses: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    faults: list[str] = field(default_factory=list)
    placed: list[Order] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    async def run(self, folder: Path, url: str, what: str) -> Report:
        begun = time.monotonic()
        mood = Mood(seconds=self.seconds, before=FAILING * 0.6, after=FAILING * 0.4)
        async with upstream(mood, self.seed) as vendor, shop(url) as house:
            buyers = [
                await house.buyer(f"buyer {number}", 10**9) for number in range(max(self.callers // 10, 1))
            ]
            server = Server(folder, url, vendor.port)
            await server.start()
            await server.ready()
            try:
                callers = (
                    self._caller(number, buyers[number % len(buyers)], server.port)
                    for number in range(self.callers)
                )
                await asyncio.gather(*callers)
                seen, faults = await settled(house, vendor, 30.0)
                balances = sum([await house.ledger.balance(buyer.account) or 0 for buyer in buyers])
            finally:
                await server.stop()
        charged = len(buyers) * 10**9 - balances
        made = sum(job.pictures_made for job in seen.jobs)
        if charged != PRICE * made:
            faults.append(f"{made} pictures were made, and the accounts have {charged} less")
        self.faults += [*faults, *self._of_orders(seen, vendor)]
        self.faults += [f"in the log: {line}" for line in server.crashes()]
        return self._report(what, seen, vendor, time.monotonic() - begun)

    async def _caller(self, number: int, buyer: object, port: int) -> None:
        await asyncio.sleep(self.chance.uniform(0, 1))
        for turn in range(self.orders):
            order = Order(
                id=f"s{number}x{turn}",
                kind=self.chance.choice(KINDS),
                buyer=buyer,  # type: ignore[arg-type]
                leaves=self.chance.uniform(*self.patience),
            )
            self.placed.append(order)
            await self._persist(order, port)

    async def _persist(self, order: Order, port: int) -> None:
        """As the SDKs do: a timeout, a lost connection, 408, 409, 429 and whatever is 500 or more is tried again,
        unless the server says otherwise; the pause doubles, or is what the server says."""
        while True:
            pause = min(0.5 * 2**order.tries, 8.0) * (1 - 0.25 * self.chance.random())
            try:
                answer = await send(order, port)
                order.job = answer.headers.get("x-tintype-job", order.job)
                if not _is_tried_again(answer):
                    self.statuses[str(answer.status)] += 1
                    take(order, answer)
                    return
                pause = float(answer.headers.get("retry-after", pause))
                outcome = f"{answer.status} at last"
            except TimeoutError:
                outcome = "left at last"
            except Lost:
                outcome = "lost at last"
            if order.tries >= RETRIES:
                self.statuses[outcome] += 1
                return
            order.tries += 1
            self.retries += 1
            await asyncio.sleep(pause)

    def _of_orders(self, seen: Seen, vendor: Upstream) -> list[str]:
        """No order is bought again while it is being drawn, or once it was drawn and answered."""
        faults: list[str] = []
        for order in self.placed:
            faults += of_answer(order, vendor.sold[order.id])
            mine = seen.by_order.get(order.id, [])
            if sum(job.state == "done" for job in mine) > 1 and "retried" in order.kind:
                faults.append(f"order {order.id} ({order.kind}) was drawn as {[job.id for job in mine]}")
            if "retried" not in order.kind and "named" not in order.kind:
                continue
            calls = sorted(vendor.calls[order.id], key=lambda call: call.began)
            for earlier, later in zip(calls, calls[1:], strict=False):
                if later.began < earlier.ended:
                    faults.append(f"order {order.id} ({order.kind}) was bought while it was being drawn")
                elif earlier.fate == "well":
                    faults.append(
                        f"order {order.id} ({order.kind}) was bought again though it had been drawn"
                    )
        return faults

    def _report(self, what: str, seen: Seen, vendor: Upstream, seconds: float) -> Report:
        calls = [call for each in vendor.calls.values() for call in each]
        failed = sum(call.fate != "well" for call in calls)
        told = ", ".join(f"{count:,} {status}" for status, count in self.statuses.most_common())
        listed = sum(job.maybe_paid for job in seen.jobs)
        return Report(
            f"Retry storm, {what}",
            [
                ("callers", f"{self.callers}, {self.orders} orders each"),
                ("requests", f"{len(self.placed) + self.retries:,}, {self.retries:,} of them retries"),
                ("how the orders ended", told),
                (
                    "jobs",
                    ", ".join(f"{seen.count(state):,} {state}" for state in ("done", "failed", "cancelled")),
                ),
                (
                    "calls of the upstream",
                    f"{len(calls):,}, of which {failed / max(len(calls), 1):.0%} failed",
                ),
                ("pictures that the upstream sold", f"{vendor.sold.total():,}"),
                ("pictures that callers paid", f"{sum(job.pictures_made for job in seen.jobs):,}, each once"),
                (
                    "sold, and paid by nobody",
                    f"{unpaid(seen, vendor):,}, all within the {listed:,} jobs listed",
                ),
                ("orders bought twice", "none" if not self.faults else "see the faults"),
                ("seed, time", f"{self.seed}, {seconds:.0f} s"),
            ],
            self.faults,
        )


def _is_tried_again(answer: Answer) -> bool:
    told = answer.headers.get("x-should-retry")
    if told in ("true", "false"):
        return told == "true"
    return answer.status in (408, 409, 429) or answer.status >= 500

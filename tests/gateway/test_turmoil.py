"""Orders that fail, wait and are left at any moment, all at a time: afterwards every place at every gate is free again."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, replace

import pytest

from tintype.core import Caller, Events, ImageRequest, ModelCard
from tintype.core.errors import Busy, Garbled, NoImage, Refused, Rejected, Timeout, TintypeError, Unavailable
from tintype.gateway.gateway import Gateway
from tintype.gateway.route import Route

from .offering import CARD, REQUEST, Seller, gate_of, ordered, selling

FAULTS: tuple[TintypeError | int, ...] = (
    *(10,) * 12,
    0,
    Busy("busy", retry_after=0.002),
    Busy("busy"),
    Garbled("raving", charged=True),
    NoImage("nothing"),
    Refused("no"),
    Timeout("slow", charged=True),
    Unavailable("down", retry_after=0.001),
    Rejected("no key", code="upstream_key_rejected"),
)


@dataclass
class Moody(Seller):
    """No call goes as the one before."""

    def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        step = random.choice(FAULTS)
        self.script = (step,) if isinstance(step, int) or random.random() < 0.7 else ((1, step),)
        self.previews = random.random() < 0.3
        self.wait = lambda: asyncio.ensure_future(asyncio.sleep(random.random() / 200))
        return super().generate(request, card)


async def one(gateway: Gateway, caller: str) -> None:
    request = replace(REQUEST, n=random.choice((1, 1, 2, 4)), stream=random.random() < 0.3)
    if random.random() < 0.5:
        await ordered(gateway, request, caller)
        return
    job = gateway.submit(request, caller=Caller(turn=caller))
    job.stays = random.random() < 0.5
    async with job.watched():
        await asyncio.sleep(random.random() / 50)
        if random.random() < 0.7:
            job.cancel()
    await job.over()


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_left_of_it(seed: int) -> None:
    random.seed(seed)
    sellers = [Moody("a"), Moody("b")]
    cards = [CARD, replace(CARD, max_n=1)]
    gateway = selling(
        *sellers, cards=cards, route=Route(offers=("m", "b/m"), weights=(1.0, 1.0)), seconds=1.0
    )
    for offer in (0, 1):
        gate_of(gateway, offer)._at_once = 3

    async def main() -> None:
        before = asyncio.all_tasks()
        await asyncio.gather(*(one(gateway, random.choice("abc")) for _ in range(150)))
        await asyncio.gather(*(job.over() for job in gateway.jobs.running.values()))
        await asyncio.sleep(0)
        assert not gateway.jobs.running
        assert asyncio.all_tasks() == before
        assert [seller.running for seller in sellers] == [0, 0]
        assert all(seller.most <= 3 for seller in sellers)
        for offer in gateway.offers:
            for _ in range(3):
                assert not offer.gate.is_full
                await offer.gate.enter("anybody", 0.0)
            offer.breaker._until = 0.0  # as if its time were over
            assert offer.breaker.admit()

    asyncio.run(main())

"""How far a job has come, as whoever draws it tells: a place in a queue, and steps."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tintype.core import Caller, Completed, Events, Image, ImageRequest, ModelCard, Size
from tintype.core.call import CALL, Call
from tintype.gateway.gateway import Gateway
from tintype.gateway.jobs import Job
from tintype.gateway.offers import Offer, Offers
from tintype.polyfills import all_polyfills

from ..pictures import png

PICTURE = Image.from_bytes(png(Size(8, 8)))


@dataclass
class Painter:
    """Waits at place 2, then 1, then draws half of each picture and all of it; goes on when it is let."""

    name: str = "painter"
    family: str = ""
    local: bool = True
    caller: str = ""

    def __post_init__(self) -> None:
        self.goes_on = asyncio.Event()

    async def check(self) -> str:
        return "it is here"

    async def close(self) -> None: ...

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        call = CALL.get()
        assert call is not None
        self.caller = call.caller
        for position, under_way in ((2, 0.0), (1, 0.0), (0, 0.5)):
            call.tell(position=position, under_way=under_way)
            await self.goes_on.wait()
            self.goes_on.clear()
        yield Completed(image=PICTURE)


def opened(painter: Painter) -> Gateway:
    card = ModelCard(id="m", provider="painter")
    return Gateway(offers=Offers([Offer(card, painter)], default="m"), polyfills=all_polyfills())


async def until(job: Job, position: int | None, progress: float) -> None:
    async with asyncio.timeout(5):
        while (job.report.position(), job.progress()) != (position, progress):
            await job.moved()


def test_places_and_shares_are_told_as_they_change() -> None:
    async def main() -> None:
        painter = Painter()
        job = opened(painter).submit(ImageRequest(model="m", prompt="a cat"), caller=Caller(turn="ann"))
        for position, progress in ((2, 0.0), (1, 0.0), (None, 0.5)):
            await until(job, position, progress)
            painter.goes_on.set()
        await job.over()
        assert painter.caller == "ann"
        await until(job, None, 1.0)

    asyncio.run(main())


def test_the_calls_of_an_order_add_up() -> None:
    async def main() -> None:
        painter = Painter()
        job = opened(painter).submit(ImageRequest(model="m", prompt="a cat", n=2))
        await until(job, 2, 0.0)
        assert len(job.report.calls) == 2
        first, second = job.report.calls
        first.tell(position=0, under_way=0.5)
        assert (job.report.position(), job.progress()) == (None, 0.25)
        second.tell(position=0, under_way=0.9)
        assert job.progress() == 0.7
        job.cancel()
        await job.over()
        assert not job.report.calls

    asyncio.run(main())


def test_nobody_is_told_what_has_not_changed() -> None:
    moves: list[int] = []
    call = Call("ann", lambda: moves.append(call.position))
    for position in (1, 1, 0, 0):
        call.tell(position=position, under_way=0.0)
    assert moves == [1, 0]
    call.tell(position=0, under_way=0.5)
    assert moves == [1, 0, 0]

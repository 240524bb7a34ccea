"""Working substitutes for what is slow or far away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tintype.core import (
    Answer,
    Aside,
    Completed,
    Events,
    House,
    Image,
    ImageRequest,
    Incoming,
    JobView,
    Micros,
    ModelCard,
    Partial,
    Receipt,
    Size,
    Usage,
)
from tintype.core.errors import UnknownModel

from .pictures import png


@dataclass
class FakeProvider:
    """Makes plain pictures at once, `pause` seconds apart; remembers what it was asked for, and what was left.

    `plain`: of 8x8 pixels whatever was asked, for tests that order a great many.
    """

    name: str = "fake"
    family: str = ""
    local: bool = True
    pause: float = 0.0
    fails: Exception | None = None
    plain: bool = False
    asked: list[ImageRequest] = field(default_factory=list)
    left: int = 0

    async def check(self) -> str:
        return "it is here"

    async def close(self) -> None: ...

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        self.asked.append(request)
        size = Size(8, 8) if self.plain else card.sizes.nearest(request.size or Size(64, 64))
        try:
            for index in range(request.n):
                colour = f"#{((request.seed or 0) + index) * 37 % 256:02x}6030"
                for step in range(request.partial_images or 0 if request.stream else 0):
                    await asyncio.sleep(self.pause)
                    yield Partial(image=Image.from_bytes(png(size, "#999")), index=index, step=step)
                await asyncio.sleep(self.pause)
                if self.fails is not None:
                    raise self.fails
                usage = Usage(text_in=1, image_out=10)
                yield Completed(image=Image.from_bytes(png(size, colour)), index=index, usage=usage)
        except (asyncio.CancelledError, GeneratorExit):
            self.left += 1
            raise


@dataclass
class FakeHouse:
    """What a dialect may ask of the house, with cards and jobs of the test's own."""

    cards: Callable[[], Sequence[ModelCard]] = tuple
    jobs: dict[str, JobView] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    base_url: str = "http://house.test"
    named: dict[str, str] = field(default_factory=dict)

    def deployments(self) -> Mapping[str, str]:
        return self.named

    def find(self, name: str) -> ModelCard:
        for card in self.cards():
            if name == card.id or name in card.aliases:
                return card
        raise UnknownModel(f"there is no {name}", param="model")

    async def submit(self, request: ImageRequest) -> JobView:
        raise NotImplementedError

    async def job(self, id: str) -> JobView | None:
        return self.jobs.get(id)

    async def receipt(self, request_id: str) -> Receipt | None:
        return self.receipts.get(request_id)

    async def balance(self) -> Micros | None:
        return None

    def running(self) -> Sequence[JobView]:
        return [job for job in self.jobs.values() if not job.ended]


def answered(aside: Aside, incoming: Incoming, house: House) -> Answer:
    """What a call of a dialect says, whether it has to wait for something or not."""

    async def ask() -> Answer:
        told = aside.answer(incoming, house)
        return told if isinstance(told, Answer) else await told

    return asyncio.run(ask())

"""A working substitute for the diffusion engine: it draws plain pictures in steps, one after the other, without torch."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field, replace

import PIL.Image

from tintype.core import Grid, ModelCard, Range, Size, Sizes
from tintype.core.errors import TooManyRequests, Unavailable, Unsupported
from tintype.engines.diffusion.describing import Description, Guidance
from tintype.engines.diffusion.family import Steps
from tintype.engines.diffusion.loading import Source
from tintype.engines.diffusion.orders import Drawn, Happenings, Order, Preview, Progress, Waiting
from tintype.providers._diffusion_cards import card_of
from tintype.providers._diffusion_settings import Model

ALL = Description(
    model="local/tiny",
    family="sdxl",
    title="Tiny XL",
    pipeline="StableDiffusionXLPipeline",
    fast=False,
    tasks={"text": "own", "image": "own", "inpaint": "own"},
    sizes=Sizes(grid=Grid(multiple=8, min_edge=16, max_edge=2048, max_pixels=2048 * 2048)),
    usual_sizes=(Size(64, 64), Size(96, 64)),
    steps=Steps(low=4, medium=8, high=16, max=100),
    guidance=Guidance(parameter="guidance_scale", range=Range(min=0, max=20, default=5)),
    negative_guidance=None,
    negative_prompt=True,
    strength=Range(min=0.1, max=1, default=0.6),
    max_references=0,
    previews=True,
    shares=frozenset({"text"}),
    at_once=4_000_000,
    takes_loras=True,
    loras=("ink",),
    controls=("edges",),
)
LOOKS = replace(  # at pictures, and paints over none
    ALL,
    tasks={"text": "own", "reference": "own"},
    strength=None,
    max_references=3,
    negative_prompt=False,
    takes_loras=False,
    controls=(),
)


def card(can: Description = ALL, **said: object) -> ModelCard:
    model = Model(source=Source(name=can.model, path="tiny"), **said)  # type: ignore[arg-type]
    return card_of(model, can, "diffusion")


@dataclass
class FakeEngine:
    """Draws one order at a time, `pause` seconds a step. `true_size` is what comes of every order, whatever it asks for.

    `orders` are those that were begun; `steps` how many have been drawn of each, by its seed.
    """

    can: Description = ALL
    pause: float = 0.0
    room: int = 64
    true_size: Size | None = None
    seconds: float = 2.0
    orders: list[Order] = field(default_factory=list)
    callers: list[str] = field(default_factory=list)
    steps: dict[int, int] = field(default_factory=dict)
    closed: bool = False
    broken: str = ""  # why it draws nothing
    _line: list[asyncio.Event] = field(default_factory=list)

    @property
    def is_idle(self) -> bool:
        return not self._line

    def describe(self, name: str) -> Description:
        return replace(self.can, model=name)

    def fault(self) -> str:
        return self.broken

    async def close(self) -> None:
        self.closed = True

    async def draw(self, order: Order, *, caller: str) -> Happenings:
        if self.broken:
            raise Unavailable(self.broken, code="device_lost")
        if len(self._line) > self.room:
            raise TooManyRequests(f"{self.room} pictures are waiting already.", retry_after=7)
        for name in order.loras:
            if name not in self.can.loras:
                raise Unsupported(f"There is no LoRA {name!r}.", param="loras")
        turn = asyncio.Event()
        self._line.append(turn)
        try:
            told = 0
            while position := self._line.index(turn):
                if position != told:
                    told = position
                    yield Waiting(position)
                turn.clear()
                await turn.wait()
            async with aclosing(self._drawn(order, caller)) as happenings:
                async for happening in happenings:
                    yield happening
        finally:
            self._line.remove(turn)
            for other in self._line:
                other.set()

    async def _drawn(self, order: Order, caller: str) -> Happenings:
        self.orders.append(order)
        self.callers.append(caller)
        steps = order.steps or self.can.steps.medium
        shown = {
            round((number + 1) * steps / (order.previews + 1)): number for number in range(order.previews)
        }
        for step in range(1, steps + 1):
            await asyncio.sleep(self.pause)
            self.steps[order.seed] = step
            yield Progress(step, steps)
            if step in shown:
                yield Preview(_picture(Size(16, 16), order.seed, step / steps), shown[step])
        yield Drawn(self._finished(order), self.seconds, 0.5)

    def _finished(self, order: Order) -> PIL.Image.Image:
        picture = _picture(self.true_size or order.size, order.seed, 1.0)
        if order.task == "inpaint":
            assert order.mask is not None
            kept = order.images[0].convert("RGB").resize(picture.size)
            picture = PIL.Image.composite(picture, kept, order.mask.resize(picture.size))
        return picture


def _picture(size: Size, seed: int, share: float) -> PIL.Image.Image:
    return PIL.Image.new("RGB", size, colour(seed, share))


def colour(seed: int, share: float = 1.0) -> tuple[int, int, int]:
    """Of a picture of this seed, of which such a share is drawn."""
    return (seed * 37 % 256, round(255 * share), 40)

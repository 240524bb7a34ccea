"""The start of a diffusion engine: models are fetched and loaded before the first caller has to wait for that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

import structlog

from ..core import Size
from ..core.errors import TintypeError
from ..engines.diffusion.orders import Order
from ._diffusion_settings import Setup

if TYPE_CHECKING:
    from ..engines.diffusion.describing import Description
    from .diffusion import Engine

log = structlog.get_logger()

GB = 1e9
TOLD_EVERY = 0.1
"""The share of a download after which the log tells of it again."""

TRIAL = Size(256, 256)
WIDE = Size(320, 256)
BATCH = 3
"""Orders at once, two of which share a batch at the least."""
STEPS = 2
"""What is drawn to have a model loaded: some schedulers know no drawing of one step."""


@dataclass(slots=True)
class Start:
    """`names` are loaded in this order, as long as those before stay in memory; `compiled` are those that are compiled, too."""

    engine: Engine | None
    names: Sequence[str]
    compiled: Collection[str] = ()
    resident: Callable[[], Mapping[str, int]] | None = None
    _now: str = ""  # what is being loaded
    _here: tuple[int, int] = (0, 0)  # bytes of it that have been fetched, and all
    _last: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, setup: Setup) -> Self:
        models = setup.models if setup.preload else ()
        compiled = {model.name for model in models if model.source.compile}
        return cls(None, [model.name for model in models], compiled)

    def told(self) -> str:
        """What is being made ready, in a sentence; empty when nothing is."""
        if not self._now:
            return ""
        here, total = self._here
        if not here:
            return f"{self._now} is being loaded."
        amount = f"{here / GB:.1f} of {total / GB:.1f} GB" if total else f"{here / GB:.1f} GB"
        return f"{self._now} is being fetched: {amount} are here."

    def downloaded(self, name: str, here: int, total: int) -> None:
        """From any thread."""
        if name == self._now:
            self._here = (0, 0) if here >= total > 0 else (here, total)
        share = here / total if total else 0.0
        if name not in self._last or share >= min(self._last[name] + TOLD_EVERY, 1.0) > self._last[name]:
            self._last[name] = share
            log.info("a model is fetched", model=name, gigabytes=round(here / GB, 2), of=round(total / GB, 2))

    async def prepare(self) -> None:
        loaded: list[str] = []
        try:
            for name in self.names:
                if self.resident is not None and not set(loaded) <= set(self.resident()):
                    log.info("not loaded before it is asked for: the budget holds no more", model=name)
                    continue
                self._now, self._here = name, (0, 0)
                begun = time.monotonic()
                try:
                    await self._load(name)
                except TintypeError as error:
                    log.error("a model cannot be loaded", model=name, reason=str(error))
                else:
                    loaded.append(name)
                    log.info("a model is loaded", model=name, seconds=round(time.monotonic() - begun, 1))
        finally:
            self._now = ""

    async def _load(self, name: str) -> None:
        """By drawing something small, so that all that is prepared at a first drawing is prepared too. What is compiled is
        compiled for one picture and for several, and once more when their size turns out to vary: then for good."""
        assert self.engine is not None
        can = await asyncio.to_thread(self.engine.describe, name)
        compiled = name in self.compiled
        for size in (TRIAL, WIDE) if compiled else (TRIAL,):
            trial = _trial(can, size)
            await self._draw(trial)
            if compiled:
                longer = (
                    replace(trial, prompt=f"{trial.prompt} on a table" * count)
                    for count in range(1, BATCH + 1)
                )
                await asyncio.gather(*map(self._draw, longer))

    async def _draw(self, order: Order) -> None:
        assert self.engine is not None
        async with aclosing(self.engine.draw(order, caller="")) as happenings:
            async for _ in happenings:
                pass


def _trial(can: Description, wanted: Size) -> Order:
    size = can.sizes.nearest(wanted)
    if "text" in can.tasks:
        return Order(model=can.model, prompt="a pear", size=size, seed=0, steps=STEPS)
    import PIL.Image

    grey = PIL.Image.new("RGB", size, "grey")
    mask = PIL.Image.new("L", size, 255)
    task = next(iter(can.tasks))
    return Order(
        model=can.model,
        task=task,
        prompt="a pear",
        size=size,
        seed=0,
        steps=STEPS,
        images=(grey,),
        mask=mask if task == "inpaint" else None,
    )

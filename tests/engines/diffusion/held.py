"""Models that are in memory already, for tests of what is done with them: `held(sdxl=..)`, drawn at one's own pace."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, wraps
from typing import Any

import pytest
from PIL import Image

pytest.importorskip("torch", reason="tintype[diffusion] is not installed")
pytest.importorskip("diffusers", reason="tintype[diffusion] is not installed")

from tintype.core import Size
from tintype.engines.diffusion import variants
from tintype.engines.diffusion.describing import Description, describe
from tintype.engines.diffusion.engine import Engine
from tintype.engines.diffusion.facts import of_folder
from tintype.engines.diffusion.families import FAMILIES
from tintype.engines.diffusion.loaded import Loaded
from tintype.engines.diffusion.models import Models
from tintype.engines.diffusion.orders import Drawn, Happening, Order, Task

from .tiny import EDGE, saved, tiny, torch

pipeline_of = cache(tiny)
"""Nobody changes its weights, so it is made once."""


@cache
def description_of(family: str) -> Description:
    return describe(of_folder(saved(family)), name=family, path=family, edge=EDGE)


SMALL = Size(EDGE, EDGE)


class Held(Loaded):
    """A tiny pipeline. Each of its steps takes what `steps` has: a test that gives none stops it there."""

    def __init__(self, family: str, **changed: Any) -> None:
        self.pipeline = pipeline_of(family)
        self.device = torch.device("cpu")
        self.dtype = torch.float32
        self.description = replace(description_of(family), **({"at_once": 16 * EDGE * EDGE} | changed))
        self.settled = 0
        self.steps = 0  # network calls that were begun
        self._allowed: int | None = None  # steps
        self._changed = threading.Condition()
        self._last = 0  # the step that stops
        self.memory = 99  # pictures that fit
        self.fault: Exception | None = None
        self.fault_at: int | None = None  # at this step, once
        network = getattr(self.pipeline, "transformer", None) or self.pipeline.unet
        self._hook = network.register_forward_pre_hook(self._pace, with_kwargs=True)

    def pipeline_for(self, task: Task, *, size: Size | None = None, control: str | None = None) -> Any:
        if self.description.tasks[task] == "generic" or task in ("text", "reference"):
            seen = variants.view(self.pipeline)
        else:
            made = variants.classes(FAMILIES[self.description.family])[task]
            seen = variants.build(made, self.pipeline)
        reader = variants.prior(seen) or seen
        name = "encode_prompt" if reader is seen else "_encode_prompt"
        read = getattr(reader, name)

        @wraps(read)
        def encode_prompt(*rest: Any, **named: Any) -> Any:
            if any("unspeakable" in str(value) for value in (*rest, *named.values())):
                raise ValueError("`prompt` cannot be said")
            return read(*rest, **named)

        setattr(reader, name, encode_prompt)
        if size is not None:
            variants.prepare(seen, size.width, size.height)
        return seen

    def arguments(self, size: Size) -> dict[str, Any]:
        return {
            **self.description.arguments,
            **variants.arguments(self.pipeline, size.width, size.height),
        }

    def use_adapters(self, order: Order) -> None:
        pass

    def settle(self) -> None:
        self.settled += 1

    def drop(self) -> None:
        self.release()
        self._hook.remove()

    def hold(self) -> None:
        """From now on a step is taken for each `let`."""
        self._allow(0)
        self._last = self.steps + 1

    def let(self, steps: int) -> None:
        assert self._allowed is not None
        self._last += steps
        self._allow(self._allowed + steps)

    def release(self) -> None:
        self._allow(None)

    def _allow(self, steps: int | None) -> None:
        with self._changed:
            self._allowed = steps
            self._changed.notify_all()

    async def stopped(self) -> None:
        """It has begun with a step that it was not let take."""
        await until(lambda: self.steps >= self._last)

    def _pace(self, network: Any, positional: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.steps += 1
        if self.fault is not None:
            raise self.fault
        if self.fault_at == self.steps:
            raise RuntimeError("a cosmic ray")
        latents = next(value for value in (*positional, *named.values()) if torch.is_tensor(value))
        if len(latents) // 2 > self.memory:  # with guidance, each picture is in it twice
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")
        with self._changed:
            assert self._changed.wait_for(lambda: self._allowed is None or self._allowed > 0, timeout=20)
            if self._allowed is not None:
                self._allowed -= 1


class Shelf(Models):
    def __init__(self, **models: Held) -> None:
        self._models = models
        self.closed = False

    def names(self) -> tuple[str, ...]:
        return tuple(self._models)

    def describe(self, name: str) -> Description:
        return self._models[name].description

    @contextmanager
    def get(self, name: str) -> Iterator[Loaded]:
        yield self._models[name]

    def close(self) -> None:
        self.closed = True
        for model in self._models.values():
            model.drop()


async def until(true: Callable[[], object]) -> None:
    """Of what another thread does there is no event."""
    while not true():  # noqa: ASYNC110
        await asyncio.sleep(0.001)


def order(model: str, **changed: Any) -> Order:
    return replace(Order(model=model, prompt="a cube", size=SMALL, seed=1, steps=3), **changed)


async def told(engine: Engine, wanted: Order, caller: str = "somebody") -> list[Happening]:
    return [happening async for happening in engine.draw(wanted, caller=caller)]


async def picture(engine: Engine, wanted: Order, caller: str = "somebody") -> Image.Image:
    *_, last = await told(engine, wanted, caller)
    assert isinstance(last, Drawn)
    return last.image


def apart(one: Image.Image, two: Image.Image) -> int:
    """The largest difference of two pictures, in levels of 255."""
    import numpy

    first, second = (numpy.asarray(each.convert("RGB"), int) for each in (one, two))
    assert first.shape == second.shape
    return int(abs(first - second).max())

"""What Tintype's diffusion engine adds to the bare call of diffusers, gains by batches, and takes to end a drawing.

    python -m benchmarks.engine [--quick] [--write]

Needs tintype[diffusion]. Pipelines have the shape of real ones and random weights, so nothing is downloaded. Rounds are
interleaved, and what is told is their medians. On a machine with a GPU of NVIDIA's, `engine_gpu` follows.
`--write` puts the tables into docs/performance.md.
"""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import partial
from statistics import median
from typing import Any

from tests.engines.diffusion.tiny import saved, tiny, torch

from tintype.core import Size
from tintype.engines.diffusion import variants
from tintype.engines.diffusion.describing import Description, describe
from tintype.engines.diffusion.engine import Engine
from tintype.engines.diffusion.facts import of_folder
from tintype.engines.diffusion.models import Loaded, Models
from tintype.engines.diffusion.orders import Drawn, Order, Progress, Task
from tintype.engines.diffusion.previews import Previewer

from . import engine_gpu, page

STEPS, PAUSE = 20, 0.05
BAR = 3.0
"""Percent that the engine may add to 20 steps of 50 ms."""


class Memory(Loaded):
    """A pipeline that is in memory already."""

    def __init__(self, pipeline: Any, description: Description, device: Any) -> None:
        self.pipeline = pipeline
        self.description = description
        self.device = device
        self.dtype = pipeline.dtype

    def pipeline_for(self, task: Task, *, size: Size | None = None, control: str | None = None) -> Any:
        return variants.view(self.pipeline)

    def arguments(self, size: Size) -> dict[str, Any]:
        return dict(self.description.arguments)

    def use_adapters(self, order: Order) -> None:
        pass

    def settle(self) -> None:
        pass


class Shelf(Models):
    def __init__(self, model: Memory) -> None:
        self._model = model

    @contextmanager
    def get(self, name: str) -> Iterator[Loaded]:
        yield self._model

    def close(self) -> None:
        pass


def described(family: str, batch: int, size: Size) -> Description:
    found = describe(of_folder(saved(family)), name=family, path=family, edge=size.width)
    return replace(found, at_once=batch * size.width * size.height)


def main() -> None:
    quick = "--quick" in sys.argv
    lines = [machine(), ""]
    for line in told(3 if quick else 9):
        print(line, flush=True)
        lines.append(line)
    if "--write" in sys.argv:
        page.write("performance", "engine", "\n".join(lines))


def told(rounds: int) -> Iterator[str]:
    yield from asyncio.run(overhead(5 * rounds // 3))  # sleeps differ by more than what is looked for
    yield ""
    yield from asyncio.run(batches(rounds))
    yield ""
    yield from asyncio.run(leaving(3 * rounds))
    yield from previews(rounds)
    yield ""
    yield from engine_gpu.told(Memory, Shelf, rounds)


def machine() -> str:
    import diffusers

    return (
        f"Measured on {date.today()}: {os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"torch {torch.__version__}, diffusers {diffusers.__version__}; load average before: {os.getloadavg()[0]:.1f}."
    )


def order(family: str, size: Size, **changed: Any) -> Order:
    return replace(
        Order(model=family, prompt="a red cube on a table", size=size, seed=1, steps=STEPS), **changed
    )


async def drawn(engine: Engine, wanted: Order, caller: str = "a") -> Drawn:
    async for happening in engine.draw(wanted, caller=caller):
        last = happening
    assert isinstance(last, Drawn)
    return last


async def overhead(rounds: int) -> list[str]:
    """The same pipeline, called by itself and through the engine. The quickest of all rounds is told: it is the one with
    the least of what else this machine had to do."""
    lines = [
        f"| a picture of {STEPS} steps | bare diffusers | through the engine | added | with 3 previews | processor time added |",
        "|---|---|---|---|---|---|",
    ]
    for words, family, edge, pause in (
        ("50 ms a step (asleep)", "sdxl", 64, PAUSE),
        ("50 ms a step (asleep)", "flux", 64, PAUSE),
        ("computed here, 256x256", "sdxl", 256, 0.0),
    ):
        size = Size(edge, edge)
        pipeline = paused(tiny(family), pause)
        model = Memory(pipeline, described(family, 1, size), torch.device("cpu"))
        engine = Engine(Shelf(model))
        ways: list[Callable[[], Coroutine[Any, Any, Any]]] = [
            partial(asyncio.to_thread, call, pipeline, model.description, size),
            partial(drawn, engine, order(family, size)),
            partial(drawn, engine, order(family, size, previews=3)),
        ]
        took: list[list[tuple[float, float]]] = [[], [], []]
        for number in range(rounds + 1):
            for way in (number % 3, (number + 1) % 3, (number + 2) % 3):
                begun = time.perf_counter(), time.process_time()
                await ways[way]()
                if number:  # the first is for what is loaded on first use
                    took[way].append((time.perf_counter() - begun[0], time.process_time() - begun[1]))
        await engine.close()
        bare, plain, shown = ([min(each) for each in zip(*one, strict=True)] for one in took)
        lines.append(
            f"| {family}, {words} | {bare[0] * 1e3:.0f} ms | {plain[0] * 1e3:.0f} ms "
            f"| {percent(plain[0], bare[0])}{verdict(plain[0], bare[0], pause)} | {percent(shown[0], bare[0])} "
            f"| {(plain[1] - bare[1]) * 1e3:.1f} ms of {bare[1] * 1e3:.0f}; with previews {(shown[1] - bare[1]) * 1e3:.1f} ms |"
        )
    return lines


def call(pipeline: Any, description: Description, size: Size, batch: int = 1) -> Any:

    generators = [torch.Generator("cpu").manual_seed(seed) for seed in range(batch)]
    return pipeline(
        prompt=["a red cube on a table"] * batch,
        width=size.width,
        height=size.height,
        num_inference_steps=STEPS,
        generator=generators,
        **description.steering(None, None),
        **description.arguments,
    ).images


def paused(pipeline: Any, seconds: float) -> Any:
    """Its network takes so long, without the processor."""
    network = getattr(pipeline, "transformer", None) or pipeline.unet
    if seconds:
        network.register_forward_pre_hook(lambda *_: time.sleep(seconds))
    return pipeline


def timed(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def percent(one: float, other: float) -> str:
    return f"{(one / other - 1) * 100:+.1f} %"


def verdict(plain: float, bare: float, pause: float) -> str:
    if not pause:
        return ""
    return "" if (plain / bare - 1) * 100 <= BAR else f" (more than {BAR:g} %)"


async def batches(rounds: int) -> list[str]:
    """Eight orders at once, when so many may share a batch. What a processor gains is what it saves around the sums."""
    lines = [
        "| 8 orders at once, tiny pipelines on this processor | 1 a batch | 2 | 4 | 8 |",
        "|---|---|---|---|---|",
    ]
    for family, edge in (("sdxl", 64), ("flux", 64), ("sdxl", 256)):
        size, found = Size(edge, edge), []
        for batch in (1, 2, 4, 8):
            engine = Engine(Shelf(Memory(tiny(family), described(family, batch, size), torch.device("cpu"))))
            times = []
            for _ in range(max(2, rounds // 3)):
                begun = time.perf_counter()
                await asyncio.gather(*(drawn(engine, order(family, size, seed=seed)) for seed in range(8)))
                times.append(time.perf_counter() - begun)
            await engine.close()
            found.append(8 / median(times))
        cells = " | ".join(f"{each:.1f} pictures/s ({each / found[0]:.2f}x)" for each in found)
        lines.append(f"| {family}, {edge}x{edge} | {cells} |")
    return lines


async def leaving(rounds: int) -> list[str]:
    """From closing the generator, in the middle of a step of 50 ms, to the next order's first step."""
    size = Size(64, 64)
    pipeline = paused(tiny("sdxl"), PAUSE)
    begun: list[float] = []
    pipeline.unet.register_forward_pre_hook(lambda *_: begun.append(time.perf_counter()))
    engine = Engine(Shelf(Memory(pipeline, described("sdxl", 1, size), torch.device("cpu"))))
    closes, waits = [], []
    for number in range(rounds):
        drawing = engine.draw(order("sdxl", size, steps=200), caller="a")
        while not isinstance(await anext(drawing), Progress):
            pass
        await asyncio.sleep(PAUSE * number / rounds)
        left = time.perf_counter()
        await drawing.aclose()
        closes.append(time.perf_counter() - left)
        await drawn(engine, order("sdxl", size, steps=1))
        first = begun[-1] - PAUSE  # the hook comes after the pause
        waits.append(first - left)
    await engine.close()
    return [
        "| | median | longest |",
        "|---|---|---|",
        f"| closing a drawing, for its caller | {median(closes) * 1e3:.2f} ms | {max(closes) * 1e3:.2f} ms |",
        f"| from there to the next order's first step (steps take 50 ms) | {median(waits) * 1e3:.0f} ms | {max(waits) * 1e3:.0f} ms |",
    ]


def previews(rounds: int) -> Iterator[str]:

    for family, channels, words in (("sdxl", 4, "SDXL"), ("flux", 64, "FLUX")):
        size = Size(1024, 1024)
        previewer = Previewer(tiny(family), "cpu")
        shape = (1, channels, 128, 128) if family == "sdxl" else (1, 4096, channels)
        latents = torch.randn(shape)
        times = [timed(lambda p=previewer, held=latents, s=size: p(held, s)) for _ in range(2 * rounds)]
        yield f"| a preview of 1024x1024, {words}'s latents | {median(times) * 1e3:.1f} ms | {max(times) * 1e3:.1f} ms |"
    yield tiny_preview(rounds)


def tiny_preview(rounds: int) -> str:
    """By an autoencoder of the shape of TAESDXL: half a teraflop, which a GPU takes a few milliseconds for."""
    from diffusers import AutoencoderTiny

    size = Size(1024, 1024)
    previewer = Previewer(tiny("sdxl"), "cpu", AutoencoderTiny().eval())
    latents = torch.randn(1, 4, 128, 128)
    times = [timed(lambda: previewer(latents, size)) for _ in range(max(2, rounds // 3))]
    return f"| the same by a tiny autoencoder, on this processor | {median(times) * 1e3:.0f} ms | {max(times) * 1e3:.0f} ms |"


if __name__ == "__main__":
    main()

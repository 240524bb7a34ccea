"""What is compiled is compiled while a model is loaded, and not when a caller waits: for every size and number of pictures."""

from __future__ import annotations

import asyncio
import shutil
from functools import partial
from typing import Any

import pytest

pytest.importorskip("torch", reason="tintype[diffusion] is not installed")
pytest.importorskip("diffusers", reason="tintype[diffusion] is not installed")

from tintype.core import Size
from tintype.engines.diffusion.engine import Engine
from tintype.engines.diffusion.models import Models
from tintype.providers._diffusion_start import Start

from .held import apart, order, picture
from .tiny import source, torch


@pytest.fixture(autouse=True)
def afresh() -> Any:
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    yield
    torch._dynamo.reset()


def compiled() -> int:
    """How often something has been compiled."""
    return int(torch._dynamo.utils.counters["stats"]["unique_graphs"])


def batches(family: str, numbers: tuple[int, ...], sizes: tuple[Size, ...]) -> tuple[list[int], int]:
    """How often it compiled by the end of the start and of each batch; and how far its pictures are from those of a
    model that is not compiled, in levels."""

    async def main() -> tuple[list[int], int]:
        engine = Engine(Models([source(family, compile=True)], device="cpu"))
        plain = Engine(Models([source(family)], device="cpu"))
        await Start(engine, [family], [family]).prepare()
        counts, wrong = [compiled()], 0
        for size in sizes:
            for number in numbers:
                wanted = [
                    order(family, size=size, seed=seed, prompt="a cube " * seed) for seed in range(number)
                ]
                drawn = await asyncio.gather(*(picture(engine, each) for each in wanted))
                counts.append(compiled())
                wrong = max(wrong, apart(drawn[-1], await picture(plain, wanted[-1])))
        await engine.close()
        await plain.close()
        return counts, wrong

    return asyncio.run(main())


@pytest.mark.parametrize("family", ["sdxl", "flux", "lumina2"])
def test_nothing_is_compiled_once_a_model_is_loaded(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the compiler itself, which changes nothing of when it is called."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    counts, wrong = batches(family, (1, 3, 6), (Size(64, 64), Size(128, 96)))
    assert counts[0] > 0
    assert set(counts) == {counts[0]}
    assert wrong <= 1


@pytest.mark.skipif(shutil.which("gcc") is None, reason="torch.compile needs a compiler of C++")
def test_pictures_of_a_compiled_model_are_the_same() -> None:
    counts, wrong = batches("sdxl", (1, 4), (Size(64, 64),))
    assert counts[0] > 0
    assert set(counts) == {counts[0]}
    assert wrong <= 2

"""Every task of every family, from a folder of weights to the picture."""

from __future__ import annotations

import asyncio
import gc
import re
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

pytest.importorskip("torch", reason="tintype[diffusion] is not installed")
pytest.importorskip("diffusers", reason="tintype[diffusion] is not installed")

from PIL import Image

from tintype.core import Size
from tintype.core.errors import BadRequest
from tintype.engines.diffusion import running, variants
from tintype.engines.diffusion.engine import Engine
from tintype.engines.diffusion.families import FAMILIES
from tintype.engines.diffusion.latents import Tensor
from tintype.engines.diffusion.orders import Drawn, Preview, Progress
from tintype.engines.diffusion.tapping import Step, tap

from .held import SMALL, apart, order, told, until
from .tiny import models

STEPS = 4
MASK = Image.new("L", SMALL, 255)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_task_of_a_family(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The estimate of the last step is what the pipeline decodes: so that of every step before is on its scale, too."""
    ends: list[tuple[Tensor, Tensor]] = []

    def watched(scheduler: object, on_step: Callable[[Step], None]) -> AbstractContextManager[None]:
        def both(step: Step) -> None:
            ends.append((step.guess(), step.latents))
            on_step(step)

        return tap(scheduler, both)

    monkeypatch.setattr(running, "tap", watched)
    source = Image.linear_gradient("L").resize(SMALL).convert("RGB")
    mask = Image.new("L", SMALL, 0)
    mask.paste(255, (0, 0, 32, 64))

    async def main() -> None:
        engine = Engine(models(family))
        for task in engine.describe(family).tasks:
            ends.clear()
            wanted = order(
                family,
                task=task,
                steps=STEPS,
                previews=1,
                strength=0.5 if task == "image" else None,
                images=() if task == "text" else (source,),
                mask=mask if task == "inpaint" else None,
            )
            happenings = await told(engine, wanted)
            drawn, taken = happenings[-1], STEPS // 2 if task == "image" else STEPS
            assert isinstance(drawn, Drawn)
            assert drawn.image.size == SMALL
            progress = [each for each in happenings if isinstance(each, Progress)]
            assert progress == [Progress(step + 1, taken) for step in range(taken)]
            assert [each.image.size for each in happenings if isinstance(each, Preview)] == [(8, 8)]
            if not (task == "inpaint" and engine.describe(family).tasks[task] == "generic"):
                first, *_, last = [float((guess - latents).abs().mean()) for guess, latents in ends]
                assert last < 0.02
                assert last < first
            if task == "inpaint":
                assert apart(drawn.image.crop((32, 0, 64, 64)), source.crop((32, 0, 64, 64))) == 0
        await engine.close()

    asyncio.run(main())


def test_nothing_of_a_drawing_stays_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even until the next sweep for cycles: a model that is put aside has to make room at once."""
    seen: list[weakref.ref[Any]] = []
    view = variants.view

    def watched(pipeline: Any) -> Any:
        made = view(pipeline)
        seen.append(weakref.ref(made))
        return made

    monkeypatch.setattr(variants, "view", watched)
    source = Image.new("RGB", SMALL, "red")

    async def main() -> None:
        engine = Engine(models("lumina2"))
        await told(engine, order("lumina2", task="image", images=(source,), strength=0.5))
        gc.collect()
        gc.disable()
        try:
            await told(engine, order("lumina2", previews=2))
            await told(engine, order("lumina2", task="inpaint", images=(source,), mask=source.convert("L")))
            drawing = engine.draw(order("lumina2", steps=50), caller="a")
            while not isinstance(await anext(drawing), Progress):
                pass
            await drawing.aclose()
            await told(engine, order("lumina2"))
            await until(lambda: [each for each in seen if each() is None] == seen)
        finally:
            gc.enable()
        assert len(seen) == 5
        await engine.close()

    asyncio.run(asyncio.wait_for(main(), 60))


@pytest.mark.parametrize("family", FAMILIES)
def test_pictures_are_as_wide_and_as_high_as_ordered(family: str) -> None:
    """Also those that are not square, and what is shown of them on the way."""
    wide, high = Size(128, 64), Size(64, 128)

    async def main() -> None:
        engine = Engine(models(family))
        for task in engine.describe(family).tasks:
            for size in (wide, high):
                wanted = order(
                    family,
                    task=task,
                    size=size,
                    steps=STEPS,
                    previews=1,
                    images=()
                    if task == "text"
                    else (Image.linear_gradient("L").resize(size).convert("RGB"),),
                    mask=Image.new("L", size, 255) if task == "inpaint" else None,
                )
                *before, drawn = await told(engine, wanted)
                assert isinstance(drawn, Drawn)
                assert drawn.image.size == size
                [shown] = [each.image.size for each in before if isinstance(each, Preview)]
                assert shown == (size.width // 8, size.height // 8)
        await engine.close()

    asyncio.run(main())


@pytest.mark.parametrize("family", ["flux-kontext", "qwen-image-edit", "kandinsky5-edit"])
def test_a_picture_too_small_to_be_looked_at_is_the_callers_to_mend(family: str) -> None:
    async def main() -> None:
        engine = Engine(models(family))
        with pytest.raises(BadRequest, match="A picture of 15x1 is too small") as caught:
            await told(engine, order(family, task="reference", images=(Image.new("RGB", (15, 1)),)))
        assert caught.value.param == "image"
        await engine.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("family", "prompt", "says"),
    [
        ("qwen-image-edit", "a <|image_pad|> of a cat", "stands for a picture"),
        ("qwen-image-edit-plus", "a <|image_pad|> of a cat", "stands for a picture"),
        ("kandinsky5-edit", "a <|image_pad|> of a cat", "stands for a picture"),
        ("qwen-image-edit", "cat " * 1500, "too long for qwen-image-edit: it has 6000 tokens"),
        ("qwen-image-edit-plus", "cat " * 1500, "too long for qwen-image-edit-plus: it has 6000 tokens"),
    ],
)
def test_words_that_an_encoder_fails_over_are_the_callers_to_mend(
    family: str, prompt: str, says: str
) -> None:
    images = (Image.new("RGB", (64, 64)),)

    async def main() -> None:
        engine = Engine(models(family))
        for name in ("prompt", "negative_prompt"):
            with pytest.raises(BadRequest, match=re.escape(says)) as caught:
                await told(engine, order(family, task="reference", images=images, **{name: prompt}))
            assert caught.value.param == name
        allowed = order(family, task="reference", images=images, prompt="cat " * 100)
        assert isinstance((await told(engine, allowed))[-1], Drawn)
        await engine.close()

    asyncio.run(main())


@pytest.mark.parametrize("family", ["sd15", "sdxl", "sd3", "flux", "flux-kontext", "z-image", "lumina2"])
@pytest.mark.parametrize(("strength", "steps"), [(0.0, 49), (0.01, 10), (0.5, 1)])
def test_however_little_is_painted_over_it_is_a_step(family: str, strength: float, steps: int) -> None:
    """A strength of which no step was left had most pipelines fail in the middle, and a Turbo fail at its usual one."""
    source = Image.new("RGB", SMALL, "teal")

    async def main() -> None:
        engine = Engine(models(family))
        for task in ("image", "inpaint"):
            wanted = order(family, task=task, strength=strength, steps=steps, images=(source,), mask=MASK)
            happenings = await told(engine, wanted)
            assert isinstance(happenings[-1], Drawn)
            assert [each for each in happenings if isinstance(each, Progress)] == [Progress(1, 1)]
        await engine.close()

    asyncio.run(main())

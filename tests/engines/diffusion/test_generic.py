"""Painting over a picture with pipelines that only begin from noise."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import Any

import pytest

pytest.importorskip("torch", reason="tintype[diffusion] is not installed")
pytest.importorskip("diffusers", reason="tintype[diffusion] is not installed")

from PIL import Image

from tintype.core.errors import Unsupported
from tintype.engines.diffusion.engine import Engine
from tintype.engines.diffusion.generic import Beginning, mix_of, pixels_of
from tintype.engines.diffusion.latents import autoencoder, encode, pipeline_scale, plane
from tintype.engines.diffusion.orders import Preview, Progress
from tintype.engines.diffusion.tapping import Step, tap

from .held import SMALL, Held, Shelf, apart, order, picture, told
from .tiny import torch
from .tiny_parts import D

pytestmark = [  # diffusers' own
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

FLOWS = ["sana", "lumina2", "cogview4", "sd3", "flux", "flux2-klein", "qwen-image"]
"""Those without pipelines for it, and some that have them, for their ways of holding latents."""

SOURCE = Image.new("RGB", (64, 64), (200, 40, 40))
SOURCE.paste((30, 60, 220), (0, 0, 32, 64))
MASK = Image.new("L", (64, 64), 0)
MASK.paste(255, (32, 0, 64, 64))


def held(family: str) -> Held:
    return Held(family, tasks={"text": "own", "image": "generic", "inpaint": "generic"})


def ended(model: Held, *, strength: float, mask: Image.Image | None = None) -> tuple[Any, Any]:
    """The last latents, and those of the picture: as planes."""
    view = model.pipeline_for("text")
    masks = None if mask is None else [mask]
    seen: list[Step] = []
    with (
        Beginning(view, "cpu", [SOURCE], masks, size=SMALL, strength=strength),
        tap(view.scheduler, seen.append),
    ):
        view(
            prompt="a cube",
            height=64,
            width=64,
            num_inference_steps=10,
            generator=torch.Generator().manual_seed(1),
            **model.description.steering(None, None),
            **model.arguments(SMALL),
        )
    cells = plane(seen[-1].latents, SMALL, 8)
    edge = (cells.shape[-1] * 8, cells.shape[-2] * 8)
    vae = autoencoder(view)
    return cells, pipeline_scale(vae, encode(vae, pixels_of(SOURCE, edge)[None], "cpu"))


@pytest.mark.parametrize("family", FLOWS)
def test_the_more_strength_the_less_is_left(family: str) -> None:
    model = held(family)
    far = []
    for strength in (0.1, 0.4, 0.7, 1.0):
        cells, source = ended(model, strength=strength)
        far.append(float((cells - source).abs().mean()))
    assert far == sorted(far)
    assert far[0] < far[-1] / 2
    model.drop()


@pytest.mark.parametrize("family", [*FLOWS, "pixart-sigma"])
def test_what_is_not_white_stays_as_it_was(family: str) -> None:
    model = held(family)
    cells, source = ended(model, strength=1.0, mask=MASK)
    assert torch.allclose(cells[..., :4], source[..., :4], atol=1e-5)
    assert float((cells[..., 4:] - source[..., 4:]).abs().mean()) > 0.1
    model.drop()


@pytest.mark.parametrize("family", ["lumina2", "cogview4", "sana"])
def test_orders_are_painted_over_alone_and_together(family: str) -> None:
    async def main() -> None:
        model = Held(family)
        assert model.description.tasks["inpaint"] == "generic"
        engine = Engine(Shelf(**{family: model}))
        for task, mask in (("image", None), ("inpaint", MASK)):
            wanted = [
                order(
                    family, task=task, seed=seed, images=(SOURCE.rotate(90 * seed),), mask=mask, strength=0.5
                )
                for seed in range(3)
            ]
            alone = [await picture(engine, one) for one in wanted]
            among = await asyncio.gather(*(picture(engine, one) for one in wanted))
            assert max(apart(one, two) for one, two in zip(alone, among, strict=True)) <= 1
            assert apart(alone[0], alone[1]) > 8
        await engine.close()

    asyncio.run(main())


@pytest.mark.parametrize("family", ["sdxl", "flux", "lumina2"])
def test_the_kept_part_is_the_callers_own_picture_to_the_pixel(family: str) -> None:
    """By a pipeline of diffusers or by ours; and in the previews."""

    async def main() -> None:
        model = Held(family)
        engine = Engine(Shelf(**{family: model}))
        happenings = await told(
            engine, order(family, task="inpaint", images=(SOURCE,), mask=MASK, steps=6, previews=1)
        )
        drawn = happenings[-1].image  # type: ignore[union-attr]
        left, right = (0, 0, 32, 64), (32, 0, 64, 64)
        assert apart(drawn.crop(left), SOURCE.crop(left)) == 0
        assert apart(drawn.crop(right), SOURCE.crop(right)) > 8
        [preview] = [each.image for each in happenings if isinstance(each, Preview)]
        assert preview.getpixel((1, 4)) == (30, 60, 220)
        await engine.close()

    asyncio.run(main())


@pytest.mark.parametrize(("strength", "taken"), [(0.01, 1), (0.3, 3), (0.55, 6), (1.0, 10)])
def test_progress_counts_the_steps_that_are_taken(strength: float, taken: int) -> None:
    async def main() -> None:
        engine = Engine(Shelf(lumina2=Held("lumina2")))
        happenings = await told(
            engine, order("lumina2", task="image", images=(SOURCE,), strength=strength, steps=10)
        )
        steps = [each for each in happenings if isinstance(each, Progress)]
        assert steps == [Progress(step + 1, taken) for step in range(taken)]
        await engine.close()

    asyncio.run(main())


def test_the_pipelines_own_shift_is_kept() -> None:
    """CogView4's depends on the size: the schedule is the last part of the very one that it draws with."""
    model = held("cogview4")
    schedules = []
    for begins in (False, True):
        view = model.pipeline_for("text")
        assert view.scheduler.config.use_dynamic_shifting
        with Beginning(view, "cpu", [SOURCE], None, size=SMALL, strength=0.5) if begins else nullcontext():
            view("a cube", height=64, width=64, num_inference_steps=10)
        schedules.append(view.scheduler.sigmas)
    assert torch.equal(schedules[1], schedules[0][5:])
    model.drop()


def test_a_pipeline_that_does_not_begin_with_what_was_laid_out_is_found_out() -> None:
    model = held("lumina2")
    view = model.pipeline_for("text")
    with Beginning(view, "cpu", [SOURCE], None, size=SMALL, strength=0.5):
        begun = view.prepare_latents
        view.prepare_latents = lambda *rest, **named: begun(*rest, **named).clone()
        with pytest.raises(Unsupported, match="Lumina2Pipeline cannot begin with a picture"):
            view("a cube", height=64, width=64, num_inference_steps=4, max_sequence_length=256)
    model.drop()


def test_a_scheduler_of_unknown_noise_is_refused_by_name() -> None:
    with pytest.raises(Unsupported, match="EulerDiscreteScheduler"):
        mix_of(D.EulerDiscreteScheduler())

"""Painting over a picture with pipelines that only begin from noise."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

pytest.importorskip("torch", reason="tintype[diffusion] is not installed")
pytest.importorskip("diffusers", reason="tintype[diffusion] is not installed")

from PIL import Image

from tintype.core.errors import Unsupported
from tintype.engines.diffusion import running, variants
from tintype.engines.diffusion.arguments import arguments
from tintype.engines.diffusion.describing import describe
from tintype.engines.diffusion.engine import Engine
from tintype.engines.diffusion.facts import of_folder
from tintype.engines.diffusion.families import FAMILIES
from tintype.engines.diffusion.family import KNOWN_NOISE
from tintype.engines.diffusion.generic import Beginning, mix_of, pixels_of
from tintype.engines.diffusion.latents import autoencoder, channels_of, encode, pipeline_scale, plane
from tintype.engines.diffusion.orders import Preview, Progress
from tintype.engines.diffusion.running import Run
from tintype.engines.diffusion.tapping import Step, seeded, tap

from .held import SMALL, Held, Shelf, apart, description_of, order, picture, told, until
from .tiny import saved, torch
from .tiny_parts import D

pytestmark = [  # diffusers' own
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

LACKING = [
    key
    for key, family in FAMILIES.items()
    if not {"image", "inpaint"} <= set(family.tasks) and set(family.tasks) != {"inpaint"}
]
FLOWS = [*(family for family in LACKING if not family.startswith("pixart")), "sd3", "flux", "qwen-image"]
"""Those without pipelines for it, and some that have them, for their ways of holding latents."""

FLOW = {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}
SOLVERS = [
    ("pixart-alpha", "DPMSolverMultistepScheduler", {}),  # as they come
    ("pixart-sigma", "DPMSolverMultistepScheduler", {}),
    ("sana", "DPMSolverMultistepScheduler", FLOW),
    ("hidream", "UniPCMultistepScheduler", FLOW),
    ("hidream", "FlowMatchLCMScheduler", {"shift": 6.0}),
    ("pixart-alpha", "DDPMScheduler", {"clip_sample": False}),
    ("pixart-alpha", "LCMScheduler", {}),
    ("pixart-sigma", "UniPCMultistepScheduler", {}),  # as they are given others
    ("pixart-alpha", "DDIMScheduler", {"clip_sample": False}),
]

SOURCE = Image.new("RGB", (64, 64), (200, 40, 40))
SOURCE.paste((30, 60, 220), (0, 0, 32, 64))
MASK = Image.new("L", (64, 64), 0)
MASK.paste(255, (32, 0, 64, 64))


def held(family: str) -> Held:
    return Held(family, tasks={**description_of(family).tasks, "image": "generic", "inpaint": "generic"})


def ended(
    model: Held, *, strength: float, mask: Image.Image | None = None, scheduler: Any = None
) -> tuple[Any, Any]:
    """The last latents, and those of the picture: as planes."""
    view = model.pipeline_for("image", size=SMALL)
    painter = variants.painter(view)
    if scheduler is not None:
        view.scheduler = scheduler
    masks = None if mask is None else [mask]
    seen: list[Step] = []
    looks = {"image": SOURCE} if model.description.base == "reference" else {}
    with (
        Beginning(painter, "cpu", [SOURCE], masks, size=SMALL, strength=strength),
        seeded(view.scheduler, torch.Generator().manual_seed(2)),
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
            **looks,
        )
    vae = autoencoder(painter)
    cells = plane(seen[-1].latents, SMALL, 8, channels_of(vae))
    edge = (cells.shape[-1] * 8, cells.shape[-2] * 8)
    return cells, pipeline_scale(vae, encode(vae, pixels_of(SOURCE, edge)[None], "cpu"))


def changes(model: Held, scheduler: Callable[[], Any] = lambda: None) -> None:
    far = []
    for strength in (0.1, 0.4, 0.7, 1.0):
        cells, source = ended(model, strength=strength, scheduler=scheduler())
        far.append(float((cells - source).abs().mean()))
    # What adds noise at each step is soon as far from the picture as it gets.
    assert all(more > 0.95 * less for less, more in pairwise(far))
    assert far[0] < far[-1] / 2
    model.drop()


def keeps(model: Held, scheduler: Any = None) -> None:
    cells, source = ended(model, strength=1.0, mask=MASK, scheduler=scheduler)
    assert torch.allclose(cells[..., :4], source[..., :4], atol=1e-5)
    assert float((cells[..., 4:] - source[..., 4:]).abs().mean()) > 0.1
    model.drop()


@pytest.mark.parametrize("family", FLOWS)
def test_the_more_strength_the_less_is_left(family: str) -> None:
    changes(held(family))


@pytest.mark.parametrize("family", FLOWS)
def test_what_is_not_white_stays_as_it_was(family: str) -> None:
    keeps(held(family))


@pytest.mark.parametrize(("family", "name", "config"), SOLVERS, ids=str)
def test_so_it_is_with_every_scheduler_whose_noise_is_known(
    family: str, name: str, config: dict[str, Any]
) -> None:
    def scheduler() -> Any:
        return getattr(D, name)(**config)

    changes(held(family), scheduler)
    keeps(held(family), scheduler())


def test_a_scheduler_is_known_by_its_name_and_by_its_noise() -> None:
    assert {"FlowMatchEulerDiscreteScheduler", *(name for _, name, _ in SOLVERS)} == set(KNOWN_NOISE)
    for name in KNOWN_NOISE:
        mix_of(getattr(D, name)())


def test_a_family_whose_scheduler_is_not_known_is_not_said_to_paint_over() -> None:
    told = of_folder(saved("pixart-sigma"))
    for classes, parts in (
        ({**told.classes, "scheduler": "EulerDiscreteScheduler"}, told.parts),
        (
            {**told.classes, "scheduler": "FlowMatchEulerDiscreteScheduler"},
            {**told.parts, "scheduler": {"invert_sigmas": True}},
        ),
    ):
        other = replace(told, classes=classes, parts=parts)
        assert set(describe(other, name="p", path="p").tasks) == {"text"}


@pytest.mark.parametrize(
    "family",
    ["pixart-alpha", "pixart-sigma", "lumina2", "sana", "kandinsky22", "kandinsky5", "cogview4", "flux2"],
)
def test_orders_are_painted_over_alone_and_together(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """CogView4 and what looks at pictures do not share a batch, and are the same for that."""
    sizes: list[int] = []
    draw = Run.draw

    def watched(run: Run) -> float:
        sizes.append(len(run._tickets))
        return draw(run)

    monkeypatch.setattr(Run, "draw", watched)

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
            assert set(sizes) == {1}
            model.hold()
            first = asyncio.create_task(picture(engine, order(family, steps=1)))
            await model.stopped()
            later = [asyncio.create_task(picture(engine, one)) for one in wanted]
            await until(lambda: len(engine) == 3)
            model.release()
            await first
            among = await asyncio.gather(*later)
            assert sizes[4:] == ([1, 1, 1] if family in ("cogview4", "flux2") else [3])
            sizes.clear()
            assert max(apart(one, two) for one, two in zip(alone, among, strict=True)) <= 1
            assert apart(alone[0], alone[1]) > 8
        await engine.close()

    asyncio.run(main())


def test_a_model_that_looks_at_pictures_looks_at_what_it_paints_over() -> None:
    """Behind a mask that is all white, nothing of the picture would be left but for that."""

    edits = "kandinsky5-edit"

    async def main() -> None:
        engine = Engine(Shelf(**{edits: Held(edits)}))
        white = Image.new("L", (64, 64), 255)
        wanted = [
            order(edits, task="inpaint", images=(source,), mask=white)
            for source in (SOURCE, SOURCE.rotate(180))
        ]
        one, two = [await picture(engine, each) for each in wanted]
        assert apart(one, two) > 2
        await engine.close()

    asyncio.run(main())


@pytest.mark.parametrize("family", ["flux2", "qwen-image-edit-plus"])
def test_further_pictures_are_looked_at_while_the_first_one_is_painted_over(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[dict[str, Any]] = []

    def watched(*rest: Any) -> dict[str, Any]:
        calls.append(arguments(*rest))
        return calls[-1]

    monkeypatch.setattr(running, "arguments", watched)
    other = Image.new("RGB", (96, 64), "green")

    async def main() -> None:
        engine = Engine(Shelf(**{family: Held(family)}))
        drawn = await picture(engine, order(family, task="inpaint", images=(SOURCE, other), mask=MASK))
        left, right = (0, 0, 32, 64), (32, 0, 64, 64)
        assert apart(drawn.crop(left), SOURCE.crop(left)) == 0
        assert apart(drawn.crop(right), SOURCE.crop(right)) > 8
        await engine.close()

    asyncio.run(main())
    assert [each.size for each in calls[0]["image"]] == [SOURCE.size, other.size]


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

"""One set of weights draws in every way that its family can, alone or in a batch."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

pytest.importorskip("torch", reason="diffusion models need the extra 'diffusion'")
pytest.importorskip("diffusers", reason="diffusion models need the extra 'diffusion'")

import numpy as np
from PIL import Image

from tintype.core import Size
from tintype.core.errors import Unsupported
from tintype.engines.diffusion import variants
from tintype.engines.diffusion.arguments import chances
from tintype.engines.diffusion.families import FAMILIES
from tintype.engines.diffusion.loaded import Loaded
from tintype.engines.diffusion.orders import Task
from tintype.engines.diffusion.signatures import parameters

from .tiny import EDGE, models, tiny, torch

PROMPTS = ["a cube", "a much longer prompt that tells of a small red cube on a table"]
SEEDS = [11, 22]
SIZE = Size(EDGE, EDGE)

HELD = models(*FAMILIES, budget=10**12)
"""Each family is read when the first test asks for it, and stays."""

TASKS = [(family, task) for family in FAMILIES for task in FAMILIES[family].tasks]


def _picture(color: str) -> Image.Image:
    picture = Image.new("RGB", SIZE, color)
    picture.paste("white", (8, 8, 30, 40))
    return picture


def _mask() -> Image.Image:
    mask = Image.new("L", SIZE, 0)
    mask.paste(255, (16, 16, 48, 48))
    return mask


def _draw(loaded: Loaded, task: Task, prompts: list[str], seeds: list[int], **more: Any) -> list[Any]:
    """The pictures of one call, as arrays in 0..1."""
    seen = loaded.pipeline_for(task, size=SIZE)
    known = parameters(type(seen))
    told = [loaded.description.steering(None, prompt if prompt == PROMPTS[0] else "") for prompt in prompts]
    call: dict[str, Any] = {
        **{name: value for name, value in told[0].items() if name != "negative_prompt"},
        **loaded.arguments(SIZE),
        "prompt": list(prompts) if len(prompts) > 1 else prompts[0],  # Z-Image writes into the list
        "width": EDGE,
        "height": EDGE,
        "num_inference_steps": 2,
        "strength": 1.0,
        "generator": chances(seen, seeds, negative="negative_prompt" in told[0]),
        "output_type": "np",
        "return_dict": False,
    }
    if "negative_prompt" in told[0]:
        texts = [one["negative_prompt"] for one in told]
        call["negative_prompt"] = texts if len(texts) > 1 else texts[0]
    if task != "text":
        pictures = [_picture(f"rgb({seed * 7},{seed * 2},90)") for seed in seeds]
        call["image"] = pictures if len(seeds) > 1 else pictures[0]
    if task == "inpaint":
        call["mask_image"] = [_mask() for _ in seeds] if len(seeds) > 1 else _mask()
    call |= more
    with torch.inference_mode():
        drawn = seen(**{name: value for name, value in call.items() if name in known})[0]
    return list(np.asarray(drawn, dtype=np.float32))


@pytest.mark.parametrize(("family", "task"), TASKS)
def test_every_task_of_every_family_draws_the_size_that_was_asked_for(family: str, task: Task) -> None:
    with HELD.get(family) as loaded:
        (picture,) = _draw(loaded, task, PROMPTS[:1], SEEDS[:1])
        assert picture.shape == (EDGE, EDGE, 3)
        assert np.isfinite(picture).all()


@pytest.mark.parametrize(
    ("family", "task"), [(family, task) for family, task in TASKS if task in FAMILIES[family].shared]
)
def test_what_may_share_a_batch_is_drawn_there_as_it_is_alone(family: str, task: Task) -> None:
    with HELD.get(family) as loaded:
        assert task in loaded.description.shares
        together = _draw(loaded, task, PROMPTS, SEEDS)
        for index, (prompt, seed) in enumerate(zip(PROMPTS, SEEDS, strict=True)):
            (alone,) = _draw(loaded, task, [prompt], [seed])
            assert np.abs(together[index] - alone).max() < 1e-3  # a level of a byte is 4e-3
        assert np.abs(together[0] - together[1]).max() > 1e-3


def test_kandinsky_would_mix_what_is_behind_masks_in_a_batch() -> None:
    """Why no orders of its inpainting share one: the first one's picture would be in all of them."""
    black = {"mask_image": [Image.new("L", SIZE, 0) for _ in SEEDS]}
    with HELD.get("kandinsky22-inpaint") as loaded:
        together = _draw(loaded, "inpaint", PROMPTS, SEEDS, **black)
        (alone,) = _draw(loaded, "inpaint", PROMPTS[1:], SEEDS[1:], mask_image=black["mask_image"][0])
        assert np.abs(together[0] - together[1]).max() < np.abs(together[1] - alone).max()


def test_flux2_would_mix_references_in_a_batch() -> None:
    """Why no family's references share one: each caller's picture would be seen by the others' orders."""
    with HELD.get("flux2-klein") as loaded:
        together = _draw(loaded, "reference", PROMPTS, SEEDS)
        (alone,) = _draw(loaded, "reference", PROMPTS[:1], SEEDS[:1])
        assert np.abs(together[0] - alone).max() > 1e-3


@pytest.mark.parametrize("family", FAMILIES)
def test_variants_have_the_same_weights_and_a_scheduler_of_their_own(family: str) -> None:
    with HELD.get(family) as loaded:
        weights = {
            name: part for name, part in loaded.pipeline.components.items() if hasattr(part, "state_dict")
        }
        schedulers = [loaded.pipeline.scheduler]
        for task in loaded.description.tasks:
            for seen in (loaded.pipeline_for(task), loaded.pipeline_for(task)):
                assert all(getattr(seen, name) is part for name, part in weights.items())
                schedulers.append(seen.scheduler)
        assert len({id(one) for one in schedulers}) == len(schedulers)


def test_a_variant_leaves_the_numbers_of_the_weights_as_they_are() -> None:
    """diffusers' own `from_pipe` makes them float32, in place."""
    pipeline = tiny("flux").to(torch.bfloat16)
    built = variants.build(variants.classes(FAMILIES["flux"])["image"], pipeline)
    assert pipeline.transformer.dtype == built.transformer.dtype == torch.bfloat16
    assert pipeline.vae.dtype == pipeline.text_encoder.dtype == torch.bfloat16


def test_a_view_leaves_nothing_behind_in_the_pipeline() -> None:
    with HELD.get("sdxl") as loaded:
        before = loaded.pipeline.scheduler
        _draw(loaded, "text", PROMPTS[:1], SEEDS[:1])
        assert loaded.pipeline.scheduler is before
        assert loaded.pipeline.scheduler.num_inference_steps is None


OURS = {("qwen-image-edit", "inpaint"), ("kandinsky22", "image")}
"""What diffusers has and draws wrong, so that we do it: a megapixel, whatever is asked for; pictures on their side."""
OTHERS = {("kandinsky22-inpaint", "text"), ("kandinsky22-inpaint", "image")}
"""What is drawn with other weights, though the parts have the same names."""


@pytest.mark.parametrize("family", FAMILIES)
def test_where_diffusers_knows_the_family_we_choose_the_same_classes(family: str) -> None:
    auto = importlib.import_module("diffusers.pipelines.auto_pipeline")
    tables: dict[Task, Any] = {
        "text": auto.AUTO_TEXT2IMAGE_PIPELINES_MAPPING,
        "image": auto.AUTO_IMAGE2IMAGE_PIPELINES_MAPPING,
        "inpaint": auto.AUTO_INPAINT_PIPELINES_MAPPING,
    }
    ours = FAMILIES[family].tasks
    for task, table in tables.items():
        theirs = auto._get_task_class(table, FAMILIES[family].pipeline, throw_error_if_not_exist=False)
        # Those without a strength are listed there as painting over a picture, and only look at it.
        known = theirs is not None and (task == "text" or "strength" in parameters(theirs))
        if known and (family, task) not in OURS | OTHERS:
            assert ours.get(task) == theirs.__name__


def test_a_task_that_a_model_has_not_is_refused_by_name() -> None:
    with (
        HELD.get("pixart-sigma") as loaded,
        pytest.raises(
            Unsupported, match="'pixart-sigma' does not draw 'reference'; it draws text, image, inpaint"
        ),
    ):
        loaded.pipeline_for("reference")


def test_large_pictures_are_decoded_in_tiles_and_small_ones_whole() -> None:
    with HELD.get("sdxl") as loaded:
        assert loaded.pipeline_for("text", size=Size(2048, 1024)).vae.use_tiling
        assert not loaded.pipeline_for("text", size=Size(1024, 1024)).vae.use_tiling

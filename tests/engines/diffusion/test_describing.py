"""What each family is said to be able to do: the table that cards are made of."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch", reason="diffusion models need the extra 'diffusion'")
pytest.importorskip("diffusers", reason="diffusion models need the extra 'diffusion'")

from tintype.core import Ratio, Size
from tintype.core.errors import Unavailable
from tintype.engines.diffusion import describing, facts
from tintype.engines.diffusion.facts import Facts
from tintype.engines.diffusion.families import FAMILIES

from .tiny import BUILDERS, saved

DREW = {"text": "own", "image": "own", "inpaint": "own"}
OURS = {"image": "generic", "inpaint": "generic"}
LOOKS = {"text": "own", "reference": "own"} | OURS
MADE_UP = {"text": "own"} | OURS
ALL = {"text", "image", "inpaint"}

# tasks, the tasks that share a batch, guidance (parameter, default), negative prompt, references, LoRAs, medium steps
TABLE: dict[str, tuple[Any, ...]] = {
    "sd15": (DREW, ALL, ("guidance_scale", 7.5), True, 0, True, 30),
    "sdxl": (DREW, ALL, ("guidance_scale", 5.0), True, 0, True, 30),
    "sd3": (DREW, ALL, ("guidance_scale", 7.0), True, 0, True, 28),
    "flux": (DREW, ALL, ("guidance_scale", 3.5), True, 0, True, 28),
    "flux-kontext": (LOOKS | {"inpaint": "own"}, {"text"}, ("guidance_scale", 2.5), True, 1, True, 28),
    "flux2": (LOOKS, {"text"}, ("guidance_scale", 4.0), False, 10, True, 28),
    "flux2-klein": (LOOKS | {"inpaint": "own"}, {"text"}, ("guidance_scale", 4.0), False, 4, True, 28),
    "qwen-image": (DREW, ALL, ("true_cfg_scale", 4.0), True, 0, True, 30),
    "qwen-image-edit": ({"reference": "own"} | OURS, set(), ("true_cfg_scale", 4.0), True, 1, True, 40),
    "qwen-image-edit-plus": ({"reference": "own"} | OURS, set(), ("true_cfg_scale", 4.0), True, 3, True, 40),
    "z-image": (DREW, ALL, ("guidance_scale", 5.0), True, 0, True, 40),
    "hidream": (MADE_UP, ALL, ("guidance_scale", 5.0), True, 0, True, 40),
    "sana": (MADE_UP, ALL, ("guidance_scale", 4.5), True, 0, True, 20),
    "pixart-alpha": (MADE_UP, ALL, ("guidance_scale", 4.5), True, 0, False, 20),
    "pixart-sigma": (MADE_UP, ALL, ("guidance_scale", 4.5), True, 0, False, 20),
    "lumina2": (MADE_UP, ALL, ("guidance_scale", 4.0), True, 0, True, 30),
    "kandinsky22": (MADE_UP, ALL, ("guidance_scale", 4.0), True, 0, False, 50),
    "kandinsky22-inpaint": ({"inpaint": "own"}, set(), ("guidance_scale", 4.0), True, 0, False, 50),
    "kandinsky5": (MADE_UP, ALL, ("guidance_scale", 3.5), True, 0, True, 35),
    "kandinsky5-edit": ({"reference": "own"} | OURS, set(), ("guidance_scale", 3.5), True, 1, True, 35),
    "cogview4": (MADE_UP, set(), ("guidance_scale", 5.0), True, 0, True, 35),
}  # fmt: skip


def test_every_family_is_in_the_table_and_has_a_tiny_pipeline() -> None:
    assert list(TABLE) == list(FAMILIES) == list(BUILDERS)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_a_family_can_do(family: str) -> None:
    tasks, shares, (parameter, default), negative, references, loras, steps = TABLE[family]
    told = describing.describe(facts.of_folder(saved(family)), name="mine", path="somewhere/mine")
    assert (told.model, told.family, told.pipeline) == ("mine", family, FAMILIES[family].pipeline)
    assert told.tasks == tasks
    assert told.shares == shares
    assert told.guidance is not None
    assert (told.guidance.parameter, told.guidance.range.default) == (parameter, default)
    assert told.negative_prompt is negative
    assert told.max_references == references
    assert (told.max_references > 0) == ("reference" in told.tasks)
    assert told.takes_loras is loras
    assert (told.steps.medium, told.fast) == (steps, False)
    assert told.steps.low <= told.steps.medium <= told.steps.high <= told.steps.max
    assert told.previews
    assert (told.strength is not None) == ("image" in told.tasks)
    assert "reference" not in told.shares  # one caller's picture would be in the other's
    for size in told.usual_sizes:
        assert told.sizes.fault(size) is None


@pytest.mark.parametrize(
    ("family", "first", "multiple"),
    [
        ("sd15", Size(64, 64), 8),  # 8 places of 8 pixels, by the configuration
        ("sd3", Size(64, 64), 16),
        ("flux", Size(1024, 1024), 16),  # by the family, since its configuration tells none
        ("hidream", Size(256, 256), 16),  # as many as it has positions for
    ],
)
def test_sizes_are_read_from_the_configuration(family: str, first: Size, multiple: int) -> None:
    told = describing.describe(facts.of_folder(saved(family)), name=family, path=family)
    assert told.usual_sizes[0] == first
    assert told.sizes.grid is not None
    assert told.sizes.grid.multiple == multiple
    assert told.sizes.fault(Size(first.width + 1, first.height))
    assert told.sizes.fault(Size(first.width * 8, first.height * 8))


@pytest.mark.parametrize(
    ("edge", "ratio", "size"),
    [
        (512, Ratio(16, 9), Size(688, 384)),
        (512, Ratio(1, 1), Size(512, 512)),
        (512, Ratio(1, 1, "1K"), Size(1024, 1024)),  # who says how fine has it so
        (1024, Ratio(16, 9), Size(1360, 768)),
    ],
)
def test_a_shape_is_drawn_as_large_as_the_model_was_made_for(edge: int, ratio: Ratio, size: Size) -> None:
    """Four times as many pixels are four times as long, and of a Stable Diffusion 1 two of everything."""
    told = describing.describe(facts.of_folder(saved("sd15")), name="sd15", path="sd15", edge=edge)
    assert told.sizes.nearest(ratio) == size


def test_the_operator_may_say_which_size_is_usual() -> None:
    told = describing.describe(facts.of_folder(saved("flux")), name="flux", path="flux", edge=256)
    assert told.usual_sizes[0] == Size(256, 256)


def test_kandinsky_draws_the_sizes_of_its_list_only() -> None:
    told = describing.describe(facts.of_folder(saved("kandinsky5")), name="k", path="k")
    assert Size(640, 1408) in told.sizes.listed
    assert told.sizes.fault(Size(1024, 1000))


@pytest.mark.parametrize(
    ("family", "path", "low", "default"),
    [
        ("sdxl", "stabilityai/sdxl-turbo", 2, 0.0),
        ("sd3", "/models/stable-diffusion-3.5-large-turbo/", 4, 0.0),
        ("z-image", "Tongyi-MAI/Z-Image-Turbo", 6, 0.0),
        ("hidream", "HiDream-ai/HiDream-I1-Dev", 16, 0.0),
        ("qwen-image", "somebody/Qwen-Image-Lightning", 4, 1.0),
    ],
)
def test_a_name_tells_of_few_steps(family: str, path: str, low: int, default: float) -> None:
    told = describing.describe(facts.of_folder(saved(family)), name=family, path=path)
    assert told.fast
    assert told.steps.low == low
    assert told.guidance is not None
    assert told.guidance.range.default == default
    assert not told.negative_prompt  # without guidance it would do nothing


def _with(told: Facts, part: str, **changed: Any) -> Facts:
    parts = {**told.parts, part: {**told.parts[part], **changed}}
    return Facts(pipeline=told.pipeline, settings=told.settings, classes=told.classes, parts=parts)


def test_a_configuration_tells_of_few_steps() -> None:
    schnell = _with(facts.of_folder(saved("flux")), "transformer", guidance_embeds=False)
    told = describing.describe(schnell, name="s", path="s")
    assert (told.fast, told.guidance, told.steps.medium) == (True, None, 4)
    klein = facts.of_folder(saved("flux2-klein"))
    distilled = Facts(
        pipeline=klein.pipeline, settings={"is_distilled": True}, classes=klein.classes, parts=klein.parts
    )
    assert describing.describe(distilled, name="k", path="k").guidance is None


def test_the_operator_knows_better_whether_it_takes_few_steps() -> None:
    told = facts.of_folder(saved("sdxl"))
    assert not describing.describe(told, name="s", path="sdxl-turbo-but-trained-on", fast=False).fast
    assert describing.describe(told, name="s", path="mine", fast=True).fast


def test_distilled_is_no_dev() -> None:
    """Only HiDream calls its distilled model "dev"."""
    assert not describing.describe(facts.of_folder(saved("flux")), name="f", path="FLUX.1-dev").fast


def test_how_words_are_followed_is_said_in_the_words_of_the_pipeline() -> None:
    def steering(family: str, guidance: float | None, negative: str | None) -> dict[str, Any]:
        told = describing.describe(facts.of_folder(saved(family)), name=family, path=family)
        return told.steering(guidance, negative)

    assert steering("sdxl", None, None) == {"guidance_scale": 5.0}
    assert steering("sdxl", 7.0, "rain") == {"guidance_scale": 7.0, "negative_prompt": "rain"}
    # Qwen-Image is guided only against something.
    assert steering("qwen-image", 2.5, None) == {"true_cfg_scale": 2.5, "negative_prompt": " "}
    # FLUX.1 has been taught its guidance; a negative prompt needs the other one.
    assert steering("flux", 2.0, None) == {"guidance_scale": 2.0}
    assert steering("flux", 2.0, "rain") == {
        "guidance_scale": 3.5,
        "true_cfg_scale": 2.0,
        "negative_prompt": "rain",
    }
    assert steering("flux2", None, "rain") == {"guidance_scale": 4.0}


def test_a_family_that_is_not_supported_is_named_beside_those_that_are() -> None:
    with pytest.raises(
        Unavailable, match=r"'w' is made for WanPipeline.* Supported are: .*HiDream-I1"
    ) as caught:
        describing.describe(Facts(pipeline="WanPipeline"), name="w", path="w")
    assert caught.value.code == "family_not_supported"


def test_a_pipeline_in_memory_and_its_folder_are_described_alike() -> None:
    from .tiny import tiny

    for family in ("sdxl", "flux", "sana", "qwen-image"):
        in_memory = describing.describe(facts.of_pipeline(tiny(family)), name=family, path=family)
        assert in_memory == describing.describe(facts.of_folder(saved(family)), name=family, path=family)

"""What a diffusion model can do, as the card that callers and the plan go by."""

from __future__ import annotations

from collections.abc import Iterator

from ..core import ModelCard, Range
from ..core.request import FORMATS
from ..engines.diffusion.describing import Description
from ._diffusion_settings import MOST, QUALITIES, Model

EXTRAS = ("lora", "loras", "control", "controlnet")
"""Names beyond OpenAI's that are always looked at: they are meant, and a model that has none of it says so."""


def card_of(model: Model, description: Description, provider: str) -> ModelCard:
    can = description
    steps = {quality: getattr(can.steps, quality) for quality in QUALITIES} | dict(model.steps)
    ranges = dict(_ranges(can, steps))
    return ModelCard(
        id=model.name,
        provider=provider,
        of=model.of,
        upstream_id=model.name,
        name=model.title or can.title,
        owned_by="local",
        aliases=model.aliases,
        max_n=MOST,
        sizes=can.sizes,
        qualities=QUALITIES,
        default_quality="medium",
        formats=FORMATS,
        output_compression=True,
        partial_images=3 if can.previews else 0,
        max_input_images=pictures_of(can),
        mask="inpaint" in can.tasks,
        accepts=frozenset((*_hints(can), *EXTRAS, *ranges)),
        ranges=ranges,
        steps=steps,
        prices=model.prices,
        source=f"diffusers' {can.pipeline}",
    )


def pictures_of(can: Description) -> int:
    """How many an order may have at most."""
    one = "image" in can.tasks or "inpaint" in can.tasks or bool(can.controls)
    return max(int(one), can.max_references)


def _hints(can: Description) -> Iterator[str]:
    yield "seed"
    if can.previews:
        yield "partial_images"
    if can.negative_prompt:
        yield "negative_prompt"


def _ranges(can: Description, steps: dict[str, int]) -> Iterator[tuple[str, Range]]:
    most = max(can.steps.max, *steps.values())
    yield "num_inference_steps", Range(min=1, max=most, default=steps["medium"])
    if can.guidance is not None:
        yield "guidance_scale", can.guidance.range
    if can.strength is not None:
        yield "strength", can.strength

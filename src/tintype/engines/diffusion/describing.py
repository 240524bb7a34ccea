"""What a diffusion model can do, told from its pipeline's own signature and configuration, without its weights."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ...core import Size, Sizes
from ...core.card import Range
from ...core.errors import Unavailable
from ...core.size import Grid
from . import signatures
from .facts import Facts
from .families import FAMILIES, PIPELINES, offered
from .family import FAST_SCHEDULERS, FAST_WORDS, KNOWN_NOISE, MEGAPIXEL, Family, Steps
from .orders import Task

Way = Literal["own", "generic"]
"""`own`: diffusers has a pipeline for the task. `generic`: it has none, and ours does it (generic.py)."""

Parameter = Literal["guidance_scale", "true_cfg_scale"]

_MADE_UP: tuple[Task, ...] = ("image", "inpaint")
_SHAPES = ((1, 1), (3, 2), (2, 3), (4, 3), (3, 4), (16, 9), (9, 16))
_STRENGTH = 0.6
_TRUE_GUIDANCE = Range(min=1.0, max=20.0, default=4.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """How closely words are followed. `parameter` is what the pipeline's call names it; with `needs_negative` it
    acts only where there is a negative prompt (an empty one counts)."""

    parameter: Parameter
    range: Range
    needs_negative: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What can be asked of one model. Everything that is not in here is refused by name."""

    model: str
    family: str  # a key of families.FAMILIES
    title: str
    pipeline: str  # the class: "StableDiffusionXLPipeline"
    fast: bool  # made for few steps
    tasks: Mapping[Task, Way]
    sizes: Sizes
    usual_sizes: tuple[Size, ...]  # the first one is drawn when nothing is said
    steps: Steps
    guidance: Guidance | None
    negative_guidance: Range | None  # of `true_cfg_scale`, where a negative prompt has a guidance of its own
    negative_prompt: bool
    strength: Range | None  # None where there is no task "image"
    max_references: int  # pictures of the task "reference"; 0 where there is no such task
    previews: bool
    shares: frozenset[Task]  # the tasks whose orders may be drawn in one batch
    at_once: int  # pixels that a batch may have in all
    takes_loras: bool
    loras: tuple[str, ...] = ()  # the names that are in the operator's folder now
    controls: tuple[str, ...] = ()  # the names of ControlNets
    bytes: int | None = None  # of all weights, as they lie on the disk; None when not known
    tiny_autoencoder: str | None = None  # the hub id or folder of what decodes previews; None: a linear map
    arguments: Mapping[str, Any] = field(default_factory=dict)  # for every call of the pipeline

    @property
    def base(self) -> Task:
        """The task whose pipeline does what is "generic". One that looks at pictures looks at what it paints over, too."""
        return "reference" if "reference" in self.tasks else "text"

    @property
    def compares(self) -> bool:
        """Whether it looks at further pictures while it paints where the mask of the first one says."""
        return self.tasks.get("inpaint") == "generic" and self.max_references > 1

    def steering(self, guidance: float | None, negative_prompt: str | None) -> dict[str, Any]:
        """The arguments of the pipeline's call that say how closely words are followed: for one order, so
        `negative_prompt` is text, and is there also where the model needs an empty one. Orders that share a batch must
        have the same, but for that text."""
        told: dict[str, Any] = {}
        if negative_prompt is not None and self.negative_prompt:
            told["negative_prompt"] = negative_prompt
        elif self.guidance is not None and self.guidance.needs_negative:
            told["negative_prompt"] = " "
        if "negative_prompt" in told and self.negative_guidance is not None:
            told["true_cfg_scale"] = self.negative_guidance.default if guidance is None else guidance
            guidance = None
        if self.guidance is not None:
            told[self.guidance.parameter] = self.guidance.range.default if guidance is None else guidance
        elif "guidance_scale" in self.arguments:
            told["guidance_scale"] = self.arguments["guidance_scale"]
        return told


def describe(
    facts: Facts, *, name: str, path: str, edge: int | None = None, fast: bool | None = None
) -> Description:
    """Describe a model of this configuration; `path` may tell that it was made for few steps. `fast` and `edge` (of the
    usual square) are the operator's word, where there is one. Raises Unavailable for a family that is not supported."""
    key = family_of(facts, name)
    family = FAMILIES[key]
    own = {task: made for task, made in family.tasks.items() if signatures.is_there(made)}
    signature = signatures.of(next(iter(own.values())))
    first = signature.parameters
    fast = is_fast(facts, family, path) if fast is None else fast
    edge = edge or _edge(facts, family)
    sizes = _sizes(family, edge)
    guidance = _guidance(first, facts, family, fast=fast)
    negative = "negative_prompt" in first and not (fast and (family.few_guidance or 0.0) <= 1.0)
    tasks: dict[Task, Way] = dict.fromkeys(own, "own")
    if _begins_with_pictures(facts) and ("text" in own or "reference" in own):
        for task in _MADE_UP:
            tasks.setdefault(task, "generic")
    own_guidance = guidance is None or guidance.parameter == "guidance_scale"
    return Description(
        model=name,
        family=key,
        title=family.title,
        pipeline=family.pipeline,
        fast=fast,
        tasks=tasks,
        sizes=sizes,
        usual_sizes=family.sizes or _usual(sizes, edge),
        steps=family.few if fast and family.few else family.steps,
        guidance=guidance,
        negative_guidance=_TRUE_GUIDANCE if negative and own_guidance and "true_cfg_scale" in first else None,
        negative_prompt=negative,
        strength=_strength(own, family) if "image" in tasks else None,
        max_references=family.references,
        previews=not {"vae", "movq"}.isdisjoint(facts.classes),
        shares=frozenset(
            task
            for task, way in tasks.items()
            if task in family.shared and (way == "own" or "reference" not in own)
        ),
        at_once=int(family.at_once * MEGAPIXEL),
        takes_loras=signature.takes_loras,
        arguments={k: v for k, v in family.arguments.items() if k in first},
    )


def family_of(facts: Facts, name: str) -> str:
    """The family's key. Raises Unavailable that lists those that are supported."""
    key = PIPELINES.get(facts.pipeline)
    if key is None:
        raise Unavailable(
            f"The model '{name}' is made for {facts.pipeline}, which is not supported. Supported are: {offered()}.",
            code="family_not_supported",
        )
    return key


def is_fast(facts: Facts, family: Family, path: str) -> bool:
    """Whether the model was made for few steps: its configuration says so, or else its name."""
    scheduler = facts.classes.get("scheduler", "")
    settings = facts.parts.get("scheduler", {})
    if facts.settings.get("is_distilled") or scheduler in FAST_SCHEDULERS:
        return True
    if family.pipeline == "FluxPipeline" and facts.denoiser.get("guidance_embeds") is False:
        return True
    if scheduler == "EulerAncestralDiscreteScheduler" and settings.get("timestep_spacing") == "trailing":
        return True  # as SDXL Turbo comes
    words = re.split(r"[^a-z0-9]+", re.split(r"[/\\]", path.rstrip("/\\"))[-1].lower())
    return family.few is not None and any(word in words for word in (*FAST_WORDS, *family.fast_words))


def _guidance(
    first: Mapping[str, inspect.Parameter], facts: Facts, family: Family, *, fast: bool
) -> Guidance | None:
    true = "true_cfg_scale" in first and first["guidance_scale"].default is None
    parameter: Parameter = "true_cfg_scale" if true else "guidance_scale"
    if parameter not in first:
        return None
    if fast and family.few_guidance is None:
        return None
    if not true and facts.denoiser.get("guidance_embeds") is False and "true_cfg_scale" in first:
        return None
    default = family.guidance or first[parameter].default
    if fast:
        default = family.few_guidance
    return Guidance(
        parameter=parameter,
        range=Range(min=1.0 if true else 0.0, max=20.0, default=float(default)),
        needs_negative=true,
    )


def _begins_with_pictures(facts: Facts) -> bool:
    upwards = facts.parts.get("scheduler", {}).get("invert_sigmas")
    return facts.classes.get("scheduler") in KNOWN_NOISE and not upwards


def _strength(own: Mapping[Task, str], family: Family) -> Range:
    default = family.strength
    if default is None and "image" in own:
        default = signatures.of(own["image"]).parameters["strength"].default
    return Range(min=0.0, max=1.0, default=_STRENGTH if default is None else float(default))


def _edge(facts: Facts, family: Family) -> int:
    sample = facts.denoiser.get("sample_size") or facts.denoiser.get("max_resolution")
    if isinstance(sample, list | tuple):
        sample = sample[0] if sample else None
    return sample * facts.scale if isinstance(sample, int) else family.edge


def _sizes(family: Family, edge: int) -> Sizes:
    if family.sizes:
        return Sizes(listed=family.sizes)
    return Sizes(
        grid=Grid(
            multiple=family.multiple,
            min_edge=max(family.multiple, edge // 4),
            max_edge=edge * 2 if family.most < 4 else edge * 4,
            max_ratio=4.0,
            min_pixels=(edge // 2) ** 2,
            max_pixels=int(edge * edge * family.most),
            usual=edge,
        )
    )


def _usual(sizes: Sizes, edge: int) -> tuple[Size, ...]:
    """About as many pixels as the square that the model was trained on, in the shapes that are usual."""
    found = []
    for wide, high in _SHAPES:
        stretch = (wide / high) ** 0.5
        found.append(sizes.nearest(Size(round(edge * stretch), round(edge / stretch))))
    return tuple(dict.fromkeys(found))

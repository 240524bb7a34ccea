"""What a diffusion model can do, told from its pipeline's own signature and configuration, without its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ...core import Size
from ...core.card import Range
from ...core.size import Grid
from .orders import Task

Way = Literal["own", "generic"]
"""`own`: diffusers has a pipeline for the task. `generic`: it has none, and ours does it (generic.py)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """How closely words are followed. `parameter` is what the pipeline's call names it; with `needs_negative` it
    acts only where there is a negative prompt (an empty one counts)."""

    parameter: Literal["guidance_scale", "true_cfg_scale"]
    range: Range
    needs_negative: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """How many steps each quality takes, and the most that may be asked for."""

    low: int
    medium: int
    high: int
    max: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What can be asked of one model. Everything that is not in here is refused by name."""

    model: str
    family: str  # "sdxl": a key of families.FAMILIES
    title: str  # "Stable Diffusion XL"
    pipeline: str  # the class: "StableDiffusionXLPipeline"
    tasks: Mapping[Task, Way]
    sizes: Grid
    usual_sizes: tuple[Size, ...]  # the first one is drawn when nothing is said
    steps: Steps
    guidance: Guidance | None
    negative_prompt: bool
    strength: Range | None  # of the task "image"; None where there is no such task
    max_references: int  # pictures of the task "reference"; 0 where there is no such task
    previews: bool
    shares: frozenset[Task]  # the tasks whose orders may be drawn in one batch
    at_once: int  # pixels that a batch may have in all
    takes_loras: bool
    loras: tuple[str, ...] = ()  # the names that are in the operator's folder now
    controls: tuple[str, ...] = ()  # the names of ControlNets
    bytes: int | None = None  # of all weights, as they lie on the disk; None when not known
    arguments: Mapping[str, object] = field(default_factory=dict)  # for every call of the pipeline

"""What there is to know of a family of models, and by what its fast ones are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core import Size
from .orders import Task

MEGAPIXEL = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """How many steps each quality takes, and the most that may be asked for."""

    low: int
    medium: int
    high: int
    max: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Models that share a pipeline.

    `tasks` names the pipeline's class for each task that diffusers has one for; the first is what a folder's
    `model_index.json` says. All of them are made of the same weights: classes that need others (Fill, Redux,
    InstructPix2Pix, upscalers) are left out, though their components have the same names.
    """

    title: str
    tasks: Mapping[Task, str]
    steps: Steps
    few: Steps | None = None  # of its models that were made for few steps
    few_guidance: float | None = None  # theirs when nothing is said; None: they take none
    fast_words: tuple[str, ...] = ()  # in a model's name, besides FAST_WORDS
    edge: int = 1024  # of the square that it was trained on, where the configuration does not tell
    multiple: int = 16  # of width and height
    most: float = 4.0  # squares of `edge`
    sizes: tuple[Size, ...] = ()  # the only ones that it draws
    at_once: float = 1.0  # megapixels of one batch: what still gains on a large GPU
    references: int = 0
    reserved: str = ""  # what stands for a picture in the words that its encoder reads
    most_tokens: int | None = None  # of words, where more make it fail instead of being cut off
    guidance: float | None = None  # where the signature's own is not what the model was made for
    guided: bool = True  # false: the pipeline's parameter does nothing
    strength: float | None = None
    shared: frozenset[Task] = frozenset({"text", "image", "inpaint"})  # what is safe to draw in one batch
    control: Mapping[str, str] = field(
        default_factory=dict
    )  # "pipeline" and "model": the ControlNet's classes
    arguments: Mapping[str, Any] = field(default_factory=dict)  # for every call of the pipeline
    decoder: str = ""  # the class of a folder that has a part of it, where the rest is a `prior` of its own
    prior: str = ""  # the hub id of that

    @property
    def pipeline(self) -> str:
        return next(iter(self.tasks.values()))


FAST_WORDS = (
    "turbo",
    "schnell",
    "lightning",
    "hyper",
    "lcm",
    "flash",
    "distilled",
    "dmd",
    "dmd2",
    "fast",
    "rapid",
)
FAST_SCHEDULERS = ("LCMScheduler", "TCDScheduler")
KNOWN_NOISE = (
    "FlowMatchEulerDiscreteScheduler",
    "FlowMatchLCMScheduler",
    "DPMSolverMultistepScheduler",
    "UniPCMultistepScheduler",
    "DDIMScheduler",
    "DDPMScheduler",
    "LCMScheduler",
)
"""The schedulers with which a pipeline that only begins from noise can be made to begin with a picture (generic.py)."""

"""What is asked of a diffusion model, and what happens while it draws: plain data, without torch."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ...core import Size

if TYPE_CHECKING:
    from PIL.Image import Image

Task = Literal["text", "image", "inpaint", "reference"]
"""`text`: from words alone. `image`: from one picture, as far as `strength` goes. `inpaint`: only where the mask is
white. `reference`: by pictures that are looked at and not painted over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One picture. What is None is as the model has it.

    `mask` is white where it is to change, and as large as the first of `images`. `loras` are names of files in the
    operator's folder with their weights. `previews` is how many are shown on the way.
    """

    model: str
    task: Task = "text"
    prompt: str
    negative_prompt: str | None = None
    size: Size
    seed: int
    steps: int | None = None
    guidance: float | None = None
    strength: float | None = None
    images: tuple[Image, ...] = ()
    mask: Image | None = None
    loras: Mapping[str, float] = field(default_factory=dict)
    control: str | None = None  # the name of a ControlNet; its picture is the first of `images`
    previews: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """It is not its turn yet; `position` counts from 1."""

    position: int


@dataclass(frozen=True, slots=True)
class Progress:
    """`step` of `steps` is done."""

    step: int
    steps: int


@dataclass(frozen=True, slots=True)
class Preview:
    """How the picture looks by now: small, and right in its colours. `number` counts from 0."""

    image: Image
    number: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """The picture, of whichever size the model made it. `seconds` are those of the batch that it was drawn in, and
    `share` (0 to 1) is its part of them."""

    image: Image
    seconds: float
    share: float


Happening = Waiting | Progress | Preview | Drawn
Happenings = AsyncGenerator[Happening, None]
"""Closing it takes the order out of the queue, or ends it at its next step."""

"""What the illustrator is asked for, and what it hands back at each stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from PIL import Image

Detail = Literal["low", "medium", "high"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commission:
    """One picture to draw.

    width and height are pixels, 16 to 3840 each. `detail` is supersampling and fineness.
    `pictures` are what to start from (an edit when there is one), upright and in RGB or RGBA.
    `mask` has the size of the first picture, mode "L": 255 is to be drawn anew, 0 stays to the
    pixel. `strength` is how far an edit may leave its picture: 0 not at all, 1 wholly,
    None as the prompt suggests.
    """

    prompt: str
    width: int
    height: int
    seed: int = 0
    detail: Detail = "medium"
    transparent: bool = False
    pictures: tuple[Image.Image, ...] = ()
    mask: Image.Image | None = None
    strength: float | None = None


class Stage(NamedTuple):
    """A picture on its way. The stage named "finished" is the last, and the only one to keep."""

    name: Literal["ground", "subjects", "light", "finished"]
    # Always width x height. RGB, or RGBA when the commission or its first picture is transparent.
    picture: Image.Image

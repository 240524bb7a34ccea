"""A painting on its way: layers from back to front, as the painter places them and the styles treat them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from PIL import Image

from .scene import Scene


@dataclass(slots=True)
class Layer:
    """A cut-out: RGBA pixels (straight alpha) with their upper left corner at (x, y) on the canvas.

    Cut close around what it shows, so that a small thing on a 3840 px canvas stays small in memory.
    `depth` is 0 for what stands nearest and 1 for the horizon.
    """

    kind: Literal["ground", "scenery", "subject", "weather", "lettering"]
    pixels: Image.Image
    x: int
    y: int
    depth: float


@dataclass(slots=True)
class Painting:
    """Everything a style may look at. `unit` is the canvas's short edge in pixels: all
    radii and line widths are fractions of it, so that a style looks the same at every size."""

    scene: Scene
    width: int
    height: int
    seed: int
    detail: Literal["low", "medium", "high"]
    transparent: bool
    layers: list[Layer]
    light: tuple[float, float] = (-0.5, -0.8)  # where the light comes from: a direction on the canvas

    @property
    def unit(self) -> int:
        return min(self.width, self.height)


class StyleRecipe(Protocol):
    """How one style treats a painting. Both hooks are deterministic in (painting, seed)."""

    backdrop: Literal["full", "sparse", "none"]
    """How much ground the painter lays: a whole place, a hint of it on paper, or nothing."""

    shading: float
    """How much volume (light and shade inside a subject) the painter gives: 0 flat, 1 round."""

    def layer(self, layer: Layer, painting: Painting) -> Layer:
        """Treat one layer before it is laid down: outline it, blur it by depth, flatten its colours."""
        ...

    def finish(self, picture: Image.Image, painting: Painting) -> Image.Image:
        """Treat the whole: grain, ink, paper, tone. Keeps mode, size, and alpha when there is one."""
        ...

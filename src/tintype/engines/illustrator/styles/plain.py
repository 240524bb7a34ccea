"""The default style, illustration: what the painter made, with a little more light and depth."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from ..layers import Painting
from .recipe import Recipe, in_bands
from .tone import curve, curves, vignette


@dataclass(slots=True)
class Illustration(Recipe):
    shading: float = 0.6

    def treat(self, picture: Image.Image, painting: Painting) -> Image.Image:
        warm, cool = curve((0, 0), (0.5, 0.515), (1, 1)), curve((0, 0.012), (0.5, 0.495), (1, 0.99))
        if painting.transparent:
            return picture
        lit = in_bands(lambda band: curves(band, warm, curve((0, 0), (1, 1)), cool), 0, picture)
        return vignette(lit, 0.10, start=0.6)

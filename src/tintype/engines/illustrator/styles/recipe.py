"""What all styles stand on: a recipe that treats colours alone and gives every picture its alpha back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from PIL import Image

from ..layers import Layer, Painting

Backdrop = Literal["full", "sparse", "none"]

BAND_PIXELS = 600_000
"""About what a band holds. Up to three times that (1024x1024, and somewhat more) goes whole, for speed."""


@dataclass(slots=True)
class Recipe:
    """A style that leaves layers alone, and whose `treat` sees the finished picture as opaque RGB."""

    backdrop: Backdrop = "full"
    shading: float = 0.5

    def layer(self, layer: Layer, painting: Painting) -> Layer:
        return layer

    def finish(self, picture: Image.Image, painting: Painting) -> Image.Image:
        colours, alpha = apart(picture)
        treated = self.treat(colours, painting)
        if alpha is not None:
            treated.putalpha(alpha)
        return treated

    def treat(self, picture: Image.Image, painting: Painting) -> Image.Image:
        """RGB in, RGB of the same size out."""
        return picture


def apart(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Colours and alpha. Where nothing is painted the colours nearby run on, so that no filter drags
    the arbitrary colour of transparent pixels into the edges."""
    if picture.mode == "RGB":
        return picture, None
    alpha = picture.getchannel("A")
    if extremes(alpha) == (255, 255):
        return picture.convert("RGB"), alpha
    few = picture.resize((max(1, picture.width // 12), max(1, picture.height // 12)), Image.Resampling.BOX)
    solid = np.asarray(few).reshape(-1, 4)
    mean = solid[solid[:, 3] > 127, :3].mean(axis=0) if (solid[:, 3] > 127).any() else np.full(3, 255.0)
    around = Image.new("RGB", few.size, (int(mean[0]), int(mean[1]), int(mean[2])))
    around.paste(few.convert("RGB"), mask=few.getchannel("A").point(lambda a: min(255, a * 8)))
    colours = around.resize(picture.size, Image.Resampling.BILINEAR)
    colours.paste(picture.convert("RGB"), mask=alpha.point(lambda a: 255 if a else 0))
    return colours, alpha


def in_bands(
    treat: Callable[..., Image.Image], overlap: float, picture: Image.Image, *alongside: Image.Image
) -> Image.Image:
    """Treat a large picture a horizontal band at a time, to hold memory down.

    `treat` gets the band of the picture and of everything alongside it; `overlap` is how many pixels
    above and below it may look at. It must not care where on the canvas it is.
    """
    if picture.width * picture.height <= 3 * BAND_PIXELS:
        return treat(picture, *alongside)
    width, height = picture.size
    margin = int(np.ceil(overlap))
    step = max(BAND_PIXELS // width, 2 * margin, 64)
    out: Image.Image | None = None
    for top in range(0, height, step):
        bottom = min(height, top + step)
        box = (0, max(0, top - margin), width, min(height, bottom + margin))
        band = treat(*(each.crop(box) for each in (picture, *alongside)))
        if out is None:
            out = Image.new(band.mode, picture.size)
        out.paste(band.crop((0, top - box[1], width, bottom - box[1])), (0, top))
    assert out is not None
    return out


def extremes(alpha: Image.Image) -> tuple[int, int]:
    """The lowest and the highest value of an "L" picture."""
    return cast("tuple[int, int]", alpha.getextrema())


def chance(painting: Painting, purpose: str) -> np.random.Generator:
    """The painting's own dice: one independent, repeatable set for each purpose."""
    return np.random.default_rng([painting.seed & 0xFFFFFFFFFFFFFFFF, *purpose.encode()])


def is_grey(palette: tuple[tuple[int, int, int], ...]) -> bool:
    """The prompt asked for a palette without any hue: black and white, shades of grey."""
    return bool(palette) and all(max(colour) - min(colour) <= 12 for colour in palette)

"""Pixel art: a coarse grid, few colours, ordered dithering, hard edges."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageFilter

from ..layers import Layer, Painting
from .recipe import Recipe
from .shape import backed, grown, roomy
from .tone import ramp

COLOURS = 28
BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16 - 15 / 32


def block(painting: Painting) -> int:
    """The edge of one drawn pixel in canvas pixels: the short edge has about 112 of them (fewer on a small
    canvas, to be seen at all), or with words in the picture as many as it takes to read them."""
    if painting.scene.lettering:
        return max(1, round(painting.unit / 200))
    return max(1, round(painting.unit / 112), min(4, painting.unit // 28))


@dataclass(slots=True)
class Pixel(Recipe):
    shading: float = 0.7

    def layer(self, layer: Layer, painting: Painting) -> Layer:
        if layer.kind != "subject":
            return layer
        width = block(painting) * 0.9
        wide = roomy(layer, painting, 2 * width)
        outline = grown(wide.pixels.getchannel("A").point(ramp(128, 60)), width)
        return replace(wide, pixels=backed(wide.pixels, outline, (34, 26, 44)))

    def finish(self, picture: Image.Image, painting: Painting) -> Image.Image:
        edge = block(painting)
        coarse = picture.reduce(edge) if edge > 1 else picture
        alpha = coarse.getchannel("A").point(ramp(110, 0)) if coarse.mode == "RGBA" else None
        colours = coarse.convert("RGB").filter(ImageFilter.UnsharpMask(0.8, 90, 2))
        drawn = dithered(colours)
        if alpha is not None:
            drawn.putalpha(alpha)
        grid = drawn.resize((drawn.width * edge, drawn.height * edge), Image.Resampling.NEAREST)
        return grid.crop((0, 0, picture.width, picture.height))


def dithered(colours: Image.Image) -> Image.Image:
    """Few colours chosen from the picture's own, mixed in a fixed pattern where a tone lies between."""
    few = colours.quantize(COLOURS, Image.Quantize.MEDIANCUT, kmeans=2)
    palette = np.array(few.getpalette()[: 3 * COLOURS], np.float32).reshape(-1, 3)  # type: ignore[index]
    values = np.asarray(colours, np.float32)
    height, width = values.shape[:2]
    pattern = np.tile(BAYER, (height // 4 + 1, width // 4 + 1))[:height, :width]
    wanted = (values + 12 * pattern[:, :, None]).reshape(-1, 3).astype(np.float32)
    # Nearest by |p|^2 - 2 p.v; |v|^2 is the same for all.
    distance = (palette**2).sum(axis=1) - 2 * wanted @ palette.T
    chosen = palette[distance.argmin(axis=1)].astype(np.uint8)
    return Image.fromarray(chosen.reshape(height, width, 3))

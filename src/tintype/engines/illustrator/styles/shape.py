"""Shapes from alpha: edges grown, rims, lines of ink, cast shadows, and the room a blur needs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageOps

from ..layers import Layer, Painting
from .tone import blur, darken, ramp


def grown(alpha: Image.Image, radius: float) -> Image.Image:
    """The shape, wider by about `radius` pixels all around, with round corners and a smooth edge."""
    if radius < 0.4:
        return alpha
    # Shrunk so that the radius is 3 px at most: a maximum filter's cost grows with its square.
    shrink = max(1, int(radius / 3))
    small = alpha.reduce(shrink) if shrink > 1 else alpha
    inner = radius / shrink
    # A Gaussian of deviation s falls to 2.5 % at 1.96 s from a straight edge, at about 29 / radius grey
    # levels a pixel: the ramp makes that an edge of one pixel.
    soft = small.filter(ImageFilter.GaussianBlur(inner / 1.96))
    box = (0, 0, alpha.width / shrink, alpha.height / shrink)
    wide = soft.resize(alpha.size, Image.Resampling.BICUBIC, box=box).point(
        ramp(10, min(18, max(4, 29 / radius)))
    )
    return ImageChops.lighter(wide, alpha)


def shrunk(alpha: Image.Image, radius: float) -> Image.Image:
    """The shape, narrower by about `radius` pixels all around."""
    return ImageChops.invert(grown(ImageChops.invert(alpha), radius))


def roomy(layer: Layer, painting: Painting, margin: float) -> Layer:
    """The same layer with empty pixels around it, up to the canvas's edges and no further: what runs off
    the canvas must not grow an edge there."""
    pad = int(margin) + 1
    left, top = max(0, min(pad, layer.x)), max(0, min(pad, layer.y))
    right = max(0, min(pad, painting.width - layer.x - layer.pixels.width))
    bottom = max(0, min(pad, painting.height - layer.y - layer.pixels.height))
    if not (left or top or right or bottom):
        return layer
    size = (layer.pixels.width + left + right, layer.pixels.height + top + bottom)
    pixels = Image.new("RGBA", size)
    pixels.paste(layer.pixels, (left, top))
    return replace(layer, pixels=pixels, x=layer.x - left, y=layer.y - top)


def backed(pixels: Image.Image, alpha: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """The cut-out on a flat shape of one colour."""
    ground = Image.new("RGBA", pixels.size, (*colour, 0))
    ground.putalpha(alpha)
    return Image.alpha_composite(ground, pixels)


def moved(picture: Image.Image, dx: float, dy: float) -> Image.Image:
    """Shifted by whole pixels, with nothing coming in."""
    out = Image.new(picture.mode, picture.size)
    out.paste(picture, (round(dx), round(dy)))
    return out


def lines(grey: Image.Image, width: float, at: float, softness: float) -> Image.Image:
    """Ink where the picture's tone changes: white paper, black lines (differences of two blurs)."""
    difference = ImageChops.subtract(blur(grey, width), blur(grey, width * 1.8), 0.25, 255)
    return difference.point(ramp(255 - at, softness))


def union(painting: Painting, kinds: tuple[str, ...] = ("subject", "lettering")) -> Image.Image:
    """Where on the canvas the layers of these kinds are, as alpha."""
    out = Image.new("L", (painting.width, painting.height), 0)
    for layer in painting.layers:
        if layer.kind in kinds:
            alpha = layer.pixels.getchannel("A")
            box = (layer.x, layer.y, layer.x + alpha.width, layer.y + alpha.height)
            out.paste(ImageChops.lighter(out.crop(box), alpha), box)
    return out


def words(painting: Painting, strength: float) -> Image.Image | None:
    """Where words stand, up to `strength` (0 to 1) as "L", for a style to spare: they are there to be read."""
    if not any(layer.kind == "lettering" for layer in painting.layers):
        return None
    return union(painting, ("lettering",)).point([int(v * strength) for v in range(256)])


def side(alpha: Image.Image, painting: Painting, lit: bool, amount: float) -> Image.Image:
    """How far each pixel of a round thing of this outline faces the light, or away from it: 0 to 255."""
    reach = 0.22 * min(alpha.size)
    shrink = max(1, int(reach / 12))
    small = ImageOps.expand(alpha.reduce(shrink), border=40, fill=0)
    soft = blur(small, reach / shrink * 0.5)
    way = (-1 if lit else 1) * reach / shrink
    turned = ImageChops.subtract(soft, moved(soft, way * painting.light[0], way * painting.light[1]))
    box = (40, 40, 40 + alpha.width / shrink, 40 + alpha.height / shrink)
    wide = turned.resize(alpha.size, Image.Resampling.BICUBIC, box=box)
    return wide.point([min(255, int(v * amount)) for v in range(256)])


def modelled(layer: Layer, painting: Painting, light: float, shade: float) -> Layer:
    """The subject turned round: lit along the edge that faces the light, shaded along the other."""
    alpha = layer.pixels.getchannel("A")
    lit = side(alpha, painting, True, light)
    colours = darken(layer.pixels.convert("RGB"), ImageChops.invert(side(alpha, painting, False, shade)))
    colours = ImageChops.screen(colours, Image.merge("RGB", (lit, lit, lit)))
    colours.putalpha(alpha)
    return replace(layer, pixels=colours)


def exposed(layer: Layer, white: int = 238) -> Layer:
    """The subject lit as by a lamp of its own: its lightest parts brought up to `white`, whatever the hour."""
    alpha = layer.pixels.getchannel("A")
    # By the strongest channel: pure red is as light as it can be, whatever its luminance.
    red, green, blue, _ = layer.pixels.split()
    strongest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    counts = np.cumsum(strongest.histogram(alpha.point(ramp(200, 0))))
    lightest = int(np.searchsorted(counts, 0.97 * counts[-1]))
    gain = min(2.4, max(1.0, white / max(1, lightest)))
    colours = layer.pixels.convert("RGB").point([min(255, int(v * gain)) for v in range(256)] * 3)
    colours.putalpha(alpha)
    return replace(layer, pixels=colours)


def lamplight(x: np.ndarray, y: np.ndarray, painting: Painting) -> np.ndarray:
    """A pool of light around the middle (x and y from -1 to 1), and a hard fall into the corners away from
    where the light comes from."""
    dx, dy = painting.light
    away = np.clip(-(x * dx + y * dy) / (abs(dx) + abs(dy) + 1e-6), 0, 1)
    pool = np.exp(-((x * 0.95) ** 2 + ((y - 0.05) * 0.85) ** 2) * 1.15)
    return np.asarray(np.clip(0.16 + pool - 0.28 * away, 0.08, 1))

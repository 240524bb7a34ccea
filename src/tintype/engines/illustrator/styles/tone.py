"""Tone: curves, colour shifts, glow and falling light. Everything costs a table look-up or a small blur."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from .recipe import in_bands

Point = tuple[float, float]


@lru_cache(maxsize=256)
def curve(*points: Point) -> list[int]:
    """A 256-entry table through the points (input, output, both 0 to 1), smooth and never overshooting."""
    xs = np.array([p[0] for p in points])
    ys = np.array([p[1] for p in points])
    slopes = np.diff(ys) / np.diff(xs)
    # Monotone cubic (Fritsch-Carlson): a plain spline would bend back between steep points.
    tangents = np.concatenate(
        [
            slopes[:1],
            np.where(
                slopes[1:] * slopes[:-1] > 0,
                2
                / (
                    1 / np.where(slopes[1:] == 0, 1, slopes[1:])
                    + 1 / np.where(slopes[:-1] == 0, 1, slopes[:-1])
                ),
                0,
            ),
            slopes[-1:],
        ]
    )
    at = np.linspace(0, 1, 256)
    k = np.clip(np.searchsorted(xs, at, side="right") - 1, 0, len(xs) - 2)
    step = xs[k + 1] - xs[k]
    t = np.clip((at - xs[k]) / step, 0, 1)
    value = (
        ys[k] * (2 * t**3 - 3 * t**2 + 1)
        + tangents[k] * step * (t**3 - 2 * t**2 + t)
        + ys[k + 1] * (3 * t**2 - 2 * t**3)
        + tangents[k + 1] * step * (t**3 - t**2)
    )
    return [int(v) for v in np.clip(np.round(value * 255), 0, 255)]


def curves(
    picture: Image.Image, red: Sequence[int], green: Sequence[int], blue: Sequence[int]
) -> Image.Image:
    return picture.point([*red, *green, *blue])


def saturate(picture: Image.Image, amount: float) -> Image.Image:
    """0 is grey, 1 is as it was, more is more vivid."""
    return Image.blend(picture.convert("L").convert("RGB"), picture, amount)


@lru_cache(maxsize=64)
def ramp(at: float, softness: float, low: int = 0, high: int = 255) -> list[int]:
    """A soft threshold: `low` below `at`, `high` above it, over a width of `softness` (0 to 255)."""
    t = np.clip((np.arange(256) - at) / max(softness, 1e-3) + 0.5, 0, 1)
    return [int(v) for v in np.round(low + (high - low) * t * t * (3 - 2 * t))]


def blur(picture: Image.Image, radius: float) -> Image.Image:
    """A Gaussian look at a box's price; wide ones are made small first, since nothing fine survives them."""
    if radius < 0.3:
        return picture
    # Transparent pixels have no colour of their own, so RGBA is blurred with alpha multiplied in.
    mode = picture.mode
    source = picture.convert("RGBa") if mode == "RGBA" else picture
    shrink = max(1, int(radius / 1.5))
    if shrink > 1 and min(picture.size) > 4 * shrink:
        small = source.reduce(shrink).filter(ImageFilter.GaussianBlur(radius / shrink))
        box = (0, 0, picture.width / shrink, picture.height / shrink)
        out = small.resize(picture.size, Image.Resampling.BILINEAR, box=box)
    else:
        out = source.filter(ImageFilter.BoxBlur(radius)).filter(ImageFilter.BoxBlur(radius * 0.7))
    return out.convert(mode)


def glow(picture: Image.Image, above: int, radius: float, tint: tuple[float, float, float]) -> Image.Image:
    """Light that spills out of the bright parts: what is over `above` is spread, tinted and added."""
    shrink = max(1, int(radius / 3))
    small = picture.reduce(shrink) if shrink > 1 and min(picture.size) > 4 * shrink else picture
    shrink = shrink if small is not picture else 1
    scale = 255 / max(1, 255 - above)
    tables = [int(max(0, v - above) * scale * t) for t in tint for v in range(256)]
    spread = small.point(tables).filter(ImageFilter.GaussianBlur(radius / shrink))
    box = (0, 0, picture.width / shrink, picture.height / shrink)
    return ImageChops.screen(picture, spread.resize(picture.size, Image.Resampling.BILINEAR, box=box))


def field(size: tuple[int, int], shape: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Image.Image:
    """A smooth "L" picture from a function of x and y (-1 to 1 across the canvas), giving 0 to 1."""
    across = np.linspace(-1, 1, 48)
    values = shape(across[None, :], across[:, None]) * np.ones((48, 48))
    small = Image.fromarray(np.clip(values * 255, 0, 255).round().astype(np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC)


def darken(picture: Image.Image, by: Image.Image) -> Image.Image:
    """Multiply all channels with one "L" picture."""
    return ImageChops.multiply(picture, by if picture.mode == "L" else Image.merge("RGB", (by, by, by)))


def vignette(picture: Image.Image, depth: float, start: float = 0.55) -> Image.Image:
    """Darken towards the corners, down to 1 - depth there."""

    def shape(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        t = np.clip((np.sqrt((x**2 + y**2) / 2) - start) / (1 - start), 0, 1)
        return np.asarray(1 - depth * t * t * (3 - 2 * t))

    return in_bands(darken, 0, picture, field(picture.size, shape))

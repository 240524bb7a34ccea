"""Subjects as pixels: a drawing of the pack at the size that is needed, given volume by light and shade."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageFilter

from . import figures
from .scene import Colour, Skin
from .vector import luma, mix, render

Floats = npt.NDArray[np.floating]

MAP_EDGE = 144
"""Light and shade are worked out on a map of at most this many pixels and enlarged: they are soft anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """direction: where the light comes from on the canvas; ambient: its colour; volume: 0 flat, 1 round."""

    direction: tuple[float, float]
    ambient: Colour
    volume: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Which drawing, and how it is held: mirrored, and turned by `tilt` degrees (clockwise) about its middle."""

    icon: str
    colour: Colour | None = None
    skin: Skin | None = None
    mirror: bool = False
    tilt: float = 0.0


def drawing(look: Look) -> tuple[str, tuple[float, float, float, float]]:
    """SVG elements of a subject, and the view that holds them just so (viewBox units, its middle at 0, 0)."""
    box = figures.box(look.icon)
    cx, cy = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    flip = "scale(-1 1)" if look.mirror else ""
    body = figures.svg(look.icon, look.colour, look.skin)
    c, s = abs(math.cos(math.radians(look.tilt))), abs(math.sin(math.radians(look.tilt)))
    w, h = box.width * c + box.height * s, box.width * s + box.height * c
    svg = f'<g transform="rotate({look.tilt:.2f}){flip}translate({-cx:.3f} {-cy:.3f})">{body}</g>'
    return svg, (-w / 2, -h / 2, w, h)


def sprite(look: Look, size: tuple[int, int], light: Light) -> Image.Image:
    """A subject as RGBA, its turned box stretched over exactly `size` pixels."""
    svg, view = drawing(look)
    flat = render(svg, view, *size)
    if size[0] < 8 or size[1] < 8:
        return flat
    return lit(flat, light)


def lit(flat: Image.Image, light: Light) -> Image.Image:
    """Tints a flat sprite by the light's colour and models it: a dome from its blurred outline, lit from
    one side, with a bright rim there and a cooler, darker lower edge."""
    alpha = flat.getchannel("A")
    rgb = flat.convert("RGB")
    if light.volume > 0:
        rgb = ImageChops.hard_light(rgb, _relief(alpha, light).resize(flat.size, Image.Resampling.BICUBIC))
    if light.ambient != (255, 255, 255):
        table = [value * channel // 255 for channel in light.ambient for value in range(256)]
        rgb = rgb.point(table)
    rgb.putalpha(alpha)
    return rgb


def _relief(alpha: Image.Image, light: Light) -> Image.Image:
    """A small RGB map for hard light: 128 leaves a pixel as it is, more lightens, less darkens."""
    scale = min(1.0, MAP_EDGE / max(alpha.size))
    size = (max(4, round(alpha.width * scale)), max(4, round(alpha.height * scale)))
    pad = 8
    small = Image.new("L", (size[0] + 2 * pad, size[1] + 2 * pad))
    small.paste(alpha.resize(size, Image.Resampling.BOX), (pad, pad))
    edge = max(size)
    outline = np.asarray(small, np.float32) / 255
    near, wide = _blurred(outline, edge * 0.025), _blurred(outline, edge * 0.1)
    lx, ly = light.direction
    norm = math.hypot(lx, ly) or 1.0
    dome = _slope(wide, lx / norm, ly / norm) * edge * 0.1
    rim = np.clip(_slope(near, lx / norm, ly / norm) * edge * 0.025, -1, 1)
    rows = np.linspace(0.5, -1.0, dome.shape[0], dtype=np.float32)[:, None]
    shade = 46 * dome + 26 * rim + 13 * rows
    shade = np.clip(shade, -64, 70) * light.volume
    dark = np.minimum(shade, 0)
    bright = np.maximum(shade, 0)
    map_ = np.stack(
        [128 + dark * 1.12 + bright * 1.05, 128 + dark * 1.04 + bright, 128 + dark * 0.82 + bright * 0.86],
        axis=-1,
    )
    inner = map_[pad : pad + size[1], pad : pad + size[0]]
    return Image.fromarray(np.ascontiguousarray(inner.astype(np.uint8)))


def _blurred(values: Floats, radius: float) -> Floats:
    """Nearly a Gaussian blur: three means over a sliding window. In floats, since slopes of 8-bit
    values come out as steps that one can see."""
    half = max(1, round(radius * 0.85))
    for _ in range(3):
        for axis in (0, 1):
            padded = np.pad(values, [(half + 1, half) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
            sums = np.cumsum(padded, axis=axis, dtype=np.float64)
            count, width = values.shape[axis], 2 * half + 1
            later, sooner = sums.take(range(width, width + count), axis), sums.take(range(count), axis)
            values = (later - sooner) / width
    return values


def _slope(height: Floats, x: float, y: float) -> Floats:
    """How steeply a height map faces the direction (x, y): positive where it falls towards it."""
    dy, dx = np.gradient(height)
    return np.asarray(-(dx * x + dy * y))


@lru_cache(maxsize=512)
def crown(icon: str) -> tuple[float, float, float]:
    """Where a hat sits: (x, y, width of the head) as shares of the box.

    From the pack where it knows; otherwise the top of the outline once thin parts (ears, tails,
    horns) are worn off it.
    """
    box, standing = figures.box(icon), figures.standing(icon)
    if standing.crown is not None:
        width = min(
            0.88, (standing.face or 0.5 * box.width) / box.width
        )  # who stands is narrower than a bust
        return (standing.crown[0] - box.left) / box.width, (standing.crown[1] - box.top) / box.height, width
    svg, view = drawing(Look(icon=icon))
    outline = (
        render(svg, view, 48, max(8, round(48 * box.height / box.width)))
        .getchannel("A")
        .point(lambda a: 255 * (a > 127))
    )
    return crown_of(outline)


def crown_of(outline: Image.Image) -> tuple[float, float, float]:
    """The same of any figure's outline, white on black, about 48 pixels wide."""
    framed = Image.new("L", (outline.width + 16, outline.height + 16))
    framed.paste(outline, (8, 8))
    for size in (9, 7, 5, 3):
        worn = framed.filter(ImageFilter.MinFilter(size)).filter(ImageFilter.MaxFilter(size))
        bounds = worn.getbbox()
        if bounds and bounds[3] - bounds[1] > outline.height * 0.3:
            break
    else:
        return 0.5, 0.06, 0.5
    band = np.asarray(worn)[bounds[1] : bounds[1] + max(2, outline.height // 8)].any(axis=0)
    columns = _widest_run(np.flatnonzero(band))
    left, right = columns[0] - 8, columns[-1] + 1 - 8
    width = min(0.62, (right - left) / outline.width * 1.25)
    return (left + right) / 2 / outline.width, (bounds[1] - 8) / outline.height + 0.03, max(0.24, width)


def _widest_run(columns: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    runs = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
    return max(runs, key=len)


def softened(ambient: Colour) -> Colour:
    """The light on a subject: like the place's, but never so dark that the subject is lost."""
    return mix(ambient, (255, 255, 255), 0.32 + 0.36 * (1 - luma(ambient)))

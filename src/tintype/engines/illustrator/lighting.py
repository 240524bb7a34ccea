"""Soft things, painted small and enlarged: glows, shadows on the floor, reflections, the floor's own depth."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from .backdrops import Glow, View

BAND_PIXELS = 1_200_000
"""Whole canvases are treated in bands of about this many pixels, to hold memory down."""

SMALL = 160
"""The longer edge, in pixels, of the maps that glows are painted on."""


class Cast(NamedTuple):
    """A silhouette that throws a shadow: its pixels, where they lie, and the y of the floor below (all pixels)."""

    alpha: Image.Image
    x: int
    y: int
    ground: float
    firm: float  # 1 when it touches the floor, less when it hovers


def blend(
    canvas: Image.Image, small: Image.Image, how: Callable[[Image.Image, Image.Image], Image.Image]
) -> None:
    """Enlarges a small RGB map to the canvas and blends it in place, in bands."""
    for top, bottom in slice_rows(canvas, 0.0):
        band = enlarged(small, canvas.size, top, bottom)
        canvas.paste(how(canvas.crop((0, top, canvas.width, bottom)), band), (0, top))


def enlarged(small: Image.Image, size: tuple[int, int], top: int, bottom: int) -> Image.Image:
    """The rows from top to bottom of a small map enlarged to `size`. Neighbouring bands meet without a
    seam, since each is worked out with a margin that the filter may look at."""
    width, height = size
    scale = small.height / height
    margin = math.ceil(3 / scale)
    first, last = max(0, top - margin), min(height, bottom + margin)
    box = (0, first * scale, small.width, last * scale)
    band = small.resize((width, last - first), Image.Resampling.BICUBIC, box=box)
    return band.crop((0, top - first, width, bottom - first))


def add_glows(canvas: Image.Image, glows: Iterable[Glow], w: float, h: float) -> None:
    """Adds light by "screen", so that nothing burns out. w and h are the canvas in units."""
    edge = SMALL / max(w, h)
    width, height = max(2, round(w * edge)), max(2, round(h * edge))
    light = np.zeros((height, width, 3), np.float32)
    ys = (np.arange(height, dtype=np.float32)[:, None] + 0.5) * (h / height)
    xs = (np.arange(width, dtype=np.float32)[None, :] + 0.5) * (w / width)
    some = False
    for glow in glows:
        distance = np.sqrt((xs - glow.x) ** 2 + (ys - glow.y) ** 2) / glow.radius
        fall = np.clip(1 - distance, 0, 1) ** 2 * glow.strength
        light += fall[:, :, None] * np.array(glow.colour, np.float32)
        some = True
    if some:
        blend(canvas, Image.fromarray(np.clip(light, 0, 255).astype(np.uint8)), ImageChops.screen)


def deepen_floor(canvas: Image.Image, view: View) -> None:
    """Light and shade over the whole ground: a floor that darkens towards the viewer."""
    rows = np.linspace(0, 1, 48, dtype=np.float32)[:, None]
    level = min(0.98, view.horizon / view.h)
    below = np.clip((rows - level) / max(0.02, 1 - level), 0, 1)
    shade = 128 - 32 * below**1.3
    small = np.repeat(np.repeat(shade, 2, axis=1)[:, :, None], 3, axis=2)
    small[:, :, 2] += 5 * below + 2
    blend(canvas, Image.fromarray(small.astype(np.uint8)), ImageChops.hard_light)


def cast_shadows(canvas: Image.Image, casts: list[Cast], view: View) -> None:
    """All shadows at once, on a mask of a quarter of the canvas: a dark pool at the feet and, in
    clear light, the silhouette laid over the floor away from the light."""
    if not casts or view.shade <= 0:
        return
    k = min(1.0, 420 / max(canvas.size))
    size = (max(2, round(canvas.width * k)), max(2, round(canvas.height * k)))
    mask = Image.new("L", size)
    lx, ly = view.mood.light
    sharp = view.mood.sharp
    for cast in casts:
        w, h = max(2, round(cast.alpha.width * k)), max(2, round(cast.alpha.height * k))
        small = cast.alpha.resize((w, h), Image.Resampling.BOX)
        ground = cast.ground * k
        if cast.firm == 1 and view.medium == "floor":
            _lay(mask, small, cast.x * k, ground, (lx, ly), 150 * sharp)
        _pool(mask, small, cast.x * k, ground, cast.firm, k * canvas.height / view.h)
    mask = mask.point(lambda v: round(v * view.shade))
    bounds = mask.getbbox()
    if bounds is None:
        return
    rows = slice_rows(canvas, bounds[1] / size[1])
    for y0, y1 in rows:
        canvas.paste(view.shadow, (0, y0, canvas.width, y1), enlarged(mask, canvas.size, y0, y1))


def slice_rows(canvas: Image.Image, start: float) -> list[tuple[int, int]]:
    """Bands of about BAND_PIXELS from a share of the height downwards."""
    step = max(16, BAND_PIXELS // canvas.width)
    first = int(canvas.height * start)
    return [(y, min(canvas.height, y + step)) for y in range(first, canvas.height, step)]


def _lay(
    mask: Image.Image,
    small: Image.Image,
    x: float,
    ground: float,
    light: tuple[float, float],
    strength: float,
) -> None:
    """A silhouette laid down on the floor towards the viewer, slanted away from the light."""
    flat = max(2, round(small.height * 0.3))
    lean = -light[0] / max(0.3, abs(light[1])) * small.height * 0.34
    room = math.ceil(abs(lean)) + 6
    sheet = Image.new("L", (small.width + 2 * room, flat + 8))
    turned = small.resize((small.width, flat), Image.Resampling.BOX).transpose(
        Image.Transpose.FLIP_TOP_BOTTOM
    )
    sheet.paste(turned, (room, 2))
    slanted = sheet.transform(
        sheet.size, Image.Transform.AFFINE, (1, -lean / flat, 0, 0, 1, 0), Image.Resampling.BILINEAR
    )
    fade = (
        Image.linear_gradient("L")
        .resize(slanted.size)
        .point(lambda v: round(strength * (1 - v / 255 * 0.85)))
    )
    soft = ImageChops.multiply(slanted.filter(ImageFilter.GaussianBlur(max(0.8, small.height * 0.012))), fade)
    _merge(mask, soft, round(x - room), round(ground - 3))


def _pool(mask: Image.Image, small: Image.Image, x: float, ground: float, firm: float, unit: float) -> None:
    """A soft ellipse under the part of the silhouette that is nearest to the floor."""
    foot = small.crop((0, int(small.height * 0.86), small.width, small.height)).point(
        lambda v: 255 * (v > 100)
    )
    bounds = foot.getbbox() or (0, 0, small.width, 1)
    left, right = x + bounds[0], x + bounds[2]
    if firm < 1:
        middle, half = (left + right) / 2, small.width * 0.34
        left, right = middle - half, middle + half
    w = max(3.0, (right - left) * 1.12)
    h = max(2.5, w * 0.12, 9 * unit)
    blur = max(1.0, h * (0.22 if firm == 1 else 0.5))
    pad = math.ceil(blur * 3)
    ellipse = Image.new("L", (round(w) + 2 * pad, round(h) + 2 * pad))
    ImageDraw.Draw(ellipse).ellipse((pad, pad, pad + w, pad + h), fill=round(235 * firm))
    _merge(
        mask,
        ellipse.filter(ImageFilter.GaussianBlur(blur)),
        round((left + right) / 2 - ellipse.width / 2),
        round(ground - ellipse.height * 0.54),
    )


def touch(canvas: Image.Image, sprite: Image.Image, x: int, ground: int) -> None:
    """A small soft shadow where a sprite rests on another one, painted before it is laid down."""
    w, h = max(3, round(sprite.width * 0.62)), max(2, round(sprite.height * 0.045))
    pad = max(2, h)
    mask = Image.new("L", (w + 2 * pad, h + 2 * pad))
    ImageDraw.Draw(mask).ellipse((pad, pad, pad + w, pad + h), fill=120)
    soft = mask.filter(ImageFilter.GaussianBlur(h * 0.4))
    canvas.paste((24, 18, 34), (x + (sprite.width - soft.width) // 2, ground - soft.height // 2), soft)


def _merge(mask: Image.Image, part: Image.Image, x: int, y: int) -> None:
    box = (x, y, x + part.width, y + part.height)
    mask.paste(ImageChops.lighter(mask.crop(box), part), box)


def reflection(sprite: Image.Image, strength: float, *, ripple: float) -> Image.Image:
    """A sprite upside down, fading with distance; `ripple` pixels of sideways waves for water."""
    turned = sprite.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    turned = turned.resize((turned.width, max(1, round(turned.height * 0.62))), Image.Resampling.BILINEAR)
    if ripple >= 0.5:
        pixels = np.asarray(turned)
        rows = np.arange(pixels.shape[0])
        at = rows / max(1, pixels.shape[0])
        shift = np.rint(ripple * (0.3 + at) * np.sin(rows / max(1.0, ripple) * (1.1 - 0.5 * at))).astype(int)
        columns = np.clip(np.arange(pixels.shape[1])[None, :] + shift[:, None], 0, pixels.shape[1] - 1)
        turned = Image.fromarray(np.ascontiguousarray(pixels[rows[:, None], columns]))
    fade = (
        Image.linear_gradient("L")
        .resize(turned.size)
        .point(lambda v: round(strength * (255 - v) * (1 - v / 900)))
    )
    turned.putalpha(ImageChops.multiply(turned.getchannel("A"), fade))
    return turned


def waterline(sprite: Image.Image, share: float, ripple: float) -> Image.Image:
    """The sprite without its lowest `share`, cut along small waves."""
    pixels = sprite.copy()
    alpha = np.array(pixels.getchannel("A"))
    level = alpha.shape[0] * (1 - share)
    columns = np.arange(alpha.shape[1])
    edge = level + ripple * 0.5 * np.sin(columns / max(1.0, ripple * 1.6))
    below = np.arange(alpha.shape[0])[:, None] - edge[None, :]
    alpha = (alpha * np.clip(1 - below / max(1.0, ripple * 0.3), 0, 1)).astype(np.uint8)
    pixels.putalpha(Image.fromarray(alpha))
    return pixels

"""Textures as "L" pictures of the canvas's size: grain, clouds, paper, halftone dots, hatching."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from ..layers import Painting
from .recipe import chance


def tiled(tile: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The tile, repeated over the canvas."""
    out = Image.new(tile.mode, size)
    out.paste(tile, (0, 0))
    # Doubling what is already laid keeps the number of copies logarithmic.
    width = tile.width
    while width < size[0]:
        out.paste(out.crop((0, 0, min(width, size[0] - width), min(tile.height, size[1]))), (width, 0))
        width *= 2
    height = tile.height
    while height < size[1]:
        out.paste(out.crop((0, 0, size[0], min(height, size[1] - height))), (0, height))
        height *= 2
    return out


def _seamless(noise: np.ndarray, blur: float) -> np.ndarray:
    """Blur a noise tile as if it repeated for ever, and bring it to mean 0 and deviation 1."""
    height, width = noise.shape
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    keep = np.exp(-2 * (np.pi * blur) ** 2 * (fx**2 + fy**2))
    soft = np.fft.irfft2(np.fft.rfft2(noise) * keep, s=noise.shape)
    return np.asarray((soft - soft.mean()) / max(float(soft.std()), 1e-9))


def grain(painting: Painting, amount: float, size: float = 1 / 900) -> Image.Image:
    """Film grain around mid grey, for overlay. `amount` is its deviation in grey levels, `size` that of a
    grain as a fraction of the unit."""
    cell = max(1.0, painting.unit * size)
    amount *= min(1.0, 0.35 + 0.65 * painting.unit * size)  # a pixel is a coarse grain on a small canvas
    edge = int(min(640, max(192, 224 * cell)))
    noise = _seamless(chance(painting, "grain").standard_normal((edge, edge)), 0.45 * cell)
    return _cover(Image.fromarray(_grey(128 + amount * noise)), painting)


def _grey(values: np.ndarray) -> np.ndarray:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def _cover(tile: Image.Image, painting: Painting) -> Image.Image:
    return tiled(tile, (painting.width, painting.height))


def clouds(painting: Painting, purpose: str, cell: float, octaves: int = 3) -> Image.Image:
    """Smooth wandering values around 128; `cell` is the widest feature as a fraction of the unit."""
    dice = chance(painting, purpose)
    width, height = painting.width, painting.height
    fine = max(1.0, cell * painting.unit / 2 ** (octaves - 1) / 3)
    small = (max(2, min(width, int(width / fine) + 2)), max(2, min(height, int(height / fine) + 2)))
    total = np.zeros((small[1], small[0]), np.float32)
    for octave in range(octaves):
        step = cell * painting.unit / 2**octave
        grid = dice.random((int(height / step) + 3, int(width / step) + 3), dtype=np.float32)
        values = Image.fromarray(grid)  # mode "F"
        box = (0.5, 0.5, min(values.width, 0.5 + width / step), min(values.height, 0.5 + height / step))
        total += (np.asarray(values.resize(small, Image.Resampling.BICUBIC, box=box)) - 0.5) / 2**octave
    total *= 74 / max(float(total.std()), 1e-6) / 1.6
    return Image.fromarray(_grey(128 + total)).resize((width, height), Image.Resampling.BILINEAR)


def paper(painting: Painting, amount: float, tooth: float = 1 / 260) -> Image.Image:
    """The relief of rough paper, lit from one side, around 128."""
    cell = max(0.9, painting.unit * tooth)
    edge = int(min(640, max(160, 64 * cell)))
    dice = chance(painting, "paper")
    relief = _seamless(dice.standard_normal((edge, edge)), cell * 0.5)
    relief += 0.6 * _seamless(dice.standard_normal((edge, edge)), cell * 1.4)
    lit = relief - np.roll(relief, (max(1, round(cell / 3)), max(1, round(cell / 3))), (0, 1))
    lit /= max(float(lit.std()), 1e-9)
    return _cover(Image.fromarray(_grey(128 + amount * (0.7 * lit + 0.3 * relief))), painting)


def dots(
    painting: Painting, period: float, size: tuple[int, int] | None = None, x: int = 0, y: int = 0
) -> Image.Image:
    """A halftone screen at 45 degrees: a threshold for each pixel, evenly spread over 0 to 255.

    With a size, only that part of the canvas which starts at (x, y).
    """
    pixels = max(4, round(painting.unit * period / 2) * 2)
    wave = np.cos(np.arange(pixels) * (2 * np.pi / pixels))
    rotated = np.roll(np.outer(wave, wave), (-y, -x), (0, 1))
    ranks = rotated.ravel().argsort(kind="stable").argsort(kind="stable").reshape(rotated.shape)
    tile = _grey(ranks * (255 / max(1, ranks.size - 1)))
    return tiled(Image.fromarray(tile), size or (painting.width, painting.height))


def hatching(painting: Painting, angle: float, spacing: float, width: float, purpose: str) -> Image.Image:
    """Strokes of a pen or pencil on white: near-parallel lines at `angle` degrees, each a little uneven.

    Spacing and width are fractions of the unit. The tile repeats without a seam.
    """
    gap = max(2.0, painting.unit * spacing)
    edge = int(min(768, max(64, 44 * gap)))
    thick = max(1.0, painting.unit * width)
    fine = 2 if edge <= 500 else 1
    tile = Image.new("L", (edge * fine, edge * fine), 0)
    pen = ImageDraw.Draw(tile)
    dice = chance(painting, purpose)
    direction = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    across = np.array([-direction[1], direction[0]])
    length = edge * 0.32
    count = max(1, int(edge * edge / (gap * length) * 0.85))
    # Low-discrepancy lanes keep the strokes evenly dense; chance alone clumps.
    lanes = np.arange(count) * 0.6180339887 % 1 * max(1, int(edge / gap)) // 1 + dice.normal(0, 0.12, count)
    middle = (np.outer(lanes * gap, across) + np.outer(dice.random(count) * edge, direction)) % edge
    half = np.outer(length * dice.uniform(0.3, 0.6, count), direction)
    half += np.outer(dice.normal(0, gap * 0.12, count), across)
    shades = dice.integers(120, 255, count).tolist()
    widths = np.maximum(1, np.round(thick * fine * dice.uniform(0.7, 1.25, count))).astype(int).tolist()
    for dx, dy in np.ndindex(3, 3):  # a stroke over the tile's edge comes in again on the other side
        moved = middle + (np.array((dx, dy)) - 1) * edge
        ends = np.concatenate([moved - half, moved + half], axis=1) * fine
        within = ((moved + np.abs(half) >= 0) & (moved - np.abs(half) <= edge)).all(axis=1)
        for n in np.flatnonzero(within).tolist():
            pen.line(ends[n].tolist(), fill=shades[n], width=widths[n])
    soft = tile.filter(ImageFilter.BoxBlur(0.5 * fine)).resize((edge, edge), Image.Resampling.BOX)
    return _cover(soft.point([255 - v for v in range(256)]), painting)

"""Painted with a brush: watercolour and oil. Both move each pixel's colour along what the brush did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from ..layers import Painting
from .recipe import Recipe, chance, in_bands
from .shape import words
from .texture import clouds, paper
from .tone import blur, curve, darken, field, ramp, saturate


def carried(picture: Image.Image, dx: np.ndarray, dy: np.ndarray) -> Image.Image:
    """Each pixel takes the colour from (dx, dy) pixels away, held inside the picture."""
    height, width = dx.shape
    # Four bytes to a pixel make one gather of 32-bit words do for all channels.
    words = np.asarray(picture.convert("RGBX")).view(np.uint32).reshape(-1)
    x = np.clip(np.arange(width, dtype=np.int32) + dx, 0, width - 1)
    y = np.clip(np.arange(height, dtype=np.int32)[:, None] + dy, 0, height - 1)
    taken = words.take(y * np.int32(width) + x)
    return Image.frombytes("RGBX", (width, height), taken.tobytes()).convert("RGB")


def shifts(noise: Image.Image, reach: float) -> np.ndarray:
    """Grey noise around 128 as whole pixels of shift; two deviations of it reach `reach` pixels."""
    table = np.round((np.arange(256) - 128) * (reach / 92)).astype(np.int32)
    return np.asarray(table[np.asarray(noise)])


@dataclass(slots=True)
class Watercolour(Recipe):
    """Washes with wandering edges, pigment that gathers along them and in the paper's hollows, white
    margins."""

    shading: float = 0.5

    def treat(self, picture: Image.Image, painting: Painting) -> Image.Image:
        unit = painting.unit
        across, down = clouds(painting, "bleed across", 0.07), clouds(painting, "bleed down", 0.07)
        wash = clouds(painting, "wash", 0.30, 4)
        spared = words(painting, 0.85)
        if spared is not None:
            for drift in (across, down):
                drift.paste(128, mask=spared)
        tooth = paper(painting, 15, 1 / 230)
        light = curve((0, 0.13), (0.3, 0.42), (0.7, 0.83), (1, 1))

        def wet(
            band: Image.Image, across: Image.Image, down: Image.Image, wash: Image.Image, tooth: Image.Image
        ) -> Image.Image:
            reach = 0.009 * unit
            moved = carried(band, shifts(across, reach), shifts(down, reach))
            colours = saturate(moved, 1.15).point(light * 3)
            # Pigment runs to a wash's edge and dries there as a darker line just inside it.
            grey = moved.convert("L")
            inside = ImageChops.subtract(blur(grey, 0.007 * unit), grey, 1, 0)
            edge = inside.point([255 - min(95, int(v * 1.5)) for v in range(256)])
            thin = blur(colours, 0.010 * unit)
            colours = Image.composite(thin, colours, down.point(ramp(178, 30, 0, 235)))
            flow = ImageChops.add(wash, tooth, 2, 0)
            grains = Image.merge("RGB", (flow, flow, flow))
            return ImageChops.soft_light(
                darken(colours, edge),
                grains.point(curve((0, 0.05), (0.35, 0.27), (0.5, 0.55), (0.65, 0.85), (1, 1)) * 3),
            )

        if painting.transparent:
            return in_bands(wet, 0.032 * unit, picture, across, down, wash, tooth)

        def on_sheet(band: Image.Image, *textures: Image.Image) -> Image.Image:
            return on_paper(wet(band, *textures[:4]), textures[3], textures[4])

        return in_bands(on_sheet, 0.032 * unit, picture, across, down, wash, tooth, self.margin(painting))

    @staticmethod
    def margin(painting: Painting) -> Image.Image:
        """Over 120 where there is paint: all but a ragged margin of about a twentieth of the unit."""
        wide, high = painting.width / painting.unit, painting.height / painting.unit

        def inside(x: np.ndarray, y: np.ndarray) -> np.ndarray:
            near = np.minimum((1 - np.abs(x)) * wide, (1 - np.abs(y)) * high) / 2
            return np.asarray(0.47 + (near - 0.040) * 9)

        size = (painting.width, painting.height)
        ragged = clouds(painting, "margin", 0.11, 4)
        margin = ImageChops.add(
            field(size, inside), ragged.point([int((v - 128) * 0.7 + 128) for v in range(256)]), 1, -128
        )
        spared = words(painting, 1)
        return margin if spared is None else ImageChops.lighter(margin, spared)


def on_paper(painted: Image.Image, tooth: Image.Image, margin: Image.Image) -> Image.Image:
    """Bare paper where the margin is below 120; just inside that, the wash has dried to a darker rim."""
    at = np.arange(256)
    rim = [int(v) for v in 255 - 70 * np.exp(-(((at - 126) / 10.0) ** 2))]
    warm = [[max(0, min(255, 248 - less + (v - 128) // 6)) for v in range(256)] for less in (0, 2, 9)]
    sheet = Image.merge("RGB", [tooth.point(table) for table in warm])
    return Image.composite(darken(painted, margin.point(rim)), sheet, margin.point(ramp(120, 16)))


@dataclass(slots=True)
class Oil(Recipe):
    """Strokes along the forms, broad ones first and fine ones where they missed, then light on the relief."""

    shading: float = 0.9

    def treat(self, picture: Image.Image, painting: Painting) -> Image.Image:
        unit = painting.unit
        rich = saturate(picture, 1.18)
        canvas = blur(rich, 0.012 * unit)
        dice, forms = chance(painting, "brush"), directions(rich)
        for number, (width, length) in enumerate(
            ((0.026, 0.085), (0.012, 0.040), (0.006, 0.018), (0.0034, 0.009))
        ):
            strokes(
                canvas, rich, forms, dice, max(1, width * unit), max(2, length * unit), everywhere=number == 0
            )
        spared = words(painting, 0.8)
        if spared is not None:
            canvas.paste(rich, mask=spared)
        weave = paper(painting, 9, 1 / 420)
        step = max(1, round(0.0012 * unit))

        def lit(band: Image.Image, weave: Image.Image) -> Image.Image:
            grey = band.convert("L")
            relief = ImageChops.subtract(grey, ImageChops.offset(grey, step, step), 0.55, 128)
            relief = relief.point([128 + max(-38, min(38, v - 128)) for v in range(256)])
            relief = ImageChops.add(relief, weave, 1, -128)
            return ImageChops.overlay(band, Image.merge("RGB", (relief, relief, relief)))

        return in_bands(lit, 2 * step + 1, canvas, weave)


def strokes(
    canvas: Image.Image,
    picture: Image.Image,
    forms: np.ndarray,
    dice: np.random.Generator,
    width: float,
    length: float,
    everywhere: bool,
) -> None:
    """Lay one size of brush strokes on the canvas: on all of it, or only where it differs from the picture."""
    pitch = width * (0.8 if everywhere else 0.9)
    columns, rows = max(1, round(picture.width / pitch)), max(1, round(picture.height / pitch))
    how = (
        Image.Resampling.BOX if everywhere else Image.Resampling.NEAREST
    )  # fine strokes take one pixel's colour
    seen = np.asarray(picture.resize((columns, rows), how), np.float32)
    laid = np.asarray(canvas.resize((columns, rows), how), np.float32)
    missed = np.abs(seen - laid).sum(axis=2)
    row, column = np.nonzero(missed >= (0 if everywhere else 34))
    if not everywhere:  # the worst misses, as many as time allows
        worst = np.argsort(-missed[row, column], kind="stable")
        kept = worst[: round(2800 * max(picture.size) / min(picture.size))]
        row, column = row[kept], column[kept]
    order = dice.permutation(row.size)
    row, column = row[order], column[order]
    angle = along(forms, row / rows, column / columns) + dice.normal(0, 0.16, row.size)
    x = (column + dice.random(row.size)) * picture.width / columns
    y = (row + dice.random(row.size)) * picture.height / rows
    half = length * dice.uniform(0.35, 0.6, row.size) * (1 if everywhere else 0.8)
    colour = seen[row, column] + dice.normal(0, 4, (row.size, 1)) + dice.normal(0, 1.8, (row.size, 3))
    pen = ImageDraw.Draw(canvas)
    bristles = 2 if everywhere else 1
    dx, dy = np.cos(angle) * half, np.sin(angle) * half
    thick = max(1, round(width * 1.15 / bristles))
    shades = (
        np.clip(colour[:, None, :] + dice.normal(0, 5, (row.size, bristles, 1)), 0, 255).astype(int).tolist()
    )
    spread = (np.arange(bristles) - (bristles - 1) / 2) * width / bristles
    nx, ny = -np.sin(angle)[:, None] * spread, np.cos(angle)[:, None] * spread
    ragged = dice.uniform(0.8, 1.1, (row.size, bristles, 2))
    ends = np.stack(
        [
            x[:, None] + nx - dx[:, None] * ragged[:, :, 0],
            y[:, None] + ny - dy[:, None] * ragged[:, :, 0],
            x[:, None] + nx + dx[:, None] * ragged[:, :, 1],
            y[:, None] + ny + dy[:, None] * ragged[:, :, 1],
        ],
        axis=2,
    ).tolist()
    for stroke, tints in zip(ends, shades, strict=True):
        for line, tint in zip(stroke, tints, strict=True):
            pen.line(line, fill=(tint[0], tint[1], tint[2]), width=thick)


def along(forms: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """The directions at these places (0 to 1 down and across)."""
    return np.asarray(forms[(row * forms.shape[0]).astype(int), (column * forms.shape[1]).astype(int)])


def directions(picture: Image.Image) -> np.ndarray:
    """Where the forms run, in radians on a coarse grid: along edges near them, and drifting elsewhere."""
    scale = 110 / min(picture.size)
    small = picture.convert("L").resize(
        (max(4, round(picture.width * scale)), max(4, round(picture.height * scale))), Image.Resampling.BOX
    )
    tone = np.asarray(small.filter(ImageFilter.GaussianBlur(1.2)), np.float32)
    gy, gx = (np.asarray(slope) for slope in np.gradient(tone))

    def soft(values: np.ndarray) -> np.ndarray:
        wide = Image.fromarray(values.astype(np.float32))
        fewer = wide.resize((max(2, small.width // 4), max(2, small.height // 4)), Image.Resampling.BOX)
        return np.asarray(fewer.resize(small.size, Image.Resampling.BICUBIC))

    drift_x = 3 * np.cos(np.linspace(0, 5, tone.shape[1]))[None, :]
    drift_y = 3 * np.sin(np.linspace(0, 4, tone.shape[0]))[:, None]
    # Twice the angle, so that a form's two directions are one (the structure tensor's way).
    across = np.arctan2(soft(2 * gx * gy) + drift_y, soft(gx * gx - gy * gy) + drift_x) / 2
    return np.asarray(across + np.pi / 2)

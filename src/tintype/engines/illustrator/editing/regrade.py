"""Changes of tone, time and weather on a ready picture, as tables, small blurs and a little drawing."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from ..layers import Painting
from ..scene import Time, Weather
from ..styles.cut import flattened
from ..styles.recipe import chance
from ..styles.shape import lines
from ..styles.texture import clouds, grain
from ..styles.tone import blur, curve, curves, darken, field, glow, saturate, vignette


def toned(picture: Image.Image, tone: str, painting: Painting) -> Image.Image:
    """RGB in and out; `tone` is a key of wishes.TONES."""
    unit = painting.unit
    match tone:
        case "black and white":
            return picture.convert("L").convert("RGB")
        case "sepia":
            grey = picture.convert("L").convert("RGB")
            return curves(
                grey,
                curve((0, 0.10), (0.5, 0.60), (1, 1)),
                curve((0, 0.06), (0.5, 0.49), (1, 0.94)),
                curve((0, 0.03), (0.5, 0.34), (1, 0.80)),
            )
        case "vintage":
            faded = curves(
                saturate(picture, 0.7),
                curve((0, 0.10), (0.5, 0.56), (1, 0.97)),
                curve((0, 0.07), (0.5, 0.50), (1, 0.92)),
                curve((0, 0.11), (0.5, 0.43), (1, 0.80)),
            )
            dust = grain(painting, 8)
            return vignette(ImageChops.overlay(faded, Image.merge("RGB", (dust, dust, dust))), 0.35)
        case "invert":
            return ImageOps.invert(picture)
        case "warmer":
            return curves(
                picture,
                curve((0, 0.02), (0.5, 0.57), (1, 1)),
                curve((0, 0), (0.5, 0.51), (1, 0.98)),
                curve((0, 0), (0.5, 0.41), (1, 0.88)),
            )
        case "cooler":
            return curves(
                picture,
                curve((0, 0), (0.5, 0.42), (1, 0.90)),
                curve((0, 0), (0.5, 0.50), (1, 0.98)),
                curve((0, 0.03), (0.5, 0.58), (1, 1)),
            )
        case "brighter":
            return picture.point(curve((0, 0.02), (0.5, 0.63), (0.8, 0.9), (1, 1)) * 3)
        case "darker":
            return picture.point(curve((0, 0), (0.5, 0.35), (1, 0.88)) * 3)
        case "contrast":
            return picture.point(curve((0, 0), (0.25, 0.16), (0.5, 0.5), (0.75, 0.86), (1, 1)) * 3)
        case "vivid":
            return saturate(picture, 1.5)
        case "muted":
            return saturate(picture, 0.55).point(curve((0, 0.09), (0.5, 0.54), (1, 0.96)) * 3)
        case "enhance":
            clear = ImageOps.autocontrast(picture, cutoff=0.5, preserve_tone=True)
            return saturate(Image.blend(picture, clear, 0.7), 1.12).filter(
                ImageFilter.UnsharpMask(0.002 * unit, 60, 2)
            )
        case "soft":
            return Image.blend(
                blur(picture, 0.006 * unit), glow(picture, 150, 0.03 * unit, (0.5, 0.5, 0.5)), 0.35
            )
        case "sharp":
            return picture.filter(ImageFilter.UnsharpMask(max(0.6, 0.0016 * unit), 140, 2))
        case "vignette":
            return vignette(picture, 0.55, start=0.35)
        case "mirror":
            return ImageOps.mirror(picture)
    return picture


def timed(picture: Image.Image, time: Time, painting: Painting) -> Image.Image:
    """The same place at another time of day."""
    match time:
        case "night":
            deep = curves(
                saturate(picture, 0.55),
                curve((0, 0), (0.5, 0.15), (0.9, 0.42), (1, 0.72)),
                curve((0, 0.01), (0.5, 0.20), (0.9, 0.50), (1, 0.76)),
                curve((0, 0.05), (0.5, 0.36), (0.9, 0.68), (1, 0.86)),
            )
            return vignette(glow(deep, 165, 0.03 * painting.unit, (0.9, 0.75, 0.4)), 0.35)
        case "sunset" | "golden hour" | "dawn":
            strength = {"sunset": 1.0, "golden hour": 0.75, "dawn": 0.6}[time]
            warm = curves(
                picture,
                curve((0, 0.05), (0.5, 0.62), (1, 1)),
                curve((0, 0), (0.5, 0.44), (1, 0.90)),
                curve((0, 0.05), (0.5, 0.33), (1, 0.68)),
            )
            sky = Image.composite(
                Image.new("RGB", picture.size, (255, 150, 84)),
                Image.new("RGB", picture.size, (0, 0, 0)),
                field(picture.size, lambda x, y: np.clip(0.42 - 0.5 * y, 0, 1) * 0.55 + 0 * x),
            )
            return Image.blend(picture, ImageChops.screen(warm, sky), strength)
        case "dusk":
            return curves(
                saturate(picture, 0.75),
                curve((0, 0.03), (0.5, 0.34), (1, 0.82)),
                curve((0, 0.02), (0.5, 0.32), (1, 0.74)),
                curve((0, 0.09), (0.5, 0.47), (1, 0.88)),
            )
    return picture


def weathered(picture: Image.Image, weather: Weather, painting: Painting) -> Image.Image:
    """The same place in other weather: its light, and what falls or drifts through it."""
    unit = painting.unit
    match weather:
        case "snow":
            pale = curves(
                saturate(picture, 0.7),
                curve((0, 0.06), (0.5, 0.56), (1, 0.98)),
                curve((0, 0.08), (0.5, 0.59), (1, 0.99)),
                curve((0, 0.12), (0.5, 0.64), (1, 1)),
            )
            pale.paste((255, 255, 255), mask=_flakes(painting))
            return pale
        case "rain" | "storm":
            wet = curves(
                saturate(picture, 0.6),
                curve((0, 0), (0.5, 0.36), (1, 0.82)),
                curve((0, 0.01), (0.5, 0.40), (1, 0.86)),
                curve((0, 0.04), (0.5, 0.46), (1, 0.91)),
            )
            if weather == "storm":
                wet = darken(wet, field(picture.size, lambda x, y: 0.62 + 0.3 * y + 0 * x))
            wet.paste((226, 236, 246), mask=_drops(painting))
            return wet
        case "fog":
            veil = clouds(painting, "fog", 0.9, 3).point([max(0, min(255, v + 32)) for v in range(256)])
            thick = field(picture.size, lambda x, y: 0.86 - 0.22 * y + 0 * x)
            foggy = blur(saturate(picture, 0.7), 0.003 * unit)
            foggy.paste((222, 227, 230), mask=ImageChops.multiply(veil, thick))
            return foggy
        case "cloudy":
            return curves(
                saturate(picture, 0.72),
                curve((0, 0.03), (0.5, 0.46), (1, 0.92)),
                curve((0, 0.03), (0.5, 0.47), (1, 0.93)),
                curve((0, 0.05), (0.5, 0.50), (1, 0.95)),
            )
    return picture


def _flakes(painting: Painting) -> Image.Image:
    """Falling snow as alpha: many small sharp flakes, fewer large soft ones."""
    dice, unit = chance(painting, "snow"), painting.unit
    size = (painting.width, painting.height)
    area = painting.width * painting.height / unit**2
    out = Image.new("L", size, 0)
    for count, least, most, strength, soft in (
        (320, 0.0016, 0.0045, 235, 0.0),
        (60, 0.006, 0.012, 190, 0.002),
    ):
        sheet = Image.new("L", size, 0)
        pen = ImageDraw.Draw(sheet)
        for _ in range(int(count * area)):
            x, y = dice.random() * size[0], dice.random() * size[1]
            r = max(0.6, dice.uniform(least, most) * unit)
            pen.ellipse((x - r, y - r, x + r, y + r), fill=int(strength * dice.uniform(0.6, 1)))
        out = ImageChops.lighter(out, blur(sheet, soft * unit))
    return out


def _drops(painting: Painting) -> Image.Image:
    """Falling rain as alpha: slanting streaks."""
    dice, unit = chance(painting, "rain"), painting.unit
    out = Image.new("L", (painting.width, painting.height), 0)
    pen = ImageDraw.Draw(out)
    area = painting.width * painting.height / unit**2
    for _ in range(int(420 * area)):
        x, y = dice.uniform(-0.1, 1.1) * painting.width, dice.uniform(-0.1, 1) * painting.height
        length = dice.uniform(0.025, 0.075) * unit
        width = max(1, round(0.0016 * unit * dice.uniform(0.6, 1.4)))
        pen.line((x, y, x - 0.22 * length, y + length), fill=int(dice.uniform(45, 150)), width=width)
    return out


def background_blurred(picture: Image.Image, figure: Image.Image | None, painting: Painting) -> Image.Image:
    """All but the figure out of focus; without a figure, all but a wide pool in the middle."""
    if figure is None:
        figure = field(
            picture.size, lambda x, y: 1.9 - 2.0 * np.sqrt((x * 1.15) ** 2 + ((y - 0.08) * 0.95) ** 2)
        )
    far = glow(blur(picture, 0.014 * painting.unit), 200, 0.02 * painting.unit, (0.4, 0.4, 0.4))
    return Image.composite(picture, far, figure)


def like(picture: Image.Image, model: Image.Image) -> Image.Image:
    """The picture with the colours' mean and spread of a model (Reinhard 2001, in RGB)."""
    ours = np.asarray(picture.resize((64, 64), Image.Resampling.BOX), np.float32).reshape(-1, 3)
    theirs = np.asarray(model.convert("RGB").resize((64, 64), Image.Resampling.BOX), np.float32).reshape(
        -1, 3
    )
    gain = np.clip((theirs.std(axis=0) + 4) / (ours.std(axis=0) + 4), 0.4, 2.2)
    values = (np.arange(256)[None, :] - ours.mean(axis=0)[:, None]) * gain[:, None] + theirs.mean(axis=0)[
        :, None
    ]
    return picture.point([int(v) for v in np.clip(np.round(values), 0, 255).ravel()])


def coloured(picture: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """The same light and shade in another colour, whose own tone the picture's middle tone takes."""
    grey = picture.convert("L")
    counts = np.cumsum(grey.histogram())
    middle = min(0.85, max(0.15, float(np.searchsorted(counts, counts[-1] / 2)) / 255))
    tables = [curve((0, 0.25 * c / 255), (middle, c / 255), (1, 0.3 * c / 255 + 0.7)) for c in colour]
    return Image.blend(picture, Image.merge("RGB", [grey.point(table) for table in tables]), 0.92)


def cartoon(picture: Image.Image, painting: Painting) -> Image.Image:
    """A photograph as flat shapes in a few vivid colours, with thin contours."""
    flat = saturate(flattened(blur(picture, 0.004 * painting.unit), 18), 1.3)
    contours = lines(picture.convert("L"), 0.0016 * painting.unit, 52, 70)
    return darken(
        blur(flat, 0.0008 * painting.unit), contours.point([70 + v * 185 // 255 for v in range(256)])
    )

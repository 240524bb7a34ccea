"""Weather before the subjects: rain, snow, fog and wind, painted straight onto the picture."""

from __future__ import annotations

from random import Random

import numpy as np
from PIL import Image, ImageDraw

from .backdrops import View

TILE = 420
"""Rain and snow repeat after this many units; the eye does not see it among so many strokes."""


def paint_weather(canvas: Image.Image, view: View, scale: float, rng: Random, *, indoors: bool) -> None:
    """`scale` is pixels per unit. Indoors, the weather stays outside the window."""
    weather = view.mood.weather
    if indoors or view.medium == "underwater":
        return
    if weather in ("rain", "storm"):
        _tiled(canvas, _rain(scale, rng, heavy=weather == "storm"), (214, 226, 244))
    elif weather == "snow":
        _tiled(canvas, _snow(scale, rng), (255, 255, 255))
    elif weather == "fog":
        _fog(canvas, view, rng)
    elif weather == "wind":
        _wind(canvas, view, scale, rng)


def _tiled(canvas: Image.Image, tile: Image.Image, colour: tuple[int, int, int]) -> None:
    for y in range(0, canvas.height, tile.height):
        for x in range(0, canvas.width, tile.width):
            canvas.paste(colour, (x, y, x + tile.width, y + tile.height), tile)


def _rain(scale: float, rng: Random, *, heavy: bool) -> Image.Image:
    edge = max(8, round(TILE * scale))
    big = Image.new("L", (edge * 2, edge * 2))
    draw = ImageDraw.Draw(big)
    for _ in range(60 if heavy else 38):
        x, y = rng.random() * edge * 2, rng.random() * edge * 2
        length = rng.uniform(0.07, 0.16) * edge * 2 * (1.2 if heavy else 1.0)
        lean = length * (0.34 if heavy else 0.2)
        strength = rng.randint(60, 150)
        for dx in (0, -edge * 2, edge * 2):
            for dy in (0, -edge * 2):
                draw.line(
                    (x + dx, y + dy, x + dx - lean, y + dy + length),
                    fill=strength,
                    width=max(1, round(2.6 * scale * 2 * rng.uniform(0.6, 1.0))),
                )
    return big.resize((edge, edge), Image.Resampling.BOX)


def _snow(scale: float, rng: Random) -> Image.Image:
    edge = max(8, round(TILE * scale))
    big = Image.new("L", (edge * 2, edge * 2))
    draw = ImageDraw.Draw(big)
    for i in range(46):
        x, y = rng.random() * edge * 2, rng.random() * edge * 2
        r = (rng.uniform(2.0, 4.4) if i % 5 else rng.uniform(5, 8)) * scale * 2
        for dx in (0, -edge * 2, edge * 2):
            for dy in (0, -edge * 2, edge * 2):
                draw.ellipse((x + dx - r, y + dy - r, x + dx + r, y + dy + r), fill=225 if i % 5 else 150)
    return big.resize((edge, edge), Image.Resampling.BOX)


def _fog(canvas: Image.Image, view: View, rng: Random) -> None:
    """Veils: smooth noise, stretched sideways, densest about the horizon."""
    noise = np.random.default_rng(rng.getrandbits(64)).random((9, 7), dtype=np.float32)
    rows = np.linspace(0, 1, 9, dtype=np.float32)[:, None]
    level = view.horizon / view.h
    density = np.clip(0.72 - np.abs(rows - level) * 1.1, 0.08, 1) * (0.4 + 0.8 * noise)
    small = Image.fromarray((np.clip(density, 0, 0.72) * 255).astype(np.uint8))
    canvas.paste(view.mood.haze, (0, 0, *canvas.size), small.resize(canvas.size, Image.Resampling.BICUBIC))


def _wind(canvas: Image.Image, view: View, scale: float, rng: Random) -> None:
    """A few curling strokes, above the heads."""
    for _ in range(2 if view.scene.empty else 3):
        x, y = rng.uniform(-0.1, 0.8) * view.w, rng.uniform(0.08, 0.4) * view.h
        length = rng.uniform(160, 320)
        size = (max(2, round(length * scale)), max(2, round(60 * scale)))
        mask = Image.new("L", (size[0] * 2, size[1] * 2))
        draw = ImageDraw.Draw(mask)
        width = max(1, round(4 * scale * 2))
        draw.line((0, size[1] * 2 - width, size[0] * 1.7, size[1] * 2 - width), fill=150, width=width)
        r = size[1] * 0.8
        draw.arc(
            (size[0] * 1.7 - r, size[1] * 2 - width / 2 - 2 * r, size[0] * 1.7 + r, size[1] * 2 - width / 2),
            -150,
            90,
            fill=150,
            width=width,
        )
        canvas.paste(
            (255, 255, 255), (round(x * scale), round(y * scale)), mask.resize(size, Image.Resampling.BOX)
        )

"""The colours that a prompt asked for over all, laid over a finished picture by its light and shade."""

from __future__ import annotations

from PIL import Image, ImageOps

from .lighting import slice_rows
from .scene import Colour
from .vector import luma, mix

SHARE = 0.62
"""How much of the picture's own colours gives way to the palette: more would hide what things are."""


def grade(canvas: Image.Image, palette: tuple[Colour, ...]) -> None:
    """Changes an RGB canvas in place, in bands. Black and white takes the colours away; other palettes
    are mapped from the darkest to the lightest of them along the picture's tones."""
    grey = all(max(colour) - min(colour) <= 12 for colour in palette)
    ramp = tone_map(palette)
    for top, bottom in slice_rows(canvas, 0.0):
        band = canvas.crop((0, top, canvas.width, bottom))
        tones = ImageOps.grayscale(band)
        mapped = Image.merge("RGB", [tones.point(ramp[channel]) for channel in range(3)])
        canvas.paste(tones.convert("RGB") if grey else Image.blend(band, mapped, SHARE), (0, top))


def tone_map(palette: tuple[Colour, ...]) -> list[list[int]]:
    """For each channel 256 values: near black, the palette by brightness, near white."""
    ordered = sorted(palette, key=luma)
    stops = [mix(ordered[0], (8, 8, 16), 0.7), *ordered, mix(ordered[-1], (255, 255, 255), 0.75)]
    places = [0.0, *((i + 1) / (len(ordered) + 1) for i in range(len(ordered))), 1.0]
    table: list[list[int]] = [[], [], []]
    for value in range(256):
        at = value / 255
        i = max(k for k in range(len(stops) - 1) if places[k] <= at)
        colour = mix(stops[i], stops[i + 1], (at - places[i]) / (places[i + 1] - places[i]))
        for channel in range(3):
            table[channel].append(min(255, max(0, colour[channel])))
    return table

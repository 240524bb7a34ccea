"""Give a drawing another colour and keep its shading: the arithmetic, in OKLCh.

OKLab is Björn Ottosson's perceptual colour space (2020); the matrices are his.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from .scene import Colour

FAMILY_DEGREES = 42.0
"""How far in hue two fills may lie apart and still be one material in light and shade."""

GREY = 0.045
"""Chroma below which a fill counts as grey."""

HEX = re.compile(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b")


class Lch(NamedTuple):
    """Lightness 0 to 1, chroma 0 to about 0.35, hue in degrees."""

    lightness: float
    chroma: float
    hue: float


def colour_of(text: str) -> Colour:
    """The colour that "#f80" or "#ff8800" names."""
    digits = text.lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def hex_of(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


@lru_cache(maxsize=4096)
def to_lch(colour: Colour) -> Lch:
    linear = [c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    red, green, blue = linear
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return Lch(lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


def from_lch(lightness: float, chroma: float, hue: float) -> Colour:
    """The nearest colour that a screen has: chroma gives way before lightness does."""
    lightness = min(max(lightness, 0.0), 1.0)
    while True:
        a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
        long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
        medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
        short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
        linear = (
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        )
        if chroma < 0.002 or all(-0.0005 <= c <= 1.0005 for c in linear):
            break
        chroma *= 0.94
    red, green, blue = (_companded(c) for c in linear)
    return red, green, blue


def _companded(linear: float) -> int:
    linear = min(max(linear, 0.0), 1.0)
    value = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(255 * value)


def hue_distance(one: float, other: float) -> float:
    return abs((one - other + 180) % 360 - 180)


def main_family(palette: Iterable[tuple[Colour, float]], leave: frozenset[Colour]) -> list[Colour]:
    """The fills of the main material, the largest first: the car's paint, not its windows or tyres.

    `palette` is fills with their share of the drawn area; `leave` are fills that are never paint (skin, hair).
    """
    fills = [(fill, share, to_lch(fill)) for fill, share in palette if fill not in leave]
    chromatic = [entry for entry in fills if entry[2].chroma > GREY]
    families = [
        [entry for entry in chromatic if hue_distance(entry[2].hue, seed[2].hue) <= FAMILY_DEGREES]
        for seed in chromatic[:5]
    ]
    greys = [entry for entry in fills if entry[2].chroma <= GREY and entry[2].lightness > 0.36]
    # Windows, chrome and paper are grey on coloured things: grey is the paint only where it clearly rules.
    weighed = [(sum(share for _, share, _ in family), family) for family in families]
    weighed.append((0.6 * sum(share for _, share, _ in greys), greys))
    if not any(weight for weight, _ in weighed):
        return [fill for fill, _, _ in fills]
    return [fill for fill, _, _ in max(weighed, key=lambda pair: pair[0])[1]]


def repaint(family: list[Colour], colour: Colour) -> dict[Colour, Colour]:
    """Each fill of one material -> what it becomes when the material is `colour`.

    The first fill becomes the colour itself; the others keep their distance in lightness,
    squeezed where black or white leaves no room.
    """
    base, target = to_lch(family[0]), to_lch(colour)
    body = min(max(target.lightness, 0.22), 0.965)
    painted = {}
    for fill in family:
        own = to_lch(fill)
        step = own.lightness - base.lightness
        room = body / max(base.lightness, 0.05) if step < 0 else (1 - body) / max(1 - base.lightness, 0.05)
        lightness = body + step * min(max(room, 0.5 if step > 0 else 0.25), 1.0)
        chroma = target.chroma
        if base.chroma > GREY:
            chroma *= min(max(own.chroma / base.chroma, 0.55), 1.15)
        painted[fill] = from_lch(lightness, chroma, target.hue)
    return painted


def replace(body: str, mapping: Mapping[Colour, Colour]) -> str:
    """The SVG body with every colour that `mapping` knows exchanged."""

    def swap(match: re.Match[str]) -> str:
        new = mapping.get(colour_of(match[0]))
        return match[0] if new is None else hex_of(new)

    return HEX.sub(swap, body)

"""Trees, bushes, grass and flowers, drawn as a few joined paths each so that a forest stays quick."""

from __future__ import annotations

import math
from random import Random

from ..scene import Colour
from ..vector import Sheet, box, curve, disc, mix, polygon


class Grove:
    """Collects plants of one depth by colour, so that a hundred trees are five paths."""

    def __init__(self) -> None:
        self._paths: dict[Colour, list[str]] = {}

    def add(self, colour: Colour, d: str) -> None:
        self._paths.setdefault(colour, []).append(d)

    def onto(self, sheet: Sheet) -> None:
        for colour, parts in self._paths.items():
            sheet.path("".join(parts), colour)


def lit(colour: Colour) -> Colour:
    """The sunny side of a leaf colour: brighter in proportion, so that it stays dark at night."""
    return (
        min(255, round(colour[0] * 1.2 + 8)),
        min(255, round(colour[1] * 1.16 + 5)),
        round(colour[2] * 1.02),
    )


def conifer(grove: Grove, x: float, base: float, height: float, colour: Colour, trunk: Colour) -> None:
    """Three tiers, each with a lit left half and a dark right one."""
    width = height * 0.4
    dark = mix(colour, (10, 20, 40), 0.28)
    grove.add(trunk, box(x - height * 0.025, base - height * 0.16, height * 0.05, height * 0.16))
    for i, (bottom, top, spread) in enumerate(((0.12, 0.55, 1.0), (0.36, 0.78, 0.76), (0.6, 1.0, 0.5))):
        half = width / 2 * spread
        y, tip = base - height * bottom, base - height * top
        sag = height * 0.03 * (3 - i) / 3
        grove.add(
            colour,
            f"M{x - half:.1f} {y:.1f}Q{x:.1f} {y + sag * 2:.1f} {x + half:.1f} {y:.1f}L{x:.1f} {tip:.1f}z",
        )
        grove.add(
            dark,
            f"M{x + half * 0.12:.1f} {y + sag:.1f}Q{x + half * 0.6:.1f} {y + sag:.1f} {x + half:.1f} {y:.1f}L{x:.1f} {tip:.1f}z",
        )


def broadleaf(
    grove: Grove, rng: Random, x: float, base: float, height: float, colour: Colour, trunk: Colour
) -> None:
    """A trunk with two boughs under a crown of discs: dark below, plain, lit from the upper left."""
    t = height * 0.045
    grove.add(
        trunk,
        f"M{x - t:.1f} {base:.1f}Q{x - t * 0.5:.1f} {base - height * 0.3:.1f} {x - t * 0.5:.1f} {base - height * 0.55:.1f}"
        f"h{t:.1f}Q{x + t * 0.5:.1f} {base - height * 0.3:.1f} {x + t:.1f} {base:.1f}z",
    )
    r = height * 0.27
    spots = [(0.0, 0.74, 1.0), (-0.2, 0.58, 0.78), (0.21, 0.6, 0.8), (0.06, 0.5, 0.66)]
    spots = [(dx * rng.uniform(0.85, 1.15), dy, s * rng.uniform(0.9, 1.08)) for dx, dy, s in spots]
    dark, light = mix(colour, (12, 24, 52), 0.24), lit(colour)
    for dx, dy, s in spots:
        grove.add(dark, disc(x + dx * height, base - dy * height, r * s))
    for dx, dy, s in spots:
        grove.add(colour, disc(x + dx * height - r * 0.1, base - dy * height - r * 0.1, r * s * 0.86))
    for dx, dy, s in spots[:3]:
        grove.add(light, disc(x + dx * height - r * 0.28, base - dy * height - r * 0.3, r * s * 0.46))


def palm(
    sheet: Sheet, rng: Random, x: float, base: float, height: float, leaf: Colour, trunk: Colour
) -> None:
    lean = rng.choice((-1, 1)) * height * rng.uniform(0.08, 0.2)
    top = (x + lean, base - height)
    t = height * 0.032
    sheet.path(
        f"M{x - t:.1f} {base:.1f}Q{x - t + lean * 0.1:.1f} {base - height * 0.6:.1f} {top[0] - t * 0.6:.1f} {top[1]:.1f}"
        f"h{t * 1.2:.1f}Q{x + t + lean * 0.1:.1f} {base - height * 0.6:.1f} {x + t:.1f} {base:.1f}z",
        trunk,
    )
    dark = mix(leaf, (10, 30, 40), 0.3)
    for i, angle in enumerate((-172, -8, -142, -38, -115, -65, -200, 20)):
        a = math.radians(angle + rng.uniform(-7, 7))
        length = height * rng.uniform(0.4, 0.5)
        tip = (top[0] + math.cos(a) * length, top[1] + math.sin(a) * length * 0.62 + length * 0.34)
        middle = (top[0] + math.cos(a) * length * 0.62, top[1] + math.sin(a) * length * 0.9 - length * 0.1)
        low = (middle[0], middle[1] + length * 0.27)
        sheet.path(
            f"M{top[0]:.1f} {top[1]:.1f}Q{middle[0]:.1f} {middle[1]:.1f} {tip[0]:.1f} {tip[1]:.1f}"
            f"Q{low[0]:.1f} {low[1]:.1f} {top[0]:.1f} {top[1]:.1f}z",
            leaf if i % 2 else dark,
        )


def bush(grove: Grove, rng: Random, x: float, base: float, size: float, colour: Colour) -> None:
    dark, light = mix(colour, (10, 22, 48), 0.22), lit(colour)
    for dx, s in ((-0.55, 0.5), (0.55, 0.52), (0.0, 0.72)):
        r = size * s * rng.uniform(0.9, 1.1)
        grove.add(dark, disc(x + dx * size, base - r * 0.55, r))
    for dx, s in ((-0.55, 0.42), (0.5, 0.42), (-0.06, 0.6)):
        grove.add(colour, disc(x + dx * size, base - size * s * 0.75, size * s * 0.92))
    grove.add(light, disc(x - size * 0.22, base - size * 0.68, size * 0.26))


def tufts(rng: Random, x0: float, x1: float, y0: float, y1: float, count: int, size: float) -> str:
    """Blades of grass in threes; nearer ones (larger y) are larger."""
    parts = []
    for _ in range(count):
        x, at = rng.uniform(x0, x1), rng.random()
        y = y0 + (y1 - y0) * at
        s = size * (0.45 + 0.75 * at) * rng.uniform(0.7, 1.2)
        for lean in (-0.5, 0.05, 0.55):
            tip = (x + lean * s * 0.8, y - s * (1 - 0.3 * abs(lean)))
            parts.append(
                f"M{x + (lean - 0.22) * s * 0.3:.1f} {y:.1f}Q{x + lean * s * 0.2:.1f} {y - s * 0.5:.1f} {tip[0]:.1f} {tip[1]:.1f}"
                f"Q{x + (lean + 0.7) * s * 0.3:.1f} {y - s * 0.4:.1f} {x + (lean + 0.5) * s * 0.3:.1f} {y:.1f}z"
            )
    return "".join(parts)


def flowers(
    sheet: Sheet,
    rng: Random,
    area: tuple[float, float, float, float],
    count: int,
    colours: tuple[Colour, ...],
    stem: Colour,
) -> None:
    """Five-petalled flowers on stems over the area (x0, y0, x1, y1)."""
    x0, y0, x1, y1 = area
    stems: list[str] = []
    petals: dict[Colour, list[str]] = {}
    hearts: list[str] = []
    for _ in range(count):
        x, at = rng.uniform(x0, x1), rng.random()
        y = y0 + (y1 - y0) * at
        s = 5 + 9 * at
        stems.append(box(x - s * 0.11, y, s * 0.22, s * 2.6))
        petals.setdefault(rng.choice(colours), []).extend(
            disc(x + math.cos(a) * s * 0.62, y + math.sin(a) * s * 0.62, s * 0.46)
            for a in (0.3, 1.56, 2.81, 4.07, 5.33)
        )
        hearts.append(disc(x, y, s * 0.38))
    sheet.path("".join(stems), stem)
    for colour, parts in petals.items():
        sheet.path("".join(parts), colour)
    sheet.path("".join(hearts), (255, 206, 84))


def seaweed(rng: Random, x: float, base: float, height: float) -> str:
    points = [
        (x + math.sin(i * 1.1 + x) * height * 0.07 * (1 + i * 0.15), base - height * i / 7) for i in range(8)
    ]
    width = height * 0.05
    left = [(px - width * (1 - i / 8), py) for i, (px, py) in enumerate(points)]
    right = [(px + width * (1 - i / 8), py) for i, (px, py) in reversed(list(enumerate(points)))]
    return curve(left) + curve(right).replace("M", "L", 1) + "z"


def fern(x: float, base: float, angle: float, length: float) -> str:
    """One long leaf with fingers, for the near corners of a jungle."""
    parts = []
    a = math.radians(angle)
    for i in range(1, 12):
        at = i / 12
        px, py = x + math.cos(a) * length * at, base + math.sin(a) * length * at + length * 0.25 * at * at
        for side in (-1, 1):
            b = a + side * (1.0 - 0.4 * at)
            finger = length * 0.3 * math.sin(math.pi * (0.15 + 0.8 * at))
            tip = (px + math.cos(b) * finger, py + math.sin(b) * finger)
            parts.append(
                polygon(
                    (px, py),
                    ((px + tip[0]) / 2 - side * 6, (py + tip[1]) / 2 - 7),
                    tip,
                    ((px + tip[0]) / 2, (py + tip[1]) / 2 + 8),
                )
            )
    parts.append(
        f"M{x:.1f} {base:.1f}l{math.cos(a) * length:.1f} {math.sin(a) * length + length * 0.25:.1f}l6 6z"
    )
    return "".join(parts)

"""High up: the open sky among clouds, and space with planets, a nebula and stars."""

from __future__ import annotations

import math

from ..scene import Colour
from ..vector import disc, mix, polygon
from .sky import paint_sky, puffs, sparkle, stars
from .view import Glow, View


def sky(view: View) -> None:
    view.horizon = view.h
    paint_sky(view, clouds=1.6)
    view.horizon, view.foot, view.medium = view.h, view.h * 0.52, "air"
    white = (
        mix(view.mood.sky[-1][1], (255, 255, 255), 0.5)
        if not view.mood.lamps
        else mix(view.mood.sky[1][1], view.mood.sky[-1][1], 0.6)
    )
    for i in range(3):
        tone = mix(white, view.mood.sky[1][1], 0.4 - 0.18 * i)
        x = -100.0
        parts = []
        while x < view.w + 150:
            outline, _ = puffs(view.rng, x, view.h + 30 + 8 * i, view.rng.uniform(150, 230) * (1 - 0.2 * i))
            parts.append(outline)
            x += view.rng.uniform(110, 200)
        (view.near if i == 2 else view.far).path("".join(parts), tone)
    view.near.top = view.h - 170
    view.shade = 0.0


PLANETS: tuple[tuple[Colour, Colour], ...] = (
    ((255, 196, 140), (186, 84, 96)),
    ((150, 220, 255), (52, 84, 190)),
    ((214, 176, 255), (104, 62, 168)),
    ((176, 240, 206), (36, 124, 130)),
)


def space(view: View) -> None:
    rng = view.rng
    view.horizon, view.foot, view.medium = view.h, view.h * 0.52, "air"
    hue = rng.choice(
        (
            ((10, 8, 34), (34, 18, 78), (70, 30, 104)),
            ((6, 10, 30), (12, 32, 76), (22, 66, 112)),
            ((12, 6, 28), (48, 14, 66), (104, 34, 84)),
        )
    )
    view.sky = ((0, hue[0]), (0.5, hue[1]), (1, mix(hue[0], hue[1], 0.4)))
    stars(view, 1.9)
    for _ in range(5):
        x, y, s = rng.random() * view.w, rng.random() * view.h, rng.uniform(16, 34)
        view.far.path(sparkle(x, y, s), (255, 250, 240))
        view.glows.append(Glow(x, y, s * 2.4, (170, 190, 255), 0.4))
    swirl = rng.uniform(-0.5, 0.5)
    for i in range(8):
        at = (i - 3.5) / 7
        colour = mix((214, 70, 170), (60, 120, 240), i / 7)
        view.glows.append(
            Glow(
                view.w * (0.5 + at * 1.1) + rng.uniform(-60, 60),
                view.h * (0.5 + at * swirl) + rng.uniform(-90, 90),
                rng.uniform(260, 420),
                mix(colour, hue[2], 0.4),
                0.3,
            )
        )
    corners = rng.sample([(0.13, 0.17), (0.86, 0.2), (0.12, 0.82), (0.88, 0.84)], rng.randint(2, 3))
    for i, (fx, fy) in enumerate(corners):
        planet(
            view,
            fx * view.w,
            fy * view.h,
            rng.uniform(105, 150) if i == 0 else rng.uniform(34, 64),
            ringed=rng.random() < 0.5,
        )
    view.ambient = (236, 232, 255)
    view.shade = 0.0


def planet(view: View, x: float, y: float, r: float, *, ringed: bool) -> None:
    light, dark = view.rng.choice(PLANETS)
    tilt = view.rng.uniform(-0.45, 0.45)
    if ringed:
        view.far.path(_ring(x, y, r, tilt, upper=True), mix(light, (255, 255, 255), 0.3), 0.75)
    view.far.path(disc(x, y, r), view.far.ball(light, dark))
    bands = []
    for at in (-0.5, -0.1, 0.34, 0.62):
        half = math.sqrt(1 - at * at) * r * 0.96
        t = r * view.rng.uniform(0.05, 0.12)
        bands.append(
            f"M{x - half:.1f} {y + at * r:.1f}q{half:.1f} {t * 2:.1f} {half * 2:.1f} 0q{-half:.1f} {t * 4:.1f} {-half * 2:.1f} 0z"
        )
    view.far.path("".join(bands), mix(light, (255, 255, 255), 0.35), 0.22)
    shade = f"M{x + r * 0.2:.1f} {y - r * 0.98:.1f}A{r:.1f} {r:.1f} 0 1 1 {x - r * 0.86:.1f} {y + r * 0.5:.1f}A{r * 1.25:.1f} {r * 1.25:.1f} 0 0 0 {x + r * 0.2:.1f} {y - r * 0.98:.1f}z"
    view.far.path(shade, mix(dark, (8, 6, 30), 0.6), 0.45)
    if ringed:
        view.far.path(_ring(x, y, r, tilt, upper=False), mix(light, (255, 255, 255), 0.45), 0.9)
    view.glows.append(Glow(x, y, r * 2.1, dark, 0.4))


def _ring(x: float, y: float, r: float, tilt: float, *, upper: bool) -> str:
    """Half of a planet's ring: what lies behind it (upper), or before it."""
    start = math.pi if upper else 0.0
    points = []
    for scale, order in ((1.95, 1), (1.4, -1)):
        arc = [start + math.pi * i / 24 for i in range(25)][::order]
        for a in arc:
            px, py = math.cos(a) * r * scale, math.sin(a) * r * scale * 0.3
            points.append(
                (x + px * math.cos(tilt) - py * math.sin(tilt), y + px * math.sin(tilt) + py * math.cos(tilt))
            )
    return polygon(*points)

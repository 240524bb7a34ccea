"""What hangs in a sky: sun, moon, stars, clouds, lightning, a rainbow after nothing but good weather."""

from __future__ import annotations

import math
from random import Random

from ..scene import Colour
from ..vector import Sheet, box, disc, mix, multiply, polygon
from .view import Glow, View

SUNS: dict[
    str, tuple[Colour, float, float]
] = {  # colour, height above the horizon (share of the sky), radius
    "day": ((255, 246, 196), 0.78, 52),
    "dawn": ((255, 236, 190), 0.16, 66),
    "golden hour": ((255, 226, 150), 0.3, 70),
    "sunset": ((255, 214, 120), 0.1, 92),
}


SKY_BODIES = frozenset(
    [
        "sun",
        "sun-with-face",
        "sun-behind-cloud",
        "sun-behind-small-cloud",
        "sun-behind-large-cloud",
        "sunrise",
        "full-moon",
        "full-moon-face",
        "crescent-moon",
        "new-moon",
        "new-moon-face",
        "first-quarter-moon",
        "last-quarter-moon",
        "rainbow",
    ]
)
"""Subjects beside which the sky's own sun or moon would be one too many."""


def paint_sky(view: View, *, clouds: float = 1.0, body: bool = True) -> None:
    """Fills the sky above view.horizon. `clouds` scales how many; `body` is whether sun or moon shows."""
    mood = view.mood
    view.sky = stretched(mood.sky, view.horizon / view.h)
    if mood.time in ("night", "dusk"):
        stars(view, 1.0 if mood.time == "night" else 0.3)
    own = any(subject.icon in SKY_BODIES for subject in view.scene.subjects)
    if body and not own and mood.weather in ("clear", "wind", "cloudy", "snow"):
        moon(view) if mood.time in ("night", "dusk") else sun(view)
    count = {"clear": 3, "wind": 5, "cloudy": 8, "rain": 9, "storm": 10, "snow": 7, "fog": 3}[mood.weather]
    for _ in range(round(count * clouds * min(2.5, max(1.0, view.w / 1300)))):
        x = view.rng.uniform(-0.05, 1.05) * view.w
        y = view.horizon * view.rng.uniform(0.06, 0.62)
        if view.scene.subjects and 0.25 < x / view.w < 0.75:  # not behind the main subject's head
            y = min(y, view.horizon * 0.15)
        cloud(view, x, y, view.rng.uniform(70, 150) * (1.5 if mood.weather in ("storm", "rain") else 1.0))
    if mood.weather == "storm":
        lightning(view)


def stretched(stops: tuple[tuple[float, Colour], ...], share: float) -> tuple[tuple[float, Colour], ...]:
    """The sky's stops squeezed into the upper `share` of the canvas."""
    return tuple((at * share, colour) for at, colour in stops)


def sun(view: View) -> None:
    colour, height, radius = SUNS[view.mood.time]
    side = 0.2 if view.mood.light[0] < 0 else 0.8
    x = view.w * (side + view.rng.uniform(-0.07, 0.07))
    y = view.horizon * (1 - height)
    covered = view.mood.weather in ("cloudy", "snow")
    if not covered:
        view.far.path(disc(x, y, radius * 2.1), colour, 0.13)
        view.far.path(disc(x, y, radius * 1.5), colour, 0.2)
        view.far.path(disc(x, y, radius), mix(colour, (255, 255, 255), 0.35))
    low = height < 0.5
    view.glows.append(
        Glow(x, y, 760 if low else 560, colour if low else (255, 244, 214), 0.5 if low else 0.34)
    )


def moon(view: View) -> None:
    x = view.w * (0.8 if view.mood.light[0] > 0 else 0.22) + view.rng.uniform(-50, 50)
    y = view.horizon * view.rng.uniform(0.18, 0.28)
    r = view.rng.uniform(46, 62)
    pale: Colour = (250, 246, 226)
    view.far.path(disc(x, y, r * 1.9), pale, 0.06)
    view.far.path(disc(x, y, r * 1.4), pale, 0.09)
    view.far.path(disc(x, y, r), pale)
    craters = "".join(
        disc(x + dx * r, y + dy * r, s * r)
        for dx, dy, s in ((-0.35, -0.2, 0.22), (0.3, 0.35, 0.17), (0.25, -0.45, 0.12), (-0.2, 0.45, 0.12))
    )
    view.far.path(craters, (224, 219, 200))
    view.glows.append(Glow(x, y, 430, (150, 170, 230), 0.38))


def stars(view: View, share: float) -> None:
    """Small discs in three sizes, and a few four-pointed sparkles; thinner towards the horizon."""
    small: list[str] = []
    large: list[str] = []
    top = view.horizon if view.horizon > 0 else view.h
    for _ in range(round(110 * share * min(3.0, view.w * top / 620_000))):
        x, y = view.rng.random() * view.w, view.rng.random() ** 1.5 * top * 0.92
        r = view.rng.choice((1.1, 1.3, 1.6, 2.2))
        (large if r > 2 else small).append(polygon((x, y - r), (x + r, y), (x, y + r), (x - r, y)))
        if r > 2 and view.rng.random() < 0.35:
            large.append(sparkle(x, y, r * 4))
    view.far.path("".join(small), (196, 208, 244))
    view.far.path("".join(large), (255, 252, 236))


def sparkle(x: float, y: float, r: float) -> str:
    q = r * 0.14
    return (
        f"M{x:.1f} {y - r:.1f}L{x + q:.1f} {y - q:.1f}L{x + r:.1f} {y:.1f}L{x + q:.1f} {y + q:.1f}"
        f"L{x:.1f} {y + r:.1f}L{x - q:.1f} {y + q:.1f}L{x - r:.1f} {y:.1f}L{x - q:.1f} {y - q:.1f}z"
    )


def puffs(rng: Random, x: float, y: float, size: float) -> tuple[str, str]:
    """A cloud's outline and the outline of its lit part, flat at the bottom."""
    count = rng.randint(3, 5)
    span = size * 1.7
    outline, lit = [], []
    for i in range(count):
        at = i / (count - 1)
        r = size * (0.3 + 0.34 * math.sin(math.pi * (0.12 + 0.76 * at))) * rng.uniform(0.85, 1.15)
        cx = x - span / 2 + span * at
        outline.append(disc(cx, y - r * 0.62, r))
        lit.append(disc(cx - r * 0.03, y - r * 0.72, r * 0.93))
    base = size * 0.34
    outline.append(box(x - span / 2 - base, y - base * 1.3, span + base * 2, base * 1.3, base * 0.65))
    return "".join(outline), "".join(lit)


def cloud(view: View, x: float, y: float, size: float) -> None:
    mood = view.mood
    top = mood.sky[0][1]
    low = mood.sky[-1][1]
    if mood.weather in ("rain", "storm"):
        body, light = mix(top, (40, 44, 60), 0.3), mix(top, low, 0.25)
    elif mood.time in ("night", "dusk"):
        body, light = mix(top, low, 0.45), mix(top, low, 0.75)
    else:
        body, light = mix(low, (255, 255, 255), 0.35), (255, 255, 255)
        if mood.time != "day":
            body, light = mix(low, mood.sky[1][1], 0.4), mix(low, (255, 255, 255), 0.3)
    far = y / max(1.0, view.horizon)
    size *= 1 - 0.45 * far
    outline, lit = puffs(view.rng, x, y, size)
    view.far.path(outline, mix(body, low, 0.35 * far))
    view.far.path(lit, mix(light, low, 0.3 * far))


def lightning(view: View) -> None:
    x = view.w * view.rng.choice((0.16, 0.24, 0.76, 0.86))
    y, bottom = view.horizon * 0.16, view.horizon * 0.97
    points = [(x, y)]
    while points[-1][1] < bottom:
        points.append((points[-1][0] + view.rng.uniform(-48, 48), points[-1][1] + view.rng.uniform(40, 80)))
    left = [(px - 5 * (1 - i / len(points)) - 1, py) for i, (px, py) in enumerate(points)]
    right = [(px + 5 * (1 - i / len(points)) + 1, py) for i, (px, py) in enumerate(points)]
    view.far.path(polygon(*left, *reversed(right)), (250, 246, 255))
    view.glows.append(Glow(x, (y + bottom) / 2, 520, (196, 196, 255), 0.55))


def window_sky(sheet: Sheet, view: View, x: float, y: float, w: float, h: float) -> None:
    """The sky as seen through a window: a small picture of the same hour and weather."""
    stops = view.mood.sky
    sheet.path(box(x, y, w, h / 2 + 1), sheet.fade(stops[0][1], stops[len(stops) // 2][1]))
    sheet.path(box(x, y + h / 2, w, h / 2), sheet.fade(stops[len(stops) // 2][1], stops[-1][1]))
    if view.mood.time in ("night", "dusk"):
        dots = "".join(
            disc(x + w * view.rng.uniform(0.05, 0.95), y + h * view.rng.uniform(0.04, 0.5), 1.6)
            for _ in range(14)
        )
        sheet.path(dots, (236, 238, 255))
        sheet.path(disc(x + w * 0.72, y + h * 0.24, min(w, h) * 0.09), (248, 244, 224))
        view.glows.append(Glow(x + w * 0.72, y + h * 0.24, 180, (150, 170, 230), 0.3))
    elif view.mood.weather in ("clear", "wind"):
        cloud_at = (x + w * 0.34, y + h * 0.36)
        outline, _ = puffs(view.rng, *cloud_at, min(w, h) * 0.16)
        sheet.path(outline, mix(stops[-1][1], (255, 255, 255), 0.6))
    hill = multiply((122, 160, 120), view.mood.ambient)
    sheet.path(
        f"M{x:.1f} {y + h * 0.82:.1f}Q{x + w * 0.3:.1f} {y + h * 0.66:.1f} {x + w * 0.62:.1f} {y + h * 0.84:.1f}"
        f"T{x + w:.1f} {y + h * 0.8:.1f}V{y + h:.1f}H{x:.1f}z",
        mix(hill, view.mood.haze, 0.35),
    )

"""Water: the sea and the beach seen from the shore, and the world below the surface."""

from __future__ import annotations

import math

from ..scene import Colour
from ..vector import box, disc, down_to, mix, polygon, waves
from .ground import stones
from .plants import palm, seaweed
from .sky import paint_sky
from .view import Glow, View

DEEP: Colour = (30, 104, 170)
SHALLOW: Colour = (74, 186, 206)


def surface(view: View, top: float, bottom: float, *, near: Colour, far: Colour) -> None:
    """Water in bands, with glints that widen towards the viewer and a path of light under a low sun."""
    mood, rng = view.mood, view.rng
    low, middle, high = mood.sky[-1][1], mood.sky[-2][1], mood.sky[0][1]
    view.far.path(box(-10, top, view.w + 20, bottom - top), mix(mood.tone(far), mix(low, middle, 0.5), 0.62))
    for i in range(1, 6):
        at = i / 6
        points = waves(rng, view.w, top + (bottom - top) * at**1.5, 3 + 13 * at, 160 + 420 * at)
        mirrored = mix(mix(low, middle, min(1.0, 0.5 + at)), high, at * 0.8)
        view.far.path(
            down_to(points, bottom + 4), mix(mood.tone(mix(far, near, at)), mirrored, 0.62 - 0.27 * at)
        )
    glints: list[str] = []
    for _ in range(round(60 * view.w / 1000)):
        at = rng.random()
        y = top + (bottom - top) * at**1.3
        length = (14 + 80 * at) * rng.uniform(0.5, 1.2)
        glints.append(lens(rng.random() * view.w, y, length, 1.2 + 3.4 * at))
    view.far.path("".join(glints), mix(mood.tone(near), (255, 255, 255), 0.45), 0.55)
    if mood.weather in ("clear", "wind"):
        path_of_light(view, top, bottom)


def lens(x: float, y: float, length: float, thick: float) -> str:
    return f"M{x - length / 2:.1f} {y:.1f}Q{x:.1f} {y - thick:.1f} {x + length / 2:.1f} {y:.1f}Q{x:.1f} {y + thick:.1f} {x - length / 2:.1f} {y:.1f}z"


def path_of_light(view: View, top: float, bottom: float) -> None:
    if view.mood.time == "day" or not view.glows:
        return
    x = view.glows[0].x
    colour: Colour = (
        (255, 226, 170) if view.mood.time in ("sunset", "golden hour", "dawn") else (206, 218, 250)
    )
    marks = []
    for i in range(26):
        at = i / 26
        y = top + 3 + (bottom - top) * 0.86 * at**1.25
        width = (46 + 120 * at) * view.rng.uniform(0.4, 1.0)
        marks.append(lens(x + view.rng.uniform(-1, 1) * (10 + 46 * at), y, width, 2 + 4 * at))
    view.far.path("".join(marks), colour, 0.75)


def sea(view: View) -> None:
    view.lay_floor(0.5, 0.76)
    paint_sky(view)
    islands(view)
    surface(view, view.horizon, view.h + 10, near=DEEP, far=(96, 168, 206))
    view.medium = "water"
    view.mirror = 0.34
    gulls(view)
    rows = []
    for i in range(2):
        points = waves(view.rng, view.w, view.h * (0.95 + 0.035 * i), 12, 240)
        rows.append(points)
        view.near.path(
            down_to(points, view.h + 30), mix(view.mood.tone((24, 92, 156)), (0, 10, 40), 0.1 + 0.12 * i)
        )
        view.near.line(
            "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points),
            mix(view.mood.tone(SHALLOW), (255, 255, 255), 0.4),
            4,
            0.7,
        )
    view.near.top = view.h * 0.92


def islands(view: View) -> None:
    for _ in range(view.rng.randint(0, 2)):
        x, w = view.rng.random() * view.w, view.rng.uniform(140, 300)
        h = view.rng.uniform(30, 74)
        view.far.path(
            f"M{x - w:.1f} {view.horizon + 2:.1f}Q{x - w * 0.4:.1f} {view.horizon - h * 1.3:.1f} {x:.1f} {view.horizon - h * 0.7:.1f}"
            f"T{x + w:.1f} {view.horizon + 2:.1f}z",
            view.mood.tone((98, 132, 138), 0.85),
        )


def gulls(view: View) -> None:
    if view.mood.time in ("night", "dusk") or view.mood.weather in ("storm", "rain"):
        return
    marks = []
    for _ in range(view.rng.randint(2, 5)):
        x, y, s = (
            view.rng.random() * view.w,
            view.rng.uniform(0.14, 0.6) * view.horizon,
            view.rng.uniform(12, 24),
        )
        marks.append(
            f"M{x - s:.1f} {y - s * 0.3:.1f}Q{x - s * 0.4:.1f} {y - s * 0.6:.1f} {x:.1f} {y:.1f}Q{x + s * 0.4:.1f} {y - s * 0.6:.1f} {x + s:.1f} {y - s * 0.3:.1f}"
        )
    view.far.line("".join(marks), view.mood.tone((84, 96, 116), 0.3), 3.2)


def beach(view: View) -> None:
    view.lay_floor(0.42, 0.82)
    paint_sky(view, clouds=0.8)
    mood, rng = view.mood, view.rng
    islands(view)
    shore = view.h * 0.62
    surface(view, view.horizon, shore + 60, near=SHALLOW, far=(64, 150, 206))
    edge = waves(rng, view.w, shore, 20, 620)
    view.far.path(
        down_to([(x, y - 10) for x, y in edge], view.h + 40),
        mix(mood.tone((236, 252, 252)), (255, 255, 255), 0.2),
    )
    view.far.path(down_to([(x, y + 8) for x, y in edge], view.h + 40), mood.tone((214, 180, 132), 0.08))
    view.far.path(
        down_to([(x, y + 40) for x, y in waves(rng, view.w, shore, 22, 680)], view.h + 40),
        mood.tone((246, 220, 168), 0.05),
    )
    view.far.path(
        down_to(waves(rng, view.w, view.h * 0.86, 18, 800), view.h + 40), mood.tone((252, 228, 180))
    )
    dots = "".join(
        disc(rng.random() * view.w, rng.uniform(shore + 60, view.h), rng.uniform(1.2, 3))
        for _ in range(round(40 * view.w / 1000))
    )
    view.far.path(dots, mood.tone((206, 170, 122)))
    for side in rng.sample((0.07, 0.93), rng.randint(1, 2)):
        palm(
            view.far,
            rng,
            view.w * side,
            shore + rng.uniform(60, 110),
            rng.uniform(400, 520),
            mood.tone((70, 156, 92), 0.05),
            mood.tone((150, 112, 74), 0.05),
        )
    shells(view)
    gulls(view)


def shells(view: View) -> None:
    for _ in range(view.rng.randint(2, 4)):
        x, y, s = view.rng.random() * view.w, view.rng.uniform(0.88, 0.97) * view.h, view.rng.uniform(9, 16)
        if view.rng.random() < 0.5:
            arms = [
                (
                    x + math.sin(math.tau * i / 10) * s * (1.5 if i % 2 == 0 else 0.6),
                    y - math.cos(math.tau * i / 10) * s * (1.1 if i % 2 == 0 else 0.45),
                )
                for i in range(10)
            ]
            view.far.path(polygon(*arms), view.mood.tone((238, 128, 92)))
        else:
            view.far.path(
                f"M{x:.1f} {y:.1f}l{-s:.1f} {-s * 0.7:.1f}a{s:.1f} {s * 0.8:.1f} 0 0 1 {2 * s:.1f} 0z",
                view.mood.tone((250, 214, 206)),
            )


def underwater(view: View) -> None:
    mood, rng = view.mood, view.rng
    view.horizon, view.foot, view.medium = view.h * 0.8, view.h * 0.55, "underwater"
    top, deep = mood.tone((96, 208, 226)), mood.tone((14, 60, 118))
    view.sky = ((0, mix(top, (255, 255, 255), 0.25)), (0.12, top), (0.55, mix(top, deep, 0.55)), (1, deep))
    beams = []
    for _ in range(round(6 * max(1.0, view.w / 1000))):
        x, w = rng.uniform(-0.1, 1.05) * view.w, rng.uniform(26, 90)
        reach, lean = view.h * rng.uniform(0.5, 0.85), rng.uniform(80, 220)
        beams.append(polygon((x, -10), (x + w, -10), (x + w * 2.4 + lean, reach), (x + lean, reach)))
    for beam in beams:
        view.far.path(beam, view.far.fade((255, 255, 255), top, (0.3, 0.0)))
    for i, colour in enumerate(((52, 118, 150), (38, 96, 132))):
        points = waves(rng, view.w, view.horizon - 40 + 66 * i, 40 - 14 * i, 560)
        view.far.path(down_to(points, view.h + 40), mix(mood.tone(colour), deep, 0.5 - 0.3 * i))
    bottom = waves(rng, view.w, view.horizon + 70, 16, 760)
    view.far.path(down_to(bottom, view.h + 40), mix(mood.tone((226, 206, 158)), deep, 0.34))
    corals(view, deep)
    for shade, size in ((0.45, 1.0), (0.15, 1.35)):
        leaves = "".join(
            seaweed(rng, x, view.h * (0.93 + 0.05 * (1 - shade)), rng.uniform(120, 250) * size)
            for x in edge_places(view, 5)
        )
        (view.far if shade > 0.3 else view.near).path(leaves, mix(mood.tone((60, 164, 110)), deep, shade))
    view.near.top = view.h - 380
    bubbles(view)
    stones(view, 5, (130, 140, 150))
    view.ambient = mix(mood.ambient, (176, 226, 240), 0.5)
    view.glows.append(Glow(view.w * 0.4, -40, 700, (150, 230, 240), 0.4))
    view.shade = 0.0


def edge_places(view: View, count: int) -> list[float]:
    """Places along the left and right edges, where they hide nothing."""
    return [
        view.w * (view.rng.uniform(0.0, 0.2) if i % 2 else view.rng.uniform(0.8, 1.0))
        for i in range(round(count * max(1.0, view.w / 1300)))
    ]


def corals(view: View, deep: Colour) -> None:
    for x in edge_places(view, 4):
        base, s = view.h * view.rng.uniform(0.9, 0.96), view.rng.uniform(46, 88)
        colour = mix(
            view.mood.tone(view.rng.choice(((255, 116, 128), (255, 170, 84), (206, 116, 214)))), deep, 0.22
        )
        branches = [f"M{x:.1f} {base:.1f}V{base - s * 1.5:.1f}"]
        for side, at, up in ((-1, 0.3, 1.1), (1, 0.5, 1.3), (-1, 0.8, 0.7), (1, 0.95, 0.6)):
            branches.append(
                f"M{x:.1f} {base - s * at:.1f}q{side * s * 0.55:.1f} 0 {side * s * 0.6:.1f} {-s * up * 0.62:.1f}"
            )
        view.far.line("".join(branches), colour, s * 0.2)
        for dx in (-0.6, 0.6, 0.0):
            view.far.path(
                disc(x + dx * s, base - s * (0.92 if dx else 1.55), s * 0.13),
                mix(colour, (255, 255, 255), 0.3),
            )


def bubbles(view: View) -> None:
    rings, shines = [], []
    for _ in range(round(9 * max(1.0, view.w / 1000))):
        x, y = view.rng.random() * view.w, view.rng.uniform(0.3, 0.9) * view.h
        for i in range(view.rng.randint(1, 4)):
            r = view.rng.uniform(3, 11)
            cx, cy = x + view.rng.uniform(-14, 14), y - i * 34
            rings.append(disc(cx, cy, r))
            shines.append(disc(cx - r * 0.3, cy - r * 0.35, r * 0.3))
    view.far.path("".join(rings), (222, 246, 252), 0.28)
    view.far.path("".join(shines), (255, 255, 255), 0.8)

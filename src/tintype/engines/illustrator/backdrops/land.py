"""Open country: meadow, garden, mountains, desert, snowfield."""

from __future__ import annotations

import math

from ..scene import Colour
from ..vector import box, down_to, height_at, mix, polygon, waves
from .ground import LEAF, PINE, TRUNK, floor_bands, foreground_grass, ridges, stones, treeline, treeline_sides
from .plants import Grove, broadleaf, bush, conifer, flowers, tufts
from .sky import paint_sky
from .view import Glow, View


def meadow(view: View) -> None:
    view.lay_floor(0.56, 0.8)
    paint_sky(view)
    mood, rng = view.mood, view.rng
    ridges(view, (104, 142, 128), rise=0.22)
    treeline(view, "mixed", LEAF[2], view.horizon + 14, 92, 0.5, gap=rng.uniform(0.8, 1.3))
    floor_bands(view, (102, 172, 78), (148, 200, 96), count=4)
    grove = Grove()
    for side in (rng.uniform(0.04, 0.14), rng.uniform(0.86, 0.96)):
        if rng.random() < 0.75:
            broadleaf(
                grove,
                rng,
                side * view.w,
                view.horizon + rng.uniform(40, 80),
                rng.uniform(230, 330),
                view.leaf(LEAF[0], 0.2),
                mood.tone(TRUNK, 0.2),
            )
    grove.onto(view.far)
    view.far.path(
        tufts(rng, 0, view.w, view.horizon + 60, view.h, round(34 * view.growth), 22),
        mood.tone((82, 150, 70), 0.05),
    )
    bloom = ((255, 255, 250), (255, 214, 92), (244, 132, 154), (170, 140, 226))
    flowers(
        view.far,
        rng,
        (0, view.foot, view.w, view.h),
        round(16 * view.growth),
        tuple(mood.tone(c) for c in bloom),
        mood.tone((76, 140, 66)),
    )
    foreground_grass(view, (64, 128, 62))


def garden(view: View) -> None:
    view.lay_floor(0.5, 0.8)
    paint_sky(view, clouds=0.7)
    mood, rng = view.mood, view.rng
    treeline(view, "leaf", LEAF[1], view.horizon, 190, 0.45, gap=0.7)
    fence = view.horizon - 78
    planks = "".join(
        f"M{x:.1f} {fence + 10:.1f}l13 -14l13 14v106h-26z" for x in range(-10, round(view.w) + 30, 36)
    )
    view.far.path(
        box(-10, fence + 28, view.w + 20, 11) + box(-10, fence + 74, view.w + 20, 11),
        mood.tone((214, 206, 196), 0.15),
    )
    view.far.path(planks, mood.tone((248, 244, 236), 0.12))
    floor_bands(view, (98, 168, 76), (128, 190, 88), count=3, swing=8)
    grove = Grove()
    x = -20.0
    while x < view.w + 60:
        bush(
            grove,
            rng,
            x,
            view.horizon + rng.uniform(34, 48),
            rng.uniform(52, 86),
            view.leaf(rng.choice(LEAF), 0.15),
        )
        x += rng.uniform(70, 150)
    grove.onto(view.far)
    bloom = tuple(
        mood.tone(c)
        for c in ((244, 96, 120), (255, 190, 80), (255, 255, 255), (186, 120, 220), (255, 140, 180))
    )
    stem = mood.tone((62, 128, 60))
    flowers(
        view.far,
        rng,
        (0, view.horizon + 8, view.w, view.horizon + 52),
        round(38 * view.growth),
        bloom,
        stem,
    )
    path = mood.tone((226, 206, 172), 0.05)
    mid = view.w * rng.uniform(0.4, 0.6)
    view.far.path(
        f"M{mid - 40:.1f} {view.horizon + 54:.1f}Q{mid - 130:.1f} {view.foot:.1f} {mid - 330:.1f} {view.h + 10:.1f}"
        f"H{mid + 330:.1f}Q{mid + 110:.1f} {view.foot:.1f} {mid + 40:.1f} {view.horizon + 54:.1f}z",
        path,
    )
    flowers(view.near, rng, (0, view.h - 80, view.w * 0.2, view.h), round(9 * view.growth), bloom, stem)
    flowers(view.near, rng, (view.w * 0.8, view.h - 80, view.w, view.h), round(9 * view.growth), bloom, stem)
    view.near.top = view.h - 100


def mountains(view: View) -> None:
    view.lay_floor(0.62, 0.84)
    paint_sky(view, clouds=0.8)
    mood, rng = view.mood, view.rng
    ridges(view, (112, 128, 166), rise=0.56, count=3, crags=True)
    treeline(view, "pine", PINE, view.horizon + 20, 88, 0.5, gap=0.36)
    floor_bands(view, (92, 142, 96), (120, 160, 116), count=3)
    treeline_sides(view, PINE, 250)
    view.far.path(
        tufts(rng, 0, view.w, view.horizon + 60, view.h, round(26 * view.growth), 20),
        mood.tone((70, 122, 80)),
    )
    stones(view, 6, (142, 144, 156))
    foreground_grass(view, (62, 112, 74))


def desert(view: View) -> None:
    view.lay_floor(0.54, 0.82)
    paint_sky(view, clouds=0.3)
    mood, rng = view.mood, view.rng
    mesas = []
    for _ in range(round(2 + view.w / 900)):
        x, w, h = rng.uniform(-0.05, 1) * view.w, rng.uniform(120, 260), rng.uniform(60, 130)
        mesas.append(
            polygon(
                (x - 30, view.horizon + 10),
                (x, view.horizon - h),
                (x + w, view.horizon - h * 0.96),
                (x + w + 40, view.horizon + 10),
            )
        )
    view.far.path("".join(mesas), mood.tone((206, 124, 92), 0.62))
    for i in range(4):
        y = view.horizon + (view.h - view.horizon) * (0.0, 0.1, 0.3, 0.6)[i]
        crest = waves(rng, view.w, y + 8, 24 + 16 * i, 620 + 260 * i)
        sand = mood.tone(mix((246, 208, 150), (226, 166, 98), i / 3), 0.35 * (1 - i / 3))
        view.far.path(down_to(crest, view.h + 60), sand)
        ripple = [(x, y2 + (26 + 22 * i) * (0.5 + 0.5 * math.sin(x / 130 + i * 2))) for x, y2 in crest]
        view.far.path(
            "M"
            + "L".join(f"{x:.1f} {y2:.1f}" for x, y2 in crest)
            + "L"
            + "L".join(f"{x:.1f} {y2 + 6:.1f}" for x, y2 in reversed(ripple))
            + "z",
            mix(sand, mood.tone((164, 98, 66)), 0.22),
        )
    for _ in range(rng.randint(1, 3)):
        x = view.w * rng.choice((rng.uniform(0.03, 0.2), rng.uniform(0.8, 0.97)))
        cactus(view, x, view.horizon + rng.uniform(30, 90), rng.uniform(110, 190))
    stones(view, 4, (190, 140, 108))


def cactus(view: View, x: float, base: float, h: float) -> None:
    t = h * 0.16
    green = view.mood.tone((86, 146, 96), 0.15)
    body = box(x - t / 2, base - h, t, h, t / 2)
    arms = "".join(
        box(x + s * t * 0.4 - (t * 1.3 if s < 0 else 0), base - h * y, t * 1.3, t * 0.6, t * 0.3)
        + box(x + s * t * 1.5 - t * 0.32, base - h * (y + 0.28), t * 0.64, h * 0.28 + t * 0.4, t * 0.32)
        for s, y in ((-1, 0.42), (1, 0.56))
    )
    view.far.path(body + arms, green)
    view.far.path(
        box(x + t * 0.12, base - h + t * 0.5, t * 0.22, h - t * 0.6, t * 0.1), mix(green, (10, 40, 60), 0.25)
    )


def snowfield(view: View) -> None:
    view.lay_floor(0.56, 0.82)
    paint_sky(view, clouds=0.7)
    rng = view.rng
    ridges(view, (168, 188, 220), rise=0.4, count=2, crags=True)
    treeline(view, "pine", (92, 138, 146), view.horizon + 16, 84, 0.6, gap=0.6)
    floor_bands(view, (240, 246, 253), (214, 228, 246), count=4, swing=22)
    snowy = Grove()
    for edge, inward in ((0.0, 1), (view.w, -1)):
        for i in range(2):
            x, base = edge + inward * (40 + i * rng.uniform(80, 120)), view.horizon + 90 - i * 40
            h = 250 - i * 70
            conifer(
                snowy, x, base, h, view.mood.tone((60, 118, 112), 0.15 + 0.15 * i), view.mood.tone(TRUNK, 0.2)
            )
            for bottom, spread in ((0.5, 0.3), (0.72, 0.24), (0.93, 0.14)):
                half, y = h * 0.4 / 2 * spread * 2, base - h * bottom
                snowy.add(
                    view.mood.tone((246, 250, 255), 0.1),
                    f"M{x - half:.1f} {y + h * 0.09:.1f}Q{x:.1f} {y + h * 0.03:.1f} {x + half:.1f} {y + h * 0.09:.1f}L{x:.1f} {y - h * 0.07:.1f}z",
                )
    snowy.onto(view.far)
    view.shadow = (70, 96, 150)


def hill_home(view: View, points: list[tuple[float, float]], x: float, s: float, roof: Colour) -> None:
    """A small house on a skyline, its windows lit when it is dark."""
    y = height_at(points, x) + s * 0.1
    wall = view.mood.tone((246, 236, 216), 0.25)
    view.far.path(box(x - s / 2, y - s * 0.62, s, s * 0.66), wall)
    view.far.path(
        polygon((x - s * 0.66, y - s * 0.58), (x, y - s * 1.12), (x + s * 0.66, y - s * 0.58)),
        view.mood.tone(roof, 0.2),
    )
    glass: Colour = (255, 214, 120) if view.mood.lamps else view.mood.tone((120, 160, 190), 0.2)
    view.far.path(
        box(x - s * 0.34, y - s * 0.44, s * 0.22, s * 0.22)
        + box(x + s * 0.12, y - s * 0.44, s * 0.22, s * 0.22),
        glass,
    )
    view.far.path(box(x - s * 0.09, y - s * 0.36, s * 0.18, s * 0.4), view.mood.tone((140, 92, 66), 0.2))
    if view.mood.lamps:
        view.glows.append(Glow(x, y - s * 0.3, s * 1.6, (255, 190, 90), 0.45))

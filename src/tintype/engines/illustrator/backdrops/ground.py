"""What country is made of: ranges, rows of trees, bands of floor, stones and grass."""

from __future__ import annotations

from ..scene import Colour
from ..vector import down_to, mix, polygon, waves
from .plants import Grove, broadleaf, conifer, tufts
from .view import View

LEAF: tuple[Colour, ...] = ((84, 158, 74), (104, 172, 78), (66, 140, 84))


PINE: Colour = (44, 112, 88)


TRUNK: Colour = (112, 78, 56)


def ridges(view: View, colour: Colour, *, count: int = 3, rise: float = 0.3, crags: bool = False) -> None:
    """Far ranges behind the horizon, each paler than the one before it."""
    for i in range(count):
        depth = 1 - 0.72 * (i + 1) / count
        top = view.horizon - view.horizon * rise * (1 - i / count)
        tone = view.mood.tone(colour, 0.35 + depth)
        if crags:
            peaks(view, top, view.horizon * rise * 0.8 * (1 - i * 0.28), tone, 1.0 - i * 0.3)
        else:
            points = waves(view.rng, view.w, top + 40, view.horizon * 0.07, view.rng.uniform(500, 900))
            view.far.path(down_to(points, view.horizon + 60), tone)


def peaks(view: View, base: float, height: float, tone: Colour, snow: float) -> None:
    """A range of pointed mountains with a lit and a dark flank and, when `snow` > 0, white caps."""
    x = -view.rng.uniform(80, 260)
    dark = mix(tone, (24, 34, 74), 0.2)
    white = view.mood.tone((250, 252, 255), 0.25)
    shade = mix(white, tone, 0.35)
    bodies, flanks, caps, cap_shades = [], [], [], []
    while x < view.w + 120:
        w = view.rng.uniform(300, 520)
        h = height * view.rng.uniform(0.65, 1.25)
        px, py = x + w * view.rng.uniform(0.42, 0.58), base - h * 0.5
        floor = view.horizon + 60
        run = (floor - py) / max(1.0, h)
        left, right = px - w * 0.62 * run, px + w * 0.62 * run
        bend = px + w * 0.06
        bodies.append(polygon((left, floor), (px, py), (right, floor)))
        flanks.append(
            polygon(
                (px, py), (bend - 14, py + h * 0.3), (bend + 26, py + h * 0.55), (bend, floor), (right, floor)
            )
        )
        if snow > 0:
            c = 0.2 * snow + 0.08
            lx, rx, cy = px + (left - px) * c, px + (right - px) * c, py + (floor - py) * c
            caps.append(
                polygon(
                    (px, py),
                    (lx, cy),
                    (lx + (px - lx) * 0.4, cy - h * 0.04),
                    (px - 6, cy + h * 0.08),
                    (px + (rx - px) * 0.45, cy - h * 0.05),
                    (rx, cy),
                )
            )
            cap_shades.append(
                polygon(
                    (px, py), (bend - 10, cy - h * 0.02), (px + (rx - px) * 0.45, cy - h * 0.05), (rx, cy)
                )
            )
        x += w * view.rng.uniform(0.55, 0.85)
    view.far.path("".join(bodies), tone)
    view.far.path("".join(flanks), dark)
    view.far.path("".join(caps), white)
    view.far.path("".join(cap_shades), shade)


def floor_bands(view: View, near: Colour, far: Colour, *, count: int = 3, swing: float = 16) -> None:
    """The ground from the horizon to the lower edge, in soft bands that grow with nearness."""
    if view.scene.autumn:  # fallen leaves and dry grass
        near, far = mix(near, (206, 142, 66), 0.5), mix(far, (214, 168, 92), 0.5)
    if view.mood.weather == "snow":
        near, far = mix(near, (242, 247, 254), 0.88), mix(far, (226, 236, 250), 0.88)
    for i in range(count):
        at = i / count
        y = view.horizon + (view.h - view.horizon) * at**1.4 * 0.9
        points = waves(view.rng, view.w, y, swing * (0.6 + at), 700 + 500 * at)
        view.far.path(
            down_to(points, view.h + 40),
            view.mood.tone(mix(far, near, i / max(1, count - 1)), 0.4 * (1 - at)),
        )


def treeline(
    view: View, kind: str, colour: Colour, base: float, height: float, depth: float, gap: float = 0.62
) -> None:
    grove = Grove()
    if view.mood.weather == "snow":
        colour = mix(colour, (236, 244, 252), 0.5)
    tone, trunk = view.mood.tone(colour, depth), view.mood.tone(TRUNK, depth)
    autumn = view.scene.autumn and kind != "pine"
    x = -height * 0.3
    while x < view.w + height * 0.3:
        h = height * view.rng.uniform(0.72, 1.18)
        y = base + view.rng.uniform(-8, 8)
        if kind == "pine" or (kind == "mixed" and view.rng.random() < 0.4):
            conifer(grove, x, y, h, tone, trunk)
        else:
            leaf = view.leaf(colour, depth) if autumn else tone
            broadleaf(grove, view.rng, x, y, h * 0.9, leaf, trunk)
        x += height * gap * view.rng.uniform(0.6, 1.3)
    grove.onto(view.far)


def foreground_grass(view: View, colour: Colour) -> None:
    """A fringe of blades along the lower edge, before the subjects' feet."""
    view.near.path(
        tufts(view.rng, -20, view.w + 20, view.h + 18, view.h + 34, round(30 * view.growth), 62),
        view.mood.tone(colour),
    )
    view.near.top = view.h - 60


def treeline_sides(view: View, colour: Colour, height: float) -> None:
    """Larger conifers that frame the picture left and right."""
    grove, rng = Grove(), view.rng
    for edge, inward in ((0.0, 1), (view.w, -1)):
        for i in range(rng.randint(2, 3)):
            x = edge + inward * (rng.uniform(10, 60) + i * rng.uniform(60, 95))
            base = view.horizon + 46 + (2 - i) * 40
            conifer(
                grove,
                x,
                base,
                height * (1.15 - i * 0.22),
                view.mood.tone(colour, 0.15 + 0.1 * i),
                view.mood.tone(TRUNK, 0.15),
            )
    grove.onto(view.far)


def stones(view: View, count: int, colour: Colour) -> None:
    light, dark = [], []
    for _ in range(round(count * view.w / 1000)):
        x, at = view.rng.uniform(0, view.w), view.rng.random()
        y = view.horizon + 70 + (view.h - view.horizon - 80) * at
        s = 8 + 22 * at
        dark.append(
            f"M{x - s:.1f} {y:.1f}q{s * 0.1:.1f} {-s * 0.8:.1f} {s * 0.9:.1f} {-s * 0.85:.1f}q{s:.1f} 0 {s * 1.2:.1f} {s * 0.85:.1f}z"
        )
        light.append(
            f"M{x - s * 0.8:.1f} {y - s * 0.2:.1f}q{s * 0.2:.1f} {-s * 0.55:.1f} {s * 0.75:.1f} {-s * 0.6:.1f}q{s * 0.4:.1f} 0 {s * 0.5:.1f} {s * 0.3:.1f}q{-s * 0.7:.1f} {-s * 0.05:.1f} {-s * 1.25:.1f} {s * 0.3:.1f}z"
        )
    view.far.path("".join(dark), view.mood.tone(mix(colour, (30, 34, 56), 0.35)))
    view.far.path("".join(light), view.mood.tone(colour))

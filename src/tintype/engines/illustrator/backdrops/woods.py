"""Under trees: forest and jungle."""

from __future__ import annotations

from ..vector import box, disc, down_to, mix, waves
from .ground import LEAF, PINE, floor_bands, foreground_grass, ridges, treeline
from .plants import Grove, bush, fern, flowers, palm, tufts
from .sky import paint_sky
from .view import Glow, View


def forest(view: View) -> None:
    view.lay_floor(0.6, 0.83)
    paint_sky(view, clouds=0.4)
    mood, rng = view.mood, view.rng
    thicket = waves(rng, view.w, view.horizon - 46, 14, 300)  # no sky between the trunks
    view.far.path(down_to(thicket, view.horizon + 60), view.leaf(PINE, 0.8))
    for i, (base, height, depth, gap) in enumerate(
        ((0, 210, 0.85, 0.34), (14, 290, 0.6, 0.42), (34, 390, 0.36, 0.6))
    ):
        treeline(
            view,
            "leaf" if view.scene.autumn and i else "pine" if i != 1 else "mixed",
            mix(PINE, LEAF[2], 0.25 * i),
            view.horizon + base,
            height * max(1.0, view.h / 1300),
            depth,
            gap,
        )
    floor_bands(view, (74, 124, 70), (108, 154, 90), count=3)
    view.far.path(
        tufts(rng, 0, view.w, view.horizon + 60, view.h, round(30 * view.growth), 24),
        mood.tone((62, 112, 62)),
    )
    frame = Grove()
    for edge, inward in ((0.0, 1), (view.w, -1)):
        x = edge + inward * rng.uniform(0, 26)
        trunk(view, x, view.h * 0.87, rng.uniform(74, 104))
        bush(frame, rng, edge + inward * 90, view.h * 0.89, 84, view.leaf((66, 128, 76), 0.05))
        bush(frame, rng, edge + inward * 10, view.h * 0.93, 110, view.leaf((58, 118, 70)))
    frame.onto(view.far)
    mushrooms(view, rng.randint(2, 5))
    if mood.time in ("night", "dusk"):
        fireflies(view, 12)
    else:
        view.glows.append(Glow(view.w * 0.4, view.horizon * 0.8, 520, (255, 240, 170), 0.3 * mood.sharp))
    foreground_grass(view, (50, 100, 56))


def trunk(view: View, x: float, base: float, width: float) -> None:
    """A thick trunk that leaves the picture at the top."""
    bark = view.mood.tone((98, 70, 54), 0.05)
    view.far.path(
        f"M{x - width:.1f} {base:.1f}Q{x - width / 2:.1f} {base - 60:.1f} {x - width / 2:.1f} {base - 220:.1f}V-10h{width:.1f}V{base - 220:.1f}Q{x + width / 2:.1f} {base - 60:.1f} {x + width:.1f} {base:.1f}z",
        bark,
    )
    lines = "".join(
        box(x + width * at, view.rng.uniform(0, base * 0.6), width * 0.07, view.rng.uniform(90, 260), 4)
        for at in (-0.3, -0.05, 0.22, 0.36)
    )
    view.far.path(lines, mix(bark, (20, 14, 24), 0.3))


def mushrooms(view: View, count: int) -> None:
    for _ in range(count):
        x, y = (
            view.rng.choice((view.rng.uniform(0.04, 0.24), view.rng.uniform(0.76, 0.96))) * view.w,
            view.rng.uniform(0.86, 0.96) * view.h,
        )
        s = view.rng.uniform(14, 24)
        view.far.path(
            box(x - s * 0.22, y - s * 0.9, s * 0.44, s * 0.9, s * 0.2), view.mood.tone((244, 234, 214))
        )
        view.far.path(
            f"M{x - s:.1f} {y - s * 0.7:.1f}a{s:.1f} {s:.1f} 0 0 1 {2 * s:.1f} 0z",
            view.mood.tone((222, 72, 62)),
        )
        view.far.path(
            disc(x - s * 0.4, y - s, s * 0.16)
            + disc(x + s * 0.3, y - s * 1.2, s * 0.18)
            + disc(x, y - s * 0.9, s * 0.12),
            view.mood.tone((255, 246, 234)),
        )


def fireflies(view: View, count: int) -> None:
    for _ in range(count):
        x, y = view.rng.random() * view.w, view.rng.uniform(view.horizon * 0.7, view.h * 0.9)
        view.far.path(disc(x, y, 3.2), (255, 246, 160))
        view.glows.append(Glow(x, y, 46, (220, 226, 96), 0.7))


def jungle(view: View) -> None:
    view.lay_floor(0.6, 0.83)
    paint_sky(view, clouds=0.3)
    mood, rng = view.mood, view.rng
    ridges(view, (86, 140, 116), rise=0.3, count=2)
    treeline(view, "leaf", (70, 140, 96), view.horizon + 14, 250 * max(1.0, view.h / 1300), 0.6, gap=0.5)
    for _ in range(round(4 * max(1.0, view.w / 1000))):
        palm(
            view.far,
            rng,
            rng.random() * view.w,
            view.horizon + rng.uniform(20, 60),
            rng.uniform(300, 480),
            mood.tone((62, 148, 82), 0.3),
            mood.tone((120, 92, 62), 0.3),
        )
    floor_bands(view, (70, 128, 62), (92, 150, 78), count=3)
    grove = Grove()
    x = -30.0
    while x < view.w + 60:
        if abs(x - view.w / 2) > view.w * 0.2:
            bush(
                grove,
                rng,
                x,
                view.horizon + rng.uniform(50, 90),
                rng.uniform(70, 120),
                view.leaf(rng.choice(LEAF), 0.15),
            )
        x += rng.uniform(80, 150)
    grove.onto(view.far)
    vines = "".join(
        f"M{x0:.1f} -10q{rng.uniform(20, 70):.1f} {rng.uniform(160, 320):.1f} {rng.uniform(90, 190):.1f} 0"
        for x0 in (rng.random() * view.w for _ in range(5))
    )
    view.far.line(vines, mood.tone((48, 104, 64), 0.1), 6)
    bright, deep = mood.tone((70, 156, 78)), mood.tone((40, 112, 66))
    for edge, angles in ((0.0, (-78, -50, -22)), (view.w, (-102, -130, -158))):
        for angle in angles:
            view.near.path(
                fern(edge, view.h + 6, angle + rng.uniform(-6, 6), 230),
                bright if angle in (-50, -130) else deep,
            )
    view.near.top = view.h - 330
    bloom = tuple(mood.tone(c) for c in ((255, 96, 130), (255, 180, 60), (226, 110, 220)))
    flowers(view.far, rng, (0, view.horizon + 80, view.w, view.h * 0.97), round(9 * view.growth), bloom, deep)
    if mood.time in ("night", "dusk"):
        fireflies(view, 10)

"""Where people build: city, street, rooftop, village, and the road for things on wheels."""

from __future__ import annotations

from ..vector import box, disc, down_to, mix, waves
from .ground import LEAF, TRUNK, floor_bands, ridges, treeline
from .land import hill_home
from .masonry import FACADES, asphalt, facade, lamp, pavement, skyline, tank
from .plants import Grove, broadleaf
from .sky import paint_sky
from .view import Glow, View


def city(view: View) -> None:
    view.lay_floor(0.64, 0.85)
    paint_sky(view)
    skyline(view, view.horizon, view.horizon * 0.62, 0.85, 92)
    skyline(view, view.horizon, view.horizon * 0.5, 0.55, 120)
    grove = Grove()
    x = -30.0
    while x < view.w + 40:
        broadleaf(
            grove,
            view.rng,
            x,
            view.horizon + 8,
            view.rng.uniform(90, 140),
            view.leaf(view.rng.choice(LEAF), 0.4),
            view.mood.tone(TRUNK, 0.4),
        )
        x += view.rng.uniform(60, 130)
    grove.onto(view.far)
    pavement(view, view.horizon)
    for side in (0.08, 0.92):
        lamp(view, view.w * side, view.horizon + 60, 330)
    if view.mood.lamps:
        view.glows.append(Glow(view.w / 2, view.horizon, 620, (255, 160, 90), 0.24))


def street(view: View) -> None:
    view.lay_floor(0.6, 0.85)
    paint_sky(view, clouds=0.5)
    rng, mood = view.rng, view.mood
    skyline(view, view.horizon, view.horizon * 0.5, 0.85, 110)
    x = -rng.uniform(0, 120)
    while x < view.w:
        w = rng.uniform(230, 340)
        facade(view, x, view.horizon + 6, w, view.horizon * rng.uniform(0.5, 0.82), rng.choice(FACADES))
        x += w + rng.choice((0, 0, 10))
    walk = mood.tone((196, 190, 186), 0.15)
    view.far.path(box(-10, view.horizon + 4, view.w + 20, 64), walk)
    view.far.path(box(-10, view.horizon + 60, view.w + 20, 12), mix(walk, (20, 22, 40), 0.25))
    asphalt(view, view.horizon + 72)
    for side in (rng.uniform(0.08, 0.2), rng.uniform(0.8, 0.92)):
        lamp(view, view.w * side, view.horizon + 58, 280)


def road(view: View) -> None:
    """Open country with a road along the picture: where a vehicle drives when nobody said where."""
    view.lay_floor(0.56, 0.86)
    paint_sky(view)
    ridges(view, (112, 142, 150), rise=0.26)
    treeline(view, "mixed", LEAF[2], view.horizon + 14, 100, 0.5, gap=0.7)
    floor_bands(view, (112, 176, 88), (150, 198, 104), count=3)
    top = view.h * 0.76
    view.far.path(box(-10, top - 16, view.w + 20, 20), view.mood.tone((206, 190, 150), 0.1))
    asphalt(view, top)
    posts = "".join(box(x, top - 52, 9, 44, 3) for x in range(40, round(view.w), 210))
    view.far.path(posts, view.mood.tone((246, 244, 238), 0.1))


def rooftop(view: View) -> None:
    view.lay_floor(0.66, 0.86)
    view.foot = view.horizon + 0.35 * (view.h - view.horizon)  # at the parapet
    view.closeness = 1.8 if view.scene.empty else 1.25
    paint_sky(view)
    rng, mood = view.rng, view.mood
    skyline(view, view.horizon + 20, view.horizon * 0.36, 0.9, 84)
    skyline(view, view.horizon + 30, view.horizon * 0.22, 0.6, 120)
    concrete = mood.tone((204, 196, 188), 0.05)
    parapet = view.horizon + 8
    if rng.random() < 0.8:
        tank(view, view.w * rng.choice((0.1, 0.9)), parapet, 230)
    view.far.path(box(-10, parapet, view.w + 20, view.h), concrete)
    view.far.path(box(-10, parapet - 14, view.w + 20, 22, 3), mix(concrete, (255, 255, 255), 0.3))
    view.far.path(box(-10, parapet + 8, view.w + 20, 72), mix(concrete, (50, 50, 80), 0.16))
    view.far.path(box(-10, parapet + 80, view.w + 20, view.h), mix(concrete, (50, 50, 80), 0.04))
    seams = [
        f"M{view.w / 2 + i * 130:.1f} {parapet + 80:.1f}L{view.w / 2 + i * 300:.1f} {view.h + 10:.1f}"
        for i in range(-8, 9)
    ]
    seams += [f"M-10 {parapet + y:.1f}H{view.w + 10:.1f}" for y in (112, 170, 270)]
    view.far.line("".join(seams), mix(concrete, (40, 40, 70), 0.15), 2.4)
    rail = mood.tone((124, 132, 148), 0.1)
    view.far.line(
        "".join(f"M{x} {parapet - 10:.1f}V{parapet - 96:.1f}" for x in range(-20, round(view.w) + 60, 104))
        + f"M-10 {parapet - 96:.1f}H{view.w + 10:.1f}M-10 {parapet - 54:.1f}H{view.w + 10:.1f}",
        rail,
        5,
    )
    vent = view.w * rng.choice((0.12, 0.86))
    view.far.path(box(vent - 60, parapet + 24, 120, 96, 6), mood.tone((172, 178, 188)))
    view.far.path(
        "".join(box(vent - 48, parapet + 40 + i * 18, 96, 8, 4) for i in range(4)), mood.tone((116, 122, 138))
    )
    if mood.weather in ("rain", "storm"):
        view.mirror = 0.32


def village(view: View) -> None:
    view.lay_floor(0.56, 0.84)
    paint_sky(view)
    rng, mood = view.rng, view.mood
    ridges(view, (110, 142, 142), rise=0.34)
    crest = waves(rng, view.w, view.horizon, 22, 760)
    view.far.path(down_to(crest, view.h), mood.tone((146, 192, 112), 0.35))
    x, roofs = -20.0, ((206, 92, 74), (178, 76, 82), (214, 132, 72), (120, 96, 124))
    while x < view.w + 40:
        s = rng.uniform(80, 128)
        hill_home(view, crest, x, s, rng.choice(roofs))
        if rng.random() < 0.5:
            grove = Grove()
            broadleaf(
                grove,
                rng,
                x + s * 0.8,
                view.horizon + 16,
                rng.uniform(90, 130),
                mood.tone(LEAF[2], 0.3),
                mood.tone(TRUNK, 0.3),
            )
            grove.onto(view.far)
        x += s * rng.uniform(1.1, 1.8)
    floor_bands(view, (104, 166, 84), (136, 186, 100), count=3)
    mid = view.w * rng.uniform(0.4, 0.6)
    view.far.path(
        f"M{mid - 16:.1f} {view.horizon + 30:.1f}Q{mid + 120:.1f} {view.h * 0.7:.1f} {mid - 190:.1f} {view.h + 10:.1f}H{mid + 210:.1f}"
        f"Q{mid + 230:.1f} {view.h * 0.7:.1f} {mid + 18:.1f} {view.horizon + 30:.1f}z",
        mood.tone((226, 204, 164), 0.1),
    )
    view.far.path(disc(-5, -5, 1), mood.tone((255, 255, 255)))

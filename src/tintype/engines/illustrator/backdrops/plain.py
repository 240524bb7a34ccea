"""No place at all: one flat colour, a studio's sweep, or a soft gradient for what has no home."""

from __future__ import annotations

from ..scene import Colour
from ..vector import Sheet, box, disc, luma, mix
from .view import Glow, View

PALE = 0.6
"""How much of a place a minimal picture leaves out."""
SOFT: tuple[tuple[Colour, Colour], ...] = (
    ((255, 232, 214), (255, 178, 170)),
    ((222, 240, 255), (150, 190, 244)),
    ((236, 250, 228), (158, 214, 186)),
    ((246, 232, 255), (190, 166, 240)),
    ((255, 246, 214), (252, 202, 128)),
)


def plain(view: View) -> None:
    """One colour and nothing else, to the pixel."""
    colour = view.scene.ground or (255, 255, 255)
    view.sky = ((0.0, colour), (1.0, colour))
    view.medium, view.shade = "page", 0.0
    view.horizon, view.foot = view.h * 0.7, view.h * 0.5


def studio(view: View) -> None:
    """A seamless sweep: wall and floor run into each other, brightest behind the subject."""
    base: Colour = view.scene.ground or view.rng.choice(((226, 228, 232), (232, 226, 220), (218, 226, 230)))
    if view.mood.time in ("night", "dusk"):
        base = mix(base, (30, 32, 50), 0.6)
    light = mix(base, (255, 255, 255), 0.5)
    dark = mix(base, (20, 22, 40), 0.16)
    view.sky = (
        (0.0, mix(base, dark, 0.5)),
        (0.5, light),
        (0.66, mix(base, light, 0.6)),
        (0.74, base),
        (0.86, light),
        (1.0, mix(base, dark, 0.35)),
    )
    view.lay_floor(0.66, 0.84)
    view.glows.append(
        Glow(view.w * 0.5, view.h * 0.44, 520, (255, 255, 250), 0.22 if luma(base) > 0.4 else 0.4)
    )
    view.mirror, view.shade = 0.14, 0.42
    view.shadow = mix(dark, (10, 12, 30), 0.6)


def soft(view: View) -> None:
    """A gradient with a few large discs, like a poster's ground."""
    light, dark = view.rng.choice(SOFT)
    if view.scene.ground is not None:
        light, dark = mix(view.scene.ground, (255, 255, 255), 0.3), view.scene.ground
    if view.mood.time in ("night", "dusk"):
        light, dark = mix(light, (40, 40, 90), 0.7), mix(dark, (16, 16, 56), 0.8)
    view.sky = ((0.0, light), (1.0, dark))
    for _ in range(5):
        x, y = view.rng.random() * view.w, view.rng.random() * view.h
        view.far.path(disc(x, y, view.rng.uniform(90, 260)), (255, 255, 255), 0.1)
    view.medium, view.shade = "page", 0.0
    view.horizon, view.foot = view.h * 0.7, view.h * 0.52
    view.glows.append(Glow(view.w / 2, view.h * 0.46, 480, (255, 255, 255), 0.25))


def paper(view: View) -> None:
    """Hardly any ground: for styles that want a hint of a place and much air."""
    tint = view.scene.ground or mix(view.mood.sky[len(view.mood.sky) // 2][1], (255, 255, 255), 0.72)
    view.sky = ((0.0, mix(tint, (255, 255, 255), 0.25)), (1.0, tint))
    view.lay_floor(0.7, 0.8)
    view.medium = "floor"
    view.shade = 0.3


def veil(view: View) -> None:
    """Leaves a pale hint of a place that is already painted."""
    tint = view.scene.ground or mix(view.sky[len(view.sky) // 2][1], (255, 255, 255), 0.8)
    view.sky = tuple((at, mix(colour, tint, PALE)) for at, colour in view.sky)
    view.far.path(box(-20, -20, view.w + 40, view.h + 40), tint, PALE)
    view.near, view.glows, view.mirror = Sheet(), [], 0.0
    view.ambient = mix(view.ambient, (255, 255, 255), 0.5)

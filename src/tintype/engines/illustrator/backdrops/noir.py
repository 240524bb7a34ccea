"""A street for crime stories, in black and white: a street lamp's cone of light, black houses, a bar, a puddle."""

from __future__ import annotations

from ..scene import Colour, Scene
from ..vector import box, disc, polygon
from .sky import paint_sky
from .view import Glow, View

BLACK: Colour = (10, 10, 14)
SLATE: Colour = (30, 30, 40)
LIT: Colour = (255, 238, 190)
PUDDLE: Colour = (62, 64, 72)


def is_noir(scene: Scene) -> bool:
    """Whether the scene is a dark one in black and white, drawn or filmed, in a town or nowhere."""
    grey = bool(scene.palette) and all(max(colour) - min(colour) <= 12 for colour in scene.palette)
    return (
        (scene.style == "noir" or (scene.style == "comic" and grey))
        and scene.time == "night"
        and scene.place in ("street", "city")
    )


def street(view: View) -> None:
    """The main subject stands under the lamp on one side; the other side is for the bar across the street."""
    view.lay_floor(0.66, 0.95)
    paint_sky(view, clouds=0.0, body=False)
    share = view.horizon / view.h
    view.sky = ((0.0, (14, 14, 20)), (0.45 * share, (48, 50, 60)), (share, (104, 106, 118)), (1.0, BLACK))
    side = view.rng.choice((-1, 1))
    view.centre = 0.5 + 0.2 * side
    view.closeness = 1.6
    view.furnished = frozenset(("street-lamp",))
    _houses(view, 0.52, SLATE, 3)
    _houses(view, 0.34, BLACK, 5)
    view.far.path(box(-10, view.horizon, view.w + 20, view.h), BLACK)
    kerb = view.horizon + 30
    view.far.path(box(-10, kerb, view.w + 20, 5), (120, 120, 130))
    _bar(view, view.w * (0.5 - 0.24 * side), view.horizon + 2)
    _puddle(view, view.w * (0.5 - 0.2 * side), view.h * 0.86)
    _lamp(view, view.w * (view.centre + 0.17 * side), view.h * 0.88, view.w * view.centre)
    view.ambient = (236, 236, 240)
    view.shade = 0.75


def _houses(view: View, rise: float, tone: Colour, apart: int) -> None:
    """Plain blocks with chimneys; one window in `apart` squared is lit."""
    rng, base = view.rng, view.horizon + 4
    x = -rng.uniform(20, 120)
    lit: list[str] = []
    body: list[str] = []
    while x < view.w:
        w, h = rng.uniform(130, 240), base * rise * rng.uniform(0.75, 1.25)
        body.append(box(x, base - h, w + 2, h))
        body.append(box(x + w * rng.uniform(0.15, 0.7), base - h - 34, 26, 40))
        for row in range(int(h / 62) - 1):
            for column in range(int(w / 52)):
                if rng.random() < 0.5 / apart:
                    wx, wy = x + 16 + column * 50, base - h + 24 + row * 60
                    lit.append(box(wx, wy, 13, 32) + box(wx + 17, wy, 13, 32))
        x += w
    view.far.path("".join(body), tone)
    view.far.path("".join(lit), LIT)


def _bar(view: View, x: float, base: float) -> None:
    """A low house with a lit window and door; its sign hangs above them."""
    w, h = 330.0, 300.0
    view.far.path(box(x - w / 2, base - h, w, h + 20), BLACK)
    view.far.path(box(x - w / 2 - 8, base - h - 8, w + 16, 10), (90, 90, 100))
    view.far.path(
        box(x - w * 0.42, base - 108, w * 0.46, 76, 3) + box(x + w * 0.16, base - 122, 62, 122, 3), LIT
    )
    bars = "".join(box(x - w * 0.42 + w * 0.115 * i - 3, base - 108, 6, 76) for i in (1, 2, 3))
    view.far.path(bars + box(x - w * 0.42, base - 72, w * 0.46, 5), BLACK)
    view.far.path(box(x + w * 0.16 + 28, base - 122, 6, 122), BLACK)
    view.hook = (x / view.w, (base - h * 0.68) / view.h, w * 0.62 / view.w)
    if any(words.carrier == "neon sign" for words in view.scene.lettering):
        view.glows.append(Glow(x, base - h * 0.68, 200, (150, 150, 160), 0.3))


def _puddle(view: View, x: float, y: float) -> None:
    """Standing water that shows the sign."""
    view.far.path(
        disc(x, y, 270, 78) + disc(x - 170, y + 30, 130, 34) + disc(x + 150, y - 24, 160, 40), PUDDLE
    )
    view.far.line(
        f"M{x - 230:.1f} {y + 22:.1f}h90M{x + 120:.1f} {y + 40:.1f}h110M{x - 40:.1f} {y + 62:.1f}h150",
        (210, 210, 216),
        4,
    )
    view.puddle = (x, y - 72)


def _lamp(view: View, x: float, base: float, lit: float) -> None:
    """A street lamp whose light falls in a cone on who stands at `lit`."""
    top = view.h * (0.16 + 0.1 * (view.headroom > 0.2))
    lean = 70.0 if lit > x else -70.0
    head = x + lean
    cone = polygon(
        (head - 30, top + 30), (head + 30, top + 30), (lit + 300, base + 40), (lit - 300, base + 40)
    )
    view.far.path(cone, (216, 216, 224), 0.3)
    view.far.path(disc(lit, base + 40, 300, 62), (232, 232, 236))
    view.far.path(disc(lit, base + 40, 330, 78), (232, 232, 236), 0.3)
    metal = (150, 150, 160)
    view.far.path(box(x - 7, top + 10, 14, base - top, 4) + box(x - 22, base - 24, 44, 34, 6), metal)
    view.far.line(f"M{x:.1f} {top + 14:.1f}Q{x:.1f} {top - 16:.1f} {head:.1f} {top - 10:.1f}", metal, 11)
    view.far.path(
        f"M{head - 44:.1f} {top + 30:.1f}Q{head:.1f} {top - 48:.1f} {head + 44:.1f} {top + 30:.1f}z", metal
    )
    view.far.path(disc(head, top + 32, 30, 12), (255, 252, 240))
    view.glows.append(Glow(head, top + 40, 100, (255, 250, 230), 0.35))


__all__ = ["is_noir", "street"]

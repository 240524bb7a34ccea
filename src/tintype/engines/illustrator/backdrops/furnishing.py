"""What rooms are made of: walls and floors, windows, lamps, pictures, shelves, a counter."""

from __future__ import annotations

from ..scene import Colour
from ..vector import box, disc, mix, polygon
from .mood import LAMPLIGHT
from .sky import window_sky
from .view import Glow, View


def shell(
    view: View,
    wall: Colour,
    floor: Colour,
    *,
    horizon: float = 0.66,
    planks: bool = True,
    skirting: Colour = (250, 246, 238),
) -> None:
    """Wall, skirting and a floor of planks or tiles that run towards the wall."""
    light = view.mood.indoors
    view.ambient = light
    view.lay_floor(horizon, 0.85)
    top = tone(view, mix(wall, (30, 20, 50), 0.12))
    view.sky = ((0.0, top), (horizon * 0.75, tone(view, wall)), (1.0, tone(view, wall)))
    ground = tone(view, floor)
    view.far.path(box(-10, view.horizon, view.w + 20, view.h - view.horizon + 10), ground)
    seams = []
    if planks:
        for i in range(-12, 13):
            seams.append(
                f"M{view.w / 2 + i * 96:.1f} {view.horizon:.1f}L{view.w / 2 + i * 210:.1f} {view.h + 10:.1f}"
            )
    else:
        for i in range(-12, 13):
            seams.append(
                f"M{view.w / 2 + i * 110:.1f} {view.horizon:.1f}L{view.w / 2 + i * 260:.1f} {view.h + 10:.1f}"
            )
        for at in (0.12, 0.32, 0.62):
            seams.append(f"M-10 {view.horizon + (view.h - view.horizon) * at:.1f}H{view.w + 10:.1f}")
    view.far.line("".join(seams), mix(ground, (50, 24, 30), 0.18), 2.6)
    view.far.path(box(-10, view.horizon - 22, view.w + 20, 22), tone(view, skirting))
    view.far.path(box(-10, view.horizon, view.w + 20, 10), mix(ground, (40, 20, 40), 0.3))
    view.shadow = (44, 26, 40)


def tone(view: View, colour: Colour) -> Colour:
    """A colour in the light of this room."""
    light = view.mood.indoors
    return (colour[0] * light[0] // 255, colour[1] * light[1] // 255, colour[2] * light[2] // 255)


def window(view: View, x: float, y: float, w: float, h: float, *, curtains: Colour | None = None) -> None:
    frame = tone(view, (250, 246, 240))
    view.far.path(box(x - 14, y - 14, w + 28, h + 28, 4), frame)
    window_sky(view.far, view, x, y, w, h)
    view.far.path(
        box(x + w / 2 - 4, y, 8, h) + box(x, y + h * 0.42, w, 8) + box(x - 24, y + h + 10, w + 48, 18, 4),
        frame,
    )
    if curtains is not None:
        cloth = tone(view, curtains)
        for side in (-1, 1):
            edge = x - 44 if side < 0 else x + w + 44
            view.far.path(
                f"M{edge:.1f} {y - 34:.1f}h{-side * 92:.1f}q{side * 8:.1f} {h * 0.5:.1f} {side * 46:.1f} {h * 0.72:.1f}q{-side * 20:.1f} {h * 0.2:.1f} {-side * 6:.1f} {h * 0.5:.1f}h{side * 52:.1f}z",
                cloth,
            )
            view.far.path(box(edge - side * 30 - 4, y - 30, 8, h * 1.05, 4), mix(cloth, (40, 10, 40), 0.18))
        view.far.path(box(x - 66, y - 44, w + 132, 14, 7), tone(view, (150, 104, 70)))
    if not view.mood.lamps:
        view.glows.append(Glow(x + w / 2, y + h / 2, max(w, h) * 1.3, (255, 246, 220), 0.26))


def pendant(view: View, x: float, length: float, colour: Colour, size: float = 60) -> None:
    """A lamp hanging from the ceiling."""
    view.far.line(f"M{x:.1f} -10V{length - size * 0.5:.1f}", (58, 52, 60), 4)
    view.far.path(
        f"M{x - size:.1f} {length + size * 0.3:.1f}q{size * 0.1:.1f} {-size * 0.9:.1f} {size:.1f} {-size * 0.95:.1f}q{size * 0.9:.1f} {size * 0.05:.1f} {size:.1f} {size * 0.95:.1f}z",
        colour,
    )
    view.far.path(disc(x, length + size * 0.3, size * 0.34, size * 0.24), (255, 240, 200))
    view.glows.append(Glow(x, length + size * 0.5, 330, LAMPLIGHT, 0.5 if view.mood.lamps else 0.24))


def picture(view: View, x: float, y: float, w: float, h: float) -> None:
    """A framed picture: sun over hills."""
    sky, hill, sun = view.rng.choice(
        (
            ((250, 222, 190), (214, 120, 92), (248, 180, 90)),
            ((200, 226, 236), (92, 142, 132), (250, 236, 190)),
            ((236, 214, 236), (120, 96, 156), (255, 190, 170)),
        )
    )
    view.far.path(box(x, y, w, h, 3), tone(view, (112, 78, 58)))
    view.far.path(box(x + 9, y + 9, w - 18, h - 18), tone(view, sky))
    view.far.path(disc(x + w * 0.62, y + h * 0.38, min(w, h) * 0.14), tone(view, sun))
    view.far.path(
        f"M{x + 9:.1f} {y + h * 0.68:.1f}Q{x + w * 0.3:.1f} {y + h * 0.42:.1f} {x + w * 0.55:.1f} {y + h * 0.66:.1f}T{x + w - 9:.1f} {y + h * 0.6:.1f}V{y + h - 9:.1f}H{x + 9:.1f}z",
        tone(view, hill),
    )


def potted(view: View, x: float, base: float, s: float) -> None:
    leaf = tone(view, (74, 142, 92))
    for i, (dx, up) in enumerate(((-0.7, 1.5), (-0.35, 2.0), (0.0, 2.25), (0.4, 1.95), (0.72, 1.45))):
        tip = (x + dx * s, base - s * up)
        view.far.path(
            f"M{x:.1f} {base - s * 0.6:.1f}Q{x + dx * s * 0.2 - s * 0.24:.1f} {base - s * up * 0.72:.1f} {tip[0]:.1f} {tip[1]:.1f}Q{x + dx * s * 0.8 + s * 0.16:.1f} {base - s * up * 0.55:.1f} {x:.1f} {base - s * 0.6:.1f}z",
            leaf if i % 2 else mix(leaf, (14, 40, 50), 0.25),
        )
    view.far.path(
        polygon(
            (x - s * 0.42, base - s * 0.7),
            (x + s * 0.42, base - s * 0.7),
            (x + s * 0.3, base),
            (x - s * 0.3, base),
        ),
        tone(view, (206, 118, 84)),
    )
    view.far.path(box(x - s * 0.46, base - s * 0.78, s * 0.92, s * 0.16, 4), tone(view, (222, 138, 100)))


def floor_lamp(view: View, x: float, base: float) -> None:
    top = base - 330
    metal = tone(view, (86, 72, 66))
    view.far.path(box(x - 4, top + 60, 8, base - top - 60) + box(x - 44, base - 10, 88, 10, 5), metal)
    shade: Colour = (255, 226, 160) if view.mood.lamps else tone(view, (246, 232, 206))
    view.far.path(polygon((x - 32, top), (x + 32, top), (x + 54, top + 78), (x - 54, top + 78)), shade)
    view.glows.append(Glow(x, top + 60, 260, LAMPLIGHT, 0.5 if view.mood.lamps else 0.12))


def bookcase(view: View, x: float, base: float) -> None:
    """Four shelves of books as tall as a person; half of it may be beyond the picture's edge."""
    wide, tall = 190.0, min(420.0, base * 0.66)
    left = x - wide / 2
    wood = tone(view, (154, 106, 72))
    view.far.path(box(left, base - tall, wide, tall, 4), wood)
    view.far.path(box(left + 10, base - tall + 10, wide - 20, tall - 22), mix(wood, (40, 20, 20), 0.4))
    pitch = (tall - 20) / 4
    for row in range(4):
        y = base - tall + 10 + pitch * (row + 1)
        view.far.path(box(left + 6, y - 5, wide - 12, 9), wood)
        books(view, left + 16, y - 5, (wide - 34) * view.rng.uniform(0.6, 1.0), pitch - 18)


def books(view: View, x: float, y: float, length: float, height: float) -> None:
    """A row of book spines standing on the level y."""
    tones = (
        (188, 72, 66),
        (60, 98, 136),
        (224, 170, 82),
        (86, 128, 96),
        (120, 82, 130),
        (230, 220, 200),
        (70, 70, 92),
    )
    end = x + length
    paths: dict[Colour, list[str]] = {}
    bands = []
    while x < end - 10:
        w, h = view.rng.uniform(12, 25), height * view.rng.uniform(0.68, 1.0)
        w = min(w, end - x)
        paths.setdefault(view.rng.choice(tones), []).append(box(x, y - h, w, h, 1.5))
        if view.rng.random() < 0.6:
            bands.append(box(x + w * 0.18, y - h * 0.82, w * 0.64, h * 0.07))
        x += w + 1
    for colour, parts in paths.items():
        view.far.path("".join(parts), tone(view, colour))
    view.far.path("".join(bands), tone(view, (240, 210, 150)))


def counter(view: View, colour: Colour) -> None:
    """A wooden top along the lower edge, for what stands on it and for who stands behind it."""
    top = view.h * 0.76
    wood = tone(view, colour)
    view.far.path(box(-10, top, view.w + 20, view.h), mix(wood, (20, 8, 16), 0.4))
    view.far.path(box(-10, top + 12, view.w + 20, (view.h - top) * 0.66), wood)
    view.far.path(box(-10, top, view.w + 20, 14), mix(wood, (255, 236, 200), 0.3))
    view.horizon, view.foot, view.medium = top, view.h * 0.88, "table"
    view.shadow = (50, 26, 30)


def jar(view: View, x: float, base: float, s: float) -> None:
    colour = view.rng.choice(
        ((214, 90, 70), (236, 190, 96), (140, 160, 90), (240, 232, 214), (120, 150, 176))
    )
    view.far.path(
        box(x - s * 0.36, base - s, s * 0.72, s, s * 0.14), tone(view, mix(colour, (255, 255, 255), 0.2))
    )
    view.far.path(box(x - s * 0.4, base - s * 1.14, s * 0.8, s * 0.22, 3), tone(view, (150, 110, 80)))

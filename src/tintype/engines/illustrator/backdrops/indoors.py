"""Indoors: room, kitchen, workshop, library."""

from __future__ import annotations

from ..scene import Colour
from ..vector import box, disc, mix, polygon
from .mood import LAMPLIGHT
from .plants import Grove, bush
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


def room(view: View) -> None:
    wall = view.rng.choice(
        ((236, 208, 180), (196, 214, 210), (230, 200, 196), (206, 208, 230), (222, 218, 190))
    )
    shell(view, wall, (190, 138, 96))
    w, h = view.w, view.horizon
    left = view.rng.random() < 0.5
    wx = w * (0.16 if left else 0.56) + (0 if w < 1400 else w * 0.05)
    ww = min(w * 0.28, 330)
    window(
        view,
        wx,
        h * 0.2,
        ww,
        h * 0.42,
        curtains=view.rng.choice(((220, 112, 96), (84, 130, 142), (226, 170, 88), (140, 116, 160))),
    )
    px = w * (0.62 if left else 0.16)
    picture(view, px, h * 0.22, 150, 186)
    picture(view, px + 176, h * 0.3, 112, 112)
    shelf_y = h * 0.62
    view.far.path(box(px - 10, shelf_y, 310, 14, 3), tone(view, (146, 100, 68)))
    books(view, px + 6, shelf_y, 200, 74)
    potted(view, px + 258, shelf_y, 36)
    far_side, near_side = (0.93, 0.06) if left else (0.06, 0.93)
    potted(view, w * far_side, h + 44, 96)
    extra = view.rng.choice((None, floor_lamp, bookcase))
    if extra is not None:
        extra(view, w * near_side, h + 26)
    rug = tone(view, view.rng.choice(((196, 92, 84), (82, 120, 152), (214, 158, 92))))
    view.far.path(disc(w / 2, view.foot + 8, min(w * 0.46, 560), (view.h - h) * 0.36), rug)
    view.far.path(
        disc(w / 2, view.foot + 8, min(w * 0.41, 500), (view.h - h) * 0.3), mix(rug, (255, 246, 230), 0.28)
    )
    view.far.path(disc(w / 2, view.foot + 8, min(w * 0.37, 452), (view.h - h) * 0.265), rug)
    pendant(view, w * (0.52 if left else 0.46), h * 0.13, tone(view, (226, 150, 82)))
    if view.stance == "on a table":
        counter(view, (186, 132, 90))


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


def kitchen(view: View) -> None:
    shell(view, (228, 232, 222), (206, 186, 164), horizon=0.68, planks=False)
    w, h = view.w, view.horizon
    tile = tone(view, (244, 246, 240))
    view.far.path(box(-10, h * 0.42, w + 20, h * 0.3), tile)
    grid = "".join(f"M-10 {y:.1f}H{w + 10:.1f}" for y in (h * 0.42, h * 0.5, h * 0.58, h * 0.66)) + "".join(
        f"M{x} {h * 0.42:.1f}V{h * 0.72:.1f}" for x in range(0, round(w) + 60, 62)
    )
    view.far.line(grid, mix(tile, (120, 140, 140), 0.3), 2)
    ww = min(w * 0.34, 360)
    window(view, w / 2 - ww / 2, h * 0.14, ww, h * 0.4)
    front = tone(view, view.rng.choice(((106, 148, 142), (90, 118, 154), (216, 146, 98), (170, 176, 128))))
    for x0, x1 in ((-10.0, w / 2 - ww / 2 - 40), (w / 2 + ww / 2 + 40, w + 10)):
        view.far.path(box(x0, h * 0.03, x1 - x0, h * 0.27, 4), front)
        view.far.line(f"M{(x0 + x1) / 2:.1f} {h * 0.05:.1f}V{h * 0.28:.1f}", mix(front, (10, 20, 40), 0.3), 3)
        view.far.path(
            disc((x0 + x1) / 2 - 14, h * 0.24, 5) + disc((x0 + x1) / 2 + 14, h * 0.24, 5),
            tone(view, (236, 214, 160)),
        )
        view.far.path(box(x0, h * 0.38, x1 - x0, 9, 2), tone(view, (160, 112, 76)))
        for _ in range(max(1, round((x1 - x0) / 90))):
            jar(view, view.rng.uniform(x0 + 30, max(x0 + 31, x1 - 30)), h * 0.38, view.rng.uniform(30, 46))
    worktop = h * 0.72
    view.far.path(box(-10, worktop + 14, w + 20, h - worktop - 14), front)
    doors = "".join(box(x, worktop + 32, 150, h - worktop - 54, 5) for x in range(-60, round(w), 168))
    view.far.path(doors, mix(front, (255, 255, 255), 0.12))
    view.far.path(
        "".join(box(x + 60, worktop + 44, 34, 8, 4) for x in range(-60, round(w), 168)),
        tone(view, (240, 220, 170)),
    )
    view.far.path(box(-10, worktop, w + 20, 20, 3), tone(view, (182, 132, 90)))
    for side in (0.14, 0.86):
        pendant(view, w * side, h * 0.34, tone(view, (240, 236, 226)), 44)
    if view.stance == "on a table":
        counter(view, (186, 132, 90))


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


def workshop(view: View) -> None:
    shell(view, (176, 150, 122), (138, 112, 92), skirting=(120, 92, 70))
    w, h = view.w, view.horizon
    board = tone(view, (122, 92, 66))
    view.far.path(box(w * 0.08, h * 0.12, w * 0.5, h * 0.42, 6), board)
    view.far.path(
        "".join(
            disc(w * 0.1 + x * 28, h * 0.15 + y * 30, 2.4)
            for x in range(int(w * 0.46 / 28))
            for y in range(int(h * 0.36 / 30))
        ),
        mix(board, (20, 10, 10), 0.4),
    )
    steel, grip = tone(view, (196, 204, 214)), tone(view, (206, 84, 62))
    x = w * 0.13
    while x < w * 0.53:
        y, length = h * 0.2, view.rng.uniform(90, 150)
        kind = view.rng.randrange(3)
        view.far.path(box(x - 5, y, 10, length, 4), steel if kind else tone(view, (206, 162, 108)))
        if kind == 0:
            view.far.path(box(x - 26, y - 6, 52, 22, 4), steel)
        elif kind == 1:
            view.far.path(box(x - 9, y + length * 0.55, 18, length * 0.5, 7), grip)
        else:
            view.far.path(disc(x, y, 17) + disc(x, y + length, 15), steel)
            view.far.path(polygon((x - 8, y - 20), (x + 8, y - 20), (x + 6, y), (x - 6, y)), board)
        x += view.rng.uniform(62, 86)
    ww = min(w * 0.26, 280)
    window(view, w * 0.67, h * 0.16, ww, h * 0.36)
    view.far.path(box(w * 0.06, h * 0.66, w * 0.88, 20, 3), tone(view, (176, 122, 78)))
    view.far.path(
        box(w * 0.09, h * 0.66 + 20, 26, h * 0.34)
        + box(w * 0.91 - 26, h * 0.66 + 20, 26, h * 0.34)
        + box(w * 0.09, h * 0.86, w * 0.82, 14),
        tone(view, (132, 90, 60)),
    )
    for i in range(4):
        jar(view, w * (0.2 + 0.19 * i), h * 0.66, view.rng.uniform(34, 50))
    pendant(view, w * 0.5, h * 0.14, tone(view, (86, 112, 104)), 64)
    shavings = "".join(
        f"M{view.rng.random() * w:.1f} {view.rng.uniform(h + 30, view.h - 10):.1f}q14 -16 22 0t16 6"
        for _ in range(round(11 * w / 1000))
    )
    view.far.line(shavings, tone(view, (236, 204, 150)), 5)
    if view.stance == "on a table":
        counter(view, (186, 132, 90))


def library(view: View) -> None:
    shell(view, (120, 84, 66), (142, 96, 70), skirting=(92, 60, 46))
    w, h = view.w, view.horizon
    wood = tone(view, (132, 86, 58))
    gap = 22.0
    count = max(2, round(w / 360))
    case = (w - gap) / count
    for i in range(count):
        x0 = gap / 2 + i * case
        view.far.path(box(x0, -10, case, h + 6), wood)
        view.far.path(box(x0 + 16, 10, case - 32, h - 40), mix(wood, (16, 6, 14), 0.55))
        rows = max(3, round(h / 128))
        pitch = (h - 46) / rows
        for row in range(rows):
            y = 14 + pitch * (row + 1)
            view.far.path(box(x0 + 10, y - 4, case - 20, 14), wood)
            books(view, x0 + 22, y - 4, (case - 46) * view.rng.uniform(0.7, 1.0), pitch - 26)
        view.far.path(box(x0, -10, 9, h + 6), mix(wood, (255, 240, 210), 0.16))
    rail = tone(view, (186, 130, 84))
    lx = w * view.rng.choice((0.16, 0.82))
    view.far.line(
        f"M{lx - 34:.1f} {h + 10:.1f}L{lx - 12:.1f} 40M{lx + 40:.1f} {h + 10:.1f}L{lx + 22:.1f} 40", rail, 11
    )
    view.far.line(
        "".join(
            f"M{lx - 32 + 20 * t:.1f} {h - 20 - (h - 80) * t:.1f}L{lx + 38 - 17 * t:.1f} {h - 20 - (h - 80) * t:.1f}"
            for t in (0.06, 0.2, 0.34, 0.48, 0.62, 0.76, 0.9)
        ),
        rail,
        8,
    )
    for side in (0.34, 0.66):
        pendant(view, w * side, h * 0.12, tone(view, (62, 116, 92)), 48)
    rug = tone(view, (138, 48, 56))
    view.far.path(disc(w / 2, view.foot + 10, min(w * 0.44, 540), (view.h - h) * 0.34), rug)
    view.far.path(
        disc(w / 2, view.foot + 10, min(w * 0.39, 480), (view.h - h) * 0.28), mix(rug, (230, 180, 110), 0.3)
    )
    view.far.path(disc(w / 2, view.foot + 10, min(w * 0.36, 440), (view.h - h) * 0.25), rug)
    grove = Grove()
    bush(grove, view.rng, -20, view.h + 30, 60, tone(view, (60, 120, 80)))
    grove.onto(view.near)
    view.near.top = view.h - 120
    view.ambient = mix(view.ambient, (255, 226, 186), 0.35)
    if view.stance == "on a table":
        counter(view, (186, 132, 90))

"""Indoors: room, kitchen, workshop, library."""

from __future__ import annotations

from ..vector import box, disc, mix, polygon
from .furnishing import (
    bookcase,
    books,
    counter,
    floor_lamp,
    jar,
    pendant,
    picture,
    potted,
    shell,
    tone,
    window,
)
from .plants import Grove, bush
from .view import View


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

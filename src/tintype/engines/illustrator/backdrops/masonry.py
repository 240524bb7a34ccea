"""What towns are made of: towers, house fronts, lamps, pavements, roadways."""

from __future__ import annotations

from ..scene import Colour
from ..vector import box, down_to, mix, polygon, waves
from .mood import LAMPLIGHT
from .view import Glow, View

FACADES: tuple[Colour, ...] = (
    (214, 132, 104),
    (236, 196, 140),
    (150, 172, 196),
    (196, 160, 176),
    (168, 190, 160),
    (226, 214, 196),
)


def skyline(view: View, base: float, height: float, depth: float, width: float) -> None:
    """A row of towers; at night some of their windows are lit."""
    rng, mood = view.rng, view.mood
    tone = mood.tone(mix((112, 128, 160), (70, 82, 116), 1 - depth), depth)
    side = mix(tone, (12, 16, 44), 0.16)
    bodies: list[str] = []
    shades: list[str] = []
    masts: list[str] = []
    glass: list[str] = []
    lit: list[str] = []
    x = -rng.uniform(0, width)
    while x < view.w:
        w = width * rng.uniform(0.6, 1.25)
        middle = 1 - abs((x + w / 2) / view.w - 0.5)
        h = height * rng.uniform(0.45, 1.0) * (0.5 + 0.6 * middle)
        bodies.append(box(x, base - h, w, h + 10))
        shades.append(box(x + w * 0.7, base - h, w * 0.3, h + 10))
        crown = rng.random()
        if crown < 0.22:
            bodies.append(polygon((x, base - h), (x + w / 2, base - h - w * 0.6), (x + w, base - h)))
        elif crown < 0.45:
            bodies.append(box(x + w * 0.22, base - h - w * 0.3, w * 0.56, w * 0.34))
        elif crown < 0.6:
            masts.append(box(x + w * 0.47, base - h - w * 0.9, w * 0.06, w * 0.9))
        pane, rise = w * 0.11, w * 0.15
        columns = 4 if w > width * 0.8 else 3
        step = w / (columns + 0.6)
        for row in range(1, int(h / (rise * 2))):
            for column in range(columns):
                spot = box(x + step * (column + 0.45), base - h + row * rise * 2, pane, rise)
                (lit if mood.lamps and rng.random() < 0.42 else glass).append(spot)
        x += w * rng.uniform(0.92, 1.18)
    view.far.path("".join(masts), side)
    view.far.path("".join(bodies), tone)
    view.far.path("".join(shades), side)
    view.far.path(
        "".join(glass), mix(tone, mood.haze, 0.28) if not mood.lamps else mix(tone, (10, 14, 36), 0.35)
    )
    view.far.path("".join(lit), mix(LAMPLIGHT, mood.haze, 0.3 * depth))


def pavement(view: View, top: float) -> None:
    """A kerb and a wide floor of slabs that run towards the horizon."""
    mood = view.mood
    floor = mood.tone((176, 176, 184), 0.12)
    view.far.path(box(-10, top, view.w + 20, view.h - top + 10), floor)
    view.far.path(box(-10, top, view.w + 20, 12), mood.tone((206, 206, 210), 0.2))
    lines = []
    for at in (0.1, 0.26, 0.5, 0.82):
        y = top + (view.h - top) * at
        lines.append(f"M-10 {y:.1f}H{view.w + 10:.1f}")
    count = round(9 * view.w / 1000)
    lines += [
        f"M{view.w / 2 + (i - count / 2) * 120:.1f} {top + 12:.1f}L{view.w / 2 + (i - count / 2) * 330:.1f} {view.h + 10:.1f}"
        for i in range(count + 1)
    ]
    view.far.line("".join(lines), mix(floor, (30, 34, 60), 0.2), 2.6)
    view.shadow = (24, 26, 52)
    if view.mood.weather in ("rain", "storm"):
        view.mirror = 0.4
    if view.mood.weather == "snow":
        view.far.path(box(-10, top, view.w + 20, view.h), mood.tone((246, 250, 255)), 0.72)


def lamp(view: View, x: float, base: float, height: float) -> None:
    metal = view.mood.tone((58, 62, 84), 0.1)
    top = base - height
    view.far.path(
        box(x - 5, top, 10, height, 4)
        + box(x - 15, base - 20, 30, 20, 5)
        + box(x - 10, base - 60, 20, 12, 4),
        metal,
    )
    view.far.path(
        polygon((x - 22, top - 44), (x + 22, top - 44), (x + 14, top), (x - 14, top)),
        (255, 228, 158) if view.mood.lamps else view.mood.tone((232, 236, 232)),
    )
    view.far.path(
        polygon((x - 28, top - 42), (x, top - 66), (x + 28, top - 42)) + box(x - 17, top - 4, 34, 8, 3), metal
    )
    if view.mood.lamps:
        view.glows.append(Glow(x, top - 22, 260, (255, 190, 96), 0.62))
        view.glows.append(Glow(x, base, 190, (255, 176, 90), 0.22))


def facade(view: View, x: float, base: float, w: float, h: float, colour: Colour) -> None:
    """The front of a town house: rows of windows with sills, and a shop with an awning below."""
    rng, mood = view.rng, view.mood
    wall = mood.tone(colour, 0.22)
    view.far.path(box(x, base - h, w, h), wall)
    view.far.path(box(x - 6, base - h - 12, w + 12, 22, 3), mix(wall, (255, 255, 255), 0.25))
    shop = 150.0
    columns = max(2, round(w / 92))
    step = w / columns
    rows = max(1, int((h - shop - 30) / 118))
    frames: list[str] = []
    sills: list[str] = []
    panes: list[str] = []
    lit: list[str] = []
    for row in range(rows):
        for column in range(columns):
            wx, wy = x + step * column + step * 0.25, base - shop - 106 - row * 118
            frames.append(box(wx - 5, wy - 5, step * 0.5 + 10, 84, 3))
            (lit if mood.lamps and rng.random() < 0.55 else panes).append(box(wx, wy, step * 0.5, 74))
            sills.append(box(wx - 10, wy + 78, step * 0.5 + 20, 9, 2))
    view.far.path("".join(frames), mood.tone((246, 240, 230), 0.2))
    view.far.path("".join(panes), mood.tone((112, 146, 176), 0.25))
    view.far.path("".join(lit), (255, 216, 136))
    view.far.path("".join(sills), mix(wall, (30, 20, 40), 0.25))
    front = mood.tone(rng.choice(((74, 92, 112), (96, 74, 84), (70, 104, 92))), 0.15)
    view.far.path(box(x, base - shop, w, shop), front)
    glass: Colour = (255, 214, 140) if mood.lamps else mood.tone((164, 196, 212), 0.15)
    view.far.path(
        box(x + w * 0.08, base - shop + 52, w * 0.5, 82, 4)
        + box(x + w * 0.68, base - shop + 46, w * 0.22, 104),
        glass,
    )
    stripe = rng.choice(((214, 76, 72), (64, 134, 120), (226, 156, 62), (70, 110, 172)))
    stripes = max(4, round(w / 40))
    for i in range(stripes):
        tone = mood.tone(stripe if i % 2 else (250, 246, 238), 0.1)
        sx, sw = x + w * i / stripes, w / stripes
        view.far.path(f"M{sx:.1f} {base - shop + 4:.1f}h{sw:.1f}v44a{sw / 2:.1f} 12 0 0 1 {-sw:.1f} 0z", tone)
    if mood.lamps:
        view.glows.append(Glow(x + w * 0.33, base - 60, 210, (255, 184, 96), 0.4))


def asphalt(view: View, top: float) -> None:
    """A roadway seen from its side, with a dashed middle line."""
    tone = view.mood.tone((92, 96, 110))
    view.far.path(box(-10, top, view.w + 20, view.h - top + 10), tone)
    view.far.path(box(-10, top, view.w + 20, 10), mix(tone, (20, 20, 40), 0.3))
    y = top + (view.h - top) * 0.42
    dash = "".join(
        polygon((x, y), (x + 90, y), (x + 82, y + 13), (x - 8, y + 13))
        for x in range(-60, round(view.w) + 60, 190)
    )
    view.far.path(dash, view.mood.tone((240, 232, 206)))
    view.shade = 0.6
    if view.mood.weather in ("rain", "storm"):
        view.mirror = 0.42
    if view.mood.weather == "snow":
        view.far.path(
            down_to(waves(view.rng, view.w, view.h * 0.93, 12, 500), view.h + 10),
            view.mood.tone((246, 250, 255)),
        )


def tank(view: View, x: float, base: float, size: float) -> None:
    """A wooden water tank on stilts."""
    wood = view.mood.tone((150, 104, 76), 0.25)
    legs = "".join(
        polygon(
            (x + d * size * 0.24, base - size * 0.36),
            (x + d * size * 0.24 + 8, base - size * 0.36),
            (x + d * size * 0.3 + 8, base),
            (x + d * size * 0.3, base),
        )
        for d in (-1, -0.3, 0.3, 1)
    )
    view.far.path(legs, mix(wood, (20, 14, 30), 0.4))
    view.far.path(box(x - size * 0.3, base - size * 0.86, size * 0.6, size * 0.52, 4), wood)
    view.far.path(
        box(x + size * 0.12, base - size * 0.86, size * 0.18, size * 0.52, 4), mix(wood, (20, 14, 30), 0.22)
    )
    view.far.path(
        box(x - size * 0.31, base - size * 0.74, size * 0.62, 7)
        + box(x - size * 0.31, base - size * 0.48, size * 0.62, 7),
        mix(wood, (20, 14, 30), 0.35),
    )
    view.far.path(
        polygon(
            (x - size * 0.36, base - size * 0.84),
            (x, base - size * 1.1),
            (x + size * 0.36, base - size * 0.84),
        ),
        mix(wood, (40, 30, 60), 0.45),
    )

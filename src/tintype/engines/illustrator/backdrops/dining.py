"""Where things are served: restaurant, bar, and the table top for food and small things."""

from __future__ import annotations

from ..vector import box, disc, mix
from .furnishing import counter, pendant, shell, tone
from .view import Glow, View


def restaurant(view: View) -> None:
    shell(
        view,
        view.rng.choice(((96, 50, 56), (44, 70, 74), (66, 56, 92))),
        (120, 78, 60),
        skirting=(150, 112, 78),
    )
    w, h = view.w, view.horizon
    panel = mix(view.sky[-1][1], (20, 8, 16), 0.25)
    gold = tone(view, (214, 172, 104))
    view.far.path(box(-10, h * 0.62, w + 20, h * 0.38), panel)
    view.far.path(box(-10, h * 0.61, w + 20, 9), gold)
    view.far.line(
        "".join(f"M{x + 16} {h * 0.67:.1f}h118v{h * 0.24:.1f}h-118z" for x in range(-40, round(w), 150)),
        mix(panel, gold, 0.4),
        3,
    )
    count = max(2, round(w / 420))
    for i in range(count):
        cx = w * (i + 0.5) / count
        arch(view, cx, h * 0.5, min(w * 0.22, 220), h * 0.4)
    for i in range(max(2, round(w / 320))):
        pendant(view, w * (i + 0.5) / max(2, round(w / 320)), h * (0.16 if i % 2 else 0.1), gold, 46)
    for side in (0.1, 0.9):
        diner(view, w * side, h + 34)
    if view.stance != "on the floor":
        cloth_table(view)
    view.ambient = mix(view.ambient, (255, 224, 184), 0.4)


def arch(view: View, x: float, base: float, w: float, h: float) -> None:
    """A tall arched window in a gold frame."""
    gold = tone(view, (206, 164, 98))
    for grow, fill in ((10, gold), (0, None)):
        half = w / 2 + grow
        d = f"M{x - half:.1f} {base + grow:.1f}V{base - h + half:.1f}a{half:.1f} {half:.1f} 0 0 1 {2 * half:.1f} 0V{base + grow:.1f}z"
        stops = view.mood.sky
        view.far.path(d, fill or view.far.fade(stops[0][1], stops[-1][1]))
    view.far.line(f"M{x:.1f} {base - h:.1f}V{base:.1f}M{x - w / 2:.1f} {base - h * 0.5:.1f}h{w:.1f}", gold, 5)


def diner(view: View, x: float, base: float) -> None:
    """A set table in the background."""
    wood = tone(view, (70, 44, 44))
    view.far.path(box(x - 9, base - 120, 18, 120) + box(x - 50, base - 12, 100, 12, 6), wood)
    view.far.path(
        f"M{x - 130:.1f} {base - 138:.1f}h260l-18 78q-20 12 -40 0t-44 0t-46 0t-46 0t-44 0z",
        tone(view, (244, 236, 226)),
    )
    view.far.path(box(x - 6, base - 190, 12, 52, 3), tone(view, (250, 244, 226)))
    view.far.path(disc(x, base - 198, 6, 11), (255, 214, 120))
    view.glows.append(Glow(x, base - 196, 120, (255, 190, 96), 0.6))


def cloth_table(view: View) -> None:
    """A table with a white cloth along the lower edge: what is served stands on it."""
    top = view.h * 0.76
    cloth = tone(view, (250, 244, 236))
    view.far.path(f"M-10 {top:.1f}H{view.w + 10:.1f}V{view.h + 10:.1f}H-10z", cloth)
    view.far.path(box(-10, top, view.w + 20, 8), mix(cloth, (255, 255, 255), 0.5))
    view.far.path(box(-10, view.h * 0.965, view.w + 20, view.h * 0.04 + 10), mix(cloth, (120, 80, 90), 0.25))
    view.horizon, view.foot, view.medium = top, view.h * 0.88, "table"
    view.furnished = frozenset(("table", "desk"))
    view.shadow, view.shade = (80, 50, 60), 0.42


def table_top(view: View) -> None:
    """A plain table before a soft wall: where food and small things stand when nobody said where."""
    base = view.rng.choice(
        ((250, 214, 178), (196, 222, 218), (246, 206, 206), (214, 210, 240), (240, 226, 176))
    )
    view.ambient = view.mood.indoors
    wall = tone(view, base)
    view.sky = ((0.0, mix(wall, (255, 255, 255), 0.35)), (0.7, wall), (1.0, wall))
    top = view.h * 0.66
    view.lay_floor(0.66, 0.87)
    view.medium = "table"
    tables = [s for s in view.scene.subjects[1:] if s.icon in ("table", "desk")]
    if tables:
        view.furnished, view.closeness = frozenset(("table", "desk")), 1.15
    dots = "".join(
        disc(x + (y // 2 % 2) * 55, y * 55 + 20, 5)
        for y in range(int(top / 55))
        for x in range(0, round(view.w) + 60, 110)
    )
    view.far.path(dots, mix(wall, (255, 255, 255), 0.35))
    wood = tone(view, next((s.colour for s in tables if s.colour), (206, 150, 102)))
    view.far.path(box(-10, top, view.w + 20, view.h), wood)
    view.far.path(box(-10, top, view.w + 20, 7), mix(wood, (255, 255, 255), 0.3))
    grain = []
    for at in (0.16, 0.36, 0.62):
        y = top + (view.h - top) * at
        grain.append(f"M-10 {y:.1f}H{view.w + 10:.1f}")
    view.far.line("".join(grain), mix(wood, (80, 30, 20), 0.24), 3)
    streaks = "".join(
        box(
            view.rng.random() * view.w,
            view.rng.uniform(top + 16, view.h - 8),
            view.rng.uniform(50, 190),
            3,
            1.5,
        )
        for _ in range(round(20 * view.w / 1000))
    )
    view.far.path(streaks, mix(wood, (80, 30, 20), 0.12))
    view.glows.append(Glow(view.w * 0.26, view.h * 0.1, 560, (255, 244, 214), 0.3))
    view.shadow = (70, 34, 30)


def bar(view: View) -> None:
    shell(view, (58, 44, 70), (86, 60, 58), skirting=(110, 78, 62))
    w, h = view.w, view.horizon
    wood = tone(view, (112, 70, 54))
    view.far.path(box(w * 0.06, h * 0.1, w * 0.88, h * 0.56, 6), mix(wood, (14, 8, 20), 0.45))
    for row in range(3):
        y = h * (0.28 + row * 0.17)
        view.far.path(box(w * 0.06, y, w * 0.88, 11, 2), wood)
        x = w * 0.06 + 26
        while x < w * 0.94 - 24:
            if view.rng.random() < 0.84:
                bottle(view, x, y, h * view.rng.uniform(0.085, 0.125))
            x += view.rng.uniform(32, 46)
        view.glows.append(Glow(w / 2, y - 20, w * 0.42, (255, 150, 70), 0.13))
    for i in range(max(2, round(w / 330))):
        pendant(view, w * (i + 0.5) / max(2, round(w / 330)), h * 0.13, tone(view, (46, 112, 104)), 50)
    if view.stance != "on the floor":
        counter(view, (142, 88, 62))
        view.mirror = 0.18
    view.ambient = mix(view.ambient, (255, 214, 176), 0.5)


def bottle(view: View, x: float, base: float, s: float) -> None:
    colour = tone(
        view,
        view.rng.choice(
            ((70, 140, 96), (190, 112, 54), (214, 196, 150), (150, 54, 66), (80, 120, 170), (226, 170, 80))
        ),
    )
    w = s * 0.34
    view.far.path(
        box(x - w / 2, base - s * 0.66, w, s * 0.66, w * 0.2)
        + box(x - w * 0.17, base - s, w * 0.34, s * 0.45, 2),
        colour,
    )
    view.far.path(box(x - w * 0.5, base - s * 0.46, w, s * 0.24), tone(view, (240, 228, 204)))
    view.far.path(
        box(x - w * 0.36, base - s * 0.62, w * 0.14, s * 0.56, 2), mix(colour, (255, 255, 255), 0.4)
    )

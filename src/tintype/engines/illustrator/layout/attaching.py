"""How related subjects hold together: worn, held, ridden, sat on, looked out of. Pure arithmetic."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

from .. import figures
from ..homes import FLOWERS, RIMS, SEATS, SUPPORTS, TRANSPARENT, VEHICLES, WORN
from ..scene import Scene
from ..sprites import crown
from .placing import MOST, Group, Placed
from .relating import size_of, sprite_of, supported


def attach(scene: Scene, group: Group, index: int, rng: Random, *, many: bool) -> None:
    """Adds a related subject to the group that holds its anchor."""
    other = scene.subjects[index]
    host = next((p for p in group.parts if p.subject == other.anchor), None)
    if host is None or other.relation is None:
        return
    count = max(1, min(MOST, other.count)) if many else 1
    edge = size_of(scene, index)
    for copy in range(count):
        part = sprite_of(scene, index, edge, rng)
        part = _ATTACH.get(other.relation, _beside)(scene, group, host, part, (copy, count))
        group.parts.append(part)


def _at(host: Placed, fx: float, fy: float) -> tuple[float, float]:
    """A point of the host's box, given as shares of it, on the canvas (mirrored and turned with it)."""
    dx, dy = (fx - 0.5) * host.w * (-1 if host.mirror else 1), (fy - 0.5) * host.h
    a = math.radians(host.tilt)
    return host.x + dx * math.cos(a) - dy * math.sin(a), host.y + dx * math.sin(a) + dy * math.cos(a)


def _point(host: Placed, name: str, otherwise: tuple[float, float]) -> tuple[float, float]:
    """A named point of the host's drawing ("mouth", "hand", "eyes") as shares of its box."""
    box, standing = figures.box(host.icon), figures.standing(host.icon)
    point = getattr(standing, name)
    if point is None:
        return otherwise
    return (point[0] - box.left) / box.width, (point[1] - box.top) / box.height


def _sized(part: Placed, edge: float) -> Placed:
    scale = edge / max(part.w, part.h)
    return replace(part, w=part.w * scale, h=part.h * scale)


def _wear(scene: Scene, group: Group, host: Placed, part: Placed, of: tuple[int, int]) -> Placed:
    """Hats on the crown, glasses on the eyes, scarves and ties at the neck, shoes at the feet."""
    kind = WORN.get(part.icon, "head")
    fx, fy, face = crown(host.icon)
    head = face * host.w
    tilt = host.tilt + (0 if kind != "head" else -5 if host.mirror else 5)
    if kind == "head":
        wide = (
            head
            * 1.06
            * max(0.75, scene.subjects[part.subject].scale ** 0.4)
            / (part.w / max(part.w, part.h))
        )
        part = _sized(part, wide)
        x, y = _at(host, fx, fy)
        if part.icon == "headphone":  # over the ears
            part = _sized(part, max(part.w, part.h) * 1.25)
            y += part.h * 0.68
        return replace(
            part, x=x, y=y - part.h * 0.3, tilt=tilt, mirror=host.mirror, order=host.order + 0.3, ground=None
        )
    if kind == "eyes":
        part = _sized(part, head * 0.92)
        ex, ey = _point(host, "eyes", (fx, fy + 0.42 * head / host.h))
        x, y = _at(host, ex, ey)
        return replace(
            part, x=x, y=y, tilt=host.tilt, mirror=host.mirror, order=host.order + 0.2, ground=None
        )
    if kind == "feet":
        part = _sized(part, host.w * 0.4)
        return replace(
            part, x=host.x, y=host.y + host.h / 2 - part.h * 0.4, order=host.order + 0.2, ground=None
        )
    share = 0.6 if kind == "neck" else 0.85
    part = _sized(part, max(head * 1.0, host.w * share * 0.6))
    mx, my = _point(host, "mouth", (fx, fy + 0.8 * head / host.h))
    x, y = _at(host, mx, my)
    return replace(part, x=x, y=y + part.h * 0.42, tilt=host.tilt, order=host.order + 0.1, ground=None)


def _hold(scene: Scene, group: Group, host: Placed, part: Placed, of: tuple[int, int]) -> Placed:
    if WORN.get(part.icon) == "over":
        return _above(scene, group, host, part, of)
    copy, _ = of
    part = _sized(part, min(max(part.w, part.h), max(host.w, host.h) * 0.36))
    hx, hy = _point(host, "hand", (0.82, 0.62))
    side = -1 if copy % 2 else 1
    x, y = _at(host, 0.5 + (hx - 0.5) * side, hy)
    y -= part.h * 0.22
    return replace(
        part,
        x=x,
        y=min(y, host.y + host.h / 2 - part.h * 0.4),
        order=host.order + 0.25 + copy * 0.01,
        ground=None,
    )


def _eat(scene: Scene, group: Group, host: Placed, part: Placed, of: tuple[int, int]) -> Placed:
    part = _sized(part, min(max(part.w, part.h), max(host.w, host.h) * 0.4))
    fx, fy, face = crown(host.icon)
    mx, my = _point(host, "mouth", (fx, min(0.8, fy + 0.75 * face * host.w / host.h)))
    x, y = _at(host, mx, my)
    away = 1 if (fx > 0.5) != host.mirror else -1
    return replace(part, x=x + away * part.w * 0.3, y=y + part.h * 0.3, order=host.order + 0.25, ground=None)


def _ride(scene: Scene, group: Group, host: Placed, part: Placed, of: tuple[int, int]) -> Placed:
    """The anchor rides: it moves up and sits into what it rides, which is at least as large as it."""
    part = _sized(
        part, max(max(part.w, part.h), max(host.w, host.h) * (1.15 if part.icon in VEHICLES else 1.0))
    )
    part = replace(part, x=host.x, y=-part.h / 2, tilt=0.0, order=host.order + 0.1)
    bottom = host.y + host.h / 2
    sails = figures.standing(part.icon).habit == "sails"
    seat = -part.h * (0.22 if sails else 0.52 if part.icon in VEHICLES else 0.62)
    _shift(group, 0, seat - bottom, keep=None)
    return part


def _shift(group: Group, dx: float, dy: float, keep: int | None) -> None:
    group.parts = [
        p if p.subject == keep else replace(p, x=p.x + dx, y=p.y + dy, ground=None if dy < 0 else p.ground)
        for p in group.parts
    ]


def _on(scene: Scene, group: Group, host: Placed, part: Placed, of: tuple[int, int]) -> Placed:
    """On top of the host, several side by side."""
    copy, count = of
    room = host.w * SUPPORTS.get(host.icon, (0.08, 0.75))[1]
    width = min(part.w, room / count * 1.15) if count > 1 else min(part.w, host.w * 1.25)
    part = _sized(part, max(part.w, part.h) * width / part.w)
    step = room / count
    x = host.x + (copy - (count - 1) / 2) * step if count > 1 else host.x
    top = host.y - host.h / 2 + host.h * SUPPORTS.get(host.icon, (0.08, 0.75))[0]
    return replace(
        part, x=x, y=top - part.h / 2, tilt=part.tilt * 0.4, order=host.order + 0.2 + copy * 0.01, ground=top
    )


def _under(scene: Scene, group: Group, host: Placed, part: Placed, of: tuple[int, int]) -> Placed:
    """A support goes below the host, which stands on it; anything smaller sits at the host's foot, before it."""
    if part.icon in SUPPORTS or max(part.w, part.h) > max(host.w, host.h) * 1.1:
        drop, usable = SUPPORTS.get(part.icon, (0.08, 0.75))
        upright = figures.standing(host.icon).person and "standing" in host.icon and part.icon in SEATS
        left, _, right, _ = group.box()
        least = max(host.w, host.h) * (0.72 if upright and part.h > 0.9 * part.w else 1.1)
        part = _sized(part, least if upright else max(part.w, part.h, least))
        part = _sized(part, max(part.w, part.h) * max(1.0, (right - left) / (usable * 1.15) / part.w))
        part = replace(
            part, x=(left + right) / 2, y=-part.h / 2, tilt=0.0, order=host.order - 0.2, ground=0.0
        )
        top = 0.02 * part.h if upright else -part.h + part.h * drop  # who cannot sit stands before the seat
        _shift(group, 0, top - (host.y + host.h / 2), keep=None)
        group.parts = [replace(p, ground=top) if p.subject == host.subject else p for p in group.parts]
        return part
    copy, count = of
    part = _sized(part, min(max(part.w, part.h), max(host.w, host.h) * 0.62))
    if WORN.get(host.icon) == "over":  # an umbrella or a parasol: its handle comes down beside them
        part = replace(part, y=host.y + host.h / 2 - part.h * 0.3)
    else:
        part = replace(part, y=host.y + host.h / 2 - part.h / 2 + host.h * 0.03)
    return replace(part, x=host.x + (copy - (count - 1) / 2) * part.w * 0.9, order=host.order + 0.2)


def _above(scene: Scene, group: Group, host: Placed, part: Placed, of: tuple[int, int]) -> Placed:
    copy, count = of
    top = group.box()[1]
    if (
        figures.standing(part.icon).habit == "stands"
        and figures.standing(part.icon).size > figures.standing(host.icon).size
    ):
        # a street lamp above somebody stands behind them
        return replace(part, x=host.x + host.w * 0.45, y=-part.h / 2, tilt=0.0, order=host.order - 0.2)
    if WORN.get(part.icon) == "over":  # an umbrella is held: its handle comes down beside the host
        part = _sized(part, max(max(part.w, part.h), 1.5 * host.w, 1.1 * host.h))
        side = -1 if host.mirror else 1
        return replace(
            part,
            x=host.x + side * host.w * 0.22,
            y=host.y + host.h * 0.12 - part.h / 2,
            tilt=side * 4,
            mirror=host.mirror,
            order=host.order - 0.05,
            ground=None,
        )
    x = host.x + (copy - (count - 1) / 2) * part.w * 1.1
    return replace(part, x=x, y=top - part.h * 0.62, order=host.order + 0.05, ground=None)


def _inside(scene: Scene, group: Group, host: Placed, part: Placed, of: tuple[int, int]) -> Placed:
    """In glass one sees it; from anything else it looks out over the rim."""
    copy, count = of
    part = _sized(
        part,
        min(
            max(part.w, part.h),
            min(host.w, host.h)
            * (0.56 if host.icon in TRANSPARENT else 1.0 if part.icon in FLOWERS else 0.74),
        ),
    )
    x = host.x + (copy - (count - 1) / 2) * host.w * 0.5 / count
    if host.icon in TRANSPARENT:
        return replace(part, x=x, y=host.y + host.h * 0.1, order=host.order + 0.1, ground=None, opacity=0.92)
    if figures.standing(host.icon).size >= 1.2:  # a house or a car: seen before it, in a window or a door
        part = _sized(part, min(host.w, host.h) * 0.38)
        return replace(part, x=x, y=host.y + host.h * 0.1, order=host.order + 0.1, ground=None)
    stalked = 0.3 if part.icon in FLOWERS else 0.12
    rim = host.y - host.h / 2 + host.h * RIMS.get(host.icon, 0.0)
    return replace(part, x=x, y=rim - part.h * stalked, order=host.order - 0.1, ground=None)


def _beside(scene: Scene, group: Group, host: Placed, part: Placed, of: tuple[int, int]) -> Placed:
    left, _, right, _ = group.box()
    if supported(scene, part.subject, host.subject):
        x = (
            left - part.w * 0.55
            if scene.subjects[part.subject].relation == "left of"
            else right + part.w * 0.55
        )
        return replace(part, x=x, y=host.y + host.h / 2 - part.h / 2, order=host.order + 0.05)
    return replace(part, x=right + part.w * 0.55, order=host.order + 0.05)


_ATTACH = {
    "wearing": _wear,
    "holding": _hold,
    "eating": _eat,
    "riding": _ride,
    "on": _on,
    "under": _under,
    "above": _above,
    "inside": _inside,
}

"""Composition: from a Scene to boxes on the canvas. Pure arithmetic; nothing is drawn here.

Subjects that relate to one another become one group (a hat on a head, a cat on a chair). Groups
stand in rows on the floor, or float in a loose grid where there is no floor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from random import Random

from . import figures
from .backdrops import Medium
from .homes import SUPPORTS, TRANSPARENT, VEHICLES, WORN
from .scene import Scene, Shot
from .sprites import crown

MOST = 24
"""More sprites than this of one kind are not drawn: they would be specks."""

TARGET: dict[Shot, float] = {"close-up": 800, "medium": 550, "wide": 300, "aerial": 250}
"""The main subject's longer edge in units (the canvas's short edge is 1000)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the backdrop leaves for subjects; units, y downwards."""

    w: float
    h: float
    medium: Medium
    horizon: float
    foot: float
    headroom: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One sprite: the middle and size of its box before it is turned by `tilt` degrees (clockwise).

    `order` is the painting order (the least first), `depth` 0 near to 1 far, `ground` the y at which it
    touches what it stands on, None when it hangs in the air. `sunk` is the share under water.
    """

    subject: int
    icon: str
    x: float
    y: float
    w: float
    h: float
    tilt: float = 0.0
    mirror: bool = False
    order: float = 0.0
    depth: float = 0.0
    ground: float | None = None
    sunk: float = 0.0
    opacity: float = 1.0
    cropped: bool = False  # ends at the lower edge, or behind a table, on purpose

    @property
    def span(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the turned box."""
        c, s = abs(math.cos(math.radians(self.tilt))), abs(math.sin(math.radians(self.tilt)))
        w, h = (self.w * c + self.h * s) / 2, (self.w * s + self.h * c) / 2
        return self.x - w, self.y - h, self.x + w, self.y + h


@dataclass(slots=True)
class Group:
    """Sprites that belong together, around an origin where the group stands (x 0, y 0 is its foot)."""

    parts: list[Placed] = field(default_factory=list)
    lead: int = 0  # the index of the subject that the group is about
    lift: float = 0.0  # how far above the floor it hangs, in units of its height
    bust: bool = False  # drawn to the waist only: it is cut by the picture's edge or by a table

    def box(self) -> tuple[float, float, float, float]:
        spans = [part.span for part in self.parts]
        return (
            min(s[0] for s in spans),
            min(s[1] for s in spans),
            max(s[2] for s in spans),
            max(s[3] for s in spans),
        )

    def moved(self, x: float, y: float, scale: float, depth: float, order: float) -> list[Placed]:
        return [
            replace(
                part,
                x=x + part.x * scale,
                y=y + part.y * scale,
                w=part.w * scale,
                h=part.h * scale,
                depth=depth,
                order=order + part.order,
                ground=None if part.ground is None else y + part.ground * scale,
            )
            for part in self.parts
        ]


def place(scene: Scene, frame: Frame, rng: Random) -> list[Placed]:
    """Where every sprite goes, in painting order."""
    if not scene.subjects:
        return []
    sky = [i for i, s in enumerate(scene.subjects) if _hangs_in_sky(scene, i)]
    roots = [i for i, s in enumerate(scene.subjects) if _root_of(scene, i) == i and i not in sky]
    groups = _row_order(scene, [g for i in roots for g in _groups_of(scene, i, frame, rng)], roots)
    placed = _aloft(scene, sky, frame, rng)
    if groups:
        packed = (
            _on_floor(scene, groups, frame, rng)
            if frame.medium in ("floor", "table", "water")
            else _afloat(scene, groups, frame, rng)
        )
        placed += _kept_inside(packed, frame)
    return sorted(placed, key=lambda p: p.order)


def _hangs_in_sky(scene: Scene, index: int) -> bool:
    subject = scene.subjects[index]
    free = subject.anchor is None or subject.relation in ("above", "behind", "beside")
    return index > 0 and free and figures.standing(subject.icon).habit == "sky"


SIDE = ("beside", "left of", "right of", "behind", "in front of", "above", "under")
"""Relations between groups; the others put a subject into its anchor's group."""


def _root_of(scene: Scene, index: int) -> int:
    """The subject whose group this one belongs to: itself, unless it is worn, held, ridden, sat on."""
    seen = {index}
    while (anchor := scene.subjects[index].anchor) is not None:
        relation = scene.subjects[index].relation
        joins = relation not in SIDE or relation in ("above", "under") or _supported(scene, index, anchor)
        if not joins or anchor in seen or not 0 <= anchor < len(scene.subjects):
            break
        seen.add(anchor)
        index = anchor
    return index


def _supported(scene: Scene, index: int, anchor: int) -> bool:
    """Whether the anchor stands on a table or the like, so that what is beside it must stand there too."""
    if scene.subjects[index].relation not in ("beside", "left of", "right of"):
        return False
    return any(s.relation == "under" and s.anchor == anchor and s.icon in SUPPORTS for s in scene.subjects)


def _size(scene: Scene, index: int) -> float:
    """A subject's longer edge relative to the main subject's, tempered so that both stay visible."""
    subject, main = scene.subjects[index], scene.subjects[0]
    own, lead = figures.standing(subject.icon).size, figures.standing(main.icon).size
    natural = (own / lead) ** 0.6
    return float(min(2.0, max(0.34, natural)) * (subject.scale / main.scale) ** 0.8)


def _sprite(scene: Scene, index: int, edge: float, rng: Random, *, still: bool = False) -> Placed:
    """One copy standing on the origin."""
    subject = scene.subjects[index]
    box, standing = figures.box(subject.icon), figures.standing(subject.icon)
    scale = edge / max(box.width, box.height)
    w, h = box.width * scale, box.height * scale
    tilt = 0.0 if still else rng.uniform(-4, 4) if standing.habit != "stands" else rng.uniform(-1.6, 1.6)
    mirror = rng.random() < 0.5 and not standing.framed and not still
    return Placed(
        subject=index, icon=subject.icon, x=0, y=-h / 2, w=w, h=h, tilt=tilt, mirror=mirror, ground=0.0
    )


def _groups_of(scene: Scene, root: int, frame: Frame, rng: Random) -> list[Group]:
    """The groups led by one subject: as many as its count, each with what belongs to it."""
    subject = scene.subjects[root]
    count = max(1, min(MOST, subject.count))
    groups = []
    for copy in range(count):
        edge = _size(scene, root) * (rng.uniform(0.9, 1.06) if count > 1 else 1.0)
        group = Group(parts=[_sprite(scene, root, edge, rng)], lead=root)
        for index, other in enumerate(scene.subjects):
            if other.anchor is not None and index != root and _root_of(scene, index) == root:
                each = other.relation in ("wearing", "riding", "holding", "eating") or copy == 0
                if each:
                    _attach(
                        scene,
                        group,
                        index,
                        rng,
                        many=copy == 0 and other.relation not in ("wearing", "riding"),
                    )
        habit = figures.standing(subject.icon).habit
        if (
            habit == "flies"
            or subject.relation == "above"
            or (habit == "hangs" and frame.medium == "floor")
            or habit == "sky"
        ):
            group.lift = rng.uniform(0.5, 0.75)
        elif habit == "floats" and frame.medium == "floor":
            group.lift = 0.1
        group.bust = is_bust(subject.icon)
        groups.append(_settled(group))
    return groups


def is_bust(icon: str) -> bool:
    """People are drawn to the waist unless they do something with their legs."""
    standing = figures.standing(icon)
    return standing.person and standing.size < 0.8 and standing.habit == "stands" and "standing" not in icon


def _settled(group: Group) -> Group:
    """The same group with its lowest standing point on the origin."""
    bottom = max(part.span[3] for part in group.parts)
    left, _, right, _ = group.box()
    middle = (left + right) / 2
    group.parts = [
        replace(p, x=p.x - middle, y=p.y - bottom, ground=None if p.ground is None else p.ground - bottom)
        for p in group.parts
    ]
    return group


def _attach(scene: Scene, group: Group, index: int, rng: Random, *, many: bool) -> None:
    """Adds a related subject to the group that holds its anchor."""
    other = scene.subjects[index]
    host = next((p for p in group.parts if p.subject == other.anchor), None)
    if host is None or other.relation is None:
        return
    count = max(1, min(MOST, other.count)) if many else 1
    edge = _size(scene, index)
    for copy in range(count):
        part = _sprite(scene, index, edge, rng)
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
    copy, _ = of
    part = _sized(part, min(max(part.w, part.h), max(host.w, host.h) * 0.5))
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
    seat = -part.h * (0.52 if part.icon in VEHICLES else 0.62)
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
        left, _, right, _ = group.box()
        part = _sized(part, max(part.w, part.h, max(host.w, host.h) * 1.1))
        part = _sized(part, max(part.w, part.h) * max(1.0, (right - left) / (usable * 1.15) / part.w))
        part = replace(
            part, x=(left + right) / 2, y=-part.h / 2, tilt=0.0, order=host.order - 0.2, ground=0.0
        )
        top = -part.h + part.h * drop
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
        part, min(max(part.w, part.h), min(host.w, host.h) * (0.56 if host.icon in TRANSPARENT else 0.74))
    )
    x = host.x + (copy - (count - 1) / 2) * host.w * 0.5 / count
    if host.icon in TRANSPARENT:
        return replace(part, x=x, y=host.y + host.h * 0.1, order=host.order + 0.1, ground=None, opacity=0.92)
    if figures.standing(host.icon).size >= 1.2:  # a house or a car: seen before it, in a window or a door
        part = _sized(part, min(host.w, host.h) * 0.38)
        return replace(part, x=x, y=host.y + host.h * 0.1, order=host.order + 0.1, ground=None)
    return replace(part, x=x, y=host.y - host.h / 2 - part.h * 0.12, order=host.order - 0.1, ground=None)


def _beside(scene: Scene, group: Group, host: Placed, part: Placed, of: tuple[int, int]) -> Placed:
    left, _, right, _ = group.box()
    if _supported(scene, part.subject, host.subject):
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


def _row_order(scene: Scene, groups: list[Group], roots: list[int]) -> list[Group]:
    """Groups from left to right: what the prompt says first, then the rest to either side."""
    order: list[Group] = []
    for root in roots:
        own = [g for g in groups if g.lead == root]
        subject = scene.subjects[root]
        anchors = [
            i
            for i, g in enumerate(order)
            if subject.anchor is not None and g.lead == _root_of(scene, subject.anchor)
        ]
        if anchors and subject.relation == "left of":
            order[anchors[0] : anchors[0]] = own
        elif anchors and subject.relation in ("right of", "beside"):
            order[anchors[-1] + 1 : anchors[-1] + 1] = own
        elif len(order) % 2 or not order:
            order.extend(own)
        else:
            order[0:0] = own
    return order


def _target(scene: Scene, frame: Frame) -> float:
    """The longer edge of the main subject, in units, before it must fit."""
    size = figures.standing(scene.subjects[0].icon).size
    edge: float = (
        TARGET[scene.shot]
        * min(1.25, max(0.85, size**0.1))
        * min(1.7, max(0.5, scene.subjects[0].scale ** 0.7))
    )
    edge *= min(1.3, (max(frame.w, frame.h) / min(frame.w, frame.h)) ** 0.25)
    if scene.empty:
        edge *= 0.56
    if frame.medium in ("page", "air", "underwater"):
        edge *= 1.12
    return edge


def _spot(scene: Scene, frame: Frame, rng: Random) -> tuple[float, float]:
    """The middle of the composition as shares of the canvas; y is -1 (up), 0 or 1 (down)."""
    x = 0.28 if "left" in scene.spot else 0.72 if "right" in scene.spot else 0.5
    if x == 0.5 and scene.spot == "centre":
        x = rng.choice((0.33, 0.67)) if scene.empty else 0.5 + rng.uniform(-0.025, 0.025)
    return x, -1.0 if "top" in scene.spot else 1.0 if "bottom" in scene.spot else 0.0


def _rows(groups: list[Group], count: int, main: int) -> list[list[Group]]:
    """Groups shared out over rows, back to front; the front row is the fullest and has the main subject."""
    if count == 1:
        return [groups]
    own = [g for g in groups if g.lead == main]
    others = [g for g in groups if g.lead != main]
    ordered = others + own  # the back rows take companions first
    base, extra = divmod(len(ordered), count)
    rows, at = [], 0
    for row in range(count):
        take = base + (1 if row >= count - extra else 0)
        rows.append(ordered[at : at + take])
        at += take
    return [row for row in rows if row]


def _extent(row: list[Group], gap: float) -> float:
    return sum(g.box()[2] - g.box()[0] for g in row) * (1 + gap)


def _best_rows(
    groups: list[Group],
    room: tuple[float, float, float],
    edge: float,
    pitch: float,
    gap: float,
    shrink: float,
) -> tuple[list[list[Group]], float]:
    """The number of rows that lets the groups be drawn largest, and the scale (units per relative size).

    `room` is width, height, and how far back the floor goes (infinite where there is no floor).
    """
    wide, high, deep = room
    tallest = max(g.box()[3] - g.box()[1] for g in groups)
    best: tuple[float, list[list[Group]]] = (0.0, [groups])
    most = 1 if len(groups) < 4 and pitch < 1 else min(len(groups), 6)
    for count in range(1, most + 1):
        rows = _rows(groups, count, 0)
        widest = max(_extent(row, gap) * shrink ** (len(rows) - 1 - i) for i, row in enumerate(rows))
        behind = pitch * (len(rows) - 1)
        scale = min(edge, wide / widest, high / (tallest * (1 + behind)))
        if behind and pitch < 1:
            scale = min(scale, deep / (tallest * behind * shrink))
        if scale > best[0] * 1.12:
            best = (scale, rows)
    return best[1], best[0]


def _on_floor(scene: Scene, groups: list[Group], frame: Frame, rng: Random) -> list[Placed]:
    """Rows that recede towards the horizon, each a little smaller and higher than the one before it."""
    sx, sy = _spot(scene, frame, rng)
    foot = frame.foot
    if sy < 0:
        foot = frame.horizon + (frame.h - frame.horizon) * 0.25
    elif sy > 0:
        foot = frame.h * 0.93
    elif figures.standing(scene.subjects[0].icon).size >= 2.6 and frame.medium == "floor":
        foot = frame.horizon + (foot - frame.horizon) * 0.66  # what is as large as a house stands farther off
    if scene.shot == "close-up":
        foot = frame.h * 0.95
    if len(groups) > 3:
        foot = max(foot, frame.h * 0.9)
    if len(groups) > 2 and all(g.lift for g in groups):
        return _afloat(scene, groups, replace(frame, medium="air", foot=frame.horizon * 0.62), rng)
    edge = _target(scene, frame) * (0.85 if sy < 0 else 1.0)
    if groups[0].bust and frame.medium != "table":
        edge, foot = edge * 1.3, frame.h + 6
    elif groups[0].lift:
        edge *= 0.8
    pitch, gap, shrink = 0.66, 0.02 if len(groups) > 2 else 0.06, 0.84
    wide = frame.w * 0.9 * (1.0 if 0.4 < sx < 0.6 else 0.72)
    top = frame.h * frame.headroom
    if any(g.lift for g in groups):
        top += (foot - top) * 0.1
    rows, scale = _best_rows(groups, (wide, foot - top, foot - frame.horizon - 8), edge, pitch, gap, shrink)
    placed: list[Placed] = []
    for number, row in enumerate(rows):
        behind = len(rows) - 1 - number
        size = scale * shrink**behind
        height = max(g.box()[3] - g.box()[1] for g in row) * size
        before = sum(
            max(g.box()[3] - g.box()[1] for g in rows[k]) * scale * shrink ** (len(rows) - 1 - k)
            for k in range(number, len(rows) - 1)
        )
        y = foot - pitch * before
        if frame.medium != "table":
            y = max(frame.horizon + 8, y)
        depth = min(0.5, 0.14 * behind)
        total = _extent(row, gap) * size
        x = frame.w * sx - total / 2
        if len(rows) > 1:  # rows stand in each other's gaps
            x += (0.25 if number % 2 else -0.25) * total / len(row)
        for slot, group in enumerate(row):
            left, _, right, _ = group.box()
            width = (right - left) * size * (1 + gap)
            jitter = rng.uniform(-1, 1) * (0.05 * height if len(groups) > 1 else 0)
            lift = group.lift * min(height * 0.9, (y - top - height) * 0.8) if group.lift else 0.0
            spot = _behind(scene, group.lead)
            dy = jitter * 0.5 - (0.16 * height if spot > 0 else -0.1 * height if spot < 0 else 0)
            cx = x + width / 2
            if spot and len(row) > 1:  # overlap the anchor by a third, never hide it
                neighbour = row[slot - 1] if slot else row[slot + 1]
                cx += (-1 if slot else 1) * 0.2 * (neighbour.box()[2] - neighbour.box()[0]) * size
            if group.bust:
                y_foot = frame.horizon + 14 if frame.medium == "table" else frame.h + 6
                dy = y_foot - y
            order = number * 10 + (0 if not spot else -3 * spot) + slot * 0.01 + (0 if not lift else 2)
            for part in group.moved(
                cx, y + dy - max(0.0, lift), size, depth + (0.1 if spot > 0 else 0), order
            ):
                ground = None if part.ground is None or group.bust else part.ground + max(0.0, lift)
                placed.append(replace(part, ground=ground, cropped=group.bust))
            x += width
    return [_in_water(p) for p in placed] if frame.medium == "water" else placed


def _behind(scene: Scene, index: int) -> int:
    """1 when the subject is behind its anchor, -1 when in front of it, 0 otherwise."""
    return {"behind": 1, "in front of": -1}.get(scene.subjects[index].relation or "", 0)


def _in_water(part: Placed) -> Placed:
    """Boats dip a little, swimmers half, whatever cannot swim up to its middle."""
    habit = figures.standing(part.icon).habit
    sunk = {"sails": 0.07, "swims": 0.34, "flies": 0.0, "sky": 0.0, "floats": 0.0, "hangs": 0.0}.get(
        habit, 0.2
    )
    if part.ground is None or abs(part.ground - part.y - part.h / 2) > part.h * 0.2:
        return part
    return replace(part, y=part.y + part.h * sunk, sunk=sunk)


def _afloat(scene: Scene, groups: list[Group], frame: Frame, rng: Random) -> list[Placed]:
    """A loose grid about the spot, for air, space, water and empty pages."""
    sx, sy = _spot(scene, frame, rng)
    middle = frame.h * 0.32 if sy < 0 else frame.h * 0.68 if sy > 0 else frame.foot
    edge = _target(scene, frame)
    high = 2 * min(middle, frame.h - middle) * 0.9
    wide = frame.w * 0.9 * (1.0 if 0.4 < sx < 0.6 else 0.6)
    loose = frame.medium != "page"
    gap = 0.3 if loose and len(groups) > 2 else 0.1
    rows, scale = _best_rows(groups, (wide, high, math.inf), edge, 1 + gap * 0.6, gap, 1.0)
    scale = min(
        scale, high / sum(max(g.box()[3] - g.box()[1] for g in row) * (1 + gap * 0.6) for row in rows)
    )
    heights = [max(g.box()[3] - g.box()[1] for g in row) * scale * (1 + gap * 0.6) for row in rows]
    y = middle - sum(heights) / 2
    placed: list[Placed] = []
    for number, (row, height) in enumerate(zip(rows, heights, strict=True)):
        total = _extent(row, gap) * scale
        x = frame.w * sx - total / 2
        if loose and len(rows) > 1:
            x += (0.16 if number % 2 else -0.16) * total / len(row)
        for slot, group in enumerate(row):
            left, top, right, bottom = group.box()
            width = (right - left) * scale * (1 + gap)
            sway = 0.24 if loose and len(groups) > 1 else 0.03 if len(groups) > 1 else 0.0
            cx = x + width / 2 + rng.uniform(-1, 1) * sway * width * 0.5
            cy = y + height / 2 + (bottom - top) * scale / 2 + rng.uniform(-1, 1) * sway * height
            placed += [
                replace(p, ground=None) for p in group.moved(cx, cy, scale, 0.0, number * 10 + slot * 0.5)
            ]
            x += width
        y += height
    if loose:
        placed = [replace(p, tilt=p.tilt * 1.8) for p in placed]
    return placed


def _aloft(scene: Scene, indices: list[int], frame: Frame, rng: Random) -> list[Placed]:
    """Companions from the sky (a sun, clouds, a rainbow) in the upper part, behind everything else."""
    placed: list[Placed] = []
    for number, index in enumerate(indices):
        subject = scene.subjects[index]
        count = max(1, min(MOST, subject.count))
        for copy in range(count):
            part = _sprite(
                scene, index, 230 * subject.scale**0.7 * (1.0 if count == 1 else max(0.35, count**-0.4)), rng
            )
            slots = len(indices) + count - 1
            at = (
                (0.18 + 0.64 * (number + copy + rng.uniform(0, 0.4)) / slots)
                if slots > 1
                else rng.choice((0.18, 0.82))
            )
            y = max(part.h * 0.62, frame.horizon * rng.uniform(0.12, 0.3))
            x = min(max(frame.w * at, part.w * 0.6), frame.w - part.w * 0.6)
            placed.append(replace(part, x=x, y=y, order=-100 + number, depth=0.9, ground=None))
    return placed


def _kept_inside(placed: list[Placed], frame: Frame) -> list[Placed]:
    """The whole composition moved, and if need be shrunk, so that nothing is cropped by accident."""
    margin = 0.02 * min(frame.w, frame.h)
    left, top = min(p.span[0] for p in placed), min(p.span[1] for p in placed)
    right, bottom = (
        max(p.span[2] for p in placed),
        max(frame.h - margin if p.cropped else p.span[3] - p.h * p.sunk for p in placed),
    )
    scale = min(1.0, (frame.w - 2 * margin) / (right - left), (frame.h - 2 * margin) / (bottom - top))
    cx, base = (left + right) / 2, bottom
    dx = max(margin - (cx - (cx - left) * scale), 0) + min(frame.w - margin - (cx + (right - cx) * scale), 0)
    dy = max(margin - (base - (base - top) * scale), 0) + min(frame.h - margin - base, 0)
    if scale == 1.0 and dx == 0 and dy == 0:
        return placed
    return [
        replace(
            p,
            x=cx + (p.x - cx) * scale + dx,
            y=base + (p.y - base) * scale + dy,
            w=p.w * scale,
            h=p.h * scale,
            ground=None if p.ground is None else base + (p.ground - base) * scale + dy,
        )
        for p in placed
    ]

"""Composition on a floor, a table or the sea: rows that recede, companions behind, people cut at the waist."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from .. import figures
from ..scene import Scene
from .floating import afloat
from .packing import best_rows, extent, spot_of, target
from .placing import Frame, Group, Placed, host_of
from .relating import behind, leader

PITCH = 0.66
"""How far apart rows stand, in heights of the row before them: less would hide faces."""
SHRINK = 0.84
"""How much smaller each row is than the one before it."""


@dataclass(frozen=True, slots=True)
class _Ground:
    """Where the front row stands, the room above it, and how large the main subject may be (units)."""

    centre: float
    foot: float
    top: float
    wide: float
    edge: float


def on_floor(scene: Scene, groups: list[Group], frame: Frame, rng: Random) -> list[Placed]:
    """Rows that recede towards the horizon, each a little smaller and higher than the one before it."""
    if len(groups) > 2 and all(group.lift for group in groups):
        return afloat(scene, groups, replace(frame, medium="air", foot=frame.horizon * 0.62), rng)
    front = [g for g in groups if not _stays_back(scene, groups, g)]
    back = [g for g in groups if _stays_back(scene, groups, g)]
    ground = _ground(scene, front, frame, rng)
    if len(back) == 1:  # the main subject makes room on one side
        ground = replace(ground, centre=ground.centre + rng.choice((-0.09, 0.09)))
    gap = 0.02 if len(front) > 2 else 0.06
    room = (ground.wide, ground.foot - ground.top, ground.foot - frame.horizon - 8)
    rows, scale = best_rows(front, room, ground.edge, PITCH, gap, SHRINK)
    placed: list[Placed] = []
    ahead = 0.0  # heights of the rows before this one
    for number in reversed(range(len(rows))):
        size = scale * SHRINK ** (len(rows) - 1 - number)
        foot = ground.foot - PITCH * ahead
        if frame.medium != "table":
            foot = max(frame.horizon + 8, foot)
        placed += _row(scene, rows, number, replace(ground, foot=foot), size, gap, frame, rng)
        ahead += _height(rows[number]) * size
    placed += _background(back, placed, scale, frame)
    if frame.medium != "water":
        return placed
    return [_in_water(p, host_of(p, placed)) for p in placed]


def _height(row: list[Group]) -> float:
    return max(group.box()[3] - group.box()[1] for group in row)


def _stays_back(scene: Scene, groups: list[Group], group: Group) -> bool:
    """Companions behind the main subject take none of its room; nor do things beside somebody
    who is seen from the waist up."""
    main = leader(scene, groups)
    if group.lead == main.lead:
        return False
    near = scene.shot == "close-up" or main.bust
    return behind(scene, group.lead) > 0 or (
        near and not group.bust and not group.lift and behind(scene, group.lead) == 0
    )


def _ground(scene: Scene, groups: list[Group], frame: Frame, rng: Random) -> _Ground:
    sx, sy = spot_of(scene, frame, rng)
    foot = frame.foot
    size = figures.standing(scene.subjects[0].icon).size
    if sy < 0:
        foot = frame.horizon + (frame.h - frame.horizon) * 0.25
    elif sy > 0:
        foot = frame.h * 0.93
    elif size >= 2.6 and frame.medium == "floor":
        foot = frame.horizon + (foot - frame.horizon) * 0.66  # what is as large as a house stands farther off
    if scene.shot == "close-up":
        foot = frame.h * 0.95
    if len(groups) > 3:
        foot = max(foot, frame.h * 0.9)
    if (
        len(groups) == 1 and scene.spot == "centre" and frame.centre is None and not scene.empty
    ):  # off the middle, as one frames by eye
        sx += rng.choice((-0.1, 0.0, 0.1))
    edge = target(scene, frame) * (0.85 if sy < 0 else 1.0) * rng.uniform(0.88, 1.05)
    main = leader(scene, groups)
    if main.bust and frame.medium != "table":
        near = scene.shot == "close-up" and scene.subjects[0].icon in figures.BODIES
        edge, foot = edge * 1.3, frame.h * (1.2 if near else 1.0) + 6
    elif main.lift:
        edge *= 0.8
    top = frame.h * frame.headroom
    if any(group.lift for group in groups):
        top += (foot - top) * 0.1
    wide = frame.w * (0.9 if 0.35 < sx < 0.65 else 0.65)
    return _Ground(sx, foot, top, wide, edge)


def _row(
    scene: Scene,
    rows: list[list[Group]],
    number: int,
    ground: _Ground,
    size: float,
    gap: float,
    frame: Frame,
    rng: Random,
) -> list[Placed]:
    """One row about the ground's centre, the groups side by side."""
    row = rows[number]
    height, total = _height(row) * size, extent(row, gap) * size
    several = sum(len(each) for each in rows) > 1
    depth = min(0.5, 0.14 * (len(rows) - 1 - number))
    x = frame.w * ground.centre - total / 2
    if len(rows) > 1:  # rows stand in each other's gaps
        x += (0.25 if number % 2 else -0.25) * total / len(row)
    placed: list[Placed] = []
    for slot, group in enumerate(row):
        left, _, right, _ = group.box()
        width = (right - left) * size * (1 + gap)
        before = behind(scene, group.lead) < 0
        dy = rng.uniform(-0.025, 0.025) * height if several else 0.0
        cx, order = x + width / 2, number * 10 + slot * 0.01
        lift = max(0.0, group.lift * min(height * 0.9, (ground.foot - ground.top - height) * 0.8))
        if before:
            dy, order = dy + 0.1 * height, order + 3
            if len(row) > 1:  # overlaps what it stands before, without hiding it
                other = row[slot - 1] if slot else row[slot + 1]
                cx += (-1 if slot else 1) * 0.2 * (other.box()[2] - other.box()[0]) * size
        if group.bust:
            dy = (
                frame.horizon + 14 if frame.medium == "table" else max(ground.foot, frame.h + 6)
            ) - ground.foot
        for part in group.moved(cx, ground.foot + dy - lift, size, depth, order + (2 if lift else 0)):
            level = None if part.ground is None or group.bust else part.ground + lift
            placed.append(replace(part, ground=level, cropped=group.bust))
        x += width
    return placed


def _background(back: list[Group], front: list[Placed], scale: float, frame: Frame) -> list[Placed]:
    """Companions farther off, left and right of what is in front, which may cover a third of them."""
    placed: list[Placed] = []
    if not back:
        return placed
    edges = [min(p.span[0] for p in front), max(p.span[2] for p in front)]
    side = 0 if edges[0] > frame.w - edges[1] else 1
    foot = (
        frame.horizon + 0.4 * (frame.foot - frame.horizon) if frame.medium != "table" else frame.horizon + 10
    )
    for number, group in enumerate(back):
        left, top, right, bottom = group.box()
        size = min(
            scale, 0.44 * frame.w / (right - left), 0.8 * (foot - frame.h * frame.headroom) / (bottom - top)
        )
        half = (right - left) * size / 2
        inwards = half * 0.4 * (1 - number // 2)
        x = edges[0] - half + inwards if side == 0 else edges[1] + half - inwards
        x = min(max(x, half + 0.02 * frame.w), frame.w - half - 0.02 * frame.w)
        lift = group.lift * 0.4 * (foot - top * size) if group.lift else 0.0
        placed += group.moved(x, foot - min(lift, foot * 0.5), size, 0.3, -20 - number)
        edges[side] = x - half if side == 0 else x + half
        side = 1 - side
    return placed


def _in_water(part: Placed, host: Placed | None = None) -> Placed:
    """Boats dip a little, swimmers half, whatever cannot swim up to its middle."""
    if host is not None:  # goes down with what it stands on
        drop = _in_water(host).y - host.y
        return replace(part, y=part.y + drop, ground=None if part.ground is None else part.ground + drop)
    habit = figures.standing(part.icon).habit
    sunk = {"sails": 0.07, "swims": 0.34, "flies": 0.0, "sky": 0.0, "floats": 0.0, "hangs": 0.0}.get(
        habit, 0.2
    )
    if part.ground is None or abs(part.ground - part.y - part.h / 2) > part.h * 0.2:
        return part
    return replace(part, y=part.y + part.h * sunk, sunk=sunk)

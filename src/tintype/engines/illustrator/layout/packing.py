"""How many rows, and how large: the room shared out among groups."""

from __future__ import annotations

from random import Random

from .. import figures
from ..scene import Scene, Shot
from .placing import Frame, Group

TARGET: dict[Shot, float] = {"close-up": 800, "medium": 550, "wide": 300, "aerial": 250}
"""The main subject's longer edge in units (the canvas's short edge is 1000)."""


def target(scene: Scene, frame: Frame) -> float:
    """The longer edge of the main subject, in units, before it must fit."""
    size = figures.standing(scene.subjects[0].icon).size
    reach = TARGET[scene.shot]
    if frame.medium == "table":
        reach = max(480.0, reach)  # a table is near, however it is seen
    edge: float = reach * min(1.25, max(0.85, size**0.1)) * min(1.7, max(0.5, scene.subjects[0].scale ** 0.7))
    edge *= frame.closeness * min(1.3, (max(frame.w, frame.h) / min(frame.w, frame.h)) ** 0.25)
    if scene.empty:
        edge *= 0.56
    if frame.medium in ("page", "air", "underwater"):
        edge *= 1.25
    return edge


def spot_of(scene: Scene, frame: Frame, rng: Random) -> tuple[float, float]:
    """The middle of the composition as shares of the canvas; y is -1 (up), 0 or 1 (down)."""
    x = 0.28 if "left" in scene.spot else 0.72 if "right" in scene.spot else 0.5
    if x == 0.5 and scene.spot == "centre" and frame.centre is not None:
        x = frame.centre
    elif x == 0.5 and scene.spot == "centre":
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


def extent(row: list[Group], gap: float) -> float:
    return sum(g.box()[2] - g.box()[0] for g in row) * (1 + gap)


def best_rows(
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
        widest = max(extent(row, gap) * shrink ** (len(rows) - 1 - i) for i, row in enumerate(rows))
        behind = pitch * (len(rows) - 1)
        scale = min(edge, wide / widest, high / (tallest * (1 + behind)))
        if behind and pitch < 1:
            scale = min(scale, deep / (tallest * behind * shrink))
        if scale > best[0] * 1.12:
            best = (scale, rows)
    return best[1], best[0]

"""Composition: from a Scene to boxes on the canvas. Pure arithmetic; nothing is drawn here.

Subjects that relate to one another become one group (a hat on a head, a cat on a chair). Groups
stand in rows on the floor, or float in a loose grid where there is no floor.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from ..scene import Scene, Subject
from .floating import afloat, aloft
from .grouping import groups_of, row_order
from .placing import Frame, Placed, host_of
from .relating import hangs_in_sky, leader, root_of
from .standing import on_floor


def place(scene: Scene, frame: Frame, rng: Random) -> list[Placed]:
    """Where every sprite goes, in painting order."""
    if not scene.subjects:
        return []
    kept = [i for i, s in enumerate(scene.subjects) if i == 0 or s.icon not in frame.furnished]
    placed = _placed(_without_others(scene, kept), frame, rng)
    return sorted((replace(p, subject=kept[p.subject]) for p in placed), key=lambda p: p.order)


def _without_others(scene: Scene, kept: list[int]) -> Scene:
    """The scene of these subjects only, with anchors counted anew."""
    number = {old: new for new, old in enumerate(kept)}
    subjects = [scene.subjects[i] for i in kept]
    return replace(
        scene,
        subjects=tuple(
            s
            if s.anchor is None
            else replace(s, anchor=number[s.anchor])
            if s.anchor in number
            else _freed(s)
            for s in subjects
        ),
    )


def _freed(subject: Subject) -> Subject:
    return replace(subject, anchor=None, relation=None)


def _placed(scene: Scene, frame: Frame, rng: Random) -> list[Placed]:
    sky = [i for i in range(len(scene.subjects)) if hangs_in_sky(scene, i)]
    scene = replace(scene, subjects=tuple(_freed(s) if s.anchor in sky else s for s in scene.subjects))
    roots = [i for i, s in enumerate(scene.subjects) if root_of(scene, i) == i and i not in sky]
    groups = row_order(scene, [g for i in roots for g in groups_of(scene, i, frame, rng)], roots)
    placed = aloft(scene, sky, frame, rng)
    if groups:
        if leader(scene, groups).bust and frame.medium not in ("floor", "table", "water"):
            frame = replace(frame, medium="floor", horizon=0.6 * frame.h, foot=0.85 * frame.h)
        packed = (
            on_floor(scene, groups, frame, rng)
            if frame.medium in ("floor", "table", "water")
            else afloat(scene, groups, frame, rng)
        )
        placed += _kept_inside(packed, frame)
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


__all__ = ["Frame", "Placed", "host_of", "place"]

"""Composition where there is no floor: in the air, in space, under water, on a page; and what hangs in the sky."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

from ..scene import Scene
from .packing import best_rows, extent, spot_of, target
from .placing import MOST, Frame, Group, Placed
from .relating import ARCHES, sprite_of


def afloat(scene: Scene, groups: list[Group], frame: Frame, rng: Random) -> list[Placed]:
    """A loose grid about the spot, for air, space, water and empty pages."""
    sx, sy = spot_of(scene, frame, rng)
    middle = frame.h * 0.32 if sy < 0 else frame.h * 0.68 if sy > 0 else frame.foot
    edge = target(scene, frame)
    if frame.headroom > 0.2:  # there are words above
        middle = max(middle, (frame.headroom + 0.97) / 2 * frame.h)
    high = 2 * min(middle - frame.headroom * frame.h * (frame.headroom > 0.2), frame.h - middle) * 0.9
    wide = frame.w * 0.9 * (1.0 if 0.4 < sx < 0.6 else 0.6)
    loose = frame.medium != "page"
    gap = 0.3 if loose and len(groups) > 2 else 0.1
    rows, scale = best_rows(groups, (wide, high, math.inf), edge, 1 + gap * 0.6, gap, 1.0)
    scale = min(
        scale, high / sum(max(g.box()[3] - g.box()[1] for g in row) * (1 + gap * 0.6) for row in rows)
    )
    heights = [max(g.box()[3] - g.box()[1] for g in row) * scale * (1 + gap * 0.6) for row in rows]
    y = middle - sum(heights) / 2
    placed: list[Placed] = []
    for number, (row, height) in enumerate(zip(rows, heights, strict=True)):
        total = extent(row, gap) * scale
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


def aloft(scene: Scene, indices: list[int], frame: Frame, rng: Random) -> list[Placed]:
    """Companions from the sky (a sun, clouds, a rainbow) in the upper part, behind everything else."""
    placed: list[Placed] = []
    for number, index in enumerate(indices):
        subject = scene.subjects[index]
        count = max(5 if subject.icon == "fireworks" else 1, min(MOST, subject.count))
        if subject.icon in ARCHES:
            placed.append(_arch(scene, index, frame, rng))
            continue
        for copy in range(count):
            part = sprite_of(
                scene,
                index,
                (230 if index else 420)
                * subject.scale**0.7
                * (1.0 if count == 1 else max(0.35, count**-0.4)),
                rng,
                variant=copy,
            )
            slots = len(indices) + count - 1
            at = (
                (0.18 + 0.64 * (number + copy + rng.uniform(0, 0.4)) / slots)
                if slots > 1
                else rng.choice((0.18, 0.82))
            )
            low = 0.6 if subject.icon == "fireworks" else 0.3
            y = max(part.h * 0.62, frame.horizon * rng.uniform(0.12, low))
            x = min(max(frame.w * at, part.w * 0.6), frame.w - part.w * 0.6)
            placed.append(replace(part, x=x, y=y, order=-100 + number, depth=0.9, ground=None))
    return placed


def _arch(scene: Scene, index: int, frame: Frame, rng: Random) -> Placed:
    """A rainbow or an aurora over everything, from one end of the horizon to the other."""
    part = sprite_of(scene, index, 1.0, rng, still=True)
    foot = frame.horizon if 0.3 < frame.horizon / frame.h < 0.9 else 0.7 * frame.h
    scale = min(0.96 * frame.w / part.w, 0.96 * foot / part.h)
    w, h = part.w * scale, part.h * scale
    if part.icon == "aurora":  # no arch: it may be as wide as the sky
        w, foot = frame.w * 1.04, foot * 0.88
    return replace(
        part, x=frame.w / 2, y=foot - h / 2, w=w, h=h, order=-110, depth=0.9, ground=None, opacity=0.85
    )

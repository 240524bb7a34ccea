"""The groups of a scene: each copy of a subject that stands by itself, with everything that belongs to it."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from .. import figures
from ..scene import Scene
from .attaching import attach
from .placing import MOST, Frame, Group
from .relating import hangs_in_sky, root_of, size_of, sprite_of

EACH = ("wearing", "riding", "holding", "eating")
"""Relations that every copy has for itself: three dogs wearing hats have three hats."""


def groups_of(scene: Scene, root: int, frame: Frame, rng: Random) -> list[Group]:
    """The groups led by one subject: as many as its count, each with what belongs to it."""
    subject = scene.subjects[root]
    count = max(1, min(MOST, subject.count))
    groups = []
    for copy in range(count):
        edge = size_of(scene, root) * (rng.uniform(0.9, 1.06) if count > 1 else 1.0)
        group = Group(parts=[sprite_of(scene, root, edge, rng)], lead=root)
        for index in _joined(scene, root):
            relation = scene.subjects[index].relation
            if copy == 0 or relation in EACH:
                attach(scene, group, index, rng, many=copy == 0 and relation not in ("wearing", "riding"))
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
        near = scene.shot == "close-up" and subject.icon in figures.BODIES
        alone = all(part.subject == root or part.ground is None for part in group.parts)  # nothing below them
        group.bust = (near or figures.is_bust(subject.icon)) and alone
        groups.append(_settled(group))
    return groups


def _joined(scene: Scene, root: int) -> list[int]:
    """The other subjects of a root's group, each after the one that it relates to."""
    waiting = [
        i
        for i in range(len(scene.subjects))
        if i != root and root_of(scene, i) == root and not hangs_in_sky(scene, i)
    ]
    joined: list[int] = []
    while ready := [i for i in waiting if i not in joined and scene.subjects[i].anchor in (root, *joined)]:
        joined += ready
    return joined


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


def row_order(scene: Scene, groups: list[Group], roots: list[int]) -> list[Group]:
    """Groups from left to right: what the prompt says first, then the rest to either side."""
    order: list[Group] = []
    for root in roots:
        own = [g for g in groups if g.lead == root]
        subject = scene.subjects[root]
        anchors = [
            i
            for i, g in enumerate(order)
            if subject.anchor is not None and g.lead == root_of(scene, subject.anchor)
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

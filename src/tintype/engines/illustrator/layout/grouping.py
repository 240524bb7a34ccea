"""The groups of a scene: each copy of a subject that stands by itself, with everything that belongs to it."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from .. import figures
from ..scene import Scene
from .attaching import attach
from .placing import MOST, Frame, Group, Placed
from .relating import hangs_in_sky, root_of, size_of, sprite_of

EACH = ("wearing", "riding", "holding", "eating")
"""Relations that every copy has for itself: three dogs wearing hats have three hats."""
ABREAST = 8
"""More than this do not fit side by side on one sofa."""


def groups_of(scene: Scene, root: int, frame: Frame, rng: Random) -> list[Group]:
    """The groups led by one subject: as many as its count, each with what belongs to it. Several on one
    support are a single group, side by side."""
    count = max(1, min(MOST, scene.subjects[root].count))
    joined = _joined(scene, root)
    together = 1 < count <= ABREAST and any(
        scene.subjects[i].relation == "under" and scene.subjects[i].anchor == root for i in joined
    )
    groups = []
    for copy in range(count):
        edge = size_of(scene, root) * (_spread(scene, root, rng) if count > 1 else 1.0)
        group = Group(parts=[sprite_of(scene, root, edge, rng, variant=copy)], lead=root)
        for index in joined:
            relation = scene.subjects[index].relation
            if relation in EACH or (copy == 0 and not together):
                attach(scene, group, index, rng, many=copy == 0 and relation not in ("wearing", "riding"))
        groups.append(group)
    if together:
        groups = [_abreast(groups)]
        for index in joined:
            if scene.subjects[index].relation not in EACH:
                attach(scene, groups[0], index, rng, many=True)
    for group in groups:
        _hang(scene, group, frame, rng)
    return [_settled(group) for group in groups]


def _spread(scene: Scene, root: int, rng: Random) -> float:
    """How large one of several is: what flies and swims is seen near and far."""
    free = figures.standing(scene.subjects[root].icon).habit in ("flies", "floats", "swims", "hangs", "sky")
    return rng.uniform(0.62, 1.1) if free else rng.uniform(0.9, 1.06)


def _abreast(groups: list[Group]) -> Group:
    """The groups as one, from left to right, each overlapping the one before it a little."""
    parts: list[Placed] = []
    x = 0.0
    for number, group in enumerate(groups):
        left, _, right, _ = group.box()
        parts += group.moved(x - left, 0, 1.0, 0.0, number * 0.01)
        x += (right - left) * 0.92
    return Group(parts=parts, lead=groups[0].lead)


def _hang(scene: Scene, group: Group, frame: Frame, rng: Random) -> None:
    """Whether the group hangs in the air, or ends at the waist."""
    root = group.lead
    subject = scene.subjects[root]
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
    # A support comes after what stands beside its subject, so that it is wide enough for both.
    own = {i: scene.subjects[i].anchor == root for i in joined}
    return sorted(joined, key=lambda i: 2 if not own[i] else scene.subjects[i].relation == "under")


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

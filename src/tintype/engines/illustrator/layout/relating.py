"""Which subjects of a scene belong together, which hang in the sky, and how large each is beside the others."""

from __future__ import annotations

from random import Random

from .. import figures
from ..homes import ORNAMENTS, SUPPORTS
from ..scene import Scene
from .placing import Group, Placed

ARCHES = frozenset(("rainbow", "aurora"))
"""What spans the whole sky."""


def hangs_in_sky(scene: Scene, index: int) -> bool:
    """A companion that belongs up there: a sun, clouds, stars, hearts."""
    subject = scene.subjects[index]
    if subject.icon in ARCHES or subject.icon == "fireworks":
        return subject.anchor is None or subject.relation in ("above", "behind", "beside", "under", "on")
    free = subject.anchor is None or subject.relation in ("above", "behind", "beside")
    lofty = subject.icon in ORNAMENTS or figures.standing(subject.icon).habit in ("sky", "floats")
    return index > 0 and free and lofty and figures.standing(scene.subjects[0].icon).habit != "floats"


SIDE = ("beside", "left of", "right of", "behind", "in front of", "above", "under")
"""Relations between groups; the others put a subject into its anchor's group."""


def root_of(scene: Scene, index: int) -> int:
    """The subject whose group this one belongs to: itself, unless it is worn, held, ridden, sat on."""
    seen = {index}
    while (anchor := scene.subjects[index].anchor) is not None:
        relation = scene.subjects[index].relation
        joins = relation not in SIDE or relation in ("above", "under") or supported(scene, index, anchor)
        if not joins or not 0 <= anchor < len(scene.subjects):
            break
        if anchor in seen:  # a circle: the first of them leads
            return min(seen)
        seen.add(anchor)
        index = anchor
    return index


def supported(scene: Scene, index: int, anchor: int) -> bool:
    """Whether the anchor stands on a table or the like, so that what is beside it must stand there too."""
    if scene.subjects[index].relation not in ("beside", "left of", "right of"):
        return False
    return any(s.relation == "under" and s.anchor == anchor and s.icon in SUPPORTS for s in scene.subjects)


def size_of(scene: Scene, index: int) -> float:
    """A subject's longer edge relative to the main subject's, tempered so that both stay visible."""
    subject, main = scene.subjects[index], scene.subjects[0]
    own, lead = figures.standing(subject.icon).size, figures.standing(main.icon).size
    natural = (own / lead) ** 0.6
    return float(min(2.0, max(0.34, natural)) * (subject.scale / main.scale) ** 0.8)


def sprite_of(
    scene: Scene, index: int, edge: float, rng: Random, *, still: bool = False, variant: int = 0
) -> Placed:
    """One copy standing on the origin."""
    subject = scene.subjects[index]
    icon = subject.icon
    if subject.count > 1:  # people are not all the same
        several = figures.CROWDS.get(icon, (icon,))
        icon = several[variant % len(several)]
    box, standing = figures.box(icon), figures.standing(icon)
    scale = edge / max(box.width, box.height)
    w, h = box.width * scale, box.height * scale
    tilt = (
        0.0
        if still
        else rng.uniform(-4, 4)
        if standing.habit != "stands"
        else rng.uniform(-1.6, 1.6) * (standing.size < 1.2)
    )
    mirror = rng.random() < 0.5 and not standing.framed and not still
    return Placed(
        subject=index,
        icon=icon,
        x=0,
        y=-h / 2,
        w=w,
        h=h,
        tilt=tilt,
        mirror=mirror,
        ground=0.0,
        variant=variant,
    )


def behind(scene: Scene, index: int) -> int:
    """1 when the subject is behind its anchor, -1 when in front of it, 0 otherwise."""
    return {"behind": 1, "in front of": -1}.get(scene.subjects[index].relation or "", 0)


def leader(scene: Scene, groups: list[Group]) -> Group:
    """The group that has the main subject in it."""
    return next((group for group in groups if group.lead == root_of(scene, 0)), groups[0])

"""Laying what is new into a picture: subjects, and pictures shown in the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image

from ..layers import Layer, Painting
from ..scene import Scene, Subject
from ..styles.recipe import chance
from ..styles.tone import ramp
from . import cutout, placing
from .placing import Box


@dataclass(slots=True)
class Arrangement:
    """`canvas` is laid on; `original` says where there is room. `painted` draws a scene at a size in
    pixels, transparent or not. What is put down is remembered in `taken`, so that nothing hides it."""

    canvas: Image.Image
    original: Image.Image
    painting: Painting
    painted: Callable[[Scene, tuple[int, int], bool], Image.Image]
    taken: list[Box] = field(default_factory=list)

    def put_group(self, group: tuple[Subject, ...], slot: Box | None) -> None:
        """Subjects that belong together: in the slot, on a figure that can wear them, or in a free place."""
        subject = group[0]
        box, on_body = slot, False
        if box is None:
            alpha = cutout.figure(self.original)
            body = Box(*(alpha.getbbox() or (0, 0, 1, 1))) if alpha is not None else None
            wears = alpha is not None and body is not None and subject.relation != "holding"
            box = placing.worn(subject, body, alpha) if wears and alpha and body else None
            on_body = box is not None
        if box is None:
            edge = int(
                self.painting.unit * min(0.8, 0.40 * subject.scale * len(group) ** 0.3 * subject.count**0.25)
            )
            if self.painting.scene.spot != "centre":
                box = placing.at_spot(self.painting.scene.spot, self.canvas.size, max(4, edge))
            else:
                aloft = placing.is_one_of(subject, placing.ALOFT)
                box = placing.calmest(self.original, max(4, edge), self.taken, aloft)
        side = max(16, round(max(box.width, box.height) * 1.15))
        scene = Scene(
            subjects=group,
            shot="medium",
            soft_light=self.painting.scene.soft_light,
            palette=self.painting.scene.palette,
        )
        sprite = trimmed(self.painted(scene, (side, side), True))
        standing = not on_body and not placing.is_one_of(subject, placing.ALOFT)
        self._put(sprite, box, standing=standing, shadow=not on_body and standing)

    def put_reference(self, picture: Image.Image, count: int, slot: Box | None) -> None:
        """Another picture, one of `count`: its figure when that can be cut out, otherwise as a paper print."""
        edge = int(self.painting.unit * 0.36 / max(1.0, (count / 2) ** 0.5))
        box = slot or placing.calmest(self.original, max(8, edge), self.taken)
        alpha = cutout.figure(picture)
        longest = max(box.width, box.height)
        if alpha is not None:
            small = cutout.cut_out(picture, alpha).crop(alpha.getbbox())
            self._put(small, box, standing=True, shadow=True)
        else:
            tilt = float(chance(self.painting, f"tilt {len(self.taken)}").uniform(-5, 5))
            self._put(cutout.printed(picture, longest, tilt), box, standing=False, shadow=True)

    def _put(self, sprite: Image.Image, box: Box, standing: bool, shadow: bool) -> None:
        """Fit the sprite into the box, at its foot, and lay it down with its shadow."""
        scale = min(box.width / sprite.width, box.height / sprite.height) * (0.94 if shadow else 1.0)
        size = (max(1, round(sprite.width * scale)), max(1, round(sprite.height * scale)))
        sprite = sprite.resize(size, Image.Resampling.LANCZOS)
        x = (box.left + box.right - size[0]) // 2
        y = box.bottom - size[1] - (round(box.height * 0.03) if standing else (box.height - size[1]) // 2)
        if standing and shadow:
            sprite = self._lit_as(sprite, box)
        if shadow:
            cutout.shadowed(self.canvas, sprite, x, y, standing, self.painting.unit)
        cutout.laid(self.canvas, sprite, x, y)
        self.taken.append(Box(x, y, x + size[0], y + size[1]))

    def _lit_as(self, sprite: Image.Image, box: Box) -> Image.Image:
        """The sprite no brighter than the place where it stands."""
        around = self.original.convert("RGB").crop(box).resize((1, 1), Image.Resampling.BOX)
        tone = np.asarray(around, np.float32)[0, 0]
        gain = np.clip(0.62 + 0.38 * (0.5 * tone.mean() + 0.5 * tone) / 120, 0.66, 1.0)
        colours = sprite.convert("RGB").point([int(v * g) for g in gain for v in range(256)])
        colours.putalpha(sprite.getchannel("A"))
        return colours


def groups(scene: Scene, newcomers: tuple[Subject, ...]) -> list[tuple[Subject, ...]]:
    """Newcomers that relate to one another stay together, with anchors counted anew; a relation to what is
    in the picture already is for placing."""
    together: list[list[Subject]] = []
    for subject in newcomers:
        anchor = _anchor(subject, scene)
        home = next((group for group in together if any(each is anchor for each in group)), None)
        if home is None:
            together.append([subject])
        else:
            home.append(subject)
    index = {id(subject): number for number, subject in enumerate(scene.subjects)}
    out = []
    for group in together:
        place = {index[id(subject)]: number for number, subject in enumerate(group)}
        first = replace(group[0], anchor=None, relation=None)
        rest = [replace(each, anchor=place[each.anchor]) for each in group[1:] if each.anchor is not None]
        out.append((first, *rest))
    return out


def _anchor(subject: Subject, scene: Scene) -> Subject | None:
    if subject.anchor is None or subject.anchor >= len(scene.subjects):
        return None
    return scene.subjects[subject.anchor]


def trimmed(sprite: Image.Image) -> Image.Image:
    """Without the empty border; a sprite of nothing stays as it is."""
    box = sprite.getchannel("A").point(ramp(12, 0)).getbbox()
    return sprite.crop(box) if box else sprite


def inside(figure: Image.Image, painting: Painting) -> Layer:
    """A figure as a subject with room for an edge around it, in the middle of the canvas."""
    cut = trimmed(figure)
    scale = min(0.82 * painting.width / cut.width, 0.82 * painting.height / cut.height, 1.0)
    cut = cut.resize(
        (max(1, round(cut.width * scale)), max(1, round(cut.height * scale))), Image.Resampling.LANCZOS
    )
    return Layer("subject", cut, (painting.width - cut.width) // 2, (painting.height - cut.height) // 2, 0.2)

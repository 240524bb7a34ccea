"""Where something new goes in a ready picture."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageFilter

from ..scene import Spot, Subject
from ..sprites import crown_of


class Box(NamedTuple):
    """left, top, right, bottom in canvas pixels; what is put there is fitted inside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


SPOTS: dict[Spot, tuple[float, float]] = {
    "centre": (0.5, 0.55),
    "left": (0.22, 0.6),
    "right": (0.78, 0.6),
    "top": (0.5, 0.22),
    "bottom": (0.5, 0.78),
    "top left": (0.22, 0.22),
    "top right": (0.78, 0.22),
    "bottom left": (0.22, 0.78),
    "bottom right": (0.78, 0.78),
}
ALOFT = {
    "sun", "moon", "star", "cloud", "rainbow", "balloon", "airplane", "plane", "helicopter", "rocket", "kite",
    "bird", "eagle", "butterfly", "bee", "comet", "saucer", "ufo", "parachute", "dragonfly", "snowflake", "dove",
    "owl", "bat", "fireworks", "planet",
}  # fmt: skip
ON_HEAD = {"hat", "cap", "crown", "helmet", "tophat", "beret", "turban", "bow", "ribbon", "halo"}
ON_EYES = {"glasses", "sunglasses", "goggles", "mask"}
ON_NECK = {"scarf", "tie", "necktie", "necklace", "medal", "bowtie"}


def is_one_of(subject: Subject, names: set[str]) -> bool:
    return bool(names & set(f"{subject.icon} {subject.words}".lower().replace("-", " ").split()))


def worn(subject: Subject, body: Box, figure: Image.Image) -> Box | None:
    """Where on a figure this is worn, or None for what nobody wears. `figure` is the alpha of all the picture."""
    kind = next((names for names in (ON_HEAD, ON_EYES, ON_NECK) if is_one_of(subject, names)), None)
    if kind is None:
        return None
    small = (48, max(8, round(48 * body.height / body.width)))
    outline = figure.crop(body).resize(small, Image.Resampling.BOX).point(lambda a: 255 * (a > 127))
    x, y, share = crown_of(outline)
    middle, top, head = body.left + x * body.width, body.top + y * body.height, share * body.width
    # Relative to the head: how wide, where the middle lies below its top, and how high.
    wide, down, high = (
        (1.15, -0.22, 0.9) if kind is ON_HEAD else (0.92, 0.42, 0.5) if kind is ON_EYES else (0.8, 1.05, 0.7)
    )
    half, tall = max(2.0, wide * head / 2), max(4.0, high * head)
    centre = top + down * head
    return Box(int(middle - half), int(centre - tall / 2), int(middle + half), int(centre + tall / 2))


def at_spot(spot: Spot, size: tuple[int, int], edge: int) -> Box:
    x, y = SPOTS[spot]
    half = edge // 2
    cx = int(np.clip(x * size[0], half, max(half, size[0] - half)))
    cy = int(np.clip(y * size[1], half, max(half, size[1] - half)))
    return Box(cx - half, cy - half, cx + half, cy + half)


def calmest(picture: Image.Image, edge: int, taken: list[Box], aloft: bool = False) -> Box:
    """The square of this edge with the least to hide, on the lower ground, or in the sky when aloft."""
    width, height = picture.size
    edge = min(edge, width, height)
    small = picture.convert("RGB").convert("L").resize((64, 64), Image.Resampling.BOX)
    busy = np.asarray(small.filter(ImageFilter.FIND_EDGES).crop((1, 1, 63, 63)), np.float32) / 255
    low, high = (0.94, 0.86, 0.78), (0.04, 0.12, 0.2)
    rows = (*high, *low) if aloft else (*low, *high)
    middle = Box(int(0.28 * width), int(0.22 * height), int(0.72 * width), int(0.88 * height))
    best, chosen = np.inf, Box(0, 0, edge, edge)
    for rank, row in enumerate(rows):
        for column in (0.72, 0.26, 0.84, 0.16, 0.6, 0.4, 0.5):
            left = int(np.clip(column * width - edge / 2, 0, width - edge))
            top = int(np.clip(row * height - (0 if row < 0.5 else edge), 0, height - edge))
            box = Box(left, top, left + edge, top + edge)
            part = busy[
                int(top / height * 62) : max(int(top / height * 62) + 1, int(box.bottom / height * 62)),
                int(left / width * 62) : max(int(left / width * 62) + 1, int(box.right / width * 62)),
            ]
            hidden = sum(_shared(box, other) for other in taken) / (edge * edge)
            # The middle is where the picture's own subject most likely is, however calm it looks.
            hidden += 0.35 * _shared(box, middle) / (edge * edge)
            score = float(part.mean()) + 2 * hidden + 0.02 * rank + (0.25 if rank > 2 else 0)
            if score < best - 1e-9:
                best, chosen = score, box
    return chosen


def _shared(a: Box, b: Box) -> int:
    wide, high = min(a.right, b.right) - max(a.left, b.left), min(a.bottom, b.bottom) - max(a.top, b.top)
    return max(0, wide) * max(0, high)


def side_by_side(box: Box, count: int) -> list[Box]:
    """The box in equal columns, or rows where it is taller than wide."""
    if box.width >= box.height:
        edges = np.linspace(box.left, box.right, count + 1).astype(int).tolist()
        return [Box(a, box.top, max(a + 1, b), box.bottom) for a, b in itertools.pairwise(edges)]
    edges = np.linspace(box.top, box.bottom, count + 1).astype(int).tolist()
    return [Box(box.left, a, box.right, max(a + 1, b)) for a, b in itertools.pairwise(edges)]

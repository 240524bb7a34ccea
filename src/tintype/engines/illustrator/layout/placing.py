"""What composition is about: the room that a backdrop leaves, sprites in it, and groups that belong together."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from ..backdrops import Medium

MOST = 24
"""More sprites than this of one kind are not drawn: they would be specks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the backdrop leaves for subjects; units, y downwards."""

    w: float
    h: float
    medium: Medium
    horizon: float
    foot: float
    headroom: float = 0.05
    centre: float | None = None  # the place's own mark for the main subject, a share of the width
    closeness: float = 1.0  # how much larger than usual the main subject is
    furnished: frozenset[str] = frozenset()  # what the backdrop shows already


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
    variant: int = 0  # which copy of its kind it is
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


def host_of(part: Placed, placed: list[Placed]) -> Placed | None:
    """The sprite that this one stands on; None when it stands on the floor, or on nothing."""
    if part.ground is None:
        return None
    for other in placed:
        left, top, right, bottom = other.span
        inside = left < part.x < right and top - 2 < part.ground < bottom - 0.15 * other.h
        if other is not part and inside and other.order < part.order:
            return other
    return None

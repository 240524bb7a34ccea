"""What the grammar has in hand while it reads, and what it has found."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import pack
from . import vocabulary as v
from .scene import Colour, Place, Skin, Subject
from .things import PLAIN_PEOPLE

PALETTE_WORDS = frozenset(v.table("palette, scheme, tones, duotone, colors, colours, color scheme, colour scheme, hues, color palette, colour palette, color grading"))  # fmt: skip
LOCATIVE = frozenset(("in", "at", "inside", "into", "on", "within", "through", "across", "over", "along", "near", "by", "from", "above", "onto", "around"))  # fmt: skip


@dataclass(slots=True)
class Pending:
    """What was said of a noun before the noun came."""

    number: int | None = None
    size: float | None = None
    colours: list[Colour] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    gender: str | None = None
    old: bool = False
    young: bool = False
    definite: bool = False
    another: bool = False

    def icon_of(self, icon: str) -> str:
        """The drawing of this noun that is as old, or of the sex, that was said."""
        names = pack.load().names
        if self.old and icon in PLAIN_PEOPLE:
            old = f"old-{PLAIN_PEOPLE[icon]}-standing"
            return old if old in names else icon
        if self.young and icon in PLAIN_PEOPLE:
            return "baby"
        if self.gender and f"{self.gender}-{icon}" in names:
            return f"{self.gender}-{icon}"
        return icon


@dataclass(slots=True)
class Reading:
    """What the grammar found, beside the subjects."""

    subjects: list[Subject] = field(default_factory=list)
    reserve: list[Subject] = field(default_factory=list)
    places: list[tuple[int, Place]] = field(default_factory=list)
    ground: Colour | None = None
    palette: list[Colour] = field(default_factory=list)
    skin: Skin | None = None
    framing: bool = False

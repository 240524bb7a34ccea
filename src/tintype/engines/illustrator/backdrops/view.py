"""The backdrop being painted: where its horizon and floor are, its sheets of shapes, and its lights."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Literal, NamedTuple

from ..scene import Colour, Scene
from ..vector import Sheet, mix
from .mood import Mood, Stops

Medium = Literal["floor", "table", "water", "underwater", "air", "page"]
"""What subjects are in or on: a floor that recedes, a table top, a water's surface, or nothing."""


Stance = Literal["on a table", "behind a table", "on the floor"]
"""How the main subject would rather stand indoors: a cup, a person drawn to the waist, a dog."""


AUTUMN: tuple[Colour, ...] = ((214, 104, 48), (232, 156, 54), (188, 74, 48), (220, 184, 78), (156, 128, 62))


class Glow(NamedTuple):
    """Light that is added over everything. x, y and radius in units."""

    x: float
    y: float
    radius: float
    colour: Colour
    strength: float


@dataclass(slots=True, kw_only=True)
class View:
    """One backdrop. All lengths are units: the canvas's short edge is 1000 of them, so that a picture
    looks the same at every size. y grows downwards."""

    scene: Scene
    mood: Mood
    w: float
    h: float
    rng: Random
    stance: Stance = "behind a table"
    sky: Stops = ()
    far: Sheet = field(default_factory=Sheet)
    near: Sheet = field(default_factory=Sheet)  # in front of the subjects; only along the edges
    glows: list[Glow] = field(default_factory=list)
    medium: Medium = "floor"
    horizon: float = 0.0  # where the floor begins
    foot: float = 0.0  # where the main subject stands
    ambient: Colour = (255, 255, 255)  # the light that falls on the subjects
    shadow: Colour = (20, 24, 40)
    shade: float = 0.5  # how dark the shadows on the floor are
    mirror: float = 0.0  # how much the floor reflects
    centre: float | None = (
        None  # where the main subject stands, a share of the width, if the place has a mark
    )
    closeness: float = 1.0  # how much larger than usual the main subject is
    furnished: frozenset[str] = frozenset()  # icons that the place shows already
    hook: tuple[float, float, float] | None = (
        None  # a wall for a neon sign: its middle and most width, in shares
    )
    puddle: tuple[float, float] | None = None  # where standing water shows the sign (units)
    headroom: float = 0.05  # the part of the height, from the top, that subjects keep clear of

    def lay_floor(self, horizon: float, foot: float = 0.8) -> None:
        """Shares of the height; a tall canvas gets more sky, a low one more floor."""
        horizon += self.rng.uniform(-0.035, 0.035)
        self.horizon = self.h * horizon * (0.5 if self.scene.shot == "aerial" else 1.0)  # seen from high up
        self.foot = self.h * foot

    @property
    def growth(self) -> float:
        """How much grows on the floor: per 1000 units of width; nothing shows through snow."""
        return 0.0 if self.mood.weather == "snow" else self.w / 1000

    def leaf(self, colour: Colour, depth: float = 0.0) -> Colour:
        """A leaf's colour in this mood and season; white lies on it when it snows."""
        if self.scene.autumn:
            colour = self.rng.choice(AUTUMN)
        snowed = mix(colour, (236, 244, 252), 0.5) if self.mood.weather == "snow" else colour
        return self.mood.tone(snowed, depth)

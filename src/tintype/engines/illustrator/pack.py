"""The drawn subjects: vector drawings by name, recoloured on demand, with what a painter must know of each.

The drawings are Microsoft's Fluent Emoji (flat, MIT; assets/LICENSE-fluent-emoji.txt) and our own
(drawn/*.svg), gathered by scripts/build_subject_pack.py.
"""

from __future__ import annotations

import json
import lzma
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

from .recolour import colour_of, main_family, repaint, replace
from .scene import Colour, Skin

VIEWBOX = 32
"""Every drawing is VIEWBOX units wide and high."""

Habit = Literal["stands", "flies", "swims", "sails", "hangs", "sky", "floats"]
"""Where a subject is at home: on the ground, in the air, under water, on the water, on a wall or a
string, far up ("sky": sun, clouds, stars), or nowhere in particular ("floats": hearts, signs)."""

Point = tuple[float, float]

_SKIN_ROLES = ("#ffc83d", "#fdbb11", "#fcb100", "#f59f00", "#ed9200", "#d67d00", "#f1a11e", "#d37034")
_SKIN_TONES: dict[
    Skin, tuple[str, ...]
] = {  # as Fluent Emoji's own variants have them; the last two are hair
    "light": ("#ffd7c2", "#f4c6ad", "#f4c6ad", "#f4c6ad", "#e5af93", "#f1b99b", "#8a5a3b", "#a56953"),
    "medium-light": ("#eebfaa", "#e4b29a", "#e4b29a", "#e4b29a", "#d19479", "#d6a089", "#2b2323", "#3b2c2a"),
    "medium": ("#c68d7b", "#bb806e", "#b87a66", "#bb806e", "#ab6a55", "#a9715f", "#593b39", "#593b39"),
    "medium-dark": ("#966661", "#8b5c56", "#8b5c56", "#8b5c56", "#75443e", "#764c49", "#2d242d", "#372128"),
    "dark": ("#573739", "#4e3233", "#452829", "#422426", "#3d2123", "#341a1c", "#150f12", "#150f12"),
}


_BEARD = "#ea9129"


class Box(NamedTuple):
    """A rectangle in viewBox units."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a subject stands in the world. Points are in viewBox units.

    `size` is its longer edge beside a standing person (1.0), compressed as illustrators do: mouse 0.2,
    cat 0.5, car 1.8, house 3, mountain 10. `head`: only a head or face is drawn. `framed`: a picture
    in a square of its own, which cannot stand in a scene. `person`: takes a skin tone. `alive`: wears, eats, rides. `crown` is where a hat
    sits, `eyes` the middle between them, `mouth` and `hand` where food and things are held;
    `face` is the head's width; None where the subject has none.
    """

    foot: Point
    habit: Habit
    size: float
    head: bool
    framed: bool
    person: bool
    alive: bool
    crown: Point | None
    eyes: Point | None
    mouth: Point | None
    hand: Point | None
    face: float | None


@lru_cache(maxsize=4)
def read_asset(name: str) -> Any:
    """The content of assets/`name`.json.xz."""
    packed = (files(__package__) / "assets" / f"{name}.json.xz").read_bytes()
    return json.loads(lzma.decompress(packed))


class Pack:
    """The subjects. Facts are read at once (5 ms), drawings on first use (40 ms)."""

    def __init__(self) -> None:
        self._facts: dict[str, dict[str, Any]] = read_asset("facts")
        self.names = frozenset(self._facts)
        self._standings: dict[str, Standing] = {}

    def svg(self, name: str, colour: Colour | None = None, skin: Skin | None = None) -> str:
        """The drawing as the inside of an <svg viewBox="0 0 32 32">.

        `colour` repaints its main material and keeps shading and the rest (a blue car has the
        same windows and tyres). `skin` applies to people only. KeyError for a name the pack lacks.
        """
        body: str = read_asset("subjects")[name]
        mapping: dict[Colour, Colour] = {}
        person = self._facts[name]["person"]
        if colour is not None:
            leave = frozenset(colour_of(role) for role in _SKIN_ROLES) if person else frozenset()
            paint = self._facts[name].get("paint")
            fills = [colour_of(fill) for fill in paint] if paint else main_family(self.palette(name), leave)
            if fills:
                mapping |= repaint(fills, colour)
        if skin is not None and person:
            mapping |= {
                colour_of(role): colour_of(tone)
                for role, tone in zip(_SKIN_ROLES, _SKIN_TONES[skin], strict=True)
            }
            if name.endswith("-beard"):
                mapping[colour_of(_BEARD)] = colour_of(_SKIN_TONES[skin][-2])
        return replace(body, mapping) if mapping else body

    def palette(self, name: str) -> tuple[tuple[Colour, float], ...]:
        """Its fills with their share of the drawn area, the largest first."""
        return tuple((colour_of(fill), share / 1000) for fill, share in self._facts[name]["palette"])

    def box(self, name: str) -> Box:
        """The tight bounding box of what is drawn."""
        return Box(*self._facts[name]["box"])

    def standing(self, name: str) -> Standing:
        if name not in self._standings:
            self._standings[name] = self._stand(name)
        return self._standings[name]

    def _stand(self, name: str) -> Standing:
        facts, box = self._facts[name], self.box(name)
        points = _points(facts, box) | facts.get("points", {})
        return Standing(
            foot=(facts["foot"], box.bottom),
            habit=facts["habit"],
            size=facts["size"],
            head=facts["head"],
            framed=facts["framed"],
            person=facts["person"],
            alive=facts["alive"],
            face=points.get("face"),
            **{
                at: (points[at][0], points[at][1]) if at in points else None
                for at in ("crown", "eyes", "mouth", "hand")
            },
        )


def _points(facts: dict[str, Any], box: Box) -> dict[str, Any]:
    """Where hats and things go on a face that fills its box, and on a person drawn from the waist up."""
    middle = (box.left + box.right) / 2
    if facts["head"]:
        return {
            "crown": (middle, box.top + 0.14 * box.height),
            "eyes": (middle, box.top + 0.5 * box.height),
            "mouth": (middle, box.top + 0.74 * box.height),
            "hand": (box.right - 3, box.bottom - 3),
            "face": 0.85 * box.width,
        }
    if facts["person"]:
        return {
            "crown": (16, box.top + 2),
            "eyes": (16, box.top + 9),
            "mouth": (16, box.top + 13),
            "hand": (24, 25),
            "face": 12,
        }
    return {}


Typeface = Literal["sans", "sans-bold", "serif-bold", "hand-bold"]


@lru_cache(maxsize=4)
def typeface(name: Typeface) -> bytes:
    """A font file (TrueType, Latin with Extended-A), for ImageFont.truetype(BytesIO(...)) or resvg."""
    return (files(__package__) / "assets" / f"{name}.ttf").read_bytes()


@lru_cache(maxsize=1)
def load() -> Pack:
    """The pack that is shipped, read once."""
    return Pack()


__all__ = ["VIEWBOX", "Box", "Habit", "Pack", "Point", "Skin", "Standing", "Typeface", "load", "typeface"]

"""What a picture shows, as data: the prompt reader writes a Scene, the painter paints it.

Nothing here draws or reads. A Scene is all that the painter knows of the prompt, so two
prompts that mean the same give the same picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Colour = tuple[int, int, int]
"""Red, green, blue, each 0 to 255, in sRGB."""

Skin = Literal["light", "medium-light", "medium", "medium-dark", "dark"]

Relation = Literal[
    "on",
    "under",
    "above",
    "beside",
    "left of",
    "right of",
    "behind",
    "in front of",
    "inside",
    "wearing",
    "holding",
    "eating",
    "riding",
]
"""How a subject stands to its anchor: `Subject("hat", relation="wearing", anchor=0)` is a
hat worn by subject 0, `Subject("table", relation="under", anchor=0)` a table under it."""

Place = Literal[
    "nowhere",  # the painter picks a backdrop that suits the subject
    "plain",  # one flat colour (Scene.ground, white if None)
    "studio",
    "forest",
    "jungle",
    "meadow",
    "garden",
    "mountains",
    "desert",
    "beach",
    "sea",
    "underwater",
    "sky",
    "space",
    "city",
    "street",
    "rooftop",
    "village",
    "room",
    "kitchen",
    "restaurant",
    "bar",
    "workshop",
    "library",
    "snowfield",
]
Time = Literal["day", "dawn", "golden hour", "sunset", "dusk", "night"]
Weather = Literal["clear", "cloudy", "rain", "snow", "fog", "storm", "wind"]
Style = Literal[
    "illustration",  # the default: clean vector shapes with soft shading
    "photo",  # light, depth of field, vignette
    "film",  # grain, faded colours, lifted blacks
    "noir",  # high-contrast black and white, hard light
    "comic",  # ink lines, halftone, panel border, caption box
    "watercolour",
    "oil",
    "pencil",
    "pixel",
    "sticker",  # die-cut white edge
    "minimal",  # few shapes and much empty space
    "logo",  # two colours, flat shapes
]
Shot = Literal["close-up", "medium", "wide", "aerial"]
Spot = Literal[
    "centre",
    "left",
    "right",
    "top",
    "bottom",
    "top left",
    "top right",
    "bottom left",
    "bottom right",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One kind of thing that the picture shows, and how many of it.

    `icon` is a name in the subject pack. `words` is what the prompt said ("a blue car").
    `scale` is relative to how large such a thing would be drawn anyway: tiny 0.4,
    small 0.65, large 1.4, giant 2.
    """

    icon: str
    words: str
    count: int = 1
    colour: Colour | None = None
    scale: float = 1.0
    relation: Relation | None = None
    skin: Skin | None = None  # people only
    anchor: int | None = None  # index into Scene.subjects; None when it relates to nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Lettering:
    """Words to be drawn as words, and what carries them."""

    text: str
    carrier: Literal["title", "sign", "neon sign", "caption", "label", "speech", "logo"] = "title"
    face: Literal["sans", "serif", "hand"] = "sans"
    spot: Spot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The whole picture. `subjects[0]` is what the picture is about.

    `ground` is a backdrop colour that the prompt asked for ("on a white background");
    `palette` the colours it asked for over all ("black and white", "in teal and orange").
    `spot` is where the main subject goes; `empty` asks for much negative space. `autumn` turns leaves; it
    is not in the repr, from which the painter draws its dice: a season colours a picture and moves nothing.
    """

    subjects: tuple[Subject, ...] = ()
    lettering: tuple[Lettering, ...] = ()
    place: Place = "nowhere"
    time: Time = "day"
    weather: Weather = "clear"
    style: Style = "illustration"
    shot: Shot = "medium"
    spot: Spot = "centre"
    empty: bool = False
    soft_light: bool = False
    ground: Colour | None = None
    palette: tuple[Colour, ...] = ()
    ratio: tuple[int, int] | None = (
        None  # a shape that the prompt asked for: "--2:3", "square image", "landscape"
    )
    autumn: bool = field(default=False, repr=False)

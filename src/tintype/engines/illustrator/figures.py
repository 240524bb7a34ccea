"""The pack's drawings made ready for scenes: animals of which it has only the head get a seated body,
and boats lose the strip of water they are drawn with, since the scene has water of its own."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from . import pack
from .pack import Box, Standing
from .recolour import colour_of
from .scene import Colour, Skin
from .vector import css, disc, luma, mix


class Body(NamedTuple):
    """A seated body under a head: `tail` is its shape; `fur` and `belly` override the head's own colours."""

    tail: str = "none"
    fur: Colour | None = None
    belly: Colour | None = None
    paws: Colour | None = None


BODIES: dict[str, Body] = {
    "fox": Body("bushy", belly=(255, 222, 167), paws=(72, 52, 48)),
    "wolf": Body("bushy"),
    "bear": Body("stub"),
    "polar-bear": Body("stub", fur=(228, 232, 240), belly=(250, 251, 254)),
    "panda": Body("stub", fur=(244, 244, 246), belly=(252, 252, 252), paws=(42, 42, 48)),
    "koala": Body("stub", belly=(234, 232, 238)),
    "lion": Body("tuft", fur=(255, 176, 46), belly=(255, 222, 160)),
    "tiger-face": Body("striped", belly=(255, 240, 214)),
    "cat-face": Body("long"),
    "dog-face": Body("long"),
    "rabbit-face": Body("stub"),
    "mouse-face": Body("thin"),
    "hamster": Body("stub"),
    "raccoon": Body("striped"),
    "frog": Body("none", belly=(224, 244, 170)),
    "monkey-face": Body("thin"),
    "cow-face": Body("tuft"),
    "pig-face": Body("none"),
    "horse-face": Body("none"),
    "unicorn": Body("none", fur=(240, 238, 246)),
    "dragon-face": Body("none"),
    "boar": Body("none"),
    "moose": Body("stub"),
    "robot": Body("none", fur=(150, 170, 196), belly=(210, 224, 240)),
    "alien": Body("none"),
    "chicken": Body("none", fur=(244, 244, 246), belly=(255, 255, 255), paws=(255, 176, 46)),
}
FACES = frozenset(
    [
        "woman",
        "man",
        "girl",
        "boy",
        "baby",
        "child",
        "person",
        "old-man",
        "old-woman",
        "older-person",
        "santa-claus",
        "mrs-claus",
        "mx-claus",
    ]
) | {
    f"{who}-{hair}"
    for who in ("man", "woman", "person")
    for hair in ("bald", "beard", "blonde-hair", "curly-hair", "red-hair", "white-hair")
}
"""People drawn as a face only; they get neck and shoulders."""
SHIRTS: tuple[Colour, ...] = (
    (84, 148, 196),
    (226, 112, 92),
    (98, 160, 124),
    (238, 184, 88),
    (148, 116, 176),
    (70, 94, 132),
)
VARIED: dict[str, tuple[Colour | None, ...]] = {
    "hot-air-balloon": (
        None,
        (250, 190, 60),
        (70, 150, 200),
        (110, 180, 110),
        (230, 120, 160),
        (150, 110, 200),
    ),
    "fireworks": (None, (120, 200, 255), (140, 235, 140), (230, 140, 255), (255, 190, 90)),
    "tropical-fish": (None, (250, 150, 60), (240, 200, 70), (90, 190, 180)),
    "fish": (None, (250, 160, 70), (90, 190, 170), (240, 120, 120), (150, 140, 220)),
    "balloon": (None, (70, 150, 230), (250, 200, 60), (100, 190, 110), (180, 110, 210), (250, 140, 60)),
    "butterfly": (None, (250, 150, 60), (230, 110, 160), (120, 170, 230), (250, 210, 90)),
    "tulip": (None, (250, 200, 70), (180, 110, 200), (240, 130, 80)),
    "automobile": (None, (70, 140, 210), (250, 200, 80), (110, 180, 130)),
    "umbrella": (None, (230, 90, 90), (250, 200, 80), (90, 170, 150)),
    "kite": (None, (250, 190, 60), (90, 170, 220), (120, 190, 110)),
    "sailboat": (None, (230, 90, 80), (70, 140, 200), (100, 180, 140)),
    "parrot": (None, (70, 140, 220), (240, 190, 60)),
    **dict.fromkeys(
        ("man-standing", "woman-standing", "person-standing", "boy-standing", "girl-standing"),
        (None, (84, 148, 196), (238, 184, 88), (98, 160, 124), (226, 112, 92), (148, 116, 176)),
    ),
    "wrapped-gift": (None, (80, 150, 220), (110, 190, 120), (230, 110, 140)),
}
"""What comes in many colours shows several when there are several of it."""
CROWDS = {
    "person-standing": ("woman-standing", "man-standing", "person-standing"),
    "child-standing": ("girl-standing", "boy-standing"),
    "child": ("girl", "boy"),
    "person": ("woman", "man", "person"),
}
"""Several people are of both sexes."""
SKIN = "#ffc83d"
"""What the pack's drawings paint a face with before a skin tone is chosen."""
WATER = re.compile(r'<path fill="#(?:00a6ed|0084ce|26c9fc)" d="[^"]*(?:h2[78](?:\.\d+)?|H30v-5)z"/>')
"""The strip of sea along the lower edge of a boat's drawing: about as wide as the viewBox."""


@lru_cache(maxsize=256)
def svg(icon: str, colour: Colour | None = None, skin: Skin | None = None) -> str:
    """The drawing in viewBox units; a body, if it has one, reaches below the viewBox."""
    head = pack.load().svg(icon, colour, skin)
    body = BODIES.get(icon)
    if body is not None:
        return _seated(icon, body, colour) + head
    if icon in FACES:
        return _shoulders(icon, colour, skin) + head
    if pack.load().standing(icon).habit == "sails":
        return WATER.sub("", head) or head
    return head


@lru_cache(maxsize=512)
def box(icon: str) -> Box:
    """The tight bounding box of what is drawn."""
    found = pack.load().box(icon)
    if icon in BODIES:
        return found._replace(bottom=found.bottom + 0.62 * found.height)
    if icon in FACES:
        wide, middle = 0.74 * found.width, (found.left + found.right) / 2
        return Box(middle - wide, found.top, middle + wide, found.bottom + 0.5 * found.height)
    match = WATER.search(pack.load().svg(icon)) if pack.load().standing(icon).habit == "sails" else None
    if match and WATER.sub("", pack.load().svg(icon)):
        return found._replace(bottom=max(found.top + 4, _hull(icon)))
    return found


@lru_cache(maxsize=64)
def _hull(icon: str) -> float:
    """Where a boat ends once its water is gone."""
    from .vector import render

    bounds = (
        render(svg(icon), (0, 0, 32, 32), 64, 64).getchannel("A").point(lambda a: 255 * (a > 40)).getbbox()
    )
    return bounds[3] / 2 if bounds else 30.0


@lru_cache(maxsize=512)
def standing(icon: str) -> Standing:
    found = pack.load().standing(icon)
    if icon in BODIES:
        return replace(found, head=False, hand=(24.5, box(icon).bottom - 7))
    if icon in FACES:
        return replace(found, head=False, hand=(27.0, box(icon).bottom - 4))
    return found


def is_bust(icon: str) -> bool:
    """People are drawn to the waist unless they do something with their legs."""
    facts = standing(icon)
    return facts.person and facts.size < 0.8 and facts.habit == "stands" and "standing" not in icon


def _shoulders(icon: str, shirt: Colour | None, skin: Skin | None) -> str:
    """Neck, shoulders and a shirt with a round collar below a face."""
    head, whole = pack.load().box(icon), box(icon)
    x, w = (head.left + head.right) / 2, head.width
    plain = re.findall(r"#[0-9a-fA-F]{6}", pack.load().svg(icon))
    toned = re.findall(r"#[0-9a-fA-F]{6}", pack.load().svg(icon, None, skin))
    face = colour_of(
        next((new for old, new in zip(plain, toned, strict=True) if old.lower() == SKIN), "#e0a878")
    )
    cloth = (
        shirt
        or ((200, 40, 48) if icon == "santa-claus" else None)
        or SHIRTS[sum(map(ord, icon)) % len(SHIRTS)]
    )
    top, bottom = head.bottom - 0.06 * w, whole.bottom
    body = (
        f"M{whole.left:.2f} {bottom:.2f}C{whole.left:.2f} {top + 0.24 * w:.2f} {x - 0.5 * w:.2f} {top + 0.12 * w:.2f} {x - 0.22 * w:.2f} {top + 0.1 * w:.2f}"
        f"H{x + 0.22 * w:.2f}C{x + 0.5 * w:.2f} {top + 0.12 * w:.2f} {whole.right:.2f} {top + 0.24 * w:.2f} {whole.right:.2f} {bottom:.2f}z"
    )
    neck = disc(x, top + 0.06 * w, 0.2 * w, 0.16 * w)
    return (
        f'<path d="{body}" fill="{css(cloth)}"/><path d="{disc(x, top + 0.1 * w, 0.25 * w, 0.18 * w)}" fill="{css(mix(cloth, (255, 255, 255), 0.35))}"/>'
        f'<path d="{neck}" fill="{css(mix(face, (120, 50, 40), 0.22))}"/>'
    )


def _seated(icon: str, body: Body, colour: Colour | None) -> str:
    """A body seen from the front: tail, trunk, belly, arms, feet; it ends at the figure's box."""
    head, bottom = pack.load().box(icon), box(icon).bottom
    w, x = head.width, (head.left + head.right) / 2
    solid = [c for c, _ in pack.load().palette(icon) if luma(c) > 0.25] or [(160, 130, 110)]
    fur = colour or body.fur or solid[0]
    belly = mix(colour, (255, 255, 255), 0.55) if colour else body.belly or mix(fur, (255, 255, 255), 0.5)
    dark = mix(fur, (50, 20, 40), 0.17)
    paws = body.paws or dark
    top = head.bottom - 0.22 * head.height
    tall = bottom - top
    parts = [_tail(body.tail, x, bottom, w, fur, belly, paws)]
    rx = 0.3 * w
    trunk = (
        f"M{x - rx * 0.62:.2f} {top:.2f}C{x - rx:.2f} {top + tall * 0.3:.2f} {x - rx * 1.25:.2f} {bottom - tall * 0.1:.2f} {x - rx * 0.9:.2f} {bottom - 0.5:.2f}"
        f"H{x + rx * 0.9:.2f}C{x + rx * 1.25:.2f} {bottom - tall * 0.1:.2f} {x + rx:.2f} {top + tall * 0.3:.2f} {x + rx * 0.62:.2f} {top:.2f}z"
    )
    parts.append(f'<path d="{trunk}" fill="{css(fur)}"/>')
    parts.append(f'<path d="{disc(x, bottom - tall * 0.36, rx * 0.66, tall * 0.36)}" fill="{css(belly)}"/>')
    for side in (-1, 1):
        turn = f'transform="rotate({side * 18} {x + side * rx * 0.86:.2f} {bottom - tall * 0.44:.2f})"'
        arm = disc(x + side * rx * 0.86, bottom - tall * 0.42, rx * 0.3, tall * 0.3)
        parts.append(
            f'<path d="{arm}" fill="{css(paws if body.paws and luma(fur) > 0.8 else dark)}" {turn}/>'
        )
        foot = disc(x + side * rx * 0.78, bottom - tall * 0.1, rx * 0.5, tall * 0.1)
        parts.append(f'<path d="{foot}" fill="{css(paws)}"/>')
    return "".join(parts)


def _tail(kind: str, x: float, bottom: float, w: float, fur: Colour, belly: Colour, tip: Colour) -> str:
    """A tail to the right of the body."""
    if kind == "none":
        return ""
    if kind == "stub":
        return f'<path d="{disc(x + 0.35 * w, bottom - 0.1 * w, 0.08 * w)}" fill="{css(mix(fur, (50, 20, 40), 0.1))}"/>'
    start, end = (x + 0.2 * w, bottom - 0.06 * w), (x + 0.46 * w, bottom - 0.34 * w)
    if kind == "bushy":
        d = (
            f"M{start[0]:.2f} {bottom - 0.3:.2f}C{x + 0.52 * w:.2f} {bottom + 0.0:.2f} {x + 0.58 * w:.2f} {bottom - 0.25 * w:.2f} {x + 0.44 * w:.2f} {bottom - 0.46 * w:.2f}"
            f"C{x + 0.4 * w:.2f} {bottom - 0.3 * w:.2f} {x + 0.3 * w:.2f} {bottom - 0.24 * w:.2f} {start[0]:.2f} {bottom - 0.16 * w:.2f}z"
        )
        white = f"M{x + 0.44 * w:.2f} {bottom - 0.46 * w:.2f}C{x + 0.5 * w:.2f} {bottom - 0.38 * w:.2f} {x + 0.52 * w:.2f} {bottom - 0.32 * w:.2f} {x + 0.515 * w:.2f} {bottom - 0.26 * w:.2f}L{x + 0.46 * w:.2f} {bottom - 0.29 * w:.2f}L{x + 0.385 * w:.2f} {bottom - 0.28 * w:.2f}C{x + 0.42 * w:.2f} {bottom - 0.34 * w:.2f} {x + 0.43 * w:.2f} {bottom - 0.4 * w:.2f} {x + 0.44 * w:.2f} {bottom - 0.46 * w:.2f}z"
        return f'<path d="{d}" fill="{css(fur)}"/><path d="{white}" fill="{css(belly)}"/>'
    thick = (0.035 if kind == "thin" else 0.075 if kind != "striped" else 0.1) * w
    curve = f"M{start[0]:.2f} {start[1]:.2f}C{x + 0.42 * w:.2f} {bottom - 0.04 * w:.2f} {x + 0.34 * w:.2f} {bottom - 0.26 * w:.2f} {end[0]:.2f} {end[1]:.2f}"
    line = f'<path d="{curve}" fill="none" stroke="{css(fur)}" stroke-width="{thick:.2f}" stroke-linecap="round"/>'
    if kind == "striped":
        line += f'<path d="{curve}" fill="none" stroke="{css(mix(fur, (30, 20, 30), 0.55))}" stroke-width="{thick:.2f}" stroke-dasharray="{thick * 0.6:.2f} {thick * 0.9:.2f}"/>'
    if kind == "tuft":
        line += f'<path d="{disc(end[0], end[1], 0.07 * w, 0.085 * w)}" fill="{css(mix(fur, (60, 20, 20), 0.5))}"/>'
    return line

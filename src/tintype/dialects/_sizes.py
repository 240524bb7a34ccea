"""How large a picture is to be, in all the members in which services put it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ..core import Ratio, Size, SizeWish
from ..core.errors import BadRequest
from ..core.size import TIERS, parse
from ._fields import Fields

Wish = TypeVar("Wish")

_NAMES = (
    "size",
    "aspect_ratio",
    "aspectRatio",
    "imageConfig",
    "image_config",
    "resolution",
    "imageSize",
    "image_size",
)

_SIDES = ("width", "height")


def read_size(fields: Fields) -> SizeWish:
    """`size`, or shape and fineness in members of their own.

    What contradicts itself is refused: either half of it would be the wrong picture.
    """
    values = {name: value for name in _NAMES if (value := fields.take(name)) is not None}
    if fields.has(_SIDES):
        sides = {side: fields.integer(side, 1, 999_999) for side in _SIDES}
        if any(sides.values()):
            values["width"] = sides
    if not values:
        return None
    sizes: dict[str, Size] = {}
    ratios: dict[str, Ratio] = {}
    tiers: dict[str, str] = {}
    for name, value in values.items():
        try:
            wish = parse(value)
        except ValueError as error:
            raise BadRequest(f"Invalid '{name}': {error}.", param=name) from error
        if isinstance(wish, Size):
            sizes[name] = wish
        elif wish is not None:
            if wish.tier:
                tiers[name] = wish.tier
            if not _is_tier(value):
                ratios[name] = wish._replace(tier=None)
    size, ratio, tier = _only(sizes), _only(ratios), _only(tiers)
    if size and ratio and not 0.95 < (size.width / size.height) / (ratio.width / ratio.height) < 1.05:
        raise _contradiction({**sizes, **ratios})  # vendors round their sizes to a grid: hence the 5 %
    if size and tier and not 0.5 < size.width * size.height / TIERS[tier] ** 2 < 2:
        raise _contradiction({**sizes, **tiers})
    if size:
        return size
    if ratio is None and tier is None:
        return None
    return (ratio or Ratio(1, 1))._replace(tier=tier)


def _is_tier(value: object) -> bool:
    """Whether it says how fine and nothing of a shape: "2K", or `{"imageSize": "2K"}`."""
    if isinstance(value, dict):
        return not any("aspect" in str(key).lower() and said for key, said in value.items())
    return isinstance(value, str) and value.strip().upper() in TIERS


def _only(wishes: Mapping[str, Wish]) -> Wish | None:
    if len(set(wishes.values())) > 1:
        raise _contradiction(wishes)
    return next(iter(wishes.values()), None)


def _contradiction(wishes: Mapping[str, object]) -> BadRequest:
    said = " and ".join(f"'{name}' says {wish}" for name, wish in wishes.items())
    return BadRequest(f"{said}: send one of them.", param=list(wishes)[-1])

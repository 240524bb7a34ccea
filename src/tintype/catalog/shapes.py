"""Reads the tables of models that are asked for a ratio and a tier: compact in the file, whole on the card."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ..core import Ratio, Size, Sizes
from ..core.size import TIERS, parse

KEYS = ("ratios", "tiers", "printed")


def read_shapes(table: Mapping[str, Any]) -> Sizes:
    """`ratios` are the pixels at 1K, and `tiers` those on offer, the usual one first: pixels grow with the edge.

    `printed` is for sizes that the vendor prints otherwise than the rule has them: `{ "21:9@512" = "792x168" }`.
    Raises ValueError saying which of them is wrong.
    """
    for key in table:
        if key not in KEYS:
            raise ValueError(f"`{key}` is not a key; there are {', '.join(KEYS)}")
    ratios, tiers, printed = (table.get(key) for key in KEYS)
    if not isinstance(ratios, dict) or not ratios:
        raise ValueError("`ratios`: a table of ratios and their pixels at 1K is wanted")
    if not isinstance(tiers, list) or not tiers:
        raise ValueError("`tiers`: a list of tiers is wanted")
    if not isinstance(printed, dict | None):
        raise ValueError("`printed`: a table of shapes and their pixels is wanted")
    at_1k = {_ratio(name): _pixels(name, size) for name, size in ratios.items()}
    shapes = {
        ratio._replace(tier=tier): _grown(size, factor)
        for tier, factor in ((tier, _factor(tier)) for tier in tiers)
        for ratio, size in at_1k.items()
    }
    for name, size in (printed or {}).items():
        shape = parse(name)
        if not isinstance(shape, Ratio) or shape._replace(tier=None) not in at_1k:
            raise ValueError(f"`printed`: {name!r} is none of these ratios at a tier")
        if shape in shapes:  # or it is of a tier that only others of the family have
            shapes[shape] = _pixels(name, size)
    if len(set(shapes.values())) < len(shapes):
        raise ValueError("two of these shapes are of the same size, and could not be told apart")
    return Sizes(shapes=shapes)


def tiers_of_family(row: Mapping[str, Any], family: Mapping[str, Any]) -> dict[str, Any]:
    """The sizes of a model that says only its `tiers`: its family's ratios at those."""
    own, theirs = row.get("sizes"), family.get("sizes")
    if not isinstance(own, dict) or not isinstance(theirs, dict) or set(own) != {"tiers"}:
        return {}
    return {"sizes": {**theirs, **own}}


def tokens_of_sizes(tokens: Any, sizes: Sizes) -> Any:
    """A table of tokens that says one number for each tier, said for each size; any other as it is."""
    if not isinstance(tokens, dict) or "tiers" not in tokens:
        return tokens
    tiers = tokens["tiers"]
    known = {ratio.tier for ratio in sizes.shapes}
    if not isinstance(tiers, dict) or set(tiers) != known:
        raise ValueError(f"`tiers`: a number for each of {', '.join(sorted(filter(None, known)))} is wanted")
    row = {str(size): tiers[ratio.tier] for ratio, size in sizes.shapes.items()}
    return {**{key: value for key, value in tokens.items() if key != "tiers"}, "table": {"": row}}


def prices_of_sizes(prices: Any, sizes: Sizes) -> Any:
    """Prices of pictures that are said by tier, said for each size of it; any other as they are."""
    if not isinstance(prices, dict) or not isinstance(prices.get("images"), dict):
        return prices
    rows = {
        quality: _row_of_sizes(row, sizes) if isinstance(row, dict) else row
        for quality, row in prices["images"].items()
    }
    return {**prices, "images": rows}


def _row_of_sizes(row: dict[str, Any], sizes: Sizes) -> dict[str, Any]:
    """A size that is said by itself is nearer than its tier."""
    known = dict.fromkeys(ratio.tier for ratio in sizes.shapes if ratio.tier)
    found: dict[str, Any] = {}
    for tier in (name for name in row if name in TIERS):
        if tier not in known:
            there = f"there are {', '.join(known)}" if known else "this model has no tiers"
            raise ValueError(f"`images`: there is no tier {tier!r}: {there}")
        found |= {str(size): row[tier] for ratio, size in sizes.shapes.items() if ratio.tier == tier}
    return {**found, **{name: price for name, price in row.items() if name not in TIERS}}


def _ratio(name: str) -> Ratio:
    ratio = parse(name)
    if not isinstance(ratio, Ratio) or ratio.tier:
        raise ValueError(f"`ratios`: a ratio such as '16:9' is wanted, not {name!r}")
    return ratio


def _pixels(name: str, value: Any) -> Size:
    size = parse(value)
    if not isinstance(size, Size):
        raise ValueError(f"{name}: pixels such as '1024x1024' are wanted, not {value!r}")
    return size


def _factor(tier: Any) -> Fraction:
    if not isinstance(tier, str) or tier not in TIERS:
        raise ValueError(f"`tiers`: {tier!r} is none of {', '.join(TIERS)}")
    return Fraction(TIERS[tier], TIERS["1K"])


def _grown(size: Size, factor: Fraction) -> Size:
    return Size(int(size.width * factor), int(size.height * factor))

"""What an operator takes for pictures that are drawn here, as it is written: "0.002 per megapixel + 0.01 per image"."""

from __future__ import annotations

import re
from typing import Any

from ..core import Prices
from ..core.money import micros

FREE = Prices(image=0)

UNITS = {
    "image": "image",
    "megapixel": "megapixel",
    "megapixel-step": "megapixel_step",
    "second": "second",
    "preview": "preview",
}
_PART = re.compile(r"\$?\s*(\S+?)\s*(?:\$|USD)?\s+(?:per|a|an)\s+(\S+)", re.IGNORECASE)


def read_prices(value: Any) -> Prices:
    """Dollars by the unit, a sum of several with `+`; "free" is nothing at all. Raises ValueError.

    >>> read_prices("0.002 per megapixel + 0.01 per image")
    Prices(text_in=None, image_in=None, text_out=None, image_out=None, cached_text_in=None, cached_image_in=None, image=10000, \
images={}, megapixel=2000, megapixel_step=None, second=None, preview=None)
    >>> read_prices("free") == FREE
    True
    """
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{_wanted()}, not {value!r}")
    if value.strip().lower() == "free":
        return FREE
    found: dict[str, Any] = {}
    for part in value.split("+"):
        matched = _PART.fullmatch(part.strip())
        unit = UNITS.get(matched[2].lower()) if matched else None
        if matched is None or unit is None:
            raise ValueError(f"{_wanted()}, not {value!r}")
        if unit in found:
            raise ValueError(f"{value!r} has a price {matched[2]} twice")
        found[unit] = micros(matched[1])
        if found[unit] < 0:
            raise ValueError(f"{value!r} would pay callers for their pictures")
    if set(found) == {"preview"}:
        found["image"] = 0
    return Prices(**found)


def _wanted() -> str:
    return f'dollars by the unit are wanted, such as "0.002 per megapixel" (or {", ".join(list(UNITS)[2:])}, image), or "free"'

"""Which offers answer to a requested name, in which order, and on which terms: `[route.NAME]` of tintype.toml."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any

from ..core import ImageRequest, Micros, ModelCard
from ..core.later import LONGEST
from ..core.money import MILLION
from ..core.quote import likely

if TYPE_CHECKING:
    from .offers import Offer

REFUSALS = ("stop", "next")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`offers` are ids, in the order in which they are asked; with `weights`, each is the first for its share
    of the requests. `max_price` is in micro-dollars a picture, `deadline` in seconds for all of an order.
    """

    offers: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    max_price: Micros | None = None
    deadline: float | None = None
    next_after_refusal: bool = False

    def ordered(self, offers: Sequence[Offer]) -> list[Offer]:
        """By weight or as listed; those with room now before those where it would have to wait."""
        chosen = list(offers)
        if self.weights:
            weight = dict(zip(self.offers, self.weights, strict=True))
            # The larger a weight, the later its clock rings (Efraimidis and Spirakis' weighted order).
            chosen.sort(key=lambda offer: -(random.random() ** (1 / weight.get(offer.card.id, 1.0))))
        return sorted(chosen, key=lambda offer: offer.gate.is_full) if len(chosen) > 1 else chosen

    def affords(self, request: ImageRequest, card: ModelCard) -> bool:
        """Whether a picture costs at most `max_price`; one of unknown price may cost anything."""
        if self.max_price is None:
            return True
        amount = likely(request, card)
        return amount is not None and amount <= self.max_price * request.n


USUAL = Route()
"""Of a name without a table of its own: every offer of the model, its vendor's own first."""


def read_routes(tables: Mapping[str, Any]) -> dict[str, Route]:
    """Raises ValueError naming the table and the key at fault."""
    return {name: _read(f'[route."{name}"]', table) for name, table in tables.items()}


def _read(where: str, table: Mapping[str, Any]) -> Route:
    keys = ("offers", "weights", "max_price", "deadline", "on_refusal")
    for key in table:
        if key not in keys:
            raise ValueError(f"{where}: `{key}` is not a key; there are {', '.join(keys)}")
    offers, weights = table.get("offers", []), table.get("weights", [])
    if not isinstance(offers, list) or not all(isinstance(each, str) for each in offers):
        raise ValueError(f"{where}: `offers` is a list of names")
    if len(set(offers)) < len(offers):
        raise ValueError(f"{where}: `offers`: a name is there twice")
    if not isinstance(weights, list) or not all(_number(each) and each > 0 for each in weights):
        raise ValueError(f"{where}: `weights` is a list of numbers above 0")
    if weights and len(weights) != len(offers):
        raise ValueError(f"{where}: `weights`: one for each of the {len(offers)} offers is wanted")
    for key in ("max_price", "deadline"):
        if key in table and not (_number(table[key]) and 0 < table[key] <= LONGEST):
            raise ValueError(f"{where}: `{key}` is a number above 0, and at most {LONGEST:,}")
    refusal = table.get("on_refusal", "stop")
    if refusal not in REFUSALS:
        raise ValueError(f"{where}: `on_refusal` is one of {', '.join(REFUSALS)}")
    dollars = table.get("max_price")
    return Route(
        offers=tuple(offers),
        weights=tuple(map(float, weights)),
        max_price=None if dollars is None else int(Decimal(str(dollars)) * MILLION),
        deadline=table.get("deadline"),
        next_after_refusal=refusal == "next",
    )


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)

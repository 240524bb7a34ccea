"""What a caller pays of what a picture costs: the operator's markup, and the most that an order can come to."""

from __future__ import annotations

from dataclasses import dataclass

from ..core import Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Markup:
    """Placeholder until the real one is merged."""

    def price(self, cost: Micros, *, provider: str, model: str, caller_markup: int | None) -> Micros:
        return cost

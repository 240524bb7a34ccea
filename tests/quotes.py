"""What an order will likely cost and what it can cost at most, as a pair."""

from __future__ import annotations

from typing import NamedTuple

from tintype.core import ImageRequest, Micros, ModelCard
from tintype.core.quote import ceiling, likely


class Quote(NamedTuple):
    likely: Micros | None
    ceiling: Micros | None

    @property
    def is_known(self) -> bool:
        return self.ceiling is not None


def quote(request: ImageRequest, card: ModelCard, *, seconds: float | None = None) -> Quote:
    return Quote(likely(request, card), ceiling(request, card, seconds=seconds))

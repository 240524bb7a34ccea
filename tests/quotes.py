"""What an order will likely cost and what it can cost at most, as a pair."""

from __future__ import annotations

from typing import NamedTuple

from tintype.core import ImageRequest, Micros, ModelCard
from tintype.core import quote as quotes
from tintype.core.quote import likely


class Quote(NamedTuple):
    likely: Micros | None
    ceiling: Micros | None

    @property
    def is_known(self) -> bool:
        return self.ceiling is not None


def ceiling(request: ImageRequest, card: ModelCard, *, seconds: float | None = None) -> Micros | None:
    """Of the whole order."""
    each = quotes.ceiling(request, card, seconds=seconds)
    return None if each is None else each * request.n


def quote(request: ImageRequest, card: ModelCard, *, seconds: float | None = None) -> Quote:
    return Quote(likely(request, card), ceiling(request, card, seconds=seconds))

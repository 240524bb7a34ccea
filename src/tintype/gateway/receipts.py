"""What the requests of the last day came to, by the id that their callers were told."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..core import Receipt

LIFETIME = 24 * 3600.0


class Receipts:
    """At most `capacity`, each for `lifetime` seconds; the oldest make way. They live in memory here."""

    def __init__(
        self,
        *,
        capacity: int = 10_000,
        lifetime: float = LIFETIME,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._capacity = capacity
        self._lifetime = lifetime
        self._clock = clock
        self._kept: dict[str, Receipt] = {}  # in the order of their ends

    def keep(self, receipt: Receipt) -> None:
        self._kept[receipt.request_id] = receipt
        self._make_way()

    def find(self, request_id: str) -> Receipt | None:
        """None for a request that has not ended well, or that is a day ago."""
        self._make_way()
        return self._kept.get(request_id)

    def _make_way(self) -> None:
        now = self._clock()
        while self._kept:
            oldest = next(iter(self._kept))
            if len(self._kept) <= self._capacity and self._kept[oldest].ended + self._lifetime > now:
                return
            del self._kept[oldest]

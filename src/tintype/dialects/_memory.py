"""Pictures that were drawn in a response, remembered for a while: the next turn names them by id alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ..core import Image

LIFETIME = 3600.0
CAPACITY = 128 * 1024 * 1024


class Memory:
    """At most `capacity` bytes of pictures, each for at most `lifetime` seconds; the oldest make way.

    Names are ours and unguessable, so to know one is to be allowed to use it. One process remembers its own
    pictures only: whoever asks another one is told to send the picture along.
    """

    def __init__(
        self,
        *,
        capacity: int = CAPACITY,
        lifetime: float = LIFETIME,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._capacity = capacity
        self._lifetime = lifetime
        self._clock = clock
        self._kept: dict[str, tuple[Sequence[Image], float]] = {}  # with when they end, in that order
        self._size = 0

    def keep(self, name: str, images: Sequence[Image]) -> None:
        replaced, _ = self._kept.pop(name, ((), 0.0))
        self._size -= _weight(replaced)
        self._kept[name] = (images, self._clock() + self._lifetime)
        self._size += _weight(images)
        self._make_way()

    def find(self, name: str) -> Sequence[Image]:
        """Nothing for what never was, has expired, or had to make way."""
        self._make_way()
        return self._kept.get(name, ((), 0.0))[0]

    def _make_way(self) -> None:
        while self._kept:
            oldest, (images, end) = next(iter(self._kept.items()))
            if end > self._clock() and self._size <= self._capacity:
                return
            del self._kept[oldest]
            self._size -= _weight(images)


def _weight(images: Sequence[Image]) -> int:
    return sum(image.weight() for image in images)

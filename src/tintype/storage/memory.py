"""Pictures kept in memory for a while, each behind a name that nobody can guess."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_urlsafe

from ..core import Image, Octets


@dataclass(frozen=True, slots=True)
class Kept:
    data: Octets
    media_type: str
    expires: float  # on the store's clock, in seconds


class MemoryStore:
    """At most `capacity` bytes, each picture for at most `lifetime` seconds; the oldest make way.

    An hour is how long OpenAI's own addresses last.
    """

    def __init__(
        self,
        *,
        capacity: int = 256 * 1024 * 1024,
        lifetime: float = 3600,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._capacity = capacity
        self._lifetime = lifetime
        self._clock = clock
        self._kept: dict[str, Kept] = {}  # in the order of arrival, which is the order of expiry
        self._size = 0

    def keep(self, image: Image) -> str:
        """A name for the picture, its format as the ending: 22 random letters and ".png"."""
        data, kind = image.as_bytes(), image.header().format or "bin"
        name = f"{token_urlsafe(16)}.{kind}"
        self._kept[name] = Kept(data, f"image/{kind}", self._clock() + self._lifetime)
        self._size += len(data)
        self._make_way()
        return name

    def get(self, name: str) -> Kept | None:
        """None for what never was, has expired, or had to make way."""
        self._make_way()
        return self._kept.get(name)

    def _make_way(self) -> None:
        now = self._clock()
        while self._kept:
            oldest = next(iter(self._kept))
            if self._kept[oldest].expires > now and self._size <= self._capacity:
                return
            self._size -= len(self._kept.pop(oldest).data)

"""What was asked of upstreams and how it went: the last of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from ..core import Attempt

KEPT = 1000


class Attempts:
    """The last `KEPT` of this server; each is shown to the `watchers` as it ends, in the task of its job. All of them are in the books."""

    def __init__(self) -> None:
        self.last: deque[Attempt] = deque(maxlen=KEPT)
        self.watchers: list[Callable[[Attempt], None]] = []

    def keep(self, attempt: Attempt) -> None:
        self.last.append(attempt)
        for watch in self.watchers:
            watch(attempt)

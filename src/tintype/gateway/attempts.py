"""What was asked of upstreams and how it went: the last of it, and what all of it teaches."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

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


@dataclass(slots=True, kw_only=True)
class Record:
    """How one provider has done with one model. `claimed` and `expected` are output tokens of the pictures whose
    formula is known; `seconds` is the median of the calls that drew."""

    provider: str
    model: str
    calls: int = 0
    pictures: int = 0
    refused: int = 0
    failed: int = 0
    wrong_size: int = 0
    claimed: int = 0
    expected: int = 0
    seconds: float | None = None

    @property
    def off(self) -> float | None:
        """How far the claims are from the formula: 0.5 is half as much again; None when nothing could be compared."""
        return self.claimed / self.expected - 1 if self.expected else None


def learn(attempts: Iterable[Attempt]) -> list[Record]:
    """The truth meter: one record for each provider and model, by name."""
    found: dict[tuple[str, str], Record] = {}
    times: dict[tuple[str, str], list[float]] = {}
    for attempt in attempts:
        key = attempt.provider, attempt.model
        record = found.setdefault(key, Record(provider=attempt.provider, model=attempt.model))
        record.calls += 1
        record.pictures += attempt.pictures
        record.refused += attempt.outcome == "refused"
        record.failed += attempt.outcome in ("failed", "empty")
        record.wrong_size += attempt.outcome == "wrong_size"
        if attempt.pictures:
            times.setdefault(key, []).append(attempt.seconds)
        if attempt.expected is not None and attempt.claimed.image_out:
            record.claimed += attempt.claimed.image_out
            record.expected += attempt.expected.image_out
    for key, seconds in times.items():
        found[key].seconds = median(seconds)
    return [found[key] for key in sorted(found)]

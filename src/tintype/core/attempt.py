"""One call of one upstream, as it went: kept for the operator, whatever came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .events import Usage
from .money import Micros

Outcome = Literal["drawn", "wrong_size", "empty", "refused", "failed", "left"]
"""`wrong_size`: drawn, and not as large as was asked. `left`: nobody waited for it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """`started` is Unix time in seconds. `claimed` is the upstream's own count of tokens, `expected` what the
    model's published formula makes of the same pictures; None where there is none, or where the quality that
    was applied is not told. `cost` is what the upstream takes, None when it is not known; `charged`: it may have
    been paid although it failed.
    """

    job: str
    offer: str
    provider: str
    model: str
    outcome: Outcome
    code: str = ""  # of the error
    started: float
    seconds: float
    asked: int
    pictures: int
    claimed: Usage = field(default_factory=Usage)
    expected: Usage | None = None
    cost: Micros | None = None
    charged: bool = False

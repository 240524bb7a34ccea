"""How long to wait: as settings say it, and as services tell one another (`Retry-After`, in seconds or as a date)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import ceil, isfinite

DAY = 86_400.0
"""Seconds. Nobody is told to come back later than that, nor believed who says so."""

LONGEST = 1_000_000_000
"""Seconds that a setting may say, some thirty years: no clock takes an infinite time."""


def within_a_day(seconds: float) -> float | None:
    """None where it is no time to wait.

    >>> within_a_day(7.5), within_a_day(-3), within_a_day(1e9), within_a_day(float("inf"))
    (7.5, 0.0, 86400.0, None)
    """
    return min(max(0.0, seconds), DAY) if isfinite(seconds) else None


def read_seconds(said: str, unit: float = 1.0) -> float | None:
    """None for what is no number.

    >>> read_seconds("7"), read_seconds("1500", 0.001), read_seconds("soon"), read_seconds("nan")
    (7.0, 1.5, None, None)
    """
    try:
        return within_a_day(float(said) * unit)
    except ValueError:
        return None


def read_retry_after(said: str) -> float | None:
    """Seconds from now; the header may also be a date (RFC 9110, section 10.2.3). None for what is neither."""
    seconds = read_seconds(said)
    if seconds is not None:
        return seconds
    try:
        date = parsedate_to_datetime(said)
        # In the oldest of the three forms no zone is said, and it is UTC.
        left = (date if date.tzinfo else date.replace(tzinfo=UTC)) - datetime.now(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
    return within_a_day(left.total_seconds())


def write_retry_after(seconds: float) -> str:
    """The header takes whole seconds, and who comes a part of one too early is sent away again.

    >>> write_retry_after(2.25), write_retry_after(60.0)
    ('3', '60')
    """
    return str(ceil(seconds))

"""What may be set of accounts and keys, from words on the command line."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, TypeVar

from ..core.errors import BadRequest
from ..core.money import Micros, micros
from .options import Option

T = TypeVar("T")

NONE = "none"
"""Takes a limit away."""

DayLimit = Annotated[
    str | None, Option("--day-limit", metavar="DOLLARS", help="The most a day (UTC), or none.")
]
MonthLimit = Annotated[
    str | None, Option("--month-limit", metavar="DOLLARS", help="The most a month, or none.")
]
SpentLimit = Annotated[
    str | None, Option("--spent-limit", metavar="DOLLARS", help="The most in all, or none.")
]
AtOnce = Annotated[str | None, Option("--at-once", metavar="N", help="So many jobs at a time, or none.")]

_UNITS = {"h": 3600, "d": 86400, "w": 7 * 86400}
_SPAN = re.compile(r"(\d{1,5})([hdw])")


def limits(
    day_limit: str | None, month_limit: str | None, spent_limit: str | None, at_once: str | None
) -> dict[str, Any]:
    """Those that were said. Raises BadRequest naming the option."""
    return given(
        day_limit=(day_limit, money),
        month_limit=(month_limit, money),
        spent_limit=(spent_limit, money),
        at_once=(at_once, count),
    )


def given(**options: tuple[str | None, Callable[[str, str], Any]]) -> dict[str, Any]:
    """The values of the options that were said; "none" is None."""
    return {
        name: None if text.lower() == NONE else read(name.replace("_", "-"), text)
        for name, (text, read) in options.items()
        if text is not None
    }


def money(name: str, text: str) -> Micros:
    try:
        return micros(text)
    except ValueError as error:
        raise BadRequest(f"{error}.", param=name) from None


def count(name: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise BadRequest(f"{text!r} is not a whole number of at most nine digits.", param=name)
    return int(text)


def percent(name: str, text: str) -> int:
    """In basis points.

    >>> percent("markup", "2.5"), percent("markup", "-10%")
    (250, -1000)
    """
    try:
        points = Decimal(text.removesuffix("%")) * 100
        if points == (whole := int(points)):
            return whole
    except (InvalidOperation, OverflowError, ValueError):
        pass
    raise BadRequest(f"{text!r} is not a percentage such as 2.5, with at most two decimals.", param=name)


def expiry(name: str, text: str) -> float:
    """Unix time: a span from now such as 30d, or the end of a day (UTC). Raises BadRequest."""
    if (found := _SPAN.fullmatch(text)) and int(found[1]):
        return time.time() + int(found[1]) * _UNITS[found[2]]
    try:
        day = date.fromisoformat(text) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise BadRequest(
            f"{text!r} is neither a span such as 12h, 30d or 8w, nor a day such as 2027-01-31.", param=name
        ) from None
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def check_something(name: str, said: dict[str, Any]) -> None:
    """Raises BadRequest where there is nothing to change."""
    if not name and not said:
        raise BadRequest("there is nothing to change: say what, with an option of --help.")

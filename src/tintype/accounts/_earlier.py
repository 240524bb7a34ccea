"""What was spent on a day that a purse has left already: it is counted again from the jobs.

A purse keeps the sums of one day only, the last. A server whose clock is a moment behind still orders on the day
before; and where a clock was once far ahead, every order is of such a day until then.
"""

from __future__ import annotations

import calendar
from typing import Literal

import sqlalchemy as sa

from ..core import Micros
from .schema import jobs

Whose = Literal["account", "key"]

SPENT = sa.case((jobs.c.state == sa.literal_column("'running'"), jobs.c.held), else_=jobs.c.charged)
"""What a job counts for: what it holds while it runs, and then what it was charged."""


def spent(connection: sa.Connection, *, whose: Whose, id: str, first: str, last: str) -> Micros:
    """From the one day to the other, both of them with, as far as it is written. Whoever holds the purse's lock
    finds all of it."""
    query = sa.select(sa.func.coalesce(sa.func.sum(SPENT), 0)).where(
        jobs.c[whose] == id, jobs.c.day >= first, jobs.c.day <= last, jobs.c.created >= _midnight(first)
    )
    return int(connection.execute(query).scalar_one())


def _midnight(day: str) -> float:
    """For the index, which is by time.

    >>> _midnight("1970-01-02")
    86400.0
    """
    year, month, rest = (int(part) for part in day.split("-"))
    return float(calendar.timegm((year, month, rest, 0, 0, 0)))

"""Waiting for an upstream that hands out a ticket and draws later: look, wait a little longer, look again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ..core.errors import Timeout, TintypeError
from .upstream import DEADLINE

T = TypeVar("T")

LONGEST = 1800.0
"""Seconds after which a ticket is given up, where nobody set a deadline."""

LAST = 2.0
"""Seconds before the deadline at which is looked once more, however long the waits have grown: what is there is paid, and
must still be fetched."""


async def poll(
    look: Callable[[], Awaitable[T | None]],
    *,
    every: float = 0.5,
    most: float = 5.0,
    forgiven: int = 3,
) -> T:
    """What `look` finds at last. It returns None while there is nothing yet.

    The wait between two looks grows from `every` to `most` seconds. A look that fails in a way that may pass
    (retryable) is forgiven `forgiven` times in a row, for the picture is being drawn all the same. Raises
    Timeout just before the deadline, told as charged, and whatever `look` raises.
    """
    loop = asyncio.get_running_loop()
    deadline = min(DEADLINE.get() or float("inf"), loop.time() + LONGEST)
    failures, wait, was_last = 0, every, False
    while True:
        try:
            found = await look()
        except TintypeError as error:
            failures += 1
            if not error.retryable or failures > forgiven:
                error.charged = True  # a ticket was taken, and what it brings is paid
                raise
            wait = max(wait, min(error.retry_after or 0.0, most))
        else:
            if found is not None:
                return found
            failures = 0
        left = deadline - LAST - loop.time()
        if was_last or left <= 0:
            raise Timeout("The upstream took the order and did not finish it in time.", charged=True)
        was_last = wait >= left
        await asyncio.sleep(min(wait, left))
        wait = min(wait * 1.4, most)

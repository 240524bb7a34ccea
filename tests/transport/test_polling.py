"""Waiting for a ticket: what is there when the time is nearly over is not left lying."""

from __future__ import annotations

import asyncio

import pytest

from tintype.core.errors import Timeout
from tintype.transport.polling import LAST, poll
from tintype.transport.upstream import DEADLINE


def looked(*found: str | None, seconds: float) -> tuple[str | None, int]:
    """What is found with that much time, looking at long intervals; and how often was looked."""
    looks = 0

    async def look() -> str | None:
        nonlocal looks
        looks += 1
        return found[min(looks, len(found)) - 1]

    async def main() -> str:
        DEADLINE.set(asyncio.get_running_loop().time() + seconds)
        return await poll(look, every=60, most=60)

    try:
        return asyncio.run(main()), looks
    except Timeout as error:
        assert error.charged
        return None, looks


def test_it_looks_once_more_before_it_gives_up() -> None:
    """The next look would have come after the deadline, and the picture that was paid been there before."""
    assert looked(None, "picture", seconds=LAST + 0.1) == ("picture", 2)


@pytest.mark.parametrize(("seconds", "looks"), [(LAST + 0.1, 2), (LAST, 1), (0.1, 1)])
def test_it_gives_up_in_time(seconds: float, looks: int) -> None:
    assert looked(None, seconds=seconds) == (None, looks)

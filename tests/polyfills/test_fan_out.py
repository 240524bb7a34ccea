"""Several pictures out of calls for fewer."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from tintype.core import Completed, Partial, Text, Usage
from tintype.core.errors import Unavailable

from .painter import Painter, all_of, card, filled, note, request


@pytest.mark.parametrize(
    ("n", "max_n", "said"),
    [
        (4, 1, "n=filled:fan_out(1x4)"),
        (10, 4, "n=filled:fan_out(4x3)"),
        (2, 1, "n=filled:fan_out(1x2)"),
        (4, 4, None),
        (1, 1, None),
    ],
)
def test_what_the_caller_is_told(n: int, max_n: int, said: str | None) -> None:
    assert note("fan_out", request(n=n), card(max_n=max_n)) == said


@pytest.mark.parametrize("max_n", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("seed", [None, 7])
def test_every_picture_once_with_its_own_number_and_seed(max_n: int, seed: int | None) -> None:
    painter = Painter(partials=2)
    wish = request(n=6, seed=seed, user="u")
    events = all_of(filled("fan_out", wish, card(max_n=max_n), painter.generate)(wish))
    pictures = sorted((e for e in events if isinstance(e, Completed)), key=lambda e: e.index)
    assert [picture.index for picture in pictures] == list(range(6))
    assert [each.seed for each in pictures] == [None if seed is None else seed + i for i in range(6)]
    assert sorted(asked.first for asked in painter.asked) == list(range(0, 6, max_n))
    for kind in (Partial, Text):
        assert {e.index for e in events if isinstance(e, kind)} == set(range(6))
    assert sorted((e.index, e.step) for e in events if isinstance(e, Partial)) == [
        (i, step) for i in range(6) for step in range(2)
    ]
    assert {asked.user for asked in painter.asked} == {"u"}
    assert all(asked.n <= max_n for asked in painter.asked)


def test_usage_is_the_plain_sum() -> None:
    painter = Painter()
    wish = request(n=5)
    events = all_of(filled("fan_out", wish, card(max_n=2), painter.generate)(wish))
    total = sum((e.usage for e in events if isinstance(e, Completed)), Usage())
    assert total == Usage(text_in=9, image_out=500)


def test_calls_run_side_by_side() -> None:
    painter = Painter()
    wish = request(n=4)
    all_of(filled("fan_out", wish, card(max_n=1), painter.generate)(wish))
    assert painter.at_once == 4
    assert painter.running == 0


def test_the_first_failure_ends_the_rest() -> None:
    painter = Painter(fails_at_seed=2, stalls=True)
    wish = request(n=4, seed=0)
    with pytest.raises(Unavailable, match="no paint"):
        all_of(filled("fan_out", wish, card(max_n=1), painter.generate)(wish))
    assert len(painter.asked) == 4
    assert painter.running == 0


def test_a_reader_who_leaves_ends_every_call() -> None:
    painter = Painter(partials=1, stalls=True)
    wish = request(n=3)

    async def leave_early() -> int:
        async with aclosing(filled("fan_out", wish, card(max_n=1), painter.generate)(wish)) as events:
            async for event in events:
                assert isinstance(event, Partial)
                break
        return len(asyncio.all_tasks()) - 1

    assert asyncio.run(leave_early()) == 0
    assert painter.running == 0


def test_a_cancelled_job_ends_every_call() -> None:
    painter = Painter(stalls=True)
    wish = request(n=3)

    async def cancel() -> int:
        generate = filled("fan_out", wish, card(max_n=1), painter.generate)

        async def job() -> None:
            async for _ in generate(wish):
                pass

        task = asyncio.create_task(job())
        for _ in range(10):  # enough turns of the loop for every call to begin
            await asyncio.sleep(0)
        assert painter.running == 3
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return len(asyncio.all_tasks()) - 1

    assert asyncio.run(cancel()) == 0
    assert painter.running == 0

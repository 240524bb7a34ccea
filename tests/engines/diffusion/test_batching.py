"""The line before the engine: who is next, who goes with whom, and who is told to come later."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tintype.core import Size
from tintype.core.errors import TooManyRequests, Unavailable
from tintype.engines.diffusion.batching import Line, closing
from tintype.engines.diffusion.orders import Order, Waiting
from tintype.engines.diffusion.tickets import Key, Ticket

PLAIN = Order(model="m", prompt="a cube", size=Size(64, 64), seed=1)


def order(**changed: Any) -> Order:
    return replace(PLAIN, **changed)


def inside(work: Callable[[], None]) -> None:
    """Tickets belong to an event loop."""

    async def main() -> None:
        work()

    asyncio.run(main())


def joined(line: Line, *callers: str, **changed: Any) -> list[Ticket]:
    tickets = [Ticket(order(**changed), caller) for caller in callers]
    for ticket in tickets:
        line.join(ticket)
    return tickets


def order_of(line: Line) -> str:
    taken = []
    while len(line):
        ticket = line.first()
        assert ticket is not None
        taken.append(ticket.caller)
    return "".join(taken)


def test_callers_take_turns() -> None:
    def work() -> None:
        line = Line(20)
        joined(line, *"aaaaabbc")
        assert order_of(line) == "abcabaaa"

    inside(work)


def test_who_was_served_last_is_last_of_those_who_wait() -> None:
    def work() -> None:
        line = Line(20)
        joined(line, *"aab")
        assert line.first() is not None  # a's
        joined(line, "c")
        assert order_of(line) == "bac"

    inside(work)


def test_the_whole_line_is_searched_for_orders_that_go_together() -> None:
    def work() -> None:
        line = Line(20)
        [first, *_] = joined(line, "a")
        joined(line, "b", "c", size=Size(128, 64))
        same = joined(line, "c", "d", "a", prompt="another", seed=2)
        assert line.first() is first
        assert set(line.mates(first, 4 * 64 * 64)) == set(same)
        assert order_of(line) == "bc"

    inside(work)


@pytest.mark.parametrize(("room", "count"), [(0, 0), (1, 0), (2, 1), (3, 2), (3.9, 2), (9, 5)])
def test_a_batch_has_no_more_pixels_than_there_is_room_for(room: float, count: int) -> None:
    def work() -> None:
        line = Line(20)
        joined(line, *"abcdef")
        first = line.first()
        assert first is not None
        assert len(line.mates(first, int(room * 64 * 64))) == count
        assert len(line) == 5 - count

    inside(work)


def test_a_batch_counts_as_the_turn_of_everybody_in_it() -> None:
    def work() -> None:
        line = Line(20)
        joined(line, *"aabb")
        joined(line, "c", size=Size(128, 64))
        first = line.first()
        assert first is not None
        assert [mate.caller for mate in line.mates(first, 2 * 64 * 64)] == ["b"]
        assert order_of(line) == "cab"

    inside(work)


@pytest.mark.parametrize(
    "changed",
    [
        {"model": "n"},
        {"task": "image"},
        {"size": Size(64, 128)},
        {"steps": 3},
        {"guidance": 2.0},
        {"strength": 0.5},
        {"loras": {"ink": 0.5}},
        {"control": "edges"},
        {"negative_prompt": ""},
    ],
    ids=str,
)
def test_what_must_be_equal_in_a_batch(changed: dict[str, Any]) -> None:
    assert Key.of(order(**changed)) != Key.of(PLAIN)


@pytest.mark.parametrize("changed", [{"prompt": "b"}, {"seed": 2}, {"previews": 3}], ids=str)
def test_what_may_differ_in_a_batch(changed: dict[str, Any]) -> None:
    assert Key.of(order(**changed)) == Key.of(PLAIN)


def test_the_order_in_which_loras_are_named_does_not_matter() -> None:
    one, two = {"ink": 0.5, "fog": 1.0}, {"fog": 1.0, "ink": 0.5}
    assert Key.of(order(loras=one)) == Key.of(order(loras=two))


def test_whoever_waits_is_told_where_when_it_changes() -> None:
    async def main() -> None:
        line = Line(20)
        joined(line, "a", "a")
        [ticket] = joined(line, "a")
        joined(line, "b")  # comes in between: it is the first of its caller
        assert line.first() is not None
        assert line.first() is not None
        line.leave(joined(line, "a")[0])  # behind it: changes nothing for it
        told = [await ticket.next() for _ in range(4)]
        assert told == [Waiting(3), Waiting(4), Waiting(3), Waiting(2)]
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ticket.next(), 0.01)

    asyncio.run(main())


def test_a_thread_with_nothing_to_do_takes_an_order_before_anybody_is_told_to_wait() -> None:
    async def main() -> None:
        line = Line(20)
        taken: list[Ticket | None] = []
        idle = threading.Thread(target=lambda: taken.append(line.first()))
        idle.start()
        while not line.idle:  # noqa: ASYNC110
            await asyncio.sleep(0)
        [ticket] = joined(line, "a")
        await asyncio.to_thread(idle.join)
        assert taken == [ticket]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ticket.next(), 0.01)

    asyncio.run(main())


def test_a_full_line_says_when_to_come_back() -> None:
    def work() -> None:
        line = Line(3)
        joined(line, *"aaa")
        line.went(seconds=8.0, pictures=2)
        with pytest.raises(TooManyRequests, match="3 pictures are waiting") as caught:
            joined(line, "a")
        assert caught.value.retry_after == 4 * 4  # three of its own go before it, 4 seconds each
        assert len(line) == 3

    inside(work)


def test_nobody_can_shut_the_others_out_of_the_line() -> None:
    def work() -> None:
        line = Line(3)
        joined(line, *"aaabcd")
        for caller in "ae":
            with pytest.raises(TooManyRequests):
                joined(line, caller)
        assert order_of(line) == "abcdaa"

    inside(work)


def test_who_leaves_is_not_drawn() -> None:
    def work() -> None:
        line = Line(20)
        tickets = joined(line, *"abc")
        line.leave(tickets[1])
        line.leave(tickets[1])  # twice does no harm
        assert order_of(line) == "ac"

    inside(work)


def test_a_line_that_is_closed_tells_everybody_why() -> None:
    async def main() -> None:
        line = Line(3)
        [ticket] = joined(line, "a")
        await ticket.next()
        line.close(Unavailable("It is broken.", code="device_lost"))
        with pytest.raises(Unavailable, match=r"It is broken\.") as caught:
            await ticket.next()
        with pytest.raises(Unavailable, match=r"It is broken\.") as later:
            joined(line, "b")
        assert caught.value.code == later.value.code == "device_lost"
        assert caught.value is not later.value, "whoever raises an error writes into it"

    asyncio.run(main())


def test_closing_the_line_ends_those_who_wait_for_an_order() -> None:
    line = Line(3)
    taken: list[Ticket | None] = []
    waiting = threading.Thread(target=lambda: taken.append(line.first()))
    waiting.start()
    line.close(closing())
    waiting.join(timeout=5)
    assert taken == [None]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3)), min_size=1, max_size=20), st.integers(0, 6)
)
def test_everybody_is_drawn_once_and_batches_are_of_one_kind(asked: list[tuple[str, int]], room: int) -> None:
    def work() -> None:
        line = Line(len(asked))
        tickets = [Ticket(order(steps=steps), caller) for caller, steps in asked]
        for ticket in tickets:
            line.join(ticket)
        batches = []
        while len(line):
            first = line.first()
            assert first is not None
            batches.append([first, *line.mates(first, room * 64 * 64)])
        drawn = [ticket for batch in batches for ticket in batch]
        assert sorted(map(id, drawn)) == sorted(map(id, tickets))
        for batch in batches:
            assert len({ticket.key for ticket in batch}) == 1
            assert len(batch) <= max(1, room)
        for caller in "abc":  # one's own orders of a kind stay in order
            for steps in (1, 2, 3):
                mine = [t for t in tickets if t.caller == caller and t.order.steps == steps]
                assert [t for t in drawn if t in mine] == mine

    inside(work)

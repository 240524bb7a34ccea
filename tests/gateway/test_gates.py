"""A gate lets in as many as it may, one caller after the other, and forgets nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tintype.core.errors import Timeout, TooManyRequests
from tintype.gateway import gates
from tintype.gateway.gates import Gate

NEVER = float("inf")


@asynccontextmanager
async def crowd(
    gate: Gate, callers: str, inside: list[str], leave: asyncio.Event
) -> AsyncIterator[list[asyncio.Task[None]]]:
    """One request of each caller, in this order; each stays until `leave`."""

    async def one(caller: str) -> None:
        await gate.enter(caller, NEVER)
        inside.append(caller)
        await leave.wait()
        gate.leave()

    tasks = [asyncio.create_task(one(caller)) for caller in callers]
    for _ in range(5):
        await asyncio.sleep(0)
    try:
        yield tasks
    finally:
        leave.set()
        await asyncio.gather(*tasks, return_exceptions=True)


def test_no_more_are_inside_than_may_be_and_callers_take_turns() -> None:
    async def main() -> None:
        gate, inside, leave = Gate(at_once=1), list[str](), asyncio.Event()
        async with crowd(gate, "aaaabbc", inside, leave):
            assert inside == ["a"]
            assert gate.is_full
        assert inside == ["a", "a", "b", "c", "a", "b", "a"]
        assert not gate.is_full

    asyncio.run(main())


def test_who_leaves_while_waiting_holds_nobody_up() -> None:
    async def main() -> None:
        gate, inside, leave = Gate(at_once=1), list[str](), asyncio.Event()
        async with crowd(gate, "abc", inside, leave) as tasks:
            tasks[1].cancel()
            await asyncio.sleep(0)
        assert inside == ["a", "c"]
        assert not gate.is_full

    asyncio.run(main())


def test_who_is_cancelled_as_its_turn_comes_gives_it_on() -> None:
    async def main() -> None:
        gate, inside, leave = Gate(at_once=1), list[str](), asyncio.Event()
        async with crowd(gate, "abc", inside, leave) as tasks:
            leave.set()
            await asyncio.sleep(0)  # "a" goes, and "b" has its turn
            tasks[1].cancel()
        assert inside[0] == "a"
        assert inside[-1] == "c"
        assert not gate.is_full

    asyncio.run(main())


def test_nobody_waits_beyond_the_time_that_is_left() -> None:
    async def main() -> None:
        gate, inside, leave = Gate(at_once=1), list[str](), asyncio.Event()
        async with crowd(gate, "a", inside, leave):
            with pytest.raises(Timeout):
                await gate.enter("b", asyncio.get_running_loop().time() + 0.01)
        assert not gate.is_full

    asyncio.run(main())


def test_a_queue_that_is_long_enough_takes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "QUEUE", 2)

    async def main() -> None:
        gate, inside, leave = Gate(at_once=1), list[str](), asyncio.Event()
        async with crowd(gate, "aaa", inside, leave):
            with pytest.raises(TooManyRequests) as caught:
                await gate.enter("a", NEVER)
            assert caught.value.retry_after

    asyncio.run(main())


def test_who_fills_the_queue_keeps_nobody_else_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "QUEUE", 4)

    async def main() -> None:
        gate, inside, leave = Gate(at_once=1), list[str](), asyncio.Event()
        async with crowd(gate, "aaaaaaabbbc", inside, leave) as tasks:
            turned_away = [task.done() for task in tasks]
        assert turned_away == [False] * 5 + [True] * 2 + [False] * 2 + [True] + [False]
        assert inside == ["a", "a", "b", "c", "a", "b", "a", "a"]

    asyncio.run(main())


def test_a_queue_has_an_end_for_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "QUEUE", 2)

    async def main() -> None:
        gate, inside, leave = Gate(at_once=1), list[str](), asyncio.Event()
        async with crowd(gate, "aaabcdef", inside, leave) as tasks:
            assert sum(task.done() for task in tasks) == 3
        assert len(inside) == 5

    asyncio.run(main())


def test_so_many_in_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "MINUTE", 0.05)

    async def main() -> None:
        gate, begun = Gate(per_minute=2), list[float]()
        loop = asyncio.get_running_loop()

        async def one() -> None:
            await gate.enter("a", NEVER)
            begun.append(loop.time())
            gate.leave()

        await asyncio.gather(*(one() for _ in range(5)))
        assert all(later - earlier >= 0.049 for earlier, later in zip(begun, begun[2:], strict=False))

    asyncio.run(main())


def test_a_gate_without_limits_is_always_open() -> None:
    async def main() -> None:
        gate = Gate()
        await gate.enter("a", 0.0)
        await gate.enter("a", 0.0)
        assert not gate.is_full

    asyncio.run(main())

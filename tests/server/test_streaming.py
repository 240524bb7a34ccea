"""A feed gives out all that has come, in order, however it came."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tintype.core import Octets
from tintype.server.streaming import Feed

Chunks = AsyncGenerator[Octets, None]


async def source(chunks: Sequence[bytes], pauses: Sequence[int] = ()) -> Chunks:
    """Yields the loop's turn so many times before a chunk."""
    for position, chunk in enumerate(chunks):
        for _ in range(pauses[position] if position < len(pauses) else 0):
            await asyncio.sleep(0)
        yield chunk


async def read(feed: Feed, seconds: float = 5.0) -> list[bytes]:
    found: list[bytes] = []
    while not feed.is_over:
        found += map(bytes, await feed.news(seconds))
    return found


@given(st.lists(st.binary(max_size=3), max_size=12), st.lists(st.integers(0, 3), max_size=12))
def test_nothing_is_lost_and_nothing_changes_places(chunks: list[bytes], pauses: list[int]) -> None:
    async def main() -> None:
        async with Feed(source(chunks, pauses)) as feed:
            assert await read(feed) == chunks
            assert await feed.news(5) == [], "there will be none any more"

    asyncio.run(main())


def test_what_comes_at_once_is_given_out_at_once() -> None:
    async def main() -> None:
        async with Feed(source([b"a", b"b", b"c"])) as feed:
            assert await feed.news(5) == [b"a", b"b", b"c"]

    asyncio.run(main())


def test_silence_is_told_and_loses_nothing() -> None:
    async def main() -> None:
        go_on = asyncio.Event()

        async def slow() -> Chunks:
            yield b"a"
            await go_on.wait()
            yield b"b"

        async with Feed(slow()) as feed:
            assert await feed.news(5) == [b"a"]
            assert await feed.news(0.01) == []
            assert await feed.news(0.01) == []
            assert not feed.is_over
            go_on.set()
            assert await read(feed) == [b"b"]

    asyncio.run(main())


def test_an_error_comes_after_what_came_before_it() -> None:
    async def main() -> None:
        async def breaks() -> Chunks:
            yield b"a"
            yield b"b"
            raise LookupError("broken")

        async with Feed(breaks()) as feed:
            assert await feed.news(5) == [b"a", b"b"]
            with pytest.raises(LookupError, match="broken"):
                await feed.news(5)

    asyncio.run(main())


def test_whoever_stops_reading_ends_the_source() -> None:
    async def main() -> None:
        ended: list[str] = []

        async def endless() -> Chunks:
            try:
                while True:
                    yield b"a"
                    await asyncio.sleep(3600)
            finally:
                ended.append("closed")

        async with Feed(endless()) as feed:
            assert await feed.news(5) == [b"a"]
        assert ended == ["closed"]
        feed = Feed(endless())
        async with feed:
            pass  # it has not even begun
        assert ended == ["closed"]

    asyncio.run(main())


def test_a_failure_that_nobody_waits_for_any_more_is_told_to_nobody() -> None:
    """It would be told to the log, with what an upstream said, which may be the prompt."""

    async def main() -> list[str]:
        told: list[str] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))

        async def breaks() -> Chunks:
            yield b"a"
            raise LookupError("broken")

        async with Feed(breaks()) as feed:
            assert await feed.news(5) == [b"a"]
            await asyncio.sleep(0)
        del feed
        gc.collect()
        await asyncio.sleep(0)
        return told

    assert asyncio.run(main()) == []


def test_it_can_be_woken() -> None:
    async def main() -> None:
        async def silent() -> Chunks:
            await asyncio.sleep(3600)
            yield b""

        async with Feed(silent()) as feed:
            asyncio.get_running_loop().call_later(0.01, feed.wake)
            async with asyncio.timeout(2):
                assert await feed.news(3600) == []
            feed.wake()  # nobody waits

    asyncio.run(main())


def test_a_reader_who_is_cancelled_leaves_no_task_behind() -> None:
    async def main() -> None:
        async def silent() -> Chunks:
            await asyncio.sleep(3600)
            yield b""

        async def reader() -> None:
            async with Feed(silent()) as feed:
                await feed.news(3600)

        task = asyncio.create_task(reader())
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())

"""What is owed to an address is claimed by one server alone, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from secrets import token_hex
from threading import Barrier, Event

import psycopg
import pytest

from tintype.accounts.database import Database
from tintype.accounts.deliveries import Deliveries, Due, name

POSTGRESQL = os.environ.get("TINTYPE_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")
URL = "https://hooks.example/a"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, for one test."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/house.db"
        return
    own = f"deliveries_{token_hex(6)}"
    try:
        server = psycopg.connect(POSTGRESQL, autocommit=True, connect_timeout=2)
    except psycopg.OperationalError:
        pytest.skip("there is no PostgreSQL at TINTYPE_TEST_POSTGRESQL, or at its usual port")
    with server:
        server.execute(f'CREATE DATABASE "{own}"'.encode())
        try:
            yield f"{POSTGRESQL.rpartition('/')[0]}/{own}"
        finally:
            server.execute(f'DROP DATABASE "{own}" WITH (FORCE)'.encode())


def test_one_of_two_servers_claims_it(url: str) -> None:
    """Both have seen it as due before either claims it."""

    async def main() -> None:
        both = Database.open(url), Database.open(url)
        first, second = (Deliveries(each) for each in both)
        for number in range(20):
            await first.add(f"job_{number}", URL, "{}", now=1.0)
        barrier = Barrier(2)

        def pick(due: Iterable[Due]) -> Sequence[Due]:
            seen = list(due)
            if seen:  # who was slower looks again
                barrier.wait(10)
            return seen

        claimed = await asyncio.gather(first.claim(2.0, 60.0, pick), second.claim(2.0, 61.0, pick))
        assert sorted(each.job for some in claimed for each in some) == sorted(f"job_{n}" for n in range(20))
        assert await first.claim(59.0, 120.0) == []
        for each in both:
            await each.close()

    asyncio.run(main())


def test_nobody_who_writes_waits_for_a_look_at_what_is_due(url: str) -> None:
    async def main() -> None:
        database = Database.open(url)
        deliveries = Deliveries(database)
        await deliveries.add("job_1", URL, "{}", now=1.0)
        looks, written = Event(), Event()

        def pick(due: Iterable[Due]) -> Sequence[Due]:
            seen = list(due)
            looks.set()
            assert written.wait(10)
            return seen

        claiming = asyncio.create_task(deliveries.claim(2.0, 60.0, pick))
        assert await asyncio.to_thread(looks.wait, 10)
        await deliveries.add("job_2", URL, "{}", now=1.0)
        written.set()
        assert [each.job for each in await claiming] == ["job_1"]
        await database.close()

    asyncio.run(main())


def test_what_was_claimed_and_not_ended_is_due_again_and_the_late_have_no_say(url: str) -> None:
    async def main() -> None:
        database = Database.open(url)
        deliveries = Deliveries(database)
        await deliveries.add("job_1", URL, "{}", now=1.0)
        (late,) = await deliveries.claim(1.0, 60.1)
        assert await deliveries.claim(60.0, 120.0) == []
        (again,) = await deliveries.claim(60.2, 120.3)
        assert (late.tries, again.tries, late.id, again.id) == (1, 2, name("job_1", URL), name("job_1", URL))
        await deliveries.failed(late, None, "too late to be heard")
        (told,) = await deliveries.of("job_1")
        assert (told.state, told.due, told.failure) == ("due", 120.3, "")
        await deliveries.taken(again, 61.0)
        (told,) = await deliveries.of("job_1")
        assert (told.state, told.taken, await deliveries.next_due()) == ("taken", 61.0, None)
        await database.close()

    asyncio.run(main())


def test_the_least_tried_come_first_and_one_message_is_one(url: str) -> None:
    async def main() -> None:
        database = Database.open(url)
        deliveries = Deliveries(database)
        await deliveries.add("old", URL, "{}", now=1.0)
        (old,) = await deliveries.claim(1.0, 60.0)
        await deliveries.failed(old, 2.0, "it answered 500")
        added = await asyncio.gather(*(deliveries.add("new", URL, "{}", now=5.0) for _ in range(5)))
        assert sorted(added) == [False] * 4 + [True]
        assert [each.job for each in await deliveries.claim(9.0, 99.0)] == ["new", "old"]
        await database.close()

    asyncio.run(main())


def test_a_promise_is_kept_once_and_what_is_over_can_be_forgotten(url: str) -> None:
    async def main() -> None:
        database = Database.open(url)
        deliveries = Deliveries(database)
        for _ in range(2):
            await deliveries.promise("job_1", URL, 1.0)
        assert await deliveries.next_due() is None
        assert [each.state for each in await deliveries.of("job_1")] == ["promised"]
        assert await deliveries.add("job_1", URL, "{}", now=3.0)
        assert await deliveries.forget(before=9.0) == 0
        (claimed,) = await deliveries.claim(3.0, 60.0)
        await deliveries.failed(claimed, None, "it answered 410")
        assert not await deliveries.add("job_1", URL, "{}", now=4.0)
        assert [each.state for each in await deliveries.of("job_1")] == ["given up"]
        assert await deliveries.forget(before=1.0) == 0
        assert await deliveries.forget(before=9.0) == 1
        await database.close()

    asyncio.run(main())

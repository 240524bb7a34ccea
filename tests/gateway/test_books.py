"""The books in memory and those in a database are the same to whoever keeps them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tintype.accounts.database import Database
from tintype.accounts.records import Closing, KeptPicture, Opening, State, Taken
from tintype.core import Usage
from tintype.core.errors import NotFound
from tintype.gateway.books import FORGIVEN, Books, Memory
from tintype.gateway.written import Written

Test = Callable[[Books], Coroutine[Any, Any, None]]
NOW = 1_796_000_000.0


def opening(number: int, **more: Any) -> Opening:
    facts = {"request": f"req_{number}", "fingerprint": "f" * 64, "model": "m", "provider": "p"}
    return Opening(job=f"job_{number}", created=NOW + number, asked="M", prompt="a cat", **{**facts, **more})


def closing(number: int, state: State = "done", **more: Any) -> Closing:
    facts = {
        "cost": 10,
        "paid": 5,
        "made": 1,
        "plan": "style=ignored",
        "result": b"{}",
        "usage": Usage(image_out=3),
    }
    return Closing(job=f"job_{number}", state=state, ended=NOW + 100 + number, **{**facts, **more})


def picture(position: int, path: str = "") -> KeptPicture:
    return KeptPicture(
        position=position,
        hash=f"{position:064x}",
        path=path or f"2026-12-06T13/{position:064x}.png",
        media_type="image/png",
        width=8,
        height=9,
        bytes=70,
        expires=NOW + 3600,
    )


async def the_life_of_a_job(books: Books) -> None:
    assert await books.find("job_1") is None
    await books.hold(opening(1, dialect="gemini", n=2))
    found = await books.find("job_1")
    assert found is not None
    assert (found.state, found.ended, found.n, found.dialect, found.cost) == (
        "running",
        None,
        2,
        "gemini",
        None,
    )
    settled = await books.settle(closing(1, made=2, pictures=(picture(0), picture(1)), maybe_paid=True))
    assert settled is not None
    assert (settled.charged, settled.balance) == (0, None)
    assert await books.settle(closing(1)) is None, "it ends once"
    found = await books.find("job_1")
    assert found is not None
    assert (found.state, found.ended, found.made, found.cost, found.paid) == ("done", NOW + 101, 2, 10, 5)
    assert (found.model, found.provider) == ("m", "p"), "who answers, unless another did"
    assert (found.usage, found.plan, found.result, found.maybe_paid) == (
        Usage(image_out=3),
        "style=ignored",
        b"{}",
        True,
    )
    assert list(await books.pictures("job_1")) == [picture(0), picture(1)]
    assert await books.settle(closing(9)) is None, "one that never was"
    assert await books.balance("account_none") is None


async def an_order_that_is_placed_once(books: Books) -> None:
    await books.hold(opening(1, idempotency="name"))
    with pytest.raises(Taken) as taken:
        await books.hold(opening(2, idempotency="name"))
    assert taken.value.record.id == "job_1"
    assert await books.find("job_2") is None
    await books.settle(closing(1))
    with pytest.raises(Taken):
        await books.hold(opening(3, idempotency="name"))
    found = await books.find_idempotency("name")
    assert found is not None
    assert (found.id, found.result) == ("job_1", b"{}")
    assert await books.find_idempotency("other") is None
    assert await books.find_idempotency("") is None


async def one_that_failed_gives_its_name_up(books: Books) -> None:
    for number, state in enumerate(("failed", "cancelled"), 1):
        await books.hold(opening(number, idempotency="name"))
        found = await books.find_idempotency("name")
        assert found is not None
        assert found.id == f"job_{number}"
        await books.settle(closing(number, state, made=0, error="code", message="words"))  # type: ignore[arg-type]
        found = await books.find_idempotency("name")
        assert found is None or found.state in FORGIVEN
    await books.hold(opening(7, idempotency="name"))
    found = await books.find_idempotency("name")
    assert found is not None
    assert found.id == "job_7"
    earlier = await books.find("job_1")
    assert earlier is not None
    assert (earlier.state, earlier.error, earlier.message) == ("failed", "code", "words")


async def the_last_of_a_body(books: Books) -> None:
    await books.hold(opening(1))
    await books.hold(opening(2))
    await books.hold(opening(3, fingerprint="e" * 64))
    await books.settle(closing(2, "failed"))

    async def last(since: float = 0, key: str = "", body: str = "f" * 64, longest: float = 0) -> str | None:
        found = await books.find_fingerprint(key, body, since, longest)
        return None if found is None else found.id

    assert await last() == "job_1"
    await books.settle(closing(1))
    assert await last() == "job_1"
    assert await last(since=NOW + 1) == "job_1"
    assert await last(since=NOW + 1.5) is None
    assert await last(since=NOW + 101, longest=100) == "job_1", "it ended then"
    assert await last(since=NOW + 102, longest=102) is None
    assert await last(key="key_other") is None
    assert await last(body="d" * 64) is None
    await books.hold(opening(4))
    assert await last() == "job_4"


async def by_the_id_of_the_request(books: Books) -> None:
    await books.hold(opening(1))
    await books.hold(opening(2, request=""))
    found = await books.find_request("req_1")
    assert found is not None
    assert found.id == "job_1"
    assert await books.find_request("req_2") is None
    assert await books.find_request("") is None


async def a_list_in_pages(books: Books) -> None:
    for number in range(6):
        await books.hold(opening(number))
        if number % 2:
            await books.settle(closing(number, "done" if number > 1 else "failed"))

    async def listed(**more: Any) -> list[str]:
        return [record.id for record in await books.list_jobs(**more)]

    assert await listed() == [f"job_{number}" for number in (5, 4, 3, 2, 1, 0)]
    assert await listed(limit=2) == ["job_5", "job_4"]
    assert await listed(limit=2, before="job_4") == ["job_3", "job_2"]
    assert await listed(before="job_0") == []
    assert await listed(state="done") == ["job_5", "job_3"]
    assert await listed(state="done", before="job_5") == ["job_3"]
    assert await listed(state="running", before="job_5") == ["job_4", "job_2", "job_0"]
    assert await listed(key="") == await listed()
    assert await listed(key="key_other") == []
    with pytest.raises(NotFound):
        await listed(before="job_9")


async def pictures_that_are_kept_late(books: Books) -> None:
    await books.hold(opening(1))
    await books.settle(closing(1, made=2))
    assert list(await books.pictures("job_1")) == []
    await books.keep_pictures("job_1", [picture(0)])
    await books.keep_pictures("job_1", [picture(0), picture(1)])
    assert list(await books.pictures("job_1")) == [picture(0), picture(1)]
    longer = replace(picture(1, "2026-12-09T13/longer.png"), expires=NOW + 7200)
    await books.keep_pictures("job_1", [longer])
    await books.keep_pictures("job_1", [picture(1)])
    assert list(await books.pictures("job_1")) == [picture(0), longer], "the longer time holds"
    await books.keep_pictures("job_none", [])


async def thumbnails_are_let_go_with_their_pictures(books: Books) -> None:
    small = "2026-12-06T13/small.webp"
    for number in (1, 2):
        await books.hold(opening(number))
        kept = (replace(picture(number), thumbnail=small),)
        await books.settle(closing(number, made=1, pictures=kept))
    assert list(await books.release_pictures("job_1")) == [picture(1).path], "another picture has it, too"
    assert sorted(await books.release_pictures("job_2")) == sorted([picture(2).path, small])


async def pictures_that_are_let_go(books: Books) -> None:
    shared = picture(0)
    for number in (1, 2):
        await books.hold(opening(number))
        await books.settle(closing(number, made=2, pictures=(shared, picture(number))))
    assert list(await books.release_pictures("job_1")) == [picture(1).path]
    assert list(await books.release_pictures("job_1")) == []
    assert list(await books.pictures("job_1")) == []
    assert list(await books.pictures("job_2")) == [shared, picture(2)]
    others = ["2026-12-06T13/elsewhere.png", shared.path]
    assert sorted(await books.release_pictures("job_1", others)) == others[:1]
    assert sorted(await books.release_pictures("job_2")) == sorted([shared.path, picture(2).path])
    await books.keep_pictures("job_2", [shared])
    assert list(await books.pictures("job_2")) == [shared], "they may be kept anew"
    assert list(await books.release_pictures("job_none")) == []


TESTS: tuple[Test, ...] = (
    the_life_of_a_job,
    an_order_that_is_placed_once,
    one_that_failed_gives_its_name_up,
    the_last_of_a_body,
    by_the_id_of_the_request,
    a_list_in_pages,
    pictures_that_are_kept_late,
    pictures_that_are_let_go,
    thumbnails_are_let_go_with_their_pictures,
)


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.__name__)
def test_books_in_memory(test: Test) -> None:
    asyncio.run(test(Memory()))


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.__name__)
def test_books_in_a_database(test: Test, tmp_path: Path) -> None:
    async def main() -> None:
        database = Database.open(f"sqlite:///{tmp_path / 'books.db'}")
        try:
            await test(Written(database))
        finally:
            await database.close()

    asyncio.run(main())


def test_memory_forgets_the_oldest_and_all_of_it() -> None:
    async def main() -> None:
        books = Memory(capacity=2)
        for number in range(4):
            await books.hold(replace(opening(number), idempotency=f"name {number}"))
            await books.settle(closing(number, pictures=(picture(number),)))
        assert [record.id for record in await books.list_jobs()] == ["job_3", "job_2"]
        assert await books.find_idempotency("name 0") is None
        assert await books.find_request("req_0") is None
        assert list(await books.pictures("job_0")) == []
        assert list(await books.release_pictures("job_3")) == [picture(3).path]

    asyncio.run(main())

"""What was done is found again, by whoever did it, and forgotten in time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tintype.accounts.database import Database
from tintype.accounts.history import History
from tintype.accounts.ledger import Ledger
from tintype.accounts.owners import Owners
from tintype.accounts.records import KeptPicture
from tintype.core.errors import NotFound

from .making import NOON, attempt, closing, opening


def picture(path: str, position: int = 0, **fields: Any) -> KeptPicture:
    usual = {"hash": f"hash of {path}", "thumbnail": f"small {path}", "media_type": "image/png", "bytes": 9}
    return KeptPicture(
        path=path, position=position, **{**usual, "width": 8, "height": 6, "expires": NOON + 100, **fields}
    )


def with_history(url: str, main: Any) -> None:
    async def whole() -> None:
        database = Database.open(url)
        try:
            await main(History(database, clock=lambda: NOON), Ledger(database))
        finally:
            await database.close()

    asyncio.run(whole())


async def draw(ledger: Ledger, job: str, *pictures: KeptPicture, at: float = NOON, **fields: Any) -> None:
    await ledger.hold(opening(job, created=at, **fields))
    await ledger.settle(
        closing(job, pictures=pictures, attempts=(attempt(job, started=at),), ended=at + 1, result=b"r")
    )


def test_jobs_are_listed_the_newest_first_and_page_by_page(url: str) -> None:
    async def main(history: History, ledger: Ledger) -> None:
        for n in range(7):  # some of them at the same moment
            await draw(ledger, f"j{n}", at=NOON + n // 2, model=f"m{n % 2}")
        await ledger.hold(opening("running", created=NOON + 9))
        listed = await history.list_jobs()
        assert [job.id for job in listed] == ["running", "j6", "j5", "j4", "j3", "j2", "j1", "j0"]
        assert {job.result for job in listed} == {None}
        pages, before = [], ""
        while page := await history.list_jobs(before=before, limit=3):
            pages += page
            before = page[-1].id
        assert pages == listed
        assert [job.id for job in await history.list_jobs(state="running")] == ["running"]
        assert await history.list_jobs(key="k") == await history.list_jobs(account="a") == []
        with pytest.raises(NotFound, match="There is no job 'x'"):
            await history.list_jobs(before="x")

    with_history(url, main)


def test_a_job_that_is_not_there_is_none(url: str) -> None:
    async def main(history: History, ledger: Ledger) -> None:
        await draw(ledger, "j")  # without a request's id, and without a name
        assert await history.find("x") is None
        assert await history.find_request("") is None
        assert await history.find_request("x") is None
        assert await history.find_idempotency("") is None
        assert await history.find("no\0letter") is await history.find_request("no\0letter") is None
        with pytest.raises(NotFound):
            await history.list_jobs(before="no\0letter")

    with_history(url, main)


def test_pictures_are_there_until_they_are_deleted(url: str) -> None:
    async def main(history: History, ledger: Ledger) -> None:
        both = picture("b", 1), picture("a", 0, expires=NOON - 1)
        await draw(ledger, "j", *both)
        assert await history.pictures("j") == [both[1], both[0]]
        assert await history.expired_pictures() == [both[1]]
        assert await history.expired_pictures(NOON + 100) == [both[1], both[0]]
        assert await history.delete_pictures(["a", "a", "unknown"]) == 1
        assert await history.delete_pictures(["a"]) == await history.delete_pictures([]) == 0
        assert await history.pictures("j") == [both[0]]
        assert await history.expired_pictures() == []

    with_history(url, main)


def test_a_picture_that_lies_in_two_places_is_found_once(url: str) -> None:
    async def main(history: History, ledger: Ledger) -> None:
        hour, month = picture("hour", expires=NOON + 50), picture("month", expires=NOON + 5000)
        await draw(ledger, "j", month, picture("other", 1), hour)
        assert await history.pictures("j") == [month, picture("other", 1)]
        assert [each.picture.path for each in await history.search()] == ["month", "other"]
        await history.delete_pictures(["hour"])
        assert [each.picture.path for each in await history.search()] == ["month", "other"]

    with_history(url, main)


def test_the_history_is_searched_by_words_of_the_prompt(url: str) -> None:
    async def main(history: History, ledger: Ledger) -> None:
        await draw(ledger, "cat", picture("1"), picture("2", 1), prompt="A red Cat, 100% fluffy", model="m1")
        await draw(ledger, "dog", picture("3"), prompt="a red dog_house", at=NOON + 1)
        await draw(ledger, "none", prompt="a red nothing: no picture came of it")

        async def found(text: str, **terms: Any) -> list[str]:
            return [each.picture.path for each in await history.search(text, **terms)]

        assert await found("") == ["3", "1", "2"]
        assert await found("CAT red") == ["1", "2"]
        assert await found("100%") == ["1", "2"]  # a sign, not a pattern
        assert await found("g_h") == ["3"]
        assert await found("%") == ["1", "2"]
        assert await found("red", model="m1") == ["1", "2"]
        assert await found("red", before="dog") == ["1", "2"]
        assert await found("red", limit=1) == ["3"]
        assert await found("red", key="k") == []

    with_history(url, main)


def test_attempts_come_the_oldest_first(url: str) -> None:
    async def main(history: History, ledger: Ledger) -> None:
        for n in range(5):
            await draw(ledger, f"j{n}", at=NOON + n)
        everything = await history.attempts()
        assert [each.job for each in everything] == ["j0", "j1", "j2", "j3", "j4"]
        assert await history.attempts("j1") == everything[1:2]

    with_history(url, main)


def test_prompts_and_results_are_forgotten_and_money_is_not(url: str) -> None:
    async def main(history: History, ledger: Ledger) -> None:
        await draw(ledger, "old", prompt="a secret", idempotency="order", request="r")
        await draw(ledger, "new", prompt="not yet", at=NOON + 50)
        await ledger.hold(opening("running", prompt="it is drawn"))
        assert await history.forget(NOON + 10) == 1
        assert await history.forget(NOON + 10) == 0
        old = await history.find("old")
        assert old is not None
        assert (old.prompt, old.result, old.cost) == ("", None, 0)
        assert await history.find_idempotency("order") is None
        assert [job.prompt for job in await history.list_jobs()] == ["not yet", "it is drawn", ""]

    with_history(url, main)


def test_entries_are_read_page_by_page(url: str) -> None:
    async def main(history: History, ledger: Ledger) -> None:
        account = (await Owners(ledger.database).make("Ann")).id
        for n in range(5):
            await ledger.credit(account, n, note=f"note {n}")
        first = await history.entries(account, limit=3)
        assert [(each.amount, each.note, each.kind) for each in first] == [
            (n, f"note {n}", "credit") for n in (4, 3, 2)
        ]
        assert [each.amount for each in await history.entries(account, before=first[-1].id)] == [1, 0]

    with_history(url, main)

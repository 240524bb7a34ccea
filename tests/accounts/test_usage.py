"""Usage adds up the same whichever way it is counted, and to the micro-dollar with the entries."""

from __future__ import annotations

import asyncio
from itertools import combinations
from random import Random
from typing import Any, get_args

import pytest
import sqlalchemy as sa

from tintype.accounts.database import Database
from tintype.accounts.keys import Keys
from tintype.accounts.ledger import Ledger
from tintype.accounts.owners import Owners
from tintype.accounts.schema import entries, jobs
from tintype.accounts.usage import By, Line, prove, report
from tintype.core import Usage
from tintype.core.errors import BadRequest, TintypeError

from .making import NOON, closing, opening

DAY = 86400.0


def with_ledger(url: str, main: Any) -> None:
    async def whole() -> None:
        database = Database.open(url)
        try:
            await main(Ledger(database))
        finally:
            await database.close()

    asyncio.run(whole())


async def trade(ledger: Ledger, count: int = 60) -> tuple[str, str]:
    """Jobs of three days, of every way to end; the ids of an account and of one of its keys."""
    luck = Random(7)
    owners, keys = Owners(ledger.database), Keys(ledger.database)
    ann, bob = [(await owners.make(name)).id for name in ("Ann", "Bob")]
    mine = [(await keys.make(name, account))[0] for name, account in (("a1", ann), ("a2", ann), ("b1", bob))]
    for n in range(count):
        key = luck.choice([*mine, None])
        when = NOON + luck.choice([-DAY, 0, DAY])
        await ledger.hold(
            opening(
                f"j{n}", account=key.account if key else "", key=key.id if key else "", hold=50, created=when
            )
        )
        if n % 10 == 9:
            continue
        await ledger.settle(
            closing(
                f"j{n}",
                state=luck.choice(["done", "done", "failed", "cancelled"]),
                cost=luck.choice([None, 0, 7, 50, 99]),
                model=luck.choice(["m1", "m2"]),
                provider=luck.choice(["p1", "p2"]),
                paid=luck.randrange(30),
                made=luck.randrange(4),
                usage=Usage(text_in=n, image_out=2 * n),
                ended=when + DAY,  # a job is of the day on which it began
                maybe_paid=n % 7 == 0,
            )
        )
        if n % 5 == 0:
            await ledger.refund(f"j{n}")
    return ann, mine[0].id


def added(lines: list[Line]) -> dict[str, Any]:
    names = ("jobs", "failed", "running", "pictures", "cost", "unknown", "charged", "paid", "maybe_paid")
    sums = {name: sum(getattr(line, name) for line in lines) for name in names}
    return {**sums, "usage": sum((line.usage for line in lines), Usage())}


def test_every_way_to_count_comes_to_the_same(url: str) -> None:
    async def main(ledger: Ledger) -> None:
        ann, key = await trade(ledger)
        database = ledger.database
        (total,) = await report(database)
        assert total.jobs == 60
        assert total.running == 6
        assert (
            min(total.failed, total.unknown, total.charged, total.paid, total.pictures, total.maybe_paid) > 0
        )
        for size in (1, 2, 5):
            for by in combinations(get_args(By), size):
                lines = await report(database, by)
                assert added(lines) == added([total]), by
                assert len({tuple(line.by.items()) for line in lines}) == len(lines)
        days = [
            await report(database, since=day, until=day) for day in ("2026-11-29", "2026-11-30", "2026-12-01")
        ]
        assert added([line for lines in days for line in lines]) == added([total])
        sums = sa.select(-sa.func.sum(entries.c.amount))
        entered = await database.read(lambda connection: connection.execute(sums).scalar_one())
        assert total.charged == entered
        of_ann = [line for line in await report(database, ["account"]) if line.by["account"] == ann]
        assert of_ann[0].names == {"account": "Ann"}
        assert added(of_ann) == added(await report(database, account=ann))
        assert added(await report(database, key=key)) == added(
            [line for line in await report(database, ["key", "day"]) if line.by["key"] == key]
        )
        assert await prove(database) == await prove(database, "2026-11-30", "2026-11-30") == []

    with_ledger(url, main)


def test_of_days_on_which_nothing_was_done_there_is_nothing(url: str) -> None:
    async def main(ledger: Ledger) -> None:
        await trade(ledger, 5)
        assert await report(ledger.database, ["day"], since="2030-01-01") == []
        assert await report(ledger.database, since="2030-01-01") == [Line()]

    with_ledger(url, main)


@pytest.mark.parametrize("what", ["entry", "job", "lost"])
def test_what_does_not_fit_is_told(url: str, what: str) -> None:
    async def main(ledger: Ledger) -> None:
        await trade(ledger, 30)
        some = sa.select(sa.func.min(jobs.c.id)).where(jobs.c.charged > 0).scalar_subquery()
        wrong = {
            "entry": entries.update().where(entries.c.job == some).values(amount=entries.c.amount - 1),
            "job": jobs.update().where(jobs.c.id == some).values(charged=jobs.c.charged + 1),
            "lost": entries.delete().where(entries.c.job == some),
        }[what]
        await ledger.database.write(lambda connection: connection.execute(wrong))
        found = await prove(ledger.database)
        assert len(found) == 6  # one account's day, and five ways to count
        assert "and the entries add up to" in found[0]

    with_ledger(url, main)


@pytest.mark.parametrize(
    "terms",
    [
        {"since": "yesterday"},
        {"until": "2026-11-31"},
        {"since": "20261130"},
        {"by": ["colour"]},
        {"until": "10000-01-01"},
    ],
)
def test_a_day_that_is_none_is_told(url: str, terms: dict[str, Any]) -> None:
    async def main(ledger: Ledger) -> None:
        with pytest.raises(BadRequest) as caught:
            await report(ledger.database, **terms)
        assert isinstance(caught.value, TintypeError)
        assert caught.value.param == next(iter(terms))

    with_ledger(url, main)

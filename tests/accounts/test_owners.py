"""Accounts: who pays, how much there is, and what may be spent of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tintype.accounts.database import Database
from tintype.accounts.keys import Keys
from tintype.accounts.ledger import Ledger
from tintype.accounts.owners import Owners
from tintype.accounts.records import Money
from tintype.core.errors import CallerError, NotFound

from .making import NOON, closing, opening


def with_owners(url: str, main: Any) -> None:
    async def whole() -> None:
        database = Database.open(url)
        try:
            await main(Owners(database, clock=lambda: NOON), Ledger(database))
        finally:
            await database.close()

    asyncio.run(whole())


def test_an_account_tells_what_it_has_and_what_it_has_spent(url: str) -> None:
    async def main(owners: Owners, ledger: Ledger) -> None:
        made = await owners.make("Ann", prepaid=True, day_limit=500, month_limit=900, at_once=7, markup=-100)
        await ledger.credit(made.id, 1000)
        for name, when, cost in (("a", NOON - 86400, 10), ("b", NOON, 100), ("c", NOON, 0)):
            await ledger.hold(opening(name, account=made.id, hold=100, created=when))
            if name != "c":
                await ledger.settle(closing(name, cost=cost))
        found = await owners.find("Ann")
        assert found == await owners.find(made.id)
        assert found.markup == -100
        assert found.money == Money(
            prepaid=True,
            balance=890,
            held=100,
            running=1,
            at_once=7,
            spent_today=200,
            day_limit=500,
            spent_this_month=210,
            month_limit=900,
            spent=210,
        )
        assert found.money.available == 790
        tomorrow = await Owners(ledger.database, clock=lambda: NOON + 86400).find("Ann")
        assert (tomorrow.money.spent_today, tomorrow.money.spent_this_month) == (0, 0)  # of December

    with_owners(url, main)


def test_terms_are_changed_and_the_rest_stays(url: str) -> None:
    async def main(owners: Owners, ledger: Ledger) -> None:
        await owners.make("Ann", day_limit=5, markup=1)
        changed = await owners.change("Ann", called_now="Anna", prepaid=True, markup=None)
        assert (changed.name, changed.markup, changed.money.day_limit, changed.money.prepaid) == (
            "Anna",
            None,
            5,
            True,
        )
        assert await owners.list() == [changed]

    with_owners(url, main)


def test_whoever_owes_cannot_be_prepaid_before_it_is_paid(url: str) -> None:
    async def main(owners: Owners, ledger: Ledger) -> None:
        account = (await owners.make("Ann")).id
        await ledger.hold(opening("j", account=account, hold=70))
        await ledger.settle(closing("j", cost=70))
        with pytest.raises(CallerError, match=r"before it has been credited \$0.00007"):
            await owners.change("Ann", prepaid=True)
        await ledger.credit(account, 70)
        assert (await owners.change("Ann", prepaid=True)).money.available == 0

    with_owners(url, main)


def test_a_closed_account_takes_its_keys_with_it_and_keeps_its_name(url: str) -> None:
    async def main(owners: Owners, ledger: Ledger) -> None:
        keys = Keys(ledger.database)
        await owners.make("Ann")
        await keys.make("k", "Ann")
        assert (await owners.close("Ann")).closed == NOON
        assert (await keys.find("k")).revoked == NOON
        assert await owners.list() == []
        assert [each.name for each in await owners.list(closed=True)] == ["Ann"]
        with pytest.raises(CallerError, match="already, which is closed"):
            await owners.make("Ann")

    with_owners(url, main)


def test_nobody_puts_money_where_nobody_could_spend_it(url: str) -> None:
    async def main(owners: Owners, ledger: Ledger) -> None:
        ann, bob = await owners.make("Ann", prepaid=True), await owners.make("Bob")
        await ledger.credit(ann.id, 500, reference="invoice 7")
        for each in (ann, bob):
            await owners.close(each.id)
        with pytest.raises(CallerError, match="The account 'Ann' is closed"):
            await ledger.credit(ann.id, 500)
        assert await ledger.credit(ann.id, 500, reference="invoice 7") == 500, "it moved before"
        assert await ledger.credit(ann.id, -500) == 0, "the rest is given back"
        assert await ledger.credit(bob.id, 500) == 500, "a debt is paid"

    with_owners(url, main)


def test_what_cannot_be_is_told(url: str) -> None:
    async def main(owners: Owners, ledger: Ledger) -> None:
        await owners.make("Ann")
        await owners.make("Bob")
        strange: Any = {"admin": True}
        wrong: list[tuple[Any, str]] = [
            (owners.make("Ann"), "There is an account 'Ann' already"),
            (owners.change("Bob", called_now="Ann"), "There is an account 'Ann' already"),
            (owners.make(" "), "1 to 200 letters"),
            (owners.make("C", day_limit=-1), "day_limit is between"),
            (owners.make("C", markup=-10_001), "markup is between"),
            (owners.change("Bob", **strange), "There is no 'admin' to be set"),
        ]
        for call, says in wrong:
            with pytest.raises(CallerError, match=says):
                await call
        for call in (owners.find("C"), owners.change("C", day_limit=1), owners.close("C")):
            with pytest.raises(NotFound, match="There is no account 'C'"):
                await call

    with_owners(url, main)

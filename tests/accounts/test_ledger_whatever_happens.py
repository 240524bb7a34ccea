"""Any interleaving of credits, holds, settlements, refunds and crashes: the books always add up, and as they should."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tintype.accounts._rows import day_of
from tintype.accounts.database import Database
from tintype.accounts.keys import Keys
from tintype.accounts.ledger import Ledger
from tintype.accounts.owners import Owners
from tintype.accounts.records import Taken
from tintype.accounts.schema import purses
from tintype.accounts.usage import prove
from tintype.core.errors import CallerError, OutOfCredit, TooManyRequests

from .databases import empty
from .making import NOON, closing, dead, opening

T = TypeVar("T")
AMOUNTS = st.integers(0, 60)


@dataclass
class Bought:
    """A job as it should be."""

    account: str
    key: str
    hold: int
    day: str
    order: str
    server: int
    state: str = "running"
    charged: int = 0

    @property
    def spent(self) -> int:
        return self.hold if self.state == "running" else self.charged


class Shop(RuleBasedStateMachine):
    """Two accounts, one prepaid and one with limits; each has a key with a budget, and one without a key too."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.count = 0
        self.now = NOON
        self.balance: dict[str, int] = {}
        self.limits: dict[str, dict[str, int]] = {}
        self.jobs: dict[str, Bought] = {}
        self.references: dict[str, tuple[str, int]] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize(credit=st.integers(0, 200), at_once=st.integers(1, 4), limit=st.integers(20, 150))
    def begin(self, credit: int, at_once: int, limit: int) -> None:
        empty(self.url)
        self.database = Database.open(self.url)
        self.server = 0
        self.ledger = Ledger(self.database, dead("0"), clock=lambda: self.now)
        owners, keys = Owners(self.database), Keys(self.database)
        limits: dict[str, Any] = {"day_limit": limit, "month_limit": limit * 2, "at_once": at_once}
        rich = self.run(owners.make("rich", prepaid=True)).id
        poor = self.run(owners.make("poor", **limits)).id
        own = self.run(keys.make("k", rich, spent_limit=limit * 2, at_once=at_once))[0].id
        other = self.run(keys.make("k", poor, day_limit=limit // 2))[0].id
        self.limits = {
            rich: {},
            poor: limits,
            own: {"spent_limit": limit * 2, "at_once": at_once},
            other: {"day_limit": limit // 2},
        }
        self.accounts = {rich: own, poor: other}
        self.rich = rich
        self.balance = {rich: credit, poor: 0}
        self.run(self.ledger.credit(rich, credit))

    # What should be

    def held(self, purse: str) -> int:
        return sum(job.hold for job in self._running(purse))

    def _running(self, purse: str) -> list[Bought]:
        return [
            job for job in self.jobs.values() if purse in (job.account, job.key) and job.state == "running"
        ]

    def spent(self, purse: str, since: str = "") -> int:
        mine = [job for job in self.jobs.values() if purse in (job.account, job.key)]
        return sum(job.spent for job in mine if job.day.startswith(since))

    def expected(self, account: str, key: str, hold: int) -> type[Exception] | None:
        today = day_of(self.now)
        for purse in (account, key):
            limits = self.limits.get(purse, {})
            if len(self._running(purse)) >= limits.get("at_once", 99):
                return TooManyRequests
            if not hold:
                continue
            if purse == self.rich and self.balance[purse] - self.held(purse) < hold:
                return OutOfCredit
            for limit, since in (("day_limit", today), ("month_limit", today[:7]), ("spent_limit", "")):
                if self.spent(purse, since) + hold > limits.get(limit, 10**9):
                    return OutOfCredit
        return None

    # What happens

    @rule(data=st.data(), hold=AMOUNTS, order=st.sampled_from(["", "", "", "a", "b"]))
    def hold(self, data: st.DataObject, hold: int, order: str) -> None:
        account = data.draw(st.sampled_from(["", *self.accounts]), label="account")
        key = data.draw(st.sampled_from(["", self.accounts[account]]), label="key") if account else ""
        self.count += 1
        name = f"job{self.count}"
        earlier = [each for each in self.jobs.values() if order and each.order == order]
        placed = [each for each in earlier if each.state in ("running", "done")]
        expected = Taken if placed else self.expected(account, key, hold)
        order_of_job = opening(name, account=account, key=key, hold=hold, created=self.now, idempotency=order)
        try:
            self.run(self.ledger.hold(order_of_job))
        except (Taken, OutOfCredit, TooManyRequests) as error:
            assert type(error) is expected
        else:
            assert expected is None
            for each in earlier:
                each.order = ""
            self.jobs[name] = Bought(account, key, hold, day_of(self.now), order, self.server)

    @precondition(lambda self: self.jobs)
    @rule(
        data=st.data(),
        cost=st.one_of(st.none(), AMOUNTS, st.integers(0, 500)),
        state=st.sampled_from(["done", "failed", "cancelled"]),
        times=st.integers(1, 3),
    )
    def settle(self, data: st.DataObject, cost: int | None, state: str, times: int) -> None:
        """Any job, running or not, as often as one likes."""
        name = data.draw(st.sampled_from(sorted(self.jobs)), label="job")
        job = self.jobs[name]
        ends = [closing(name, cost=cost, state=state, ended=self.now + n) for n in range(times)]

        async def all_of_them() -> list[Any]:
            return await asyncio.gather(*map(self.ledger.settle, ends))

        settled = [each for each in self.run(all_of_them()) if each is not None]
        if job.state != "running":
            assert settled == []
            return
        assert len(settled) == 1
        job.state = state
        job.charged = 0 if not job.account else cost or 0
        if job.account == self.rich:
            job.charged = min(job.charged, self.balance[self.rich] - self.held(self.rich))
        if job.account:
            self.balance[job.account] -= job.charged
        assert settled[0].charged == job.charged

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def refund(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.jobs)), label="job")
        job = self.jobs[name]
        try:
            given = self.run(self.ledger.refund(name))
        except CallerError:
            assert job.state == "running"
            return
        assert given == job.charged
        if job.account:
            self.balance[job.account] += given
        job.charged = 0

    @rule(data=st.data(), amount=st.integers(-80, 120), reference=st.sampled_from(["", "", "x", "y"]))
    def credit(self, data: st.DataObject, amount: int, reference: str) -> None:
        account = data.draw(st.sampled_from(list(self.accounts)), label="account")
        known = self.references.get(reference)
        free = self.balance[account] - self.held(account)
        allowed = known == (account, amount) if known else amount >= 0 or free + amount >= 0
        try:
            balance = self.run(self.ledger.credit(account, amount, reference=reference))
        except CallerError:
            assert not allowed
            return
        assert allowed
        if not known:
            self.balance[account] += amount
        if reference:
            self.references[reference] = account, amount
        assert balance == self.balance[account]

    @rule()
    def crash(self) -> None:
        """The server is killed, and another takes over."""
        mine = [job for job in self.jobs.values() if job.state == "running"]
        self.server += 1
        self.ledger = Ledger(self.database, dead(str(self.server)), clock=lambda: self.now)
        assert self.run(self.ledger.recover()).jobs == len(mine)
        for job in mine:
            job.state = "interrupted"

    @rule(days=st.sampled_from([1, 3, -1, -31]))
    def time_passes(self, days: int) -> None:
        """Or a clock is put back, or is behind those of other servers."""
        self.now += days * 86400.0

    # What always holds

    @invariant()
    def it_all_adds_up(self) -> None:
        if not self.balance:
            return
        query = sa.select(purses.c.id, purses.c.balance, purses.c.held, purses.c.running, purses.c.spent)
        rows = self.run(self.database.read(lambda connection: connection.execute(query).all()))
        for row in rows:
            assert row.balance == self.balance.get(row.id, 0)
            assert row.held == self.held(row.id)
            assert row.running == len(self._running(row.id))
            assert row.spent == self.spent(row.id)
            if row.id == self.rich:
                assert row.balance - row.held >= 0
        assert self.run(self.ledger.check_books()) == []

    def teardown(self) -> None:
        if self.balance:
            unproved = self.run(prove(self.database))
            self.run(self.database.close())
            assert unproved == []
        self.loop.close()


def test_whatever_happens_the_books_add_up(url_of_module: str) -> None:
    shop = type("Shop", (Shop,), {"url": url_of_module})
    run_state_machine_as_test(
        shop,
        settings=settings(
            max_examples=25 if url_of_module.startswith("sqlite") else 12,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_machine_finds_a_ledger_that_forgets(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that cannot fail is a defect: a purse that keeps a hold for ever is found."""
    monkeypatch.setattr("tintype.accounts.purse.Purse.settle", lambda self, *_, **__: None)
    shop = type("Shop", (Shop,), {"url": f"sqlite:///{tmp_path}/x.db"})
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            shop,
            settings=settings(
                max_examples=50,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                database=None,
                phases=[Phase.generate],
            ),
        )

"""What a job may cost is held, what it did cost is charged once, and nobody is ever below zero."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from tintype.accounts._moves import Settle, move
from tintype.accounts.database import Database
from tintype.accounts.history import History
from tintype.accounts.keys import Keys
from tintype.accounts.ledger import Ledger
from tintype.accounts.owners import Owners
from tintype.accounts.process import Process, Watch
from tintype.accounts.records import Closing, KeptPicture, Settled, Taken
from tintype.accounts.schema import purses
from tintype.core import Usage
from tintype.core.errors import (
    CallerError,
    NotFound,
    OutOfCredit,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)

from .making import NOON, attempt, books, closing, dead, opening

DAY = 86400.0


async def customer(ledger: Ledger, credit: int = 1000, **terms: Any) -> str:
    """The id of a prepaid account with so much in it."""
    owner = await Owners(ledger.database).make("Ann", **{"prepaid": True, **terms})
    if credit:
        await ledger.credit(owner.id, credit)
    return owner.id


@pytest.mark.parametrize(
    ("cost", "charged"), [(60, 60), (100, 100), (0, 0), (None, 0), (150, 150), (1000, 1000), (5000, 1000)]
)
def test_what_it_cost_is_charged_as_far_as_it_is_there(url: str, cost: int | None, charged: int) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger)
            await ledger.hold(opening("j", account=account, hold=100))
            assert await ledger.balance(account) == 900
            assert await ledger.settle(closing("j", cost=cost)) == Settled(
                charged=charged, balance=1000 - charged
            )
            job = await History(ledger.database).find("j")
            assert job is not None
            assert (job.state, job.cost, job.charged, job.held) == ("done", cost, charged, 0)
            entries = await History(ledger.database).entries(account)
            assert sum(each.amount for each in entries) == 1000 - charged
            if charged < (cost or 0):
                assert entries[0].note == "It cost $0.005; $0.004 of it was not there."

    asyncio.run(main())


def test_a_charge_above_its_hold_leaves_what_others_hold(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger)
            await ledger.hold(opening("mine", account=account, hold=100))
            await ledger.hold(opening("other", account=account, hold=700))
            assert await ledger.settle(closing("mine", cost=5000)) == Settled(charged=300, balance=0)
            assert await ledger.settle(closing("other", cost=700)) == Settled(charged=700, balance=0)

    asyncio.run(main())


def test_a_job_is_settled_once(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger)
            await ledger.hold(opening("j", account=account, hold=100))
            ends = await asyncio.gather(
                *(ledger.settle(closing("j", cost=50, ended=NOON + n)) for n in range(5))
            )
            assert ends.count(None) == 4
            assert await ledger.settle(closing("j", cost=50)) is None
            assert await ledger.settle(closing("never begun", cost=50)) is None
            assert await ledger.balance(account) == 950

    asyncio.run(main())


@pytest.mark.parametrize(
    ("wanted", "terms", "says"),
    [
        (1001, {}, "This order may cost $0.001001, and the account has $0.001 left."),
        (401, {"day_limit": 500}, "limit of $0.0005 for 2026-11-30 (UTC) $0.0004 is left"),
        (401, {"month_limit": 500}, "limit of $0.0005 for 2026-11 (UTC) $0.0004 is left"),
        (401, {"spent_limit": 500}, "limit of $0.0005 $0.0004 is left"),
    ],
)
def test_a_hold_that_is_too_much_says_which_limit_what_is_left_and_what_it_wants(
    url: str, wanted: int, terms: dict[str, Any], says: str
) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger, 1100, **terms)
            await ledger.hold(opening("j", account=account, hold=100))
            with pytest.raises(OutOfCredit) as caught:
                await ledger.hold(opening("k", account=account, hold=wanted))
            assert says in str(caught.value)
            assert await History(ledger.database).find("k") is None
            await ledger.hold(opening("free", account=account))
            await ledger.settle(closing("j"))
            await ledger.settle(closing("free"))

    asyncio.run(main())


def test_limits_are_of_a_day_and_a_month_of_utc(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger, prepaid=False, credit=0, day_limit=100, month_limit=150)

            async def spend(job: str, amount: int, when: float) -> None:
                await ledger.hold(opening(job, account=account, hold=amount, created=when))
                await ledger.settle(closing(job, cost=amount, ended=when))

            await spend("a", 100, NOON - 5 * DAY)
            with pytest.raises(OutOfCredit, match="2026-11-25"):
                await spend("b", 1, NOON - 5 * DAY)
            await spend("c", 50, NOON - 4 * DAY)
            with pytest.raises(OutOfCredit, match=r"for 2026-11 "):
                await spend("d", 1, NOON - 3 * DAY)
            await spend("e", 100, NOON + DAY)  # of December

    asyncio.run(main())


def test_what_is_settled_later_corrects_the_day_on_which_it_was_held_and_no_other(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger, prepaid=False, credit=0, day_limit=100)
            await ledger.hold(opening("late", account=account, hold=100))
            await ledger.hold(opening("new", account=account, hold=100, created=NOON + DAY))
            await ledger.settle(closing("late", cost=30))
            with pytest.raises(OutOfCredit):
                await ledger.hold(opening("more", account=account, hold=1, created=NOON + DAY))
            await ledger.settle(closing("new", cost=30))
            await ledger.hold(opening("more", account=account, hold=70, created=NOON + DAY))
            await ledger.settle(closing("more", cost=70))

    asyncio.run(main())


@pytest.mark.parametrize("behind", [1.0, 40 * DAY])
def test_a_clock_that_is_behind_lets_nobody_spend_a_day_twice(url: str, behind: float) -> None:
    """Of another server at midnight; or of all, where a clock was once far ahead."""

    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger, prepaid=False, credit=0, day_limit=110, month_limit=150)
            key, _ = await Keys(ledger.database).make("k", account, day_limit=90)
            who = {"account": account, "key": key.id}
            midnight = NOON - DAY / 2  # of November 30
            ahead, now = midnight + behind - 1.0, midnight - 1.0

            await ledger.hold(opening("before", **who, hold=60, created=now))
            await ledger.hold(opening("ahead", **who, hold=40, created=ahead))
            await ledger.settle(closing("before", cost=30))
            results = await asyncio.gather(
                *(ledger.hold(opening(f"late{n}", **who, hold=20, created=now)) for n in range(4)),
                return_exceptions=True,
            )
            assert [type(each) for each in results] == [type(None)] * 3 + [OutOfCredit]
            assert "the key's limit of $0.00009 for 2026-11-29" in str(results[3])
            with pytest.raises(
                OutOfCredit, match=r"the account's limit of \$0.00011 for 2026-11-29 .* \$0.00002 is"
            ):
                await ledger.hold(opening("more", account=account, hold=21, created=now))
            await ledger.hold(opening("last", account=account, hold=20, created=now))
            for job in ("ahead", "late0", "late1", "late2", "last"):
                await ledger.settle(closing(job, cost=10))
            await ledger.hold(opening("again", account=account, hold=30, created=now))
            with pytest.raises(OutOfCredit, match="2026-11"):
                await ledger.hold(opening("month", account=account, hold=51, created=now - 3 * DAY))
            await ledger.settle(closing("again", cost=30))

    asyncio.run(main())


def test_a_key_has_a_budget_of_its_own(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger)
            keys = Keys(ledger.database)
            (key, _), (other, _) = (
                await keys.make("a", account, spent_limit=300),
                await keys.make("b", account),
            )
            await ledger.hold(opening("j", account=account, key=key.id, hold=300))
            with pytest.raises(OutOfCredit, match="of the key's limit"):
                await ledger.hold(opening("k", account=account, key=key.id, hold=1))
            await ledger.hold(opening("l", account=account, key=other.id, hold=700))
            await ledger.settle(closing("j", cost=100))
            assert (await keys.find("a")).money.spent == 100
            await ledger.settle(closing("l", cost=700))
            with pytest.raises(OutOfCredit, match=r"the account has \$0.0002 left"):
                await ledger.hold(opening("m", account=account, key=other.id, hold=201))

    asyncio.run(main())


def test_so_many_jobs_run_at_once(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger, at_once=3)
            answers = await asyncio.gather(
                *(ledger.hold(opening(f"j{n}", account=account)) for n in range(10)), return_exceptions=True
            )
            assert answers.count(None) == 3
            error = next(each for each in answers if each)
            assert isinstance(error, TooManyRequests)
            assert error.retry_after
            begun = [f"j{n}" for n, answer in enumerate(answers) if answer is None]
            await ledger.settle(closing(begun[0]))
            await ledger.hold(opening("next", account=account))
            for job in (*begun[1:], "next"):
                await ledger.settle(closing(job))

    asyncio.run(main())


def test_whoever_is_not_there_cannot_order(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            for who in ({"account": "nobody"}, {"key": "nothing"}):
                with pytest.raises(Unauthenticated):
                    await ledger.hold(opening("j", **who))

    asyncio.run(main())


def test_a_job_of_nobody_is_written_down_and_costs_nobody(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            await ledger.hold(opening("j", hold=100, prompt="a cat"))
            assert await ledger.settle(closing("j", cost=100, paid=7)) == Settled(charged=0, balance=None)
            job = await History(ledger.database).find("j")
            assert job is not None
            assert (job.cost, job.charged, job.paid, job.prompt) == (100, 0, 7, "a cat")

    asyncio.run(main())


# Orders that are placed once


def test_an_order_is_placed_once(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger)
            jobs = [opening(f"j{n}", account=account, hold=100, idempotency="k/order") for n in range(10)]
            answers = await asyncio.gather(*(ledger.hold(each) for each in jobs), return_exceptions=True)
            begun = jobs[answers.index(None)].job
            assert answers.count(None) == 1
            assert {each.record.id for each in answers if isinstance(each, Taken)} == {begun}
            assert await ledger.balance(account) == 900
            await ledger.settle(closing(begun, cost=100))
            with pytest.raises(Taken) as caught:
                await ledger.hold(opening("late", account=account, hold=100, idempotency="k/order"))
            assert (caught.value.record.id, caught.value.record.state) == (begun, "done")

    asyncio.run(main())


@pytest.mark.parametrize("account", [True, False])
def test_an_order_is_placed_once_on_two_servers(url: str, account: bool) -> None:
    async def main() -> None:
        async with books(url) as one, books(url) as two:
            payer = await customer(one) if account else ""
            for turn in range(10):
                answers = await asyncio.gather(
                    *(
                        ledger.hold(
                            opening(f"{turn} {n}", account=payer, hold=10, idempotency=f"order {turn}")
                        )
                        for n, ledger in enumerate((one, two, one, two))
                    ),
                    return_exceptions=True,
                )
                assert answers.count(None) == 1, answers
                assert sum(isinstance(each, Taken) for each in answers) == 3, answers
                await one.settle(closing(f"{turn} {answers.index(None)}", cost=10))

    asyncio.run(main())


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_an_order_that_came_to_nothing_may_be_placed_again(url: str, state: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            await ledger.hold(opening("first", idempotency="order"))
            await ledger.settle(closing("first", state=state))
            await ledger.hold(opening("second", idempotency="order"))
            found = await History(ledger.database).find_idempotency("order")
            assert found is not None
            assert found.id == "second"
            await ledger.settle(closing("second"))

    asyncio.run(main())


def test_a_very_long_name_of_an_order_is_still_its_own(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            await ledger.hold(opening("a", idempotency="x" * 5000 + "a"))
            await ledger.hold(opening("b", idempotency="x" * 5000 + "b"))
            with pytest.raises(Taken):
                await ledger.hold(opening("c", idempotency="x" * 5000 + "a"))
            found = await History(ledger.database).find_idempotency("x" * 5000 + "b")
            assert found is not None
            assert found.id == "b"
            for job in "ab":
                await ledger.settle(closing(job))

    asyncio.run(main())


# Credits and refunds


def test_a_credit_with_a_reference_is_entered_once(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger, 0)
            balances = await asyncio.gather(
                *(ledger.credit(account, 500, reference="invoice 7") for _ in range(5))
            )
            assert set(balances) == {500}
            with pytest.raises(CallerError, match=r"invoice 7.*\$0.0005"):
                await ledger.credit(account, 600, reference="invoice 7")
            assert await ledger.credit(account, 500) == 1000

    asyncio.run(main())


def test_what_is_held_cannot_be_taken_out(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger)
            await ledger.hold(opening("j", account=account, hold=700))
            with pytest.raises(CallerError, match=r"\$0.000301 cannot be taken out: \$0.0003 is there"):
                await ledger.credit(account, -301)
            assert await ledger.credit(account, -300) == 700
            await ledger.settle(closing("j", cost=700))
            with pytest.raises(NotFound):
                await ledger.credit("nobody", 1)

    asyncio.run(main())


def test_a_refund_gives_back_what_was_charged_once(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger, day_limit=100)
            await ledger.hold(opening("j", account=account, hold=100))
            with pytest.raises(CallerError, match="still runs"):
                await ledger.refund("j")
            await ledger.settle(closing("j", cost=80))
            assert sorted(await asyncio.gather(ledger.refund("j", "sorry"), ledger.refund("j"))) == [0, 80]
            assert await ledger.balance(account) == 1000
            await ledger.hold(opening("k", account=account, hold=100))  # the day's limit is whole again
            await ledger.settle(closing("k"))
            assert await ledger.refund("k") == 0
            with pytest.raises(NotFound):
                await ledger.refund("nothing")

    asyncio.run(main())


# Whatever is written, every database takes it


def test_texts_that_no_database_takes_are_mended(url: str) -> None:
    nasty = "a\0b\ud800c" + "\U0001f408" * 300

    async def main() -> None:
        async with books(url) as ledger:
            await ledger.hold(
                opening(
                    "j", asked=nasty, model=nasty, provider=nasty, dialect=nasty, request=nasty, prompt=nasty
                )
            )
            attempts = (attempt("j", offer=nasty, code=nasty),)
            picture = KeptPicture(
                position=0, hash="h", path="p", media_type="image/png", bytes=1, expires=NOON
            )
            await ledger.settle(
                closing(
                    "j",
                    message=nasty,
                    error=nasty,
                    plan=nasty,
                    attempts=attempts,
                    pictures=(picture,),
                    result=b"\0",
                )
            )
            job = await History(ledger.database).find("j")
            assert job is not None
            assert job.prompt == "ab?c" + "\U0001f408" * 300
            assert job.result == b"\0"
            assert len(job.asked) == 200

    asyncio.run(main())


def test_one_job_that_cannot_be_written_takes_none_of_its_neighbours_with_it(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger, 10)
            answers = await asyncio.gather(
                *(
                    ledger.hold(opening(f"j{n}", account=account, hold=1, n=2**80 if n == 3 else 1))
                    for n in range(8)
                ),
                return_exceptions=True,
            )
            assert [answer is None for answer in answers] == [n != 3 for n in range(8)]
            assert await ledger.balance(account) == 3
            for n in {*range(8)} - {3}:
                await ledger.settle(closing(f"j{n}", cost=1))

    asyncio.run(main())


def test_an_end_that_cannot_be_written_whole_still_moves_the_money(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger)
            await ledger.hold(opening("j", account=account, hold=100))
            impossible = Usage(image_out=2**80)
            settled = await ledger.settle(closing("j", cost=70, usage=impossible, made=1))
            assert settled == Settled(charged=70, balance=930)
            job = await History(ledger.database).find("j")
            assert job is not None
            assert (job.state, job.made, job.usage) == ("done", 1, Usage())

    asyncio.run(main())


def test_what_could_not_be_settled_is_settled_when_the_database_is_back(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger)
            for job in ("j", "k"):
                await ledger.hold(opening(job, account=account, hold=100))
            with monkeypatch.context() as away:
                away.setattr(ledger.database._writer, "_transact", gone)
                away.setattr("tintype.accounts._writer.PATIENCE", 0.0)
                with pytest.raises(Unavailable, match="The database is not there"):
                    await ledger.settle(closing("j", cost=70))
                with pytest.raises(Unavailable):
                    await ledger.beat()
            await ledger.beat()
            assert await ledger.balance(account) == 830
            await ledger.settle(closing("k", cost=30))
            await ledger.stop()
            assert await ledger.balance(account) == 900

    def gone(_: object) -> list[object]:
        raise sa.exc.DBAPIError("", {}, Exception("the line is cut"), connection_invalidated=True)

    asyncio.run(main())


def test_a_settlement_whose_end_was_not_heard_of_is_done_once(url: str) -> None:
    """The connection was lost at the very commit: it is done again, and finds that it was done."""

    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger)
            await ledger.hold(opening("j", account=account, hold=100))
            mine = closing("j", cost=50)
            first = await ledger.settle(mine)
            again = await ledger.database.write(lambda connection: move(connection, [Settle(mine)], True))
            assert again == [first]
            another: Closing = closing("j", cost=50, ended=NOON + 99)
            assert await ledger.database.write(
                lambda connection: move(connection, [Settle(another)], True)
            ) == [None]
            assert await ledger.balance(account) == 950

    asyncio.run(main())


def test_whoever_cancels_while_it_is_held_holds_nothing(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger)
            for turn in range(10):
                task = asyncio.create_task(ledger.hold(opening(f"j{turn}", account=account, hold=100)))
                await asyncio.sleep(turn * 0.0005)
                task.cancel()
                await asyncio.wait([task])
                if not task.cancelled():
                    await ledger.settle(closing(f"j{turn}"))
            await ledger.stop()
            assert await ledger.balance(account) == 1000

    asyncio.run(main())


def test_the_database_itself_lets_nobody_below_zero(url: str) -> None:
    """Whatever mistake this program made."""

    async def main() -> None:
        async with books(url) as ledger:
            account = await customer(ledger)
            with pytest.raises(sa.exc.IntegrityError):
                await ledger.database.write(
                    lambda connection: connection.execute(
                        purses.update().where(purses.c.id == account).values(held=1001)
                    )
                )

    asyncio.run(main())


# Several servers


def test_however_many_race_nobody_spends_what_is_not_there(url: str) -> None:
    async def main() -> None:
        async with books(url) as one, books(url) as two:
            account = await customer(one, 1000)
            key = (await Keys(one.database).make("k", account, spent_limit=800))[0].id

            async def spend(ledger: Ledger, job: str) -> int:
                try:
                    await ledger.hold(opening(job, account=account, key=key, hold=30))
                except OutOfCredit:
                    return 0
                await asyncio.sleep(0.001)
                settled = await ledger.settle(closing(job, cost=40))
                assert settled is not None
                assert (settled.balance or 0) >= 0
                return settled.charged

            charged = await asyncio.gather(*(spend((one, two)[n % 2], f"j{n}") for n in range(120)))
            assert sum(charged) >= 771  # below that, one more would have begun
            assert await one.balance(account) == 1000 - sum(charged)

    asyncio.run(main())


def test_jobs_of_a_dead_server_are_interrupted_and_told(url: str) -> None:
    async def main() -> None:
        async with books(url, process=dead()) as old, books(url) as new:
            account = await customer(old)
            await old.hold(opening("bought", account=account, hold=100, real=True, idempotency="order"))
            await old.hold(opening("drawn", account=account, hold=100))
            await new.hold(opening("mine", account=account, hold=100, real=True))
            recovered = await new.beat()
            assert recovered.jobs == 2
            assert [each.job for each in recovered.maybe_paid] == ["bought"]
            assert await new.balance(account) == 900
            assert await old.settle(closing("bought", cost=100)) is None
            job = await History(new.database).find("bought")
            assert job is not None
            assert (job.state, job.maybe_paid, job.charged) == ("interrupted", True, 0)
            assert [each.id for each in await History(new.database).list_jobs(maybe_paid=True)] == ["bought"]
            await new.hold(opening("again", account=account, hold=100, idempotency="order"))
            assert (await new.beat()).jobs == 0
            for each in ("mine", "again"):
                await new.settle(closing(each, cost=10))

    asyncio.run(main())


def test_a_server_that_has_gone_leaves_its_name_and_its_jobs(url: str) -> None:
    async def main() -> None:
        async with books(url) as old, books(url) as new:
            await old.hold(opening("left"))
            assert (await new.beat()).jobs == 0  # it runs
            await old.stop()
            assert (await new.beat()).jobs == 1

    asyncio.run(main())


def others(seen: float, host: str = "elsewhere") -> dict[str, tuple[str, int, str, float]]:
    return {"other": (host, 1, "1", seen)}


def test_a_server_elsewhere_is_dead_when_its_signs_stay_away_for_long() -> None:
    now = 100.0
    watch = Watch(Process.here(), lost=20, clock=lambda: now)
    assert watch.dead(others(7)) == set()
    for later in (105.0, 110.0, 115.0, 119.9):
        now = later
        assert watch.dead(others(7)) == set()
    now = 120.0
    assert watch.dead(others(7)) == {"other"}
    assert watch.dead(others(8)) == set()  # there it is again


def test_nobody_is_taken_for_dead_because_the_database_was_away() -> None:
    now = 100.0
    watch = Watch(Process.here(), lost=20, clock=lambda: now)
    assert watch.dead(others(7)) == set()
    now = 200.0  # nobody could give a sign, nor look
    assert watch.dead(others(7)) == set()
    now = 205.0
    assert watch.dead(others(8)) == set()


def test_a_pid_that_another_program_has_now_is_not_the_server() -> None:
    here = Process.here()
    watch = Watch(Process(id="me", host=here.host, pid=here.pid, started=here.started))
    assert watch.dead({"it": (here.host, here.pid, here.started, 1.0)}) == set()
    assert watch.dead({"it": (here.host, here.pid, "12345", 1.0)}) == ({"it"} if here.started else set())
    assert watch.dead({"it": (here.host, 2**30, here.started, 1.0)}) == {"it"}


def test_everything_that_is_told_of_a_job_is_kept(url: str) -> None:
    async def main() -> None:
        async with books(url) as ledger:
            await ledger.hold(
                opening(
                    "j",
                    request="req",
                    fingerprint="f" * 64,
                    dialect="openai",
                    asked="x",
                    model="m1",
                    real=True,
                    n=2,
                )
            )
            usage = Usage(text_in=1, image_in=2, text_out=3, image_out=4)
            attempts = (attempt("j"), attempt("j", outcome="failed", cost=9, charged=True, expected=usage))
            mine = closing("j", provider="p2", usage=usage, made=2, plan="n=filled", paid=8, maybe_paid=True)
            await ledger.settle(
                Closing(**{name: getattr(mine, name) for name in mine.__slots__} | {"attempts": attempts})
            )
            history = History(ledger.database)
            job = await history.find_request("req")
            assert job == await history.find("j")
            assert job is not None
            told = (
                job.fingerprint,
                job.dialect,
                job.asked,
                job.model,
                job.provider,
                job.real,
                job.n,
                job.made,
            )
            assert told == ("f" * 64, "openai", "x", "m1", "p2", True, 2, 2)
            assert (job.usage, job.plan, job.paid, job.maybe_paid, job.attempts) == (
                usage,
                "n=filled",
                8,
                True,
                2,
            )
            assert (job.created, job.ended) == (NOON, NOON + 1)
            assert await history.attempts("j") == list(attempts)

    asyncio.run(main())


def test_check_books_finds_what_is_wrong(url: str) -> None:
    async def main() -> None:
        database = Database.open(url)
        ledger = Ledger(database)
        account = await customer(ledger)
        await database.write(
            lambda connection: connection.execute(
                purses.update().where(purses.c.id == account).values(balance=7, running=1, spent=3)
            )
        )
        found = await ledger.check_books()
        assert len(found) == 3
        assert f"The account {account} says balance is 7, and it adds up to 1000." in found
        await database.close()

    asyncio.run(main())

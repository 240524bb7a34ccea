"""A ledger of a million entries: how long a balance, a quote's look at it, a hold and a settlement take.

    python -m benchmarks.ledger [URL]

Without a URL, a new SQLite file and, where there is one, the PostgreSQL of the tests; what is made is removed.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from secrets import token_hex
from statistics import median

import sqlalchemy as sa

from tintype.accounts import schema
from tintype.accounts._rows import opened
from tintype.accounts.database import Database
from tintype.accounts.keys import Keys
from tintype.accounts.ledger import Ledger
from tintype.accounts.owners import Owners
from tintype.accounts.records import Closing, Opening
from tintype.accounts.schema import entries, jobs, purses
from tintype.accounts.usage import report
from tintype.core import Attempt, Usage

ENTRIES = 1_000_000
ACCOUNTS = 100
COST = 900
BAR = 2.0  # ms, of a balance and a quote


def main() -> None:
    if len(sys.argv) > 1:
        asyncio.run(measure(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(f"sqlite:///{folder}/tintype.db"))
    with postgresql() as url:
        if url:
            asyncio.run(measure(url))


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a database that is dropped again; empty where there is no server."""
    server = os.environ.get("TINTYPE_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
    parsed = sa.make_url(server).set(drivername="postgresql+psycopg")
    name = f"tintype_benchmark_{os.getpid()}"
    engine = sa.create_engine(parsed, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
    except sa.exc.OperationalError:
        print("no PostgreSQL: set TINTYPE_TEST_POSTGRESQL")
        yield ""
        return
    try:
        yield parsed.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        engine.dispose()


async def measure(url: str) -> None:
    database = Database.open(url)
    try:
        ledger, owners = Ledger(database), Owners(database)
        accounts = [(await owners.make(f"account {n}", prepaid=True)).id for n in range(ACCOUNTS)]
        await database.write(lambda connection: rename(connection, accounts))
        key, secret = await Keys(database).make("key", accounts[0])
        begun = time.perf_counter()
        await database.write(lambda connection: fill(connection, accounts))
        print(
            f"{database.kind}: {ENTRIES:,} entries of as many jobs, filled in {time.perf_counter() - begun:.0f} s"
        )
        for account in accounts:
            await ledger.credit(account, 10**9)
        await told("balance", 300, lambda n: ledger.balance(accounts[n % ACCOUNTS]), bar=BAR)
        fresh = Keys(database, fresh=0)
        await told("key and balance, as a quote", 300, lambda n: quote(ledger, fresh, secret), bar=BAR)
        await told("hold and settlement, one at a time", 200, lambda n: trade(ledger, accounts[0], key.id))
        for together in (10, 100):
            name = f"hold and settlement, {together} at a time, each"
            await told(name, 10, lambda n, c=together: many(ledger, accounts[0], key.id, c), each=together)  # type: ignore[misc]
        await told("usage of all of it by model and day", 1, lambda n: report(database, ["day", "model"]))
        print()
    finally:
        await database.close()


async def told(
    what: str, times: int, do: Callable[[int], Awaitable[object]], *, each: int = 1, bar: float | None = None
) -> None:
    seconds, cpu = [], time.process_time()
    for n in range(times):
        begun = time.perf_counter()
        await do(n)
        seconds.append(time.perf_counter() - begun)
    cpu = (time.process_time() - cpu) / times / each
    typical = median(seconds) / each * 1000
    verdict = "" if bar is None else f" (bar: {bar:g} ms, {'met' if typical < bar else 'MISSED'})"
    print(f"  {what}: {typical:.2f} ms, of which CPU {cpu * 1000:.2f} ms{verdict}")


async def quote(ledger: Ledger, keys: Keys, secret: str) -> None:
    caller = await keys.caller(secret)
    await ledger.balance(caller.account)


async def many(ledger: Ledger, account: str, key: str, count: int) -> None:
    await asyncio.gather(*(trade(ledger, account, key) for _ in range(count)))


async def trade(ledger: Ledger, account: str, key: str) -> None:
    job, now = f"job_{token_hex(12)}", time.time()
    await ledger.hold(
        Opening(
            job=job,
            account=account,
            key=key,
            hold=1000,
            created=now,
            asked="m",
            model="m",
            prompt="a cat " * 10,
        )
    )
    attempt = Attempt(
        job=job,
        offer="p/m",
        provider="p",
        model="m",
        outcome="drawn",
        started=now,
        seconds=1,
        asked=1,
        pictures=1,
    )
    usage = Usage(text_in=10, image_out=1756)
    await ledger.settle(
        Closing(job=job, state="done", ended=now, cost=COST, made=1, usage=usage, attempts=(attempt,))
    )


def fill(connection: sa.Connection, accounts: list[str]) -> None:
    """A year of jobs that were done and charged, by way of the database itself: the books add up afterwards."""
    first = int(time.time()) - 365 * 86400
    number, counted = numbers(connection.dialect.name)
    job = sa.literal("job_").op("||")(sa.cast(number + 10**15, sa.String))
    account = sa.literal(accounts[0][:-3]).op("||")(sa.cast(number % ACCOUNTS + 100, sa.String))
    when = first + sa.cast(number * (365.0 * 86400 / ENTRIES), sa.Float)
    day = sa.literal("2026-01-01")
    empty = opened(Opening(job="", account="", created=first, asked="m", prompt="a cat"), "process")
    row = {
        **{name: sa.literal(value, jobs.c[name].type) for name, value in empty.items() if value is not None},
        "id": job,
        "account": account,
        "created": when,
        "ended": when,
        "day": day,
        "state": sa.literal("done"),
        "model": sa.literal("m").op("||")(sa.cast(number % 5, sa.String)),
        "pictures_made": sa.literal(1),
        "cost": sa.literal(COST),
        "charged": sa.literal(COST),
    }
    line = {
        "account": account,
        "key": sa.literal(""),
        "job": job,
        "kind": sa.literal("charge"),
        "amount": sa.literal(-COST),
        "created": when,
        "day": day,
        "note": sa.literal(""),
        "reference": sa.literal("charge:").op("||")(job),
    }
    for table, columns in ((jobs, row), (entries, line)):
        selected = sa.select(*columns.values()).select_from(counted)
        connection.execute(table.insert().from_select(list(columns), selected, include_defaults=False))
    total = ENTRIES // ACCOUNTS * COST
    for each in accounts:
        connection.execute(
            entries.insert().values(
                account=each, kind="credit", amount=total, created=first, day="2026-01-01"
            )
        )
        connection.execute(purses.update().where(purses.c.id == each).values(spent=total))


def rename(connection: sa.Connection, accounts: list[str]) -> None:
    """Ids that the database can count up."""
    for n, name in enumerate(accounts):
        accounts[n] = f"account_{n + 100}"
        for table in (schema.accounts, purses):
            connection.execute(table.update().where(table.c.id == name).values(id=accounts[n]))


def numbers(kind: str) -> tuple[sa.ColumnElement[int], sa.FromClause]:
    """From 0, as many as there are to be entries."""
    if kind == "postgresql":
        series = sa.func.generate_series(0, ENTRIES - 1).table_valued("n").render_derived(name="counting")
        return sa.type_coerce(series.c.n, sa.BigInteger), series
    counting = sa.select(sa.literal(0).label("n")).cte("counting", recursive=True)
    counting = counting.union_all(sa.select(counting.c.n + 1).where(counting.c.n < ENTRIES - 1))
    return counting.c.n, counting


if __name__ == "__main__":
    main()

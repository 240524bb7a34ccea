"""A database with accounts that have paid in advance, and keys of theirs; and PostgreSQL's, for as long as a trial needs one."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import sqlalchemy as sa

from tintype.accounts.database import Database
from tintype.accounts.keys import Keys
from tintype.accounts.ledger import Ledger
from tintype.accounts.owners import Owners

POSTGRESQL = os.environ.get("TINTYPE_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
APPLICATION = "tintype-reliability"
"""What the server's own connections are called, and nobody else's."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """One key of an account. `secret` is what a caller writes."""

    account: str
    key: str
    secret: str


class Shop:
    """The operator's side of a database: this process reads it while servers write."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ledger = Ledger(database)

    async def buyer(
        self, name: str, balance: int, at_once: int | None = None, *, admin: bool = False
    ) -> Buyer:
        """A new account with so many micro-dollars, and a key that may have so many jobs `at_once`."""
        account = await Owners(self.database).make(name, prepaid=True)
        await self.ledger.credit(account.id, balance, "paid in advance")
        key, secret = await Keys(self.database).make(name, account.id, at_once=at_once, admin=admin)
        return Buyer(account.id, key.id, secret)


@asynccontextmanager
async def shop(url: str) -> AsyncIterator[Shop]:
    opened = Shop(Database.open(url))
    try:
        yield opened
    finally:
        await opened.database.close()


def sqlite(folder: Path) -> str:
    return f"sqlite:///{folder / 'tintype.db'}"


def administer(*statements: str, database: str | None = None) -> None:
    """Raises sqlalchemy.exc.OperationalError where there is no PostgreSQL."""
    url = sa.make_url(POSTGRESQL).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(
        url if database is None else url.set(database=database),
        isolation_level="AUTOCOMMIT",
        poolclass=sa.NullPool,
        connect_args={"connect_timeout": 3},
    )
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def no_postgresql() -> str:
    """Why PostgreSQL cannot be used; empty where it can."""
    try:
        administer("SELECT 1")
    except (sa.exc.OperationalError, ImportError) as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        return f"no PostgreSQL at $TINTYPE_TEST_POSTGRESQL or its usual port: {reason}"
    return ""


@contextmanager
def postgresql() -> Iterator[tuple[str, str, str]]:
    """A new database, which is dropped at the end: its name, its URL, and the URL by which servers are known."""
    name = f"tintype_reliability_{token_hex(4)}"
    administer(f"CREATE DATABASE {name}")
    url = sa.make_url(POSTGRESQL).set(database=name)
    try:
        named = url.update_query_dict({"application_name": APPLICATION})
        yield name, url.render_as_string(hide_password=False), named.render_as_string(hide_password=False)
    finally:
        administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

"""Accounts: who pays, how much they may spend, and by how much their prices differ."""

from __future__ import annotations

import time
from collections.abc import Callable
from secrets import token_hex
from typing import Any, Unpack

import sqlalchemy as sa

from ..core.errors import BadRequest, NotFound
from ._terms import AccountTerms, called, change_purse, money, split
from .database import Database
from .records import Account
from .schema import accounts, keys, purses

DEFAULT = "default"
"""The name of the account that pays for keys of no other: it is not prepaid, and has no limit."""

_QUERY = sa.select(accounts, *(column for column in purses.columns if column.name != "id")).select_from(
    accounts.join(purses, purses.c.id == accounts.c.id)
)


class Owners:
    """The accounts of a database."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    async def make(self, name: str, **terms: Unpack[AccountTerms]) -> Account:
        """Raises BadRequest for a name that is taken, or a number that cannot be."""
        clean, now = called(name), self._clock()
        split(terms, AccountTerms)
        return await self._database.write(lambda connection: make(connection, clean, now, **terms))

    async def find(self, name: str) -> Account:
        """By name or id. Raises NotFound."""
        return await self._database.read(lambda connection: find(connection, name, self._clock()))

    async def list(self, *, closed: bool = False) -> list[Account]:
        """By name; those that are `closed` only when they are asked for."""
        query = _QUERY.order_by(accounts.c.name)
        if not closed:
            query = query.where(accounts.c.closed.is_(None))
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [_account(row, self._clock()) for row in rows]

    async def change(
        self, name: str, *, called_now: str | None = None, **terms: Unpack[AccountTerms]
    ) -> Account:
        """By name or id; `called_now` is a new name. What is left out stays as it is.

        Raises NotFound, BadRequest, CallerError for an account in debt that is to be prepaid.
        """
        purse, rest = split(terms, AccountTerms)
        if called_now is not None:
            rest["name"] = called(called_now)

        def work(connection: sa.Connection) -> Account:
            found = find(connection, name, self._clock())
            if rest.get("name", found.name) != found.name:
                _must_be_free(connection, rest["name"])
            if rest:
                connection.execute(accounts.update().where(accounts.c.id == found.id).values(**rest))
            change_purse(connection, found.id, purse)
            return find(connection, found.id, self._clock())

        return await self._database.write(work)

    async def close(self, name: str) -> Account:
        """Its keys are revoked; its entries stay, and so does its name. Raises NotFound."""
        now = self._clock()

        def work(connection: sa.Connection) -> Account:
            found = find(connection, name, now)
            for table, mine, column in (
                (accounts, accounts.c.id, accounts.c.closed),
                (keys, keys.c.account, keys.c.revoked),
            ):
                connection.execute(
                    table.update().where(mine == found.id, column.is_(None)).values({column: now})
                )
            return find(connection, found.id, now)

        return await self._database.write(work)


def make(connection: sa.Connection, name: str, now: float, **terms: Unpack[AccountTerms]) -> Account:
    """Within a transaction. Raises BadRequest for a name that is taken."""
    _must_be_free(connection, name)
    purse, rest = split(terms, AccountTerms)
    account = f"account_{token_hex(8)}"
    connection.execute(accounts.insert().values(id=account, name=name, created=now, **rest))
    connection.execute(purses.insert().values(id=account, **purse))
    return find(connection, account, now)


def find(connection: sa.Connection, name: str, now: float) -> Account:
    """Within a transaction, by name or id. Raises NotFound."""
    query = _QUERY.where(sa.or_(accounts.c.id == name, accounts.c.name == name))
    rows = connection.execute(query).mappings().all()
    row = next((row for row in rows if row["id"] == name), rows[0] if rows else None)
    if row is None:
        raise NotFound(f"There is no account {name!r}.", param="account")
    return _account(row, now)


def _must_be_free(connection: sa.Connection, name: str) -> None:
    found = connection.execute(sa.select(accounts.c.closed).where(accounts.c.name == name)).one_or_none()
    if found is not None:
        raise BadRequest(
            f"There is an account {name!r} already{', which is closed' if found[0] else ''}.", param="name"
        )


def _account(row: Any, now: float) -> Account:
    return Account(
        id=row["id"],
        name=row["name"],
        created=row["created"],
        closed=row["closed"],
        markup=row["markup"],
        money=money(row, now),
    )

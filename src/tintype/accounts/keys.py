"""Keys: shown once, kept as a hash, and what each of them allows."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from secrets import token_hex, token_urlsafe
from typing import Any, Unpack

import sqlalchemy as sa

from ..core import Caller
from ..core.errors import BadRequest, CallerError, NotFound, Unauthenticated
from . import owners
from ._terms import KeyTerms, called, change_purse, money, split
from .database import Database
from .records import Key
from .schema import accounts, keys, purses

PREFIX = "tt-"
"""How every key begins."""

FRESH = 2.0  # seconds that what was read of a key is believed
REMEMBERED = 4096

_QUERY = sa.select(keys, *(column for column in purses.columns if column.name != "id")).select_from(
    keys.join(purses, purses.c.id == keys.c.id)
)
_WHO = sa.select(keys, accounts.c.closed, accounts.c.markup, accounts.c.name.label("owner")).select_from(
    keys.join(accounts, accounts.c.id == keys.c.account)
)


Known = tuple[Caller, float | None, str]
"""Who it is, when the key expires, and why it is refused all the same."""


class Keys:
    """The keys of a database."""

    def __init__(
        self, database: Database, *, fresh: float = FRESH, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._fresh = fresh
        self._clock = clock
        self._remembered: dict[str, tuple[float, Known | None]] = {}  # hash -> until when, and what is known
        self._any = (0.0, False)

    async def make(self, name: str, account: str = "", **terms: Unpack[KeyTerms]) -> tuple[Key, str]:
        """The key, and what its caller writes: that is shown to nobody again. `account` is a name or an id; without
        one, the account "default" pays, which is made when it is missing.

        Raises NotFound for an account that is not there, BadRequest for a name that is taken in it, a number that
        cannot be, or a time that is over already, CallerError for an account that is closed.
        """
        clean, now = called(name), self._clock()
        purse, rest = split(terms, KeyTerms)
        if rest.get("expires") is not None and rest["expires"] <= now:
            raise BadRequest("This key would let nobody in: it would have expired already.", param="expires")
        secret = PREFIX + token_urlsafe(32)
        key = f"key_{token_hex(8)}"

        def work(connection: sa.Connection) -> Key:
            owner = _owner(connection, account, now)
            if owner.closed:
                raise CallerError(f"The account {owner.name!r} is closed.", param="account")
            _must_be_free(connection, clean, owner.id)
            connection.execute(
                keys.insert().values(
                    id=key,
                    account=owner.id,
                    name=clean,
                    hash=_hash(secret),
                    tail=secret[-4:],
                    created=now,
                    **rest,
                )
            )
            connection.execute(purses.insert().values(id=key, **purse))
            return _find(connection, key, now)

        made = await self._database.write(work)
        self._forget()
        return made, secret

    async def caller(self, secret: str) -> Caller:
        """Whose key this is. Raises Unauthenticated for one that is unknown, expired or revoked, or whose account is
        closed. What was read is believed for `fresh` seconds."""
        name, now = _hash(secret), self._clock()
        until, row = self._remembered.get(name, (0.0, None))
        if until <= now:
            found = await self._database.look_up(_WHO.where(keys.c.hash == name))
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            self._remembered[name] = now + self._fresh, _caller(found[0]) if found else None
            row = self._remembered[name][1]
        if row is None:
            raise Unauthenticated("This key is not known here.")
        caller, expires, refusal = row
        if refusal:
            raise Unauthenticated(refusal)
        if expires is not None and expires <= now:
            raise Unauthenticated("This key has expired.")
        return caller

    async def any(self) -> bool:
        """Whether a key was ever made: then nobody gets in without one, though all of them be revoked."""
        until, found = self._any
        if not found and until <= self._clock():
            found = bool(await self._database.look_up(sa.select(keys.c.id).limit(1)))
            self._any = self._clock() + self._fresh, found
        return found

    async def find(self, name: str) -> Key:
        """By id, or by a name that no other key has. Raises NotFound, BadRequest."""
        return await self._database.read(lambda connection: _find(connection, name, self._clock()))

    async def list(self, account: str = "", *, revoked: bool = False) -> list[Key]:
        """The newest first; those that are `revoked` only when they are asked for. Raises NotFound."""

        def work(connection: sa.Connection) -> list[Key]:
            query = _QUERY.order_by(keys.c.created.desc(), keys.c.id)
            if account:
                query = query.where(keys.c.account == owners.find(connection, account, self._clock()).id)
            if not revoked:
                query = query.where(keys.c.revoked.is_(None))
            return [_key(row, self._clock()) for row in connection.execute(query).mappings()]

        return await self._database.read(work)

    async def change(self, name: str, *, called_now: str | None = None, **terms: Unpack[KeyTerms]) -> Key:
        """By id or name; `called_now` is a new name. What is left out stays as it is. Raises NotFound, BadRequest."""
        purse, rest = split(terms, KeyTerms)
        if called_now is not None:
            rest["name"] = called(called_now)

        def work(connection: sa.Connection) -> Key:
            found = _find(connection, name, self._clock())
            if rest.get("name", found.name) != found.name:
                _must_be_free(connection, rest["name"], found.account)
            if rest:
                connection.execute(keys.update().where(keys.c.id == found.id).values(**rest))
            change_purse(connection, found.id, purse)
            return _find(connection, found.id, self._clock())

        changed = await self._database.write(work)
        self._forget()
        return changed

    async def revoke(self, name: str) -> Key:
        """By id or name. Other processes hear of it within `fresh` seconds. Raises NotFound, BadRequest."""
        now = self._clock()

        def work(connection: sa.Connection) -> Key:
            found = _find(connection, name, now)
            connection.execute(
                keys.update().where(keys.c.id == found.id, keys.c.revoked.is_(None)).values(revoked=now)
            )
            return _find(connection, found.id, now)

        revoked = await self._database.write(work)
        self._forget()
        return revoked

    def _forget(self) -> None:
        self._remembered.clear()
        self._any = (0.0, self._any[1])


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _owner(connection: sa.Connection, account: str, now: float) -> Any:
    try:
        return owners.find(connection, account or owners.DEFAULT, now)
    except NotFound:
        if account:
            raise
        return owners.make(connection, owners.DEFAULT, now)


def _must_be_free(connection: sa.Connection, name: str, account: str) -> None:
    """PostgreSQL lets several processes write at once: whoever gives a name waits for others of the same account."""
    connection.execute(sa.select(accounts.c.id).where(accounts.c.id == account).with_for_update())
    query = sa.select(keys.c.id).where(
        keys.c.account == account, keys.c.name == name, keys.c.revoked.is_(None)
    )
    if connection.execute(query).first() is not None:
        raise BadRequest(f"There is a key {name!r} in this account already.", param="name")


def _find(connection: sa.Connection, name: str, now: float) -> Key:
    """Of several of a name, the one that is not revoked."""
    rows = connection.execute(_QUERY.where(sa.or_(keys.c.id == name, keys.c.name == name))).mappings().all()
    found = (
        [row for row in rows if row["id"] == name]
        or [row for row in rows if row["revoked"] is None]
        or list(rows)
    )
    if not found:
        raise NotFound(f"There is no key {name!r}.", param="key")
    if len(found) > 1:
        ids = ", ".join(sorted(row["id"] for row in found))
        raise BadRequest(f"There are several keys {name!r}: say which by its id, one of {ids}.", param="key")
    return _key(found[0], now)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.split("\n")) if text else ()


def _key(row: Any, now: float) -> Key:
    return Key(
        id=row["id"],
        account=row["account"],
        name=row["name"],
        tail=row["tail"],
        created=row["created"],
        expires=row["expires"],
        revoked=row["revoked"],
        models=_lines(row["models"]),
        dialects=_lines(row["dialects"]),
        requests_per_minute=row["requests_per_minute"],
        images_per_minute=row["images_per_minute"],
        admin=bool(row["admin"]),
        strict=bool(row["strict"]),
        money=money(row, now),
    )


def _caller(row: Any) -> Known:
    caller = Caller(
        key=row["id"],
        account=row["account"],
        name=row["name"],
        turn=row["account"],
        admin=bool(row["admin"]),
        strict=bool(row["strict"]),
        models=_lines(row["models"]),
        dialects=_lines(row["dialects"]),
        requests_per_minute=row["requests_per_minute"],
        images_per_minute=row["images_per_minute"],
        markup=row["markup"],
    )
    refusal = (
        "This key was revoked."
        if row["revoked"]
        else "The account of this key is closed."
        if row["closed"]
        else ""
    )
    return caller, row["expires"], refusal

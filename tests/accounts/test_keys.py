"""Keys are shown once, kept as hashes, and say whose they are and what they allow."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
import sqlalchemy as sa

from tintype.accounts.database import Database
from tintype.accounts.keys import Keys
from tintype.accounts.ledger import Ledger
from tintype.accounts.owners import Owners
from tintype.accounts.schema import metadata
from tintype.core import Caller
from tintype.core.errors import BadRequest, CallerError, NotFound, Unauthenticated

from .making import opening


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def with_keys(url: str, main: Any) -> None:
    async def whole() -> None:
        database = Database.open(url)
        clock = Clock()
        try:
            await main(Keys(database, clock=clock), Owners(database, clock=clock), clock)
        finally:
            await database.close()

    asyncio.run(whole())


def test_a_key_tells_who_asks_and_what_is_allowed(url: str) -> None:
    async def main(keys: Keys, owners: Owners, clock: Clock) -> None:
        owner = await owners.make("Ann", markup=250)
        key, secret = await keys.make(
            "build", "Ann", models=("gpt-image-*", "flux"), dialects=("openai",), requests_per_minute=5, images_per_minute=6, admin=True, strict=True
        )  # fmt: skip
        assert re.fullmatch(r"tt-[A-Za-z0-9_-]{43}", secret)
        assert secret.endswith(key.tail)
        assert await keys.caller(secret) == Caller(
            key=key.id,
            account=owner.id,
            name="build",
            turn=owner.id,
            admin=True,
            strict=True,
            models=("gpt-image-*", "flux"),
            dialects=("openai",),
            requests_per_minute=5,
            images_per_minute=6,
            markup=250,
        )

    with_keys(url, main)


def test_the_key_itself_is_nowhere_in_the_database(url: str) -> None:
    async def main(keys: Keys, owners: Owners, clock: Clock) -> None:
        _, secret = await keys.make("k")

        def all_of_it(connection: sa.Connection) -> str:
            return "".join(
                str(connection.execute(sa.select(table)).all()) for table in metadata.sorted_tables
            )

        everything = await keys._database.read(all_of_it)
        assert "default" in everything
        assert secret not in everything
        assert secret[3:] not in everything

    with_keys(url, main)


def test_whoever_is_not_let_in_hears_why(url: str) -> None:
    async def main(keys: Keys, owners: Owners, clock: Clock) -> None:
        await owners.make("Ann")
        revoked, expired, closed = [
            (await keys.make(name, "Ann" if name == "closed" else "", expires=1050.0))[1]
            for name in ("revoked", "expired", "closed")
        ]
        for secret in (revoked, expired, closed):
            await keys.caller(secret)
        await keys.revoke("revoked")
        await owners.close("Ann")
        clock.now += 2.1  # by then everybody has heard of it
        for secret, says in (
            ("tt-unknown", "not known"),
            (revoked, "was revoked"),
            (closed, "closed|revoked"),
        ):
            with pytest.raises(Unauthenticated, match=says) as caught:
                await keys.caller(secret)
            assert secret not in str(caught.value)
        await keys.caller(expired)
        clock.now = 1050.0
        with pytest.raises(Unauthenticated, match="expired"):
            await keys.caller(expired)

    with_keys(url, main)


def test_a_revoked_key_is_refused_at_once_here_and_soon_elsewhere(url: str) -> None:
    async def main(keys: Keys, owners: Owners, clock: Clock) -> None:
        elsewhere = Keys(keys._database, clock=clock)
        key, secret = await keys.make("k")
        assert (await keys.caller(secret)) == (await elsewhere.caller(secret))
        await keys.revoke(key.id)
        with pytest.raises(Unauthenticated):
            await keys.caller(secret)
        clock.now += 2.1
        with pytest.raises(Unauthenticated):
            await elsewhere.caller(secret)

    with_keys(url, main)


def test_a_key_without_an_account_is_of_the_default_one(url: str) -> None:
    async def main(keys: Keys, owners: Owners, clock: Clock) -> None:
        made = await asyncio.gather(*(keys.make(f"k{n}") for n in range(5)))
        default = await owners.find("default")
        assert {key.account for key, _ in made} == {default.id}
        assert (default.money.prepaid, default.money.day_limit) == (False, None)
        await Ledger(keys._database).hold(opening("j", account=default.id, key=made[0][0].id, hold=10**12))

    with_keys(url, main)


def test_once_a_key_was_made_nobody_gets_in_without_one(url: str) -> None:
    async def main(keys: Keys, owners: Owners, clock: Clock) -> None:
        assert not await keys.any()
        await keys.make("k")
        assert await keys.any()
        await keys.revoke("k")
        clock.now += 10
        assert await Keys(keys._database, clock=clock).any()

    with_keys(url, main)


def test_keys_are_listed_changed_and_found(url: str) -> None:
    async def main(keys: Keys, owners: Owners, clock: Clock) -> None:
        await owners.make("Ann")
        await keys.make("one", at_once=2, day_limit=100, expires=5000.0)
        clock.now += 1
        await keys.make("two", "Ann")
        clock.now += 1
        assert [each.name for each in await keys.list()] == ["two", "one"]
        assert [each.name for each in await keys.list("Ann")] == ["two"]
        changed = await keys.change(
            "one", called_now="uno", day_limit=None, month_limit=7, models=["m"], admin=True
        )
        assert changed == await keys.find(changed.id)
        assert (changed.name, changed.admin, changed.models, changed.expires) == ("uno", True, ("m",), 5000.0)
        assert (changed.money.at_once, changed.money.day_limit, changed.money.month_limit) == (2, None, 7)
        await keys.revoke("uno")
        assert [each.name for each in await keys.list()] == ["two"]
        assert [each.name for each in await keys.list(revoked=True)] == ["two", "uno"]
        await keys.make("uno")  # the name is free again
        assert (await keys.find("uno")).revoked is None

    with_keys(url, main)


def test_two_keys_of_a_name_are_told_apart_by_their_ids(url: str) -> None:
    async def main(keys: Keys, owners: Owners, clock: Clock) -> None:
        await owners.make("Ann")
        first, _ = await keys.make("k")
        second, _ = await keys.make("k", "Ann")
        with pytest.raises(BadRequest, match=f"(?=.*{first.id})(?=.*{second.id})"):
            await keys.revoke("k")
        assert (await keys.revoke(second.id)).id == second.id
        assert (await keys.find("k")).id == first.id

    with_keys(url, main)


def test_a_name_is_given_once_though_two_processes_give_it_at_a_time(url: str) -> None:
    async def main() -> None:
        databases = [Database.open(url) for _ in range(2)]
        try:
            rooms = [(Keys(each), Owners(each)) for each in databases]
            for turn in range(40):
                made = await asyncio.gather(
                    *(keys.make(f"k{turn}", "") for keys, _ in rooms),
                    *(owners.make(f"a{turn}") for _, owners in rooms),
                    return_exceptions=True,
                )
                refused = [each for each in made if isinstance(each, BaseException)]
                assert [type(each) for each in refused] == [BadRequest, BadRequest], refused
                assert {each.param for each in refused if isinstance(each, BadRequest)} == {"name"}
            assert len(await rooms[0][0].list()) == 40
        finally:
            for each in databases:
                await each.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"name": ""}, "A name has 1 to 200 letters"),
        ({"name": "taken"}, "There is a key 'taken' in this account already"),
        ({"account": "nobody"}, "There is no account 'nobody'"),
        ({"account": "closed"}, "The account 'closed' is closed"),
        ({"at_once": -1}, "at_once is between 0 and"),
        ({"day_limit": -1}, "day_limit is between 0.00 and"),
        ({"spent_limit": 10**18}, "spent_limit is between 0.00 and"),
        ({"requests_per_minute": 1.5}, "requests_per_minute is a whole number"),
        ({"images_per_minute": True}, "images_per_minute is a whole number"),
        ({"expires": "tomorrow"}, "expires is a time"),
        ({"expires": 1000.0}, "would have expired already"),
        ({"expires": 2_000_000_000_000}, "expires is between 0 and"),
        ({"expires": float("nan")}, "expires is between 0 and"),
        ({"admin": "yes"}, "admin is true or false"),
        ({"models": "gpt-image-2"}, "models is a list"),
        ({"models": [""]}, "One of the models is empty"),
        ({"dialects": ["gemini", " \n"]}, "One of the dialects is empty"),
        ({"colour": "red"}, "There is no 'colour' to be set: there are admin, at_once"),
    ],
)
def test_what_cannot_be_is_told(url: str, terms: dict[str, Any], says: str) -> None:
    async def main(keys: Keys, owners: Owners, clock: Clock) -> None:
        await keys.make("taken")
        await owners.make("closed")
        await owners.close("closed")
        with pytest.raises(CallerError, match=says) as caught:
            await keys.make(**{"name": "k", **terms})
        assert caught.value.param == next(iter(terms))
        for call in (keys.find, keys.revoke, keys.change):
            with pytest.raises(NotFound, match="There is no key 'k'"):
                await call("k")

    with_keys(url, main)

"""Who is let in before the first key is made, after it, and in the moment between."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from tintype.core import Caller, Incoming
from tintype.core.errors import Unauthenticated
from tintype.server.door import Door

KNOWN = Caller(key="key_1", account="account_1")


@dataclass
class SomeKeys:
    """`heard`: whether it is known here that there are keys."""

    heard: bool
    made: bool = True

    async def any(self) -> bool:
        return self.heard

    async def caller(self, secret: str) -> Caller:
        if self.made and secret == "tt-known":
            return KNOWN
        raise Unauthenticated("This key is not known here.")


def let_in(keys: SomeKeys | None, secret: str) -> Caller:
    incoming = Incoming(path="", headers={"authorization": f"Bearer {secret}"} if secret else {})
    return asyncio.run(Door(keys).let_in(incoming, {"client": ("127.0.0.1", 1)}, []))


@pytest.mark.parametrize("secret", ["", "sk-any", "tt-other"])
def test_without_keys_everyone_is_let_in(secret: str) -> None:
    for keys in (None, SomeKeys(heard=False, made=False)):
        assert let_in(keys, secret).account == ""


@pytest.mark.parametrize("secret", ["", "sk-any", "tt-other"])
def test_with_keys_nobody_else_is(secret: str) -> None:
    with pytest.raises(Unauthenticated):
        let_in(SomeKeys(heard=True), secret)


@pytest.mark.parametrize("heard", [False, True])
def test_whoever_has_the_first_key_is_charged_from_the_first_order_on(heard: bool) -> None:
    assert let_in(SomeKeys(heard=heard), "tt-known") == KNOWN

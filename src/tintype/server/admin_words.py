"""What the admin API takes and answers, as structs: also what `--json` of the command line prints."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from ..accounts import records
from ..core.errors import BadRequest
from ..core.money import micros, usd
from ..dialects import check_names

Dollars = Annotated[str, Meta(description="US dollars with six decimals.", examples=["12.340000"])]
Sum = Annotated[str, Meta(description="US dollars; null: no limit.", examples=["12.50"])]
Time = Annotated[float, Meta(description="Unix time in seconds.")]
When = Annotated[float, Meta(description="Unix time in seconds.", ge=0, le=1e11)]
Count = Annotated[int, Meta(description="The most; null: no limit.", ge=0)]
Points = Annotated[int, Meta(description="In basis points: 250 is 2.5 %.")]
Patterns = Annotated[list[str], Meta(description='Names or patterns such as "gpt-image-*"; none allow all.')]
Apis = Annotated[list[str], Meta(description='APIs such as "openai-images" or "gemini"; none allow all.')]
AccountName = Annotated[str, Meta(description="What you call it.", examples=["acme"])]
KeyName = Annotated[str, Meta(description="What you call it.", examples=["app"])]


class Named(Struct, kw_only=True):
    id: str
    name: str
    created: Time


class Spending(Named, kw_only=True):
    """What is spent counts what is held for jobs that run. Days and months are UTC's; a limit of null is none."""

    held: Dollars
    running: int
    at_once: int | None
    spent_today: Dollars
    day_limit: Dollars | None
    spent_this_month: Dollars
    month_limit: Dollars | None
    spent: Dollars
    spent_limit: Dollars | None


class Account(Spending, kw_only=True):
    closed: Time | None
    markup: Points | None
    prepaid: bool
    balance: Dollars
    available: Dollars | None


class Key(Spending, kw_only=True):
    account: str
    tail: Annotated[str, Meta(description="The last letters of the key.")]
    expires: Time | None
    revoked: Time | None
    models: list[str]
    dialects: list[str]
    requests_per_minute: int | None
    images_per_minute: int | None
    admin: bool
    strict: bool


class MadeKey(Key, kw_only=True):
    key: Annotated[str, Meta(description="What callers send. It is shown here, and never again.")]


class Accounts(Struct, kw_only=True):
    data: list[Account]


class Keys(Struct, kw_only=True):
    """The newest first."""

    data: list[Key]


class Taken(Struct, kw_only=True, forbid_unknown_fields=True):
    """A body. What is left out stays as it is; a limit of null is taken away."""


class Limits(Taken, kw_only=True):
    at_once: Count | UnsetType | None = UNSET
    day_limit: Sum | UnsetType | None = UNSET
    month_limit: Sum | UnsetType | None = UNSET
    spent_limit: Sum | UnsetType | None = UNSET


class AccountTerms(Limits, kw_only=True):
    prepaid: bool | UnsetType = UNSET
    markup: Points | UnsetType | None = UNSET


class NewAccount(AccountTerms, kw_only=True):
    name: AccountName


class ChangedAccount(AccountTerms, kw_only=True):
    name: str | UnsetType = UNSET


class KeyTerms(Limits, kw_only=True):
    expires: When | UnsetType | None = UNSET
    models: Patterns | UnsetType = UNSET
    dialects: Apis | UnsetType = UNSET
    requests_per_minute: Count | UnsetType | None = UNSET
    images_per_minute: Count | UnsetType | None = UNSET
    admin: bool | UnsetType = UNSET
    strict: bool | UnsetType = UNSET


class NewKey(KeyTerms, kw_only=True):
    name: KeyName
    account: Annotated[str, Meta(description='Its id or name; without one, the account "default".')] = ""


class ChangedKey(KeyTerms, kw_only=True):
    name: str | UnsetType = UNSET


class Credit(Taken, kw_only=True):
    """With a `reference`, once: the same again changes nothing."""

    amount: Annotated[str, Meta(description="US dollars; a negative sum is taken out.", examples=["12.50"])]
    note: str = ""
    reference: str = ""


class Credited(Struct, kw_only=True):
    account: str
    amount: Dollars
    balance: Dollars


class Refund(Taken, kw_only=True):
    note: str = ""


class Refunded(Struct, kw_only=True):
    job: str
    refunded: Annotated[Dollars, Meta(description="Nothing, where nothing was charged or all is given back.")]


class Books(Struct, kw_only=True):
    adds_up: bool
    faults: list[str]


SUMS = ("day_limit", "month_limit", "spent_limit")


def terms(body: Limits) -> dict[str, Any]:
    """What was said, without the name, as `accounts` takes it. Raises BadRequest for what is no sum, or
    no API."""
    said: dict[str, Any] = {
        name: getattr(body, name)
        for name in body.__struct_fields__
        if name not in ("name", "account") and getattr(body, name) is not UNSET
    }
    for name in SUMS:
        if said.get(name) is not None:
            said[name] = amount_of(said[name], name)
    for name in ("models", "dialects"):
        if name in said:
            said[name] = tuple(said[name])
    check_names(said.get("dialects", ()))
    return said


def amount_of(text: str, param: str) -> int:
    try:
        return micros(text)
    except ValueError as error:
        raise BadRequest(f"{error}.", param=param) from None


def account(found: records.Account) -> Account:
    money = found.money
    return Account(
        id=found.id,
        name=found.name,
        created=found.created,
        closed=found.closed,
        markup=found.markup,
        prepaid=money.prepaid,
        balance=usd(money.balance),
        available=maybe(money.available),
        **_spending(money),
    )


def key(found: records.Key) -> Key:
    return Key(**_key(found))


def made_key(found: records.Key, secret: str) -> MadeKey:
    return MadeKey(**_key(found), key=secret)


def _key(found: records.Key) -> dict[str, Any]:
    money = _spending(found.money)
    facts = {name: getattr(found, name) for name in Key.__struct_fields__ if name not in money}
    return {**facts, "models": list(found.models), "dialects": list(found.dialects), **money}


def _spending(money: records.Money) -> dict[str, Any]:
    return {
        "held": usd(money.held),
        "running": money.running,
        "at_once": money.at_once,
        "spent_today": usd(money.spent_today),
        "day_limit": maybe(money.day_limit),
        "spent_this_month": usd(money.spent_this_month),
        "month_limit": maybe(money.month_limit),
        "spent": usd(money.spent),
        "spent_limit": maybe(money.spent_limit),
    }


def maybe(amount: int | None) -> str | None:
    return None if amount is None else usd(amount)


def said(name: str | UnsetType) -> str | None:
    """A name that may have been left out.

    >>> said(UNSET), said("app")
    (None, 'app')
    """
    return None if name is UNSET else name

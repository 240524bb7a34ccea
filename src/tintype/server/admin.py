"""The admin API: accounts, keys, money, and what was done with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from ..core import Operation
from ..core.money import usd
from . import admin_reading as reading
from . import admin_words as words
from .asking import Asked, Call, Nothing

if TYPE_CHECKING:
    from ..gateway.office import Office


class OfAccounts(Struct, forbid_unknown_fields=True):
    closed: bool = False


class OfKeys(Struct, forbid_unknown_fields=True):
    account: str = ""
    revoked: bool = False


async def make_account(office: Office, asked: Asked[Nothing, words.NewAccount]) -> words.Account:
    return words.account(await office.owners.make(asked.body.name, **words.terms(asked.body)))


async def list_accounts(office: Office, asked: Asked[OfAccounts, Nothing]) -> words.Accounts:
    found = await office.owners.list(closed=asked.query.closed)
    return words.Accounts(data=[words.account(each) for each in found])


async def tell_account(office: Office, asked: Asked[Nothing, Nothing]) -> words.Account:
    return words.account(await office.owners.find(asked.path["account"]))


async def change_account(office: Office, asked: Asked[Nothing, words.ChangedAccount]) -> words.Account:
    name, body = asked.path["account"], asked.body
    changed = await office.owners.change(name, called_now=words.said(body.name), **words.terms(body))
    return words.account(changed)


async def close_account(office: Office, asked: Asked[Nothing, Nothing]) -> words.Account:
    return words.account(await office.owners.close(asked.path["account"]))


async def credit(office: Office, asked: Asked[Nothing, words.Credit]) -> words.Credited:
    amount = words.amount_of(asked.body.amount, "amount")
    account = await office.owners.find(asked.path["account"])
    balance = await office.ledger.credit(account.id, amount, asked.body.note, asked.body.reference)
    return words.Credited(account=account.id, amount=usd(amount), balance=usd(balance))


async def make_key(office: Office, asked: Asked[Nothing, words.NewKey]) -> words.MadeKey:
    body = asked.body
    return words.made_key(*await office.keys.make(body.name, body.account, **words.terms(body)))


async def list_keys(office: Office, asked: Asked[OfKeys, Nothing]) -> words.Keys:
    found = await office.keys.list(asked.query.account, revoked=asked.query.revoked)
    return words.Keys(data=[words.key(each) for each in found])


async def tell_key(office: Office, asked: Asked[Nothing, Nothing]) -> words.Key:
    return words.key(await office.keys.find(asked.path["key"]))


async def change_key(office: Office, asked: Asked[Nothing, words.ChangedKey]) -> words.Key:
    name, body = asked.path["key"], asked.body
    changed = await office.keys.change(name, called_now=words.said(body.name), **words.terms(body))
    return words.key(changed)


async def revoke_key(office: Office, asked: Asked[Nothing, Nothing]) -> words.Key:
    return words.key(await office.keys.revoke(asked.path["key"]))


async def refund(office: Office, asked: Asked[Nothing, words.Refund]) -> words.Refunded:
    amount = await office.ledger.refund(asked.path["job"], asked.body.note)
    return words.Refunded(job=asked.path["job"], refunded=usd(amount))


CALLS: tuple[Call, ...] = (
    Call(
        method="POST",
        path="/admin/accounts",
        summary="Make an account",
        run=make_account,
        body=words.NewAccount,
        answer=words.Account,
        status=201,
    ),
    Call(
        method="GET",
        path="/admin/accounts",
        summary="The accounts, by name; those that are closed on request",
        run=list_accounts,
        query=OfAccounts,
        answer=words.Accounts,
    ),
    Call(
        method="GET",
        path="/admin/accounts/{account}",
        summary="An account, by its id or name",
        run=tell_account,
        answer=words.Account,
    ),
    Call(
        method="PATCH",
        path="/admin/accounts/{account}",
        summary="Change an account's name, limits or markup",
        run=change_account,
        body=words.ChangedAccount,
        answer=words.Account,
    ),
    Call(
        method="DELETE",
        path="/admin/accounts/{account}",
        summary="Close an account: its keys are revoked, and its entries stay",
        run=close_account,
        answer=words.Account,
    ),
    Call(
        method="POST",
        path="/admin/accounts/{account}/credit",
        summary="Put money into an account, or take it out",
        run=credit,
        body=words.Credit,
        answer=words.Credited,
    ),
    Call(
        method="POST",
        path="/admin/keys",
        summary="Make a key; it is shown in this answer, and never again",
        run=make_key,
        body=words.NewKey,
        answer=words.MadeKey,
        status=201,
    ),
    Call(
        method="GET",
        path="/admin/keys",
        summary="The keys, the newest first; those that are revoked on request",
        run=list_keys,
        query=OfKeys,
        answer=words.Keys,
    ),
    Call(
        method="GET",
        path="/admin/keys/{key}",
        summary="A key, by its id or name",
        run=tell_key,
        answer=words.Key,
    ),
    Call(
        method="PATCH",
        path="/admin/keys/{key}",
        summary="Change what a key allows",
        run=change_key,
        body=words.ChangedKey,
        answer=words.Key,
    ),
    Call(
        method="DELETE",
        path="/admin/keys/{key}",
        summary="Revoke a key; servers heed it within two seconds",
        run=revoke_key,
        answer=words.Key,
    ),
    Call(
        method="POST",
        path="/admin/jobs/{job}/refund",
        summary="Give back what a job was charged, once",
        run=refund,
        body=words.Refund,
        answer=words.Refunded,
    ),
    *reading.CALLS,
)


def operations() -> dict[str, Operation]:
    """For the OpenAPI document, by method and path."""
    return {f"{call.method} {call.path}": call.operation() for call in CALLS}

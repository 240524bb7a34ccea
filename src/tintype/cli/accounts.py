"""`tintype accounts`: who pays, and how much they may spend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..core.errors import BadRequest
from . import terms
from .opening import (
    Config,
    Data,
    Json,
    cash,
    moment,
    note,
    optional,
    print_json,
    settings_of,
    show,
    with_office,
)
from .options import Option

if TYPE_CHECKING:
    from ..accounts.records import Account, Entry, Key
    from ..gateway.office import Office

app = typer.Typer(rich_markup_mode=None)

Which = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its id or name.")]
Prepaid = Annotated[
    bool | None, Option("--prepaid/--no-prepaid", help="It spends what it was credited, and no more.")
]
Markup = Annotated[
    str | None,
    Option("--markup", metavar="PERCENT", help="On all prices, instead of the settings' own; or none."),
]
ENTRIES = 10


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What you call it.")],
    prepaid: Prepaid = None,
    credit: Annotated[str | None, Option("--credit", metavar="DOLLARS", help="Put in at once.")] = None,
    markup: Markup = None,
    day_limit: terms.DayLimit = None,
    month_limit: terms.MonthLimit = None,
    spent_limit: terms.SpentLimit = None,
    at_once: terms.AtOnce = None,
    json: Json = False,
    data: Data = None,
    config: Config = None,
) -> int:
    """Make an account."""
    said = _said(prepaid, markup, terms.limits(day_limit, month_limit, spent_limit, at_once))
    amount = 0 if credit is None else terms.money("credit", credit)
    if amount < 0:
        raise BadRequest("a new account has nothing that could be taken out.", param="credit")

    async def work(office: Office) -> Account:
        made = await office.owners.make(name, **said)
        if amount:
            await office.ledger.credit(made.id, amount)
        return await office.owners.find(made.id)

    return _tell(with_office(settings_of(config, data), work, make=True), "made", json=json)


@app.command("list")
def list_accounts(
    closed: Annotated[bool, Option("--closed", help="Those that are closed, too.")] = False,
    json: Json = False,
    data: Data = None,
    config: Config = None,
) -> int:
    """List the accounts by name."""
    found = with_office(settings_of(config, data), lambda office: office.owners.list(closed=closed))
    if json:
        from ..server import admin_words as words

        print_json(words.Accounts(data=[words.account(each) for each in found]))
        return 0
    if not found:
        note("there are no accounts: make one with 'tintype accounts create NAME'")
        return 0
    heads = ("id", "name", "available", "spent", "this month", "limits", "markup", "made")
    show(heads, [_row(each) for each in found])
    return 0


@app.command("show")
def show_account(account: Which, json: Json = False, data: Data = None, config: Config = None) -> int:
    """Tell of an account, its keys, and its last entries."""

    async def work(office: Office) -> tuple[Account, list[Key], list[Entry]]:
        found = await office.owners.find(account)
        entries = await office.history.entries(found.id, limit=ENTRIES)
        return found, await office.keys.list(found.id), entries

    found, keys, entries = with_office(settings_of(config, data), work)
    from ..server import admin_reports as reports
    from ..server import admin_words as words

    told = words.account(found)
    if json:
        document = {name: getattr(told, name) for name in told.__struct_fields__}
        document |= {"keys": [words.key(each) for each in keys]}
        print_json(document | {"entries": [reports.entry(each) for each in entries]})
        return 0
    for name, value in _facts(told, keys):
        print(f"{name:<12} {value}")
    if entries:
        print()
        rows = [
            [moment(each.created), each.kind, cash(reports.entry(each).amount), each.job, each.note]
            for each in entries
        ]
        show(("when", "entry", "amount", "job", "note"), rows)
    return 0


@app.command("change")
def change(
    account: Which,
    name: Annotated[str, Option("--name", metavar="NAME", help="A new name.")] = "",
    prepaid: Prepaid = None,
    markup: Markup = None,
    day_limit: terms.DayLimit = None,
    month_limit: terms.MonthLimit = None,
    spent_limit: terms.SpentLimit = None,
    at_once: terms.AtOnce = None,
    json: Json = False,
    data: Data = None,
    config: Config = None,
) -> int:
    """Change an account. What is not said stays; none takes a limit away."""
    said = _said(prepaid, markup, terms.limits(day_limit, month_limit, spent_limit, at_once))
    terms.check_something(name, said)
    changed = with_office(
        settings_of(config, data),
        lambda office: office.owners.change(account, called_now=name or None, **said),
    )
    return _tell(changed, "changed", json=json)


@app.command("close")
def close(account: Which, json: Json = False, data: Data = None, config: Config = None) -> int:
    """Close an account: its keys are revoked. Its entries stay, and so does what it has left."""
    closed = with_office(settings_of(config, data), lambda office: office.owners.close(account))
    return _tell(closed, "closed", json=json)


def _said(prepaid: bool | None, markup: str | None, limits: dict[str, Any]) -> dict[str, Any]:
    said = limits | terms.given(markup=(markup, terms.percent))
    return said if prepaid is None else {**said, "prepaid": prepaid}


def _tell(account: Account, what: str, *, json: bool) -> int:
    if json:
        from ..server import admin_words as words

        print_json(words.account(account))
    else:
        print(f"{what} {account.id} ({account.name})")
    return 0


def _limits(told: Any) -> str:
    limits = [
        ("a day", cash(told.day_limit)),
        ("a month", cash(told.month_limit)),
        ("in all", cash(told.spent_limit)),
        ("at once", optional(told.at_once)),
    ]
    return ", ".join(f"{value} {of}" for of, value in limits if value)


def _row(account: Account) -> list[str]:
    from ..server import admin_words as words

    told = words.account(account)
    return [
        told.id,
        told.name + (f" (closed {moment(told.closed)})" if told.closed else ""),
        cash(told.available) if told.prepaid else "not prepaid",
        cash(told.spent),
        cash(told.spent_this_month),
        _limits(told),
        "" if told.markup is None else f"{told.markup / 100:g} %",
        moment(told.created),
    ]


def _facts(told: Any, keys: list[Key]) -> list[tuple[str, str]]:
    held = f", {cash(told.held)} of it held for {told.running} running" if told.running else ""
    facts = [
        ("id", told.id),
        ("name", told.name),
        ("made", moment(told.created)),
        ("closed", moment(told.closed)),
        ("balance", f"{cash(told.balance)}{held}"),
        ("prepaid", "yes" if told.prepaid else "no: the balance does not bound what is spent"),
        (
            "spent",
            f"{cash(told.spent)}: {cash(told.spent_today)} today, {cash(told.spent_this_month)} this month",
        ),
        ("limits", _limits(told)),
        ("markup", "as in the settings" if told.markup is None else f"{told.markup / 100:g} %"),
        ("keys", ", ".join(f"{key.name} ({key.id})" for key in keys)),
    ]
    return [(name, value) for name, value in facts if value]


@app.callback()
def start(context: typer.Context) -> int:
    """Who pays, and how much they may spend. Without a command, the accounts are listed."""
    return list_accounts() if context.invoked_subcommand is None else 0

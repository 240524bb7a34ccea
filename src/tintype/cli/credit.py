"""`tintype credit`: money into an account, or out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..core.money import usd
from . import terms
from .opening import Config, Data, Json, cash, print_json, settings_of, with_office
from .options import Option

if TYPE_CHECKING:
    from ..accounts.records import Account
    from ..gateway.office import Office


def credit(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its id or name.")],
    amount: Annotated[str, typer.Argument(metavar="DOLLARS", help="Such as 12.50; -5 takes it out.")],
    note: Annotated[str, Option("--note", metavar="TEXT", help="What it is for.")] = "",
    reference: Annotated[
        str,
        Option("--reference", metavar="NAME", help="Only once under this name, however often you say it."),
    ] = "",
    json: Json = False,
    data: Data = None,
    config: Config = None,
) -> int:
    """Put money into an account, exactly, and print the balance after it."""
    micros = terms.money("amount", amount)

    async def work(office: Office) -> tuple[Account, int]:
        found = await office.owners.find(account)
        return found, await office.ledger.credit(found.id, micros, note, reference)

    found, balance = with_office(settings_of(config, data), work)
    if json:
        from ..server import admin_words as words

        print_json(words.Credited(account=found.id, amount=usd(micros), balance=usd(balance)))
    else:
        print(f"{found.name} has {cash(usd(balance))}")
    return 0

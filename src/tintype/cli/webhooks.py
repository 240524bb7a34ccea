"""`tintype webhooks`: the secret by which an account's receivers know that a message is from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .opening import Config, Data, settings_of, with_office
from .options import Option

if TYPE_CHECKING:
    from ..gateway.office import Office

app = typer.Typer(help="The secret by which an account's receivers know that a message is from here.")


@app.callback()
def _webhooks(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command("secret")
def secret(
    account: Annotated[
        str, Option("--account", metavar="NAME", help="Its id or name. Default: of jobs without an account.")
    ] = "",
    data: Data = None,
    config: Config = None,
) -> int:
    """Print the secret that messages of an account's jobs are signed with: for whoever receives them."""
    from ..gateway.webhooks import Secrets
    from ..storage import read_secret

    settings = settings_of(config, data)

    async def find(office: Office) -> str:
        return (await office.owners.find(account)).id

    whose = with_office(settings, find) if account else ""
    own = settings.webhook_secret
    house = b"" if own else read_secret(settings.secret, settings.data, make=False)
    print(Secrets(own, house).of(whose))
    return 0

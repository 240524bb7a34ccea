"""`tintype keys`: who may use the server, and for what."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
    from ..accounts.records import Key
    from ..gateway.office import Office
    from ..gateway.settings import Settings

app = typer.Typer(rich_markup_mode=None)

Which = Annotated[str, typer.Argument(metavar="KEY", help="The key's id or name, not the key itself.")]
Expires = Annotated[
    str | None,
    Option("--expires", metavar="WHEN", help="In 12h, 30d or 8w, at the end of 2027-01-31, or none."),
]
Models = Annotated[
    list[str] | None,
    Option("-m", "--model", metavar="PATTERN", help='Allows only these, such as "gpt-image-*"; repeatable.'),
]
Dialects = Annotated[
    list[str] | None,
    Option("--dialect", metavar="NAME", help="Allows only these APIs, such as openai-images; repeatable."),
]
Requests = Annotated[str | None, Option("--requests-per-minute", metavar="N", help="The most, or none.")]
Images = Annotated[str | None, Option("--images-per-minute", metavar="N", help="The most, or none.")]
Admin = Annotated[bool | None, Option("--admin/--no-admin", help="May use the admin API.")]
Strict = Annotated[
    bool | None, Option("--strict/--no-strict", help="All of its orders are handled strictly.")
]


@app.command("create")
def create(
    name: Annotated[str, Option("--name", metavar="NAME", help="What you call it.")],
    account: Annotated[
        str | None, Option("--account", metavar="ACCOUNT", help='Who pays. Default: "default".')
    ] = None,
    expires: Expires = None,
    model: Models = None,
    dialect: Dialects = None,
    requests_per_minute: Requests = None,
    images_per_minute: Images = None,
    day_limit: terms.DayLimit = None,
    month_limit: terms.MonthLimit = None,
    spent_limit: terms.SpentLimit = None,
    at_once: terms.AtOnce = None,
    admin: Admin = None,
    strict: Strict = None,
    json: Json = False,
    data: Data = None,
    config: Config = None,
) -> int:
    """Make a key. It is printed on stdout, this once; only its hash is kept."""
    said = terms.limits(day_limit, month_limit, spent_limit, at_once)
    said |= _said(expires, model, dialect, requests_per_minute, images_per_minute, admin, strict)
    settings = settings_of(config, data)

    async def work(office: Office) -> tuple[Key, str, bool, str]:
        first = not await office.keys.any()
        made, secret = await office.keys.make(name, account or "", **said)
        return made, secret, first, (await office.owners.find(made.account)).name

    made, secret, first, owner = with_office(settings, work, make=True)
    if json:
        from ..server import admin_words as words

        print_json(words.made_key(made, secret))
        return 0
    print(secret, flush=True)
    _tell_use(settings, made, owner, first=first)
    return 0


def _tell_use(settings: Settings, made: Key, owner: str, *, first: bool) -> None:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
    lines = [
        f"This is the key {made.name!r} of the account {owner!r} ({made.id}). It is not shown again.",
        "",
        f'  curl {url}/v1/images/generations -H "Authorization: Bearer $KEY" -d \'{{"prompt": "A fox"}}\'',
        f'  OpenAI(base_url="{url}/v1", api_key=KEY)',
    ]
    if first:
        lines += ["", "It is the first key: from now on, nobody gets in without one."]
    print("\n".join(lines), file=sys.stderr)


@app.command("list")
def list_keys(
    account: Annotated[str, Option("--account", metavar="ACCOUNT", help="Only those of this account.")] = "",
    revoked: Annotated[bool, Option("--revoked", help="Those that are revoked, too.")] = False,
    json: Json = False,
    data: Data = None,
    config: Config = None,
) -> int:
    """List the keys, the newest first."""

    async def work(office: Office) -> tuple[list[Key], dict[str, str]]:
        names = {each.id: each.name for each in await office.owners.list(closed=True)}
        return await office.keys.list(account, revoked=revoked), names

    found, names = with_office(settings_of(config, data), work)
    if json:
        from ..server import admin_words as words

        print_json(words.Keys(data=[words.key(each) for each in found]))
        return 0
    if not found:
        note("there are no keys: make one with 'tintype keys create --name NAME'")
        return 0
    heads = ("id", "name", "key", "account", "spent", "limits", "allows", "until", "made")
    show(heads, [_row(each, names.get(each.account, each.account)) for each in found])
    return 0


@app.command("change")
def change(
    key: Which,
    name: Annotated[str, Option("--name", metavar="NAME", help="A new name.")] = "",
    expires: Expires = None,
    model: Models = None,
    dialect: Dialects = None,
    requests_per_minute: Requests = None,
    images_per_minute: Images = None,
    day_limit: terms.DayLimit = None,
    month_limit: terms.MonthLimit = None,
    spent_limit: terms.SpentLimit = None,
    at_once: terms.AtOnce = None,
    admin: Admin = None,
    strict: Strict = None,
    json: Json = False,
    data: Data = None,
    config: Config = None,
) -> int:
    """Change what a key allows. What is not said stays; none takes a limit away."""
    said = terms.limits(day_limit, month_limit, spent_limit, at_once)
    said |= _said(expires, model, dialect, requests_per_minute, images_per_minute, admin, strict)
    terms.check_something(name, said)
    changed = with_office(
        settings_of(config, data), lambda office: office.keys.change(key, called_now=name or None, **said)
    )
    return _tell(changed, "changed", json=json)


@app.command("revoke")
def revoke(key: Which, json: Json = False, data: Data = None, config: Config = None) -> int:
    """Revoke a key: a server that runs refuses it within two seconds."""
    revoked = with_office(settings_of(config, data), lambda office: office.keys.revoke(key))
    return _tell(revoked, "revoked", json=json)


def _tell(key: Key, what: str, *, json: bool) -> int:
    if json:
        from ..server import admin_words as words

        print_json(words.key(key))
    else:
        print(f"{what} {key.id} ({key.name})")
    return 0


def _said(
    expires: str | None,
    models: list[str] | None,
    dialects: list[str] | None,
    requests_per_minute: str | None,
    images_per_minute: str | None,
    admin: bool | None,
    strict: bool | None,
) -> dict[str, Any]:
    said = terms.given(
        expires=(expires, terms.expiry),
        requests_per_minute=(requests_per_minute, terms.count),
        images_per_minute=(images_per_minute, terms.count),
    )
    for name, patterns in (("models", models), ("dialects", dialects)):
        if patterns:
            said[name] = () if patterns == [terms.NONE] else tuple(patterns)
    if said.get("dialects"):
        from ..dialects import check_names

        check_names(said["dialects"])
    return said | {name: flag for name, flag in (("admin", admin), ("strict", strict)) if flag is not None}


def _row(key: Key, account: str) -> list[str]:
    from ..server import admin_words as words

    told = words.key(key)
    limits = [
        ("a day", cash(told.day_limit)),
        ("a month", cash(told.month_limit)),
        ("in all", cash(told.spent_limit)),
        ("at once", optional(told.at_once)),
        ("requests a minute", optional(told.requests_per_minute)),
        ("images a minute", optional(told.images_per_minute)),
    ]
    allows = [
        *told.models,
        *told.dialects,
        *(["admin"] if told.admin else []),
        *(["strict"] if told.strict else []),
    ]
    until = f"revoked {moment(told.revoked)}" if told.revoked else moment(told.expires)
    return [
        told.id,
        told.name,
        f"tt-…{told.tail}",
        account,
        cash(told.spent),
        ", ".join(f"{value} {of}" for of, value in limits if value),
        ", ".join(allows),
        until,
        moment(told.created),
    ]


@app.callback()
def start(context: typer.Context) -> int:
    """Who may use the server. Without a command, the keys are listed."""
    return list_keys() if context.invoked_subcommand is None else 0

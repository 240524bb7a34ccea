"""`tintype providers`: whom this house can call, and how they have done: the truth meter."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..gateway.settings import Settings
from .models import table
from .opening import Config, Data, settings_of, with_office

if TYPE_CHECKING:
    from ..accounts.truth import Record

HEADS = ("PROVIDER", "MODEL", "CALLS", "PICTURES", "REFUSED", "FAILED", "WRONG SIZE", "SECONDS", "CLAIMS")


def providers(
    json: Annotated[bool, typer.Option("--json", help="A JSON array instead of tables.")] = False,
    data: Data = None,
    config: Config = None,
) -> int:
    """List the providers that are on and off, and how the calls of this server have gone.

    CLAIMS is how far the tokens that a provider counts are off the model's published formula, over all
    pictures whose quality is known: "+257%" is paid three and a half times. It comes from the
    database.
    """
    import msgspec

    settings = settings_of(config, data)
    found = list(_providers(settings.provider))
    records = _records(settings)
    if json:
        calls: dict[str, list[Any]] = {each["name"]: [] for each in found}
        for record in records:
            told = {**msgspec.to_builtins(record), "off": record.off}
            calls.setdefault(record.provider, []).append(told)
        documents = [{**each, "calls": calls.pop(each["name"])} for each in found]
        documents += [{"name": name, "on": False, "calls": rows} for name, rows in calls.items()]
        print(msgspec.json.encode(documents).decode())
        return 0
    print(table([("PROVIDER", "MODELS", "STATE"), *(_cells(each) for each in found)]))
    if records:
        rows = (
            (
                record.provider,
                record.model,
                str(record.calls),
                str(record.pictures),
                str(record.refused),
                str(record.failed),
                str(record.wrong_size),
                "-" if record.seconds is None else f"{record.seconds:.1f}",
                claims(record.off),
            )
            for record in records
        )
        print()
        print(table([HEADS, *rows]))
    return 0


def _records(settings: Settings) -> list[Record]:
    """How the calls that are written down have gone; none where no server has written anything yet."""
    if not settings.database and not (settings.data / "tintype.db").exists():
        return []
    if not settings.database_url:
        return []
    from ..accounts.truth import learn

    return with_office(settings, lambda office: learn(office.database))


def _providers(tables: Any) -> Iterator[dict[str, Any]]:
    from ..catalog import configure, load
    from ..gateway.assemble import missing

    for service in configure(load(), tables):
        if service.is_engine:
            continue  # it is nobody whom we call
        absent = missing(service, os.environ)
        yield {
            "name": service.name,
            "on": not absent,
            "missing": absent,
            "models": [card.id for card in service.cards],
        }


def _cells(provider: dict[str, Any]) -> tuple[str, str, str]:
    state = "on" if provider["on"] else f"off: {' and '.join(provider['missing'])} not set"
    return provider["name"], str(len(provider["models"])), state


def claims(off: float | None) -> str:
    """
    >>> claims(2.567), claims(-0.004), claims(None)
    ('+257%', '+0%', '-')
    """
    if off is None:
        return "-"
    percent = round(off * 100) or 0
    return f"{percent:+d}%"

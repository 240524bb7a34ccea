"""What the verbs of accounts and money have in common: the database of the settings, and how its facts are shown."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from ..core.errors import BadRequest
from .answering import load_settings
from .models import table
from .options import Option

if TYPE_CHECKING:
    from ..gateway.office import Office
    from ..gateway.settings import Settings

T = TypeVar("T")

Json = Annotated[bool, typer.Option("--json", help="As JSON, as the admin API answers it.")]
Data = Annotated[
    Path | None, Option("--data", metavar="FOLDER", help="Folder of the server. Default: data, or $DATA.")
]
Config = Annotated[
    Path | None,
    Option("--config", metavar="FILE", help="Settings. Default: tintype.toml where it lies in this folder."),
]


def settings_of(config: Path | None, data: Path | None) -> Settings:
    return load_settings(os.environ, config=config, data=data)


def with_office(settings: Settings, work: Callable[[Office], Awaitable[T]], *, make: bool = False) -> T:
    """What `work` makes of the database, which may be in use by a server. Only what begins something may `make` one:
    who looks into a folder that is misspelt should hear so. Raises TintypeError."""
    from ..gateway.office import Office

    async def run() -> T:
        try:
            office = Office.open(settings, make=make)
        except ValueError as error:
            raise BadRequest(str(error)) from None
        try:
            return await work(office)
        finally:
            await office.close()

    return asyncio.run(run())


def note(text: str) -> None:
    print(f"tintype: {text}", file=sys.stderr)


def print_json(document: Any) -> None:
    import msgspec

    print(msgspec.json.encode(document).decode())


def show(heads: Sequence[str], rows: Sequence[Sequence[str]], *, total: bool = False) -> None:
    """A table: with lines and colours on a terminal, plain columns otherwise. `total`: the last row is the sum."""
    if not sys.stdout.isatty():
        print(table([[head.upper() for head in heads], *rows]))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=False)
    for head in heads:
        shown.add_column(head, overflow="fold")
    for number, row in enumerate(rows):
        if total and number == len(rows) - 1:
            shown.add_section()
        shown.add_row(*map(Text, row))  # as text: a name may look like markup
    Console().print(shown)


def moment(at: float | None) -> str:
    """
    >>> moment(1_796_000_000.5), moment(None)
    ('2026-11-30 00:53', '')
    """
    return "" if at is None else time.strftime("%Y-%m-%d %H:%M", time.gmtime(at))


def cash(amount: str | None) -> str:
    """A sum as the admin API tells it, for people.

    >>> cash("12.340000"), cash("-0.000001"), cash("0.000000"), cash(None)
    ('12.34', '-0.000001', '0.00', '')
    """
    if amount is None:
        return ""
    whole, _, rest = amount.partition(".")
    return f"{whole}.{rest.rstrip('0').ljust(2, '0')}"


def optional(value: object) -> str:
    return "" if value is None else str(value)

"""`tintype models`: what can be asked for, who answers, and for how much."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from ..core import Drawn, ModelCard, Size, Sizes, Usage
from ..core.money import MILLION
from .answering import KEY, load_settings, server_of
from .options import Option

HEADS = ("MODEL", "ANSWERED BY", "SIZES", "QUALITIES", "1024x1024", "LIFE")


def models(
    json: Annotated[bool, typer.Option("--json", help="A JSON array instead of a table.")] = False,
    local: Annotated[
        bool, typer.Option("--local", help="The models here, even if OPENAI_BASE_URL is set.")
    ] = (False),
    config: Annotated[
        Path | None,
        Option(metavar="FILE", help="Settings. Default: tintype.toml where it lies in this folder."),
    ] = None,
) -> int:
    """List the models, who answers for each, and what a 1024x1024 picture of medium quality costs."""
    import msgspec

    server = server_of(os.environ, local=local)
    if server is not None:
        from .remote import list_models

        found = list_models(server, os.environ.get(KEY))
        print(msgspec.json.encode(found).decode() if json else "\n".join(each["id"] for each in found))
        return 0
    rows = list(_rows(config))
    if json:
        print(msgspec.json.encode(rows).decode())
    else:
        print(table([HEADS, *(_cells(row) for row in rows)]))
    return 0


def _rows(config: Path | None) -> Iterator[dict[str, Any]]:
    from ..gateway.assemble import open_gateway
    from .costs import is_charged

    gateway = open_gateway(load_settings(os.environ, config=config), os.environ)
    for offer in gateway.offers:
        card, life = offer.card, offer.card.life
        amount = price_of_one(card)
        yield {
            "id": card.id,
            "aliases": card.aliases,
            "provider": offer.provider.name,
            "twin": offer.twin,
            "charged": is_charged(offer),
            "sizes": sizes(card.sizes),
            "qualities": card.qualities,
            "price_1024x1024": None if amount is None else amount / MILLION,
            "released": life.released,
            "retired": life.retired,
            "successor": life.successor,
            "life": life_of(card, gateway.today()),
        }


def price_of_one(card: ModelCard) -> int | None:
    """Micro-dollars of one picture, 1024x1024 and medium or what stands for it, without its prompt."""
    from ..core.quote import price

    quality = "medium" if "medium" in card.qualities else card.default_quality
    size = Size(1024, 1024)
    usage = None if card.tokens is None else Usage(image_out=card.tokens.image_out(quality, size))
    return price(usage, card, pictures=[Drawn(size, quality)])


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    from .costs import money

    amount = row["price_1024x1024"]
    shown = "-" if amount is None else "free"
    if amount:
        shown = money(round(amount * MILLION))
    return (
        row["id"],
        "twin" if row["twin"] else row["provider"],
        row["sizes"],
        " ".join(row["qualities"]) or "-",
        shown,
        row["life"],
    )


def sizes(offered: Sizes) -> str:
    """What is on offer, in few words.

    >>> sizes(Sizes(listed=(Size(256, 256), Size(512, 512))))
    '256x256 512x512'
    >>> from tintype.core import Ratio
    >>> shapes = {Ratio(1, 1, "1K"): Size(1024, 1024), Ratio(3, 2, "1K"): Size(1264, 848)}
    >>> sizes(Sizes(shapes=shapes))
    '2 ratios at 1K'
    """
    if offered.listed:
        return " ".join(map(str, offered.listed))
    if offered.shapes:
        ratios = {(ratio.width, ratio.height) for ratio in offered.shapes}
        tiers = dict.fromkeys(ratio.tier for ratio in offered.shapes if ratio.tier)
        return f"{len(ratios)} ratios at {' '.join(tiers)}"
    grid = offered.grid
    if grid is None:
        return "any"
    step = f", steps of {grid.multiple}" if grid.multiple > 1 else ""
    return f"to {grid.max_edge} an edge{step}, to {grid.max_ratio:g}:1"


def life_of(card: ModelCard, today: date) -> str:
    life = card.life
    advice = f", then {life.successor}" if life.successor else ""
    if life.retired is not None:
        return f"{'retired' if life.is_over(today) else 'retires'} {life.retired}{advice}"
    return f"since {life.released}" if life.released else ""


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they need, and never cut: a pipe can take a long line."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)

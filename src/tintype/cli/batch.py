"""`tintype batch`: many orders from a file, several at a time, with a total before and a line of results for each."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ..core.errors import BadRequest
from .answering import BASE_URL, load_settings, server_of
from .options import Option

MOST_AT_ONCE = 256


def batch(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The orders: a JSON object a line.", show_default=False)
    ],
    out: Annotated[
        Path, Option("-o", "--out", metavar="FOLDER", help="Folder for the pictures and for results.jsonl.")
    ],
    concurrency: Annotated[
        int, typer.Option("-c", "--concurrency", metavar="N", help="So many orders at a time.")
    ] = 4,
    model: Annotated[
        str, Option("-m", "--model", metavar="MODEL", help="The model of lines that name none.")
    ] = "",
    strict: Annotated[
        bool, Option("--strict", help="Fail where the model cannot do exactly what was asked.")
    ] = False,
    yes: Annotated[bool, Option("-y", "--yes", help="Begin without asking.")] = False,
    dry_run: Annotated[
        bool, Option("--dry-run", help="Print how much it is and would cost; draw nothing.")
    ] = False,
    json: Annotated[
        bool, Option("--json", help="The lines of results.jsonl on stdout as they come; the total as JSON.")
    ] = False,
    quiet: Annotated[bool, Option("--quiet", help="Nothing on stderr but errors.")] = False,
    url: Annotated[
        str, Option("--url", metavar="URL", help=f"The server to ask. Default: ${BASE_URL}, or none.")
    ] = "",
    local: Annotated[
        bool, Option("--local", help="Draw in this process even if OPENAI_BASE_URL is set.")
    ] = False,
    config: Annotated[
        Path | None,
        Option(metavar="FILE", help="Settings. Default: tintype.toml where it lies in this folder."),
    ] = None,
) -> int:
    """Order many pictures: each line of FILE is a body of POST /v1/images/generations.

    Pictures are called by the `custom_id` of their line, or its number. What is in results.jsonl as done is
    not ordered again: run the same command once more to go on where it stopped, and to try again what failed.
    """
    if not 1 <= concurrency <= MOST_AT_ONCE:
        raise BadRequest(f"it is 1 to {MOST_AT_ONCE}, not {concurrency}.", param="concurrency")
    if url and local:
        raise BadRequest("--url and --local contradict each other.")
    environ: Mapping[str, str] = {**os.environ, BASE_URL: url} if url else os.environ
    server = server_of(environ, local=local, said_by="--url" if url else BASE_URL)
    settings = load_settings(environ, config=config)

    from . import telling
    from .lines import read_lines, shown
    from .ordering import Batch
    from .results import Results
    from .shops import open_shop
    from .sums import count, counted

    lines, faults = read_lines(file, model, strict=strict)
    results = Results(out)
    shop = open_shop(settings, environ, server, strict=strict)
    total = count(lines, faults, results, shop)
    if faults:
        for fault in shown(faults):
            telling.note(fault)
        raise BadRequest(
            f"{counted(len(faults), 'line')} of {str(file)!r} cannot be ordered, so nothing was."
        )
    if dry_run:
        print(total.as_json() if json else total.in_words())
        return 0
    if not quiet:
        print(total.in_words(), file=sys.stderr)
    if total.left and not yes and not _agreed():
        telling.note("nothing was ordered")
        return 1
    telling.log_crashes()
    results.open()
    try:
        return Batch(shop, results, total.left, concurrency, as_json=json, quiet=quiet).run()
    finally:
        results.close()


def _agreed() -> bool:
    """Whoever sits at a terminal is asked; a script has decided already."""
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    print("go on? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")

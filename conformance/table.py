"""The table of clients in the README, as the run found them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .clients import COLUMNS, ENVIRONMENTS

BEGIN, END = "<!-- clients:begin -->", "<!-- clients:end -->"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried. `client` and `version` are a row of the table, `column` one of its columns."""

    client: str
    version: str
    column: str
    what: str
    ok: bool
    detail: str = ""
    seconds: float = 0.0


def table(checks: Sequence[Check]) -> str:
    """Markdown. A cell is ✓ where all of its checks passed, ✗ where one did not, and empty where the client has
    no such call."""
    lines = [
        "| client | version | " + " | ".join(COLUMNS) + " |",
        "|---|---|" + ":-:|" * len(COLUMNS),
    ]
    for environment in ENVIRONMENTS:
        for client, version in environment.rows:
            of_row = [check for check in checks if (check.client, check.version) == (client, version)]
            cells = [_cell([check.ok for check in of_row if check.column == name]) for name in COLUMNS]
            lines.append(f"| {client} | {version} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(passed: Sequence[bool]) -> str:
    if not passed:
        return " "
    return "✓" if all(passed) else "✗"


def write_into(page: Path, text: str) -> None:
    """Between the markers of a page. Raises ValueError where it has none."""
    old = page.read_text("utf-8")
    head, begin, rest = old.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} has no place for the table: {BEGIN} and {END}")
    page.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}", "utf-8")

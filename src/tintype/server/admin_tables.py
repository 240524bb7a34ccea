"""Usage as a table for spreadsheets: rows with heads, and their CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from msgspec import UNSET

from ..accounts import records
from .admin_reports import Usage


def usage_rows(by: Sequence[str], found: Usage) -> list[list[str]]:
    """A table with its heads; names stand beside the ids of keys and accounts."""
    named = [
        word for each in by for word in ([each, f"{each}_name"] if each in ("key", "account") else [each])
    ]
    kinds = list(found.total.tokens)
    at = records.NUMBERS.index("cost")
    heads = [*named, *records.NUMBERS[:at], *kinds, *records.NUMBERS[at:]]
    rows = [heads]
    for line in found.data:
        facts = {**{name: getattr(line, name) for name in line.__struct_fields__}, **line.tokens}
        rows.append(["" if facts[head] is UNSET else str(facts[head]) for head in heads])
    return rows


def as_csv(rows: Sequence[Sequence[str]]) -> str:
    r"""A cell that a spreadsheet would take for a formula begins with an apostrophe, as spreadsheets show text.

    >>> as_csv([["key_name", "cost"], ["=1+1", "-0.5"]])
    "key_name,cost\r\n'=1+1,-0.5\r\n"
    """
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return file.getvalue()


def _plain(cell: str) -> str:
    risky = cell.startswith(("=", "@", "\t", "\r")) or (cell[:1] in "+-" and not cell[1:2].isdigit())
    return f"'{cell}" if cell and risky else cell

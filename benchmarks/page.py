"""Puts what was measured between the markers of a page of docs/."""

from __future__ import annotations

from pathlib import Path


def write(name: str, place: str, text: str) -> None:
    """Into docs/NAME.md, between `<!-- PLACE:begin -->` and its end. Raises ValueError where it has none."""
    page = Path(__file__).parent.parent / "docs" / f"{name}.md"
    begin, end = f"<!-- {place}:begin -->", f"<!-- {place}:end -->"
    head, found, rest = page.read_text("utf-8").partition(begin)
    _, ends, tail = rest.partition(end)
    if not found or not ends:
        raise ValueError(f"docs/{page.name} has no place for the numbers: {begin} and {end}")
    page.write_text(f"{head}{begin}\n{text}\n{end}{tail}", "utf-8")
    print(f"\nwritten into docs/{page.name}")

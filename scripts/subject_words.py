"""What subjects are called: their own names, Unicode's labels and a curated list, as one table of weighted words."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

WEAK = 3
"""Words up to this weight are drawn only when a prompt names nothing better."""


def words_of(
    names: set[str], drawn: set[str], records: dict[str, dict[str, Any]], curated: Path
) -> dict[str, list[Any]]:
    """Words (lower case, singular, spaces between) -> [subject, weight], the best subject for each."""
    table = tomllib.loads(curated.read_text())
    weak = table["weak"]
    best: dict[str, list[Any]] = {}

    def offer(words: str, name: str, weight: int) -> None:
        key = " ".join(
            words.lower().replace("-", " ").replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split()
        )
        group = records.get(name, {}).get("group_name")
        if name in weak["names"] or (group in weak["groups"] and name not in weak["strong"]):
            weight = min(weight, WEAK)
        if key and (key not in best or best[key][1] < weight):
            best[key] = [name, weight]

    for name in sorted(names):
        offer(name, name, 8)
        if name in records:
            offer(records[name]["label"].split(":")[-1], name, 7)
    for name, words in table["words"].items():
        for word in words if name in names else ():
            offer(word, name, 10 if name in drawn else 9)
    for word in table["never"]["words"]:
        best.pop(word, None)
    for name, words in table["weak_words"].items():
        for word in words:
            offer(word, name, WEAK - 1)
    return dict(sorted(best.items()))

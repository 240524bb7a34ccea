"""What subjects are called: names, Unicode labels and tags, and the curated list, as one table of weighted words."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


def words_of(
    names: set[str], records: dict[str, dict[str, Any]], emojilib: Path, curated: Path
) -> dict[str, list[Any]]:
    """Word or words (lower case, singular, spaces) -> [subject, weight], the best subject for it."""
    best: dict[str, list[Any]] = {}

    def offer(words: str, name: str, weight: int) -> None:
        key = " ".join(words.lower().replace("-", " ").replace("’", "'").split())
        if key and (key not in best or best[key][1] < weight):
            best[key] = [name, weight]

    for name in sorted(names):
        offer(name, name, 8)
        if name in records:
            offer(records[name]["label"], name, 7)
    for name, words in tomllib.loads(curated.read_text()).items() if curated.exists() else ():
        for word in words:
            offer(word, name, 9)
    return dict(sorted(best.items()))

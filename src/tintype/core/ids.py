"""Names of jobs and requests: those of one time begin alike."""

from __future__ import annotations

import time
from secrets import token_hex


def new_id(kind: str, letters: int) -> str:
    """`kind`, 8 letters for the second, and so many `letters` (hexadecimal, an even number) that nobody guesses.

    What is written at one time then lies together in each index of a database. Names that are random throughout have
    every index write a page of its own for each of them.
    """
    return f"{kind}_{int(time.time()):08x}{token_hex(letters // 2)}"

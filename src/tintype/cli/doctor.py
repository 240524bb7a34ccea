"""`tintype doctor`: whether everything is there, and what to do where it is not."""

from __future__ import annotations


def doctor() -> int:
    """Check this installation: one line for each thing, and what to do about it."""
    return 0

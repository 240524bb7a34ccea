"""An illustrator, not a neural model: it reads a prompt and draws it as a layered vector scene.

The same commission gives the same pixels, on any run and any machine of one kind.
"""

from __future__ import annotations

from .commission import Commission, Stage
from .draw import stages
from .reader import read

__all__ = ["Commission", "Stage", "read", "shape", "stages"]


def shape(prompt: str) -> tuple[int, int] | None:
    """The width and height, in proportion, that a prompt asks for: "--2:3", "square image"; or None."""
    return read(prompt).ratio

"""`tintype generate`: a picture from a prompt."""

from __future__ import annotations

import inspect
from typing import Annotated

import typer

from .inputs import read_order
from .options import Wishes, with_wishes


def _generate(prompt: str | None, wishes: Wishes) -> int:
    """Draw a picture from a prompt, and print where it was written.

    The prompt is the argument, --prompt-file, or whatever is piped in.
    """
    from .drawing import draw

    return draw(read_order(prompt, (), wishes), wishes)


generate = with_wishes(
    _generate,
    inspect.Parameter(
        "prompt",
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=None,
        annotation=Annotated[
            str | None, typer.Argument(metavar="PROMPT", help="What to draw; - reads it from stdin.")
        ],
    ),
)

"""`tintype edit`: a picture from pictures and a prompt."""

from __future__ import annotations

import inspect
from typing import Annotated

import typer

from ..core.errors import BadRequest
from .inputs import piped, read_order
from .options import Wishes, with_wishes


def _edit(words: list[str] | None, wishes: Wishes) -> int:
    """Change pictures by a prompt.

    The prompt is the last argument, --prompt-file, or whatever is piped in.
    """
    from .drawing import draw

    pictures, prompt = split(words or [], wishes)
    if not pictures and not wishes.image:
        raise BadRequest("There is no picture to edit: write its file before the prompt.", param="image")
    return draw(read_order(prompt, pictures, wishes), wishes)


def split(words: list[str], wishes: Wishes) -> tuple[list[str], str | None]:
    """The pictures, and the prompt where an argument says it.

    A single argument is a picture when the prompt is piped in and the pictures are not.
    """
    stdin_is_taken = "-" in (*words[:-1], *wishes.image, wishes.mask)
    alone = len(words) == 1 and not wishes.image
    if wishes.prompt_file or (alone and words != ["-"] and piped() and not stdin_is_taken):
        return words, None
    return words[:-1], words[-1] if words else None


edit = with_wishes(
    _edit,
    inspect.Parameter(
        "words",
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=None,
        annotation=Annotated[
            list[str] | None,
            typer.Argument(
                metavar="PICTURE... PROMPT", help="Files or addresses (- for stdin), and then what to do."
            ),
        ],
    ),
)

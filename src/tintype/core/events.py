"""What happens while a picture is being made.

Every provider yields these and every dialect writes them, whether or not the caller asked
to stream: a caller who did not simply gets them all at once.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from .image import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of an upstream call, by kind. Whoever tells only a total has it in the image kinds.

    `cached_in`: how many of those that went in were read from the vendor's cache; they are in `text_in` or `image_in`
    as well, and not told apart by kind.
    """

    text_in: int = 0
    image_in: int = 0
    text_out: int = 0
    image_out: int = 0
    cached_in: int = 0

    @property
    def input_tokens(self) -> int:
        return self.text_in + self.image_in

    @property
    def output_tokens(self) -> int:
        return self.text_out + self.image_out

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            text_in=self.text_in + other.text_in,
            image_in=self.image_in + other.image_in,
            text_out=self.text_out + other.text_out,
            image_out=self.image_out + other.image_out,
            cached_in=self.cached_in + other.cached_in,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """A preview. `index` says which of the `n` pictures; `step` counts up from 0 for each of them."""

    image: Image
    index: int = 0
    step: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A finished picture. `index` says which of the `n` asked for.

    Usage rides on the last picture of an upstream call and is zero on the others, so the
    usage of a request is always the plain sum. So does `cost`, of an upstream that says what it took:
    micro-dollars, None when it does not say. `quality` and `background` are what the provider says
    it applied, None when it does not say; size and format are in the picture. `previews` were drawn and paid on the way
    to it, and are shown to nobody.
    """

    image: Image
    index: int = 0
    usage: Usage = Usage()
    revised_prompt: str | None = None
    seed: int | None = None
    quality: str | None = None
    background: str | None = None
    cost: int | None = None
    previews: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Words that a model said between pictures; `index` is the number of the picture that follows."""

    text: str
    index: int = 0


ImageEvent = Partial | Completed | Text

# A generator and not just an iterator: closing it is how a caller who leaves ends the call.
Events = AsyncGenerator[ImageEvent, None]

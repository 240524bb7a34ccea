"""How many tokens a picture is, by the formulas and tables that vendors publish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .size import Size


def grid_tokens(patches: int, size: Size) -> int:
    """Output tokens of gpt-image-2 and later, in exact integers (OpenAI's image guide, 2026-07-27).

    `patches` is the quality's number of patches along the long edge.

    >>> grid_tokens(16, Size(1536, 1024)), grid_tokens(48, Size(1024, 1024))
    (158, 1756)
    """
    short, long_ = min(size), max(size)
    across = (2 * patches * short + long_) // (2 * long_)
    return -(-patches * across * (2_000_000 + size.width * size.height) // 4_000_000)


def text_tokens(text: str) -> int:
    """An estimate of a prompt's tokens: one for every four bytes. The vendors' tokenizers differ by
    model and are not all published, so no estimate is exact.

    >>> text_tokens("a cat"), text_tokens("")
    (2, 0)
    """
    return -(-len(text.encode("utf-8", "surrogatepass")) // 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFormula:
    """A model's token arithmetic: a `ladder` for the formula, or a `table` of quality and size.

    An input picture is `input_base` plus `input_tile` for every started tile of 512 pixels. `input_extra` is what it
    may count more, at most, where the caller wants it looked at more finely (`input_fidelity`, `media_resolution`).
    """

    ladder: Mapping[str, int] = field(default_factory=dict)
    table: Mapping[str, Mapping[Size, int]] = field(default_factory=dict)
    per_partial: int = 0
    input_base: int = 0
    input_tile: int = 0
    input_extra: int = 0

    def image_out(self, quality: str | None, size: Size) -> int:
        """Tokens of one finished picture. Zero for a quality or size that the formula does not know."""
        if quality is not None and quality in self.ladder:
            return grid_tokens(self.ladder[quality], size)
        return self.table.get(quality or "", {}).get(size, 0)

    def image_in(self, size: Size) -> int:
        """Tokens of one input picture of this size."""
        return self.input_base + self.input_tile * -(-size.width // 512) * -(-size.height // 512)

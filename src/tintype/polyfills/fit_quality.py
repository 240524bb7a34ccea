"""A quality that a model does not know, moved to the nearest that it does."""

from __future__ import annotations

from dataclasses import replace

from ..core import Generate, ImageRequest, ModelCard, Note, Polyfill, Remedy

RANKS = {"low": 0, "standard": 1, "medium": 1, "hd": 2, "high": 2, "xhigh": 3, "max": 4}
"""The words of DALL·E beside those of the GPT models: what was standard then is medium now."""


class FitQuality:
    name = "fit_quality"
    fields: tuple[str, ...] = ("quality",)

    def remedy(self, request: ImageRequest, card: ModelCard) -> Remedy | None:
        """None for a word that nobody knows, and for a model that has no qualities at all."""
        quality = request.quality and nearest(request.quality, card.qualities)
        if quality is None or quality == request.quality:
            return None

        def wrap(generate: Generate) -> Generate:
            return lambda request: generate(replace(request, quality=quality))

        return Remedy(Note("quality", "adjusted", f"{request.quality}->{quality}"), wrap)


def nearest(wish: str, offered: tuple[str, ...]) -> str | None:
    """The quality on offer that is nearest, the lower of two that are as near.

    >>> nearest("hd", ("low", "medium", "high")), nearest("low", ("standard", "hd"))
    ('high', 'standard')
    >>> nearest("medium", ("low", "high"))
    'low'
    >>> nearest("ultra", ("low", "medium", "high"))
    """
    if wish not in RANKS:
        return None
    known = [quality for quality in offered if quality in RANKS]
    return min(known, key=lambda quality: (abs(RANKS[quality] - RANKS[wish]), RANKS[quality]), default=None)


polyfill: Polyfill = FitQuality()

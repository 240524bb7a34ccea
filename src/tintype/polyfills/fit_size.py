"""A size that a model does not draw, moved to the nearest that it does."""

from __future__ import annotations

from dataclasses import replace

from ..core import Generate, ImageRequest, ModelCard, Note, Polyfill, Remedy


class FitSize:
    name = "fit_size"
    fields: tuple[str, ...] = ("size",)

    def remedy(self, request: ImageRequest, card: ModelCard) -> Remedy | None:
        """A shape becomes pixels on the way, which a provider of shapes finds again in its card."""
        if request.size is None:
            return None
        size = card.sizes.nearest(request.size)
        if size == request.size:
            return None

        def wrap(generate: Generate) -> Generate:
            return lambda request: generate(replace(request, size=size))

        return Remedy(Note("size", "adjusted", f"{request.size}->{size}"), wrap)


polyfill: Polyfill = FitSize()

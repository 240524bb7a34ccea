"""An address for a picture, where a model answers with the picture itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace

from ..core import Completed, Events, Generate, Image, ImageRequest, ModelCard, Note, Polyfill, Remedy

Keep = Callable[[Image], str]
"""Puts a picture where it can be fetched from, and tells the name that it has there."""


class Host:
    """`keep`: where pictures lie; without one, they go back within the answer."""

    name = "host"
    fields: tuple[str, ...] = ("addresses",)

    def __init__(self, keep: Keep | None = None) -> None:
        self._keep = keep

    def remedy(self, request: ImageRequest, card: ModelCard) -> Remedy | None:
        """Streams, and houses that are not reached at an address, carry the pictures within the answer."""
        keep, addresses = self._keep, request.addresses
        if keep is None or not addresses or request.stream:
            note = Note("response_format", "adjusted", "url->b64_json")
            return Remedy(note, lambda generate: generate, once=True)

        def wrap(generate: Generate) -> Generate:
            return lambda request: hosted(request, addresses, keep, generate)

        return Remedy(Note("response_format", "filled", self.name), wrap, once=True)


async def hosted(request: ImageRequest, addresses: str, keep: Keep, generate: Generate) -> Events:
    async with aclosing(generate(request)) as events:
        async for event in events:
            if isinstance(event, Completed):
                event = replace(event, image=event.image.at(addresses + keep(event.image)))
            yield event


polyfill: Polyfill = Host()

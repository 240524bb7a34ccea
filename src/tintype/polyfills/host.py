"""An address for a picture, where a model answers with the picture itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace

from ..core import (
    Completed,
    Events,
    Generate,
    Image,
    ImageEvent,
    ImageRequest,
    ModelCard,
    Note,
    Polyfill,
    Remedy,
    Report,
)
from ..core.errors import TintypeError

Keep = Callable[[Image, str], Awaitable[str]]
"""Puts a picture where it can be fetched from, and tells its address there. The text is how the house's own addresses
begin. Raises TintypeError, and ValueError for a picture that cannot be read."""

WITHIN = Note("response_format", "adjusted", "url->b64_json")


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
            return Remedy(WITHIN, lambda generate: generate, once=True)

        def wrap(generate: Generate) -> Generate:
            return lambda request: hosted(request, addresses, keep, generate)

        return Remedy(Note("response_format", "filled", self.name), wrap, once=True)


async def hosted(request: ImageRequest, addresses: str, keep: Keep, generate: Generate) -> Events:
    """A picture that cannot be kept goes on without an address, and is not lost: `tell_unhosted` says so."""
    async with aclosing(generate(request)) as events:
        async for event in events:
            if isinstance(event, Completed):
                with suppress(TintypeError, ValueError):
                    event = replace(event, image=event.image.at(await keep(event.image, addresses)))
            yield event


def tell_unhosted(events: Sequence[ImageEvent], report: Report) -> None:
    """Once an order is done: which of its pictures were to get an address and have none."""
    planned = Note("response_format", "filled", Host.name)
    pictures = [event for event in events if isinstance(event, Completed)]
    lost = sum(picture.image.url is None for picture in pictures)
    if not lost or planned not in report.notes:
        return
    at = report.notes.index(planned)
    report.notes[at : at + 1] = [WITHIN] if lost == len(pictures) else [planned, WITHIN]
    which = "The pictures" if lost == len(pictures) else f"{lost} of {len(pictures)} pictures"
    report.notices.append(
        f"{which} could not be kept at an address, and came within the answer, as base64: "
        "this server's picture store failed."
    )


polyfill: Polyfill = Host()

"""What a provider makes, as it arrives: pictures that are here, and are some."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace

from ..core import Completed, Events, Image, Partial
from ..core.errors import Garbled, TintypeError, UpstreamError
from .tally import believed

Bring = Callable[[Image, bool], Awaitable[Image]]
"""A picture that is elsewhere, brought here; the flag: whether it has been paid. Raises UpstreamError."""


async def arrived(made: Events, bring: Bring) -> Events:
    """A picture that is lost, or none, costs none of the others, which are paid with it: that is raised when they are out."""
    fault: TintypeError | None = None
    gone = 0
    async with aclosing(made):
        async for event in made:
            try:
                if isinstance(event, Completed | Partial) and not event.image.is_local:
                    paid = isinstance(event, Completed)
                    event = replace(event, image=await bring(event.image, paid))
                if isinstance(event, Completed):
                    event = believed(event)
                if isinstance(event, Completed | Partial) and event.image.header().format is None:
                    raise Garbled("What the upstream sent is no picture.", charged=True)
            except UpstreamError as error:
                if isinstance(event, Completed):  # a preview is nothing that is missed
                    fault, gone = fault or error, gone + 1
                continue
            yield replace(event, index=event.index - gone) if gone else event
    if fault is not None:
        raise fault

"""A file format, or a compression, that a model does not answer with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from functools import partial

from .. import pixels
from ..core import (
    Completed,
    Events,
    Format,
    Generate,
    Image,
    ImageRequest,
    ModelCard,
    Note,
    Partial,
    Polyfill,
    Remedy,
)
from ..core.errors import Garbled

BEST_FIRST: tuple[Format, ...] = ("png", "webp", "jpeg")


class Transcode:
    name = "transcode"
    fields: tuple[str, ...] = ("output_format", "output_compression")

    def remedy(self, request: ImageRequest, card: ModelCard) -> Remedy | None:
        wanted, source = wanted_format(request, card), best_format(card)
        compression = request.output_compression if wanted != "png" else None

        def wrap(generate: Generate) -> Generate:
            return lambda request: transcode(request, source, wanted, compression, generate)

        change = f"transcode({source}->{wanted})"
        if wanted not in card.formats:
            lost = ", without compression" if compression != request.output_compression else ""
            return Remedy(Note("output_format", "filled", change + lost), wrap)
        if request.output_compression is None:
            return None
        if wanted == "png":
            return Remedy(Note("output_compression", "ignored", "png is lossless"), _uncompressed)
        if card.output_compression:
            return None
        return Remedy(Note("output_compression", "filled", change), wrap)


async def transcode(
    request: ImageRequest, source: Format, wanted: Format, compression: int | None, generate: Generate
) -> Events:
    """Ask for `source`, in base64 since the pictures must be opened, and convert what comes."""
    asked = replace(request, output_format=source, output_compression=None, response_format="b64_json")
    change = partial(convert, wanted=wanted, compression=compression)
    async with aclosing(changed(generate(asked), change)) as events:
        async for event in events:
            yield event


async def changed(made: Events, change: Callable[[Image], Image]) -> Events:
    """Each picture as `change` makes it, off the event loop. One that cannot be opened costs none of the others, which
    are paid with it: that is raised when they are out. A preview is nothing that is missed."""
    fault: Garbled | None = None
    gone = 0
    async with aclosing(made) as events:
        async for event in events:
            if isinstance(event, Completed | Partial):
                try:
                    event = replace(event, image=await asyncio.to_thread(change, event.image))
                except Garbled as error:
                    if isinstance(event, Completed):
                        fault, gone = fault or error, gone + 1
                    continue
            yield replace(event, index=event.index - gone) if gone else event
    if fault is not None:
        raise fault


def convert(image: Image, wanted: Format, compression: int | None) -> Image:
    """The picture in this format; the very same when its own header says that it is, and nothing is
    to be compressed. Raises Garbled."""
    if compression is None and image.header().format == wanted:
        return image
    return Image.from_bytes(pixels.encode(pixels.open_answer(image), wanted, compression=compression))


def wanted_format(request: ImageRequest, card: ModelCard) -> Format:
    """What the caller is to get: PNG, where there is no reason for another."""
    return request.output_format or ("png" if "png" in card.formats else card.formats[0])


def best_format(card: ModelCard) -> Format:
    """The model's format that loses least."""
    return min(card.formats, key=BEST_FIRST.index)


def _uncompressed(generate: Generate) -> Generate:
    return lambda request: generate(replace(request, output_compression=None))


polyfill: Polyfill = Transcode()

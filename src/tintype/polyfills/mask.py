"""An edit within a mask, from a model that edits but knows no masks.

The model redraws the whole picture; then only what the mask leaves open is taken from it.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import NamedTuple

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
from .transcode import best_format, wanted_format


class Mask:
    name = "mask"
    fields: tuple[str, ...] = ("mask",)

    def remedy(self, request: ImageRequest, card: ModelCard) -> Remedy | None:
        """None for a model that does not edit at all."""
        if request.mask is None or not request.images or card.mask or not card.max_input_images:
            return None

        def wrap(generate: Generate) -> Generate:
            return lambda request: masked(request, card, generate)

        return Remedy(Note("mask", "filled", "composite"), wrap)


class Passepartout(NamedTuple):
    """The picture to keep, and an "L" of its size that is 255 where it may change."""

    picture: pixels.Picture
    open: pixels.Picture


async def masked(request: ImageRequest, card: ModelCard, generate: Generate) -> Events:
    """Every picture has the size of the first input picture, and is that picture outside the mask.

    Raises BadRequest before the model is asked, when the mask does not fit.
    """
    keep = await asyncio.to_thread(_passepartout, request)
    format = wanted_format(request, card)
    asked = replace(
        request,
        mask=None,
        output_format=best_format(card),
        output_compression=None,
        response_format="b64_json",
    )
    async with aclosing(generate(asked)) as events:
        async for event in events:
            if isinstance(event, Completed | Partial):
                image = await asyncio.to_thread(
                    composite, event.image, keep, format, request.output_compression
                )
                event = replace(event, image=image)
            yield event


def composite(answer: Image, keep: Passepartout, format: Format, compression: int | None) -> Image:
    """The model's picture within the open part, the one to keep around it. Raises Garbled."""
    whole = pixels.composite(pixels.open_answer(answer), keep.picture, keep.open)
    return Image.from_bytes(pixels.encode(whole, format, compression=compression))


def _passepartout(request: ImageRequest) -> Passepartout:
    assert request.mask is not None
    picture = pixels.open_picture(request.images[0], param="image", number=1)
    return Passepartout(picture, pixels.open_mask(request.mask, of=picture))


polyfill: Polyfill = Mask()

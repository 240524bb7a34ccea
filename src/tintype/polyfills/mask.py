"""Masks for models that know none, and masks of the other sense for those that do.

A model without masks redraws the whole picture; then only what the mask leaves open is taken from it.
A mask whose white is to change becomes one in OpenAI's sense, whose transparent part is.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from .. import pixels
from ..core import (
    Events,
    Format,
    Generate,
    Image,
    ImageRequest,
    ModelCard,
    Note,
    Polyfill,
    Remedy,
)
from .transcode import best_format, changed, wanted_format


class Mask:
    name = "mask"
    fields: tuple[str, ...] = ("mask",)

    def remedy(self, request: ImageRequest, card: ModelCard) -> Remedy | None:
        """None for a model that does not edit at all."""
        if request.mask is None or not request.images or not card.max_input_images:
            return None
        steps = ["white_to_alpha"] * request.mask_is_white + ["composite"] * (not card.mask)

        def wrap(generate: Generate) -> Generate:
            if card.mask:
                return lambda request: turned(request, generate)
            return lambda request: masked(request, card, generate)

        return Remedy(Note("mask", "filled", "+".join(steps)), wrap) if steps else None


async def turned(request: ImageRequest, generate: Generate) -> Events:
    """The same order with its mask in OpenAI's sense."""
    mask = await asyncio.to_thread(_to_alpha, request)
    async with aclosing(generate(replace(request, mask=mask, mask_is_white=False))) as events:
        async for event in events:
            yield event


def _to_alpha(request: ImageRequest) -> Image:
    assert request.mask is not None
    white = pixels.open_picture(request.mask, param="mask")
    return Image.from_bytes(pixels.encode(pixels.to_alpha(white), "png"))


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
        mask_is_white=False,
        output_format=best_format(card),
        output_compression=None,
        response_format="b64_json",
    )
    change = partial(composite, keep=keep, format=format, compression=request.output_compression)
    async with aclosing(changed(generate(asked), change)) as events:
        async for event in events:
            yield event


def composite(answer: Image, keep: Passepartout, format: Format, compression: int | None) -> Image:
    """The model's picture within the open part, the one to keep around it. Raises Garbled."""
    whole = pixels.composite(pixels.open_answer(answer), keep.picture, keep.open)
    return Image.from_bytes(pixels.encode(whole, format, compression=compression))


def _passepartout(request: ImageRequest) -> Passepartout:
    assert request.mask is not None
    picture = pixels.open_picture(request.images[0], param="image", number=1)
    return Passepartout(picture, pixels.open_mask(request.mask, of=picture, white=request.mask_is_white))


polyfill: Polyfill = Mask()

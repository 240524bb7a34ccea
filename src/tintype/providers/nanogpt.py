"""NanoGPT, called: its OpenAI-compatible route, and the normalized one for models that are asked for a quality or a shape.

github.com/Nano-GPT-com/docs, commit f0b5f521 (2026-08-22): image-generation-openai, image-generation, openapi.json.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal
from typing import Any, Self

import msgspec

from .. import pixels
from ..core import Access, Completed, Events, Image, ImageEvent, ImageRequest, Micros, ModelCard, Octets
from ..core.errors import BadRequest, TintypeError, Unsupported
from ..core.money import MILLION
from ..transport.upstream import Upstream
from ..wire import openai_images as wire
from . import _answers, openai
from ._openai_build import JSON, Call, json_body, size_fields, with_extras

NORMALIZED = "/images"

_number = re.compile(rb'"?(\d{1,9}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?)"?')

read_error = openai.read_error


class NanoGPT:
    name = "nanogpt"
    family = "openai"  # whose dialect its own is, and so whose extras: kontext_max_mode
    local = False
    options: tuple[str, ...] = ()

    def __init__(self, upstream: Upstream, name: str = name) -> None:
        self._upstream = upstream
        self.name = name

    @classmethod
    def open(cls, access: Access) -> Self:
        """The key goes as a bearer token."""
        headers = openai.key_header(access, "authorization")
        return cls(Upstream.of(access, authorize=None, **headers), access.name)

    async def check(self) -> str:
        """By the balance: the list of models is given to anybody."""
        document = await self._upstream.ask("POST", "/../check-balance", b"{}", read_error=read_error)
        try:
            balance = msgspec.json.decode(document, type=_Balance).usd_balance
        except (msgspec.DecodeError, ValueError):
            return _answers.taken(document, read_error, self._upstream)
        return f"the key is taken, ${balance} left"

    async def close(self) -> None:
        await self._upstream.close()

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        if request.mask is not None:
            mask = await asyncio.to_thread(white_mask, request.mask)
            request = replace(request, mask=mask, mask_is_white=True)
        made = openai.pictures(self._upstream, build(request, card), read, read_error)
        async with aclosing(made) as events:
            async for event in events:
                yield event


class _Balance(msgspec.Struct):
    usd_balance: str


def white_mask(mask: Image) -> Image:
    """A mask whose white is to change, of one whose transparent part is. Raises BadRequest."""
    try:
        white = pixels.to_white_on_black(pixels.open_picture(mask, param="mask"))
    except ValueError as error:
        raise BadRequest(str(error), param="mask", code="invalid_image_file") from error
    return Image.from_bytes(pixels.encode(white, "png"))


def build(request: ImageRequest, card: ModelCard) -> Call:
    """By the older route where nothing that only the newer has is needed. A mask is in NanoGPT's sense already.

    Raises Unsupported for a second word on how many pictures there are to be: NanoGPT would go by it, and take money for
    as many.
    """
    if any("nImages" in names for names in request.extras.values()):
        raise Unsupported("How many pictures there are to be is said by 'n'.", param="nImages")
    newer = bool(card.qualities or card.sizes.shapes)
    fields: dict[str, Any] = {
        "model": card.upstream_id or card.id,
        "prompt": request.prompt,
        "n": request.n if request.n != 1 else None,
        "seed": request.seed if "seed" in card.accepts else None,
        "user": request.user,
        **(_newer(request, card) if newer else _older(request, card)),
    }
    body = json_body(with_extras(fields, request, card, NanoGPT.family))
    return Call(NORMALIZED if newer else wire.GENERATIONS, JSON, body)


def _newer(request: ImageRequest, card: ModelCard) -> dict[str, Any]:
    """`resolution` is pixels, or the tier of a shape."""
    size = size_fields(request, card, "aspect_ratio+resolution")
    if "size" in size:
        size = {"resolution": size["size"]}
    references = [{"type": "image_url", "image_url": {"url": image}} for image in request.images]
    return {
        **size,
        "quality": request.quality,
        "background": request.background,
        "output_format": request.output_format,
        "input_references": references or None,
    }


def _older(request: ImageRequest, card: ModelCard) -> dict[str, Any]:
    images = list(request.images)
    return {
        **size_fields(request, card, "size"),
        "imageDataUrl": images[0] if len(images) == 1 else None,
        "imageDataUrls": images if len(images) > 1 else None,
        "maskDataUrl": request.mask,
        "strength": request.strength,
        "guidance_scale": request.guidance_scale,
        "num_inference_steps": request.num_inference_steps,
        "negative_prompt": request.negative_prompt,
    }


class _Bill(msgspec.Struct):
    cost: msgspec.Raw = wire.NOTHING  # of the whole call, in dollars


def read(document: Octets) -> Iterator[ImageEvent]:
    """As OpenAI's; what the call cost rides on its last picture."""
    events: list[ImageEvent] = []
    fault: TintypeError | None = None
    try:
        events += openai.read(document)
    except TintypeError as error:  # perhaps of one picture of several
        fault = error
    made = [place for place, event in enumerate(events) if isinstance(event, Completed)]
    if made and isinstance(last := events[made[-1]], Completed):
        events[made[-1]] = replace(last, cost=micros(msgspec.json.decode(document, type=_Bill).cost))
    yield from events
    if fault is not None:
        raise fault


def micros(dollars: msgspec.Raw) -> Micros | None:
    """Dollars as they stand in JSON, a number or its text, to whole micro-dollars, rounded up; None for anything else.

    >>> micros(msgspec.Raw(b"0.06551")), micros(msgspec.Raw(b'"1e-7"')), micros(msgspec.Raw(b"-1"))
    (65510, 1, None)
    """
    found = _number.fullmatch(bytes(dollars))
    if found is None:
        return None
    exact = Decimal(found[1].decode()) * MILLION
    return int(exact.to_integral_value(ROUND_CEILING))

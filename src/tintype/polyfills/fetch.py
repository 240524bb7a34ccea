"""Pictures that are sent as addresses, for models that take pictures only."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace

from ..core import Events, Generate, Image, ImageRequest, ModelCard, Note, Polyfill, Remedy
from ..core.errors import BadRequest
from ..core.request import MAX_IMAGE_BYTES
from ..pixels import MAX_PIXELS
from ..transport.targets import Network
from ..transport.untrusted import Fetcher

MAX_BYTES = 256_000_000
"""Of all pictures of one order; each may have its share, and no more than any picture."""


class Fetch:
    """`allow`: networks that pictures may come from though they are not public."""

    name = "fetch"
    fields: tuple[str, ...] = ("address",)

    def __init__(self, allow: tuple[Network, ...] = (), fetcher: Fetcher | None = None) -> None:
        self._fetcher = fetcher or Fetcher(allow=allow)

    def remedy(self, request: ImageRequest, card: ModelCard) -> Remedy | None:
        pictures = sum(not image.is_local for image in request.images)
        masks = int(request.mask is not None and not request.mask.is_local)
        if not pictures + masks:
            return None

        def wrap(generate: Generate) -> Generate:
            return lambda request: fetched(request, self._fetcher, generate)

        note = Note("image" if pictures else "mask", "filled", f"fetch({pictures + masks})")
        return Remedy(note, wrap, once=True)


async def fetched(request: ImageRequest, fetcher: Fetcher, generate: Generate) -> Events:
    """The same order with all of its pictures here. Raises CallerError before the model is asked."""
    sent = [(image, "image", f"Image {number}") for number, image in enumerate(request.images, 1)]
    if request.mask is not None:
        sent.append((request.mask, "mask", "The mask"))
    limit = min(MAX_IMAGE_BYTES, MAX_BYTES // max(1, sum(not image.is_local for image, *_ in sent)))
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(_here(image, fetcher, param, which, limit)) for image, param, which in sent
            ]
    except ExceptionGroup as errors:  # the first of them has ended the others
        raise errors.exceptions[0] from None
    here = [task.result() for task in tasks]
    count = len(request.images)
    request = replace(request, images=tuple(here[:count]), mask=here[count] if here[count:] else None)
    if text := request.mask_fault():
        raise BadRequest(text, param="mask")
    async with aclosing(generate(request)) as events:
        async for event in events:
            yield event


async def _here(image: Image, fetcher: Fetcher, param: str, which: str, limit: int) -> Image:
    if image.is_local or image.url is None:
        return image
    found = Image.from_bytes(await fetcher.fetch(image.url, param=param, which=which, limit=limit))
    kind, size = found.header()
    if (size is None and kind != "jpeg") or (size and not 0 < size.width * size.height <= MAX_PIXELS):
        raise BadRequest(
            f"Invalid image file: the header of {which[0].lower()}{which[1:]} is damaged, or tells of more than "
            f"{MAX_PIXELS // 1_000_000} million pixels.",
            param=param,
            code="invalid_image_file",
        )
    return found


polyfill: Polyfill = Fetch()

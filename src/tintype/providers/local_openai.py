"""OpenAI's Images API of a server on one's own machine: vLLM-Omni, SGLang; and what LocalAI and stable-diffusion.cpp
start from.

They stream no previews, draw with the same seed again where none is said (SGLang, stable-diffusion.cpp), and mostly
forget `n` when they edit: each picture is a call of its own, with a seed that is known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from secrets import randbelow
from typing import Self

import msgspec

from .. import pixels
from ..core import Access, Completed, Events, Image, ImageRequest, ModelCard
from ..core.errors import Busy, NoImage, Rejected, TintypeError, Unavailable
from ..transport.upstream import Upstream
from . import openai
from ._own_server import DEFAULT, field_fault, free_of_charge, is_out_of_memory, with_own_picture
from .openai import Call, OpenAI


class LocalOpenAI(OpenAI):
    name = "local"
    local = True
    options: tuple[str, ...] = ()

    def __init__(self, upstream: Upstream, name: str = name, base_url: str = "") -> None:
        super().__init__(upstream, name)
        self._base_url = base_url
        self._served: str | None = None

    @classmethod
    def open(cls, access: Access) -> Self:
        """Its address may be said without the /v1 at its end."""
        bare = access.base_url.rstrip("/")
        base_url = f"{bare if bare.endswith('/v1') or not bare else bare + '/v1'}/"
        authorization = f"Bearer {access.key}" if access.key else ""
        access = replace(access, base_url=base_url if bare else "")
        return cls(Upstream.of(access, authorization=authorization), access.name, base_url)

    async def check(self) -> str:
        return f"it answers, {len(await self._models())} models"

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        seeds = "seed" in card.accepts
        seed = randbelow(2**31) if request.seed is None and seeds else request.seed
        with free_of_charge():
            card = replace(card, upstream_id=await self._model(card))
            for index in range(request.n):
                own = None if seed is None else seed + index
                asked = replace(request, n=1, seed=own)
                call = await asyncio.to_thread(self.build, asked, card)
                event = replace(await self._drawn(call), index=index, seed=own if seeds else None)
                yield event

    @staticmethod
    def build(request: ImageRequest, card: ModelCard) -> Call:
        """Base64 is asked for by name: SGLang and LocalAI answer with addresses where nothing is said, and a card
        that delivers addresses is what makes OpenAI's `build` say so."""
        return openai.build(replace(request, response_format="b64_json"), replace(card, delivers="url"))

    async def _drawn(self, call: Call) -> Completed:
        with self._upstream.discreet():
            async with aclosing(openai.documents(self._upstream, call, read_error)) as documents:
                async for document in documents:
                    for event in openai.read(document):
                        found = await with_own_picture(event, self._upstream, self._base_url, read_error)
                        if isinstance(found, Completed):
                            return found
        raise NoImage(f"{self._upstream.host} answered without a picture.")

    async def _model(self, card: ModelCard) -> str:
        """The first that the server lists, for a card that leaves it to the server; most have but one."""
        if card.upstream_id != DEFAULT:
            return card.upstream_id
        if self._served is None:
            try:
                self._served = next(iter(await self._models()), DEFAULT)
            except Rejected:  # a server that has no such list does not look at the name either
                self._served = DEFAULT
        return self._served

    async def _models(self) -> list[str]:
        document = await self._upstream.get("models", read_error=read_error)
        try:
            return [model.id for model in msgspec.json.decode(document, type=_Models).data]
        except (msgspec.DecodeError, ValueError) as error:
            raise Rejected(f"{self._upstream.host} has no list of models: {error}") from error


class _Model(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: list[_Model]


def white_mask(request: ImageRequest) -> Image | None:
    """The mask as these servers take one: white where they are to draw. Opens pictures: belongs in a thread."""
    if request.mask is None:
        return None
    picture = pixels.open_picture(request.images[0], param="image", number=1)
    return Image.from_bytes(pixels.encode(pixels.open_mask(request.mask, of=picture), "png"))


def read_error(status: int, body: bytes) -> TintypeError | None:
    """FastAPI's `detail` beside OpenAI's `error`."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        document = {"detail": body[:500].decode("utf-8", "replace")} if is_out_of_memory(repr(body)) else None
    if not isinstance(document, Mapping):
        return None
    detail = document.get("detail")
    if fault := field_fault(detail, {}):
        return fault
    if is_out_of_memory(str(detail or document.get("error"))):
        return Busy("The server ran out of memory.")
    if isinstance(detail, str) and detail:
        kind = Unavailable if status >= 500 else Rejected
        return kind(f"The server does not take the request: {detail[:500]}")
    return openai.read_error(status, body)

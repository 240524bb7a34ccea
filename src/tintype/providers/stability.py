"""Stability AI's Stable Image API (v2beta), called: one form, one answer.

Sources: platform.stability.ai/docs/api-reference (2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

import msgspec

from ..core import Access, Completed, Events, Image, ImageEvent, ImageRequest, ModelCard, Octets
from ..core.errors import BadRequest, Garbled, NoImage, Refused, TintypeError
from ..transport.upstream import Upstream
from ..wire import multipart, payload
from . import _answers, _parameters

USUAL = {
    "prompt": "prompt",
    "aspect_ratio": "aspect_ratio",
    "seed": "seed",
    "negative_prompt": "negative_prompt",
    "output_format": "output_format",
    "image": "image",
    "strength": "strength",
    "mask": "mask",
}
"""For cards that say no `parameters`."""

_field = re.compile(r"([a-z_]+): ")


class Call(NamedTuple):
    """One HTTP request, but for the host and the key."""

    path: str
    media_type: str
    body: bytes


class _Answer(msgspec.Struct):
    image: msgspec.Raw = msgspec.Raw(b"null")
    finish_reason: str = ""
    seed: Any = None


class _Failure(msgspec.Struct):
    name: str = ""
    errors: list[str] = []


class _Balance(msgspec.Struct):
    credits: float


class Stability:
    name = "stability"
    family = "stability"
    local = False
    options: tuple[str, ...] = ()

    def __init__(self, upstream: Upstream, name: str = name) -> None:
        self._upstream, self.name = upstream, name

    @classmethod
    def open(cls, access: Access) -> Self:
        """It wants one exact `Accept`, and answers with the bare file to most others."""
        key = f"Bearer {access.key}" if access.key else ""
        return cls(Upstream.of(access, authorization=key, accept="application/json"), access.name)

    async def check(self) -> str:
        answer = await self._upstream.get("v1/user/balance", read_error=read_error)
        try:
            return f"the key is taken, {msgspec.json.decode(answer, type=_Balance).credits:g} credits"
        except (msgspec.DecodeError, ValueError):
            return _answers.taken(answer, read_error, self._upstream)

    async def close(self) -> None:
        await self._upstream.close()

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        call = build(await _parameters.with_white_mask(request), card)
        with self._upstream.discreet():
            answer = await self._upstream.ask(
                "POST", call.path, call.body, call.media_type, read_error=read_error
            )
            for event in read(answer):
                yield event


def build(request: ImageRequest, card: ModelCard) -> Call:
    """The model's name is the path. What is drawn from a picture has that picture's shape: it takes no ratio."""
    fields = _parameters.named(request, card, USUAL, family=Stability.family)
    if request.images:
        fields.pop("aspect_ratio", None)
    media_type, body = multipart.write(_form(fields))
    return Call(f"v2beta/{_parameters.model_of(request, card)}", media_type, body)


def _form(fields: dict[str, Any]) -> Iterator[multipart.Field]:
    for name, value in fields.items():
        if isinstance(value, Image):
            yield multipart.Field(name, value.as_bytes(), f"image/{value.header().format or 'png'}")
        else:
            text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
            yield multipart.Field(name, text.encode())


def read(document: Octets) -> Iterator[ImageEvent]:
    """The picture. Raises Refused for one that was blurred."""
    answer = _answers.decoded(document, _Answer)
    if answer.finish_reason == "CONTENT_FILTERED":
        raise Refused("The upstream's moderation refused what it had drawn.", charged=True)
    try:
        image = payload.answered(answer.image)
    except ValueError as error:
        raise Garbled(f"The upstream's picture is {error}.", charged=True) from error
    if image is None:
        raise NoImage(
            f"The upstream answered without a picture: {_answers.short(answer.finish_reason)}.", charged=True
        )
    yield Completed(image=image, seed=_answers.whole(answer.seed))


def read_error(status: int, body: bytes) -> TintypeError | None:
    failure = _answers.error_of(body, _Failure)
    if failure is None:
        return None
    message = _answers.short("; ".join(failure.errors) or failure.name)
    if failure.name == "content_moderation":
        return Refused(message)
    if status == 402:
        return _answers.out_of_credit(message)
    named = _field.match(failure.errors[0]) if failure.errors else None
    if status == 400 and named:
        return BadRequest(message, param=named[1])
    return None

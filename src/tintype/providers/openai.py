"""OpenAI's Images API, called. Serves every reseller that copies it: each is only a catalog file.

`build`, `read` and `read_error` are pure; `generate` is the only I/O. Where a service differs, its catalog file says how
(_openai_manner.py), and nothing here asks for its name.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Self

import msgspec

from ..core import Access, Completed, Events, ImageEvent, ImageRequest, ModelCard, Octets, Text
from ..core.errors import NoImage, NotFound, TintypeError
from ..transport.upstream import ReadError, Upstream
from ..wire import sse
from . import _answers
from ._openai_build import Call, build
from ._openai_manner import OPENAI, OPTIONS, Manner
from ._openai_read import read, read_error

__all__ = ("Call", "OpenAI", "build", "check_models", "documents", "pictures", "read", "read_error")


class OpenAI:
    name = "openai"
    family = "openai"
    local = False
    options: tuple[str, ...] = OPTIONS

    def __init__(self, upstream: Upstream, name: str = name, manner: Manner = OPENAI) -> None:
        self._upstream = upstream
        self._manner = manner
        self.name = name
        self.family = manner.family

    @classmethod
    def open(cls, access: Access) -> Self:
        """The key goes as a bearer token, or in a header of its own."""
        manner = Manner.of(access)
        upstream = Upstream.of(access, authorize=None, **key_header(access, manner.key_header))
        return cls(upstream, access.name, manner)

    async def check(self) -> str:
        return await check_models(self._upstream, partial(read_error, manner=self._manner))

    async def close(self) -> None:
        await self._upstream.close()

    def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        return pictures(
            self._upstream,
            build(request, card, self._manner),
            partial(read, manner=self._manner),
            partial(read_error, manner=self._manner),
        )


def key_header(access: Access, name: str) -> dict[str, str]:
    """The header that carries the key, for `Upstream.of`; none without a key."""
    if not access.key:
        return {}
    return {name: f"Bearer {access.key}" if name.lower() == "authorization" else access.key}


def documents(
    upstream: Upstream,
    call: Call,
    read_error: ReadError,
    *,
    headers: Mapping[str, str] | None = None,
    see_headers: Callable[[Mapping[str, str]], None] | None = None,
) -> AsyncGenerator[Octets, None]:
    """What an upstream answers to one call, as `Upstream.post` tells it."""
    return upstream.post(
        call.path,
        call.body,
        call.media_type,
        frames=sse.documents,
        read_error=read_error,
        live=call.streams,
        headers=headers,
        see_headers=see_headers,
    )


async def pictures(
    upstream: Upstream,
    call: Call,
    read: Callable[[Octets], Iterable[ImageEvent]],
    read_error: ReadError,
) -> Events:
    """What an upstream answers to one call. Raises NoImage where there is no picture in it."""
    done, words = False, ""
    with upstream.discreet():
        async with aclosing(documents(upstream, call, read_error)) as answer:
            async for document in answer:
                for event in read(document):
                    done = done or isinstance(event, Completed)
                    words = event.text[:200] if isinstance(event, Text) else words
                    yield event
    if not done:
        said = f' It said: "{words}"' if words else ""
        raise NoImage(f"{upstream.host} answered without a picture.{said}", charged=True)


async def check_models(upstream: Upstream, read_error: ReadError, path: str = "/models") -> str:
    """By the list of models, which most services of this kind have, and give only to who has a key."""

    def no_list(status: int, body: bytes) -> TintypeError | None:
        return NotFound("there is no list") if status in (404, 405) else read_error(status, body)

    try:
        document = await upstream.get(path, read_error=no_list)
    except NotFound:
        return f"{upstream.host} is there; it has no list of models by which the key could be tried"
    try:
        count = len(msgspec.json.decode(document, type=_Models).data)
    except (msgspec.DecodeError, ValueError):
        return _answers.taken(document, read_error, upstream)
    return f"the key is taken, {count} models"


class _Models(msgspec.Struct):
    data: list[msgspec.Raw]

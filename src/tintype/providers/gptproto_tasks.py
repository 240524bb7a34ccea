"""GPTProto's tasks, called: a picture is ordered with one call and asked for with others, until it is there.

gptproto-ai/gptproto-sdk, docs/API.md (2026-08-20). There is no call that ends a task.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self
from urllib.parse import quote

import msgspec

from ..core import Access, Completed, Events, ImageRequest, ModelCard
from ..core.errors import Garbled, NoImage, Refused, Timeout, TintypeError, Unavailable
from ..transport.polling import poll
from ..transport.upstream import Upstream
from . import _answers
from ._openai_build import JSON, Call, json_body, size_fields, with_extras
from ._openai_manner import Manner
from .openai import check_models, key_header
from .openai import read as read_openai
from .openai import read_error as read_openai_error

ORDER = "/api/v3/images"
RESULT = "/api/v3/tasks/result/"

_WAITING = ("pending", "in_progress")
_REFUSING = ("guideline", "moderation", "content policy", "safety", "nsfw", "prohibited")
_MANNER = Manner(refusal_words=("may not meet the guidelines",))


class GPTProtoTasks:
    name = "gptproto-tasks"
    family = "gptproto"
    local = False
    options: tuple[str, ...] = ()

    def __init__(self, upstream: Upstream, name: str = name) -> None:
        self._upstream = upstream
        self.name = name

    @classmethod
    def open(cls, access: Access) -> Self:
        """The key goes as a bearer token."""
        headers = key_header(access, "authorization")
        return cls(Upstream.of(access, authorize=None, **headers), access.name)

    async def check(self) -> str:
        return await check_models(self._upstream, read_error, "/v1/models")

    async def close(self) -> None:
        await self._upstream.close()

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        call = build(request, card)
        with self._upstream.discreet():
            ordered = await self._upstream.ask(
                "POST", call.path, call.body, call.media_type, read_error=read_error
            )
            ticket = _task(ordered).id
            if not ticket:
                list(read_openai(ordered, _MANNER))  # raises what is told of a failure under a 200
                raise Garbled(f"{self._upstream.host} took the order and gave no id.", charged=True)

            path = RESULT + quote(ticket, safe="")
            found: Iterator[Completed] | TintypeError = await poll(lambda: self._look(path))
            if isinstance(found, TintypeError):
                raise found
            for event in found:
                yield event

    async def _look(self, path: str) -> Iterator[Completed] | TintypeError | None:
        """What a task ended in is returned: a look that fails may pass, and that does not."""
        answer = await self._upstream.get(path, read_error=read_error)
        if not _task(answer).status:
            list(read_openai(answer, _MANNER))
        try:
            return read(answer)
        except TintypeError as ending:
            return ending


def build(request: ImageRequest, card: ModelCard) -> Call:
    """Pixels in `size`, or a ratio and a tier."""
    references = [{"type": "image_url", "image_url": {"url": image}} for image in request.images]
    fields: dict[str, Any] = {
        "model": card.upstream_id or card.id,
        "prompt": request.prompt,
        "n": request.n if request.n != 1 else None,
        **size_fields(request, card, "aspect_ratio+resolution"),
        "quality": request.quality,
        "output_format": request.output_format,
        "background": request.background,
        "seed": request.seed if "seed" in card.accepts else None,
        "input_references": references or None,
    }
    return Call(ORDER, JSON, json_body(with_extras(fields, request, card, GPTProtoTasks.family)))


class Task(msgspec.Struct):
    id: str = ""
    status: str = ""
    unsigned_urls: list[msgspec.Raw] | None = None
    error: Any = None


def _task(document: bytes) -> Task:
    try:
        return msgspec.json.decode(document, type=Task)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Garbled(f"The upstream's task cannot be read: {error}", charged=True) from error


def read(document: bytes) -> Iterator[Completed] | None:
    """The pictures of a task, as addresses; None while there are none. Raises what became of it otherwise, and as it is
    gone through what is wrong with one of them."""
    task = _task(document)
    if task.status in _WAITING:
        return None
    if task.status != "completed":
        raise _ending(task)
    if not task.unsigned_urls:
        raise NoImage("The task was completed without a picture.", charged=True)
    return (
        Completed(image=image, index=index)
        for index, image in enumerate(_answers.pictures(task.unsigned_urls))
    )


def _ending(task: Task) -> TintypeError:
    error = task.error
    told = error.get("message") if isinstance(error, dict) else error
    message = str(told)[:500] if told else "no reason given"
    if task.status == "failed":
        if any(word in message.lower() for word in _REFUSING):
            return Refused(message)
        return Unavailable(f"The upstream's task failed: {message}")
    if task.status == "expired":
        return Timeout(f"The upstream's task expired: {message}", charged=True)
    if task.status == "cancelled":
        return NoImage(f"The upstream's task was cancelled: {message}", charged=True)
    return Garbled(
        f"The upstream's task is {task.status[:40]!r}, which is no state that we know.", charged=True
    )


def read_error(status: int, body: bytes) -> TintypeError | None:
    """As on the other routes, but `{"code": 401, "message", "type": "error"}`. A 429 may also be "channel
    unavailable", by its page; both may pass."""
    return read_openai_error(status, body, _MANNER)

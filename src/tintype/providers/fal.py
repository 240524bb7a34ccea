"""fal.ai's queue, called: an order gets a ticket, and three addresses with it.

Its models differ in their fields and not in the wire; a card's `parameters` says which it has. Sources:
fal.ai/docs/api-reference/inference-api (OpenAPI of the queue), /docs/model-apis/errors and
/docs/documentation/model-apis/request-errors (2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple, Self

import msgspec

from ..core import Access, Completed, Events, ImageEvent, ImageRequest, ModelCard, Octets
from ..core.errors import (
    BadRequest,
    NoImage,
    NotFound,
    Refused,
    Rejected,
    Timeout,
    TintypeError,
    Unavailable,
)
from ..transport.upstream import Upstream
from . import _answers, _parameters, _queue

USUAL = {
    "prompt": "prompt",
    "n": "num_images",
    "size": "image_size",
    "seed": "seed",
    "output_format": "output_format",
    "images": "image_urls",
    "mask": "mask_url",
}
"""For cards that say no `parameters`: what most of its models have."""

_NO_TICKET = "fal-ai/flux/requests/00000000-0000-0000-0000-000000000000/status"
_WAITING = ("IN_QUEUE", "IN_PROGRESS")
_TIMEOUTS = ("request_timeout", "startup_timeout", "generation_timeout")
_FAILURES = ("internal_server_error", "downstream_service_error", "downstream_service_unavailable")


class Call(NamedTuple):
    """An order, but for the host and the key: fal's name of the model, and JSON."""

    path: str
    body: bytes


class Ticket(msgspec.Struct):
    request_id: str
    status_url: str
    response_url: str
    cancel_url: str


class Status(msgspec.Struct):
    status: str
    error: Any = None
    error_type: str | None = None


class _Picture(msgspec.Struct):
    url: msgspec.Raw = msgspec.Raw(b"null")


class _Result(msgspec.Struct):
    """`images`, or of some models a single `image`."""

    images: list[_Picture] | None = None
    image: _Picture | None = None
    seed: Any = None
    has_nsfw_concepts: Any = None


class _Detail(msgspec.Struct):
    msg: str = ""
    type: str = ""
    loc: list[str | int] = []


class _Failure(msgspec.Struct):
    detail: list[_Detail] | str
    error_type: str | None = None


class Fal:
    name = "fal"
    family = "fal"
    local = False
    options: tuple[str, ...] = ()

    def __init__(
        self, upstream: Upstream, base_url: str, name: str = name, pace: _queue.Pace = _queue.USUAL
    ) -> None:
        self._upstream, self._base_url, self.name, self._pace = upstream, base_url, name, pace

    @classmethod
    def open(cls, access: Access) -> Self:
        key = f"Key {access.key}" if access.key else ""
        return cls(Upstream.of(access, authorization=key), access.base_url, access.name)

    async def check(self) -> str:
        """fal has no call that only looks at a key, so this asks for a ticket that nobody was given."""
        with suppress(NotFound):
            await self._upstream.get(_NO_TICKET, read_error=_read_no_ticket)
        return "it answers, and does not refuse the key"

    async def close(self) -> None:
        await self._upstream.close()

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        request = await _parameters.with_white_mask(request, and_alpha=True)
        call = build(request, card)

        async def submit() -> Ticket:
            answer = await self._upstream.ask("POST", call.path, call.body, read_error=read_error)
            return read_ticket(answer, self._base_url)

        with self._upstream.discreet():
            document = await _queue.brought(submit, self._look, self._cancel, self._pace)
            for event in read(document):
                yield event

    async def _look(self, ticket: Ticket) -> Octets | TintypeError | None:
        answer = await self._upstream.get(ticket.status_url, read_error=_queue.lost(read_error))
        status = _answers.decoded(answer, Status)
        if status.status in _WAITING:
            return None
        if status.status != "COMPLETED":
            return NoImage(f"The upstream ended the order: {_answers.short(status.status)}.", charged=True)
        if status.error_type is not None:
            return _request_error(status.error_type, _answers.short(status.error))
        return await self._upstream.get(ticket.response_url, read_error=_queue.lost(read_error))

    async def _cancel(self, ticket: Ticket) -> None:
        await self._upstream.ask("PUT", ticket.cancel_url, read_error=read_error)


def build(request: ImageRequest, card: ModelCard) -> Call:
    fields = _parameters.named(request, card, USUAL, family=Fal.family)
    body = msgspec.json.encode(fields, enc_hook=_parameters.as_data_url)
    return Call(_parameters.model_of(request, card), body)


def read_ticket(document: Octets, base_url: str) -> Ticket:
    """Its addresses as paths of ours: whatever host they name, the key goes to the one that is configured.

    Raises Garbled for a ticket that says none.
    """
    ticket = _answers.decoded(document, Ticket)
    return Ticket(
        ticket.request_id,
        *(_path(url, base_url) for url in (ticket.status_url, ticket.response_url, ticket.cancel_url)),
    )


def _path(url: str, base_url: str) -> str:
    base = base_url.rstrip("/") + "/"
    path = url[len(base) :] if url.startswith(base) else _queue.address(url).path
    path = path.lstrip("/")
    if not path or ":" in path.partition("/")[0]:  # an address within the address
        raise _queue.no_address(url)
    return path


def read(document: Octets) -> Iterator[ImageEvent]:
    """The pictures, without those that fal's checker has blackened. Raises Refused when it did with all."""
    result = _answers.decoded(document, _Result)
    pictures = result.images if result.images is not None else [result.image] if result.image else []
    flags = result.has_nsfw_concepts if isinstance(result.has_nsfw_concepts, list) else []
    kept = [
        each for number, each in enumerate(pictures) if not (number < len(flags) and flags[number] is True)
    ]
    if pictures and not kept:
        raise Refused("The upstream's safety checker refused what it had drawn.", charged=True)
    if not kept:
        raise NoImage("The upstream answered without a picture.", charged=True)
    for index, image in enumerate(_answers.pictures(each.url for each in kept)):
        yield Completed(image=image, index=index, seed=_answers.whole(result.seed))


def read_error(status: int, body: bytes) -> TintypeError | None:
    """A list of details is a model's word on the input, a text is that of the queue."""
    failure = _answers.error_of(body, _Failure)
    if failure is None:
        return None
    if isinstance(failure.detail, str):
        if status == 402 or (status == 403 and "balance" in failure.detail.lower()):
            return _answers.out_of_credit(_answers.short(failure.detail))
        return (
            _request_error(failure.error_type, _answers.short(failure.detail)) if failure.error_type else None
        )
    return _model_error(status, failure.detail)


def _read_no_ticket(status: int, body: bytes) -> TintypeError | None:
    return NotFound("There is no such ticket.") if status in (400, 404, 422) else read_error(status, body)


def _request_error(kind: str, message: str) -> TintypeError:
    """What befell the order outside of the model; fal does not charge for it (its FAQ, 2026-11)."""
    if kind in _TIMEOUTS:
        return Timeout(f"The upstream gave up: {message}")
    if kind in ("bad_request", "invalid_request"):
        return Rejected(f"The upstream does not take the order: {message}")
    return Unavailable(f"The upstream failed ({_answers.short(kind)}): {message}")


def _model_error(status: int, details: list[_Detail]) -> TintypeError | None:
    """fal may charge for a 422 (its FAQ: where a machine had begun); whoever looks knows of the ticket."""
    message = _answers.short("; ".join(_sentence(each) for each in details))
    kinds = {each.type for each in details}
    if "content_policy_violation" in kinds:
        return Refused(message)
    if "no_media_generated" in kinds:
        return NoImage(f"The upstream drew nothing: {message}", charged=True)
    if kinds & set(_TIMEOUTS):
        return Timeout(f"The upstream gave up: {message}")
    if kinds & set(_FAILURES):
        return Unavailable(f"The upstream failed: {message}")
    if status in (400, 422) and details:
        return BadRequest(message, param=_field(details[0]))
    return None


def _sentence(detail: _Detail) -> str:
    field = _field(detail)
    return f"{field}: {detail.msg}" if field else detail.msg


def _field(detail: _Detail) -> str | None:
    """`["body", "image_urls", 0]` is image_urls.0."""
    return ".".join(map(str, detail.loc[1:])) or None

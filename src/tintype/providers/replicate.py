"""Replicate's API, called: a prediction is an order that one may wait for a little, and then has to look at.

A model's input is its own; a card's `parameters` says what it takes. Sources: replicate.com/docs/reference/http,
/docs/topics/predictions (lifecycle, rate limits), /docs/reference/error-codes (2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

import msgspec

from ..core import Access, Completed, Events, ImageEvent, ImageRequest, ModelCard, Octets
from ..core.errors import BadRequest, Busy, Garbled, NoImage, Refused, Timeout, TintypeError, Unavailable
from ..core.later import read_seconds
from ..transport.polling import LONGEST
from ..transport.upstream import Upstream
from . import _answers, _parameters, _queue

USUAL = {"prompt": "prompt", "aspect_ratio": "aspect_ratio", "seed": "seed", "output_format": "output_format"}
"""For cards that say no `parameters`: what most of its models that draw from words have."""

PREFER = "wait=5"
"""How long an answer waits for the picture: short, since only it tells the number that cancels the order."""

CANCEL_AFTER = f"{LONGEST:.0f}s"
"""When a prediction ends that nobody asks for any more."""

_WAITING = ("starting", "processing", "queued")
_number = re.compile(r"[A-Za-z0-9_-]{1,100}")
# There is no code for it: each model has words of its own (E005 is "flagged as sensitive").
_refusal = re.compile(
    r"nsfw|flagged as sensitive|\bE005\b|content (policy|filter|moderation)|safety (filter|system|checker)|moderat",
    re.IGNORECASE,
)
_seconds = re.compile(r"resets in ~?(\d+)s")
_field = re.compile(r"\binput\.(\w+)")


class Call(NamedTuple):
    """An order, but for the host and the key."""

    path: str
    body: bytes


class Prediction(msgspec.Struct):
    id: str
    status: str
    output: msgspec.Raw = msgspec.Raw(b"null")
    error: Any = None


class _Failure(msgspec.Struct):
    detail: str = ""
    title: str = ""


class _Account(msgspec.Struct):
    username: str


class Ticket(NamedTuple):
    """A prediction, and the document that told of it: it may have been over by then."""

    prediction: Prediction
    document: Octets


class Replicate:
    name = "replicate"
    family = "replicate"
    local = False
    options: tuple[str, ...] = ()

    def __init__(self, upstream: Upstream, name: str = name, pace: _queue.Pace = _queue.USUAL) -> None:
        self._upstream, self.name, self._pace = upstream, name, pace

    @classmethod
    def open(cls, access: Access) -> Self:
        key = f"Bearer {access.key}" if access.key else ""
        upstream = Upstream.of(access, authorization=key, prefer=PREFER, cancel_after=CANCEL_AFTER)
        return cls(upstream, access.name)

    async def check(self) -> str:
        answer = await self._upstream.get("account", read_error=read_error)
        try:
            return f"the key is taken, it is {msgspec.json.decode(answer, type=_Account).username}'s"
        except (msgspec.DecodeError, ValueError):
            return _answers.taken(answer, read_error, self._upstream)

    async def close(self) -> None:
        await self._upstream.close()

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        request = await _parameters.with_white_mask(request)
        call = build(request, card)

        async def submit() -> Ticket:
            answer = await self._upstream.ask("POST", call.path, call.body, read_error=read_error)
            return read_ticket(answer)

        with self._upstream.discreet():
            document = await _queue.brought(submit, self._look, self._cancel, self._pace)
            for event in read(document):
                yield event

    async def _look(self, ticket: Ticket) -> Octets | TintypeError | None:
        found = ticket
        if ticket.prediction.status in _WAITING:
            path = f"predictions/{ticket.prediction.id}"
            found = read_ticket(await self._upstream.get(path, read_error=_queue.lost(read_error)))
        if found.prediction.status in _WAITING:
            return None
        return ended(found.prediction) or found.document

    async def _cancel(self, ticket: Ticket) -> None:
        """At our own address, not at the one that the answer names: the key goes nowhere else."""
        if ticket.prediction.status in _WAITING:
            path = f"predictions/{ticket.prediction.id}/cancel"
            await self._upstream.ask("POST", path, read_error=read_error)


def build(request: ImageRequest, card: ModelCard) -> Call:
    """A model that is named with a version ("owner/name:version") is asked for by that."""
    fields = _parameters.named(request, card, USUAL, family=Replicate.family)
    model, _, version = _parameters.model_of(request, card).partition(":")
    order = {"version": version, "input": fields} if version else {"input": fields}
    body = msgspec.json.encode(order, enc_hook=_parameters.as_data_url)
    return Call("predictions" if version else f"models/{model}/predictions", body)


def read_ticket(document: Octets) -> Ticket:
    """Raises Garbled."""
    prediction = _answers.decoded(document, Prediction)
    if not _number.fullmatch(prediction.id):
        raise Garbled(
            f"The upstream's ticket has a number that is none: {prediction.id[:200]!r}.", charged=True
        )
    return Ticket(prediction, document)


def ended(prediction: Prediction) -> TintypeError | None:
    """What a prediction that is over came to, but for one that has succeeded."""
    match prediction.status:
        case "succeeded":
            return None
        case "failed":
            return _failed(_answers.short(prediction.error))
        case "canceled":  # at its deadline, or by somebody else; what had run is charged
            return Timeout("The upstream canceled the order while it ran.", charged=True)
        case "aborted":  # at its deadline, before it began: free
            return Timeout("The upstream did not begin with the order in time.")
        case status:
            return Garbled(f"The upstream's order is {_answers.short(status)}.", charged=True)


def _failed(reason: str) -> TintypeError:
    """A model's own error is a text, and nothing else."""
    if _refusal.search(reason):
        return Refused(reason, charged=True)
    if reason.startswith(("Input validation error", "Invalid input")):
        return BadRequest(reason)
    return Unavailable(f"The upstream failed to draw it: {reason}", charged=True)


def read(document: Octets) -> Iterator[ImageEvent]:
    """The output: an address or a data URL, or a list of them."""
    output = _answers.decoded(document, Prediction).output
    several = bytes(memoryview(output)[:1]) == b"["
    told = _answers.decoded(output, list[msgspec.Raw]) if several else [output]
    if not told:
        raise NoImage("The upstream answered without a picture.", charged=True)
    for index, image in enumerate(_answers.pictures(told)):
        yield Completed(image=image, index=index)


def read_error(status: int, body: bytes) -> TintypeError | None:
    failure = _answers.error_of(body, _Failure)
    if failure is None:
        return None
    said = _answers.short(failure.detail or failure.title)
    if status == 402:
        return _answers.out_of_credit(said)
    if status == 429:
        wait = _seconds.search(failure.detail)
        return Busy(
            f"The upstream takes no more orders for now: {said}",
            retry_after=read_seconds(wait[1]) if wait else None,
        )
    if status == 422:
        field = _field.search(failure.detail)
        return BadRequest(said, param=field[1] if field else None)
    return None

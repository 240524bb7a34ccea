"""Black Forest Labs' API, called: an order gets a ticket, and the address where to ask for it.

Sources: docs.bfl.ai (api-reference, api_integration/errors, flux_2, flux_3) and
github.com/black-forest-labs/skills (2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import isfinite
from typing import Any, NamedTuple, Self

import msgspec

from ..core import Access, Completed, Events, ImageEvent, ImageRequest, Micros, ModelCard, Octets
from ..core.errors import BadRequest, Garbled, Refused, TintypeError, Unavailable
from ..transport.upstream import Upstream
from . import _answers, _parameters, _queue

USUAL = {
    "prompt": "prompt",
    "width": "width",
    "height": "height",
    "seed": "seed",
    "output_format": "output_format",
    "images": "input_image*",
}
"""For cards that say no `parameters`: what FLUX.2 has."""

SITE = "bfl.ai"
CREDIT = 10_000
"""Micro-dollars: a credit is a cent."""

_MODERATED = ("Request Moderated", "Content Moderated")
_FAILED = ("Error", "Failed")
_REFUSALS = ("content_policy_violation", "content_moderated", "request_moderated")


class Call(NamedTuple):
    """An order, but for the host and the key: the model, and JSON."""

    path: str
    body: bytes


class Ticket(msgspec.Struct):
    """`cost` is in credits."""

    id: str
    polling_url: str
    cost: Any = None


class _Result(msgspec.Struct):
    sample: msgspec.Raw = msgspec.Raw(b"null")
    seed: Any = None


class Answer(msgspec.Struct):
    """What there is on a ticket."""

    status: str
    result: _Result | None = None
    cost: Any = None
    error: Any = None
    message: Any = None
    details: msgspec.Raw = msgspec.Raw(b"null")


class _Detail(msgspec.Struct):
    msg: str = ""
    loc: list[str | int] = []


class _Failure(msgspec.Struct):
    detail: list[_Detail] | str = ""
    error: str | None = None
    message: str | None = None


class _Credits(msgspec.Struct):
    credits: float


class BlackForestLabs:
    name = "bfl"
    family = "bfl"
    local = False
    options: tuple[str, ...] = ()

    def __init__(self, access: Access, pace: _queue.Pace = _queue.USUAL) -> None:
        self.name = access.name
        self._access, self._pace = access, pace
        self._upstream = self._reach(access.base_url)
        self._clusters: dict[str, Upstream] = {}

    @classmethod
    def open(cls, access: Access) -> Self:
        return cls(access)

    def _reach(self, base_url: str) -> Upstream:
        return Upstream.of(replace(self._access, base_url=base_url), x_key=self._access.key or "")

    async def check(self) -> str:
        answer = await self._upstream.get("credits", read_error=read_error)
        try:
            return f"the key is taken, {msgspec.json.decode(answer, type=_Credits).credits:g} credits"
        except (msgspec.DecodeError, ValueError):
            return _answers.taken(answer, read_error, self._upstream)

    async def close(self) -> None:
        for upstream in (self._upstream, *self._clusters.values()):
            await upstream.close()

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        """The service has no call that cancels: an order that was taken is drawn, and paid."""
        request = await _parameters.with_white_mask(request)
        call = build(request, card)
        credits: list[Any] = []

        async def submit() -> Ticket:
            answer = await self._upstream.ask("POST", call.path, call.body, read_error=read_error)
            ticket = _answers.decoded(answer, Ticket)
            credits.append(ticket.cost)
            return ticket

        with self._upstream.discreet():
            document = await _queue.brought(submit, self._look, None, self._pace)
            for event in read(document, credits[0]):
                yield event

    async def _look(self, ticket: Ticket) -> Octets | TintypeError | None:
        upstream, path = self.where(ticket)
        document = await upstream.get(path, read_error=_queue.lost(read_error))
        answer = _answers.decoded(document, Answer)
        if answer.status == "Ready":
            return document
        if answer.status == "Task not found":
            raise Unavailable("The upstream does not know the ticket that it gave us.")
        return ended(answer)

    def where(self, ticket: Ticket) -> tuple[Upstream, str]:
        """Whom to ask for a ticket, and what: its own address, which names one of the service's clusters, is
        only followed where the key may go; else whoever gave it out is asked by its number."""
        origin, path = _queue.address(ticket.polling_url)
        house = _queue.address(self._access.base_url)
        if origin == house.origin:
            return self._upstream, path.removeprefix(house.path.rstrip("/"))
        if not (is_own(origin) and is_own(house.origin)):
            return self._upstream, f"get_result?id={_number(ticket)}"
        if origin not in self._clusters:
            self._clusters[origin] = self._reach(origin)
        return self._clusters[origin], path


def build(request: ImageRequest, card: ModelCard) -> Call:
    fields = _parameters.named(request, card, USUAL, family=BlackForestLabs.family)
    body = msgspec.json.encode(fields, enc_hook=_parameters.as_base64)
    return Call(_parameters.model_of(request, card), body)


def is_own(origin: str) -> bool:
    """Whether a host is of the service's own site, on the usual port and with TLS.

    >>> is_own("https://api.eu2.bfl.ai"), is_own("https://bfl.ai.example.com"), is_own("http://api.bfl.ai")
    (True, False, False)
    """
    scheme, _, host = origin.partition("://")
    return scheme == "https" and (host == SITE or host.endswith(f".{SITE}"))


def _number(ticket: Ticket) -> str:
    if not ticket.id or not all(letter.isalnum() or letter in "-_" for letter in ticket.id):
        raise Garbled(f"The upstream's ticket has a number that is none: {ticket.id[:200]!r}.", charged=True)
    return ticket.id


def ended(answer: Answer) -> TintypeError | None:
    """What an answer without a picture says; None that there is nothing yet."""
    if answer.status == "Request Moderated":  # before anything was drawn
        return Refused("The upstream's moderation refused the prompt or an input picture.")
    if answer.status == "Content Moderated":
        return Refused("The upstream's moderation refused what it had drawn.", charged=True)
    if answer.status in _FAILED:
        reason = _answers.short(answer.message or answer.error)
        if answer.error in _REFUSALS:
            return Refused(reason)
        return Unavailable(f"The upstream failed to draw it: {reason}", charged=True)
    return None  # "Pending", and stages that the documentation does not name


def read(document: Octets, credits: Any = None) -> Iterator[ImageEvent]:
    """The picture. `credits` is what the order was said to cost, where the answer itself does not say."""
    answer = _answers.decoded(document, Answer)
    result = answer.result or _Result()
    cost = answer.cost if answer.cost is not None else credits
    yield Completed(
        image=_answers.picture(result.sample),
        seed=_answers.whole(result.seed),
        cost=_micros(cost),
    )


def _micros(cost: object) -> Micros | None:
    if isinstance(cost, bool) or not isinstance(cost, int | float) or not isfinite(cost):
        return None
    return round(cost * CREDIT)


def read_error(status: int, body: bytes) -> TintypeError | None:
    failure = _answers.error_of(body, _Failure)
    if failure is None:
        return None
    details = failure.detail if isinstance(failure.detail, list) else []
    said = failure.message or failure.error or (failure.detail if isinstance(failure.detail, str) else "")
    if status == 402:
        return _answers.out_of_credit(_answers.short(said))
    if failure.error in _REFUSALS:
        return Refused(_answers.short(said))
    if status == 422 and details:
        field = ".".join(map(str, details[0].loc[1:])) or None
        return BadRequest(
            _answers.short(f"{field}: {details[0].msg}" if field else details[0].msg), param=field
        )
    return None

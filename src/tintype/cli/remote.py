"""Any server that speaks OpenAI's Images API, asked on the caller's own behalf: it is the server that says no."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ..catalog import load
from ..core import (
    Completed,
    Events,
    Image,
    ImageRequest,
    ModelCard,
    Note,
    Octets,
    Polyfill,
    Prices,
    TokenFormula,
)
from ..core.errors import (
    BadRequest,
    Forbidden,
    Garbled,
    NoImage,
    OutOfCredit,
    Refused,
    Rejected,
    Timeout,
    TintypeError,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    UnknownModel,
)
from ..core.request import FORMATS, HINTS, MAX_IMAGES
from ..gateway.gateway import Gateway, Order
from ..gateway.offers import Offer, Offers
from ..providers.openai import build, documents, read
from ..transport.upstream import Upstream
from ..wire import openai_images as wire

_OURS = "x-tintype-"
_NOTE = re.compile(r"(\w[\w ]*)=(\w+)(?::([^;]*))?")
QUALITIES = ("low", "medium", "high", "xhigh", "max", "standard", "hd")
_BY_STATUS: Mapping[int, type[TintypeError]] = {
    400: BadRequest,
    401: Unauthenticated,
    402: OutOfCredit,
    403: Forbidden,
    404: UnknownModel,
    408: Timeout,
    413: TooLarge,
    422: BadRequest,
    429: TooManyRequests,
    504: Timeout,
    524: Timeout,
}
_BY_CODE: Mapping[object, type[TintypeError]] = {
    "moderation_blocked": Refused,
    "content_policy_violation": Refused,
    "insufficient_quota": OutOfCredit,
    "billing_hard_limit_reached": OutOfCredit,
    "invalid_api_key": Unauthenticated,
    "not_allowed": Forbidden,
    "model_not_found": UnknownModel,
    "upstream_timeout": Timeout,
    "invalid_request_error": BadRequest,
    "image_generation_user_error": BadRequest,
}
"""By `code`, and then by `type`: within a stream there is no status to go by."""


@dataclass(slots=True)
class Exchange:
    """One order among several at a time: the headers it goes with, and what a Tintype server tells beside its picture."""

    headers: Mapping[str, str] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)


EXCHANGE: ContextVar[Exchange | None] = ContextVar("exchange", default=None)
"""That of the order at hand. Set before it is submitted; without it, a server tells all of its orders alike."""


class Server:
    """A provider whose failures are the caller's own: our key is their key."""

    family = "openai"
    local = False

    def __init__(self, url: str, key: str | None, *, strict: bool) -> None:
        self.name = urlsplit(url).netloc
        self.told: dict[str, str] = {}  # what a Tintype server says beside its picture
        self.upstream = connect(url, key, {"prefer": "handling=strict"} if strict else {})

    async def check(self) -> str:
        return f"{self.name} was named"

    async def close(self) -> None:
        await self.upstream.close()

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        call = build(request, card)
        exchange = EXCHANGE.get() or Exchange()
        done = False
        posted = documents(
            self.upstream,
            call,
            read_error,
            headers=exchange.headers,
            see_headers=lambda headers: self._see(headers, exchange),
        )
        async with aclosing(posted) as answer:
            async for document in answer:
                if failure := read_error(200, document):
                    raise failure
                for event in read(document):
                    if isinstance(event, Completed):
                        event = replace(event, image=await _here(event.image))
                        done = True
                    yield event
        if not done:
            raise NoImage(f"{self.name} answered without a picture.", charged=True)

    def _see(self, headers: Mapping[str, str], exchange: Exchange) -> None:
        self.told = {
            name.lower().removeprefix(_OURS): value
            for name, value in headers.items()
            if name.lower().startswith(_OURS)
        }
        exchange.told.update(self.told)


def learn(order: Order, exchange: Exchange | None = None) -> Order:
    """The order with what a Tintype server has told of it: who drew, by which plan, as whose twin."""
    provider = order.offer.provider
    if not isinstance(provider, Server):
        return order
    told, report = provider.told if exchange is None else exchange.told, order.report
    if "provider" not in told:
        return order
    report.provider = told["provider"]
    report.model = told.get("model", report.model)
    notes = [Note(*found.groups("")) for found in _NOTE.finditer(told.get("plan", ""))]  # type: ignore[arg-type]
    fields = {note.field for note in notes}
    ours = [note for note in report.notes if note not in notes]
    report.notes[:] = notes + [
        each for each in ours if (each.verb, each.field in fields) != ("delivered", True)
    ]
    if (notice := told.get("notice")) and notice not in report.notices:
        report.notices.append(notice)
    known = _known(report.model)
    if known is None:
        return order
    card = replace(order.offer.card, tokens=known.tokens, prices=known.prices)
    twin = report.provider == "illustrator" != known.provider
    return replace(order, offers=(replace(order.offer, card=card, twin=twin),))


@cache
def _known(model: str) -> ModelCard | None:
    return next((card for service in load() for card in service.cards if card.id == model), None)


def at_server(
    url: str, key: str | None, model: str, polyfills: Sequence[Polyfill], *, strict: bool = False
) -> Gateway:
    offers = Offers([Offer(permissive_card(model, url), Server(url, key, strict=strict))], default=model)
    return Gateway(offers=offers, polyfills=polyfills)


def permissive_card(model: str, url: str) -> ModelCard:
    """A card that allows everything. What a model costs is known where the server is the very
    service that the catalog describes."""
    tokens: TokenFormula | None = None
    prices = Prices()
    for service in load():
        if service.settings.get("base_url", "").rstrip("/") == url.rstrip("/"):
            for card in service.cards:
                if model in (card.id, *card.aliases):
                    tokens, prices = card.tokens, card.prices
    return ModelCard(
        id=model,
        provider=urlsplit(url).netloc,
        prompt_limit=1_000_000,
        max_n=10,
        qualities=QUALITIES,
        formats=FORMATS,
        output_compression=True,
        backgrounds=("transparent", "opaque"),
        partial_images=3,
        max_input_images=MAX_IMAGES,
        mask=True,
        fidelities=("low", "high"),
        accepts=frozenset(HINTS),
        tokens=tokens,
        prices=prices,
    )


def list_models(url: str, key: str | None, *, timeout: float = 30.0) -> list[dict[str, Any]]:
    """The server's own listing, by id. Raises TintypeError."""

    async def ask() -> bytes:
        place = connect(url, key, {}, timeout=timeout)
        try:
            return await place.get("models", read_error=read_error)
        finally:
            await place.close()

    answer = asyncio.run(ask())
    try:
        found = msgspec.json.decode(answer)["data"]
        return sorted(found, key=lambda model: str(model["id"]))
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise Garbled(f"{urlsplit(url).netloc} answered something else than a list of models.") from error


def read_error(status: int, body: Octets) -> TintypeError | None:
    """The server's error with its own words, by its code and else by its status; None where none is told."""
    try:
        error = msgspec.json.decode(body, type=wire.Answer).error
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    facts = error if isinstance(error, Mapping) else {"message": error}
    if not error:
        return None
    message, code, param = (facts.get(name) for name in ("message", "code", "param"))
    by_code = next((_BY_CODE[word] for word in (code, facts.get("type")) if word in _BY_CODE), Rejected)
    kind = _BY_STATUS.get(status, by_code) if by_code in (Rejected, BadRequest) else by_code
    return kind(str(message or "no reason given")[:1000], param=param if isinstance(param, str) else None)


def connect(url: str, key: str | None, headers: Mapping[str, str], timeout: float = 600.0) -> Upstream:
    authorization = {"authorization": f"Bearer {key}"} if key else {}
    return Upstream(url, {**headers, **authorization}, timeout=timeout)


async def _here(image: Image) -> Image:
    """The picture itself, also where the server answered its address; fetched without the key."""
    if image.is_local or image.url is None:
        return image
    parts = urlsplit(image.url)
    if parts.scheme not in ("http", "https"):
        raise Garbled(f"The server says that the picture is at {image.url[:100]!r}.", charged=True)
    place = Upstream(f"{parts.scheme}://{parts.netloc}", timeout=120)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    try:
        return Image.from_bytes(await place.get(path, read_error=read_error))
    finally:
        await place.close()

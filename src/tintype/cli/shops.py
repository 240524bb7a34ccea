"""Who draws the orders of a batch, here or at a server: what each will cost, and then its pictures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import msgspec

from ..core import Completed, Image, Micros, Usage
from ..core.errors import CallerError, NoImage, NotFound, TintypeError, TooManyRequests, Unauthenticated
from ..core.money import micros, usd
from ..core.quote import estimate, price
from ..gateway.gateway import Gateway, Order
from ..gateway.settings import Settings
from .answering import KEY, open_answerer
from .costs import is_charged
from .lines import Line
from .quotes import Quoted, ask
from .remote import EXCHANGE, Exchange, connect, learn
from .results import Result

_WORDS = ("prompt", "seed", "user")
TWINS = "illustrator"
"""Who draws for others. Whoever has no key at a server has no account there that would pay for it."""

Keep = Callable[[bytes, str], str]
"""Writes a picture under a name, and returns that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """`amount` is None where it is not known; what is not `charged` is only what a twin's model would take."""

    pictures: int
    amount: Micros | None
    charged: bool


@dataclass(slots=True, kw_only=True)
class Outcome:
    result: Result
    error: TintypeError | None = None


class Shop:
    """`open` has the gateway for a model. With `quotes` it hands orders on to a server."""

    def __init__(self, open: Callable[[str], Gateway], quotes: Quotes | None = None) -> None:
        self._open = open
        self._server = quotes is not None
        self._quotes = quotes
        self._gateways: dict[str, Gateway] = {}

    def _gateway(self, model: str) -> Gateway:
        model = model if self._server else ""
        if model not in self._gateways:
            self._gateways[model] = self._open(model)
        return self._gateways[model]

    async def quote(self, line: Line) -> Quote:
        """Raises a CallerError for an order that cannot be, as far as is known before it is placed."""
        request = line.request()
        order = self._gateway(request.model).order(request)
        card = order.offer.card
        amount = price(estimate(order.plan.request, card), card, pictures=order.plan.request.n)
        plain = Quote(pictures=request.n, amount=amount, charged=is_charged(order.offer))
        return plain if self._quotes is None else await self._quotes.ask(line, plain)

    async def draw(self, line: Line, keep: Keep) -> Outcome:
        """Place the order, and write its pictures as they come. What goes wrong is in the outcome."""
        begun = time.monotonic()
        result = Result(custom_id=line.custom_id, line=line.number, status="failed", order=line.digest)
        error: TintypeError | None = None
        try:
            error = await self._draw(line, result, keep)
            result.status = "incomplete" if error else "done"
        except TintypeError as caught:
            error, result.charged = caught, caught.charged
        if error is not None:
            told = {"code": error.code, "message": " ".join(str(error).split()), "param": error.param}
            result.error = told
        result.seconds = round(time.monotonic() - begun, 3)
        return Outcome(result=result, error=error)

    async def _draw(self, line: Line, result: Result, keep: Keep) -> TintypeError | None:
        """Why there are fewer pictures than were asked for, if there are. Raises TintypeError."""
        request = await asyncio.to_thread(line.request)
        exchange = Exchange(headers={"idempotency-key": line.idempotency} if self._server else {})
        EXCHANGE.set(exchange)
        gateway = self._gateway(request.model)
        order = gateway.order(request)
        job = gateway.submit(request)
        order = replace(order, report=job.report)
        usage = Usage()
        async with job.watched() as events:
            async for event in events:
                if isinstance(event, Completed):
                    name = f"{line.name}-{event.index + 1}"
                    result.files.append(await asyncio.to_thread(_keep, event.image, name, keep, order))
                    usage += event.usage
        order = learn(order, exchange)
        self._tell(result, order, exchange, price(usage, order.offer.card, pictures=len(result.files)))
        if not result.files:
            raise NoImage(f"{order.report.provider} answered without a picture.", charged=True)
        missing = job.report.missing
        return missing[0] if missing else None

    def _tell(self, result: Result, order: Order, exchange: Exchange, amount: Micros | None) -> None:
        report = order.report
        if not self._server:
            amount = report.cost
        elif (told := exchange.told.get("cost")) is not None:
            amount = None
            with suppress(ValueError):  # it says "unknown"
                amount = micros(told)
        result.cost = None if amount is None else usd(amount)
        pays = is_charged(order.offer) or bool(self._quotes and self._quotes.has_key and amount)
        result.charged = pays and amount != 0
        result.model, result.provider = report.model, report.provider
        result.plan, result.notices = report.plan(), list(report.notices)

    def lets_nobody_in(self, error: TintypeError) -> bool:
        """Whether every other order would fail as this one: the server does not take the key."""
        refused = isinstance(error, Unauthenticated) or error.code == "upstream_key_rejected"
        return self._server and refused

    async def close(self) -> None:
        for gateway in self._gateways.values():
            await gateway.close()
        self._gateways.clear()
        if self._quotes is not None:
            await self._quotes.close()


class Quotes:
    """What a server says that an order will cost, where it is one that says so, as Tintype is.

    A server is only believed that an order is wrong once it has told what another one costs: one that knows
    nothing of quotes answers with an error, too.
    """

    def __init__(self, url: str, key: str | None, *, strict: bool) -> None:
        self._upstream = connect(url, key, {"prefer": "handling=strict"} if strict else {}, timeout=60.0)
        self._are_there: bool | None = None
        self._enough = False  # asked for this minute, as the server has it
        self._told: dict[bytes, Quoted] = {}  # of orders that differ in their words only
        self.has_key = bool(key)

    async def ask(self, line: Line, plain: Quote) -> Quote:
        """`plain` where the server says nothing. Raises a CallerError for an order that it would not take.

        A key that may not ask so often is told what an order like it would cost, or that it is not known: whoever has
        ten thousand orders does not wait for as many questions.
        """
        if self._are_there is False:
            return plain
        if self._enough:
            return self._alike(line, plain)
        body = msgspec.json.encode(line.filled())
        try:
            told = await ask(self._upstream, body)
        except NotFound:
            self._are_there = self._are_there or False
            return plain
        except TooManyRequests:
            self._enough = True
            return self._alike(line, plain)
        except CallerError:
            if not self._are_there:
                return plain
            raise
        self._are_there = True
        self._told[_likeness(line)] = told
        return _quoted(plain, told)

    def _alike(self, line: Line, plain: Quote) -> Quote:
        told = self._told.get(_likeness(line))
        return replace(plain, amount=None) if told is None else _quoted(plain, told)

    async def close(self) -> None:
        await self._upstream.close()


def _quoted(plain: Quote, told: Quoted) -> Quote:
    return replace(plain, amount=told.amount, charged=told.charged)


def _likeness(line: Line) -> bytes:
    """The same for orders that cost about the same."""
    rest = {name: value for name, value in line.body.items() if name not in _WORDS}
    return msgspec.json.encode([line.path, rest], order="sorted")


def open_shop(settings: Settings, environ: Mapping[str, str], server: str | None, *, strict: bool) -> Shop:
    """At the server, or here without one. Raises BadRequest for settings that cannot be."""

    def open(model: str) -> Gateway:
        return open_answerer(settings, environ, model, local=server is None, strict=strict).gateway

    return Shop(open, None if server is None else Quotes(server, environ.get(KEY), strict=strict))


def _keep(image: Image, name: str, keep: Keep, order: Order) -> str:
    kind = image.header().format
    if kind is None:
        raise NoImage(f"{order.report.provider} answered something that is not a picture.", charged=True)
    return keep(bytes(image.as_bytes()), f"{name}.{'jpg' if kind == 'jpeg' else kind}")

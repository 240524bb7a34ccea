"""What a server says that an order would cost, where it is one that says so, as Tintype is."""

from __future__ import annotations

import asyncio

import msgspec

from ..core import Micros
from ..core.errors import NotFound, TintypeError
from ..core.money import micros
from ..gateway.gateway import Order
from ..providers.openai import build
from ..transport.upstream import Upstream
from .remote import Server, learn, read_error

QUOTES = "/images/quote"


class Quoted(msgspec.Struct):
    """`cost` is likely and `most` the most, in dollars; None where it is not known."""

    cost: str | None
    most: str | None = None
    charged: bool = True
    model: str = ""
    provider: str = ""
    plan: str = ""
    notices: list[str] = []

    @property
    def amount(self) -> Micros | None:
        return None if self.cost is None else micros(self.cost)

    @property
    def ceiling(self) -> Micros | None:
        return None if self.most is None else micros(self.most)


async def ask(upstream: Upstream, body: bytes, media_type: str = "") -> Quoted:
    """Raises NotFound where the server has no quotes, and its own error for an order that it would not take; but one that
    knows nothing of quotes may answer with an error, too."""
    answer = await upstream.ask("POST", QUOTES, body, media_type, read_error=_read_no_quote)
    try:
        found = msgspec.json.decode(answer, type=Quoted)
        _ = found.amount, found.ceiling
    except (msgspec.DecodeError, ValueError):
        raise NotFound("It has no quotes.") from None
    return found


def quote(order: Order) -> tuple[Order, Quoted | None]:
    """Of an order at a server. What else goes wrong than that it has none is a notice: nothing was ordered."""
    server = order.offer.provider
    if not isinstance(server, Server):
        return order, None
    try:
        told = asyncio.run(_ask_and_close(server, order))
    except NotFound:
        return order, None
    except TintypeError as error:
        order.report.notices.append(f"{server.name} tells no cost: {error}")
        return order, None
    order.report.notices += told.notices
    server.told = {"provider": told.provider or server.name, "plan": told.plan}
    if told.model:
        server.told["model"] = told.model
    return learn(order), told


async def _ask_and_close(server: Server, order: Order) -> Quoted:
    call = build(order.plan.request, order.offer.card)
    try:
        return await ask(server.upstream, call.body, call.media_type)
    finally:
        await server.close()


def _read_no_quote(status: int, body: bytes) -> TintypeError | None:
    error = read_error(status, body)
    if status in (404, 405, 501) and b"model_not_found" not in body:
        return NotFound("It has no quotes.")
    return error

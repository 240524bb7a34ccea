"""Orders that an upstream queues: take a ticket, look until it is called, and give it back when nobody waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from ..core import Octets
from ..core.errors import Garbled, TintypeError, Unavailable
from ..transport.polling import poll
from ..transport.upstream import DEADLINE, ReadError

Ticket = TypeVar("Ticket")

LEAVING = 8.0
"""Seconds in which a ticket may be given back by a caller who has left already."""

_log = logging.getLogger(__name__)


class Pace(NamedTuple):
    """Seconds between two looks: at first, and at most."""

    every: float = 0.5
    most: float = 5.0


USUAL = Pace()


async def brought(
    submit: Callable[[], Awaitable[Ticket]],
    look: Callable[[Ticket], Awaitable[Octets | TintypeError | None]],
    cancel: Callable[[Ticket], Awaitable[object]] | None,
    pace: Pace,
) -> Octets:
    """The document that the ticket brings.

    `look` returns it, or None while there is none, or the error that the order came to; what it raises is
    a look that failed, and may pass. Whoever leaves before the end, or has no time left, cancels the ticket, even
    one that is only being taken.
    """
    taking = asyncio.ensure_future(submit())
    try:
        ticket = await asyncio.shield(taking)
        found: Octets | TintypeError = await poll(lambda: look(ticket), every=pace.every, most=pace.most)
    except BaseException as error:
        given_up = isinstance(error, TintypeError) and error.retryable
        if cancel is None:
            taking.cancel()
        elif given_up or not isinstance(error, Exception):
            await _given_back(taking, cancel)
        raise
    if isinstance(found, TintypeError):
        raise found
    return found


async def _given_back(taking: asyncio.Future[Ticket], cancel: Callable[[Ticket], Awaitable[object]]) -> None:
    """Never raises but when it is itself cancelled, and the call goes on even then."""

    async def give_back() -> None:
        DEADLINE.set(asyncio.get_running_loop().time() + LEAVING)  # the order's own may be over
        try:
            async with asyncio.timeout(LEAVING):
                await cancel(await taking)
        except (TintypeError, TimeoutError) as error:
            _log.debug("a ticket was not given back: %s", error)

    await asyncio.wait([asyncio.ensure_future(give_back())])


def lost(read_error: ReadError) -> ReadError:
    """For a look: that there is no such ticket may pass, since a queue is more than one machine."""

    def read(status: int, body: bytes) -> TintypeError | None:
        if status == 404:
            return Unavailable("The upstream does not know the ticket that it gave us.")
        return read_error(status, body)

    return read


class Address(NamedTuple):
    """`origin` is scheme, host and port; `path` has the query in it."""

    origin: str
    path: str


def address(url: str) -> Address:
    """An address that a ticket has in it. Raises Garbled for what is none."""
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and not parts.username:
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            return Address(f"{parts.scheme}://{parts.netloc}".lower(), path)
    except ValueError:
        pass
    raise no_address(url)


def no_address(url: str) -> Garbled:
    return Garbled(f"The upstream's ticket has an address that is none: {url[:200]!r}.", charged=True)

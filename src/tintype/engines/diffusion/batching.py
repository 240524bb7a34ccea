"""The orders that wait: not more than fit, callers in turn, and those that go together taken together."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from math import ceil

from ...core.errors import TintypeError, TooManyRequests, Unavailable
from .orders import Waiting
from .tickets import Ticket

LONGEST_WAIT = 600
"""Seconds: nobody is told to come back later than that."""


class Line:
    """Any number of event loops join it and leave it, any number of threads take from it.

    Callers take turns: with one batch drawn for a caller, it is everybody else's turn first. `limit` is how many orders
    may wait. A full line still takes one order of whoever has none in it, up to twice its limit, so that
    nobody can shut the others out.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lanes: OrderedDict[str, deque[Ticket]] = OrderedDict()  # in the order of their turns
        self._changed = threading.Condition()
        self._idle = 0
        self._closed_by: TintypeError | None = None
        self._pace = 1.0  # seconds for a picture, as they went so far
        self._drawn = 0

    def __len__(self) -> int:
        with self._changed:
            return self._count()

    @property
    def idle(self) -> int:
        """How many threads wait for an order."""
        with self._changed:
            return self._idle

    def join(self, ticket: Ticket) -> None:
        """Raises TooManyRequests when the line is full, with the seconds after which a place is likely free, and
        what it was closed by."""
        with self._changed:
            if self._closed_by is not None:
                raise again(self._closed_by)
            mine, all_of_them = len(self._lanes.get(ticket.caller, ())), self._count()
            if all_of_them >= self._limit and (mine or all_of_them >= 2 * self._limit):
                raise TooManyRequests(
                    f"{all_of_them} pictures are waiting to be drawn already, {mine} of them yours: "
                    "send this one again later.",
                    retry_after=min(LONGEST_WAIT, max(1, ceil(self._pace * (1 + mine)))),
                )
            self._lanes.setdefault(ticket.caller, deque()).append(ticket)
            self._tell()
            self._changed.notify()

    def leave(self, ticket: Ticket) -> None:
        """Nothing happens to a ticket that is not in it."""
        with self._changed:
            if ticket in self._lanes.get(ticket.caller, ()):
                self._remove(ticket)
                self._tell()

    def first(self) -> Ticket | None:
        """Takes out the one whose turn it is, and waits until there is one. None: the line is closed."""
        with self._changed:
            while self._closed_by is None:
                ticket = next(self._turns(), None)
                if ticket is not None:
                    self._remove(ticket)
                    self._served([ticket])
                    self._tell()
                    return ticket
                self._idle += 1
                self._changed.wait()
                self._idle -= 1
            return None

    def mates(self, first: Ticket, pixels: int) -> list[Ticket]:
        """Takes out those that can be drawn with it, wherever they stand: as many as `pixels` allow, of all together."""
        with self._changed:
            room = pixels - first.pixels
            count = max(0, room // max(1, first.pixels))
            found = [ticket for ticket in self._turns() if ticket.key == first.key][:count]
            for ticket in found:
                self._remove(ticket)
            if found:
                self._served(found)
                self._tell()
            return found

    def of_model(self, model: str) -> list[Ticket]:
        """Takes out all of a model's orders."""
        with self._changed:
            found = [ticket for ticket in self._turns() if ticket.order.model == model]
            for ticket in found:
                self._remove(ticket)
            if found:
                self._tell()
            return found

    def went(self, seconds: float, pictures: int) -> None:
        """So many pictures took so long: what waiting times are estimated from."""
        with self._changed:
            share = 0.2 if self._drawn else 1.0
            self._pace += share * (seconds / pictures - self._pace)
            self._drawn += pictures

    def close(self, reason: TintypeError) -> None:
        """Nobody is waited for any more: who stands in it and who comes later is told why."""
        with self._changed:
            self._closed_by = reason
            rest = list(self._turns())
            self._lanes.clear()
            self._changed.notify_all()
        for ticket in rest:
            ticket.tell(again(reason))

    def _count(self) -> int:
        return sum(map(len, self._lanes.values()))

    def _turns(self) -> Iterator[Ticket]:
        lanes = [list(lane) for lane in self._lanes.values()]
        for place in range(max(map(len, lanes), default=0)):
            for lane in lanes:
                if place < len(lane):
                    yield lane[place]

    def _remove(self, ticket: Ticket) -> None:
        lane = self._lanes[ticket.caller]
        lane.remove(ticket)
        if not lane:
            del self._lanes[ticket.caller]

    def _served(self, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            if ticket.caller in self._lanes:
                self._lanes.move_to_end(ticket.caller)

    def _tell(self) -> None:
        """Whoever is taken at once, because a thread has nothing to do, is told of no position."""
        for position, ticket in enumerate(self._turns(), 1):
            if position > self._idle and position != ticket.position:
                ticket.position = position
                ticket.tell(Waiting(position))


def closing() -> Unavailable:
    return Unavailable("Tintype's diffusion engine is closing.")


def again(error: TintypeError) -> TintypeError:
    """Another one of the same words: whoever raises an error writes into it."""
    return type(error)(str(error), code=error.code)

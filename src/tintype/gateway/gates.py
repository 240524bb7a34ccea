"""How many requests an upstream is sent at once and in a minute, and whose turn it is: callers take turns."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque

from ..core.errors import Timeout, TooManyRequests

QUEUE = 256
"""How many requests may wait at one gate before the next is told to come later. Up to twice as many, where it is of a
caller who has fewer there than is its share."""

MINUTE = 60.0


class Ticket:
    """One who may have to wait."""

    __slots__ = ("turn",)

    def __init__(self) -> None:
        self.turn: asyncio.Future[None] | None = None


class Gate:
    """`at_once` and `per_minute` are limits; None: there is none.

    Who waits, waits in the caller's own queue, and the queues are served in turn: whoever sends a hundred
    requests delays only the next of anybody else by one.
    """

    def __init__(self, at_once: int | None = None, per_minute: int | None = None) -> None:
        self._at_once = at_once
        self._per_minute = per_minute
        self._inside = 0
        self._begun: deque[float] = deque()  # the starts of the last minute
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._waiting = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_full(self) -> bool:
        """Whether the next one would have to wait."""
        return bool(self._waiting) or self._wait() > 0

    async def enter(self, caller: str, until: float, ticket: Ticket | None = None) -> None:
        """Go in, and `leave` later. With a `ticket`, its place can be asked for meanwhile. Raises TooManyRequests where
        too many wait already, Timeout at `until` (the loop's time)."""
        if self._at_once is None and self._per_minute is None:
            return
        if self.is_full:
            await self._queue(caller, until, ticket or Ticket())
        else:
            self._enter()

    def leave(self) -> None:
        if self._at_once is None and self._per_minute is None:
            return
        self._inside -= 1
        self._serve()

    def place(self, caller: str, ticket: Ticket) -> int:
        """When it is this one's turn, counted from 1; 0 for one that does not wait."""
        own = self._queues.get(caller, ())
        ahead = next((count for count, turn in enumerate(own, 1) if turn is ticket.turn), 0)
        return sum(min(len(queue), ahead) for queue in self._queues.values())

    async def _queue(self, caller: str, until: float, ticket: Ticket) -> None:
        if self._waiting >= QUEUE and (self._has_its_share(caller) or self._waiting >= 2 * QUEUE):
            raise TooManyRequests(f"{self._waiting} requests wait for this upstream already.", retry_after=5)
        turn = ticket.turn = asyncio.get_running_loop().create_future()
        self._queues.setdefault(caller, deque()).append(turn)
        self._waiting += 1
        self._serve()
        try:
            async with asyncio.timeout_at(until):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():  # its turn came as it left
                self._inside -= 1
            else:
                self._leave(caller, turn)
            self._serve()
            if isinstance(error, TimeoutError):
                raise Timeout("The time was over before it was this request's turn.") from None
            raise

    def _has_its_share(self, caller: str) -> bool:
        """Nobody is kept out by one who has filled the queue."""
        callers = len(self._queues.keys() | {caller})
        return len(self._queues.get(caller, ())) >= max(QUEUE // callers, 1)

    def _leave(self, caller: str, turn: asyncio.Future[None]) -> None:
        queue = self._queues.get(caller)
        if queue is not None and turn in queue:
            queue.remove(turn)
            self._waiting -= 1
            if not queue:
                del self._queues[caller]

    def _enter(self) -> None:
        self._inside += 1
        if self._per_minute is not None:
            self._begun.append(time.monotonic())

    def _wait(self) -> float:
        """Seconds until there is room; infinite while that depends on who is inside."""
        if self._at_once is not None and self._inside >= self._at_once:
            return float("inf")
        if self._per_minute is None:
            return 0.0
        now = time.monotonic()
        while self._begun and self._begun[0] <= now - MINUTE:
            self._begun.popleft()
        if len(self._begun) < self._per_minute:
            return 0.0
        return self._begun[0] + MINUTE - now

    def _serve(self) -> None:
        """Let in whoever there is room for, one of each caller in turn."""
        wait = 0.0
        while self._queues and (wait := self._wait()) == 0:
            caller, queue = next(iter(self._queues.items()))
            turn = queue.popleft()
            self._waiting -= 1
            self._queues.move_to_end(caller)
            if not queue:
                del self._queues[caller]
            if not turn.done():  # else it has just left
                self._enter()
                turn.set_result(None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._queues and wait < float("inf"):
            self._timer = asyncio.get_running_loop().call_later(wait, self._serve)

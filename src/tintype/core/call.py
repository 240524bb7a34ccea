"""One call of a provider while it lasts: whose turn it is, and how far it has come, for who draws here and has a queue."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass


def _nobody() -> None: ...


@dataclass(slots=True, eq=False)
class Call:
    """`caller` tells callers apart where there is a queue. `position` is that in the provider's own queue, from 1, and 0
    once it draws. `under_way` is how much is drawn of the pictures that have not come yet: 1.5 is one and a half."""

    caller: str = ""
    moved: Callable[[], None] = _nobody  # whoever watches looks again
    position: int = 0
    under_way: float = 0.0

    def tell(self, *, position: int, under_way: float) -> None:
        if (position, under_way) != (self.position, self.under_way):
            self.position, self.under_way = position, under_way
            self.moved()

    def end(self) -> None:
        """Nobody is told any more. A job that can still be reached from its own call would keep its pictures in memory
        until the garbage collector comes by, which is seldom."""
        self.moved = _nobody


CALL: ContextVar[Call | None] = ContextVar("call", default=None)
"""The call at hand: set by whoever makes it, so that no provider has to pass it along. None: nobody asks how it fares."""

"""Which offers are worth asking now, by how their last calls went: no call is made to find out."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import ceil
from typing import Literal

from ..core.errors import Busy, NoImage, Rejected, TintypeError, Unavailable, UpstreamError

FAILURES = 5
"""In a row, after which an offer is left alone."""

SHORTEST, LONGEST = 5.0, 120.0
"""Seconds for which it is left alone: at first, and when it keeps failing."""

_OURS_TO_MEND = ("upstream_key_rejected", "upstream_out_of_credit")


class Breaker:
    """Lets calls through (closed), none (open), or one to see how it goes (half open).

    Where the upstream itself said when to come back, nobody needs to find out: then all are let through.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._pause = SHORTEST
        self._until = 0.0
        self._named = False  # whether the upstream has said that it is until then
        self._probing = False
        self._last: TintypeError | None = None

    @property
    def is_open(self) -> bool:
        return self._last is not None and (self._probing or self._clock() < self._until)

    @property
    def state(self) -> Literal["closed", "half open", "open"]:
        """What becomes of the next call; half open is also an offer that is being tried."""
        if self._last is None or (self._named and not self.is_open):
            return "closed"
        return "open" if not self._probing and self._clock() < self._until else "half open"

    def admit(self) -> bool:
        """Whether this call may be made. Who is let through tells how it went."""
        if self.is_open:
            return False
        if self._named:
            self._last, self._named = None, False
        self._probing = self._last is not None
        return True

    def succeeded(self) -> None:
        self._failures, self._pause, self._probing = 0, SHORTEST, False
        # A call that was let in before takes back nothing of what was said since.
        if not (self._named and self.is_open):
            self._last, self._named = None, False

    def ended(self) -> None:
        """The call was given up, and says nothing about the upstream."""
        self._probing = False

    def failed(self, error: TintypeError) -> None:
        """Only what the upstream does to any request counts: an order that it dislikes says nothing of others."""
        probing, self._probing = self._probing, False
        if not _counts(error):
            return
        self._failures += 1
        said = (error.retry_after or 0.0) if isinstance(error, Busy | Unavailable) else 0.0
        if not (said or probing or self._failures >= FAILURES or error.code in _OURS_TO_MEND):
            return
        until = self._clock() + (min(said, LONGEST) or self._pause)
        if not said:
            self._pause = min(2 * self._pause, LONGEST)
        if self._last is None or until >= self._until:  # else another was told to stay away for longer
            self._last, self._until, self._named = error, until, 0 < said <= LONGEST

    def refusal(self) -> TintypeError:
        """Why no call is made now: the failure that was the last one, with the time that is left."""
        assert self._last is not None
        last, left = self._last, max(1, ceil(self._until - self._clock()))
        text = f"{str(last).rstrip('.')}. It is asked again in {left} seconds."
        return type(last)(text, code=last.code, retry_after=left)


def _counts(error: TintypeError) -> bool:
    if isinstance(error, Rejected):
        return error.code in _OURS_TO_MEND
    return isinstance(error, UpstreamError) and not isinstance(error, NoImage)

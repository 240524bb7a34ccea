"""How many requests and pictures a key may have within a minute, counted here or in a Redis that replicas share.

The window moves: of any sixty seconds, not of a minute by the clock. The time of every hit is kept (`limits` calls
that its moving window), which alone is exact: a counter, fixed or weighed, lets through up to twice the limit
around the turn of a minute. What is asked for at once is counted whole or not at all, and what is refused is not
counted. In memory it is written out here: the storage that `limits` has for it starts a task and a thread for
each hit, which takes 50 to 100 microseconds instead of 3.

Redis that is away refuses nobody. Each server then counts by itself, so a key may have its limit once at each of them;
what the accounts may spend is kept elsewhere, and exactly.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from math import ceil
from typing import Literal, NamedTuple, Protocol, Self
from urllib.parse import urlsplit

import structlog

from ..core import Caller
from ..core.errors import BadRequest, TintypeError, TooManyRequests

log = structlog.get_logger()

MINUTE = 60

AWAY = 5.0
"""Seconds after which Redis is asked again, by one request: the others do not wait for it."""

_SCHEMES = {"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss"}

Kind = Literal["requests", "images"]

Told = Literal["requests", "images", "away"]
"""What is told to whoever counts: a refusal by kind, or that Redis did not answer."""

_WORDS = {"requests": ("send", "request", "requests"), "images": ("order", "picture", "pictures")}


class Window(NamedTuple):
    """`reset` is the seconds until the oldest of what was taken is free again; 0.0 when nothing is taken."""

    limit: int
    remaining: int
    reset: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a key's minute; None of what is not limited, or was not asked about."""

    requests: Window | None = None
    images: Window | None = None

    def __or__(self, later: Allowance) -> Allowance:
        """Both in one; of two that tell of the same, the later."""
        return Allowance(later.requests or self.requests, later.images or self.images)


UNLIMITED = Allowance()


class LimitReached(TooManyRequests):
    """`allowance` is what the 429 tells in its headers."""

    allowance: Allowance = UNLIMITED


def headers(allowance: Allowance) -> list[tuple[bytes, bytes]]:
    """As OpenAI names them; nothing for a caller without limits.

    >>> headers(Allowance(Window(60, 59, 1)))
    [(b'x-ratelimit-limit-requests', b'60'), (b'x-ratelimit-remaining-requests', b'59'), (b'x-ratelimit-reset-requests', b'1s')]
    """
    found: list[tuple[bytes, bytes]] = []
    if allowance is UNLIMITED:
        return found
    for kind, window in ((b"requests", allowance.requests), (b"images", allowance.images)):
        if window is not None:
            found += (
                (b"x-ratelimit-limit-" + kind, b"%d" % window.limit),
                (b"x-ratelimit-remaining-" + kind, b"%d" % window.remaining),
                (b"x-ratelimit-reset-" + kind, _duration(window.reset)),
            )
    return found


def headers_of(error: TintypeError) -> list[tuple[bytes, bytes]]:
    """Those of the 429 of a limit; nothing for other errors."""
    return headers(error.allowance) if isinstance(error, LimitReached) else []


def _duration(seconds: float) -> bytes:
    """Whole seconds, rounded up, as OpenAI writes a time.

    >>> _duration(0), _duration(0.2), _duration(59.5), _duration(360)
    (b'0s', b'1s', b'1m0s', b'6m0s')
    """
    minutes, rest = divmod(ceil(seconds), 60)
    return b"%dm%ds" % (minutes, rest) if minutes else b"%ds" % rest


class Hits(Protocol):
    """What keys have taken, and when."""

    async def take(self, name: str, limit: int, seconds: int, amount: int) -> tuple[int, float, float]:
        """Take `amount`, at most `limit`, if no more than `limit` are then taken within so many seconds: all or none.

        How many are taken now, the seconds until the oldest of them is free again, and those until `amount` can
        be taken: 0.0 when they have been.
        """

    async def close(self) -> None: ...


class Limits:
    """Those of all keys. `tell` hears of every refusal, and of Redis that is away; it must be quick.

    One that shares has to be closed.
    """

    def __init__(
        self,
        shared: Hits | None = None,
        *,
        failures: tuple[type[Exception], ...] = (),
        tell: Callable[[Told], None] = lambda told: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`failures` are what `shared` raises when it is away."""
        self._own = _Memory(clock)
        self._shared = shared
        self._failures = failures
        self._tell = tell
        self._clock = clock
        self._ask_again = 0.0  # by `clock`: when Redis, which is away, is asked next
        self._said = -float("inf")

    @classmethod
    def open(
        cls,
        url: str = "",
        *,
        tell: Callable[[Told], None] = lambda told: None,
        prefix: str = "tintype:limits",
    ) -> Self:
        """`url`: empty to count in memory; redis://, rediss:// or valkey:// to count for all servers that name it.

        Raises ValueError for an address that cannot be, or where the client for it is missing. Nothing is
        connected to yet.
        """
        if not url:
            return cls(tell=tell)
        scheme, _, rest = url.partition("://")
        if scheme not in _SCHEMES or not rest:
            raise ValueError(
                "`limits` is the address of a Redis or Valkey such as redis://localhost:6379/0, or empty to "
                "count in memory"
            )
        if find_spec("redis") is None:
            raise ValueError(
                "`limits` names a Redis, and its client is missing: pip install 'tintype[redis]'"
            )
        from .shared_limits import FAILURES, SharedHits

        try:
            database = urlsplit(url).path.strip("/")
            if database and not (database.isascii() and database.isdigit()):  # redis-py would take number 0
                raise ValueError(database)
            shared = SharedHits(f"{_SCHEMES[scheme]}://{rest}", prefix)
        except ValueError:  # it may quote the password
            raise ValueError(
                "`limits` is no address of a Redis: its port and database are numbers, and after a ? come options "
                "of redis-py"
            ) from None
        return cls(shared, failures=FAILURES, tell=tell)

    async def close(self) -> None:
        if self._shared is not None:
            await self._shared.close()

    async def take(self, caller: Caller, *, requests: int = 1) -> Allowance:
        """Count so many requests of a caller. Raises TooManyRequests, with the seconds until they would be taken,
        and BadRequest where that would be never."""
        limit = caller.requests_per_minute
        if limit is None or not caller.key:
            return UNLIMITED
        return Allowance(requests=await self._take("requests", caller.key, limit, requests))

    async def take_images(self, caller: Caller, n: int) -> Allowance:
        """Count an order's `n` pictures: all of them, or none. Raises as `take` does."""
        limit = caller.images_per_minute
        if limit is None or not caller.key:
            return UNLIMITED
        return Allowance(images=await self._take("images", caller.key, limit, n))

    async def _take(self, kind: Kind, key: str, limit: int, amount: int) -> Window:
        if amount > limit:
            raise _never(kind, limit, amount)
        count, reset, wait = await self._hit(f"{kind}:{key}", limit, amount)
        window = Window(limit, max(0, limit - count), reset)
        if not wait:
            return window
        self._tell(kind)
        raise _reached(kind, window, amount, max(1.0, float(ceil(wait))))

    async def _hit(self, name: str, limit: int, amount: int) -> tuple[int, float, float]:
        if self._shared is not None and self._is_asked():
            try:
                found = await self._shared.take(name, limit, MINUTE, amount)
            except self._failures as error:
                self._is_away(error)
            else:
                self._ask_again = 0.0
                return found
        return await self._own.take(name, limit, MINUTE, amount)

    def _is_asked(self) -> bool:
        """Whether this request asks Redis: while that is away, one in `AWAY` seconds does."""
        if not self._ask_again:
            return True
        now = self._clock()
        if now < self._ask_again:
            return False
        self._ask_again = now + AWAY
        return True

    def _is_away(self, error: Exception) -> None:
        now = self._clock()
        self._ask_again = now + AWAY
        self._tell("away")
        if now - self._said >= MINUTE:
            self._said = now
            log.warning("limits are counted here, since Redis does not answer", reason=type(error).__name__)


def _never(kind: Kind, limit: int, amount: int) -> BadRequest:
    verb, one, many = _WORDS[kind]
    unit = one if limit == 1 else many
    param = "n" if kind == "images" else None
    if not limit:
        return BadRequest(f"This key may {verb} no {many}: its limit is 0 a minute.", param=param)
    return BadRequest(
        f"This key may {verb} {limit:,} {unit} a minute, and this is {amount:,} at once: {verb} fewer at a time.",
        param=param,
    )


def _reached(kind: Kind, window: Window, amount: int, wait: float) -> LimitReached:
    verb, one, many = _WORDS[kind]
    unit = one if window.limit == 1 else many
    left = "has done so"
    if window.remaining:
        left = f"{window.remaining:,} of them {'is' if window.remaining == 1 else 'are'} left for these {amount:,}"
    error = LimitReached(
        f"This key may {verb} {window.limit:,} {unit} a minute, and {left}. Try again in {wait:g} "
        f"second{'' if wait == 1 else 's'}.",
        retry_after=wait,
    )
    error.allowance = Allowance(**{kind: window})
    return error


class _Memory:
    """The times of what was taken, the oldest first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._times: dict[str, deque[float]] = {}
        self._tidied = clock()

    async def take(self, name: str, limit: int, seconds: int, amount: int) -> tuple[int, float, float]:
        now = self._clock()
        if now - self._tidied > seconds:
            self._tidied = now
            kept = {each: at for each, at in self._times.items() if at and at[-1] + seconds > now}
            self._times = kept
        times = self._times.get(name)
        if times is None:
            times = self._times[name] = deque()
        # Compared as it is told below: who waits as long as that is not refused for a rounding.
        while times and times[0] + seconds <= now:
            times.popleft()
        wait = 0.0
        if len(times) + amount > limit:
            wait = times[len(times) + amount - limit - 1] + seconds - now
        else:
            times.extend([now] * amount)
        return len(times), times[0] + seconds - now if times else 0.0, wait

    async def close(self) -> None: ...

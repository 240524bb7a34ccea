"""What one call has brought so far: pictures, tokens, money, and what the model's formula makes of them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from ..core import (
    Attempt,
    Completed,
    Drawn,
    ImageEvent,
    ImageRequest,
    Micros,
    ModelCard,
    Outcome,
    Partial,
    Provider,
    Usage,
)
from ..core.errors import CallerError, Cancelled, NoImage, Refused, TintypeError, TooManyRequests
from ..core.money import cost
from ..core.quote import inputs, refusal, sold_as

MOST_TOKENS = 10**6
MOST_COST = 10**8
"""Tokens, and micro-dollars ($100), that a picture can have: no model takes in as much. What an upstream tells beyond
it, or below nothing, it cannot mean."""


def believed(event: Completed) -> Completed:
    """Without numbers that cannot be: those would be charged, or could not be written down."""
    usage, cost = event.usage, event.cost
    counts = (usage.text_in, usage.image_in, usage.text_out, usage.image_out, usage.cached_in)
    if min(counts) < 0 or max(counts) > MOST_TOKENS:
        event = replace(event, usage=Usage())
    if cost is not None and not 0 <= cost <= MOST_COST:
        event = replace(event, cost=None)
    return event


@dataclass(slots=True)
class Tally:
    """`began` is on the monotonic clock. `said` is the cost that the upstream told, None as long as it has told none. `unfinished`: a preview has been shown
    of a picture that has not come yet."""

    request: ImageRequest
    card: ModelCard
    drawn: list[Drawn] = field(default_factory=list)
    previews: int = 0
    usage: Usage = field(default_factory=Usage)
    said: Micros | None = None
    image_out: int | None = 0  # by the formula; None once it does not tell
    unfinished: bool = False
    size_is_wrong: bool = False
    outcome: Outcome = "left"
    error: TintypeError | None = None
    started: float = field(default_factory=time.time)  # Unix time
    began: float = field(default_factory=time.monotonic)

    @property
    def pictures(self) -> int:
        return len(self.drawn)

    def fail(self, error: TintypeError) -> None:
        self.error = error
        # What is wrong with a request is no failure of whoever was asked.
        refused = isinstance(error, CallerError) and not isinstance(error, Cancelled | TooManyRequests)
        self.outcome = "refused" if refused else "empty" if isinstance(error, NoImage) else "failed"

    def see(self, event: ImageEvent) -> None:
        if isinstance(event, Partial):
            self.previews += 1
            self.unfinished = True
        elif isinstance(event, Completed):
            self.unfinished = False
            self.previews += event.previews
            self.usage += event.usage
            if event.cost is not None:
                self.said = (self.said or 0) + event.cost
            self._count(event)

    def _count(self, event: Completed) -> None:
        """A quality that nobody named may have been any."""
        quality, size = event.quality or self.request.quality, event.image.header().size
        self.drawn.append(sold_as(size, quality, self.request, self.card))
        if self.card.tokens is None or size is None or (quality is None and self.card.qualities):
            self.image_out = None
        elif self.image_out is not None:
            tokens = self.card.tokens.image_out(quality, size)
            self.image_out = self.image_out + tokens if tokens else None

    def expected(self) -> Usage | None:
        """The output tokens by the formula; what goes in can only be estimated."""
        if self.card.tokens is None or not self.image_out:
            return None
        return Usage(image_out=self.image_out + self.card.tokens.per_partial * self.previews)

    def counted(self) -> Usage | None:
        """The tokens that are paid: as the upstream tells them, or else by the formula. None when neither does."""
        prices = self.card.prices
        if self.usage.output_tokens or prices.by_the_unit or not prices.by_the_token:
            return self.usage
        expected = self.expected()
        if expected is None:
            return None
        sent = self.usage if self.usage.input_tokens else inputs(self.request, self.card)
        return replace(sent, image_out=expected.image_out)

    def cost(self, seconds: float | None = None) -> Micros | None:
        """What the upstream takes for what it drew, in so many seconds: as it says, or else by the card. None when
        neither tells."""
        if self.said is not None:
            return self.said
        usage = self.counted()
        if usage is None:
            return None
        return cost(usage, self.card.prices, pictures=self.drawn, previews=self.previews, seconds=seconds)

    def _owed(self, seconds: float) -> Micros | None:
        """None also for what failed: whether that is paid is not told."""
        if isinstance(self.error, Refused) and self.error.charged and self.said is None:
            amount = refusal(self.request, self.card)
            if amount is not None:
                return amount
        return self.cost(seconds) if self.pictures else None

    def attempt(self, job: str, card: ModelCard, provider: Provider) -> Attempt:
        """What is written down of the call, now that it has ended."""
        seconds = round(time.monotonic() - self.began, 4)
        charged = self.error.charged if self.error else self.outcome == "left" and not provider.local
        return Attempt(
            job=job,
            offer=card.id,
            provider=provider.name,
            model=card.of or card.id,
            outcome=self.outcome,
            code=self.error.code if self.error else "",
            started=self.started,
            seconds=seconds,
            asked=self.request.n,
            pictures=self.pictures,
            claimed=self.usage,
            expected=self.expected(),
            cost=self._owed(seconds),
            charged=charged,
        )

"""What one call has brought so far: pictures, tokens, money, and what the model's formula makes of them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ..core import (
    Attempt,
    Completed,
    ImageEvent,
    ImageRequest,
    Micros,
    ModelCard,
    Outcome,
    Partial,
    Provider,
    Usage,
)
from ..core.errors import NoImage, Refused, TintypeError
from ..core.money import cost


@dataclass(slots=True)
class Tally:
    """`began` is on the monotonic clock. `said` is the cost that the upstream told, None as long as it has told none. `unfinished`: a preview has been shown
    of a picture that has not come yet."""

    request: ImageRequest
    card: ModelCard
    pictures: int = 0
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

    def fail(self, error: TintypeError) -> None:
        self.error = error
        refused = isinstance(error, Refused)
        self.outcome = "refused" if refused else "empty" if isinstance(error, NoImage) else "failed"

    def see(self, event: ImageEvent) -> None:
        if isinstance(event, Partial):
            self.previews += 1
            self.unfinished = True
        elif isinstance(event, Completed):
            self.pictures += 1
            self.unfinished = False
            self.usage += event.usage
            if event.cost is not None:
                self.said = (self.said or 0) + event.cost
            self._count(event)

    def _count(self, event: Completed) -> None:
        """A quality that nobody named may have been any."""
        quality, size = event.quality or self.request.quality, event.image.header().size
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

    def cost(self) -> Micros | None:
        """What the upstream takes: as it says, or else by the card. None when neither tells."""
        if self.said is not None:
            return self.said
        return cost(self.usage, self.card.prices, pictures=self.pictures)

    def attempt(self, job: str, card: ModelCard, provider: Provider) -> Attempt:
        """What is written down of the call, now that it has ended."""
        charged = self.error.charged if self.error else self.outcome == "left" and not provider.local
        return Attempt(
            job=job,
            offer=card.id,
            provider=provider.name,
            model=card.of or card.id,
            outcome=self.outcome,
            code=self.error.code if self.error else "",
            started=self.started,
            seconds=round(time.monotonic() - self.began, 4),
            asked=self.request.n,
            pictures=self.pictures,
            claimed=self.usage,
            expected=self.expected(),
            cost=self.cost() if self.pictures else None,
            charged=charged,
        )

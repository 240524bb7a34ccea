"""What was done with a request: the truth that goes back to the caller beside the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from .call import Call
from .errors import TintypeError
from .events import Usage
from .money import Micros

Verb = Literal["filled", "adjusted", "ignored", "delivered", "dropped"]
"""`dropped`: what an upstream's picture had, and the one that is delivered has not."""


class Note(NamedTuple):
    """One field that was not simply passed on.

    >>> str(Note("size", "adjusted", "512x512->816x816")), str(Note("style", "ignored"))
    ('size=adjusted:512x512->816x816', 'style=ignored')
    """

    field: str
    verb: Verb
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.field}={self.verb}:{self.detail}" if self.detail else f"{self.field}={self.verb}"


def _nobody() -> None: ...


@dataclass(slots=True, kw_only=True)
class Report:
    """Filled in while the request goes through the house; `notes` may grow until the last picture.

    `asked` is the model's name as the caller wrote it, `model` the card that answers. Where several offers
    were tried or drew, `model` and `provider` are those that drew.
    """

    asked: str
    model: str
    provider: str
    created: int  # Unix time in seconds
    ended: float | None = None  # when its job did
    job: str = ""  # the id of the job that it belongs to
    notes: list[Note] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    missing: list[TintypeError] = field(
        default_factory=list
    )  # why there are fewer pictures than were asked for
    attempts: int = 0  # calls of an upstream, or of an engine here
    bought: bool = False  # whether one of them may cost something, so that it is better brought to its end
    cost: Micros | None = None  # to the caller, of what was made; a twin's is what its model would take
    charged: Micros = 0  # what the caller's account paid of it
    balance: Micros | None = None  # what the account has left; None for one that is not prepaid
    priced: bool = False  # whether `cost` has been told yet: None means "not known" from then on
    place: Callable[[], int] | None = None  # of the job among those that wait for their turn, from 1
    calls: list[Call] = field(default_factory=list)  # those that are on their way
    moved: Callable[[], None] = _nobody  # told when one of them has come further

    def position(self) -> int | None:
        """Of the job among those that wait for their turn, from 1; None for one that does not wait."""
        places = [call.position for call in self.calls]
        if self.place is not None:
            places.append(self.place())
        return min(places, default=0) or None

    def end(self) -> None:
        """Nothing of it moves any more. See `Call.end`."""
        self.moved, self.place = _nobody, None

    def plan(self) -> str:
        """The notes in one line, e.g. `n=filled:fan_out(1x4); style=ignored`; empty when there are none."""
        return "; ".join(map(str, self.notes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a request came to, once its pictures were made. `ended` is Unix time in seconds."""

    request_id: str
    ended: float
    usage: Usage
    cost: Micros | None
    charged: Micros = 0
    job: str = ""

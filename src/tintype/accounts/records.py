"""What is written of a job, and what is read of accounts, keys and jobs: plain data, no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..core import Attempt, Micros, Usage

State = Literal["running", "done", "failed", "cancelled", "interrupted"]
"""`interrupted`: its server was killed; whether its upstream was paid is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A job that is about to begin. `hold` is the most that it can cost its account.

    `idempotency` is what may be ordered once, by whom and under which name; empty: as often as one likes.
    `fingerprint` is the SHA-256 of the order's body, in hex. `real`: upstreams are asked that may take money for it.
    """

    job: str
    account: str = ""
    key: str = ""
    hold: Micros = 0
    request: str = ""
    idempotency: str = ""
    fingerprint: str = ""
    dialect: str = ""
    created: float  # Unix time, seconds
    asked: str
    model: str = ""
    provider: str = ""
    real: bool = False
    prompt: str = ""
    n: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPicture:
    """A picture in the store. `path` and `thumbnail` are its names there; `expires` is Unix time."""

    position: int
    hash: str
    path: str
    thumbnail: str = ""
    media_type: str
    width: int = 0
    height: int = 0
    bytes: int
    expires: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a job ended. `cost` is the caller's, None when it is not known; `paid` what upstreams are known to take.

    `maybe_paid`: an upstream may have taken something that is in no `cost`. `result` is what is needed to answer
    again, but for the pictures.
    """

    job: str
    state: State
    ended: float
    cost: Micros | None = 0
    paid: Micros = 0
    maybe_paid: bool = False
    model: str = ""
    provider: str = ""
    attempts: tuple[Attempt, ...] = ()
    usage: Usage = field(default_factory=Usage)
    made: int = 0
    plan: str = ""
    error: str = ""
    message: str = ""
    result: bytes | None = None
    pictures: tuple[KeptPicture, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """`charged` is what the account paid; `balance` what it has left to spend, None for one that is not prepaid."""

    charged: Micros
    balance: Micros | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """A job as it is written: what `Opening` and `Closing` said of it."""

    id: str
    state: State
    account: str
    key: str
    request: str
    idempotency: str
    fingerprint: str
    dialect: str
    created: float
    ended: float | None
    asked: str
    model: str
    provider: str
    real: bool
    prompt: str
    n: int
    made: int
    held: Micros
    cost: Micros | None
    charged: Micros
    paid: Micros
    maybe_paid: bool
    attempts: int
    usage: Usage
    plan: str
    error: str
    message: str
    result: bytes | None = field(default=None, repr=False)


class Taken(Exception):
    """This order has been placed before, as the job `record`."""

    def __init__(self, record: JobRecord) -> None:
        super().__init__(record.id)
        self.record = record

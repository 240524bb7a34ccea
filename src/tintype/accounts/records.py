"""What is written of a job, and what is read of accounts, keys and jobs: plain data, no database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from ..core import Attempt, Micros, Usage

State = Literal["running", "done", "failed", "cancelled", "interrupted"]
"""`interrupted`: its server was killed; whether its upstream was paid is not known."""


NUMBERS = ("jobs", "failed", "running", "pictures", "cost", "unknown", "charged", "paid", "maybe_paid")
"""What is counted and added up in a line of `usage`, beside its tokens."""


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
    """A picture in the store. `path` and `thumbnail` are its names there; `expires` is Unix time.

    A picture may lie there more than once: for as long as its address is good, and for as long as it is read again.
    """

    position: int
    hash: str
    path: str
    thumbnail: str = ""
    media_type: str
    width: int = 0
    height: int = 0
    bytes: int
    expires: float


def longest_kept(found: Iterable[KeptPicture]) -> list[KeptPicture]:
    """Each picture once, where it lies for longest, in the order of their positions."""
    longest = {each.position: each for each in sorted(found, key=lambda each: each.expires)}
    return [longest[position] for position in sorted(longest)]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What an account or a key can spend and has spent, in micro-dollars; a limit of None is none. Days are UTC.

    `spent` counts what is `held` for the `running` jobs. Only an account has a balance; `available` is what of it no
    job has set aside, None where it does not bound anything.
    """

    prepaid: bool = False
    balance: Micros = 0
    held: Micros = 0
    running: int = 0
    at_once: int | None = None
    spent_today: Micros = 0
    day_limit: Micros | None = None
    spent_this_month: Micros = 0
    month_limit: Micros | None = None
    spent: Micros = 0
    spent_limit: Micros | None = None

    @property
    def available(self) -> Micros | None:
        return self.balance - self.held if self.prepaid else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who pays. `markup` is in basis points, None: as the settings say. `closed` is Unix time."""

    id: str
    name: str
    created: float
    closed: float | None = None
    markup: int | None = None
    money: Money = field(default_factory=Money)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What is known of a key; the key itself is known to nobody. `tail` is its last letters. Times are Unix time."""

    id: str
    account: str
    name: str
    tail: str
    created: float
    expires: float | None = None
    revoked: float | None = None
    models: tuple[str, ...] = ()
    dialects: tuple[str, ...] = ()
    requests_per_minute: int | None = None
    images_per_minute: int | None = None
    admin: bool = False
    strict: bool = False
    money: Money = field(default_factory=Money)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPicture:
    """A picture of the history, and what it came of. `deleted`: when it was taken from the store; None: it is there."""

    job: str
    key: str
    account: str
    prompt: str
    model: str
    provider: str
    plan: str
    cost: Micros | None
    created: float
    deleted: float | None
    picture: KeptPicture


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the ledger: by how much the balance grew. `day` is that of the job, or of the credit, `reference` the
    name under which a credit is made once."""

    id: int
    account: str
    key: str
    job: str
    kind: Literal["credit", "charge", "refund"]
    amount: Micros
    created: float
    day: str
    note: str
    reference: str = ""


class Taken(Exception):
    """This order has been placed before, as the job `record`."""

    def __init__(self, record: JobRecord) -> None:
        super().__init__(record.id)
        self.record = record

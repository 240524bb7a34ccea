"""What the admin API tells of jobs, entries and usage: also what `--json` of the command line prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from .. import core
from ..accounts import records
from ..core.errors import BadRequest
from ..core.money import usd
from .admin_words import Dollars, Time, maybe

if TYPE_CHECKING:
    from ..accounts.deliveries import Told
    from ..accounts.usage import Line

Unknown = Annotated[str | None, Meta(description="US dollars with six decimals; null where it is not known.")]
Tokens = Annotated[dict[str, int], Meta(description="By kind.")]
BY = ("day", "key", "model", "provider", "account")


class Job(Struct, kw_only=True):
    """`cost` is the caller's, `charged` what the account paid of it, `paid` what upstreams are known to have taken."""

    id: str
    state: str
    created: Time
    ended: Time | None
    account: str
    key: str
    request: str
    dialect: str
    asked: str
    model: str
    provider: str
    real: bool
    prompt: str
    pictures_asked: int
    pictures_made: int
    held: Dollars
    cost: Unknown
    charged: Dollars
    paid: Dollars
    maybe_paid: Annotated[bool, Meta(description="An upstream may have taken more than is known.")]
    tokens: Tokens
    plan: str
    error: str
    message: str


class Jobs(Struct, kw_only=True):
    """The newest first. `next` is the `before` of the next page, null on the last one."""

    data: list[Job]
    next: str | None


class Attempt(Struct, kw_only=True):
    """One call of an upstream."""

    offer: str
    provider: str
    model: str
    outcome: str
    code: str
    started: Time
    seconds: float
    asked: int
    pictures: int
    claimed: Tokens
    expected: Tokens | None
    cost: Unknown
    charged: bool


class Picture(Struct, kw_only=True):
    """One that is still in the store."""

    position: int
    media_type: str
    width: int
    height: int
    bytes: int
    expires: Time


class Webhook(Struct, kw_only=True):
    """A message about a job: it waits for the job, is due, was taken, or was given up. `failure` is of its last try."""

    id: str
    url: str
    state: Literal["promised", "due", "taken", "given up"]
    tries: int
    due: Time | None
    taken: Time | None
    failure: str


class JobInFull(Job, kw_only=True):
    attempts: list[Attempt]
    pictures: list[Picture]
    webhooks: list[Webhook]


class Entry(Struct, kw_only=True):
    """By how much the balance grew; a charge is negative."""

    id: int
    account: str
    key: str
    job: str
    kind: str
    amount: Dollars
    created: Time
    day: str
    note: str
    reference: Annotated[str, Meta(description="Under which a credit was made; empty without one.")]


class Entries(Struct, kw_only=True):
    """The newest first. `next` is the `before` of the next page, null on the last one."""

    data: list[Entry]
    next: int | None


class UsageLine(Struct, kw_only=True):
    """What it is by comes first. `cost` is the sum of the costs that are known, `unknown` the number of jobs whose cost is not."""

    day: str | UnsetType = UNSET
    key: str | UnsetType = UNSET
    key_name: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    provider: str | UnsetType = UNSET
    account: str | UnsetType = UNSET
    account_name: str | UnsetType = UNSET
    jobs: int
    failed: int
    running: int
    pictures: int
    tokens: Tokens
    cost: Dollars
    unknown: int
    charged: Dollars
    paid: Dollars
    maybe_paid: int


class Usage(Struct, kw_only=True):
    """`total` is the sum of `data`."""

    data: list[UsageLine]
    total: UsageLine


class Span(Struct, kw_only=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}):
    """Days, both of them with, in UTC; without one, from ever or to now."""

    since: str = ""
    until: str = ""


def check_days(since: str, until: str) -> None:
    """Raises BadRequest for what is no day, or no span of days."""
    for name, text in (("from", since), ("to", until)):
        if text and not _is_day(text):
            raise BadRequest(f"A day is written like 2026-11-29, not {text[:40]!r}.", param=name)
    if since and until and since > until:
        raise BadRequest(f"{since} is after {until}.", param="from")


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def read_by(text: str) -> tuple[Any, ...]:
    """Words with commas between them, as `accounts.usage` takes them. Raises BadRequest.

    >>> read_by("day, model"), read_by("")
    (('day', 'model'), ())
    """
    words = tuple(dict.fromkeys(word for each in text.split(",") if (word := each.strip())))
    for word in words:
        if word not in BY:
            raise BadRequest(f"Usage is by {', '.join(BY)}, not by {word[:40]!r}.", param="by")
    return words


def job(found: records.JobRecord) -> Job:
    return Job(**_job(found))


def job_in_full(
    found: records.JobRecord,
    attempts: Sequence[core.Attempt],
    pictures: Sequence[records.KeptPicture],
    webhooks: Sequence[Told],
) -> JobInFull:
    return JobInFull(
        **_job(found),
        attempts=[_attempt(each) for each in attempts],
        pictures=[
            Picture(**{name: getattr(each, name) for name in Picture.__struct_fields__}) for each in pictures
        ],
        webhooks=[Webhook(**each._asdict()) for each in webhooks],
    )


def _job(found: records.JobRecord) -> dict[str, Any]:
    other = {
        "pictures_asked": found.n,
        "pictures_made": found.made,
        "held": usd(found.held),
        "cost": maybe(found.cost),
        "charged": usd(found.charged),
        "paid": usd(found.paid),
        "tokens": asdict(found.usage),
    }
    plain = (name for name in Job.__struct_fields__ if name not in other)
    return {**{name: getattr(found, name) for name in plain}, **other}


def _attempt(found: core.Attempt) -> Attempt:
    other: dict[str, Any] = {
        "claimed": asdict(found.claimed),
        "expected": None if found.expected is None else asdict(found.expected),
        "cost": maybe(found.cost),
    }
    plain = (name for name in Attempt.__struct_fields__ if name not in other)
    return Attempt(**{name: getattr(found, name) for name in plain}, **other)


def entry(found: records.Entry) -> Entry:
    plain = (name for name in Entry.__struct_fields__ if name != "amount")
    return Entry(**{name: getattr(found, name) for name in plain}, amount=usd(found.amount))


_SUMS = ("cost", "charged", "paid")
_COUNTS = tuple(name for name in records.NUMBERS if name not in _SUMS)


def usage(lines: Sequence[Line]) -> Usage:
    return Usage(data=[_usage_line([line], line) for line in lines], total=_usage_line(lines))


def _usage_line(lines: Sequence[Line], of: Line | None = None) -> UsageLine:
    """The sum of the lines, and what it is of."""
    tokens: dict[str, int] = {}
    for line in lines:
        for kind, count in asdict(line.usage).items():
            tokens[kind] = tokens.get(kind, 0) + count
    by: dict[str, Any] = {}
    if of is not None:
        by = dict(of.by.items()) | {f"{word}_name": name for word, name in of.names.items()}
    return UsageLine(
        **by,
        tokens=tokens,
        **_added(lines),
    )


def _added(lines: Sequence[Line]) -> dict[str, Any]:
    counts = {name: sum(getattr(line, name) for line in lines) for name in _COUNTS}
    return counts | {name: usd(sum(getattr(line, name) for line in lines)) for name in _SUMS}

"""The seam between the gateway and whatever writes jobs and money down; and a stand-in that keeps them in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from ..accounts.records import (
    Closing,
    JobRecord,
    KeptPicture,
    Opening,
    Settled,
    State,
    Taken,
    longest_kept,
)
from ..core import Micros, Usage
from ..core.errors import NotFound

FORGIVEN = ("failed", "cancelled", "interrupted")
"""Whoever ordered a picture once and got none may order it again under the same name."""


class Books(Protocol):
    """What `written.Written` is to the gateway."""

    async def hold(self, opening: Opening) -> None:
        """Write the job down and set its money aside. Raises OutOfCredit, TooManyRequests, and Taken."""
        ...

    async def settle(self, closing: Closing) -> Settled | None:
        """End the job, once; None when it was not running any more."""
        ...

    async def find(self, job: str) -> JobRecord | None: ...

    async def find_request(self, request: str) -> JobRecord | None:
        """The job of an answer, by its x-request-id."""
        ...

    async def find_idempotency(self, name: str) -> JobRecord | None:
        """The job of an order that is placed once."""
        ...

    async def find_fingerprint(
        self, key: str, fingerprint: str, since: float, longest: float
    ) -> JobRecord | None:
        """The last job of this body and key that runs, or has ended well since then. None takes `longest` seconds."""
        ...

    async def cancel(self, job: str) -> None:
        """Have it ended by the server that runs it, within moments."""
        ...

    async def join(self, job: str) -> None:
        """Have it go on though nobody waits for it at the server that runs it; returns once that has heard, or has not
        for moments."""
        ...

    async def pictures(self, job: str) -> Sequence[KeptPicture]:
        """Those that were kept and have not been deleted, in their order, each where it is kept for longest."""
        ...

    async def keep_pictures(self, job: str, pictures: Sequence[KeptPicture]) -> None:
        """Those of a job that has ended before they were kept, beside where they lie already."""
        ...

    async def release_pictures(self, job: str, others: Sequence[str] = ()) -> Sequence[str]:
        """Write down that they are gone; the paths of them, and of the `others`, that no other job's pictures share."""
        ...

    async def list_jobs(
        self, *, key: str | None = None, state: State | None = None, before: str = "", limit: int = 50
    ) -> Sequence[JobRecord]:
        """The newest first; `before` is the id of the last one seen. Raises NotFound for one that is not there."""
        ...

    async def balance(self, account: str) -> Micros | None:
        """What is left to spend; None for an account that is not prepaid."""
        ...


class Memory:
    """Books of one process, without money: the last `capacity` jobs."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._jobs: OrderedDict[str, JobRecord] = OrderedDict()
        self._pictures: dict[str, tuple[KeptPicture, ...]] = {}
        self._orders: dict[str, str] = {}
        self._requests: dict[str, str] = {}

    async def hold(self, opening: Opening) -> None:
        if opening.idempotency:
            before = await self.find_idempotency(opening.idempotency)
            if before is not None and before.state not in FORGIVEN:
                raise Taken(before)
            self._orders[opening.idempotency] = opening.job
        if opening.request:
            self._requests[opening.request] = opening.job
        self._jobs[opening.job] = _begun(opening)
        while len(self._jobs) > self._capacity:
            self._forget(next(iter(self._jobs)))

    def _forget(self, job: str) -> None:
        record = self._jobs.pop(job)
        self._pictures.pop(job, None)
        self._requests.pop(record.request, None)
        if self._orders.get(record.idempotency) == job:
            del self._orders[record.idempotency]

    async def settle(self, closing: Closing) -> Settled | None:
        record = self._jobs.get(closing.job)
        if record is None or record.state != "running":
            return None
        self._jobs[closing.job] = _ended(record, closing)
        self._pictures[closing.job] = closing.pictures
        return Settled(charged=0, balance=None)

    async def find(self, job: str) -> JobRecord | None:
        return self._jobs.get(job)

    async def find_request(self, request: str) -> JobRecord | None:
        return self._jobs.get(self._requests.get(request, ""))

    async def find_idempotency(self, name: str) -> JobRecord | None:
        return self._jobs.get(self._orders.get(name, ""))

    async def find_fingerprint(
        self, key: str, fingerprint: str, since: float, longest: float
    ) -> JobRecord | None:
        for record in reversed(self._jobs.values()):
            if record.created < since - longest:
                break
            if (record.key, record.fingerprint) != (key, fingerprint) or record.state in FORGIVEN:
                continue
            if record.ended is None or record.ended >= since:
                return record
        return None

    async def cancel(self, job: str) -> None:
        """There is no other server."""

    async def join(self, job: str) -> None:
        """As `cancel`."""

    async def pictures(self, job: str) -> Sequence[KeptPicture]:
        return longest_kept(self._pictures.get(job, ()))

    async def keep_pictures(self, job: str, pictures: Sequence[KeptPicture]) -> None:
        if job not in self._jobs:
            return
        there = {(kept.position, kept.path): kept for kept in self._pictures.get(job, ())}
        for picture in pictures:
            old = there.setdefault((picture.position, picture.path), picture)
            if old.expires <= picture.expires:
                there[picture.position, picture.path] = picture
        self._pictures[job] = tuple(there.values())

    async def release_pictures(self, job: str, others: Sequence[str] = ()) -> Sequence[str]:
        gone = _paths(self._pictures.pop(job, ())) | set(others)
        left = _paths(picture for kept in self._pictures.values() for picture in kept)
        return sorted(gone - left)

    async def list_jobs(
        self, *, key: str | None = None, state: State | None = None, before: str = "", limit: int = 50
    ) -> Sequence[JobRecord]:
        newest = list(reversed(self._jobs.values()))
        if before:
            if before not in self._jobs:
                raise NotFound(f"There is no job {before!r} to list those before.", param="before")
            newest = newest[newest.index(self._jobs[before]) + 1 :]
        return [each for each in newest if key in (None, each.key) and state in (None, each.state)][:limit]

    async def balance(self, account: str) -> Micros | None:
        return None


def _paths(pictures: Iterable[KeptPicture]) -> set[str]:
    """Theirs and those of their thumbnails."""
    return {path for picture in pictures for path in (picture.path, picture.thumbnail) if path}


def _begun(opening: Opening) -> JobRecord:
    return JobRecord(
        id=opening.job,
        state="running",
        account=opening.account,
        key=opening.key,
        request=opening.request,
        idempotency=opening.idempotency,
        fingerprint=opening.fingerprint,
        dialect=opening.dialect,
        created=opening.created,
        ended=None,
        asked=opening.asked,
        model=opening.model,
        provider=opening.provider,
        real=opening.real,
        prompt=opening.prompt,
        n=opening.n,
        made=0,
        held=0,
        cost=None,
        charged=0,
        paid=0,
        maybe_paid=False,
        attempts=0,
        usage=Usage(),
        plan="",
        error="",
        message="",
    )


def _ended(record: JobRecord, closing: Closing) -> JobRecord:
    return replace(
        record,
        state=closing.state,
        ended=closing.ended,
        model=closing.model or record.model,
        provider=closing.provider or record.provider,
        made=closing.made,
        cost=closing.cost,
        paid=closing.paid,
        maybe_paid=closing.maybe_paid,
        attempts=len(closing.attempts),
        usage=closing.usage,
        plan=closing.plan,
        error=closing.error,
        message=closing.message,
        result=closing.result,
    )

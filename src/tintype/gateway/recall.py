"""Jobs that have been ordered before: those that run here, those that run elsewhere, and those that have ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..accounts.records import JobRecord, KeptPicture
from ..core import Caller, Events, ImageEvent, ImageRequest, Report
from ..core.errors import Conflict, NotFound, TintypeError
from ..storage import Store
from .books import FORGIVEN, Books
from .jobs import Job, Jobs
from .purchase import JUST_ENDED, Once
from .results import read_error, read_events, read_report, read_request

LOOK_AGAIN = 0.5
"""Seconds between two looks at a job that another server runs."""


@dataclass(slots=True, kw_only=True)
class Past:
    """A job that has ended, or runs in another server, as far as it is written down. `gone`: pictures of it are not
    there any more."""

    id: str
    request: ImageRequest
    report: Report
    record: JobRecord
    ended: bool
    error: TintypeError | None
    events: Sequence[ImageEvent] = field(repr=False)
    gone: bool = False

    def cancel(self) -> None:
        """It is not run here."""

    async def replay(self) -> Events:
        """Its events, as those who watched it saw them; raises what it failed with."""
        for event in self.events:
            yield event
        if self.error is not None:
            raise self.error


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """`clock` is Unix time in seconds."""

    books: Books
    jobs: Jobs
    store: Store
    clock: Callable[[], float] = time.time

    async def find(self, id: str, caller: Caller, *, pictures: bool = True) -> Job | Past | None:
        """A job of this caller, or of anybody for an admin. Without `pictures`, those of one that has ended are not
        brought."""
        running = self.jobs.running.get(id)
        if running is not None:
            return running if _may_see(caller, running.caller.key, running.caller.account) else None
        record = await self.books.find(id)
        if record is None or not self.may_see(caller, record):
            return None
        return await self.past(record, pictures=pictures)

    def may_see(self, caller: Caller, record: JobRecord) -> bool:
        return _may_see(caller, record.key, record.account)

    async def before(self, once: Once, caller: Caller, *, retried: bool) -> Job | Past | None:
        """The job that this order was placed with before, and that has not failed. `retried`: the caller's SDK says
        that it tries again. Raises Conflict where the name was given to another order, and where what it was given to
        cannot be shown again."""
        record = None
        if once.name:
            record = await self.books.find_idempotency(once.name)
            if record is not None and record.state in FORGIVEN:
                return None
            if record is not None and once.fingerprint != record.fingerprint:
                raise Conflict(
                    "This Idempotency-Key was used for another order: the body is not the same.",
                    param="Idempotency-Key",
                )
        elif retried:
            since = self.clock() - JUST_ENDED
            record = await self.books.find_fingerprint(caller.key, once.fingerprint, since)
        found = None if record is None else await self.follow(record)
        if isinstance(found, Past) and found.gone:
            if not once.name:
                return None
            raise Conflict(
                f"This Idempotency-Key was used for {found.id}, whose pictures are not kept any more. Use another "
                "key to order them anew.",
                param="Idempotency-Key",
                code="idempotency_expired",
            )
        return found

    async def follow(self, record: JobRecord) -> Job | Past | None:
        """The job of a record: as it runs here, or once it has ended wherever it ran; None where it came to nothing."""
        while (running := self.jobs.running.get(record.id)) is None and record.state == "running":
            await asyncio.sleep(LOOK_AGAIN)
            found = await self.books.find(record.id)
            if found is None:
                return None
            record = found
        if running is not None:
            return running
        return None if record.state in FORGIVEN else await self.past(record)

    async def past(self, record: JobRecord, *, pictures: bool = True) -> Past:
        loaded: dict[int, bytes] = {}
        if pictures and record.made:
            for each in await self.books.pictures(record.id):
                data = await self._load(each)
                if data is not None:
                    loaded[each.position] = data
        events = read_events(record, loaded)
        return Past(
            id=record.id,
            request=read_request(record),
            report=read_report(record),
            record=record,
            ended=record.state != "running",
            error=read_error(record),
            events=events,
            gone=len(loaded) < record.made,
        )

    async def _load(self, picture: KeptPicture) -> bytes | None:
        try:
            return await self.store.read(picture.path)
        except NotFound:
            return None


def _may_see(caller: Caller, key: str, account: str) -> bool:
    """One's own jobs, and those of one's account; an admin sees all."""
    return caller.admin or caller.key == key or bool(caller.account and caller.account == account)

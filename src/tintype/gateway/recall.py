"""Jobs that have been ordered before: those that run here, those that run elsewhere, and those that have ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields

from ..accounts.records import JobRecord, KeptPicture
from ..core import Caller, Events, ImageEvent, ImageRequest, Report
from ..core.errors import Conflict, NotFound, TintypeError
from ..storage import FOLDER, Store
from .books import FORGIVEN, Books
from .jobs import Job, Jobs
from .purchase import JUST_ENDED, Once
from .results import read_addresses, read_error, read_events, read_report, read_request

LOOK_AGAIN = 0.5
"""Seconds between two looks at a job that another server runs."""


@dataclass(slots=True, kw_only=True)
class Past:
    """A job that has ended, or runs in another server, as far as it is written down. Its events are by their numbers,
    of which those of previews are missing. `gone`: pictures of it are not there any more. `look` tells how it stands
    now."""

    id: str
    request: ImageRequest
    report: Report
    record: JobRecord
    look: Callable[[], Awaitable[Past]] = field(repr=False)
    error: TintypeError | None = None
    numbered: Mapping[int, ImageEvent] = field(default_factory=dict, repr=False)
    gone: bool = False

    @property
    def events(self) -> list[ImageEvent]:
        return list(self.numbered.values())

    @property
    def ended(self) -> bool:
        return self.record.state != "running"

    def cancel(self) -> None:
        """It is not run here."""

    async def replay(self) -> Events:
        """Its events, as those who watched it saw them; raises what it failed with. One that runs elsewhere is waited
        for."""
        await self.over()
        for event in self.events:
            yield event
        if self.error is not None:
            raise self.error

    async def over(self, patience: float | None = None) -> None:
        """Wait until it has ended, for so many seconds at the most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while not self.ended:
                    await asyncio.sleep(LOOK_AGAIN)
                    self._become(await self.look())

    def _become(self, later: Past) -> None:
        """Whoever writes an answer holds on to the report."""
        for each in fields(Report):
            setattr(self.report, each.name, getattr(later.report, each.name))
        self.record, self.error = later.record, later.error
        self.numbered, self.gone = later.numbered, later.gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """`clock` is Unix time in seconds. `picture_lifetime`: seconds that the address of a picture is good for; `longest`:
    that an order may take."""

    books: Books
    jobs: Jobs
    store: Store
    picture_lifetime: float = 3600.0
    longest: float = 600.0
    clock: Callable[[], float] = time.time

    async def find(self, id: str, caller: Caller, *, pictures: bool = True) -> Job | Past | None:
        """A job of this caller, or of anybody for an admin. Without `pictures`, those of one that has ended are not
        brought."""
        running = self.jobs.find(id)
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
        that it tries again. Raises Conflict where the name was given to another order, or to one whose pictures are
        not there any more."""
        if once.name:
            record = await self.books.find_idempotency(once.name)
            if record is None or record.state in FORGIVEN:
                return None
            if once.fingerprint != record.fingerprint:
                raise Conflict(
                    "This Idempotency-Key was used for another order: the body is not the same.",
                    param="Idempotency-Key",
                )
            return await self._again(record)
        if not retried:
            return None
        if left := self.jobs.left_behind(caller.key, once.fingerprint):
            return left  # of several alike, the one that nobody waits for
        since = self.clock() - JUST_ENDED
        record = await self.books.find_fingerprint(caller.key, once.fingerprint, since, self.longest)
        found = None if record is None else await self.follow(record)
        return None if isinstance(found, Past) and found.gone else found

    async def _again(self, record: JobRecord) -> Job | Past | None:
        found = await self.follow(record)
        if isinstance(found, Past) and found.gone:
            raise Conflict(
                f"This order was placed before, as {record.id}, and its pictures are not kept any more. To order "
                "them again, send another Idempotency-Key.",
                param="Idempotency-Key",
                code="idempotency_expired",
            )
        return found

    async def follow(self, record: JobRecord) -> Job | Past | None:
        """The job of a record: as it runs, here or elsewhere, or as it has ended; None where it came to nothing."""
        running = self.jobs.find(record.id)
        if running is None:
            if record.state == "running":  # elsewhere; or it has ended here while it was read
                await self.books.join(record.id)
                record = await self.books.find(record.id) or record
            past = await self.past(record)
            return None if past.record.state in FORGIVEN else past
        if running.cancelled:  # whoever ordered it has left: it is as good as ended
            await running.over()
            return None
        return running

    async def past(self, record: JobRecord, *, pictures: bool = True) -> Past:
        """Without `pictures`, of these there are the addresses alone."""
        kept = await self.books.pictures(record.id) if record.made else ()
        loaded = {
            each.position: data for each in kept if pictures and (data := await self._load(each)) is not None
        }
        there = [each for each in kept if each.position in loaded] if pictures else kept
        events = read_events(record, loaded, await self._addresses(record, there))
        report = read_report(record)
        if record.account and record.ended is not None:
            report.balance = await self.books.balance(record.account)

        async def look() -> Past:
            found = await self.books.find(record.id)
            if found is None:
                raise NotFound(f"{record.id} has been forgotten.")
            return await self.past(found, pictures=pictures)

        return Past(
            id=record.id,
            request=read_request(record),
            report=report,
            record=record,
            look=look,
            error=read_error(record),
            numbered=events,
            gone=len(loaded) < record.made,
        )

    async def _addresses(self, record: JobRecord, there: Sequence[KeptPicture]) -> dict[int, str]:
        """Those that lead somewhere, by the positions of their pictures: new ones, once those that were told are over."""
        now, lying = self.clock(), {each.position: each.path for each in there}
        over = record.created + self.picture_lifetime <= now  # each was told later than that
        found = {}
        for position, told in read_addresses(record).items():
            if over and position in lying:
                base_url = told.rpartition(FOLDER)[0]
                found[position] = await self.store.address(
                    lying[position], base_url=base_url, seconds=self.picture_lifetime, now=now
                )
            elif position in lying or self.store.path_of(told) is None:
                found[position] = told
        return found

    async def _load(self, picture: KeptPicture) -> bytes | None:
        try:
            return await self.store.read(picture.path)
        except NotFound:
            return None


def _may_see(caller: Caller, key: str, account: str) -> bool:
    """One's own jobs, and those of one's account; an admin sees all."""
    return caller.admin or caller.key == key or bool(caller.account and caller.account == account)

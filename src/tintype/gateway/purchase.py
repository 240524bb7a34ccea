"""What one order costs its caller: held before anything is drawn, settled once, whatever came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from ..accounts.records import Closing, KeptPicture, Opening, State
from ..core import Caller, Completed, Micros, Note, Usage
from ..core.errors import CallerError, Cancelled, TintypeError
from ..polyfills.host import tell_unhosted
from .books import Books
from .jobs import Job
from .results import finished, write_result
from .routing import Routing
from .shelf import Shelf
from .terms import Terms

log = structlog.get_logger()

JUST_ENDED = 600.0
"""Seconds for which an SDK that tries again is given what it has ordered already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """An order that is placed once, and may be asked for again. `name` is the caller's for it, made unique among all
    callers; empty for one that has only a `fingerprint`, the SHA-256 of its body."""

    name: str = ""
    fingerprint: str = ""


class Teller(Protocol):
    """Who counts what happens to money: `server.metrics.Metrics`."""

    def settle(self, state: State, provider: str, charged: Micros) -> None: ...

    def refuse(self, error: TintypeError) -> None: ...


class Hook(Protocol):
    """Somebody who is told of a job. `begin` may refuse it with a CallerError; `end` comes once it is settled, and has
    ended."""

    async def begin(self, job: Job) -> None: ...

    async def end(self, job: Job) -> None: ...


@dataclass(slots=True, kw_only=True)
class Purchase:
    """`hold` is the most that it can cost. `remember` takes jobs whose pictures the store did
    not, `later` what nobody waits for."""

    books: Books
    routing: Routing
    terms: Terms
    caller: Caller
    hold: Micros
    shelf: Shelf
    remember: Callable[[Job], None]
    later: Callable[[Job, Coroutine[Any, Any, None]], None]
    teller: Teller | None = None
    hook: Hook | None = None
    once: Once = Once()
    dialect: str = ""
    request_id: str = ""

    async def begin(self, job: Job) -> None:
        """Raises OutOfCredit, TooManyRequests, Unavailable, and Taken."""
        report, request = job.report, job.request
        if self.hook is not None:
            await self.hook.begin(job)
        opening = Opening(
            job=job.id,
            account=self.caller.account,
            key=self.caller.key,
            hold=self.hold,
            request=self.request_id,
            idempotency=self.once.name,
            fingerprint=self.once.fingerprint,
            dialect=self.dialect,
            created=time.time(),
            asked=report.asked,
            model=report.model,
            provider=report.provider,
            prompt=request.prompt if self.terms.prompts else "",
            n=request.n,
            real=not all(offer.is_free for offer in self.routing.offers),
        )
        try:
            await self.books.hold(opening)
        except CallerError as error:
            if self.teller is not None:
                self.teller.refuse(error)
            raise
        job.hold = self.hold

    def finish(self, job: Job) -> None:
        """What it came to. Raises what went wrong where there is no picture, or no other place to say it."""
        report = job.report
        pictures = finished(job.events)
        if report.missing and (not pictures or job.request.stream):
            raise report.missing[0]
        if report.missing:
            report.notes.append(Note("n", "delivered", f"{len(pictures)} asked:{job.request.n}"))
            report.notices += dict.fromkeys(f"a picture is missing: {each}" for each in report.missing)
        tell_unhosted(job.events, report)

    def _cost(self) -> Micros | None:
        """To the caller, of all that was made; None once a part of it is not known."""
        total = 0
        for offer, attempt in self.routing.sold:
            price = self.terms.price(offer, attempt.cost, self.caller)
            if price is None:
                return None
            total += price
        return total

    async def end(self, job: Job) -> None:
        """Keep what is to be read again, and settle. Never raises: the picture is there, whatever the books say."""
        report, attempts = job.report, self.routing.attempts
        pictures = finished(job.events)
        keeps = job.kept
        words = self.terms.prompts or keeps  # they may be the prompt, in an error too
        # Half a stream is still delivered; without a picture only a refusal can cost something.
        report.cost = self._cost()
        report.priced = True
        report.ended = time.time()
        real = [each for each in attempts if not self._is_free(each.offer)]
        closing = Closing(
            job=job.id,
            state=_state(job.error),
            ended=report.ended,
            cost=report.cost,
            paid=sum(each.cost or 0 for each in real),
            maybe_paid=any(each.cost is None and (each.charged or each.pictures) for each in real),
            model=report.model,
            provider=report.provider,
            attempts=tuple(attempts),
            usage=sum((picture.usage for picture in pictures), Usage()),
            made=len(pictures),
            plan=report.plan(),
            error=job.error.code if job.error else "",
            message=str(job.error) if job.error and words else "",
            pictures=await self._lying(job, pictures, stays=keeps),
            result=write_result(job.request, report, job.events, job.error, words=words),
        )
        try:
            settled = await self.books.settle(closing)
        except Exception as error:
            # The books settle it by themselves once they can.
            log.error("not settled yet", job=job.id, cost=report.cost, exc_info=error)
            return
        if settled is None:
            log.error("settled too late: somebody has taken this server for dead", job=job.id)
            return
        report.charged, report.balance = settled.charged, settled.balance
        await self.shelf.ensure(pictures, closing.pictures)
        if self.teller is not None:
            self.teller.settle(closing.state, report.provider, settled.charged)
        if self.shelf.gallery and pictures:
            self.later(job, self._show(job))
        elif job.kept and not keeps:  # the last watcher left in the meantime
            await self.keep_late(job)
        if self.hook is not None:
            # Once it has ended: until then its document says that it runs.
            self.later(job, self._tell(self.hook, job))

    async def _lying(
        self, job: Job, pictures: Sequence[Completed], *, stays: bool
    ) -> tuple[KeptPicture, ...]:
        """Wherever they lie: an address too is a place that is deleted with the job, and not with another's."""
        kept = await self._kept(job, pictures, stays=stays)
        there = {(each.position, each.path) for each in kept}
        hosted = self.shelf.at_addresses(pictures)
        return (*kept, *(each for each in hosted if (each.position, each.path) not in there))

    async def _kept(self, job: Job, pictures: Sequence[Completed], *, stays: bool) -> tuple[KeptPicture, ...]:
        """An answer that was bought may be lost on its way, and the SDK that did not get it orders again."""
        if not pictures or not (stays or (self.once.fingerprint and job.report.bought)):
            return ()
        kept = await self.shelf.keep(pictures, None if stays else JUST_ENDED)
        if stays and len(kept) < sum(picture.image.is_local for picture in pictures):
            self.remember(job)
        return kept

    async def keep_late(self, job: Job) -> None:
        """Keep the pictures of a job that is settled already. Never raises."""
        pictures = finished(job.events)
        if not pictures:
            return
        await self._write(job, await self._kept(job, pictures, stays=True))

    async def _show(self, job: Job) -> None:
        await self._write(job, await self.shelf.show(finished(job.events)))

    async def _write(self, job: Job, kept: tuple[KeptPicture, ...]) -> None:
        try:
            await self.books.keep_pictures(job.id, kept)
        except Exception as error:
            log.error("pictures that were bought cannot be found again", job=job.id, exc_info=error)
            return
        await self.shelf.ensure(finished(job.events), kept)

    async def _tell(self, hook: Hook, job: Job) -> None:
        try:
            await hook.end(job)
        except Exception as error:
            # It has been promised, and is ordered again by whoever finds that it is owed.
            log.warning("a webhook is not ordered yet", job=job.id, reason=str(error))

    def _is_free(self, offer: str) -> bool:
        """Whether this offer, by its id, costs the operator nothing."""
        return all(each.is_free for each in self.routing.offers if each.card.id == offer)


def _state(error: TintypeError | None) -> State:
    if error is None:
        return "done"
    return "cancelled" if isinstance(error, Cancelled) else "failed"

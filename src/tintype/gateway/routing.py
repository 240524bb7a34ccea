"""One order on its way through its offers: who is asked next, and what is written down of each call.

The next offer is asked while the caller has seen nothing of the picture and the upstream is at fault. What an order
still lacks, after one offer has delivered some of it, is asked of the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from ..core import (
    Attempt,
    Completed,
    Events,
    ImageRequest,
    Note,
    Report,
    Text,
)
from ..core.call import CALL, Call
from ..core.errors import CallerError, NoImage, Refused, TintypeError, TooManyRequests, UpstreamError
from ..transport.upstream import DEADLINE
from .arriving import Bring, arrived
from .gates import Ticket
from .jobs import broken
from .offers import Offer
from .plan import Plan
from .route import Route
from .tally import Tally

PATIENCE = 2.0
"""Seconds that an order waits for an upstream that says when to come back, once every offer has been asked."""

TICK = 0.01
"""Seconds by which it comes later than told: a timer of the event loop may ring a millisecond early, and who comes as
early as that is sent away."""


@dataclass(slots=True, kw_only=True)
class Routing:
    """`plan` is of the first of the `offers`; those of the others are made when it is their turn, by `replan`.

    `deadline` is on the event loop's clock.
    """

    request: ImageRequest
    plan: Plan
    offers: Sequence[Offer]
    route: Route
    report: Report
    replan: Callable[[ImageRequest, Offer], Plan]
    bring: Bring
    keep: Callable[[Attempt], None]
    caller: str
    deadline: float
    drew: dict[str, Offer] = field(default_factory=dict)
    sold: list[tuple[Offer, Attempt]] = field(default_factory=list)  # the calls that are the caller's to pay
    attempts: list[Attempt] = field(default_factory=list)

    def call(self, request: ImageRequest) -> Events:
        """All pictures of `request`, or as many as can be had; raises when there are none of the whole order."""
        return self._call(request, _Trip(request.n))

    async def _call(self, request: ImageRequest, trip: _Trip) -> Events:
        while not trip.is_over and (turn := await self._next(request, trip)):
            first = trip.made
            words: list[Text] = []  # they are told with the picture: another offer would say its own
            try:
                async with aclosing(self._turn(turn, trip)) as events:
                    async for event in events:
                        if first:
                            event = replace(event, index=first + event.index)
                        begun = trip.shown or trip.split or trip.made > first
                        if isinstance(event, Text) and not (begun or turn.is_last):
                            words.append(event)
                            continue
                        if isinstance(event, Completed):
                            trip.made += 1
                        while words:
                            yield words.pop(0)
                        yield event
            except TintypeError as error:
                trip.error = error
                if error.charged:
                    trip.paid.append(turn.offer.card.id)
                trip.stopped = trip.shown or not self._goes_on(error)
            except Exception as error:  # it costs none of the pictures that have come, nor other calls
                trip.error, trip.stopped = broken(self.report, error), True
        if trip.made >= request.n or trip.split:
            return
        missing = trip.error or NoImage(f"{request.n - trip.made} of {request.n} pictures did not come.")
        if not trip.made and request.n == self.request.n:
            raise missing
        self.report.missing.append(missing)

    async def _next(self, request: ImageRequest, trip: _Trip) -> _Turn | None:
        """Who is asked now for what is still lacking: every offer once, and once more where the last failure says
        that this will help soon, but for those that may have been paid."""
        lacking = _rest(request, trip.made) if trip.made else request
        while True:
            if not trip.left:
                if trip.rounds and not await self._is_worth_waiting(trip):
                    return None
                trip.rounds += 1
                trip.left = [
                    each for each in self.route.ordered(self.offers) if each.card.id not in trip.paid
                ]
                if not trip.left:
                    return None
            offer = trip.left.pop(0)
            try:
                plan = self._plan(lacking, offer)
            except CallerError as error:  # another offer could have done it, or has done a part of it
                trip.error = trip.error or error
                continue
            if not offer.breaker.is_open:
                return _Turn(lacking, offer, plan, all(other.breaker.is_open for other in trip.left))
            trip.error = trip.error or offer.breaker.refusal()

    async def _is_worth_waiting(self, trip: _Trip) -> bool:
        pause = trip.pause() if trip.rounds == 1 else None
        if pause is None or asyncio.get_running_loop().time() + pause >= self.deadline:
            return False
        await asyncio.sleep(pause)
        return True

    def _plan(self, request: ImageRequest, offer: Offer) -> Plan:
        if request is self.request and offer is self.offers[0]:
            return self.plan
        return self.replan(request, offer)

    def _goes_on(self, error: TintypeError) -> bool:
        if isinstance(error, Refused):
            return self.route.next_after_refusal
        return isinstance(error, UpstreamError | TooManyRequests)

    def _turn(self, turn: _Turn, trip: _Trip) -> Events:
        if turn.plan is self.plan or not turn.plan.order_notes:
            return self._attempt(turn, trip)
        # It makes fewer at a time: each is a call of its own, at its gate, and may go on to those that are left.
        trip.split = True
        left = [turn.offer, *trip.left]
        for note in turn.plan.order_notes:
            self._tell(note)

        def part(request: ImageRequest) -> Events:
            return self._call(request, _Trip(request.n, left=list(left), paid=list(trip.paid), rounds=1))

        return turn.plan.around(part)(turn.request)

    async def _attempt(self, turn: _Turn, trip: _Trip) -> Events:
        """One call, written down however it ends. Raises NoImage for one that ends well and brings nothing."""
        offer, plan = turn.offer, turn.plan
        ticket = Ticket()
        self.report.place = partial(offer.gate.place, self.caller, ticket)
        await offer.gate.enter(self.caller, self._until(turn), ticket)
        self.report.place = None
        if not offer.breaker.admit():  # it has failed others while this one waited
            offer.gate.leave()
            raise offer.breaker.refusal()
        tally = Tally(plan.request, plan.card)
        self.report.attempts += 1
        self.report.bought = self.report.bought or not offer.provider.local
        DEADLINE.set(self._until(turn))
        call = Call(self.caller, self.report.moved)
        CALL.set(call)
        self.report.calls.append(call)
        try:
            async with aclosing(self._generate(offer, plan)) as events:
                async for event in events:
                    tally.see(event)
                    self._answers(offer, plan)
                    if isinstance(event, Completed):
                        self._compare(tally, plan, event)
                    trip.shown = tally.unfinished
                    yield event
            if not tally.pictures:
                raise NoImage(f"{offer.provider.name} said that it was done, and sent no picture.")
            tally.outcome = "wrong_size" if tally.size_is_wrong else "drawn"
            offer.breaker.succeeded()
        except TintypeError as error:
            tally.fail(error)
            offer.breaker.failed(error)
            raise
        finally:
            call.end()
            self.report.calls.remove(call)
            offer.gate.leave()
            if tally.outcome == "left":
                offer.breaker.ended()
            self._record(offer, tally)

    def _until(self, turn: _Turn) -> float:
        """An offer that is not the last leaves time for the next."""
        now = asyncio.get_running_loop().time()
        return self.deadline if turn.is_last else now + (self.deadline - now) / 2

    def _generate(self, offer: Offer, plan: Plan) -> Events:
        """The provider within its polyfills. Those open pictures, which must be here by then."""

        def here(request: ImageRequest) -> Events:
            return arrived(offer.provider.generate(request, plan.card), self.bring)

        return plan.within(here, self._tell)(plan.request) if plan.remedies else here(plan.request)

    def _answers(self, offer: Offer, plan: Plan) -> None:
        """Who draws, and by which plan, as the caller is told: all that did, once there are several."""
        if offer.card.id in self.drew:
            return
        first = not self.drew
        self.drew[offer.card.id] = offer
        report = self.report
        if first and offer is not self.offers[0]:
            gone = [note for note in self.plan.notes if note not in self.plan.order_notes]
            report.notes[:] = [note for note in report.notes if note not in gone]
        report.notes += [note for note in plan.notes if note not in report.notes]
        report.provider = ", ".join(dict.fromkeys(each.provider.name for each in self.drew.values()))
        report.model = ", ".join(self.drew)

    def _compare(self, tally: Tally, plan: Plan, event: Completed) -> None:
        """A size or a format that is not the one asked for is told."""
        format, size = event.image.header()
        asked, wanted = plan.size(), plan.request.output_format
        if asked and size and size != asked:
            tally.size_is_wrong = True
            self._tell(Note("size", "delivered", f"{size} asked:{asked}"))
        if wanted and format and format != wanted:
            self._tell(Note("output_format", "delivered", f"{format} asked:{wanted}"))

    def _tell(self, note: Note) -> None:
        if note not in self.report.notes:
            self.report.notes.append(note)

    def _record(self, offer: Offer, tally: Tally) -> None:
        attempt = tally.attempt(self.report.job, offer.card, offer.provider)
        if tally.pictures or (tally.outcome == "refused" and attempt.charged):
            self.sold.append((offer, attempt))
        self.attempts.append(attempt)
        self.keep(attempt)


class _Turn(NamedTuple):
    """`is_last`: nobody could be asked after it."""

    request: ImageRequest
    offer: Offer
    plan: Plan
    is_last: bool


@dataclass(slots=True)
class _Trip:
    """How one call fares: `shown` while the caller has seen a preview of a picture that has not come, `split` once its
    pictures are calls of their own, which tell what they lack."""

    wanted: int
    left: list[Offer] = field(default_factory=list)  # those not yet asked in this round
    paid: list[str] = field(default_factory=list)  # those that may have been paid, and are not asked again
    rounds: int = 0
    made: int = 0
    error: TintypeError | None = None
    shown: bool = False
    stopped: bool = False
    split: bool = False

    @property
    def is_over(self) -> bool:
        return self.stopped or self.split or self.made >= self.wanted

    def pause(self) -> float | None:
        """Seconds to wait before all offers are asked again; None where that would not help, or could be paid twice."""
        error = self.error
        if error is None or not error.retryable or error.charged or error.retry_after is None:
            return None
        return error.retry_after + TICK if error.retry_after <= PATIENCE else None


def _rest(request: ImageRequest, made: int) -> ImageRequest:
    """What is still lacking. A fixed seed would draw the same pictures again, and is moved on."""
    seed = None if request.seed is None else request.seed + made
    return replace(request, n=request.n - made, seed=seed, first=request.first + made)

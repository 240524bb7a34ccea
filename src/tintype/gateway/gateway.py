"""The whole of a request, in order: find the card, plan, start the job, verify what came."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from ..core import Completed, Delivery, Events, ImageRequest, Note, Polyfill, Receipt, Report, Usage
from ..core.errors import NoImage
from ..core.money import cost
from ..storage import MemoryStore
from .jobs import Job, Jobs
from .offers import Offer, Offers
from .plan import Plan, make_plan
from .receipts import Receipts


def today() -> date:
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A request that has been understood: who will draw it, by which plan, and the report so far."""

    offer: Offer
    plan: Plan
    report: Report
    base_url: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    offers: Offers
    polyfills: Sequence[Polyfill]
    jobs: Jobs = field(default_factory=Jobs)
    store: MemoryStore = field(default_factory=MemoryStore)
    receipts: Receipts = field(default_factory=Receipts)
    today: Callable[[], date] = today

    def order(self, request: ImageRequest, *, base_url: str = "") -> Order:
        """Everything that is decided before a picture is begun. Raises a CallerError; buys nothing.

        `base_url` is where this house is reached from outside; without one, pictures have no address.
        """
        found = self.offers.find(
            request.model, strict=request.strict, today=self.today(), any_model=request.any_model
        )
        offer = found.offer
        plan = make_plan(
            request, offer.card, self.polyfills, family="" if offer.twin else offer.provider.family
        )
        report = Report(
            asked=request.model,
            model=offer.card.id,
            provider=offer.provider.name,
            created=int(time.time()),
            notes=list(plan.notes),
            notices=list(found.notices),
        )
        delivery, note = _delivery(request, found.delivers, hosted=bool(base_url))
        if note:
            report.notes.append(note)
        plan = replace(plan, request=replace(plan.request, response_format=delivery))
        return Order(offer=offer, plan=plan, report=report, base_url=base_url)

    def submit(self, request: ImageRequest, *, base_url: str = "", request_id: str = "") -> Job:
        """Start the job of a request. Raises a CallerError when it cannot be begun as it is.

        With a `request_id`, a receipt of what it came to is kept under it.
        """
        order = replace(self.order(request, base_url=base_url), request_id=request_id)
        return self.jobs.start(
            lambda: self._generate(order),
            order.plan.request,
            order.report,
            local=order.offer.provider.local,
        )

    async def _generate(self, order: Order) -> Events:
        plan, report = order.plan, order.report
        asked, made, used = plan.size(), 0, Usage()
        async with aclosing(plan.generate(order.offer.provider)(plan.request)) as events:
            async for event in events:
                if isinstance(event, Completed):
                    made += 1
                    used += event.usage
                    size = event.image.header().size
                    if asked and size and size != asked:
                        note = Note("size", "delivered", f"{size} asked:{asked}")
                        if note not in report.notes:
                            report.notes.append(note)
                    if plan.request.response_format == "url":
                        name = self.store.keep(event.image)
                        event = replace(event, image=event.image.at(f"{order.base_url}/pictures/{name}"))
                yield event
        report.cost = cost(used, plan.card.prices, pictures=made)
        if made and order.request_id:
            self.receipts.keep(
                Receipt(request_id=order.request_id, ended=time.time(), usage=used, cost=report.cost)
            )
        if not made:
            raise NoImage(f"{report.provider} said that it was done, and sent no picture.")


def _delivery(request: ImageRequest, usual: Delivery, *, hosted: bool) -> tuple[Delivery, Note | None]:
    """How the pictures go back. Streams and houses without an address carry them within the answer."""
    wanted = request.response_format or usual
    if wanted != "url":
        return wanted, None
    if request.stream or not hosted:
        return "b64_json", Note("response_format", "adjusted", "url->b64_json")
    return "url", Note("response_format", "filled", "host") if usual != "url" else None

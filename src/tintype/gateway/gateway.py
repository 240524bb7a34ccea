"""The whole of a request, in order: find the card, plan, start the job, verify what came."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from ..accounts.records import JobRecord
from ..core import ANYONE, Caller, Image, ImageRequest, Polyfill, Provider, Report
from ..core.errors import CallerError, Garbled, TintypeError, UnknownModel, Unsupported
from ..core.money import dollars
from ..polyfills.host import Host
from ..storage import Store, addresses
from ..transport.untrusted import Fetcher
from .attempts import Attempts
from .books import Books, Memory
from .jobs import Job, Jobs, Work
from .offers import Found, Offer, Offers
from .plan import Plan, make_plan
from .pricing import Hold
from .purchase import Hook, Once, Purchase, Teller
from .recall import Recall
from .results import read_addresses
from .route import Route
from .routing import Routing
from .shelf import Shelf
from .terms import Terms

AGAIN = (0.5, 2.0)
"""Seconds before each further try to fetch a picture that has been paid."""


def today() -> date:
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A request that has been understood: who will be asked for it, by which plan, and the report so far.

    `request` is as the caller sent it; `offer` is the first of the `offers`, and `plan` is made for it.
    """

    request: ImageRequest
    offers: tuple[Offer, ...]
    route: Route
    plan: Plan
    report: Report

    @property
    def offer(self) -> Offer:
        return self.offers[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """`seconds` is the longest that an order may take. `fetcher` brings pictures that upstreams give as addresses."""

    offers: Offers
    polyfills: Sequence[Polyfill]
    jobs: Jobs = field(default_factory=Jobs)
    store: Store = field(default_factory=Store.in_memory)
    books: Books = field(default_factory=Memory)
    terms: Terms = field(default_factory=Terms)
    teller: Teller | None = None
    picture_lifetime: float = 3600.0  # seconds that an address of a picture is good for
    attempts: Attempts = field(default_factory=Attempts)
    keep_seconds: float = 24 * 3600.0  # that a picture can be read again, where that was asked for
    gallery_seconds: float = 0.0  # that every picture is kept, with a thumbnail; 0: there is no gallery
    fetcher: Fetcher = field(default_factory=Fetcher)
    seconds: float = 600.0
    today: Callable[[], date] = today

    def __post_init__(self) -> None:
        """Pictures get their addresses where this house keeps them."""
        keep = addresses(self.store, self.picture_lifetime)
        bound = (Host(keep) if isinstance(each, Host) else each for each in self.polyfills)
        object.__setattr__(self, "polyfills", tuple(bound))

    @property
    def shelf(self) -> Shelf:
        return Shelf(store=self.store, seconds=self.keep_seconds, gallery=self.gallery_seconds)

    @property
    def recall(self) -> Recall:
        return Recall(
            books=self.books,
            jobs=self.jobs,
            store=self.store,
            picture_lifetime=self.picture_lifetime,
            longest=max(self.seconds, self.offers.longest),
        )

    def order(self, request: ImageRequest, *, base_url: str = "", caller: Caller = ANYONE) -> Order:
        """Everything that is decided before a picture is begun. Raises a CallerError; buys nothing.

        `base_url` is where this house is reached from outside; without one, pictures have no address.
        """
        if caller.strict and not request.strict:
            request = replace(request, strict=True)
        found = self.offers.find(
            request.model,
            strict=request.strict,
            today=self.today(),
            any_model=request.any_model,
            caller=caller,
        )
        self._allow(caller, request, found)
        if request.images or request.mask:
            request = replace(
                request,
                images=tuple(self._at_home(image) for image in request.images),
                mask=request.mask and self._at_home(request.mask),
            )
        delivery = request.response_format or found.delivers
        if delivery == "url":
            request = replace(request, addresses=base_url)
            delivery = "b64_json" if request.stream or not base_url else "url"
        offers, plan = self._able(request, found)
        if delivery != (plan.request.response_format or "b64_json"):
            plan = replace(plan, request=replace(plan.request, response_format=delivery))
        report = Report(
            asked=request.model,
            model=offers[0].card.id,
            provider=offers[0].provider.name,
            created=int(time.time()),
            notes=list(plan.notes),
            notices=list(found.notices),
        )
        return Order(
            request=request,
            offers=offers,
            route=found.route,
            plan=plan,
            report=report,
        )

    def _able(self, request: ImageRequest, found: Found) -> tuple[tuple[Offer, ...], Plan]:
        """The offers that can do it, and the plan of the first. Raises what the first of all would say."""
        able: list[Offer] = []
        plans: list[Plan] = []
        errors: list[TintypeError] = []
        for offer in found.offers:
            if not found.route.affords(request, offer.card):
                continue
            try:
                plans.append(self.plan(request, offer))
                able.append(offer)
            except CallerError as error:
                errors.append(error)
        if able:
            return tuple(able), plans[0]
        if errors:
            raise errors[0]
        limit = dollars(found.route.max_price or 0)
        raise Unsupported(
            f"No offer of {request.model or found.offer.card.id} is known to cost at most {limit} a picture.",
            param="model",
            code="price_cap",
        )

    def plan(self, request: ImageRequest, offer: Offer) -> Plan:
        """Raises a CallerError where this offer cannot do it."""
        family = "" if offer.twin else offer.provider.family
        return make_plan(request, offer.card, self.polyfills, family=family)

    def _replan(self, request: ImageRequest, offer: Offer) -> Plan:
        """The plan of a part of an order, or of another offer for it: its pictures are here, and get no addresses."""
        plan = self.plan(replace(request, addresses=None, response_format=None), offer)
        return replace(plan, request=replace(plan.request, response_format="b64_json"))

    def _at_home(self, image: Image) -> Image:
        """The picture itself where its address is one that this house gave out: that needs no network."""
        found = None if image.is_local else self.store.at_home(image.url or "", time.time())
        return image if found is None else Image.from_bytes(found)

    def submit(
        self,
        request: ImageRequest,
        *,
        base_url: str = "",
        request_id: str = "",
        caller: Caller = ANYONE,
        once: Once = Once(),  # noqa: B008 -- frozen
        dialect: str = "",
        stays: bool = False,
        hook: Hook | None = None,
    ) -> Job:
        """Start the job of a request. Raises a CallerError when it cannot be begun as it is; what its account cannot
        pay is told by `job.begun()`, and as the job's error.

        With a `request_id`, what it came to can be asked for by it. Callers take turns where there is a queue, by
        `caller.turn`. A job that `stays` goes on though nobody watches, and its pictures are kept. `hook` is told of it.
        """
        order = self.order(request, base_url=base_url, caller=caller)
        seconds = order.route.deadline or self.seconds
        routing = Routing(
            request=order.request,
            plan=order.plan,
            offers=order.offers,
            route=order.route,
            report=order.report,
            replan=self._replan,
            bring=self._bring,
            keep=self.attempts.keep,
            caller=caller.turn,
            deadline=asyncio.get_running_loop().time() + seconds,
        )
        purchase = Purchase(
            books=self.books,
            routing=routing,
            terms=self.terms,
            caller=caller,
            hold=self.terms.hold(order.request, order.offers, caller, order.route, seconds),
            shelf=self.shelf,
            remember=self.jobs.remember,
            later=self.jobs.do_later,
            teller=self.teller,
            hook=hook,
            once=once,
            dialect=dialect,
            request_id=request_id,
        )
        generate = order.plan.around(routing.call)
        work = Work(
            generate=lambda: generate(order.request),
            seconds=seconds,
            begin=purchase.begin,
            finish=purchase.finish,
            end=purchase.end,
            keep=purchase.keep_late,
        )
        job = self.jobs.start(work, order.plan.request, order.report, caller)
        job.fingerprint = once.fingerprint
        job.stays = stays
        job.kept = stays or bool(once.name)
        return job

    def quote(self, order: Order, caller: Caller) -> Hold:
        """What this caller would pay for it."""
        seconds = order.route.deadline or self.seconds
        return self.terms.quote(order.request, order.offers, caller, order.route, seconds)

    async def forget(self, record: JobRecord) -> int:
        """Delete the pictures of a job that has ended, also from the addresses that they were given. How many there
        were. Raises Unavailable where the store leaves some: they stay written down, for whoever tries again."""
        pictures = await self.books.pictures(record.id)
        told = (self.store.path_of(address) for address in read_addresses(record).values())
        hosted = [path for path in told if path is not None]
        stay = await self.shelf.forget(await self.books.release_pictures(record.id, hosted))
        if stay:
            left = [each for each in pictures if each.path in stay or each.thumbnail in stay]
            await self.books.keep_pictures(record.id, left)
            raise next(iter(stay.values()))
        return len(pictures)

    def _allow(self, caller: Caller, request: ImageRequest, found: Found) -> None:
        """Raises UnknownModel for a model that the key may not use."""
        card = found.offer.card
        asked = (request.model,) if self.offers.knows(request.model) else ()
        if not caller.may_use(*asked, card.id, card.of, *card.aliases):
            raise UnknownModel(
                f"This key may not use the model `{request.model or card.id}`.",
                param="model",
                code="model_not_allowed",
            )

    async def _bring(self, image: Image, paid: bool) -> Image:
        """A picture at an address that an upstream told: someone else's word, like a caller's."""
        which, pauses = "The upstream's picture", AGAIN if paid else ()
        try:
            return Image.from_bytes(await self.fetcher.fetch(image.url or "", which=which, pauses=pauses))
        except TintypeError as error:
            raise Garbled(str(error), code="upstream_picture_lost", charged=True) from None

    @property
    def providers(self) -> tuple[Provider, ...]:
        return tuple({id(offer.provider): offer.provider for offer in self.offers}.values())

    async def close(self) -> None:
        """After the last job: connections are let go of."""
        for provider in self.providers:
            await provider.close()

"""The terms that an operator sells by: what a caller pays, and the most that an order can come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..core import Caller, ImageRequest, Micros
from ..core.errors import Unsupported
from .offers import Offer
from .pricing import Candidate, Hold, Markup, hold_of
from .route import USUAL, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`prompts`: whether they are written down."""

    markup: Markup = field(default_factory=Markup)
    charge_twins: bool = False
    allow_unknown_price: bool = False
    prompts: bool = True

    def quote(
        self,
        request: ImageRequest,
        offers: Sequence[Offer],
        caller: Caller,
        route: Route = USUAL,
        seconds: float | None = None,
        *,
        guess: bool = True,
    ) -> Hold:
        """What this caller would pay; `seconds` is the longest that the order may take. `guess`: whether also what is
        likely."""
        return hold_of(
            request,
            [Candidate(offer.card, offer.provider.name, offer.twin) for offer in offers],
            self.markup,
            caller_markup=caller.markup,
            charge_twins=self.charge_twins or not caller.account,
            next_after_refusal=route.next_after_refusal,
            seconds=seconds,
            guess=guess,
        )

    def charges(self, offer: Offer, caller: Caller) -> bool:
        """Whether somebody pays for what this offer draws: nobody does for a twin, unless an account does."""
        return not offer.twin or (self.charge_twins and bool(caller.account))

    def price(self, offer: Offer, cost: Micros | None, caller: Caller) -> Micros | None:
        """What this caller pays for what an offer took."""
        if offer.twin and caller.account and not self.charge_twins:
            return 0
        if cost is None:
            return None
        model = offer.card.of or offer.card.id
        return self.markup.price(cost, provider=offer.provider.name, model=model, caller_markup=caller.markup)

    def hold(
        self, request: ImageRequest, offers: Sequence[Offer], caller: Caller, route: Route, seconds: float
    ) -> Micros:
        """What is set aside for an order. Raises Unsupported where its price is not known, and must be."""
        if not caller.account:
            return 0
        found = self.quote(request, offers, caller, route, seconds, guess=False)
        if found.unknown and not self.allow_unknown_price:
            raise Unsupported(
                f"The price of {', '.join(found.unknown)} is not known here, and this house sells nothing whose "
                "price it does not know. The operator may allow it with `allow_unknown_price`.",
                param="model",
                code="price_unknown",
            )
        return found.most

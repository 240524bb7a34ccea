"""The terms that an operator sells by: what a caller pays, and the most that an order can come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..core import Caller, ImageRequest, Micros
from ..core.errors import Unsupported
from ..core.quote import estimate, price
from .offers import Offer
from .pricing import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """To the caller: what it will probably come to, and at most; None where a price is not known."""

    likely: Micros | None
    most: Micros | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`prompts`: whether they are written down."""

    markup: Markup = field(default_factory=Markup)
    charge_twins: bool = False
    allow_unknown_price: bool = False
    prompts: bool = True

    def quote(self, request: ImageRequest, offers: Sequence[Offer], caller: Caller) -> Quote:
        """`likely` is of the first of the offers, `most` of the dearest."""
        first = offers[0].card
        likely = self.price(offers[0], price(estimate(request, first), first, pictures=request.n), caller)
        most: Micros | None = 0
        for offer in offers:
            own = self.price(
                offer, price(estimate(request, offer.card), offer.card, pictures=request.n), caller
            )
            most = None if own is None or most is None else max(most, own)
        return Quote(likely=likely, most=most)

    def price(self, offer: Offer, cost: Micros | None, caller: Caller) -> Micros | None:
        """What this caller pays for what an offer takes."""
        if offer.twin and caller.account and not self.charge_twins:
            return 0
        if cost is None:
            return None
        card = offer.card
        return self.markup.price(
            cost, provider=card.provider, model=card.of or card.id, caller_markup=caller.markup
        )

    def hold(self, request: ImageRequest, offers: Sequence[Offer], caller: Caller) -> Micros:
        """What is set aside for an order. Raises Unsupported where its price is not known, and must be."""
        if not caller.account:
            return 0
        most = self.quote(request, offers, caller).most
        if most is None:
            if self.allow_unknown_price:
                return 0
            raise Unsupported(
                f"The price of {offers[0].card.id} is not known here, and this house sells nothing whose price it "
                "does not know. The operator may allow it with `allow_unknown_price`.",
                param="model",
                code="price_unknown",
            )
        return most

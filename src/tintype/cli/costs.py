"""What an order is likely to cost, and sums of money in words."""

from __future__ import annotations

from ..core import ImageRequest, Micros, ModelCard, Size, Usage
from ..core.money import cost, dollars
from ..core.tokens import text_tokens
from ..gateway.offers import Offer


def estimate(request: ImageRequest, card: ModelCard) -> Usage | None:
    """The tokens of an order before it is drawn; None where the model counts none, or not by a known rule."""
    if card.tokens is None:
        return None
    size = card.sizes.nearest(request.size or Size(1024, 1024))
    quality = request.quality or card.default_quality
    previews = (request.partial_images or 0) if request.stream else 0
    inputs = [image.header().size for image in request.images]
    each = card.tokens.image_out(quality, size) + card.tokens.per_partial * previews
    return Usage(
        text_in=text_tokens(request.prompt),
        image_in=sum(card.tokens.image_in(one) for one in inputs if one),
        image_out=each * request.n,
    )


def price(usage: Usage | None, card: ModelCard, *, pictures: int) -> Micros | None:
    """None when it is not known. Without tokens to count, only a card that sells by the picture, or that
    says "nothing", is known."""
    if (usage is None or card.tokens is None) and card.prices.image is None:
        return 0 if card.prices.image_out == 0 else None
    return cost(usage or Usage(), card.prices, pictures=pictures)


def is_charged(offer: Offer) -> bool:
    return not (offer.twin or offer.provider.local)


def money(amount: Micros) -> str:
    """For people: three decimals, or as many as show two digits of a smaller sum.

    >>> money(52_730), money(412), money(0), money(1_500_000)
    ('$0.053', '$0.00041', '$0.00', '$1.50')
    """
    if amount >= 1_000:
        amount = round(amount, -3)
    elif amount >= 10:
        amount = round(amount, 2 - len(str(amount)))
    return dollars(amount)


def bill(amount: Micros | None, offer: Offer) -> str:
    """The cost in a few words, e.g. `$0.053 (twin: not charged)`."""
    if offer.twin:
        return "no cost (twin)" if amount is None else f"{money(amount)} (twin: not charged)"
    if offer.provider.local:
        return "free"
    return "cost not known" if amount is None else money(amount)

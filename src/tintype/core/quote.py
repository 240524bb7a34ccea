"""What an order will probably count and cost, before anything is drawn."""

from __future__ import annotations

from .card import ModelCard
from .events import Usage
from .money import Micros, cost
from .request import ImageRequest
from .size import Size
from .tokens import text_tokens


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

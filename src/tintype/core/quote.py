"""What an order will probably count and cost, and the most that it can cost, before anything is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import isqrt

from .card import ModelCard
from .events import Usage
from .money import Drawn, Micros, cost, of_pictures
from .request import ImageRequest
from .size import TIERS, Size
from .tokens import text_tokens

OVERHEAD = 100
"""Tokens that a vendor may put around a prompt, in a ceiling."""

WORDS = 1024
THOUGHTS = 4096
"""Tokens of text that a picture may come with, in a ceiling: of a model that says no words, and of one that does. No
vendor says how many there can be; a few hundred are usual."""

ANY_INPUT = Size(9216, 9216)
"""Stands for an input picture that nobody has seen yet: as many tiles as any has of 50 million pixels."""


def estimate(request: ImageRequest, card: ModelCard) -> Usage | None:
    """The tokens of an order before it is drawn; None where the model counts none, or not by a known rule.

    What goes in counts for each call that the order takes.
    """
    if card.tokens is None:
        return None
    out = card.tokens.image_out(_usual_quality(request, card), _usual_size(request, card))
    if not out:
        return None
    sent, calls = inputs(request, card), request.n if request.stream else -(-request.n // card.max_n)
    return Usage(
        text_in=sent.text_in * calls,
        image_in=sent.image_in * calls,
        image_out=(out + card.tokens.per_partial * _previews(request, card)) * request.n,
    )


def inputs(request: ImageRequest, card: ModelCard) -> Usage:
    """What goes in with one call, as far as it can be told."""
    sizes = [image.header().size for image in request.images]
    count = card.tokens.image_in if card.tokens else lambda size: 0
    return Usage(text_in=text_tokens(request.prompt), image_in=sum(count(size) for size in sizes if size))


def price(
    usage: Usage | None,
    card: ModelCard,
    *,
    pictures: int | Sequence[Drawn],
    previews: int = 0,
    seconds: float | None = None,
) -> Micros | None:
    """None when it is not known. Without tokens to count, only a card that sells by the unit, or that
    says "nothing", is known."""
    if (usage is None or card.tokens is None) and not card.prices.by_the_unit:
        return 0 if card.prices.image_out == 0 else None
    return cost(usage or Usage(), card.prices, pictures=pictures, previews=previews, seconds=seconds)


def likely(request: ImageRequest, card: ModelCard) -> Micros | None:
    """The price of what is estimated: the model's usual quality and size, where none was asked for."""
    quality = _usual_quality(request, card)
    each = Drawn(_usual_size(request, card), quality, steps_of(request, card, quality))
    previews = _previews(request, card) * request.n
    return price(estimate(request, card), card, pictures=[each] * request.n, previews=previews)


def ceiling(request: ImageRequest, card: ModelCard, *, seconds: float | None = None) -> Micros | None:
    """The most that each picture of an order can cost at its vendor; None when a price is not known.

    It is taken to be of the dearest quality and size that it can have by this request, with all previews, in a call
    of its own. `seconds` is the longest that the order may take.
    """
    prices, formula = card.prices, card.tokens
    quality = request.quality if request.quality in card.qualities else None
    dearest = _dearest(card, request.size, quality, _steps_said(request, card))
    if dearest is None:
        return None
    one, out = dearest
    previews, usage = _previews(request, card), Usage()
    if formula is not None:
        usage = Usage(
            text_in=_most_text(request),
            image_in=_most_input(request, card),
            text_out=0 if prices.text_out is None else THOUGHTS if card.says_text else WORDS,
            image_out=out + formula.per_partial * previews,
        )
    return cost(usage, prices, pictures=[one], previews=previews, seconds=seconds)


@lru_cache(maxsize=4096)
def _dearest(
    card: ModelCard, size: Size | None, quality: str | None, said: int | None
) -> tuple[Drawn, int] | None:
    """The dearest picture that may come of this size, quality and number of steps, None being any, and its tokens.
    None where one of them has no price that is known. What else an order costs is the same for all of them."""
    prices, formula = card.prices, card.tokens
    if formula is None and any((prices.text_in, prices.image_in, prices.text_out, prices.image_out)):
        return None
    found: list[tuple[Micros, Drawn, int]] = []
    for each in _sizes(size, card):
        for name in (quality,) if quality is not None else card.qualities or (None,):
            one = Drawn(each, name, said or card.steps.get(name or ""))
            out = formula.image_out(name, each) if formula is not None and each else 0
            if formula is not None and not out and prices.image_out and not prices.by_the_unit:
                return None
            units = of_pictures([one], prices)
            if units is None:
                return None
            found.append((units + out * (prices.image_out or 0), one, out))
    _, one, out = max(found, key=lambda each: each[0])
    return one, out


def refusal(request: ImageRequest, card: ModelCard) -> Micros | None:
    """What a vendor takes who drew all that was asked for, and withheld it: known of one who sells by the picture."""
    if not card.prices.by_the_unit:
        return None
    size = None if request.size is None else card.sizes.nearest(request.size)
    one = sold_as(size, request.quality, request, card)
    return cost(Usage(), card.prices, pictures=[one] * request.n)


def sold_as(size: Size | None, quality: str | None, request: ImageRequest, card: ModelCard) -> Drawn:
    """A picture of an order as its price goes by it: a model with one quality need not be told of it."""
    quality = quality or (card.qualities[0] if len(card.qualities) == 1 else None)
    return Drawn(size, quality, steps_of(request, card, quality))


def steps_of(request: ImageRequest, card: ModelCard, quality: str | None) -> int | None:
    """Those of each picture; None where the model does not say in how many it draws."""
    return _steps_said(request, card) or card.steps.get(quality or "")


def _steps_said(request: ImageRequest, card: ModelCard) -> int | None:
    return request.num_inference_steps if "num_inference_steps" in card.accepts else None


def _sizes(asked: Size | None, card: ModelCard) -> list[Size | None]:
    """Those that a picture of the order may have; of a grid a square that is as large as any of it, with those that have
    a price of their own."""
    sizes = card.sizes
    if asked is not None:
        return [sizes.nearest(asked)]
    if sizes.listed:
        return list(sizes.listed)
    if sizes.shapes:
        usual = next(iter(sizes.shapes)).tier
        edge = max(TIERS[usual or "1K"], TIERS["1K"])
        return [size for ratio, size in sizes.shapes.items() if TIERS[ratio.tier or "1K"] <= edge]
    if sizes.grid is None:
        return [None]
    edge = isqrt(min(sizes.grid.max_pixels, sizes.grid.max_edge**2) - 1) + 1
    priced = {size for row in card.prices.images.values() for size in row if size and not sizes.fault(size)}
    return [Size(edge, edge), *sorted(priced)]


def _most_text(request: ImageRequest) -> int:
    """A token of a tokenizer that knows every byte is a byte at least."""
    texts = (request.prompt, request.negative_prompt or "")
    return OVERHEAD + sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)


def _most_input(request: ImageRequest, card: ModelCard) -> int:
    """With the mask, which some vendors count as one more picture."""
    assert card.tokens is not None
    sent = (*request.images, request.mask) if request.mask else request.images
    sizes = [image.header().size or ANY_INPUT for image in sent]
    is_fine = request.input_fidelity == "high" or request.media_resolution is not None
    extra = card.tokens.input_extra if is_fine else 0
    return sum(card.tokens.image_in(size) + extra for size in sizes)


def _usual_size(request: ImageRequest, card: ModelCard) -> Size:
    return card.sizes.nearest(request.size or Size(1024, 1024))


def _usual_quality(request: ImageRequest, card: ModelCard) -> str | None:
    return request.quality if request.quality in card.qualities else card.default_quality


def _previews(request: ImageRequest, card: ModelCard) -> int:
    """Of each picture."""
    return min(request.partial_images or 0, card.partial_images) if request.stream else 0

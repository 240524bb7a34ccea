"""Money in whole micro-dollars: 1,000,000 is one US dollar. No floats, so that sums are exact."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

from .events import Usage
from .size import Size

Micros = int

MILLION = 1_000_000

ANY = "*"
"""In a table of prices: of every quality that has no row of its own."""


class Drawn(NamedTuple):
    """A finished picture, as far as its price goes by it. None: not known."""

    size: Size | None = None
    quality: str | None = None
    steps: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What a vendor takes, in micro-dollars; None: not known.

    Per million tokens of a kind: `text_in`, `image_in`, `text_out`, `image_out`; the cached ones are for tokens that the
    vendor read from its cache, which are not paid a second time at the full price.

    For a vendor who sells by the unit: `image` for each finished picture; `images` for one of a quality and a size, whose
    keys may be `ANY` quality and None for any size; `megapixel` for each million of its true pixels, and
    `megapixel_step` for as many in each step that they were drawn in; `second` of drawing; and beside any of these,
    `preview`. What is said adds up, but of `image` and `images` the one that is nearer to the picture holds.
    """

    text_in: Micros | None = None
    image_in: Micros | None = None
    text_out: Micros | None = None
    image_out: Micros | None = None
    cached_text_in: Micros | None = None
    cached_image_in: Micros | None = None
    image: Micros | None = None
    images: Mapping[str, Mapping[Size | None, Micros]] = field(default_factory=dict)
    megapixel: Micros | None = None
    megapixel_step: Micros | None = None
    second: Micros | None = None
    preview: Micros | None = None

    by_the_unit: bool = field(init=False, repr=False, compare=False)
    """Whether pictures, pixels or seconds are sold, so that tokens without a price cost nothing."""
    is_unknown: bool = field(init=False, repr=False, compare=False)
    """Whether nothing is said."""

    def __post_init__(self) -> None:
        units = (self.image, self.megapixel, self.megapixel_step, self.second)
        by_the_unit = bool(self.images) or any(price is not None for price in units)
        tokens = (self.text_in, self.image_in, self.text_out, self.image_out)
        rest = (self.cached_text_in, self.cached_image_in, self.preview)
        object.__setattr__(self, "by_the_unit", by_the_unit)
        is_unknown = not by_the_unit and all(price is None for price in (*tokens, *rest))
        object.__setattr__(self, "is_unknown", is_unknown)

    @property
    def by_the_token(self) -> bool:
        """Whether tokens that come out cost something."""
        return bool(self.image_out or self.text_out)

    def of_picture(self, drawn: Drawn) -> Micros | None:
        """From the table, else `image`. A quality or a size that is not told may have been any: then the price is
        known only where it is one and the same for all.

        >>> prices = Prices(images={"high": {Size(1024, 1024): 167_000, Size(1024, 1536): 250_000}, ANY: {None: 9_000}})
        >>> prices.of_picture(Drawn(Size(1024, 1536), "high")), prices.of_picture(Drawn(Size(8, 8), "low"))
        (250000, 9000)
        >>> prices.of_picture(Drawn(Size(1024, 1024)))
        """
        found = set(self._of_picture(drawn))
        return found.pop() if len(found) == 1 else None

    def _of_picture(self, drawn: Drawn) -> Iterator[Micros | None]:
        """Every price that it may have."""
        for quality in (*self.images, ANY) if drawn.quality is None else (drawn.quality,):
            rows = [self.images[name] for name in (quality, ANY) if name in self.images]
            sizes = (*(size for row in rows for size in row), None) if drawn.size is None else (drawn.size,)
            for size in sizes:
                facts = (row[key] for row in rows for key in (size, None) if key in row)
                yield next(facts, self.image)


UNKNOWN = Prices()


def cost(
    usage: Usage,
    prices: Prices,
    *,
    pictures: int | Sequence[Drawn] = 1,
    previews: int = 0,
    seconds: float | None = None,
) -> Micros | None:
    """What an order costs, rounded up to a whole micro-dollar; None when a price it needs is not known.

    `pictures` is how many came out, or what each of them is; `seconds` how long they took. Whoever sells by the unit
    takes nothing for tokens, and nobody for previews, without a price of their own.

    >>> cost(Usage(text_in=10, image_out=1756), Prices(text_in=5_000_000, image_out=30_000_000), pictures=1)
    52730
    >>> cost(Usage(image_out=1756), Prices(image=5_000), pictures=4)
    20000
    >>> cost(Usage(), Prices(megapixel=30_000), pictures=[Drawn(Size(1024, 1024))])
    31458
    >>> cost(Usage(), UNKNOWN, pictures=1)  # no token was counted, and that does not make it free
    """
    if prices.is_unknown:
        return None
    drawn = [Drawn()] * pictures if isinstance(pictures, int) else pictures
    if drawn and prices.image_out is None and not prices.by_the_unit:
        return None
    parts = (_tokens(usage, prices), of_pictures(drawn, prices), _time(seconds, prices))
    total = previews * (prices.preview or 0) * MILLION
    for part in parts:
        if part is None:
            return None
        total += part
    return -(-total // MILLION)


def _tokens(usage: Usage, prices: Prices) -> int | None:
    """In millionths of a micro-dollar, as all that is summed up in `cost`."""
    total = 0
    for tokens, price in (
        (usage.text_in, prices.text_in),
        (usage.image_in, prices.image_in),
        (usage.text_out, prices.text_out),
        (usage.image_out, prices.image_out),
    ):
        if tokens and price is None and not prices.by_the_unit:
            return None
        total += tokens * (price or 0)
    return total - _saved(usage, prices)


def _saved(usage: Usage, prices: Prices) -> int:
    """What the cache saves at least: which of the tokens came from it is not told, so it is those that save least."""
    if not usage.cached_in:
        return 0
    kinds = (
        (usage.text_in, prices.text_in, prices.cached_text_in),
        (usage.image_in, prices.image_in, prices.cached_image_in),
    )
    saving = [
        (0 if full is None or cached is None else full - cached, tokens) for tokens, full, cached in kinds
    ]
    left, saved = usage.cached_in, 0
    for each, tokens in sorted(saving):
        saved += each * min(left, tokens)
        left -= min(left, tokens)
    return saved


def of_pictures(drawn: Sequence[Drawn], prices: Prices) -> int | None:
    """What is taken for them by the unit, in millionths of a micro-dollar; None where a price is not known."""
    total = 0
    for one in drawn:
        if prices.image is not None or prices.images:
            price = prices.of_picture(one)
            if price is None:
                return None
            total += price * MILLION
        if prices.megapixel is not None:
            if one.size is None:
                return None
            total += prices.megapixel * one.size.width * one.size.height
        if prices.megapixel_step is not None:
            if one.size is None or one.steps is None:
                return None
            total += prices.megapixel_step * one.size.width * one.size.height * one.steps
    return total


def _time(seconds: float | None, prices: Prices) -> int | None:
    """By the started millionth of a second."""
    if prices.second is None:
        return 0
    return None if seconds is None else prices.second * ceil(seconds * MILLION)


def dollars(amount: Micros) -> str:
    """For people: at least two decimals, and no digit lost.

    >>> dollars(52_730), dollars(1_500_000), dollars(0)
    ('$0.05273', '$1.50', '$0.00')
    """
    whole, rest = divmod(amount, MILLION)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"${whole}.{decimals}"


def usd(amount: Micros) -> str:
    """For machines: a decimal number of US dollars with all six places.

    >>> usd(52_730), usd(-5), usd(12_000_000)
    ('0.052730', '-0.000005', '12.000000')
    """
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // MILLION}.{abs(amount) % MILLION:06d}"


_DECIMAL = re.compile(r"([+-]?)(\d{1,9})(?:\.(\d{1,6})0*)?", re.ASCII)


def micros(text: str) -> Micros:
    """Dollars as they are written, exactly. Raises ValueError for what is no sum of whole micro-dollars.

    >>> micros("12.34"), micros("-0.000001"), micros("5")
    (12340000, -1, 5000000)
    >>> micros("0.0000001")
    Traceback (most recent call last):
    ValueError: '0.0000001' is not a sum in dollars such as 12.50, with at most six decimals
    """
    found = _DECIMAL.fullmatch(text.strip())
    if found is None:
        shown = text if len(text) <= 40 else f"{text[:37]}..."
        raise ValueError(f"{shown!r} is not a sum in dollars such as 12.50, with at most six decimals")
    sign, whole, rest = found.groups()
    amount = int(whole) * MILLION + int((rest or "").ljust(6, "0"))
    return -amount if sign == "-" else amount

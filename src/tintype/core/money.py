"""Money in whole micro-dollars: 1,000,000 is one US dollar. No floats, so that sums are exact."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .events import Usage

Micros = int

MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What a vendor takes per million tokens of each kind, in micro-dollars; None: not known.

    `image` is the price of one finished picture, of a vendor who sells by the picture.
    """

    text_in: Micros | None = None
    image_in: Micros | None = None
    text_out: Micros | None = None
    image_out: Micros | None = None
    image: Micros | None = None


UNKNOWN = Prices()


def cost(usage: Usage, prices: Prices, *, pictures: int = 1) -> Micros | None:
    """What an order costs, rounded up to a whole micro-dollar; None when a price it needs is not known.

    Whoever sells by the picture takes nothing for tokens without a price of their own.

    >>> cost(Usage(text_in=10, image_out=1756), Prices(text_in=5_000_000, image_out=30_000_000), pictures=1)
    52730
    >>> cost(Usage(image_out=1756), Prices(image=5_000), pictures=4)
    20000
    >>> cost(Usage(), UNKNOWN, pictures=1)  # no token was counted, and that does not make it free
    """
    if prices == UNKNOWN:
        return None
    by_picture = prices.image is not None
    total = pictures * (prices.image or 0) * MILLION
    for tokens, price in (
        (usage.text_in, prices.text_in),
        (usage.image_in, prices.image_in),
        (usage.text_out, prices.text_out),
        (usage.image_out, prices.image_out),
    ):
        if tokens and price is None and not by_picture:
            return None
        total += tokens * (price or 0)
    return -(-total // MILLION)


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


_DECIMAL = re.compile(r"([+-]?)(\d{1,12})(?:\.(\d{1,6})0*)?", re.ASCII)


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

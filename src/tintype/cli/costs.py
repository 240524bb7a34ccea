"""Sums of money in words, and whether they are charged."""

from __future__ import annotations

from ..core import Micros
from ..core.money import dollars
from ..gateway.offers import Offer


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

"""How much a batch is: what it would come to before, what it came to after, and both in a few words."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from ..core import Micros
from ..core.errors import CallerError, Unauthenticated
from ..core.money import micros, usd
from .costs import money
from .failures import sentence
from .lines import Line
from .results import Result, Results
from .shops import Quote, Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """How much is to be ordered. `free` is what twins' models would take."""

    left: Sequence[Line]
    done: int
    pictures: int
    charged: Micros
    free: Micros
    unknown: int  # orders that will be charged nobody knows how much

    def in_words(self) -> str:
        """
        >>> from pathlib import Path
        >>> line = Line(number=1, custom_id=None, path="", body={}, folder=Path())
        >>> Total(left=[], done=2, pictures=0, charged=0, free=0, unknown=0).in_words()
        'nothing to order (2 done before)'
        >>> Total(left=[line, line], done=0, pictures=2, charged=50_000, free=69_000, unknown=0).in_words()
        '2 orders, 2 pictures: about $0.05, and about $0.069 of twins that is not charged'
        """
        before = f" ({self.done} done before)" if self.done else ""
        if not self.left:
            return f"nothing to order{before}"
        sums = []
        if self.charged or not (self.free or self.unknown):
            sums.append(f"about {money(self.charged)}" if self.charged else "free")
        if self.free:
            sums.append(f"{'and ' if sums else ''}about {_of_twins(self.free, beside=bool(sums))}")
        if self.unknown:
            sums.append(f"{counted(self.unknown, 'order')} whose cost is not known")
        return f"{counted(len(self.left), 'order')}, {counted(self.pictures, 'picture')}{before}: {', '.join(sums)}"

    def as_json(self) -> str:
        document = {
            "orders": len(self.left),
            "done": self.done,
            "pictures": self.pictures,
            "cost": usd(self.charged),
            "not_charged": usd(self.free),
            "unknown": self.unknown,
        }
        return msgspec.json.encode(document).decode()


def count(lines: Sequence[Line], faults: dict[int, str], results: Results, shop: Shop) -> Total:
    """What is left to order, and its cost. Orders that cannot be are added to the faults.

    Raises TintypeError where the server cannot be asked.
    """
    left: list[Line] = []
    for line in lines:
        with _named(line, faults):
            if not results.has(line):
                left.append(line)
    quotes = asyncio.run(_quotes(left, faults, shop))
    unknown = sum(quote.amount is None and quote.charged for quote in quotes)
    return Total(
        left=left,
        done=len(lines) - len(left),
        pictures=sum(quote.pictures for quote in quotes),
        charged=sum(quote.amount or 0 for quote in quotes if quote.charged),
        free=sum(quote.amount or 0 for quote in quotes if not quote.charged),
        unknown=unknown,
    )


async def _quotes(lines: Sequence[Line], faults: dict[int, str], shop: Shop) -> list[Quote]:
    try:
        found = []
        for line in lines:
            with _named(line, faults):
                found.append(await shop.quote(line))
        return found
    finally:
        await shop.close()


@contextmanager
def _named(line: Line, faults: dict[int, str]) -> Iterator[None]:
    try:
        yield
    except Unauthenticated:
        raise
    except CallerError as error:
        faults[line.number] = sentence(error)


def bill(results: Sequence[Result]) -> str:
    """What they came to in a few words.

    >>> made = Result(custom_id=None, line=1, status="done", files=["1-1.png"], cost="0.052730", charged=True)
    >>> bill([made, made]), bill([]), bill([msgspec.structs.replace(made, cost=None)])
    ('$0.105', '', 'cost not known')
    >>> twin = msgspec.structs.replace(made, charged=False)
    >>> bill([made, twin]), bill([msgspec.structs.replace(made, cost="0.000000"), twin])
    ('$0.053, and $0.053 of twins that is not charged', '$0.053 (twins: not charged)')
    """
    made = [result for result in results if result.files]
    charged = [result for result in made if result.charged]
    known = sum(micros(result.cost) for result in charged if result.cost)
    unknown = sum(result.cost is None for result in charged)
    free = sum(micros(result.cost) for result in made if result.cost and not result.charged)
    parts = [money(known)] if known or (charged and not (unknown or free)) else []
    if unknown:
        parts.append("cost not known" if not known else f"{unknown} of unknown cost")
    if free:
        parts.append(_of_twins(free, beside=bool(parts)))
    return ", and ".join(parts)


def _of_twins(amount: Micros, *, beside: bool) -> str:
    """`beside`: another sum, which is charged, stands before it."""
    return (
        f"{money(amount)} of twins that is not charged" if beside else f"{money(amount)} (twins: not charged)"
    )


def any_charged(results: Sequence[Result]) -> bool:
    return any(result.charged for result in results)


def counted(number: int, name: str) -> str:
    """
    >>> counted(1, "order"), counted(1200, "order")
    ('1 order', '1,200 orders')
    """
    return f"{number:,} {name}{'' if number == 1 else 's'}"

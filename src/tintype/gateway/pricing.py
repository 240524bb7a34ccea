"""What callers pay: an upstream's price and the operator's markup on it, and the most that an order can come to."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, Self

from ..core import ImageRequest, Micros, ModelCard
from ..core.quote import ceiling, likely, refusal

WHOLE = 10_000
"""Basis points that are all of a price."""

_PERCENT = re.compile(r"([+-]?)(\d{1,6})(?:\.(\d{1,2}))?\s*%")


@dataclass(frozen=True, slots=True, kw_only=True)
class Markup:
    """In basis points: 2_000 is 20 % more. `provider` and `model` are by name or pattern; a name is nearer than a
    pattern, and of patterns the one that is written first."""

    default: int = 0
    provider: Mapping[str, int] = field(default_factory=dict)
    model: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Self:
        """`[markup]` as it is written: `default = "20%"`, and such texts by name in `[markup.provider]` and
        `[markup.model]`. Raises ValueError naming the one at fault."""
        for key in table:
            if key not in ("default", "provider", "model"):
                raise ValueError(f"[markup]: `{key}` is not a key; there are default, provider, model")
        for key in ("provider", "model"):
            if not isinstance(table.get(key, {}), Mapping):
                raise ValueError(f"[markup]: `{key}` is a table of names and what is put on their prices")
        return cls(
            default=_points("[markup]: `default`", table.get("default", "0%")),
            provider=_row("[markup.provider]", table.get("provider", {})),
            model=_row("[markup.model]", table.get("model", {})),
        )

    def check(self, providers: Collection[str], models: Collection[str]) -> None:
        """Raises ValueError for a name that is none of these: it is misspelt, and what it says would be asked of nobody."""
        for kind, row, known in (("provider", self.provider, providers), ("model", self.model, models)):
            for name in row:
                if name not in known and not set("*?[") & set(name):
                    own = "" if kind == "provider" else ": a model's name is its vendor's, whoever sells it"
                    raise ValueError(f"[markup.{kind}]: there is no {kind} {name!r}{own}")

    def points(self, *, provider: str, model: str, caller_markup: int | None = None) -> int:
        """The caller's own before the model's, the provider's and the default."""
        if caller_markup is not None:
            return caller_markup
        for name, row in ((model, self.model), (provider, self.provider)):
            if name in row:
                return row[name]
            for pattern, points in row.items():
                if fnmatchcase(name, pattern):
                    return points
        return self.default

    def price(self, cost: Micros, *, provider: str, model: str, caller_markup: int | None = None) -> Micros:
        """What a caller pays for what cost so much, rounded up to a whole micro-dollar. `model` is the model's own
        name, whoever sells it: `Attempt.model`.

        >>> Markup(default=2_000).price(52_730, provider="openai", model="gpt-image-2")
        63276
        """
        points = self.points(provider=provider, model=model, caller_markup=caller_markup)
        return max(0, -(-cost * (WHOLE + points) // WHOLE))


def _row(where: str, row: Mapping[str, Any]) -> dict[str, int]:
    return {name: _points(f"{where}: `{name}`", value) for name, value in row.items()}


def _points(where: str, value: object) -> int:
    found = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(
            f'{where}: a text such as "20%", "12.5%" or "-10%" is wanted, of at most two decimals, not {value!r}'
        )
    sign, whole, rest = found.groups(default="")
    points = int(whole) * 100 + int(rest.ljust(2, "0") or 0)
    if sign == "-" and points > WHOLE:
        raise ValueError(f"{where}: {value!r} would pay callers for their pictures; -100% is free of charge")
    return -points if sign == "-" else points


class Candidate(NamedTuple):
    """One offer of an order, by the name of its provider."""

    card: ModelCard
    provider: str
    twin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """The most that an order can cost its caller at any of its offers, as far as that is known; `unknown` are the ids
    of the offers of which it is not. `likely` is what it will probably cost at the first of them, where that was asked;
    None: not known."""

    most: Micros
    unknown: tuple[str, ...] = ()
    likely: Micros | None = None

    @property
    def ceiling(self) -> Micros | None:
        return None if self.unknown else self.most


def hold_of(
    request: ImageRequest,
    candidates: Sequence[Candidate],
    markup: Markup,
    *,
    caller_markup: int | None = None,
    charge_twins: bool = False,
    next_after_refusal: bool = False,
    seconds: float | None = None,
    guess: bool = True,
) -> Hold:
    """`candidates` are the offers in their order, one at least. Twins cost nothing, unless they are charged.

    An order can be completed by one offer after the other; only where one is asked after the refusal of another can both
    be paid for the same picture. `seconds` is the longest that it may take. `guess`: whether `likely` is asked.
    """

    def priced(cost: Micros | None, offer: Candidate) -> Micros | None:
        if cost is None:
            return None
        model = offer.card.of or offer.card.id
        return markup.price(cost, provider=offer.provider, model=model, caller_markup=caller_markup)

    charged = [offer for offer in candidates if charge_twins or not offer.twin]
    # Each picture may be a call of its own, and each call is rounded up.
    each = {offer.card.id: priced(ceiling(request, offer.card, seconds=seconds), offer) for offer in charged}
    most = max((amount for amount in each.values() if amount is not None), default=0)
    if next_after_refusal:
        one = replace(request, n=1)
        most += sum(priced(refusal(one, offer.card), offer) or 0 for offer in charged)
    unknown = tuple(id for id, amount in each.items() if amount is None)
    first, usual = candidates[0], None
    if guess:
        usual = priced(likely(request, first.card), first) if first in charged else 0
    return Hold(most=most * request.n, unknown=unknown, likely=usual)

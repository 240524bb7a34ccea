"""What an operator may set of accounts and keys, and what is wrong with what was set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import sqlalchemy as sa

from ..core import Micros
from ..core.errors import BadRequest, CallerError
from ..core.money import dollars
from ._rows import day_of, tidy
from .records import Money
from .schema import purses

LARGEST = 10**15  # micro-dollars: a thousand million dollars
LATEST = 10**11  # Unix time, in some 3,000 years: what is more was meant in milliseconds


class Limits(TypedDict, total=False):
    """Of a purse; None takes a limit away, and what is left out stays as it is."""

    at_once: int | None
    day_limit: Micros | None
    month_limit: Micros | None
    spent_limit: Micros | None


class AccountTerms(Limits, total=False):
    """`markup` is in basis points: 250 is 2.5 %."""

    prepaid: bool
    markup: int | None


class KeyTerms(Limits, total=False):
    """`expires` is Unix time. `models` and `dialects` are patterns; none allow all."""

    expires: float | None
    models: Sequence[str]
    dialects: Sequence[str]
    requests_per_minute: int | None
    images_per_minute: int | None
    admin: bool
    strict: bool


_PURSE = ("prepaid", *Limits.__annotations__)
_FLAGS = ("prepaid", "admin", "strict")
_PATTERNS = ("models", "dialects")


def split(terms: Mapping[str, Any], kind: type[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns of the purse, and the others. Raises BadRequest, which names the field."""
    known = kind.__annotations__
    purse: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for name, value in terms.items():
        if name not in known:
            raise BadRequest(
                f"There is no {name!r} to be set: there are {', '.join(sorted(known))}.", param=name
            )
        (purse if name in _PURSE else rest)[name] = _checked(name, value)
    return purse, rest


def _checked(name: str, value: Any) -> Any:
    if name in _FLAGS:
        if not isinstance(value, bool):
            raise BadRequest(f"{name} is true or false, not {value!r}.", param=name)
        return value
    if name in _PATTERNS:
        if isinstance(value, str) or not all(isinstance(each, str) for each in value or ()):
            raise BadRequest(f"{name} is a list of names or patterns, not {value!r}.", param=name)
        patterns = [" ".join(tidy(each).split()) for each in value or ()]
        if "" in patterns:  # alone, it would be a list of none, which allows all
            raise BadRequest(f"One of the {name} is empty.", param=name)
        return "\n".join(patterns)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float) if name == "expires" else int):
        raise BadRequest(
            f"{name} is a {'time' if name == 'expires' else 'whole number'}, not {value!r}.", param=name
        )
    least = -10_000 if name == "markup" else 0
    most = LARGEST if name.endswith("_limit") else LATEST if name == "expires" else 2**31 - 1
    if not least <= value <= most:  # nor is NaN
        raise BadRequest(
            f"{name} is between {_shown(name, least)} and {_shown(name, most)}, not {_shown(name, value)}.",
            param=name,
        )
    return value


def _shown(name: str, value: float) -> str:
    """As whoever set it may have written it.

    >>> _shown("day_limit", -1_500_000), _shown("markup", 2**31 - 1), _shown("at_once", 3)
    ('-1.50', '21,474,836.47%', '3')
    """
    if name.endswith("_limit"):
        return f"{'-' if value < 0 else ''}{dollars(abs(int(value)))[1:]}"
    return f"{value / 100:,.2f}".rstrip("0").rstrip(".") + "%" if name == "markup" else str(value)


def called(name: str) -> str:
    """A name as it is kept. Raises BadRequest for one that is empty, or long."""
    clean = " ".join(tidy(name).split())
    if not 0 < len(clean) <= 200:
        raise BadRequest("A name has 1 to 200 letters.", param="name")
    return clean


def change_purse(connection: sa.Connection, purse: str, terms: Mapping[str, Any]) -> None:
    """Raises CallerError for an account in debt that is to be prepaid."""
    if not terms:
        return
    statement = purses.update().where(purses.c.id == purse).values(**terms)
    if terms.get("prepaid"):
        statement = statement.where(purses.c.balance - purses.c.held >= 0)
    if not connection.execute(statement).rowcount:
        lacking = connection.execute(
            sa.select(purses.c.held - purses.c.balance).where(purses.c.id == purse)
        ).scalar()
        raise CallerError(
            f"It cannot be prepaid before it has been credited {dollars(lacking or 0)}, which it owes.",
            param="prepaid",
        )


def money(row: Mapping[str, Any], now: float) -> Money:
    """From the columns of a purse; what was spent on another day is not of today."""
    today = day_of(now)
    return Money(
        prepaid=bool(row["prepaid"]),
        balance=row["balance"],
        held=row["held"],
        running=row["running"],
        at_once=row["at_once"],
        spent_today=row["day_spent"] if row["day"] == today else 0,
        day_limit=row["day_limit"],
        spent_this_month=row["month_spent"] if row["day"][:7] == today[:7] else 0,
        month_limit=row["month_limit"],
        spent=row["spent"],
        spent_limit=row["spent_limit"],
    )

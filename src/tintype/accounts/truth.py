"""The truth meter: how each provider has done with each model, and how far its claims are off; counted by the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from .database import Database
from .schema import attempts


@dataclass(slots=True, kw_only=True)
class Record:
    """How one provider has done with one model. `claimed` and `expected` are output tokens of the pictures whose
    formula is known; `seconds` is the median of the calls that drew."""

    provider: str
    model: str
    calls: int = 0
    pictures: int = 0
    refused: int = 0
    failed: int = 0
    wrong_size: int = 0
    claimed: int = 0
    expected: int = 0
    seconds: float | None = None

    @property
    def off(self) -> float | None:
        """How far the claims are from the formula: 0.5 is half as much again; None when nothing could be compared."""
        return self.claimed / self.expected - 1 if self.expected else None


async def learn(database: Database) -> list[Record]:
    """Of all calls that are written down: one record for each provider and model, by name."""

    def work(connection: sa.Connection) -> list[Record]:
        sums = connection.execute(_sums(connection.dialect.name)).mappings().all()
        medians = {tuple(row[:2]): float(row[2]) for row in connection.execute(_MEDIANS)}
        return [_record(row, medians.get((row["provider"], row["model"]))) for row in sums]

    return sorted(await database.read(work), key=lambda record: (record.provider, record.model))


_WHOSE = (attempts.c.provider, attempts.c.model)


def _sums(kind: str) -> sa.Select[Any]:
    claimed, expected = (_tokens(column, kind) for column in (attempts.c.claimed, attempts.c.expected))
    compared = sa.and_(attempts.c.expected.is_not(None), claimed > 0)
    return sa.select(
        *_WHOSE,
        sa.func.count().label("calls"),
        sa.func.sum(attempts.c.pictures).label("pictures"),
        _sum_if(attempts.c.outcome == "refused").label("refused"),
        _sum_if(attempts.c.outcome.in_(("failed", "empty"))).label("failed"),
        _sum_if(attempts.c.outcome == "wrong_size").label("wrong_size"),
        _sum_if(compared, claimed).label("claimed"),
        _sum_if(compared, expected).label("expected"),
    ).group_by(*_WHOSE)


def _sum_if(condition: Any, what: Any = 1) -> Any:
    return sa.func.sum(sa.case((condition, what), else_=0))


def _tokens(column: sa.Column[str], kind: str) -> Any:
    """Those of the picture itself. SQLite reads JSON in a text; PostgreSQL wants to be told that it is JSON."""
    document = sa.cast(column, sa.JSON) if kind == "postgresql" else sa.type_coerce(column, sa.JSON)
    return document["image_out"].as_integer()


_ranked = (
    sa.select(
        *_WHOSE,
        attempts.c.seconds,
        sa.func.row_number().over(partition_by=_WHOSE, order_by=attempts.c.seconds).label("place"),
        sa.func.count().over(partition_by=_WHOSE).label("of"),
    )
    .where(attempts.c.pictures > 0)
    .subquery()
)
_MEDIANS = (
    sa.select(_ranked.c.provider, _ranked.c.model, sa.func.avg(_ranked.c.seconds))
    .where((_ranked.c.place * 2).between(_ranked.c.of, _ranked.c.of + 2))  # the one in the middle, or both
    .group_by(_ranked.c.provider, _ranked.c.model)
)


def _record(row: Any, seconds: float | None) -> Record:
    whose = {each.name: row[each.name] for each in _WHOSE}
    counts: dict[str, Any] = {name: int(row[name]) for name in row if name not in whose}
    return Record(**whose, **counts, seconds=seconds)

"""Attempts tell how a provider has done with a model, and how far a reseller's claims are off."""

from __future__ import annotations

from typing import Any

from tintype.accounts.database import Database
from tintype.accounts.ledger import Ledger
from tintype.accounts.truth import learn
from tintype.core import Attempt, Outcome, Usage

from .making import attempt, closing, opening, run


def one(
    provider: str,
    *,
    outcome: Outcome = "drawn",
    claimed: int = 0,
    expected: int | None = None,
    **more: Any,
) -> Attempt:
    return attempt(
        "j",
        provider=provider,
        outcome=outcome,
        pictures=int(outcome in ("drawn", "wrong_size")),
        claimed=Usage(image_out=claimed),
        expected=None if expected is None else Usage(image_out=expected),
        **more,
    )


CALLS = (
    one("honest", claimed=196, expected=196, seconds=3),
    one("honest", claimed=1756, expected=1756, seconds=5),
    one("honest", outcome="refused", seconds=60),
    one("dear", claimed=717, expected=201),
    one("dear", outcome="wrong_size", claimed=717, expected=201),
    one("dear", claimed=999),
    one("silent", expected=201),
    one("broken", outcome="failed"),
    one("broken", outcome="empty"),
    one("unknown", claimed=500),
    *(one("slow", model="b", seconds=seconds) for seconds in (9, 1, 8)),
    *(one("slow", model="A", seconds=seconds) for seconds in (7, 1, 2, 4)),
)


def test_the_truth_meter(url: str) -> None:
    async def main() -> None:
        database = Database.open(url)
        try:
            assert await learn(database) == []
            ledger = Ledger(database)
            await ledger.hold(opening("j"))
            await ledger.settle(closing("j", attempts=CALLS))
            records = await learn(database)
        finally:
            await database.close()
        assert [(each.provider, each.model) for each in records][-3:] == [
            ("slow", "A"), ("slow", "b"), ("unknown", "m")
        ]  # fmt: skip
        told = {record.provider: record for record in records}
        assert list(told) == ["broken", "dear", "honest", "silent", "slow", "unknown"]
        honest, dear = told["honest"], told["dear"]
        assert (honest.calls, honest.pictures, honest.refused, honest.off) == (3, 2, 1, 0.0)
        assert honest.seconds == 4.0
        assert (dear.claimed, dear.expected, dear.wrong_size) == (1434, 402, 1)
        assert dear.off is not None
        assert round(dear.off, 2) == 2.57
        assert (told["broken"].failed, told["broken"].seconds) == (2, None)
        assert told["silent"].off is told["unknown"].off is None
        assert [each.seconds for each in records if each.provider == "slow"] == [3.0, 8.0]

    run(main)

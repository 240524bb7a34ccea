"""Receipts are found for a day, and no more than so many."""

from __future__ import annotations

from tintype.core import Receipt, Usage
from tintype.gateway.receipts import Receipts


def receipt(id: str, ended: float) -> Receipt:
    return Receipt(request_id=id, ended=ended, usage=Usage(), cost=1)


def test_a_receipt_is_found_for_a_day() -> None:
    now = 100.0
    receipts = Receipts(clock=lambda: now)
    receipts.keep(receipt("a", now))
    assert receipts.find("a") == receipt("a", 100.0)
    assert receipts.find("b") is None
    now += 24 * 3600 - 1
    assert receipts.find("a")
    now += 1
    assert receipts.find("a") is None


def test_the_oldest_make_way() -> None:
    receipts = Receipts(capacity=2, clock=lambda: 0.0)
    for id in "abc":
        receipts.keep(receipt(id, 0.0))
    assert [receipts.find(id) is not None for id in "abc"] == [False, True, True]

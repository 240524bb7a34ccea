"""An offer that fails is left alone for a while, and one call finds out whether it is well again."""

from __future__ import annotations

import pytest

from tintype.core.errors import BadRequest, Busy, NoImage, Refused, Rejected, TintypeError, Unavailable
from tintype.gateway.health import FAILURES, LONGEST, SHORTEST, Breaker

DOWN = Unavailable("it is down")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def broken() -> tuple[Breaker, Clock]:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(FAILURES):
        assert breaker.admit()
        breaker.failed(DOWN)
    return breaker, clock


def test_it_opens_after_failures_in_a_row() -> None:
    breaker, _ = broken()
    assert not breaker.admit()


def test_a_success_in_between_starts_the_count_anew() -> None:
    breaker = Breaker(Clock())
    for _ in range(3 * FAILURES):
        assert breaker.admit()
        breaker.failed(DOWN)
        assert breaker.admit()
        breaker.succeeded()


@pytest.mark.parametrize(
    "error",
    [BadRequest("x"), Refused("x"), NoImage("x"), Rejected("what we built")],
    ids=lambda error: type(error).__name__,
)
def test_what_says_nothing_of_other_orders_does_not_count(error: TintypeError) -> None:
    breaker = Breaker(Clock())
    for _ in range(3 * FAILURES):
        assert breaker.admit()
        breaker.failed(error)


def test_one_call_finds_out() -> None:
    breaker, clock = broken()
    clock.now = SHORTEST
    assert breaker.admit()
    assert not breaker.admit()
    breaker.succeeded()
    assert breaker.admit()
    assert breaker.admit()


def test_one_who_leaves_finds_out_nothing() -> None:
    breaker, clock = broken()
    clock.now = SHORTEST
    assert breaker.admit()
    breaker.ended()
    assert breaker.admit()


def test_the_pause_grows_to_a_limit() -> None:
    breaker, clock = broken()
    pauses = []
    for _ in range(7):
        begun = clock.now
        while not breaker.admit():
            clock.now += 1
        pauses.append(clock.now - begun)
        breaker.failed(DOWN)
    assert pauses == [SHORTEST, 10, 20, 40, 80, LONGEST, LONGEST]


def test_retry_after_is_honoured_at_once() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    breaker.failed(Busy("busy", retry_after=30))
    clock.now = 29.5
    assert not breaker.admit()
    clock.now = 30
    assert breaker.admit()


@pytest.mark.parametrize("error", [Busy("busy", retry_after=30), Unavailable("down", retry_after=30)])
def test_when_the_time_that_was_named_is_over_all_are_let_through(error: TintypeError) -> None:
    """Nobody needs to find out what has been said."""
    clock = Clock()
    breaker = Breaker(clock)
    breaker.failed(error)
    assert not breaker.admit()
    clock.now = 30
    assert breaker.state == "closed"
    assert all(breaker.admit() for _ in range(3))


def test_a_time_that_is_too_long_to_be_waited_for_is_found_out_about() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    breaker.failed(Busy("busy", retry_after=2 * LONGEST))
    clock.now = LONGEST
    assert [breaker.admit() for _ in range(3)] == [True, False, False]


def test_a_call_that_was_let_in_before_takes_back_nothing_of_what_was_said() -> None:
    """One of many at a time is told to come back later, and the others draw to their ends."""
    clock = Clock()
    breaker = Breaker(clock)
    assert all(breaker.admit() for _ in range(3))
    breaker.failed(Busy("busy", retry_after=30))
    breaker.succeeded()
    breaker.failed(Busy("busy", retry_after=1))
    clock.now = 29
    assert not breaker.admit()
    clock.now = 30
    assert breaker.admit()


@pytest.mark.parametrize("code", ["upstream_key_rejected", "upstream_out_of_credit"])
def test_what_only_the_operator_can_mend_opens_at_once(code: str) -> None:
    breaker = Breaker(Clock())
    breaker.failed(Rejected("no", code=code))
    assert not breaker.admit()
    told = breaker.refusal()
    assert (type(told), told.code, told.retryable) == (Rejected, code, False)
    assert str(told) == "no. It is asked again in 5 seconds."

"""Attempts are shown to whoever watches, and tell how far a reseller's claims are off."""

from __future__ import annotations

from tintype.core import Attempt, Outcome, Usage
from tintype.gateway.attempts import KEPT, Attempts, learn


def attempt(
    provider: str = "acme",
    *,
    outcome: Outcome = "drawn",
    claimed: int = 0,
    expected: int | None = None,
    seconds: float = 1.0,
) -> Attempt:
    return Attempt(
        job="job_1",
        offer=f"{provider}/m",
        provider=provider,
        model="m",
        outcome=outcome,
        started=1_795_900_000.25,
        seconds=seconds,
        asked=1,
        pictures=int(outcome in ("drawn", "wrong_size")),
        claimed=Usage(image_out=claimed),
        expected=None if expected is None else Usage(image_out=expected),
    )


def test_whoever_watches_sees_each_as_it_ends() -> None:
    seen: list[Attempt] = []
    kept = Attempts()
    kept.watchers.append(seen.append)
    many = [attempt(seconds=number) for number in range(KEPT + 3)]
    for each in many:
        kept.keep(each)
    assert seen == many
    assert list(kept.last) == many[3:]


def test_the_truth_meter() -> None:
    records = learn(
        [
            attempt("honest", claimed=196, expected=196, seconds=3),
            attempt("honest", claimed=1756, expected=1756, seconds=5),
            attempt("honest", outcome="refused"),
            attempt("dear", claimed=717, expected=201),
            attempt("dear", outcome="wrong_size", claimed=717, expected=201),
            attempt("silent", expected=201),
            attempt("broken", outcome="failed"),
            attempt("broken", outcome="empty"),
            attempt("unknown", claimed=500),
        ]
    )
    told = {record.provider: record for record in records}
    assert list(told) == ["broken", "dear", "honest", "silent", "unknown"]
    honest, dear = told["honest"], told["dear"]
    assert (honest.calls, honest.pictures, honest.refused, honest.off, honest.seconds) == (3, 2, 1, 0.0, 4.0)
    assert dear.off is not None
    assert round(dear.off, 2) == 2.57
    assert dear.wrong_size == 1
    assert (told["broken"].failed, told["broken"].seconds) == (2, None)
    assert told["silent"].off is told["unknown"].off is None

"""Attempts are shown to whoever watches."""

from __future__ import annotations

from tintype.core import Attempt
from tintype.gateway.attempts import KEPT, Attempts


def attempt(seconds: float) -> Attempt:
    return Attempt(
        job="job_1",
        offer="acme/m",
        provider="acme",
        model="m",
        outcome="drawn",
        started=1_795_900_000.25,
        seconds=seconds,
        asked=1,
        pictures=1,
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

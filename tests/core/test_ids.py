"""What jobs and requests are called."""

from __future__ import annotations

import re
import time

import pytest

from tintype.core.ids import new_id


def test_they_are_in_the_order_of_their_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the number of seconds gets another digit."""
    made = []
    for second in (0, 9, 10, 255, 256, 1_796_000_000, 1_796_000_001, 2**32 - 1):
        monkeypatch.setattr(time, "time", lambda second=second: second + 0.9)
        made.append(new_id("job", 16))
    assert made == sorted(made)


def test_no_two_are_the_same_and_nothing_of_the_rest_can_be_foretold() -> None:
    made = {new_id("job", 16) for _ in range(10_000)}
    assert len(made) == 10_000
    assert all(re.fullmatch("job_[0-9a-f]{24}", each) for each in made)
    assert len({each[-16:-12] for each in made}) > 5_000, "the first letters after the second are random, too"

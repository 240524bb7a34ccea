"""What was drawn is remembered within limits of weight and time."""

from __future__ import annotations

from tintype.core import Image
from tintype.dialects._memory import Memory

SMALL = Image.from_bytes(b"x" * 40)


def test_the_oldest_makes_way() -> None:
    memory = Memory(capacity=100)
    for name in "abc":
        memory.keep(name, [SMALL])
    assert [len(memory.find(name)) for name in "abc"] == [0, 1, 1]


def test_after_its_time_it_is_forgotten() -> None:
    now = 0.0
    memory = Memory(lifetime=10, clock=lambda: now)
    memory.keep("a", [SMALL])
    now = 9.9
    assert memory.find("a") == [SMALL]
    now = 10
    assert not memory.find("a")

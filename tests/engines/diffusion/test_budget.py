"""Which models stay in memory, decided by sizes alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tintype.engines.diffusion.budget import Budget, NoRoom


def _full() -> Budget:
    budget = Budget(100)
    for name, size in (("old", 40), ("middle", 30), ("new", 20)):
        budget.put(name, size)
    return budget


def test_the_one_that_was_used_longest_ago_goes_first() -> None:
    budget = _full()
    assert budget.make_room("more", 10) == []
    assert budget.make_room("more", 11) == ["old"]
    assert budget.make_room("more", 80) == ["old", "middle"]
    budget.hold("old")
    budget.let_go("old")
    assert budget.make_room("more", 11) == ["middle"]


def test_what_is_in_use_stays_until_as_many_let_go_as_held_it() -> None:
    budget = _full()
    budget.hold("old")
    budget.hold("old")
    assert budget.make_room("more", 30) == ["middle"]
    with pytest.raises(NoRoom) as caught:
        budget.make_room("more", 61)
    assert caught.value.free == 60
    budget.let_go("old")
    with pytest.raises(NoRoom):
        budget.make_room("more", 61)
    budget.let_go("old")
    assert budget.make_room("more", 61) == ["middle", "new", "old"]


def test_its_own_old_size_does_not_count_against_a_model() -> None:
    assert _full().make_room("old", 50) == []


def test_without_a_limit_nothing_goes() -> None:
    budget = Budget(None)
    budget.put("a", 10**15)
    assert budget.make_room("b", 10**15) == []


@given(
    st.integers(1, 100),
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 60), st.booleans()), max_size=20),
)
def test_it_is_never_over_budget_and_never_takes_what_is_in_use(
    limit: int, asked: list[tuple[str, int, bool]]
) -> None:
    budget = Budget(limit)
    held: set[str] = set()
    for name, size, keep in asked:
        if name in held:
            budget.let_go(name)
            held.remove(name)
        try:
            going = budget.make_room(name, size)
        except NoRoom as error:
            in_use = sum(one for other, one in budget.sizes().items() if other in held)
            assert size > limit - in_use == error.free or error.free == 0
            continue
        assert not held & set(going)
        for other in going:
            budget.remove(other)
        budget.put(name, size)
        assert budget.used() <= limit
        if keep:
            budget.hold(name)
            held.add(name)

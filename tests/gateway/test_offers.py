"""Which model answers to a name, also when the name is old, missing, or written into an application."""

from __future__ import annotations

from datetime import date

import pytest

from tintype.core import Caller, Life, ModelCard
from tintype.core.errors import BadRequest, UnknownModel
from tintype.gateway.offers import Offer, Offers

from ..fakes import FakeProvider

BEFORE, AFTER = date(2026, 5, 11), date(2026, 5, 12)
OLD = ModelCard(id="old", provider="p", life=Life(retired=date(2026, 5, 12), successor="new"))
NEW = ModelCard(id="new", provider="p", aliases=("newest",))


def offers(*, twin: bool = True, stand_ins: dict[str, str] | None = None) -> Offers:
    provider = FakeProvider()
    return Offers(
        [Offer(OLD, provider, twin=twin), Offer(NEW, provider, twin=twin)],
        default="new",
        stand_ins=stand_ins,
    )


@pytest.mark.parametrize(
    ("name", "answers"), [("new", "new"), ("newest", "new"), ("", "new"), ("old", "old")]
)
def test_by_name_by_alias_and_by_default(name: str, answers: str) -> None:
    found = offers().find(name, strict=False, today=BEFORE)
    assert (found.offer.card.id, found.notices) == (answers, ())


def test_an_unknown_model_is_refused_with_what_is_on_offer() -> None:
    with pytest.raises(UnknownModel, match=r"`gpt-9` does not exist. On offer: new, old\.") as caught:
        offers().find("gpt-9", strict=False, today=BEFORE)
    assert caught.value.param == "model"


@pytest.mark.parametrize(("models", "told"), [(("n*",), "new"), (("other",), "none")])
def test_a_caller_hears_of_no_model_that_it_may_not_use(models: tuple[str, ...], told: str) -> None:
    with pytest.raises(UnknownModel, match=rf"On offer: {told}\.$"):
        offers().find("gpt-9", strict=False, today=BEFORE, caller=Caller(models=models))


def test_a_retired_model_is_still_drawn_by_its_twin_and_says_so() -> None:
    found = offers().find("old", strict=False, today=AFTER)
    assert found.offer.card.id == "old"
    assert found.notices == ("old was shut down by its vendor on 2026-05-12; its successor is new",)


def test_a_retired_model_is_the_vendors_own_error_in_strict_handling() -> None:
    with pytest.raises(BadRequest, match="The model 'old' does not exist"):
        offers().find("old", strict=True, today=AFTER)


def test_a_retired_model_goes_to_its_successor_on_a_real_route() -> None:
    found = offers(twin=False).find("old", strict=False, today=AFTER)
    assert found.offer.card.id == "new"
    assert "successor is new" in found.notices[0]


def test_who_names_a_real_offer_is_not_drawn_by_a_twin_of_its_successor() -> None:
    theirs = ModelCard(id="shop/old", provider="shop", of="old", life=OLD.life)
    provider = FakeProvider()
    shelf = [Offer(OLD, provider, twin=True), Offer(NEW, provider, twin=True), Offer(theirs, provider)]
    with pytest.raises(
        UnknownModel, match=r"shut down .*its successor is new, which nobody sells here\."
    ) as caught:
        Offers(shelf, default="new").find("shop/old", strict=False, today=AFTER)
    assert (caught.value.status, caught.value.param) == (404, "model")
    shelf.append(Offer(ModelCard(id="shop/new", provider="shop", of="new"), provider))
    found = Offers(shelf, default="new").find("shop/old", strict=False, today=AFTER)
    assert [each.card.id for each in found.offers] == ["shop/new"]


@pytest.mark.parametrize("name", ["gpt-image-1", "dall-e-3"])
def test_stand_ins_answer_for_names_and_patterns(name: str) -> None:
    found = offers(stand_ins={"gpt-image-1": "new", "dall-e-*": "newest"}).find(
        name, strict=False, today=AFTER
    )
    assert found.offer.card.id == "new"
    assert "stands in for " + name in found.notices[0]


def test_a_stand_in_that_is_no_model_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="'nothing', which is not in the catalog"):
        offers(stand_ins={"a": "nothing"})


@pytest.mark.parametrize(
    ("name", "answers", "notices"),
    [
        ("new", "new", ()),
        ("gpt-5", "new", ("new draws: gpt-5 is no image model here",)),
        ("acme/old", "old", ()),
        ("acme/gpt-5", "new", ("new draws: acme/gpt-5 is no image model here",)),
        ("", "new", ()),
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_where_any_model_will_do_the_default_draws_for_a_name_that_nobody_knows(
    name: str, answers: str, notices: tuple[str, ...], strict: bool
) -> None:
    found = offers().find(name, strict=strict, today=BEFORE, any_model=True)
    assert (found.offer.card.id, found.notices) == (answers, notices)

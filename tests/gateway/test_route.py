"""`[route.NAME]`: read with every fault named, and what it makes of the offers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tintype.core import Life
from tintype.gateway import assemble
from tintype.gateway.offers import Offer, Offers
from tintype.gateway.route import Route, read_routes
from tintype.gateway.settings import Settings

from .offering import CARD, Seller

TODAY = date(2026, 11, 20)
OFFERS = [Offer(CARD, Seller("a"))] + [
    Offer(replace(CARD, id=f"{name}/m", of="m"), Seller(name)) for name in ("b", "c")
]


def test_a_whole_table() -> None:
    table = {
        "offers": ["m", "b/m"],
        "weights": [3, 1],
        "max_price": 0.1,
        "deadline": 300,
        "on_refusal": "next",
    }
    assert read_routes({"m": table}) == {
        "m": Route(
            offers=("m", "b/m"),
            weights=(3.0, 1.0),
            max_price=100_000,
            deadline=300,
            next_after_refusal=True,
        )
    }


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"offer": ["m"]}, ["offer", "offers"]),
        ({"offers": "m"}, ["offers", "list"]),
        ({"offers": ["m", 1]}, ["offers", "list"]),
        ({"offers": ["m", "m"]}, ["offers", "twice"]),
        ({"offers": ["m"], "weights": [1, 2]}, ["weights", "1"]),
        ({"offers": ["m"], "weights": [0]}, ["weights", "above 0"]),
        ({"offers": ["m"], "weights": [True]}, ["weights"]),
        ({"max_price": "cheap"}, ["max_price", "number"]),
        ({"max_price": float("inf")}, ["max_price", "at most"]),
        ({"deadline": 0}, ["deadline", "above 0"]),
        ({"deadline": float("inf")}, ["deadline", "at most"]),
        ({"deadline": float("nan")}, ["deadline", "above 0"]),
        ({"on_refusal": "wait"}, ["on_refusal", "stop", "next"]),
    ],
)
def test_what_is_wrong_is_named(table: Mapping[str, Any], words: list[str]) -> None:
    with pytest.raises(ValueError, match=r'\[route\."my-model"\]') as caught:
        read_routes({"my-model": table})
    assert all(word in str(caught.value) for word in words)


def found(name: str, route: Route | None = None, of: str = "m") -> list[str]:
    offers = Offers(OFFERS, default="m", routes={of: route} if route else {})
    return [offer.card.id for offer in offers.find(name, strict=False, today=TODAY).offers]


@pytest.mark.parametrize(
    ("name", "route", "ids"),
    [
        ("m", None, ["m", "b/m", "c/m"]),
        ("", None, ["m", "b/m", "c/m"]),
        ("c/m", None, ["c/m"]),
        ("m", Route(offers=("c/m", "m")), ["c/m", "m"]),
        ("m", Route(offers=("c/m", "not/here")), ["c/m"]),
        ("m", Route(offers=("not/here",)), ["m", "b/m", "c/m"]),
        ("c/m", Route(offers=("m",)), ["c/m"]),
    ],
)
def test_which_offers_answer(name: str, route: Route | None, ids: list[str]) -> None:
    assert found(name, route) == ids


def test_a_name_of_the_operators_own() -> None:
    assert found("pictures", Route(offers=("c/m", "m")), of="pictures") == ["c/m", "m"]


def test_weights_are_shares_of_the_first_place() -> None:
    route = Route(offers=("m", "b/m", "c/m"), weights=(6.0, 3.0, 1.0))
    firsts = Counter(route.ordered(OFFERS)[0].card.id for _ in range(4000))
    for id, share in (("m", 0.6), ("b/m", 0.3), ("c/m", 0.1)):
        assert abs(firsts[id] / 4000 - share) < 0.06


def test_who_is_asked_in_place_of_a_retired_model_needs_no_weight() -> None:
    old = Offer(replace(CARD, id="old", life=Life(retired=TODAY, successor="m")), Seller("a"))
    route = Route(offers=("old",), weights=(2.0,))
    offers = Offers([old, *OFFERS], default="m", routes={"old": route})
    found = offers.find("old", strict=False, today=TODAY)
    assert {offer.card.id for offer in found.route.ordered(found.offers)} == {"m", "b/m", "c/m"}


def test_without_a_route_the_vendors_own_is_asked_first() -> None:
    keys = dict.fromkeys(("FAL_KEY", "GPTPROTO_API_KEY", "OPENAI_API_KEY"), "a key of twenty letters")
    found = assemble.open_gateway(Settings(), keys).offers.find("gpt-image-2", strict=False, today=TODAY)
    assert [offer.card.id for offer in found.offers] == [
        "gpt-image-2",
        "fal/gpt-image-2",
        "gptproto-tasks/gpt-image-2",
        "gptproto/gpt-image-2",
    ]


def test_an_offer_that_nobody_has_stops_the_start() -> None:
    with pytest.raises(ValueError, match="there is no offer 'acme/nothing'"):
        assemble.open_gateway(Settings(route={"gpt-image-2": {"offers": ["acme/nothing"]}}), {})


def test_an_offer_that_is_off_is_passed_over() -> None:
    settings = Settings(
        route={"gpt-image-2": {"offers": ["nano/gpt-image-2", "gpt-image-2"]}},
        provider={
            "nano": {"kind": "openai", "key_env": "NANO_KEY"},
        },
    )
    for environ, first in (({}, "gpt-image-2"), ({"NANO_KEY": "k"}, "nano/gpt-image-2")):
        gateway = assemble.open_gateway(settings, environ)
        offer = gateway.offers.find("gpt-image-2", strict=False, today=TODAY).offer
        assert offer.card.id == first
        assert offer.twin is not bool(environ)

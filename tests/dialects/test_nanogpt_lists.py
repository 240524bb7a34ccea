"""NanoGPT's lists of models as views of the cards, and its pages about money."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tintype.core import (
    Aside,
    Grid,
    Incoming,
    Life,
    ModelCard,
    Prices,
    Range,
    Ratio,
    Size,
    Sizes,
    TokenFormula,
)
from tintype.core import errors as e
from tintype.dialects.nanogpt import dialect as legacy
from tintype.dialects.nanogpt_images import dialect as normalized

from ..fakes import FakeHouse, answered

CARD = ModelCard(
    id="maker/model",
    provider="reseller",
    name="Model",
    owned_by="maker",
    aliases=("other",),
    max_n=4,
    sizes=Sizes(listed=(Size(1024, 1024), Size(1376, 768))),
    formats=("png", "webp"),
    backgrounds=("transparent", "opaque"),
    qualities=("low", "medium"),
    default_quality="medium",
    max_input_images=3,
    mask=True,
    accepts=frozenset({"seed", "strength", "negative_prompt", "turbo"}),
    ranges={"strength": Range(min=0, max=1, default=0.8)},
    switches=("turbo",),
    prices=Prices(image=5_000),
    life=Life(released=date(2026, 5, 12)),
)


def asked(
    path: str, *cards: ModelCard, query: dict[str, str] | None = None, **params: str
) -> tuple[int, dict[str, str], dict[str, Any]]:
    aside = next(each for each in (*legacy.asides, *normalized.asides) if each.path == path)
    assert isinstance(aside, Aside)
    house = FakeHouse(cards=lambda: cards)
    answer = answered(aside, Incoming(path=path, path_params=params, query=query or {}), house)
    return answer.status, dict(answer.headers), json.loads(answer.body)


def test_parameters_are_typed() -> None:
    _, _, document = asked("/nanogpt/api/v1/images/models", CARD)
    (model,) = document["data"]
    assert model["created"] == 1_778_544_000
    assert model["supported_parameters"] == {
        "resolution": {"type": "enum", "values": ["1024x1024", "1376x768"], "default": "1024x1024"},
        "n": {"type": "range", "min": 1, "max": 4, "default": 1},
        "quality": {"type": "enum", "values": ["low", "medium"], "default": "medium"},
        "input_references": {"type": "range", "min": 0, "max": 3},
        "output_format": {"type": "enum", "values": ["png", "webp"], "default": "png"},
        "background": {"type": "enum", "values": ["transparent", "opaque", "auto"], "default": "auto"},
        "strength": {"type": "range", "min": 0, "max": 1, "default": 0.8},
        "seed": {"type": "integer"},
        "negative_prompt": {"type": "string"},
        "turbo": {"type": "boolean", "default": False},
    }
    assert model["capabilities"] == {
        "image_generation": True,
        "image_to_image": True,
        "inpainting": True,
        "nsfw": False,
    }


@pytest.mark.parametrize(
    ("card", "resolutions", "prices"),
    [
        (ModelCard(id="m", provider="p", sizes=Sizes(grid=Grid(max_edge=64))), ["64x64"], {}),
        (
            ModelCard(
                id="m",
                provider="p",
                sizes=Sizes(
                    shapes={Ratio(1, 1, "1K"): Size(1024, 1024), Ratio(1, 1, "2K"): Size(2048, 2048)}
                ),
                prices=Prices(image=10_000),
            ),
            ["1K", "2K"],
            {"1K": 0.01, "2K": 0.01},
        ),
        (
            ModelCard(
                id="m",
                provider="p",
                qualities=("low",),
                default_quality="low",
                sizes=Sizes(listed=(Size(512, 512),)),
                tokens=TokenFormula(table={"low": {Size(512, 512): 100}}),
                prices=Prices(image_out=40_000_000),
            ),
            ["512x512"],
            {"512*512": 0.004},
        ),
    ],
)
def test_resolutions_and_their_prices(
    card: ModelCard, resolutions: list[str], prices: dict[str, float]
) -> None:
    (model,) = asked("/nanogpt/api/v1/image-models", card)[2]["data"]
    assert model["supported_parameters"]["resolutions"] == resolutions
    assert model["pricing"] == {"per_image": prices, "currency": "USD"}
    (endpoint,) = asked("/nanogpt/api/v1/images/models/{id:path}/endpoints", card, id="m")[2]["endpoints"]
    found = {each["resolution"].replace("x", "*"): each["cost_usd"] for each in endpoint["pricing"]}
    assert found == prices
    assert "input_reference_constraints" not in endpoint


def test_an_endpoint_by_id_and_by_another_name() -> None:
    path = "/nanogpt/api/v1/images/models/{id:path}/endpoints"
    for name in ("maker/model", "other"):
        _, _, document = asked(path, CARD, id=name)
        assert document["id"] == name
        assert document["endpoints"][0]["input_reference_constraints"]["max_items"] == 3
    with pytest.raises(e.UnknownModel):
        asked(path, CARD, id="nobody")


# Money.


@pytest.mark.parametrize(
    ("query", "groups"),
    [
        ({}, ["byDay", "byModel", "byDayModel"]),
        ({"group_by": "model,day"}, ["byDay", "byModel", "byDayModel"]),
        ({"group_by": "day"}, ["byDay"]),
        ({"from": "2026-05-01", "to": "2026-05-01", "group_by": "model", "scope": "api_key"}, ["byModel"]),
    ],
)
def test_usage(query: dict[str, str], groups: list[str]) -> None:
    status, _, document = asked("/nanogpt/api/v1/usage", query=query)
    assert status == 200
    assert list(document)[-len(groups) - 1 :] == ["totals", *groups]
    assert list(document)[:3] == ["object", "scope", "apiKey"]
    assert document["scope"] == query.get("scope", "current_key")
    assert date.fromisoformat(document["from"]) <= date.fromisoformat(document["to"])


TOMORROW = (datetime.now(UTC).date() + timedelta(days=2)).isoformat()


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-05-01"},
        {"from": "May", "to": "June"},
        {"from": "2026-05-02", "to": "2026-05-01"},
        {"from": "2026-02-30", "to": "2026-05-01"},
        {"from": "2025-01-01", "to": "2026-05-01"},
        {"from": "2026-05-01", "to": TOMORROW},
        {"group_by": "week"},
        {"scope": "everyone"},
        {"page": "2"},
    ],
)
def test_usage_that_cannot_be(query: dict[str, str]) -> None:
    status, _, document = asked("/nanogpt/api/v1/usage", query=query)
    assert status == 400
    assert list(document["error"]) == ["message", "type"]
    assert document["error"]["type"] == "invalid_request_error"


def test_the_usage_of_a_request_that_is_not_known() -> None:
    status, headers, document = asked("/nanogpt/api/v1/usage/requests/{id}", id="req_1")
    assert (status, headers["retry-after"]) == (404, "30")
    assert document["error"]["type"] == "not_found_error"


def test_the_oldest_envelope_has_an_integer() -> None:
    aside = next(each for each in legacy.asides if (each.method, each.path[-7:]) == ("GET", "balance"))
    answer = answered(aside, Incoming(path=aside.path), FakeHouse())
    assert answer.status == 405
    document = json.loads(answer.body)
    assert list(document) == ["error", "message"]
    assert document["error"] == 405

"""A fact that stands beside a picture and is not of its kind, as services change their words: the picture comes all the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tintype.core import Access, Completed, Image, ImageRequest, ModelCard, Provider
from tintype.providers.automatic1111 import Automatic1111
from tintype.providers.bfl import BlackForestLabs
from tintype.providers.fal import Fal
from tintype.providers.gemini import Gemini
from tintype.providers.openai import OpenAI
from tintype.providers.stability import Stability

from ..upstream import Reply
from .asking import BASE64, JSON, PNG, ask

CARD = ModelCard(id="m", provider="p", upstream_id="m")
URL = f"data:image/png;base64,{BASE64}"
TICKET = {
    "id": "1",
    "request_id": "1",
    **{f"{name}_url": "https://elsewhere.test/x" for name in ("polling", "status", "response", "cancel")},
}
ODD: list[Any] = [None, "7", 7.5, 1e30, [7], {}, True]


def told(document: Any) -> Reply:
    return Reply(headers=JSON, chunks=[json.dumps(document).encode()])


def drawn(adapter: Any, *documents: Any, card: ModelCard = CARD) -> Completed:
    def opened(url: str) -> Provider:
        provider: Provider = adapter.open(Access(name="p", base_url=url, key="secret-key"))
        return provider

    (event,), _ = ask(opened, ImageRequest(model="m", prompt="a cat"), card, *map(told, documents))
    assert isinstance(event, Completed)
    assert event.image == Image.from_bytes(PNG)
    return event


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_of_fal(odd: Any) -> None:
    result = {"images": [{"url": URL}], "seed": odd, "has_nsfw_concepts": odd}
    if odd is True:
        result["has_nsfw_concepts"] = [None]
    assert drawn(Fal, TICKET, {"status": "COMPLETED", "error": odd}, result).seed is None


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_of_black_forest_labs(odd: Any) -> None:
    answer = {"status": "Ready", "result": {"sample": URL, "seed": odd}, "message": odd, "error": odd}
    event = drawn(BlackForestLabs, {**TICKET, "cost": odd}, answer)
    assert event.seed is None
    assert (event.cost == 75_000) is (odd == 7.5)


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_of_stability(odd: Any) -> None:
    assert drawn(Stability, {"image": BASE64, "finish_reason": "SUCCESS", "seed": odd}).seed is None


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_of_openai(odd: Any) -> None:
    beside = dict.fromkeys(("quality", "background", "usage", "partial_image_index", "created"), odd)
    answer = {"data": [{"b64_json": BASE64, "revised_prompt": odd, "url": odd}], "url": odd, **beside}
    assert drawn(OpenAI, answer).revised_prompt == ("7" if odd == "7" else None)


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_of_imagen(odd: Any) -> None:
    card = replace(CARD, call="predict")
    event = drawn(Gemini, {"predictions": [{"bytesBase64Encoded": BASE64, "prompt": odd}]}, card=card)
    assert event.revised_prompt == ("7" if odd == "7" else None)


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_of_the_web_ui(odd: Any) -> None:
    models = [{"title": "m", "model_name": "m"}]
    assert drawn(Automatic1111, models, {"images": [BASE64], "info": odd}).seed is None


def test_a_whole_number_is_one_though_it_is_written_with_a_point() -> None:
    assert drawn(Stability, {"image": BASE64, "seed": 7.0}).seed == 7

"""What ZnapAI's page says to avoid, and what any client of OpenAI's API asks, under ZnapAI's address here."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.request import urlopen

import openai
import pytest

from tintype.core import Size

from ..dialects.test_golden import RECORDED, incoming
from ..fakes import FakeProvider
from ..pictures import opened, png
from ..seeds import printed
from ..serving import fake_gateway, serving
from ..strict import validate_error
from .test_golden import CARD
from .test_http import call

KEYS = list(printed("znapai")[0].response)
ITEM = ["b64_json", "revised_prompt", "url"]
ORDER = {"model": "gpt-image-2", "prompt": "A panda eating bamboo", "quality": "low"}


def order(address: str, **asked: Any) -> tuple[dict[str, Any], str]:
    """The answer, and what the plan's header says."""
    status, headers, body = call(address, "POST", "/znapai/images/generations", {**ORDER, **asked})
    assert status == 200, body
    answer = json.loads(body)
    assert list(answer) == KEYS
    assert [list(item) for item in answer["data"]] == [ITEM] * len(answer["data"])
    return answer, headers.get("x-tintype-plan", "")


def test_an_address_for_a_picture(address: str) -> None:
    answer, plan = order(address, response_format="url")
    (item,) = answer["data"]
    assert item["b64_json"] is None
    with urlopen(item["url"]) as response:
        assert opened(response.read()).size == (1024, 1024)
    assert plan == "response_format=filled:host"


def test_a_transparent_background(address: str) -> None:
    status, _, body = call(
        address, "POST", "/znapai/images/generations", {**ORDER, "background": "transparent"}
    )
    assert status == 400
    validate_error(json.loads(body))
    assert json.loads(body)["error"]["param"] == "background"
    answer, _ = order(address, model="gpt-image-1.5", background="transparent")
    assert answer["background"] == "transparent"
    made = opened(base64.b64decode(answer["data"][0]["b64_json"]))
    assert made.getchannel("A").getextrema()[0] == 0


def test_webp(address: str) -> None:
    answer, _ = order(address, output_format="webp")
    assert answer["output_format"] == "webp"
    assert opened(base64.b64decode(answer["data"][0]["b64_json"])).format == "WEBP"


def test_webp_from_a_model_that_has_none() -> None:
    card = replace(CARD, formats=("png", "jpeg"))
    with serving(fake_gateway(FakeProvider(), card)) as url:
        answer, plan = order(url, output_format="webp")
    assert answer["output_format"] == "webp"
    assert plan == "output_format=filled:transcode(png->webp)"


@pytest.mark.parametrize("style", ["vivid", "natural"])
def test_style(address: str, style: str) -> None:
    _, plan = order(address, style=style)
    assert plan == "style=ignored"


@pytest.mark.parametrize("base", ["/znapai", "/znapai/", "/znapai/v1"])
def test_the_openai_sdk(address: str, base: str) -> None:
    with openai.OpenAI(base_url=address + base, api_key="k", max_retries=0) as client:
        made = client.images.generate(**ORDER, n=2)  # type: ignore[call-overload]
        assert made.data is not None
        assert len({item.b64_json for item in made.data}) == 2
        edited = client.images.edit(**ORDER, image=png(Size(640, 480)))  # type: ignore[call-overload]
        assert opened(base64.b64decode(edited.data[0].b64_json)).format == "PNG"
        events = client.images.generate(**ORDER, stream=True, partial_images=1)  # type: ignore[call-overload]
        assert [event.type for event in events] == [
            "image_generation.partial_image",
            "image_generation.completed",
        ]
        assert "gpt-image-2" in [model.id for model in client.models.list()]
        with pytest.raises(openai.NotFoundError) as caught:
            client.images.generate(model="gpt-9", prompt="p")
        assert caught.value.code == "model_not_found"


@pytest.fixture(scope="module")
def fake() -> Iterator[str]:
    with serving(fake_gateway(FakeProvider(), CARD)) as url:
        yield url


OPENAI = [
    recorded
    for recorded in RECORDED
    if recorded["path"].partition("?")[0].endswith(("/edits", "/generations"))
]


@pytest.mark.parametrize("recorded", OPENAI, ids=lambda each: f"{each['client']} {each['path']}")
def test_recorded_requests(fake: str, recorded: dict[str, Any]) -> None:
    request = incoming(recorded)
    status, headers, body = call(fake, "POST", f"/znapai{request.path}", request.body, **request.headers)
    assert status == 200, body
    if headers["content-type"] == "application/json":
        answer = json.loads(body)
        assert list(answer) == KEYS
        assert list(answer["data"][0]) == ITEM
    else:
        assert body.count(b"event: image_") >= 1
        assert b"event: error" not in body

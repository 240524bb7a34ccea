"""Pictures that are sent as addresses: the whole house draws from them, and is not led astray by them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import PIL.Image
import PIL.ImageDraw
import pytest

from tintype.gateway.assemble import open_gateway
from tintype.gateway.settings import Settings

from ..pictures import encoded, opened
from ..serving import picture_host, serving
from .test_http import call

JSON = "application/json"


def reference() -> bytes:
    """Something that cannot be taken for a drawing of a cat: magenta stripes on green."""
    image = PIL.Image.new("RGB", (256, 256), "#00c040")
    for left in range(0, 256, 64):
        PIL.ImageDraw.Draw(image).rectangle((left, 0, left + 31, 255), fill="#e000c0")
    return encoded(image, "png")


FILES = {"/a.png": reference(), "/secret": b"the-inner-secret" * 10}

WAYS: dict[str, tuple[str, Any]] = {
    "openai": (
        "/v1/images/edits",
        lambda url: {"model": "gpt-image-1-mini", "images": [{"image_url": url}], "prompt": "make it sepia"},
    ),
    "gptproto": (
        "/gptproto/v1/images/generations",
        lambda url: {"model": "gemini-2.5-flash-image", "prompt": f"make it sepia {url}"},
    ),
    "nanogpt": (
        "/nanogpt/api/v1/images",
        lambda url: {"model": "gpt-image-1-mini", "prompt": "make it sepia", "input_references": [url]},
    ),
}


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with picture_host(FILES) as (url, _):
        yield url


@pytest.fixture(scope="module")
def kind_house() -> Iterator[str]:
    settings = Settings(fetch_allow=(ip_network("127.0.0.0/8"),))
    with serving(open_gateway(settings, {}), settings) as url:
        yield url


def drawn(house: str, path: str, body: object) -> tuple[PIL.Image.Image, str]:
    status, headers, answer = call(house, "POST", path, body, content_type=JSON)
    assert status == 200, answer
    (item,) = json.loads(answer)["data"]
    return opened(base64.b64decode(item["b64_json"])).convert("RGB"), headers.get("x-tintype-plan", "")


def stripes(image: PIL.Image.Image) -> int:
    """How often light and dark change along the middle."""
    grey = image.convert("L").resize((256, 256))
    row = [grey.getpixel((x, 128)) for x in range(256)]
    middle = (max(row) + min(row)) / 2  # type: ignore[type-var,operator]
    sides = [value > middle for value in row]  # type: ignore[operator]
    return sum(a != b for a, b in zip(sides, sides[1:], strict=False))


@pytest.mark.parametrize("way", WAYS)
def test_the_picture_at_the_address_is_drawn_from(kind_house: str, host: str, way: str) -> None:
    path, body = WAYS[way]
    found, plan = drawn(kind_house, path, body(f"{host}/a.png"))
    assert "image=filled:fetch(1)" in plan
    assert stripes(found) == 7
    data = "data:image/png;base64," + base64.b64encode(FILES["/a.png"]).decode()
    same, plan = drawn(kind_house, path, body(data))
    assert "fetch" not in plan
    assert found.tobytes() == same.tobytes()


@pytest.mark.parametrize("way", WAYS)
def test_the_loopback_is_not_reached_unless_it_is_allowed(address: str, host: str, way: str) -> None:
    path, body = WAYS[way]
    status, _, answer = call(address, "POST", path, body(f"{host}/a.png?key=hush"), content_type=JSON)
    assert status == 400
    text = answer.decode()
    assert "not public" in text
    assert f"{host}/a.png" in text
    assert "hush" not in text


def test_what_an_inner_server_says_is_not_told(kind_house: str, host: str) -> None:
    path, body = WAYS["openai"]
    status, _, answer = call(kind_house, "POST", path, body(f"{host}/secret"))
    found = json.loads(answer)["error"]
    assert (status, found["code"], found["param"]) == (400, "invalid_image_url", "image")
    assert "no picture" in found["message"]
    assert b"the-inner-secret" not in answer


def test_it_can_be_switched_off(host: str) -> None:
    settings = Settings(fetch=False, fetch_allow=(ip_network("127.0.0.0/8"),))
    path, body = WAYS["openai"]
    with serving(open_gateway(settings, {}), settings) as house:
        status, _, answer = call(house, "POST", path, body(f"{host}/a.png"))
    assert status == 400
    assert "fetches none" in json.loads(answer)["error"]["message"]


def test_before_a_stream_begins_it_is_a_status(address: str, host: str) -> None:
    path, body = WAYS["openai"]
    status, headers, answer = call(address, "POST", path, {**body(f"{host}/a.png"), "stream": True})
    assert (status, headers["content-type"]) == (400, "application/json")
    assert json.loads(answer)["error"]["code"] == "invalid_image_url"


def test_an_address_of_this_house_needs_no_network(address: str) -> None:
    """A picture that was answered as an address can be edited by it, on the loopback too."""
    order = {"model": "gpt-image-1-mini", "prompt": "a cat", "response_format": "url", "quality": "low"}
    _, _, answer = call(address, "POST", "/v1/images/generations", order)
    url = json.loads(answer)["data"][0]["url"]
    assert url.startswith(address)
    path, body = WAYS["openai"]
    found, plan = drawn(address, path, body(url))
    assert "fetch" not in plan
    _, _, cat = call(address, "GET", url.removeprefix(address))
    data = "data:image/png;base64," + base64.b64encode(cat).decode()
    assert found.tobytes() == drawn(address, path, body(data))[0].tobytes()
    status, _, answer = call(address, "POST", path, body(f"{address}/pictures/nothing.png"))
    assert (status, json.loads(answer)["error"]["code"]) == (400, "invalid_image_url")

"""An upstream's content credentials reach the caller byte for byte, whatever the caller speaks."""

from __future__ import annotations

import base64
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tintype.core import Size
from tintype.dialects import all_dialects

from ..credentialed import with_credentials
from ..faults import FaultyUpstream, answers, document, faulty_upstream, frame, streams
from ..pictures import png
from ..serving import serving
from .mirrors import CARDS, house, opened
from .test_http import call

MODEL = "gpt-image-2"
SIGNED = with_credentials(png(Size(1024, 1024)))
CAT = {"model": MODEL, "prompt": "a cat"}
GOOGLE = {"contents": [{"parts": [{"text": "a cat"}]}]}
CHAT = {"model": MODEL, "messages": [{"role": "user", "content": "a cat"}], "modalities": ["image"]}
ORDERS: dict[str, tuple[str, Any]] = {
    "automatic1111": (
        "/sdapi/v1/txt2img",
        {"prompt": "a cat", "override_settings": {"sd_model_checkpoint": MODEL}},
    ),
    "azure": ("/openai/v1/images/generations", CAT),
    "chat": ("/v1/chat/completions", CHAT),
    "gemini": (f"/v1beta/models/{MODEL}:generateContent", GOOGLE),
    "gptproto": ("/gptproto/v1/images/generations", CAT | {"response_format": "b64_json"}),
    "gptproto-gemini": (f"/gptproto/v1beta/models/{MODEL}:generateContent", GOOGLE),
    "imagen": (f"/v1beta/models/{MODEL}:predict", {"instances": [{"prompt": "a cat"}]}),
    "interactions": ("/v1beta/interactions", {"model": MODEL, "input": "a cat"}),
    "nanogpt": ("/nanogpt/api/v1/images/generations", CAT | {"response_format": "b64_json"}),
    "nanogpt-images": ("/nanogpt/api/v1/images", CAT),
    "octen": ("/octen/v1/images/generations", CAT | {"response_format": "b64_json"}),
    "openai-images": ("/v1/images/generations", CAT),
    "responses": (
        "/v1/responses",
        {"model": MODEL, "input": "a cat", "tools": [{"type": "image_generation"}]},
    ),
    "znapai": ("/znapai/images/generations", CAT | {"response_format": "b64_json"}),
    "znapai-azure": ("/znapai/azure/openai/v1/images/generations", CAT),
}


BASE64 = base64.b64encode(SIGNED)


DRAWS = answers(document(created=1, data=[{"b64_json": BASE64.decode()}]))
STREAMS = streams(frame("completed", b64_json=BASE64.decode()))


@pytest.fixture(scope="module")
def chain() -> Iterator[tuple[FaultyUpstream, str]]:
    """An upstream that signs its pictures, and the house whose model stands there."""
    with (
        faulty_upstream(DRAWS) as upstream,
        serving(house(opened("openai", upstream.url), CARDS[MODEL])) as url,
    ):
        yield upstream, url


def delivered(body: bytes) -> bytes:
    """The picture's bytes, out of an answer of any wire."""
    if BASE64 in body:
        return SIGNED
    (address,) = set(re.findall(rb"http://127[^\"\\]*/pictures/[^\"\\)]+", body)) or {b""}
    with urllib.request.urlopen(address.decode()) as answer:
        return bytes(answer.read())


def test_all_dialects_are_here() -> None:
    assert set(ORDERS) == {dialect.name for dialect in all_dialects()}


@pytest.mark.parametrize("dialect", sorted(ORDERS))
def test_the_bytes_that_came_are_delivered(chain: tuple[FaultyUpstream, str], dialect: str) -> None:
    upstream, url = chain
    upstream.script = DRAWS
    path, order = ORDERS[dialect]
    status, headers, body = call(url, "POST", path, order, content_type="application/json")
    assert status == 200, body
    assert delivered(body) == SIGNED
    assert "credentials" not in headers.get("x-tintype-plan", "")


@pytest.mark.parametrize("dialect", ["azure", "chat", "interactions", "openai-images", "responses"])
def test_streams_deliver_them_too(chain: tuple[FaultyUpstream, str], dialect: str) -> None:
    upstream, url = chain
    upstream.script = STREAMS
    path, order = ORDERS[dialect]
    status, headers, body = call(url, "POST", path, order | {"stream": True})
    assert (status, headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
    assert delivered(body) == SIGNED


def test_who_asks_for_another_format_is_told_what_that_costs() -> None:
    upstream_card = replace(CARDS[MODEL], formats=("png",), output_compression=False)
    with (
        faulty_upstream(DRAWS) as upstream,
        serving(house(opened("openai", upstream.url), upstream_card)) as url,
    ):
        status, headers, body = call(url, "POST", "/v1/images/generations", CAT | {"output_format": "webp"})
    assert status == 200, body
    assert BASE64 not in body
    assert headers["x-tintype-plan"] == (
        "output_format=filled:transcode(png->webp); credentials=dropped:transcode"
    )

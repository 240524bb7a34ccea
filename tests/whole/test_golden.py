"""Every recorded request of a real client gets a picture, in an answer that the strictest of them reads.

Google's are in test_google.py, and Azure's once more in test_azure_sdk.py.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tintype.core import Grid, Image, ModelCard, Sizes

from ..dialects.test_golden import RECORDED, incoming
from ..fakes import FakeProvider
from ..serving import fake_gateway, serving
from ..strict import validate_error, validate_event, validate_reply
from .test_http import call

NAMES = {recorded.get("json", {}).get("model", "m") for recorded in RECORDED}
OTHERS = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "replies" / "other_requests.jsonl").read_text().splitlines()
]
CARD = ModelCard(
    id="gpt-image-2",
    provider="p",
    aliases=tuple(sorted(NAMES - {"gpt-image-2"})),
    max_n=10,
    sizes=Sizes(grid=Grid()),
    qualities=("low", "medium", "high"),
    formats=("png", "jpeg", "webp"),
    partial_images=3,
    max_input_images=16,
    mask=True,
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(fake_gateway(FakeProvider(), CARD)) as url:
        yield url


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda each: f"{each['client']} {each['path']}")
def test_recorded_requests(address: str, recorded: dict[str, Any]) -> None:
    request = incoming(recorded)
    status, headers, body = call(address, "POST", f"/v1{request.path}", request.body, **request.headers)
    if "variations" in request.path:
        assert status == 400
        validate_error(json.loads(body))
    elif headers["content-type"].startswith("text/event-stream"):
        frames = [frame for frame in body.decode().split("\n\n") if frame.startswith("event: ")]
        for frame in frames:
            name, data = frame.split("\n")
            validate_event(name.removeprefix("event: "), json.loads(data.removeprefix("data: ")))
        assert frames[-1].startswith(("event: image_generation.completed", "event: image_edit.completed"))
    else:
        assert status == 200, body
        validate_reply(json.loads(body))


@pytest.mark.parametrize("recorded", OTHERS, ids=lambda each: f"{each['client']} {each['path']}")
def test_recorded_lists_and_responses(address: str, recorded: dict[str, Any]) -> None:
    body = b"" if recorded["json"] is None else json.dumps(recorded["json"]).encode()
    method = recorded.get("method", "POST")
    status, _, answer = call(address, method, recorded["path"], body, **recorded["headers"])
    assert status == 200, answer
    document = json.loads(answer)
    if "responses" in recorded["path"]:
        (drawn,) = (item for item in document["output"] if item["type"] == "image_generation_call")
        assert Image.from_bytes(base64.b64decode(drawn["result"])).header().format == "png"
    elif "x-goog-api-key" in recorded["headers"]:
        assert [model["name"] for model in document["models"]] == [f"models/{CARD.id}"]
    else:
        assert [model["id"] for model in document["data"]] == [CARD.id]

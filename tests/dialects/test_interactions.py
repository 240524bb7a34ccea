"""Google's Interactions API: what requests mean, and what is answered."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from tintype.core import (
    Completed,
    Image,
    ImageEvent,
    ImageRequest,
    Incoming,
    Ratio,
    Report,
    Text,
    Usage,
)
from tintype.core import errors as e
from tintype.core.errors import TintypeError
from tintype.dialects.interactions import Interactions

from ..pictures import picture
from .writing import happening, joined

PNG = picture()
DATA = base64.b64encode(PNG).decode()
IMAGE = {"type": "image", "data": DATA, "mime_type": "image/png"}
MODEL = "gemini-nano-banana-2.1"
REPORT = Report(asked=MODEL, model=MODEL, provider="p", created=1_795_166_107)
REQUEST = ImageRequest(model=MODEL, prompt="p", wants_text=True)
DONE = Completed(image=Image.from_bytes(PNG), usage=Usage(text_in=3, image_in=560, image_out=1120))


def read(dialect: Interactions | None = None, **body: Any) -> ImageRequest:
    whole = {"model": MODEL, "input": "a cat", **body}
    return (dialect or Interactions()).read(Incoming(path="/interactions", body=json.dumps(whole).encode()))


def written(dialect: Interactions, request: ImageRequest, *events: ImageEvent) -> str:
    return joined(dialect, request, REPORT, happening(*events)).decode()


@pytest.mark.parametrize(
    ("said", "prompt", "images"),
    [
        ("a cat", "a cat", 0),
        (["a", "cat"], "a\ncat", 0),
        ({"type": "text", "text": "a cat"}, "a cat", 0),
        ([{"type": "text", "text": "a hat"}, IMAGE], "a hat", 1),
        ([{"type": "user_input", "content": [{"type": "text", "text": "a hat"}, IMAGE]}], "a hat", 1),
        ([{"role": "user", "content": "a hat"}], "a hat", 0),
        (
            [
                {"type": "user_input", "content": "draw a cat"},
                {"type": "model_output", "content": [{"type": "text", "text": "Here."}, IMAGE]},
                {"type": "user_input", "content": ["make it blue"]},
            ],
            "make it blue",
            1,
        ),
    ],
)
def test_input_in_every_shape(said: Any, prompt: str, images: int) -> None:
    request = read(input=said)
    assert (request.model, request.prompt) == (MODEL, prompt)
    assert [image.as_bytes() for image in request.images] == [PNG] * images
    assert request.extras == {}


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        ({"response_format": {"type": "image", "aspect_ratio": "16:9"}}, "size", Ratio(16, 9)),
        ({"response_format": [{"type": "image", "image_size": "2K"}]}, "size", Ratio(1, 1, "2K")),
        ({"generation_config": {"image_config": {"aspect_ratio": "3:4"}}}, "size", Ratio(3, 4)),
        ({"response_format": {"type": "image", "mime_type": "image/jpeg"}}, "output_format", "jpeg"),
        ({"response_format": {"type": "image", "delivery": "uri"}}, "response_format", "url"),
        ({"response_format": {"type": "image", "delivery": "inline"}}, "response_format", "b64_json"),
        ({"response_format": {"type": "image"}}, "wants_text", False),
        ({"response_format": [{"type": "image"}, {"type": "text"}]}, "wants_text", True),
        ({"response_modalities": ["image"]}, "wants_text", False),
        ({}, "wants_text", True),
        ({"generation_config": {"seed": 4}}, "seed", 4),
        ({"generation_config": {"thinking_level": "high"}}, "thinking_level", "high"),
        ({"stream": True}, "stream", True),
        ({"store": False}, "extras", {}),
        ({"service_tier": "flex"}, "extras", {"interactions": {"serviceTier": "flex"}}),
    ],
)
def test_fields(body: dict[str, Any], field: str, value: object) -> None:
    assert getattr(read(**body), field) == value


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": None}, "input"),
        ({"input": [IMAGE]}, "input"),
        ({"input": [{"type": "image", "uri": "files/a"}]}, "input[0]"),
        ({"input": [{"type": "audio", "data": ""}]}, "input[0]"),
        ({"input": [{"type": "function_result", "content": []}]}, "input[0].type"),
        ({"input": 3}, "input[0]"),
        ({"background": True}, "background"),
        ({"previous_interaction_id": "v1_nothing"}, "previous_interaction_id"),
        ({"response_modalities": ["text"]}, "response_modalities"),
        ({"response_modalities": 3}, "response_modalities"),
        ({"store": "false"}, "store"),
        ({"generation_config": {"thinking_level": "deep"}}, "thinkingLevel"),
        ({"response_format": {"type": "audio"}}, "response_modalities"),
        ({"response_format": {"type": "image", "aspect_ratio": "wide"}}, "response_format"),
        ({"response_format": "image"}, "response_format"),
    ],
)
def test_what_is_wrong_is_named(body: dict[str, Any], param: str) -> None:
    with pytest.raises(TintypeError) as caught:
        read(**body)
    assert (caught.value.param, caught.value.status) == (param, 400)


def test_a_whole_interaction() -> None:
    answer = json.loads(written(Interactions(), REQUEST, Text(text="Here."), DONE))
    assert answer.pop("id").startswith("v1_")
    assert answer == {
        "object": "interaction",
        "model": MODEL,
        "created": "2026-11-20T09:15:07Z",
        "updated": "2026-11-20T09:15:07Z",
        "status": "completed",
        "usage": {
            "total_tokens": 1683,
            "total_input_tokens": 563,
            "input_tokens_by_modality": [
                {"modality": "text", "tokens": 3},
                {"modality": "image", "tokens": 560},
            ],
            "total_output_tokens": 1120,
            "output_tokens_by_modality": [{"modality": "image", "tokens": 1120}],
        },
        "steps": [
            {
                "type": "model_output",
                "content": [
                    {"type": "text", "text": "Here."},
                    {"type": "image", "mime_type": "image/png", "data": DATA},
                ],
            }
        ],
    }


def test_a_picture_with_an_address_is_told_by_it() -> None:
    at = replace(DONE, image=Image.from_bytes(PNG).at("http://x.test/a.png"))
    (step,) = json.loads(written(Interactions(), REQUEST, at))["steps"]
    assert step["content"] == [{"type": "image", "mime_type": "image/png", "uri": "http://x.test/a.png"}]


def test_the_address_that_it_was_told_by_is_taken_back() -> None:
    request = replace(REQUEST, response_format="url")
    linked = Completed(image=Image.from_bytes(PNG).at("http://x.test/a.png"))
    (step,) = json.loads(written(Interactions(), request, linked))["steps"]
    (image,) = read(input=[step, {"type": "user_input", "content": "now blue"}]).images
    assert image.url == "http://x.test/a.png"


def test_a_stream_of_steps() -> None:
    text = written(Interactions(), replace(REQUEST, stream=True), Text(text="Here."), DONE)
    *frames, done, end = text.split("\n\n")
    assert (done, end) == ("data: [DONE]", "")
    events = []
    for frame in frames:
        name, data = frame.split("\n")
        events.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {events[-1]['event_type']}"
    assert [event["event_type"] for event in events] == [
        "interaction.created",
        "step.start",
        "step.delta",
        "step.delta",
        "step.stop",
        "interaction.completed",
    ]
    assert events[3]["delta"] == {"type": "image", "mime_type": "image/png", "data": DATA}
    assert events[0]["interaction"]["status"] == "in_progress"
    assert events[-1]["interaction"]["status"] == "completed"
    assert events[-1]["interaction"]["usage"]["total_tokens"] == 1683


def test_the_next_interaction_goes_on_from_what_was_drawn() -> None:
    dialect = Interactions()
    drawn = json.loads(written(dialect, REQUEST, DONE))["id"]
    request = read(dialect, input="make it blue", previous_interaction_id=drawn)
    assert [image.as_bytes() for image in request.images] == [PNG]
    other = picture(colour="#123")
    shown = {**IMAGE, "data": base64.b64encode(other).decode()}
    request = read(dialect, input=["and this", shown], previous_interaction_id=drawn)
    assert [image.as_bytes() for image in request.images] == [other]


def test_who_wants_nothing_kept_has_nothing_kept() -> None:
    dialect = Interactions()
    drawn = json.loads(written(dialect, read(dialect, store=False), DONE))["id"]
    with pytest.raises(e.BadRequest, match="no interaction"):
        read(dialect, input="make it blue", previous_interaction_id=drawn)


def test_no_picture_is_an_error_and_so_is_a_refusal() -> None:
    with pytest.raises(e.NoImage):
        written(Interactions(), REQUEST, Text(text="no"))
    refused = Interactions().write_error(e.Refused("no"))
    assert (refused.status, json.loads(refused.body)["error"]["status"]) == (400, "INVALID_ARGUMENT")
    frame = Interactions().write_error_frame(e.Unavailable("gone"))
    name, data, _, _ = frame.decode().split("\n")
    assert name == "event: error"
    assert json.loads(data.removeprefix("data: ")) == {
        "event_type": "error",
        "error": {"code": "upstream_unavailable", "message": "gone"},
    }

"""What Octen's fields become, and how its answers, frames and errors are written."""

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
    Partial,
    Report,
    Size,
    Text,
    Usage,
)
from tintype.core import errors as e
from tintype.dialects.octen import dialect
from tintype.wire import multipart

from ..pictures import picture
from .writing import happening, joined

PNG = picture("png", 32, 16)
BASE64 = base64.b64encode(PNG).decode()
REQUEST = ImageRequest(model="m", prompt="p")
GPT = Report(
    asked="m", model="gpt-image-2", provider="p", created=1_749_812_900, job="job_7c3a5e9d2b1f8460aaaabbbb"
)
GEMINI = replace(GPT, model="gemini-3-pro-image")
USAGE = Usage(text_in=20, image_in=5, text_out=40, image_out=2560)
DONE = Completed(image=Image.from_bytes(PNG), usage=USAGE, quality="low", background="opaque")


def read(**body: object) -> ImageRequest:
    raw = json.dumps({"model": "nano-banana-pro", "prompt": "a cat", **body}).encode()
    return dialect.read(Incoming(path="/octen/v1/images/generations", body=raw))


def written(request: ImageRequest, report: Report, *events: ImageEvent) -> str:
    return joined(dialect, request, report, happening(*events)).decode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"wants_text": True, "images": (), "stream": False}),
        ({"response_modalities": ["text", "image"]}, {"wants_text": True}),
        ({"response_modalities": ["IMAGE"]}, {"wants_text": False}),
        ({"response_modalities": "image"}, {"wants_text": False}),
        ({"stream": True}, {"wants_text": False, "stream": True}),
        (
            {"thinking_level": "HIGH", "media_resolution": "low"},
            {"thinking_level": "high", "media_resolution": "low"},
        ),
        ({"image": BASE64}, {"images": (Image.from_bytes(PNG),)}),
        ({"image": [BASE64, f"data:image/png;base64,{BASE64}"]}, {"images": (Image.from_bytes(PNG),) * 2}),
        ({"mask": BASE64}, {"mask": None, "images": ()}),
        ({"image": BASE64, "mask": BASE64}, {"mask": Image.from_bytes(PNG)}),
        ({"size": "1024x1024"}, {"size": Size(1024, 1024)}),
        ({"background": "transparent"}, {"background": None}),
        ({"background": "transparent", "model": "openai/gpt-image-2"}, {"background": "transparent"}),
    ],
)
def test_what_a_body_means(body: dict[str, Any], expected: dict[str, Any]) -> None:
    request = read(**body)
    assert {name: getattr(request, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"response_modalities": ["text", "image"]}, "response_modalities"),
        ({"background": "opaque"}, "background"),
        ({"mask": BASE64}, "mask"),
        ({"loras": [1]}, "loras"),
    ],
)
def test_what_does_not_apply_is_carried_to_be_reported(body: dict[str, Any], name: str) -> None:
    assert set(read(**body).extras["octen"]) == {name}


def test_a_form() -> None:
    fields = [
        multipart.Field("prompt", b"a cat"),
        multipart.Field("response_modalities[]", b"text"),
        multipart.Field("response_modalities[]", b"image"),
        multipart.Field("image[]", PNG, "image/png"),
        multipart.Field("image[]", PNG, "image/png"),
    ]
    media_type, body = multipart.write(fields)
    request = dialect.read(Incoming(path=dialect.paths[0], headers={"content-type": media_type}, body=body))
    assert request.images == (Image.from_bytes(PNG),) * 2
    assert request.extras == {"octen": {"response_modalities": ["text", "image"]}}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"response_modalities": ["text"]}, "response_modalities"),
        ({"response_modalities": ["audio"]}, "response_modalities"),
        ({"response_modalities": [3]}, "response_modalities"),
        ({"thinking_level": "deep"}, "thinking_level"),
        ({"media_resolution": 3}, "media_resolution"),
        ({"prompt": ""}, "prompt"),
    ],
)
def test_faults_name_the_field(body: dict[str, Any], param: str) -> None:
    with pytest.raises(e.BadRequest) as caught:
        read(**body)
    assert caught.value.param == param


def test_a_gemini_answer_as_printed() -> None:
    events: list[ImageEvent] = [
        Text(text="Step 1: mix", index=0),
        replace(DONE, quality=None, usage=Usage()),
        Text(text="Step 2: knead", index=1),
        replace(DONE, quality=None, index=1, usage=Usage(text_in=20, text_out=40, image_out=2560)),
    ]
    assert written(REQUEST, GEMINI, *events) == (
        '{"id":"img-7c3a5e9d2b1f8460","created":1749812900,"output_format":"png",'
        f'"data":[{{"b64_json":"{BASE64}"}},{{"b64_json":"{BASE64}"}}],'
        '"text":"Step 1: mix\\nStep 2: knead",'
        '"parts":[{"type":"text","text":"Step 1: mix"},{"type":"image","index":0},'
        '{"type":"text","text":"Step 2: knead"},{"type":"image","index":1}],'
        '"usage":{"input_tokens":20,"input_tokens_details":{"text_tokens":20,"image_tokens":0},'
        '"output_tokens":2600,"output_tokens_details":{"image_tokens":2560,"text_tokens":40},'
        '"total_tokens":2620}}'
    )


def test_pictures_that_came_out_of_order_have_their_words_with_them() -> None:
    second: list[ImageEvent] = [Text(text="2", index=1), replace(DONE, index=1)]
    first: list[ImageEvent] = [Text(text="1", index=0), DONE]
    answer = json.loads(written(REQUEST, GEMINI, *second, *first, Text(text="3", index=2)))
    assert answer["text"] == "1\n2\n3"
    assert [part.get("index", part.get("text")) for part in answer["parts"]] == ["1", 0, "2", 1, "3"]


def test_a_gpt_answer_tells_what_was_applied() -> None:
    answer = json.loads(written(REQUEST, GPT, DONE))
    assert set(answer) == {"id", "created", "background", "output_format", "quality", "size", "data", "usage"}
    assert (answer["background"], answer["quality"], answer["size"]) == ("opaque", "low", "32x16")


def test_frames() -> None:
    preview = Partial(image=Image.from_bytes(PNG), step=1)
    frames = written(replace(REQUEST, stream=True), GPT, Text(text="hm"), preview, DONE).split("\n\n")
    assert frames.pop() == ""
    names, data = zip(*(frame.split("\n") for frame in frames), strict=True)
    assert names == ("event: image_generation.partial_image", "event: image_generation.completed")
    partial, completed = (json.loads(line.removeprefix("data: ")) for line in data)
    assert partial["id"] == completed["id"] == "img-7c3a5e9d2b1f8460"
    assert partial["partial_image_index"] == 1
    assert completed["usage"]["output_tokens_details"] == {"image_tokens": 2560, "text_tokens": 40}


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (e.BadRequest("no", param="size"), 400, "invalid_request_error"),
        (e.Refused("no"), 400, "invalid_request_error"),
        (e.Unauthenticated("no"), 401, "authentication_error"),
        (e.OutOfCredit("no"), 403, "permission_error"),
        (e.Forbidden("no"), 403, "permission_error"),
        (e.UnknownModel("no", param="model"), 404, "not_found_error"),
        (e.TooLarge("no"), 413, "invalid_request_error"),
        (e.TooManyRequests("no"), 429, "rate_limit_error"),
        (e.TintypeError("no"), 500, "api_error"),
        (e.Busy("no"), 503, "api_error"),
    ],
)
def test_errors(error: e.TintypeError, status: int, kind: str) -> None:
    answer = dialect.write_error(error)
    assert answer.status == status
    wanted = {"message": "no", "type": kind, "param": error.param, "code": error.code}
    assert json.loads(answer.body) == {"error": wanted}
    frame = dialect.write_error_frame(error).decode()
    assert json.loads(frame.split("data: ")[1]) == {"type": "error", "error": wanted}

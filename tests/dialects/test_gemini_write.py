"""What Gemini's clients are answered: documents, events and errors, as Google prints them."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from tintype.core import (
    Completed,
    Dialect,
    Events,
    Image,
    ImageEvent,
    ImageRequest,
    Partial,
    Report,
    Text,
    Usage,
)
from tintype.core import errors as e
from tintype.dialects import gemini, imagen

from ..pictures import picture
from .writing import happening, joined

PNG = picture("png", 32, 16)
DATA = base64.b64encode(PNG).decode()
REPORT = Report(asked="nano-banana-pro", model="gemini-3-pro-image", provider="p", created=1_795_166_107)
REQUEST = ImageRequest(model="m", prompt="p", wants_text=True)
DONE = Completed(image=Image.from_bytes(PNG), usage=Usage(text_in=19, image_out=1120))
WORDS = Text(text="Here is your panda.")
PICTURE = {"inlineData": {"mimeType": "image/png", "data": DATA}}
USAGE = {
    "promptTokenCount": 19,
    "candidatesTokenCount": 1120,
    "totalTokenCount": 1139,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 19}],
    "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}],
}


def written(dialect: Dialect, request: ImageRequest, *events: ImageEvent) -> bytes:
    return joined(dialect, request, REPORT, happening(*events))


def document(request: ImageRequest, *events: ImageEvent) -> Any:
    return json.loads(written(gemini.dialect, request, *events))


def test_a_whole_answer_in_the_order_that_google_prints() -> None:
    answer = document(REQUEST, WORDS, DONE)
    assert list(answer) == ["candidates", "usageMetadata", "modelVersion", "responseId"]
    assert answer.pop("responseId")
    parts = [{"text": "Here is your panda."}, PICTURE]
    assert answer == {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": USAGE,
        "modelVersion": "gemini-3-pro-image",
    }


def test_words_are_left_out_for_whoever_wants_pictures_alone() -> None:
    answer = document(replace(REQUEST, wants_text=False), WORDS, DONE)
    assert answer["candidates"][0]["content"]["parts"] == [PICTURE]


def test_every_picture_is_a_candidate_in_its_place_with_its_words() -> None:
    second = replace(DONE, index=1, usage=Usage(image_out=1120))
    words = Text(text="two", index=1), Text(text="one"), Text(text="!", index=2)
    answer = document(replace(REQUEST, n=2), words[0], second, words[1], DONE, words[2])
    texts = [[part.get("text") for part in each["content"]["parts"]] for each in answer["candidates"]]
    assert texts == [["one", None], ["two", None, "!"]]
    assert [each["index"] for each in answer["candidates"]] == [0, 1]
    assert answer["usageMetadata"]["totalTokenCount"] == 2 * 1120 + 19


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_that_draws_several_pictures_for_one_candidate_tells_them_in_it(stream: bool) -> None:
    """As a story with its pictures; SDKs look at the first candidate alone."""
    words = Text(text="one"), Text(text="two", index=1), Text(text="end", index=2)
    pictures = DONE, replace(DONE, index=1)
    events = words[0], pictures[0], words[1], pictures[1], words[2]
    text = written(gemini.dialect, replace(REQUEST, stream=stream), *events).decode()
    frames = text.removesuffix("\n\n").split("\n\n") if stream else [text]
    found = [each for frame in frames for each in json.loads(frame.removeprefix("data: "))["candidates"]]
    assert {each["index"] for each in found} == {0}
    assert len(found) == (5 if stream else 1)
    parts = [part for each in found for part in each["content"]["parts"]]
    assert parts == [{"text": "one"}, PICTURE, {"text": "two"}, PICTURE, {"text": "end"}]


def test_words_of_a_picture_that_did_not_come_are_with_the_last() -> None:
    answer = document(replace(REQUEST, n=3), DONE, Text(text="sorry", index=1))
    (candidate,) = answer["candidates"]
    assert candidate["content"]["parts"] == [PICTURE, {"text": "sorry"}]


def test_counts_by_modality() -> None:
    usage = Usage(text_in=5, image_in=516, text_out=7, image_out=1290)
    found = document(REQUEST, replace(DONE, usage=usage))["usageMetadata"]
    assert found["promptTokensDetails"] == [
        {"modality": "TEXT", "tokenCount": 5},
        {"modality": "IMAGE", "tokenCount": 516},
    ]
    assert found["candidatesTokensDetails"] == [
        {"modality": "IMAGE", "tokenCount": 1290},
        {"modality": "TEXT", "tokenCount": 7},
    ]
    assert found["totalTokenCount"] == 5 + 516 + 7 + 1290


def test_a_picture_that_is_elsewhere_is_told_by_its_address() -> None:
    far = Completed(image=Image.from_url("https://x.test/a.png"))
    part = document(REQUEST, far)["candidates"][0]["content"]["parts"][0]
    assert part["fileData"]["fileUri"] == "https://x.test/a.png"


def test_base64_goes_out_as_it_is_held() -> None:
    held = base64.b64encode(PNG)

    async def collect() -> list[Any]:
        async def happening() -> Events:
            yield Completed(image=Image.from_base64(held))

        return [chunk async for chunk in gemini.dialect.write(REQUEST, happening(), REPORT)]

    assert any(chunk is held for chunk in asyncio.run(collect()))


def test_a_stream_is_a_document_for_every_event() -> None:
    streamed = replace(REQUEST, stream=True)
    preview = Partial(image=Image.from_bytes(PNG))
    text = written(gemini.dialect, streamed, WORDS, preview, DONE, replace(DONE, index=1)).decode()
    *frames, end = text.split("\n\n")
    assert end == ""
    assert all(frame.startswith("data: {") for frame in frames)
    documents = [json.loads(frame.removeprefix("data: ")) for frame in frames]
    assert [each["candidates"][0]["content"]["parts"] for each in documents] == [
        [{"text": "Here is your panda."}],
        [PICTURE],
        [PICTURE],
    ]
    assert [each["candidates"][0].get("finishReason") for each in documents] == [None, "STOP", "STOP"]
    assert [each["usageMetadata"]["totalTokenCount"] for each in documents] == [0, 1139, 2278]
    assert len({each["responseId"] for each in documents}) == 1


def test_a_stream_that_is_no_event_stream_is_an_array() -> None:
    (answer,) = document(replace(REQUEST, echo={"array": True}), DONE)
    assert answer["usageMetadata"] == USAGE


def test_imagen_answers_predictions() -> None:
    jpeg = picture("jpeg", 8, 8)
    answer = json.loads(
        written(imagen.dialect, REQUEST, replace(DONE, index=1), Completed(image=Image.from_bytes(jpeg)))
    )
    assert answer == {
        "predictions": [
            {"bytesBase64Encoded": base64.b64encode(jpeg).decode(), "mimeType": "image/jpeg"},
            {"bytesBase64Encoded": DATA, "mimeType": "image/png"},
        ]
    }


@pytest.mark.parametrize("dialect", [gemini.dialect, imagen.dialect], ids=lambda each: each.name)
def test_no_picture_is_never_an_empty_answer(dialect: Dialect) -> None:
    with pytest.raises(e.NoImage):
        written(dialect, REQUEST, WORDS)


def test_a_refusal_is_an_answer_without_a_picture() -> None:
    before = gemini.dialect.write_error(e.Refused("no"))
    assert before.status == 200
    assert json.loads(before.body) == {
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": "no"},
        "usageMetadata": {"promptTokenCount": 0, "totalTokenCount": 0},
    }
    for error, reason in (
        (e.Refused("no", charged=True), "IMAGE_SAFETY"),
        (e.NoImage("none", charged=True), "NO_IMAGE"),
    ):
        answer = gemini.dialect.write_error(error)
        assert answer.status == 200
        (candidate,) = json.loads(answer.body)["candidates"]
        assert candidate == {"finishReason": reason, "finishMessage": str(error), "index": 0}
    answer = imagen.dialect.write_error(e.Refused("no"))
    assert (answer.status, json.loads(answer.body)) == (200, {"predictions": [{"raiFilteredReason": "no"}]})


@pytest.mark.parametrize("dialect", [gemini.dialect, imagen.dialect], ids=lambda each: each.name)
@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (e.BadRequest("x"), 400, "INVALID_ARGUMENT"),
        (e.Unsupported("x"), 400, "INVALID_ARGUMENT"),
        (e.Unauthenticated("x"), 401, "UNAUTHENTICATED"),
        (e.OutOfCredit("x"), 429, "RESOURCE_EXHAUSTED"),
        (e.Forbidden("x"), 403, "PERMISSION_DENIED"),
        (e.UnknownModel("x"), 404, "NOT_FOUND"),
        (e.NotFound("x"), 404, "NOT_FOUND"),
        (e.MethodNotAllowed("x"), 405, "UNIMPLEMENTED"),
        (e.TooLarge("x"), 400, "INVALID_ARGUMENT"),
        (e.TooManyRequests("x"), 429, "RESOURCE_EXHAUSTED"),
        (e.Cancelled("x"), 499, "CANCELLED"),
        (e.Rejected("x"), 500, "INTERNAL"),
        (e.Garbled("x"), 500, "INTERNAL"),
        (e.Unavailable("x"), 503, "UNAVAILABLE"),
        (e.Busy("x"), 503, "UNAVAILABLE"),
        (e.Timeout("x"), 504, "DEADLINE_EXCEEDED"),
        (e.TintypeError("x"), 500, "INTERNAL"),
    ],
)
def test_errors_in_googles_words(dialect: Dialect, error: e.TintypeError, code: int, status: str) -> None:
    answer = dialect.write_error(error)
    found = json.loads(answer.body)["error"]
    assert list(found) == ["code", "message", "status", "details"]
    assert (answer.status, found["code"], found["status"], found["message"]) == (code, code, status, "x")
    assert found["details"][0]["reason"] == error.code.upper()


def test_an_error_says_which_field_and_when_to_come_again() -> None:
    answer = gemini.dialect.write_error(e.BadRequest("x", param="size"))
    assert json.loads(answer.body)["error"]["details"][1] == {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [{"field": "generationConfig.imageConfig", "description": "x"}],
    }
    answer = gemini.dialect.write_error(e.TooManyRequests("x", retry_after=34))
    assert json.loads(answer.body)["error"]["details"][1] == {
        "@type": "type.googleapis.com/google.rpc.RetryInfo",
        "retryDelay": "34s",
    }


def test_an_error_within_a_stream_is_a_frame_of_it() -> None:
    frame = gemini.dialect.write_error_frame(e.Unavailable("gone"))
    assert frame.startswith(b"data: {")
    assert frame.endswith(b"}\n\n")
    assert json.loads(frame[6:])["error"]["status"] == "UNAVAILABLE"

"""Whatever is sent to Google's addresses, the answer is a picture or an error in Google's words: never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .test_fuzz import OFTEN, VALUES, WORDS, post

PATHS = [
    f"/v1beta/models/{model}:{method}"
    for model in ("gemini-3-pro-image", "gpt-image-2", "imagen-4.0-generate-001", "nope")
    for method in ("generateContent", "predict", "streamGenerateContent")
]
PATHS += ["/v1beta/interactions", "/v1/interactions", "/v1beta/interactions"]
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAYAAAAf8/9hAAAAGUlEQVR4nGM4YWPznxLMMGrAqAGjBgwXAwDt8T8fJgJUJgAAAABJRU5ErkJggg=="


def some(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(names) | st.text(max_size=6), VALUES | WORDS | ENUMS, max_size=5)


ENUMS = st.sampled_from(["IMAGE", ["IMAGE"], ["TEXT"], ["TEXT", "IMAGE"], "image/png", "16:9", "2K", "HIGH"])
BLOB = st.fixed_dictionaries(
    {}, optional={"data": st.just(PIXEL) | VALUES, "mime_type": VALUES, "mimeType": VALUES}
)
PART = (
    st.fixed_dictionaries(
        {}, optional={"text": st.just("a cat") | VALUES, "inlineData": BLOB | VALUES, "thought": VALUES}
    )
    | some("fileData", "inline_data", "text")
    | VALUES
)
CONTENT = (
    st.fixed_dictionaries(
        {},
        optional={
            "role": st.sampled_from(["user", "model", "tool"]) | VALUES,
            "parts": st.lists(PART, max_size=3) | PART,
        },
    )
    | PART
)
CONFIG = some(
    "responseModalities", "candidate_count", "seed", "mediaResolution", "temperature"
) | st.fixed_dictionaries(
    {},
    optional={
        "imageConfig": some(
            "aspectRatio", "aspect_ratio", "imageSize", "outputMimeType", "imageOutputOptions"
        ),
        "thinkingConfig": some("thinkingLevel", "includeThoughts"),
    },
)
INSTANCE = st.fixed_dictionaries(
    {},
    optional={
        "prompt": st.just("a cat") | VALUES,
        "image": st.fixed_dictionaries({}, optional={"bytesBase64Encoded": st.just(PIXEL) | VALUES}) | VALUES,
        "mask": st.fixed_dictionaries({"image": some("bytesBase64Encoded")}) | VALUES,
        "referenceImages": st.lists(some("referenceType", "referenceImage"), max_size=2) | VALUES,
    },
)
PARAMETERS = some("sampleCount", "aspectRatio", "sampleImageSize", "seed", "guidanceScale", "outputOptions")
PIECE = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["text", "image", "user_input", "model_output"]) | VALUES,
        "text": st.just("a cat") | VALUES,
        "data": st.just(PIXEL) | VALUES,
    },
)
STEP = (
    PIECE
    | VALUES
    | st.builds(lambda piece, content: {**piece, "content": content}, PIECE, st.lists(PIECE) | VALUES)
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "contents": st.lists(CONTENT, max_size=3) | CONTENT | st.just("a cat"),
        "generationConfig": CONFIG | VALUES,
        "instances": st.lists(INSTANCE, max_size=2) | INSTANCE,
        "parameters": PARAMETERS | VALUES,
        "safety_settings": VALUES,
        "model": st.sampled_from(["gemini-3-pro-image", "gpt-image-2"]) | VALUES,
        "input": st.lists(STEP, max_size=3) | STEP | st.just("a cat"),
        "response_format": some("type", "aspect_ratio", "image_size", "mime_type", "delivery") | VALUES,
        "response_modalities": ENUMS | VALUES,
        "previous_interaction_id": VALUES,
    },
)


def check(status: int, body: bytes) -> None:
    document = json.loads(body)
    if status == 200:
        answer = document[0] if isinstance(document, list) else document
        assert "candidates" in answer or "predictions" in answer or "steps" in answer
        return
    assert status < 500, body
    error = document["error"]
    assert list(error) == ["code", "message", "status", "details"]
    assert error["code"] == status
    assert error["message"]


@OFTEN
@given(path=st.sampled_from(PATHS), body=BODIES, strict=st.booleans())
def test_any_json(path: str, body: dict[str, Any], strict: bool) -> None:
    check(*post(path, json.dumps(body).encode(), {"prefer": "handling=strict"} if strict else {}))


@OFTEN
@given(path=st.sampled_from(PATHS), body=st.binary(max_size=200))
def test_any_bytes(path: str, body: bytes) -> None:
    check(*post(path, body, {}))


@pytest.mark.parametrize("depth", [50, 900, 5_000, 200_000])
@pytest.mark.parametrize(
    "opening",
    [
        b'{"contents":',
        b'{"contents":[{"parts":[{"inlineData":{"data":',
        b'{"contents":"x","generationConfig":{"imageConfig":',
        b'{"instances":{"prompt":"x","image":',
        b'{"contents":"x","instances":{"prompt":"x"},"tools":',
    ],
)
@pytest.mark.parametrize("unit", [b"[", b'{"image":', b'{"parts":'])
def test_deep_nesting(depth: int, opening: bytes, unit: bytes) -> None:
    for path in PATHS[:2]:
        status, body = post(path, opening + unit * depth, {})
        assert status == 400
        check(status, body)
        closing = b"1" + (b"]" if unit == b"[" else b"}") * depth
        ends = b"".join(
            b"]" if letter == b"["[0] else b"}" for letter in reversed(opening) if letter in b"[{"
        )
        status, body = post(path, opening + unit * depth + closing + ends, {})
        assert status in (400, 200)
        check(status, body)

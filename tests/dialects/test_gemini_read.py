"""What Gemini's requests mean, in any spelling that its clients put on the wire."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tintype.core import ImageRequest, Incoming, Ratio
from tintype.core.errors import TintypeError
from tintype.dialects.gemini import dialect

from ..pictures import picture

PNG = picture()
WIDE = picture(width=160, height=90)
DATA = base64.b64encode(PNG).decode()
PATH = "/v1beta/models/{model:path}:generateContent"
STREAM = "/v1beta/models/{model:path}:streamGenerateContent"
CAT: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "a cat"}]}]}


def blob(data: bytes = PNG) -> dict[str, Any]:
    return {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(data).decode()}}


def read(body: Any, path: str = PATH, query: dict[str, str] | None = None) -> ImageRequest:
    return dialect.read(
        Incoming(
            path=path,
            path_params={"model": "gemini-3-pro-image"},
            query=query or {},
            body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        )
    )


def config(**members: Any) -> ImageRequest:
    return read({**CAT, "generationConfig": members})


@pytest.mark.parametrize(
    "contents",
    [
        "a cat",
        ["a cat"],
        {"text": "a cat"},
        [{"text": "a cat"}],
        {"parts": "a cat"},
        {"parts": {"text": "a cat"}},
        {"parts": [{"text": "a cat"}]},
        [{"role": "user", "parts": [{"text": "a cat"}]}],
        [{"role": "USER", "parts": ["a cat"]}],
    ],
)
def test_contents_in_every_shape(contents: Any) -> None:
    request = read({"contents": contents})
    assert (request.model, request.prompt, request.images, request.n) == (
        "gemini-3-pro-image",
        "a cat",
        (),
        1,
    )
    assert request.response_format == "b64_json"
    assert request.extras == {}


def test_several_texts_are_one_prompt_in_order() -> None:
    parts = [{"text": "a cat"}, blob(), {"text": "on a roof"}]
    request = read({"contents": [{"parts": parts}, {"parts": [{"text": "at night"}]}]})
    assert request.prompt == "a cat\non a roof\nat night"
    assert [image.as_bytes() for image in request.images] == [PNG]


@pytest.mark.parametrize(
    "part",
    [
        {"inlineData": {"mimeType": "image/png", "data": DATA}},
        {"inline_data": {"mime_type": "image/png", "data": DATA}},
        {"inlineData": {"data": DATA, "mime_type": "image/png"}},
        {"inlineData": {"data": base64.urlsafe_b64encode(PNG).decode().rstrip("=")}},
        {"inlineData": {"data": f"data:image/png;base64,{DATA}"}},
    ],
)
def test_a_picture_among_the_parts_is_to_be_edited(part: Any) -> None:
    request = read({"contents": [{"parts": [part, {"text": "make it night"}]}]})
    assert [image.as_bytes() for image in request.images] == [PNG]


def test_a_picture_at_an_address_of_the_web_is_to_be_edited() -> None:
    """Also one that was answered so, when a chat sends its turns back."""
    file = {"fileData": {"mimeType": "image/png", "fileUri": "https://x.test/a.png"}}
    drawn = {"role": "model", "parts": [file]}
    for contents in (
        [{"parts": [file, {"text": "x"}]}],
        [*CAT["contents"], drawn, {"parts": [{"text": "x"}]}],
    ):
        assert [image.url for image in read({"contents": contents}).images] == ["https://x.test/a.png"]


def test_a_conversation_is_about_what_was_drawn_last() -> None:
    first, second = picture(colour="#111"), picture(colour="#222")
    turns: list[dict[str, Any]] = [
        {"role": "user", "parts": [{"text": "draw a cat"}]},
        {"role": "model", "parts": [{"thought": True, **blob(first)}, {"text": "Here."}, blob(second)]},
        {"role": "user", "parts": [{"text": "make it blue"}]},
    ]
    turns[1]["parts"][2]["thoughtSignature"] = "c2ln"
    request = read({"contents": turns})
    assert request.prompt == "make it blue"
    assert [image.as_bytes() for image in request.images] == [second]
    turns[2]["parts"].append(blob(PNG))
    assert [image.as_bytes() for image in read({"contents": turns}).images] == [PNG]


@pytest.mark.parametrize(
    ("members", "field", "value"),
    [
        ({"imageConfig": {"aspectRatio": "16:9"}}, "size", Ratio(16, 9)),
        ({"image_config": {"aspect_ratio": "16:9", "imageSize": "2K"}}, "size", Ratio(16, 9, "2K")),
        ({"imageConfig": {"image_size": "4k"}}, "size", Ratio(1, 1, "4K")),
        ({"imageConfig": {"imageSize": 512}}, "size", Ratio(1, 1, "512")),
        ({"imageConfig": {"aspectRatio": "auto"}}, "size", None),
        ({"imageConfig": None}, "size", None),
        ({"imageConfig": {"outputMimeType": "image/jpeg"}}, "output_format", "jpeg"),
        ({"imageConfig": {"imageOutputOptions": {"mimeType": "image/webp"}}}, "output_format", "webp"),
        ({"imageConfig": {"outputCompressionQuality": 75}}, "output_compression", 75),
        ({"imageConfig": {"image_output_options": {"compression_quality": 0}}}, "output_compression", 0),
        ({"candidateCount": 3}, "n", 3),
        ({"candidate_count": None}, "n", 1),
        ({"seed": 42}, "seed", 42),
        ({"thinkingConfig": {"thinkingLevel": "HIGH"}}, "thinking_level", "high"),
        ({"thinking_config": {"thinking_level": "THINKING_LEVEL_UNSPECIFIED"}}, "thinking_level", None),
        ({"mediaResolution": "MEDIA_RESOLUTION_MEDIUM"}, "media_resolution", "medium"),
        ({}, "wants_text", True),
        ({"responseModalities": ["IMAGE"]}, "wants_text", False),
        ({"response_modalities": ["Image", "Text"]}, "wants_text", True),
        ({"responseModalities": []}, "wants_text", True),
    ],
)
def test_generation_config(members: dict[str, Any], field: str, value: object) -> None:
    assert getattr(config(**members), field) == value
    assert getattr(read({**CAT, "generation_config": members}), field) == value


def test_a_tier_alone_keeps_the_shape_of_the_picture() -> None:
    body = {"contents": [blob(WIDE), "at night"], "generationConfig": {"imageConfig": {"imageSize": "2K"}}}
    assert read(body).size == Ratio(16, 9, "2K")


def test_what_only_google_knows_is_carried_by_its_place() -> None:
    request = read(
        {
            **CAT,
            "model": "models/gemini-3-pro-image",
            "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
            "system_instruction": {"parts": [{"text": "You paint."}]},
            "tools": [],
            "generationConfig": {
                "temperature": 0.5,
                "imageConfig": {"personGeneration": "ALLOW_ADULT"},
                "thinkingConfig": {"includeThoughts": False},
            },
        }
    )
    assert request.extras == {
        "gemini": {
            "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
            "systemInstruction": {"parts": [{"text": "You paint."}]},
            "generationConfig.temperature": 0.5,
            "generationConfig.imageConfig.personGeneration": "ALLOW_ADULT",
            "generationConfig.thinkingConfig.includeThoughts": False,
        }
    }


@pytest.mark.parametrize(
    ("path", "query", "streams"),
    [(PATH, {}, False), (PATH, {"alt": "sse"}, False), (STREAM, {}, False), (STREAM, {"alt": "sse"}, True)],
)
def test_events_are_streamed_when_the_query_says_so(path: str, query: dict[str, str], streams: bool) -> None:
    assert read(CAT, path, query).stream is streams


@pytest.mark.parametrize(
    ("body", "param", "words"),
    [
        ({}, "contents", "Missing"),
        ({"contents": []}, "contents", "no text"),
        ({"contents": [blob()]}, "contents", "no text"),
        ({"contents": [{"role": "model", "parts": [{"text": "Hello."}]}]}, "contents", "no text"),
        ({"contents": [{"role": "system", "parts": [{"text": "x"}]}]}, "contents", "valid role"),
        ({"contents": 3}, "contents[0]", "integer"),
        ({"contents": [{"parts": [{"inlineData": {}}]}]}, "contents", "no `data`"),
        ({"contents": [{"parts": [{"inlineData": {"data": "%%"}}, {"text": "x"}]}]}, "contents", "base64"),
        (
            {"contents": [{"parts": [{"inlineData": {"data": "aGk="}}, {"text": "x"}]}]},
            "contents",
            "no picture",
        ),
        *(
            (
                {"contents": [{"parts": [{"file_data": {"fileUri": address}}, {"text": "x"}]}]},
                "contents[0].parts[0].fileData",
                "no file store",
            )
            for address in (
                "files/a",
                "gs://x/a.png",
                "https://generativelanguage.googleapis.com/v1beta/files/a",
                "",
            )
        ),
        (
            {"contents": [{"parts": [{"text": "x"}, {"functionCall": {}}]}]},
            "contents[0].parts[1].functionCall",
            "inlineData",
        ),
        (
            {**CAT, "generationConfig": {"responseModalities": ["TEXT"]}},
            "generationConfig.responseModalities",
            "IMAGE",
        ),
        (
            {**CAT, "generationConfig": {"imageConfig": {"aspectRatio": "wide"}}},
            "generationConfig.imageConfig",
            "wide",
        ),
        (
            {**CAT, "generationConfig": {"imageConfig": {"imageSize": "8K"}}},
            "generationConfig.imageConfig",
            "8K",
        ),
        ({**CAT, "generationConfig": {"candidateCount": 11}}, "candidateCount", "maximum"),
        (
            {**CAT, "generationConfig": {"mediaResolution": "finest"}},
            "mediaResolution",
            "'mediaResolution': 'finest'. Supported values are: 'MEDIA_RESOLUTION_LOW', ",
        ),
        (
            {**CAT, "generationConfig": {"thinkingConfig": {"thinkingLevel": "DEEP"}}},
            "thinkingLevel",
            "'DEEP'. Supported values are: 'MINIMAL', 'LOW'",
        ),
        ({**CAT, "generationConfig": "x"}, "generationConfig", "object"),
        ({**CAT, "generationConfig": {}, "generation_config": {}}, "generationConfig", "twice"),
        (b"--x\r\n", None, "JSON"),
    ],
)
def test_what_is_wrong_is_named(body: Any, param: str | None, words: str) -> None:
    with pytest.raises(TintypeError, match=words) as caught:
        read(body)
    assert caught.value.param == param
    assert caught.value.status == 400

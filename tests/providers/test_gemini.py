"""Google's generateContent, called: what is built is what our dialect reads, and what Google answers becomes events."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tintype.catalog import load
from tintype.core import (
    Access,
    Completed,
    Events,
    Image,
    ImageEvent,
    ImageRequest,
    Incoming,
    ModelCard,
    Partial,
    Provider,
    Ratio,
    Report,
    Size,
    Text,
    Usage,
)
from tintype.core.errors import (
    BadRequest,
    Busy,
    Garbled,
    NoImage,
    Refused,
    Rejected,
    Timeout,
    TintypeError,
    Unavailable,
    Unsupported,
)
from tintype.dialects.gemini import dialect
from tintype.providers._google import read_error
from tintype.providers.gemini import Gemini, Reading, build
from tintype.wire import sse
from tintype.wire.gemini_answers import read_usage

from ..pictures import picture
from ..upstream import FakeUpstream, Reply, fake_upstream

PNG = picture()
OTHER = picture(colour="#33c")
BASE64 = base64.b64encode(PNG).decode()
IMAGE = Image.from_bytes(PNG)
CARDS = {card.id: card for service in load() for card in service.cards}
PRO, FLASH, LITE = (CARDS[f"gemini-{name}-image"] for name in ("3-pro", "3.1-flash", "3.1-flash-lite"))
VERTEX = CARDS["vertex/gemini-3-pro-image"]
CARD = replace(FLASH, formats=("png", "jpeg"), output_compression=True, max_n=4)
REQUEST = ImageRequest(model="m", prompt="a cat", response_format="b64_json", echo={"array": False})
EDIT = replace(REQUEST, images=(IMAGE, Image.from_bytes(picture("jpeg"))))


def body(request: ImageRequest, card: ModelCard = CARD) -> Any:
    return json.loads(build(request, card).body)


def mirrored(request: ImageRequest, card: ModelCard = CARD) -> ImageRequest:
    call = build(request, replace(card, upstream_id="m"))
    path, _, query = call.path.partition("?")
    return dialect.read(
        Incoming(
            path=path.replace("models/m", "/v1beta/models/{model:path}"),
            path_params={"model": "m"},
            query={"alt": "sse"} if query == "alt=sse" else {},
            body=call.body,
        )
    )


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"prompt": 'Größe "x"\r\n日本\0'},
        {"n": 4},
        {"size": Ratio(16, 9)},
        {"size": Ratio(21, 9, "512")},
        {"size": Ratio(1, 8, "4K")},
        {"seed": 0},
        {"seed": -3},
        {"output_format": "jpeg", "output_compression": 0},
        {"thinking_level": "minimal", "media_resolution": "high"},
        {"wants_text": True},
        {"stream": True},
        {"extras": {"gemini": {"safetySettings": [{"category": "X"}], "newTomorrow": {"a": None}}}},
        {
            "extras": {
                "gemini": {
                    "generationConfig.topP": 0.5,
                    "generationConfig.seed.x": 1,
                    "generationConfig.imageConfig.a.b": 1,
                    "seed.x": 1,
                    "generationConfig.imageConfig.personGeneration": "ALLOW_ALL",
                    "generationConfig.imageConfig.imageOutputOptions.newTomorrow": [1],
                    "generationConfig.thinkingConfig.thinkingBudget": 128,
                }
            }
        },
    ],
    ids=str,
)
@pytest.mark.parametrize("base", [REQUEST, EDIT], ids=["generation", "edit"])
def test_what_is_built_is_read(base: ImageRequest, fields: dict[str, Any]) -> None:
    request = replace(base, **fields)
    assert mirrored(request) == request


def test_levels_of_single_pictures_go_with_them() -> None:
    levels = [{"level": "MEDIA_RESOLUTION_HIGH"}, {"level": "MEDIA_RESOLUTION_LOW"}]
    request = replace(EDIT, extras={"gemini": {"contents.parts.mediaResolution": levels}})
    assert mirrored(request) == request


@pytest.mark.parametrize(
    ("card", "size", "config"),
    [
        (PRO, None, None),
        (PRO, Size(1376, 768), {"aspectRatio": "16:9", "imageSize": "1K"}),
        (PRO, Size(5504, 3072), {"aspectRatio": "16:9", "imageSize": "4K"}),
        (PRO, Ratio(4, 5), {"aspectRatio": "4:5"}),
        (FLASH, Size(792, 168), {"aspectRatio": "21:9", "imageSize": "512"}),
        (LITE, Size(1200, 896), {"aspectRatio": "4:3"}),
        (LITE, Ratio(4, 3, "1K"), {"aspectRatio": "4:3"}),
        (ModelCard(id="m", provider="p"), Size(1000, 2100), {"aspectRatio": "9:16"}),
    ],
)
def test_pixels_become_the_shape_that_the_card_has_for_them(
    card: ModelCard, size: Size | Ratio | None, config: dict[str, str] | None
) -> None:
    assert body(replace(REQUEST, size=size), card)["generationConfig"].get("imageConfig") == config


def test_every_size_of_every_card_is_found_again() -> None:
    for card in (PRO, FLASH):
        for shape, pixels in card.sizes.shapes.items():
            config = body(replace(REQUEST, size=pixels), card)["generationConfig"]["imageConfig"]
            assert f"{config['aspectRatio']}@{config['imageSize']}" == str(shape)


def test_the_whole_body_of_a_plain_order() -> None:
    assert body(REQUEST, PRO) == {
        "contents": [{"role": "user", "parts": [{"text": "a cat"}]}],
        "generationConfig": {"responseModalities": ["IMAGE"]},
    }
    assert build(REQUEST, PRO).path == "models/gemini-3-pro-image:generateContent"
    assert build(replace(REQUEST, stream=True), PRO).path.endswith(":streamGenerateContent?alt=sse")


def test_what_a_card_does_not_have_is_not_said() -> None:
    asked = replace(REQUEST, wants_text=True, output_format="png")
    assert body(asked, replace(PRO, says_text=False, accepts=frozenset()))["generationConfig"] == {
        "responseModalities": ["IMAGE"]
    }


def test_vertex_is_asked_for_a_format() -> None:
    config = body(replace(REQUEST, output_format="jpeg", output_compression=70), VERTEX)["generationConfig"]
    assert config["imageConfig"] == {
        "imageOutputOptions": {"mimeType": "image/jpeg", "compressionQuality": 70}
    }


def test_extras_do_not_undo_what_was_planned() -> None:
    extras = {
        "contents": [],
        "generationConfig.responseModalities": ["TEXT"],
        "generationConfig.imageConfig.aspectRatio": "1:1",
        "parameters.personGeneration": "DONT_ALLOW",
    }
    asked = replace(REQUEST, size=Ratio(16, 9), extras={"gemini": extras, "openai": {"svg": 1}})
    assert body(asked, PRO) == body(replace(asked, extras={}), PRO)


# ---- answers

USAGE = {
    "promptTokenCount": 19,
    "candidatesTokenCount": 1120,
    "thoughtsTokenCount": 250,
    "totalTokenCount": 1389,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 19}],
    "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}],
}
COUNTED = Usage(text_in=19, text_out=250, image_out=1120)


def held(data: bytes = PNG, **more: Any) -> dict[str, Any]:
    return {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(data).decode()}, **more}


def reply(*parts: dict[str, Any], finish: str = "STOP", **more: Any) -> dict[str, Any]:
    return {
        "candidates": [{"content": {"role": "model", "parts": list(parts)}, "finishReason": finish}],
        **more,
    }


def read(*documents: Any, previews: int = 0) -> list[ImageEvent]:
    reading, found = Reading(previews), []
    for document in documents:
        raw = document if isinstance(document, bytes) else json.dumps(document).encode()
        found += list(reading.read(raw))
    return found + list(reading.end())


ANSWERS: list[tuple[Any, list[ImageEvent]]] = [
    (
        reply(
            {"text": "hm", "thought": True},
            held(OTHER, thought=True),
            {"text": "Here is your panda."},
            held(thoughtSignature="x"),
            usageMetadata=USAGE,
        ),
        [Text(text="Here is your panda."), Completed(image=IMAGE, usage=COUNTED)],
    ),
    (
        reply({"text": "One"}, held(), {"text": "two"}, held(OTHER), {"text": "end"}, usageMetadata=USAGE),
        [
            Text(text="One"),
            Completed(image=IMAGE),
            Text(text="two", index=1),
            Completed(image=Image.from_bytes(OTHER), index=1, usage=COUNTED),
            Text(text="end", index=2),
        ],
    ),
    (
        {
            "candidates": [
                {
                    "content": {"parts": [{"inline_data": {"mime_type": "image/png", "data": BASE64}}]},
                    "finish_reason": "STOP",
                }
            ],
            "usage_metadata": {"prompt_token_count": 3, "candidates_token_count": 7, "total_token_count": 10},
        },
        [Completed(image=IMAGE, usage=Usage(image_in=3, image_out=7))],
    ),
    (
        {"candidates": [{"content": {"parts": [held()]}}, {"content": {"parts": [held(OTHER)]}, "index": 1}]},
        [Completed(image=IMAGE), Completed(image=Image.from_bytes(OTHER), index=1)],
    ),
    (
        reply({"fileData": {"mimeType": "image/png", "fileUri": "https://example.com/a.png"}}),
        [Completed(image=Image.from_url("https://example.com/a.png"))],
    ),
    (
        reply(
            {"inlineData": {"mimeType": "audio/wav", "data": "aGk="}}, {"functionCall": {"name": "x"}}, held()
        ),
        [Completed(image=IMAGE)],
    ),
    (
        reply({"text": "a"}, {"text": " "}, {"text": ""}, held()),
        [Text(text="a"), Text(text=" "), Completed(image=IMAGE)],
    ),
    (reply(held(), finish="MAX_TOKENS"), [Completed(image=IMAGE)]),
    ([reply({"text": "a"}), reply(held())], [Text(text="a"), Completed(image=IMAGE)]),
    (json.dumps(reply(held())).replace("=", "\\u003d").encode(), [Completed(image=IMAGE)]),
]


@pytest.mark.parametrize(("document", "events"), ANSWERS)
def test_a_reply_is_read(document: Any, events: list[ImageEvent]) -> None:
    assert read(document) == events


@pytest.mark.parametrize(
    ("said", "usage"),
    [
        ({}, Usage()),
        (USAGE, COUNTED),
        ({"promptTokenCount": 5, "totalTokenCount": 5}, Usage(image_in=5)),
        (
            {
                "promptTokenCount": 600,
                "promptTokensDetails": [
                    {"modality": "TEXT", "tokenCount": 10},
                    {"modality": "IMAGE", "tokenCount": 560},
                    {"modality": "DOCUMENT", "tokenCount": 20},
                ],
                "toolUsePromptTokenCount": 4,
                "candidatesTokenCount": 1130,
                "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}],
                "totalTokenCount": 1800,
            },
            Usage(text_in=44, image_in=560, text_out=76, image_out=1120),
        ),
        ({"promptTokenCount": "many", "promptTokensDetails": [None, 5], "totalTokenCount": None}, Usage()),
    ],
)
def test_tokens_by_kind(said: dict[str, Any], usage: Usage) -> None:
    assert read_usage(said) == usage
    assert usage.total_tokens == max(said.get("totalTokenCount") or 0, usage.total_tokens)


@pytest.mark.parametrize("odd", [[], "none", 5, True], ids=str)
def test_no_picture_is_lost_over_what_stands_beside_it(odd: object) -> None:
    part = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(picture()).decode()}}
    candidate = {"content": {"parts": [part]}, "finishReason": odd, "finishMessage": odd}
    reading = Reading()
    document = {"candidates": [candidate], "usageMetadata": odd, "promptFeedback": odd}
    events = [*reading.read(json.dumps(document).encode()), *reading.end()]
    assert events == [Completed(image=Image.from_bytes(picture()))]


def test_the_count_of_a_stream_is_the_last_and_rides_on_the_last_picture() -> None:
    first = {"promptTokenCount": 19, "totalTokenCount": 19}
    assert read(
        reply({"text": "Look"}, finish="", usageMetadata=first),
        reply(held(), finish="", usageMetadata=first),
        reply({"text": "!"}, usageMetadata=USAGE),
    ) == [Text(text="Look"), Completed(image=IMAGE, usage=COUNTED), Text(text="!", index=1)]


def test_pictures_of_thinking_are_previews_where_they_were_asked_for() -> None:
    card = replace(PRO, partial_images=2)
    asked = replace(REQUEST, stream=True, partial_images=1)
    assert body(asked, card)["generationConfig"]["thinkingConfig"] == {"includeThoughts": True}
    assert "thinkingConfig" not in body(asked, PRO)["generationConfig"]
    thought = held(OTHER, thought=True)
    assert read(reply(thought, thought, finish=""), reply(held()), previews=1) == [
        Partial(image=Image.from_bytes(OTHER)),
        Completed(image=IMAGE),
    ]
    spoilt = {"inlineData": {"mimeType": "image/png", "data": "!!!!!"}, "thought": True}
    assert read(reply(spoilt, finish=""), reply(held()), previews=1) == [Completed(image=IMAGE)]


@pytest.mark.parametrize(
    ("documents", "kind", "words", "charged"),
    [
        ([{"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}], Refused, "PROHIBITED_CONTENT", False),
        (
            [{"promptFeedback": {"blockReason": "SAFETY", "blockReasonMessage": "No weapons."}}],
            Refused,
            "No weapons.",
            False,
        ),
        ([{"prompt_feedback": {"block_reason": "OTHER"}}], Refused, "OTHER", False),
        (
            [{"candidates": [{"finishReason": "IMAGE_SAFETY", "finishMessage": "Unable to show it."}]}],
            Refused,
            "Unable to show it.",
            True,
        ),
        ([reply({"text": "I"}, finish="SAFETY")], Refused, "SAFETY", True),
        ([reply(finish="IMAGE_RECITATION")], Refused, "IMAGE_RECITATION", True),
        ([reply({"text": "I can't"}, {"text": " draw that."})], NoImage, "I can't draw that.", True),
        ([reply({"text": "I can't"}, finish=""), reply({"text": " do it"})], NoImage, "I can't do it", True),
        ([reply(finish="NO_IMAGE", usageMetadata=USAGE)], NoImage, "NO_IMAGE", True),
        ([reply(finish="NO_IMAGE", usageMetadata={"totalTokenCount": 0})], NoImage, "NO_IMAGE", False),
        ([reply(held(thought=True), finish="MAX_TOKENS")], NoImage, "MAX_TOKENS", True),
        ([reply(finish="OTHER")], NoImage, "OTHER", True),
        ([{"candidates": [{"content": {}}]}], NoImage, "without a picture", True),
        ([{"candidates": []}], NoImage, "without a picture", True),
        ([{}], NoImage, "without a picture", True),
        ([], NoImage, "without a picture", True),
        ([b"<html>"], Garbled, "", True),
        ([b""], Garbled, "", True),
        ([b"5"], Garbled, "", True),
        ([{"candidates": 5}], Garbled, "", True),
        ([reply({"inlineData": {"data": 'a"!'}})], Garbled, "not base64", True),
        ([reply({"fileData": {"fileUri": "gs://bucket/a.png"}})], Garbled, "no address", True),
        (
            [{"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}],
            Unavailable,
            "overloaded",
            False,
        ),
        ([[{"error": {"code": 429, "message": "slow"}}]], Busy, "slow", False),
        ([{"error": "no"}], Unavailable, "no", False),
    ],
)
def test_a_200_without_a_picture(documents: Any, kind: type[TintypeError], words: str, charged: bool) -> None:
    with pytest.raises(TintypeError) as caught:
        read(*documents)
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert caught.value.charged is charged
    if kind is Refused:
        assert caught.value.code == "moderation_blocked"


def detail(kind: str, **facts: Any) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/google.rpc.{kind}", **facts}


def violated(field: str) -> list[dict[str, Any]]:
    return [detail("BadRequest", fieldViolations=[{"field": field, "description": "x"}])]


QUOTA = (
    "* Quota exceeded for metric: generate_content_free_tier_requests, limit: 0, model: gemini-3-pro-image"
)
ERRORS: list[tuple[int, dict[str, Any], type[TintypeError], str | None, str | None]] = [
    (
        400,
        {
            "message": "API key not valid. Please pass a valid API key.",
            "status": "INVALID_ARGUMENT",
            "details": [detail("ErrorInfo", reason="API_KEY_INVALID", domain="googleapis.com")],
        },
        Rejected,
        None,
        "upstream_key_rejected",
    ),
    (400, {"message": "API key expired. Please renew it."}, Rejected, None, "upstream_key_rejected"),
    (403, {"message": "denied", "status": "PERMISSION_DENIED"}, Rejected, None, "upstream_key_rejected"),
    (400, {"message": "User location", "status": "FAILED_PRECONDITION"}, Rejected, None, "upstream_rejected"),
    (400, {"message": "Request contains an invalid argument."}, Rejected, None, "upstream_rejected"),
    (
        400,
        {"message": "bad", "details": violated("generation_config.image_config.aspect_ratio")},
        BadRequest,
        "size",
        None,
    ),
    (400, {"message": "bad", "details": violated("generationConfig.seed")}, BadRequest, "seed", None),
    (400, {"message": "bad", "details": violated("contents")}, BadRequest, "prompt", None),
    (
        400,
        {"message": "bad", "details": violated("contents[0].parts[1].inline_data")},
        BadRequest,
        "image",
        None,
    ),
    (400, {"message": "bad", "details": violated("tools[0]")}, BadRequest, "tools[0]", None),
    (400, {"message": "Unable to process input image."}, BadRequest, "image", None),
    (
        400,
        {"message": "Unknown name \"topQ\" at 'generation_config'", "details": violated("generation_config")},
        Unsupported,
        "generationConfig",
        "unknown_parameter",
    ),
    (
        400,
        {"message": "words that violate Google's Responsible AI practices."},
        Refused,
        None,
        "moderation_blocked",
    ),
    (404, {"message": "models/x is not found", "status": "NOT_FOUND"}, Rejected, None, "upstream_not_found"),
    (429, {"message": QUOTA, "status": "RESOURCE_EXHAUSTED"}, Rejected, None, "upstream_out_of_credit"),
    (429, {"message": "Resource exhausted"}, Busy, None, None),
    (499, {"message": "cancelled"}, Unavailable, None, None),
    (500, {"message": "internal"}, Unavailable, None, None),
    (503, {"message": "overloaded"}, Unavailable, None, None),
    (
        503,
        {"message": "overloaded", "details": [detail("RetryInfo", retryDelay="5s")]},
        Busy,
        None,
        "upstream_busy",
    ),
    (504, {"message": "deadline"}, Timeout, None, None),
]


@pytest.mark.parametrize("wrap", [lambda error: error, lambda error: [error]], ids=["plain", "array"])
@pytest.mark.parametrize(("status", "error", "kind", "param", "code"), ERRORS)
def test_error_answers(
    status: int,
    error: dict[str, Any],
    kind: type[TintypeError],
    param: str | None,
    code: str | None,
    wrap: Callable[[Any], Any],
) -> None:
    meant = read_error(status, json.dumps(wrap({"error": {"code": status, **error}})).encode())
    assert meant is not None
    assert (type(meant), meant.param) == (kind, param)
    assert code is None or meant.code == code
    assert error["message"] in str(meant)
    assert meant.charged is (kind is Timeout)


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [
        ("34s", 34.0),
        ("22.654275366s", 22.654275366),
        ("99999999s", 86_400.0),
        ("soon", None),
        ("infs", None),
        ("nan", None),
        (None, None),
    ],
)
def test_when_to_come_back(delay: Any, seconds: float | None) -> None:
    error = {"code": 429, "message": "slow", "details": [detail("RetryInfo", retryDelay=delay), None, 5]}
    meant = read_error(429, json.dumps({"error": error}).encode())
    assert isinstance(meant, Busy)
    assert meant.retry_after == seconds


@pytest.mark.parametrize("said", [b"", b"<html>", b"[]", b"{}", b'{"error":null}', b"[" * 100_000])
def test_error_answers_that_say_nothing(said: bytes) -> None:
    assert read_error(500, said) is None


@pytest.mark.parametrize(
    "events",
    [
        [Completed(image=IMAGE, usage=Usage(text_in=1, image_in=2, text_out=3, image_out=4))],
        [Text(text="Look"), Completed(image=IMAGE, usage=Usage(image_out=4))],
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_our_dialect_writes_is_read(events: list[ImageEvent], stream: bool) -> None:
    request = replace(REQUEST, stream=stream, wants_text=True)

    async def happening() -> Events:
        for event in events:
            yield event

    async def documents() -> list[bytes]:
        async def chunks() -> AsyncIterator[bytes]:
            async for chunk in dialect.write(
                request, happening(), Report(asked="m", model="m", provider="p", created=1)
            ):
                yield bytes(chunk)

        if stream:
            return [bytes(document) async for document in sse.documents(chunks())]
        return [b"".join([chunk async for chunk in chunks()])]

    assert read(*asyncio.run(documents())) == events


# ---- over a socket

EVENTS = {"content-type": "text/event-stream"}


async def drawn(
    given: Reply, request: ImageRequest = REQUEST, card: ModelCard = PRO
) -> tuple[list[ImageEvent], FakeUpstream, TintypeError | None]:
    """The events, whom they came from, and what ended them."""
    async with fake_upstream(given) as fake:
        provider: Provider = Gemini.open(Access(name="google", base_url=fake.url, key="secret-key"))
        found: list[ImageEvent] = []
        try:
            async for event in provider.generate(request, card):
                found.append(event)
        except TintypeError as error:
            return found, fake, error
        finally:
            await provider.close()
        return found, fake, None


def frames(*documents: dict[str, Any]) -> bytes:
    return b"".join(b"data: %s\r\n\r\n" % json.dumps(document).encode() for document in documents)


STREAM = frames(
    reply({"text": "Look"}, finish=""),
    reply(held(), finish=""),
    reply({"text": "!"}, usageMetadata=USAGE),
)
SEEN = [Text(text="Look"), Completed(image=IMAGE, usage=COUNTED), Text(text="!", index=1)]


def test_a_stream_over_a_socket() -> None:
    asked = replace(REQUEST, stream=True, wants_text=True)
    events, fake, error = asyncio.run(drawn(Reply(headers=EVENTS, chunks=[STREAM[:50], STREAM[50:]]), asked))
    assert (events, error) == (SEEN, None)
    (request,) = fake.requests
    assert request.head.startswith("POST /v1/models/gemini-3-pro-image:streamGenerateContent?alt=sse ")
    assert "x-goog-api-key: secret-key" in request.head.lower()


def cuts(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000])
def test_a_stream_may_be_cut_anywhere(size: int) -> None:
    async def documents() -> list[bytes]:
        async def chunks() -> AsyncIterator[bytes]:
            for chunk in cuts(STREAM, size):
                yield chunk

        return [bytes(document) async for document in sse.documents(chunks())]

    assert read(*asyncio.run(documents())) == SEEN


@pytest.mark.parametrize("at", range(1, len(STREAM) - 4, 41))
def test_a_stream_that_ends_too_soon_gives_what_it_had_and_says_so(at: int) -> None:
    async def documents() -> list[bytes]:
        async def chunks() -> AsyncIterator[bytes]:
            yield STREAM[:at]

        return [bytes(document) async for document in sse.documents(chunks())]

    try:
        events = read(*asyncio.run(documents()))
    except (Garbled, NoImage) as error:
        assert error.charged
    else:
        assert [type(event) for event in events][:2] == [Text, Completed]


def test_a_picture_is_not_lost_with_its_connection() -> None:
    whole = frames(reply(held(), finish="", usageMetadata=USAGE))
    events, _, error = asyncio.run(drawn(Reply(headers=EVENTS, chunks=[whole, b"data: {"], drop=True)))
    assert events == [Completed(image=IMAGE, usage=COUNTED)]
    assert isinstance(error, Unavailable | Garbled)
    assert error.charged


def test_an_upstream_that_does_not_stream() -> None:
    document = json.dumps(reply(held())).encode()
    events, _, error = asyncio.run(drawn(Reply(chunks=[document]), replace(REQUEST, stream=True)))
    assert (events, error) == ([Completed(image=IMAGE)], None)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (Reply(chunks=[b'{"candidates":[]}']), NoImage),
        (Reply(headers=EVENTS, chunks=[b'data: {"promptFeedback":{"blockReason":"SAFETY"}}\n\n']), Refused),
        (Reply(headers=EVENTS, chunks=[b'data: {"error":{"code":503,"message":"x"}}\n\n']), Unavailable),
        (Reply(status=401), Rejected),
        (
            Reply(status=400, chunks=[b'{"error":{"code":400,"message":"API key not valid: secret-key"}}']),
            Rejected,
        ),
        (Reply(status=429, chunks=[b'{"error":{"code":429,"message":"slow"}}']), Busy),
        (Reply(status=502, chunks=[b"<html>"]), Unavailable),
    ],
)
def test_failures_over_a_socket(given: Reply, kind: type[TintypeError]) -> None:
    events, _, error = asyncio.run(drawn(given))
    assert (events, type(error)) == ([], kind)
    assert "secret-key" not in str(error)


RELAY = next(service for service in load() if service.name == "gptproto-gemini")


@pytest.mark.parametrize(
    ("status", "said", "kind", "code"),
    [
        (
            503,
            "Input may not meet the guidelines. Please adjust and try again.",
            Refused,
            "moderation_blocked",
        ),
        (503, "No channel", Unavailable, "upstream_unavailable"),
        (403, "Insufficient balance", Rejected, "upstream_out_of_credit"),
        (403, "Invalid Token", Rejected, "upstream_key_rejected"),
        (200, "Input may not meet the guidelines.", Refused, "moderation_blocked"),
    ],
)
def test_a_relays_own_errors(status: int, said: str, kind: type[TintypeError], code: str) -> None:
    """GPTProto's, which are the same on each of its routes, behind Google's wire; and where it wants the key."""
    error = {"error": {"message": said, "type": str(status)}}
    given = Reply(status=status, chunks=[json.dumps(error).encode()])

    def opened(url: str) -> Gemini:
        options = RELAY.settings["options"]
        return Gemini.open(Access(name="gptproto-gemini", base_url=url, key="secret-key", options=options))

    async def main() -> FakeUpstream:
        async with fake_upstream(given) as fake:
            provider = opened(fake.url)
            try:
                with pytest.raises(kind) as caught:
                    await anext(provider.generate(REQUEST, CARD))
                assert caught.value.code == code
                return fake
            finally:
                await provider.close()

    fake = asyncio.run(main())
    assert fake.requests[0].header("authorization") == "Bearer secret-key"
    assert not fake.requests[0].header("x-goog-api-key")


def test_options_that_cannot_be() -> None:
    with pytest.raises(ValueError, match=r"\[provider.g\]: `refusal_words` is a list of texts, not a text"):
        Gemini.open(Access(name="g", base_url="https://a.test/", options={"refusal_words": "no"}))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (Reply(chunks=[b'{"models":[{},{}]}']), "the key is taken, 2 models"),
        (Reply(chunks=[b"{}"]), "the key is taken"),
    ],
)
def test_a_check_asks_for_the_models(given: Reply, told: str) -> None:
    async def main() -> tuple[str, FakeUpstream]:
        async with fake_upstream(given) as fake:
            provider = Gemini.open(Access(name="google", base_url=fake.url, key="secret-key"))
            try:
                return await provider.check(), fake
            finally:
                await provider.close()

    said, fake = asyncio.run(main())
    assert said == told
    assert fake.requests[0].head.startswith("GET /v1/models?pageSize=1000 ")

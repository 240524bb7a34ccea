"""The provider and the dialect of one wire are each other's mirror; and what upstreams say that is not in the book."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from tintype.core import (
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
    Usage,
)
from tintype.core.errors import (
    BadRequest,
    Busy,
    Garbled,
    NoImage,
    Refused,
    Rejected,
    TintypeError,
    Unavailable,
    Unsupported,
)
from tintype.dialects.openai_images import dialect
from tintype.providers.openai import OpenAI, build, read, read_error
from tintype.transport.upstream import Upstream
from tintype.wire import sse

from ..pictures import picture
from ..upstream import FakeUpstream, Reply, fake_upstream

PNG = picture()
JPEG = picture("jpeg")
BASE64 = base64.b64encode(PNG).decode()
CARD = ModelCard(
    id="m",
    provider="openai",
    partial_images=3,
    max_n=10,
    max_input_images=16,
    mask=True,
    accepts=frozenset({"seed"}),
)
REQUEST = ImageRequest(model="m", prompt="a cat")
EDIT = replace(REQUEST, images=(Image.from_bytes(PNG),))
FIELDS: list[dict[str, Any]] = [
    {},
    {"prompt": 'Größe "x"\r\n--b\n日本\0'},
    {"n": 4},
    {"size": Size(1024, 1536)},
    {"size": Ratio(16, 9)},
    {"quality": "xhigh"},
    {"background": "transparent"},
    {"output_format": "jpeg", "output_compression": 0},
    {"seed": 0},
    {"style": "vivid", "moderation": "low", "complexity": "high"},
    {"user": "u", "safety_identifier": "s"},
    {"negative_prompt": "rain", "guidance_scale": 7.5, "num_inference_steps": 30},
    {"thinking_level": "minimal", "media_resolution": "high"},
    {"extras": {"openai": {"kontext_max_mode": True}}},
    {"stream": True},
    {"stream": True, "partial_images": 2},
    {"extras": {"openai": {"new_tomorrow": "yes", "svg": {"model": "x", "reasoning": {"effort": "low"}}}}},
]


def mirrored(request: ImageRequest, card: ModelCard = CARD) -> ImageRequest:
    call = build(request, card)
    return dialect.read(Incoming(path=call.path, headers={"content-type": call.media_type}, body=call.body))


@pytest.mark.parametrize("fields", FIELDS, ids=str)
@pytest.mark.parametrize("base", [REQUEST, EDIT], ids=["generation", "edit"])
def test_what_is_built_is_read(base: ImageRequest, fields: dict[str, Any]) -> None:
    request = replace(base, **fields)
    assert mirrored(request) == request


@pytest.mark.parametrize(
    "fields",
    [
        {"images": (Image.from_bytes(PNG), Image.from_bytes(JPEG), Image.from_base64(BASE64.encode()))},
        {"mask": Image.from_bytes(PNG)},
        {"input_fidelity": "high", "strength": 0.25},
        {"extras": {"openai": {"markup": Image.from_bytes(JPEG), "tags": ["a", "b"]}}},
        {"images": (Image.from_url("https://example.com/a.png"),)},
        {
            "images": (Image.from_url("https://example.com/a.png"), Image.from_bytes(PNG)),
            "mask": Image.from_bytes(PNG),
        },
    ],
    ids=str,
)
def test_edits(fields: dict[str, Any]) -> None:
    request = replace(EDIT, **fields)
    assert mirrored(request) == request


def test_extras_of_json_keep_their_types() -> None:
    request = replace(REQUEST, extras={"openai": {"frame_count": 4, "deep": [{"a": None}], "on": True}})
    assert mirrored(request) == request


def test_extras_do_not_undo_what_was_planned() -> None:
    request = replace(REQUEST, n=2, extras={"openai": {"n": 9, "model": "other"}})
    assert json.loads(build(request, CARD).body) == {"model": "m", "prompt": "a cat", "n": 2}


def test_extras_of_other_families_are_not_sent() -> None:
    request = replace(REQUEST, extras={"nanogpt": {"maskDataUrl": Image.from_bytes(PNG)}})
    assert json.loads(build(request, CARD).body) == {"model": "m", "prompt": "a cat"}


def test_the_upstreams_own_name_of_the_model() -> None:
    body = json.loads(build(REQUEST, replace(CARD, upstream_id="acme-7")).body)
    assert body["model"] == "acme-7"


@pytest.mark.parametrize("asked", [None, "url", "b64_json", "bytes"])
@pytest.mark.parametrize("delivers", ["url", "b64_json"])
def test_response_format_only_where_the_model_knows_it(asked: Any, delivers: Any) -> None:
    body = json.loads(build(replace(REQUEST, response_format=asked), replace(CARD, delivers=delivers)).body)
    assert body.get("response_format") == ("b64_json" if delivers == "url" else None)


def test_only_as_many_previews_as_the_card_says() -> None:
    request = replace(REQUEST, stream=True, partial_images=3)
    assert mirrored(request, replace(CARD, partial_images=1)).partial_images == 1
    assert not mirrored(request, replace(CARD, partial_images=0)).stream
    assert mirrored(replace(request, stream=False)).partial_images is None
    assert not mirrored(replace(request, n=2)).stream


def test_files_say_what_they_are() -> None:
    body = build(replace(EDIT, images=(Image.from_bytes(JPEG),)), CARD).body
    assert b'name="image"; filename="image.jpeg"\r\nContent-Type: image/jpeg\r\n' in body


# ---- answers

USAGE = Usage(text_in=10, image_in=5, image_out=90)
DONE = Completed(image=Image.from_bytes(PNG), usage=USAGE, quality="high", background="opaque")
REPORT = Report(asked="m", model="m", provider="p", created=1_795_166_107)


def reread(request: ImageRequest, *events: ImageEvent) -> list[ImageEvent]:
    async def happening() -> Events:
        for event in events:
            yield event

    async def through() -> list[ImageEvent]:
        async def chunks() -> AsyncIterator[bytes]:
            async for chunk in dialect.write(request, happening(), REPORT):
                yield bytes(chunk)

        if request.stream:
            documents = [bytes(document) async for document in sse.documents(chunks())]
        else:
            documents = [b"".join([chunk async for chunk in chunks()])]
        return [event for document in documents for event in read(document)]

    return asyncio.run(through())


@pytest.mark.parametrize(
    "events",
    [
        [DONE],
        [Partial(image=Image.from_bytes(JPEG), step=0), Partial(image=Image.from_bytes(JPEG), step=2), DONE],
        [Completed(image=Image.from_bytes(JPEG))],
    ],
)
@pytest.mark.parametrize("request_", [replace(REQUEST, stream=True), replace(EDIT, stream=True)])
def test_a_stream_that_is_written_is_read(request_: ImageRequest, events: list[ImageEvent]) -> None:
    assert reread(request_, *events) == events


@pytest.mark.parametrize(
    "events",
    [
        [DONE],
        [replace(DONE, index=0, usage=Usage(), revised_prompt="x"), replace(DONE, index=1)],
        [Completed(image=Image.from_url("https://example.com/a.png"))],
    ],
)
def test_a_reply_that_is_written_is_read(events: list[ImageEvent]) -> None:
    assert reread(REQUEST, *events) == events


def test_znapais_nulls() -> None:
    """Seed 000, word for word but for the picture."""
    document = {
        "created": 1771066765,
        "background": None,
        "data": [{"b64_json": BASE64, "revised_prompt": None, "url": None}],
        "output_format": "png",
        "quality": "low",
        "size": "1024x1024",
        "usage": {
            "total_tokens": 4576,
            "input_tokens": 10,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": 10},
            "output_tokens": 4566,
            "output_tokens_details": {"image_tokens": 4160, "text_tokens": 406},
        },
    }
    assert list(read(json.dumps(document).encode())) == [
        Completed(
            image=Image.from_bytes(PNG),
            quality="low",
            usage=Usage(text_in=10, text_out=406, image_out=4160),
        )
    ]


@pytest.mark.parametrize(
    "item",
    [
        {"b64_json": f"data:image/png;base64,{BASE64}"},
        {"b64_json": BASE64, "url": "https://example.com/a.png"},
        {"url": f"data:image/png;base64,{BASE64}"},
    ],
)
def test_pictures_in_other_spellings(item: dict[str, str]) -> None:
    (event,) = read(json.dumps({"created": 1762156444807, "data": [item], "size": "16:9"}).encode())
    assert event == Completed(image=Image.from_bytes(PNG))


def test_totals_without_details_are_image_tokens() -> None:
    usage = {
        "input_tokens": 29,
        "output_tokens": 158,
        "total_tokens": 187,
        "input_tokens_details": {"text_tokens": 29},
    }
    (event,) = read(json.dumps({"data": [{"b64_json": BASE64}], "usage": usage}).encode())
    assert isinstance(event, Completed)
    assert event.usage == Usage(text_in=29, image_out=158)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ("", Usage()),
        ([], Usage()),
        ({"input_tokens": 29.0, "output_tokens": 158.0}, Usage(image_in=29, image_out=158)),
        (
            {"input_tokens": "29", "output_tokens": 158, "output_tokens_details": []},
            Usage(image_in=29, image_out=158),
        ),
        ({"input_tokens": -5, "output_tokens": True, "input_tokens_details": "none"}, Usage()),
    ],
    ids=str,
)
def test_no_picture_is_lost_over_how_its_tokens_are_told(usage: object, tokens: Usage) -> None:
    document = {"data": [{"b64_json": BASE64}], "usage": usage, "quality": 5, "background": ["opaque"]}
    assert list(read(json.dumps(document).encode())) == [
        Completed(image=Image.from_bytes(PNG), usage=tokens),
    ]


@pytest.mark.parametrize("gap", [{}, {"b64_json": None}, {"b64_json": "a\n!"}, {"url": "ftp://x"}])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_other_pictures_of_an_answer_are_not_lost_with_one(gap: dict[str, Any], place: int) -> None:
    """They are numbered without a gap: whoever completes the order goes on from there."""
    items = [{"b64_json": BASE64}, {"b64_json": BASE64}]
    items.insert(place, gap)
    made: list[ImageEvent] = []
    with pytest.raises((NoImage, Garbled)):
        made.extend(read(json.dumps({"data": items, "usage": {"output_tokens": 9}}).encode()))
    picture = Image.from_bytes(PNG)
    assert made == [Completed(image=picture), Completed(image=picture, index=1, usage=Usage(image_out=9))]


def test_a_whole_answer_may_have_a_type_of_its_own() -> None:
    document = {"type": "image", "message": "ok", "data": [{"b64_json": BASE64}]}
    assert list(read(json.dumps(document).encode())) == [Completed(image=Image.from_bytes(PNG))]


def test_frames_of_tomorrow_are_skipped() -> None:
    assert list(read(b'{"type":"image_generation.thinking","text":"hm"}')) == []


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (b"<html>", Garbled),
        (b"[]", Garbled),
        (b"", Garbled),
        (b'{"data":5}', Garbled),
        (b'{"data":[{"b64_json":"a\\n!"}]}', Garbled),
        (b'{"data":[{}]}', NoImage),
        (b'{"type":"image_generation.completed"}', NoImage),
        (b'{"error":{"message":"no","code":"moderation_blocked"}}', Refused),
        (b'{"type":"error","error":{"message":"no","code":"content_policy_violation"}}', Refused),
        (b'{"error":{"message":"no","type":"server_error"}}', Unavailable),
        (b'{"error":{"message":"no"}}', Rejected),
        (b'{"error":"Insufficient balance"}', Rejected),
        (b'{"error":400,"message":"x"}', Rejected),
        (b'{"type":"error","code":"moderation_blocked","message":"no"}', Refused),
        (b'{"type":"error","code":"rate_limit_exceeded","message":"no"}', Busy),
        (b'{"type":"error","code":401,"message":"Token cannot be empty"}', Rejected),
        (b'{"code":429,"message":"channel unavailable","data":null}', Busy),
        (b'{"code":200,"message":"success"}', NoImage),
    ],
)
def test_failures_under_a_200(document: bytes, kind: type[TintypeError]) -> None:
    with pytest.raises(TintypeError) as caught:
        list(read(document))
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("status", "error", "kind", "param"),
    [
        (400, {"code": "moderation_blocked", "message": "no"}, Refused, None),
        (
            400,
            {"code": "unknown_parameter", "param": "x", "message": "Unknown parameter: 'x'."},
            Unsupported,
            "x",
        ),
        (
            400,
            {
                "type": "image_generation_user_error",
                "code": "invalid_image_file",
                "param": "image",
                "message": "m",
            },
            BadRequest,
            "image",
        ),
        (429, {"code": "insufficient_quota", "message": "m"}, Rejected, None),
        (400, {"type": "invalid_request_error", "message": "m"}, None, None),
        (429, {"code": "rate_limit_exceeded", "message": "m"}, None, None),
        (403, "no", Rejected, None),
        (500, None, None, None),
    ],
)
def test_error_answers(
    status: int, error: object, kind: type[TintypeError] | None, param: str | None
) -> None:
    meaning = read_error(status, json.dumps({"error": error}).encode())
    assert (type(meaning) if meaning else None) is kind
    if meaning is not None:
        assert meaning.param == param


@pytest.mark.parametrize("under", [429, 200])
@pytest.mark.parametrize(
    "error",
    [
        {"code": "insufficient_quota", "type": "insufficient_quota"},
        {"code": "credit_balance_exhausted", "type": "insufficient_quota"},
        {"code": "organization_spend_limit_exceeded"},
        {"code": "project_spend_limit_exceeded"},
        {"code": "organization_usage_limit_exceeded"},
        {"code": None, "type": "insufficient_quota"},
        {"code": "billing_hard_limit_reached"},
    ],
    ids=str,
)
def test_an_empty_account_is_ours_and_not_worth_another_try(error: dict[str, Any], under: int) -> None:
    meaning = read_error(under, json.dumps({"error": {**error, "message": "m"}}).encode())
    assert isinstance(meaning, Rejected)
    assert (meaning.code, meaning.retryable) == ("upstream_out_of_credit", False)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (
            400,
            {
                "type": "invalid_request_error",
                "code": "invalid_value",
                "param": "model",
                "message": "The model 'dall-e-3' does not exist.",
            },
        ),
        (
            404,
            {"type": "invalid_request_error", "code": "model_not_found", "message": "`gpt-9` does not exist"},
        ),
    ],
)
def test_a_model_that_is_gone_is_the_catalogs_fault(status: int, error: dict[str, Any]) -> None:
    meaning = read_error(status, json.dumps({"error": error}).encode())
    assert isinstance(meaning, Rejected)
    assert meaning.code == "upstream_no_model"
    assert error["message"] in str(meaning)


def test_an_organization_that_is_not_verified_is_told_so() -> None:
    message = "Your organization must be verified to use the model `gpt-image-2`."
    error = {"type": "invalid_request_error", "code": None, "param": None, "message": message}
    meaning = read_error(403, json.dumps({"error": error}).encode())
    assert isinstance(meaning, Rejected)
    assert message in str(meaning)


def test_what_was_refused_is_kept() -> None:
    error = {
        "code": "moderation_blocked",
        "type": "image_generation_user_error",
        "param": None,
        "message": "Your request was rejected by the safety system.",
        "moderation_details": {"moderation_stage": "output", "categories": ["sexual", "violence"]},
    }
    meaning = read_error(400, json.dumps({"error": error}).encode())
    assert isinstance(meaning, Refused)
    assert str(meaning) == "Your request was rejected by the safety system. (output, sexual, violence)"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"type": "server_error", "code": None}, Unavailable),
        ({"type": "service_unavailable_error", "code": "slow_down"}, Unavailable),
        ({"type": "service_unavailable_error", "code": "server_is_overloaded"}, Unavailable),
        ({"type": "input-images", "code": "rate_limit_exceeded"}, Busy),
        ({"type": "429"}, Busy),
        ({"type": "image_generation_user_error", "code": "x", "param": "size"}, BadRequest),
        ({"type": "who knows"}, Rejected),
    ],
    ids=str,
)
def test_errors_within_a_stream(error: dict[str, Any], kind: type[TintypeError]) -> None:
    frame = json.dumps({"type": "error", "error": {**error, "message": "m"}}).encode()
    with pytest.raises(TintypeError) as caught:
        list(read(frame))
    assert type(caught.value) is kind


def test_what_stands_beside_an_error_is_not_looked_at() -> None:
    document = {"error": {"code": "moderation_blocked", "message": "no"}, "data": "", "usage": [], "url": 5}
    assert isinstance(read_error(500, json.dumps(document).encode()), Refused)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"detail":"x"}', b"[" * 100_000])
def test_error_answers_that_say_nothing(body: bytes) -> None:
    assert read_error(500, body) is None


# ---- over a socket

JSON = {"content-type": "application/json"}
EVENTS = {"content-type": "text/event-stream"}


async def drawn(reply: Reply, request: ImageRequest = REQUEST) -> tuple[list[ImageEvent], FakeUpstream]:
    async with fake_upstream(reply) as fake:
        upstream = Upstream(fake.url, {"authorization": "Bearer sk-secret-key"})
        try:
            provider: Provider = OpenAI(upstream)
            return [event async for event in provider.generate(request, CARD)], fake
        finally:
            await upstream.close()


STREAMED = [
    b": keepalive\n\n",
    b'event: image_generation.partial_image\ndata: {"type":"image_generation.partial_image","partial_image_index":0,',
    b'"b64_json":"%s"}\n\n' % BASE64.encode(),
    b'data: {"type":"image_generation.completed","b64_json":"%s","usage":{"output_tokens":3}}\n\n'
    % BASE64.encode(),
    b"data: [DONE]\n\n",
]


def test_a_stream_over_a_socket() -> None:
    events, fake = asyncio.run(drawn(Reply(headers=EVENTS, chunks=STREAMED), replace(REQUEST, stream=True)))
    picture = Image.from_bytes(PNG)
    assert events == [Partial(image=picture), Completed(image=picture, usage=Usage(image_out=3))]
    assert fake.requests[0].head.startswith("POST /v1/images/generations ")
    assert json.loads(fake.requests[0].body) == {"model": "m", "prompt": "a cat", "stream": True}


@pytest.mark.parametrize("held", [b'""', b"null", b'"!!!!!"', b'"data:image/png,a"', b"7"], ids=bytes.decode)
def test_a_preview_that_cannot_be_read_costs_nobody_the_picture(held: bytes) -> None:
    preview = b'data: {"type":"image_generation.partial_image","b64_json":%s}\n\n' % held
    reply = Reply(headers=EVENTS, chunks=[preview, *STREAMED[3:]])
    events, _ = asyncio.run(drawn(reply, replace(REQUEST, stream=True)))
    assert events == [Completed(image=Image.from_bytes(PNG), usage=Usage(image_out=3))]


def test_an_upstream_that_does_not_stream() -> None:
    document = json.dumps({"data": [{"b64_json": BASE64}]}).encode()
    events, _ = asyncio.run(drawn(Reply(headers=JSON, chunks=[document]), replace(REQUEST, stream=True)))
    assert events == [Completed(image=Image.from_bytes(PNG))]


def test_an_edit_over_a_socket() -> None:
    document = json.dumps({"data": [{"b64_json": BASE64}]}).encode()
    _, fake = asyncio.run(drawn(Reply(headers=JSON, chunks=[document]), EDIT))
    (request,) = fake.requests
    assert request.head.startswith("POST /v1/images/edits ")
    assert "content-type: multipart/form-data; boundary=" in request.head.lower()
    assert PNG in request.body


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(headers=JSON, chunks=[b'{"data":[]}']), NoImage),
        (Reply(headers=EVENTS, chunks=STREAMED[:3]), NoImage),
        (
            Reply(
                headers=EVENTS, chunks=[*STREAMED[:3], b'data: {"type":"image_generation.completed","b64_']
            ),
            Garbled,
        ),
        (
            Reply(
                headers=EVENTS, chunks=[b'data: {"error":{"code":"moderation_blocked","message":"no"}}\n\n']
            ),
            Refused,
        ),
        (Reply(status=400, chunks=[b'{"error":{"code":"moderation_blocked","message":"no"}}']), Refused),
        (
            Reply(status=401, chunks=[b'{"error":{"code":"invalid_api_key","message":"sk-secret-key"}}']),
            Rejected,
        ),
        (Reply(status=429, chunks=[b'{"error":{"code":"rate_limit_exceeded","message":"slow"}}']), Busy),
    ],
)
def test_failures_over_a_socket(reply: Reply, kind: type[TintypeError]) -> None:
    with pytest.raises(TintypeError) as caught:
        asyncio.run(drawn(reply))
    assert type(caught.value) is kind
    assert "sk-secret-key" not in str(caught.value)
    assert caught.value.charged is (kind in (NoImage, Garbled))

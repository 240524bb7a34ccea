"""Resellers that are only catalog files: what their facts make of an order, and of what they answer."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tintype.catalog import Service, configure, load
from tintype.core import (
    Access,
    Completed,
    Dialect,
    Image,
    ImageEvent,
    ImageRequest,
    Incoming,
    ModelCard,
    Partial,
    Ratio,
    Size,
    Text,
    Usage,
)
from tintype.core.errors import NoImage, Refused, Rejected, TintypeError, Unavailable
from tintype.dialects import gptproto, octen, openai_images, znapai
from tintype.providers._openai_build import build
from tintype.providers._openai_manner import Manner
from tintype.providers._openai_read import read, read_error
from tintype.providers.openai import OpenAI

from ..pictures import picture
from ..upstream import Reply
from .asking import BASE64, EVENTS, JSON, PNG, ask, checked, cut, sent

SERVICES: dict[str, Service] = {service.name: service for service in load()}
CARDS = {card.id: card for service in SERVICES.values() for card in service.cards}
DIALECTS: dict[str, tuple[Dialect, str]] = {
    "znapai": (znapai.dialect, "/znapai"),
    "octen": (octen.dialect, "/octen/v1"),
    "gptproto": (gptproto.dialect, "/gptproto/v1"),
    "openai": (openai_images.dialect, ""),
}

CAT = ImageRequest(model="m", prompt="a cat")
PICTURE, OTHER = Image.from_bytes(PNG), Image.from_bytes(picture("jpeg"))
DATA_URL = f"data:image/png;base64,{BASE64}"


def access(service: str, base_url: str = "https://x.test/", **options: Any) -> Access:
    said = {**SERVICES[service].settings.get("options", {}), **options}
    return Access(name=service, base_url=base_url, key="secret-key", options=said)


def manner(service: str) -> Manner:
    return Manner.of(access(service))


# ---- requests


@pytest.mark.parametrize(
    ("model", "changes", "path", "body"),
    [
        ("znapai/gpt-image-2", {"size": Size(1536, 1024)}, "/images/generations", {"size": "1536x1024"}),
        (
            "znapai/gemini-3-pro-image",
            {"size": Ratio(16, 9, "2K")},
            "/images/generations",
            {"imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"}},
        ),
        (
            "znapai/gemini-3-pro-image",
            {"size": Size(1376, 768)},
            "/images/generations",
            {"imageConfig": {"aspectRatio": "16:9", "imageSize": "1K"}},
        ),
        ("gptproto/gpt-image-2", {"size": Size(1536, 1024)}, "/images/generations", {"size": "1536x1024"}),
        ("gptproto/gemini-2.5-flash-image", {"size": Ratio(21, 9)}, "/images/generations", {"size": "21:9"}),
        (
            "gptproto/gemini-2.5-flash-image",
            {"size": Size(864, 1184)},
            "/images/generations",
            {"size": "3:4"},
        ),
        (
            "octen/gpt-image-2",
            {"images": (PICTURE,), "mask": PICTURE},
            "/images/generations",
            {"model": "openai/gpt-image-2", "image": DATA_URL, "mask": DATA_URL},
        ),
        (
            "octen/gpt-image-2",
            {"images": (PICTURE, PICTURE)},
            "/images/generations",
            {"model": "openai/gpt-image-2", "image": [DATA_URL, DATA_URL]},
        ),
        (
            "octen/gemini-3-pro-image",
            {"size": Ratio(16, 9)},
            "/images/generations",
            {
                "model": "google/gemini-3-pro-image",
                "size": "1376x768",
                "response_modalities": ["image"],
            },
        ),
        (
            "octen/gemini-3-pro-image",
            {"wants_text": True, "thinking_level": "high"},
            "/images/generations",
            {
                "model": "google/gemini-3-pro-image",
                "thinking_level": "high",
                "response_modalities": ["text", "image"],
            },
        ),
    ],
    ids=str,
)
def test_bodies(model: str, changes: dict[str, Any], path: str, body: dict[str, Any]) -> None:
    card = CARDS[model]
    call = build(replace(CAT, **changes), card, manner(card.provider))
    assert call.path == path
    assert json.loads(call.body) == {"model": card.of, "prompt": "a cat", **body}


def test_extras_go_to_whom_they_belong_to_and_to_who_honours_them() -> None:
    extras: dict[str, dict[str, Any]] = {
        "octen": {"tomorrow": 1},
        "openai": {"svg": 1, "response_modalities": ["image"]},
    }
    request = replace(CAT, extras=extras)
    of_octen = build(request, CARDS["octen/gpt-image-2"], manner("octen"))
    assert json.loads(of_octen.body) == {
        "model": "openai/gpt-image-2",
        "prompt": "a cat",
        "tomorrow": 1,
    }
    of_znapai = build(request, CARDS["znapai/gemini-3-pro-image"], manner("znapai"))
    assert json.loads(of_znapai.body)["response_modalities"] == ["image"]


OF_GPT: list[dict[str, Any]] = [
    {},
    {"prompt": 'Größe "x"\r\n--b\n日本\0', "n": 4},
    {"size": Size(1024, 1536), "quality": "low", "background": "opaque"},
    {"output_format": "jpeg", "output_compression": 0, "moderation": "low"},
    {"stream": True, "partial_images": 2},
    {"images": (PICTURE,)},
    {"images": (PICTURE, OTHER), "stream": True},
    {"images": (PICTURE,), "mask": PICTURE, "quality": "high"},
]
OF_GEMINI: list[dict[str, Any]] = [
    {},
    {"size": Ratio(16, 9, "1K")},
    {"size": Ratio(2, 3, "4K")},
    {"images": (PICTURE, OTHER)},
]
MIRRORS = [
    *(
        (f"{service}/gpt-image-2", changes)
        for service in ("znapai", "octen", "gptproto")
        for changes in OF_GPT
    ),
    *(("znapai/gemini-3-pro-image", changes) for changes in OF_GEMINI),
    ("octen/gemini-3-pro-image", {"size": Size(1376, 768), "media_resolution": "low"}),
    ("gptproto/gemini-2.5-flash-image", {"size": Ratio(16, 9), "images": (PICTURE,)}),
]


@pytest.mark.parametrize(("model", "changes"), MIRRORS, ids=str)
def test_what_is_built_is_read(model: str, changes: dict[str, Any]) -> None:
    card = CARDS[model]
    request = replace(CAT, model=card.upstream_id, **changes)
    call = build(request, card, manner(card.provider))
    dialect, root = DIALECTS[card.provider]
    headers = {"content-type": call.media_type}
    found = dialect.read(Incoming(path=root + call.path, headers=headers, body=call.body))
    # Octen's dialect takes words for welcome where nothing is said, and keeps what is.
    assert replace(found, wants_text=False, extras={}) == request
    said = found.extras.get("octen", {})
    assert said == ({"response_modalities": ["image"]} if model.startswith("octen/gemini") else {})


# ---- answers

WORDS = {
    "id": "img-7c3a5e9d2b1f8460",
    "created": 1749812900,
    "output_format": "png",
    "data": [{"b64_json": BASE64}, {"b64_json": BASE64}],
    "text": "Step 1: mix\nStep 2: knead\nDone",
    "parts": [
        {"type": "text", "text": "Step 1: mix"},
        {"type": "image", "index": 0},
        {"type": "text", "text": "Step 2: knead"},
        {"type": "image", "index": 1},
        {"type": "text", "text": "Done"},
    ],
    "usage": {
        "input_tokens": 20,
        "input_tokens_details": {"text_tokens": 20, "image_tokens": 0},
        "output_tokens": 2600,
        "output_tokens_details": {"image_tokens": 2560, "text_tokens": 40},
        "total_tokens": 2620,
    },
}
FIRST = Completed(image=PICTURE)
SECOND = Completed(image=PICTURE, index=1, usage=Usage(text_in=20, text_out=40, image_out=2560))
LONE = replace(SECOND, index=0)


def without(*names: str, **more: Any) -> dict[str, Any]:
    return {name: value for name, value in WORDS.items() if name not in names} | more


@pytest.mark.parametrize(
    ("document", "events"),
    [
        (
            WORDS,
            [
                Text(text="Step 1: mix"),
                FIRST,
                Text(text="Step 2: knead", index=1),
                SECOND,
                Text(text="Done", index=2),
            ],
        ),
        (
            without("parts", data=[{"b64_json": BASE64}], text="Hi"),
            [Text(text="Hi"), LONE],
        ),
        (
            without("text", parts=[{"type": "image", "index": 1}, 5, {}]),
            [replace(FIRST, index=1), replace(LONE)],
        ),
        (without("text", parts="none"), [FIRST, SECOND]),
        (without("text", "parts"), [FIRST, SECOND]),
        (
            without(parts=[{"type": "image", "index": 0}, {"type": "image", "index": 9}], text=""),
            [FIRST, SECOND],
        ),
    ],
)
def test_words_and_pictures_in_order(document: dict[str, Any], events: list[ImageEvent]) -> None:
    assert list(read(json.dumps(document).encode())) == events


@pytest.mark.parametrize(
    "b64",
    [
        json.dumps(BASE64),
        json.dumps(DATA_URL),
        json.dumps(BASE64).replace("/", "\\/").replace("=", "\\u003d"),
        json.dumps(DATA_URL).replace("/", "\\/"),
        json.dumps(BASE64.rstrip("=")),
    ],
)
@pytest.mark.parametrize(
    "around", ['{{"data":[{{"b64_json":{},"url":null}}]}}', '{{"type":"image_edit.completed","b64_json":{}}}']
)
def test_spellings_of_a_picture(around: str, b64: str) -> None:
    (event,) = read(around.format(b64).encode())
    assert event == Completed(image=PICTURE)


STREAM = (
    b": ping\n\n"
    b'event: image_edit.partial_image\ndata: {"id":"img-1","type":"image_edit.partial_image","b64_json":"%s",'
    b'"partial_image_index":1}\n\n'
    b'event: image_edit.completed\r\ndata: {"id":"img-1","type":"image_edit.completed","b64_json":"%s",'
    b'"usage":{"output_tokens":3}}\r\n\r\n'
    b"data: [DONE]\n\n"
) % (BASE64.encode(), BASE64.encode())


def test_a_stream_that_is_cut_anywhere() -> None:
    wanted = [Partial(image=PICTURE, step=1), Completed(image=PICTURE, usage=Usage(image_out=3))]
    for at in range(len(STREAM)):
        assert [event for document in cut(STREAM, at) for event in read(document)] == wanted, at


def test_words_without_a_picture_are_told() -> None:
    reply = Reply(headers=JSON, chunks=[b'{"data":[],"text":"I cannot draw that."}'])
    with pytest.raises(NoImage, match="I cannot draw that"):
        ask(lambda url: OpenAI.open(access("octen", url)), CAT, CARDS["octen/gpt-image-2"], reply)


@pytest.mark.parametrize(
    ("service", "status", "body", "kind", "code"),
    [
        (
            "octen",
            403,
            {"error": {"message": "Insufficient balance in account", "type": "permission_error"}},
            Rejected,
            "upstream_out_of_credit",
        ),
        ("octen", 403, {}, None, ""),
        (
            "gptproto",
            503,
            {"error": {"message": "Input may not meet the guidelines. Please adjust.", "type": "503"}},
            Refused,
            "moderation_blocked",
        ),
        ("gptproto", 503, {"error": {"message": "No channel", "type": "503"}}, None, ""),
        (
            "gptproto",
            403,
            {"error": {"message": "Insufficient balance", "type": "403"}},
            Rejected,
            "upstream_out_of_credit",
        ),
        (
            "gptproto",
            403,
            {"error": {"message": "Invalid Token", "type": "403"}},
            Rejected,
            "upstream_key_rejected",
        ),
        (
            "gptproto",
            200,
            {"error": {"message": "Input may not meet the guidelines.", "type": "503"}},
            Refused,
            "moderation_blocked",
        ),
        ("gptproto", 200, {"error": {"message": "oh", "type": "503"}}, Unavailable, "upstream_unavailable"),
        (
            "znapai",
            402,
            {"error": {"message": "top up", "type": "billing"}},
            Rejected,
            "upstream_out_of_credit",
        ),
    ],
    ids=str,
)
def test_errors(
    service: str, status: int, body: dict[str, Any], kind: type[TintypeError] | None, code: str
) -> None:
    meaning = read_error(status, json.dumps(body).encode(), manner(service))
    assert (type(meaning) if meaning else None) is kind
    if meaning is not None:
        assert (meaning.code, meaning.retryable) == (code, kind is Unavailable)


def test_an_error_in_a_stream_by_the_facts_of_the_service() -> None:
    frame = b'data: {"error":{"message":"Input may not meet the guidelines","type":"503"}}\n\n'
    with pytest.raises(Refused):
        ask(
            lambda url: OpenAI.open(access("gptproto", url)),
            replace(CAT, stream=True),
            CARDS["gptproto/gpt-image-2"],
            Reply(headers=EVENTS, chunks=[frame]),
        )


# ---- facts

REPLY = Reply(headers=JSON, chunks=[json.dumps({"data": [{"b64_json": BASE64}]}).encode()])


@pytest.mark.parametrize(
    ("service", "headers"),
    [
        ("octen", {"x-api-key": "secret-key"}),
        ("znapai", {"authorization": "Bearer secret-key"}),
        ("gptproto", {"authorization": "Bearer secret-key"}),
    ],
)
def test_where_the_key_goes(service: str, headers: dict[str, str]) -> None:
    _, fake = ask(lambda url: OpenAI.open(access(service, url)), CAT, CARDS[f"{service}/gpt-image-2"], REPLY)
    assert sent(fake, "x-api-key", "authorization", "api-key") == headers


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"shape": "round"}, "`shape`: 'round' is none of size, ratio"),
        ({"edit_body": "xml"}, "`edit_body`: 'xml' is none of form, json"),
        ({"money_statuses": ["402"]}, "`money_statuses`: a list of numbers is wanted"),
        ({"refusal_words": "no"}, "`refusal_words`: a list of texts is wanted"),
        ({"key_header": 5}, "`key_header`: a text is wanted"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=r"\[provider\.openai\]") as caught:
        OpenAI.open(access("openai", **options))
    assert words in str(caught.value)


def test_any_other_service_with_models_of_ones_own() -> None:
    table = {
        "kind": "openai-compatible",
        "base_url": "https://api.acme.example/v1/",
        "key_env": "ACME_API_KEY",
        "shape": "imageConfig",
        "model": [{"id": "acme/painter-1", "upstream_id": "painter-1"}, {"of": "gpt-image-2"}],
    }
    acme = configure(load(), {"acme": table})[-1]
    assert acme.settings["options"] == {"shape": "imageConfig"}
    assert [card.id for card in acme.cards] == ["acme/painter-1", "acme/gpt-image-2"]
    provider = OpenAI.open(Access(name="acme", base_url=acme.settings["base_url"], options={}))
    assert provider.name == "acme"


@pytest.mark.parametrize("service", ["znapai", "octen", "gptproto"])
@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(chunks=[b'{"data":[]}']), "the key is taken, 0 models"),
        (Reply(status=405), "no list of models"),
    ],
)
def test_checks(service: str, reply: Reply, said: str) -> None:
    text, _ = checked(lambda url: OpenAI.open(access(service, url)), reply)
    assert said in text


def test_a_check_with_a_wrong_key() -> None:
    with pytest.raises(Rejected):
        checked(lambda url: OpenAI.open(access("octen", url)), Reply(status=401))


@pytest.mark.parametrize("card", [card for card in CARDS.values() if card.of], ids=lambda card: card.id)
def test_an_offer_is_of_something_that_can_be_had(card: ModelCard) -> None:
    model = CARDS[card.of]
    assert set(card.qualities) <= set(model.qualities)
    assert not (card.mask and not model.mask)

"""NanoGPT's two image APIs: what they understand, what they answer, and how they say what is wrong."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tintype.core import (
    Aside,
    Completed,
    Dialect,
    Events,
    Grid,
    Image,
    ImageRequest,
    Incoming,
    Life,
    ModelCard,
    Prices,
    Range,
    Ratio,
    Report,
    Size,
    Sizes,
    TokenFormula,
)
from tintype.core import errors as e
from tintype.dialects.nanogpt import dialect as legacy
from tintype.dialects.nanogpt_images import dialect as normalized
from tintype.wire import multipart

from ..fakes import FakeHouse
from ..pictures import picture

PNG = picture()
DATA_URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
GENERATIONS, EDITS, EDIT = (f"/nanogpt/api/v1/images/{name}" for name in ("generations", "edits", "edit"))
IMAGES = "/nanogpt/api/v1/images"
JSON = "application/json"


def read(path: str, body: object, content_type: str = JSON, **headers: str) -> ImageRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    dialect = normalized if path == IMAGES else legacy
    assert path in dialect.paths
    return dialect.read(Incoming(path=path, headers={"content-type": content_type, **headers}, body=raw))


def read_form(path: str, *fields: tuple[str, str | bytes]) -> ImageRequest:
    content_type, body = multipart.write(
        multipart.Field(name, value.encode())
        if isinstance(value, str)
        else multipart.Field(name, value, "image/png")
        for name, value in fields
    )
    return read(path, body, content_type)


def told(path: str, body: object, content_type: str = JSON) -> tuple[int, dict[str, Any]]:
    """The error that a request is answered with."""
    with pytest.raises(e.TintypeError) as caught:
        read(path, body, content_type)
    answer = (normalized if path == IMAGES else legacy).write_error(caught.value)
    return answer.status, json.loads(answer.body)


# What is understood.


def test_every_field_of_the_page() -> None:
    request = read(
        GENERATIONS,
        {
            "model": "flux-kontext",
            "prompt": "a cat",
            "n": 2,
            "size": "1376x768",
            "response_format": "url",
            "user": "u",
            "imageDataUrl": DATA_URL,
            "imageDataUrls": [DATA_URL, DATA_URL],
            "maskDataUrl": DATA_URL,
            "strength": 0.8,
            "guidance_scale": 7.5,
            "num_inference_steps": 30,
            "seed": 42,
            "kontext_max_mode": True,
        },
    )
    png = Image.from_bytes(PNG)
    assert request == ImageRequest(
        model="flux-kontext",
        prompt="a cat",
        n=2,
        size=Size(1376, 768),
        response_format="url",
        user="u",
        images=(png, png, png),
        mask=png,
        mask_is_white=True,
        strength=0.8,
        guidance_scale=7.5,
        num_inference_steps=30,
        seed=42,
        extras={"openai": {"kontext_max_mode": True}},
    )


def test_what_is_not_said_is_as_documented() -> None:
    request = read(GENERATIONS, {"prompt": "a cat", "size": "auto", "kontext_max_mode": False})
    assert request == ImageRequest(model="hidream", prompt="a cat", response_format="b64_json")


@pytest.mark.parametrize("path", legacy.paths)
def test_every_path_takes_an_edit(path: str) -> None:
    assert read(path, {"prompt": "p", "imageDataUrl": DATA_URL}).images == (Image.from_bytes(PNG),)


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [("strength", 0, 1), ("guidance_scale", 0, 20), ("num_inference_steps", 1, 100)],
)
def test_ranges(field: str, low: int, high: int) -> None:
    for good in (low, high):
        assert getattr(read(GENERATIONS, {"prompt": "p", field: good}), field) == good
    for bad in (low - 1, high + 1, "many", True):
        status, document = told(GENERATIONS, {"prompt": "p", field: bad})
        assert status == 400
        assert document["error"]["param"] == field
        assert document["error"]["type"] == "invalid_request_error"


def test_kontext_max_mode_is_a_boolean() -> None:
    _, document = told(GENERATIONS, {"prompt": "p", "kontext_max_mode": "very"})
    assert document["error"]["code"] == "invalid_parameter_value"
    assert document["error"]["param"] == "kontext_max_mode"


@pytest.mark.parametrize("path", [EDITS, EDIT])
def test_edits_are_forms_too(path: str) -> None:
    request = read_form(
        path, ("prompt", "p"), ("model", "m"), ("n", "2"), ("image[]", PNG), ("image[]", DATA_URL)
    )
    assert (request.model, request.n, len(request.images)) == ("m", 2, 2)


def test_a_mask_without_alpha_is_meant_in_white() -> None:
    """A form's `mask` is in OpenAI's sense, unless it has nothing transparent to be in it."""
    alpha = picture_with_alpha()
    for mask, white in ((alpha, False), (PNG, True), (picture("jpeg"), True)):
        request = read_form(EDITS, ("prompt", "p"), ("image", PNG), ("mask", mask))
        assert request.mask_is_white is white
    assert read(EDITS, {"prompt": "p", "image": DATA_URL, "maskDataUrl": DATA_URL}).mask_is_white


def picture_with_alpha() -> bytes:
    import PIL.Image

    from ..pictures import encoded

    return encoded(PIL.Image.new("RGBA", (16, 8)), "png")


def test_uploads_are_of_four_megabytes_at_most() -> None:
    """In JSON as base64, in a form as a file."""
    just = PNG + bytes(3 * 1024 * 1024 - len(PNG))
    for data, fits in ((just, True), (just + b"more", False)):
        body = {"prompt": "p", "imageDataUrl": f"data:image/png;base64,{base64.b64encode(data).decode()}"}
        if fits:
            assert read(GENERATIONS, body).images
        else:
            status, document = told(GENERATIONS, body)
            assert (status, document["error"]["code"]) == (413, "image_input_too_large")
    assert read_form(EDITS, ("prompt", "p"), ("image", just + b"more")).images
    with pytest.raises(e.TooLarge):
        read_form(EDITS, ("prompt", "p"), ("image", just + bytes(1024 * 1024 + 1)))


@pytest.mark.parametrize("name", ["imageDataUrl", "imageDataUrls", "image"])
def test_addresses_are_for_edits_and_not_for_generations(name: str) -> None:
    address = "https://example.com/a.png"
    body = {"prompt": "p", name: [address] if name.endswith("s") else address}
    status, document = told(GENERATIONS, body)
    assert (status, document["error"]["param"]) == (400, "imageDataUrl")
    assert read(EDITS, body).images[0].url == address


def test_the_normalized_route() -> None:
    request = read(
        IMAGES,
        {
            "model": "gpt-image-2",
            "prompt": "p",
            "n": 1,
            "nImages": 3,
            "resolution": "2K",
            "aspect_ratio": "16:9",
            "quality": "medium",
            "output_format": "webp",
            "seed": 1,
            "provider": {},
            "input_references": [
                DATA_URL,
                "https://example.com/image.png",
                {"type": "image_url", "image_url": {"url": DATA_URL}},
            ],
        },
    )
    png = Image.from_bytes(PNG)
    assert request == ImageRequest(
        model="gpt-image-2",
        prompt="p",
        n=3,
        size=Ratio(16, 9, "2K"),
        quality="medium",
        output_format="webp",
        seed=1,
        images=(png, Image.from_url("https://example.com/image.png"), png),
        response_format="b64_json",
    )


def test_n_images_wins_over_an_n_that_could_not_be() -> None:
    assert read(IMAGES, {"model": "m", "prompt": "p", "n": 99, "nImages": 2}).n == 2
    assert read(IMAGES, {"model": "m", "prompt": "p", "n": 2}).n == 2


# What is wrong, word for word where a page prints it.

PRINTED = [
    (
        {"prompt": "p"},
        "model is required for /api/v1/images.",
        "missing_model",
        "model",
    ),
    (
        {"model": "m", "prompt": "p", "stream": True},
        "stream is not supported for /api/v1/images yet. Use non-streaming requests or /api/v1/images/generations.",
        "unsupported_stream",
        "stream",
    ),
    (
        {"model": "m", "prompt": "p", "provider": {"only": ["openai"]}},
        "Provider selection and provider passthrough options are not supported for /api/v1/images yet.",
        "unsupported_provider_options",
        "provider",
    ),
    (
        {"model": "m", "prompt": "p", "input_references": DATA_URL},
        "input_references must be an array of image URL strings or image_url objects.",
        "invalid_input_references",
        "input_references",
    ),
    (
        {"model": "m", "prompt": "p", "input_references": [DATA_URL], "images": [DATA_URL]},
        "Use input_references or image input aliases, not both.",
        "conflicting_image_inputs",
        "input_references",
    ),
]


@pytest.mark.parametrize(("body", "message", "code", "parameter"), PRINTED, ids=lambda value: str(value)[:20])
def test_normalized_errors(body: object, message: str, code: str, parameter: str) -> None:
    assert told(IMAGES, body) == (
        400,
        {
            "error": {
                "message": message,
                "type": "invalid_request_error",
                "code": code,
                "parameter": parameter,
            },
            "code": code,
        },
    )


@pytest.mark.parametrize("content_type", ["", "multipart/form-data; boundary=x", "text/plain"])
def test_the_normalized_route_wants_json(content_type: str) -> None:
    assert told(IMAGES, {"model": "m", "prompt": "p"}, content_type) == (
        400,
        {
            "error": {
                "message": "/api/v1/images accepts application/json requests.",
                "type": "invalid_request_error",
                "code": "invalid_content_type",
            },
            "code": "invalid_content_type",
        },
    )
    assert read(IMAGES, {"model": "m", "prompt": "p"}, "application/json; charset=utf-8").prompt == "p"


@pytest.mark.parametrize(
    ("path", "body", "content_type", "code"),
    [
        (EDITS, {"prompt": "p"}, JSON, "missing_image_input"),
        (GENERATIONS, {}, JSON, "missing_required_parameter"),
        (GENERATIONS, b"{", JSON, "invalid_json"),
        (EDITS, b"nonsense", "multipart/form-data; boundary=x", "invalid_multipart_body"),
        (GENERATIONS, {"prompt": "p", "n": "two"}, JSON, "invalid_parameter_value"),
    ],
)
def test_codes(path: str, body: object, content_type: str, code: str) -> None:
    status, document = told(path, body, content_type)
    assert status == 400
    assert list(document) == ["error"]
    assert document["error"]["code"] == code


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (e.BadRequest("m", param="size"), "invalid_request_error", "invalid_parameter_value"),
        (e.Refused("m"), "invalid_request_error", "content_policy_violation"),
        (e.Unsupported("m", param="image"), "invalid_request_error", "image_input_not_supported"),
        (e.Unauthenticated("m"), "authentication_error", "invalid_api_key"),
        (e.UnknownModel("m", param="model"), "not_found_error", "model_not_found"),
        (e.TooManyRequests("m"), "rate_limit_error", "rate_limit_exceeded"),
        (e.TintypeError("m"), "server_error", "internal_error"),
        (e.NoImage("m"), "api_error", "empty_response"),
        (e.Unavailable("m"), "service_unavailable", "upstream_unavailable"),
    ],
)
def test_every_error_in_both_envelopes(error: e.TintypeError, kind: str, code: str) -> None:
    words = {"message": "m", "type": kind, "code": code}
    where = {"param": error.param} if error.param else {}
    assert answered(legacy, error) == (error.status, {"error": {**words, **where}})
    there = {"parameter": error.param} if error.param else {}
    assert answered(normalized, error) == (error.status, {"error": {**words, **there}, "code": code})
    frame = legacy.write_error_frame(error)
    assert json.loads(frame.removeprefix(b"data: ")) == {"error": {**words, **where}}
    assert frame.endswith(b"\n\n")


@pytest.mark.parametrize("dialect", [legacy, normalized])
def test_an_empty_purse(dialect: Dialect) -> None:
    assert answered(dialect, e.OutOfCredit("Insufficient balance")) == (
        402,
        {"error": "Insufficient balance", "status": 402},
    )


def answered(dialect: Dialect, error: e.TintypeError) -> tuple[int, dict[str, Any]]:
    answer = dialect.write_error(error)
    return answer.status, json.loads(answer.body)


# What is answered.


def written(request: ImageRequest, *pictures: Completed, cost: int | None) -> tuple[str, Report]:
    report = Report(asked="m", model="m", provider="p", created=1_778_155_200, cost=cost)

    async def happening() -> Events:
        for each in pictures:
            yield each

    async def collect() -> bytes:
        return b"".join([bytes(chunk) async for chunk in legacy.write(request, happening(), report)])

    return asyncio.run(collect()).decode(), report


def test_the_answer_is_the_pictures_and_the_bill() -> None:
    image = Image.from_base64(b"aGk=")
    text, report = written(
        ImageRequest(model="m"),
        Completed(image=image, index=1),
        Completed(image=image, revised_prompt="never told", seed=1),
        cost=65_510,
    )
    assert text == (
        '{"created":1778155200,"data":[{"b64_json":"aGk="},{"b64_json":"aGk="}],'
        '"cost":0.06551,"paymentSource":"USD","remainingBalance":0}'
    )
    assert report.notices == []


def test_an_address_where_one_was_asked_for_and_there_is_one() -> None:
    here, there = Image.from_bytes(b"hi"), Image.from_url("https://p/1.png")
    at = here.at("https://t/1.png")
    for wanted, image, item in (
        ("url", at, {"url": "https://t/1.png"}),
        ("url", here, {"b64_json": "aGk="}),
        ("b64_json", at, {"b64_json": "aGk="}),
        ("b64_json", there, {"url": "https://p/1.png"}),
    ):
        request = ImageRequest(model="m", response_format=wanted)  # type: ignore[arg-type]
        text, _ = written(request, Completed(image=image), cost=0)
        assert json.loads(text)["data"] == [item]


def test_a_price_that_nobody_knows_is_told_as_such() -> None:
    text, report = written(ImageRequest(model="m"), Completed(image=Image.from_bytes(b"hi")), cost=None)
    assert json.loads(text)["cost"] == 0
    assert len(report.notices) == 1


# The lists, as views of a card.

CARD = ModelCard(
    id="maker/model",
    provider="reseller",
    name="Model",
    owned_by="maker",
    aliases=("other",),
    max_n=4,
    sizes=Sizes(listed=(Size(1024, 1024), Size(1376, 768))),
    formats=("png", "webp"),
    backgrounds=("transparent", "opaque"),
    qualities=("low", "medium"),
    default_quality="medium",
    max_input_images=3,
    mask=True,
    accepts=frozenset({"seed", "strength", "negative_prompt", "turbo"}),
    ranges={"strength": Range(min=0, max=1, default=0.8)},
    switches=("turbo",),
    prices=Prices(image=5_000),
    life=Life(released=date(2026, 5, 12)),
)


def asked(
    path: str, *cards: ModelCard, query: dict[str, str] | None = None, **params: str
) -> tuple[int, dict[str, str], dict[str, Any]]:
    aside = next(each for each in (*legacy.asides, *normalized.asides) if each.path == path)
    assert isinstance(aside, Aside)
    house = FakeHouse(cards=lambda: cards)
    answer = aside.answer(Incoming(path=path, path_params=params, query=query or {}), house)
    return answer.status, dict(answer.headers), json.loads(answer.body)


def test_parameters_are_typed() -> None:
    _, _, document = asked("/nanogpt/api/v1/images/models", CARD)
    (model,) = document["data"]
    assert model["created"] == 1_778_544_000
    assert model["supported_parameters"] == {
        "resolution": {"type": "enum", "values": ["1024x1024", "1376x768"], "default": "1024x1024"},
        "n": {"type": "range", "min": 1, "max": 4, "default": 1},
        "quality": {"type": "enum", "values": ["low", "medium"], "default": "medium"},
        "input_references": {"type": "range", "min": 0, "max": 3},
        "output_format": {"type": "enum", "values": ["png", "webp"], "default": "png"},
        "background": {"type": "enum", "values": ["transparent", "opaque", "auto"], "default": "auto"},
        "strength": {"type": "range", "min": 0, "max": 1, "default": 0.8},
        "seed": {"type": "integer"},
        "negative_prompt": {"type": "string"},
        "turbo": {"type": "boolean", "default": False},
    }
    assert model["capabilities"] == {
        "image_generation": True,
        "image_to_image": True,
        "inpainting": True,
        "nsfw": False,
    }


@pytest.mark.parametrize(
    ("card", "resolutions", "prices"),
    [
        (ModelCard(id="m", provider="p", sizes=Sizes(grid=Grid(max_edge=64))), ["64x64"], {}),
        (
            ModelCard(
                id="m",
                provider="p",
                sizes=Sizes(
                    shapes={Ratio(1, 1, "1K"): Size(1024, 1024), Ratio(1, 1, "2K"): Size(2048, 2048)}
                ),
                prices=Prices(image=10_000),
            ),
            ["1K", "2K"],
            {"1K": 0.01, "2K": 0.01},
        ),
        (
            ModelCard(
                id="m",
                provider="p",
                qualities=("low",),
                default_quality="low",
                sizes=Sizes(listed=(Size(512, 512),)),
                tokens=TokenFormula(table={"low": {Size(512, 512): 100}}),
                prices=Prices(image_out=40_000_000),
            ),
            ["512x512"],
            {"512*512": 0.004},
        ),
    ],
)
def test_resolutions_and_their_prices(
    card: ModelCard, resolutions: list[str], prices: dict[str, float]
) -> None:
    (model,) = asked("/nanogpt/api/v1/image-models", card)[2]["data"]
    assert model["supported_parameters"]["resolutions"] == resolutions
    assert model["pricing"] == {"per_image": prices, "currency": "USD"}
    (endpoint,) = asked("/nanogpt/api/v1/images/models/{id:path}/endpoints", card, id="m")[2]["endpoints"]
    found = {each["resolution"].replace("x", "*"): each["cost_usd"] for each in endpoint["pricing"]}
    assert found == prices
    assert "input_reference_constraints" not in endpoint


def test_an_endpoint_by_id_and_by_another_name() -> None:
    path = "/nanogpt/api/v1/images/models/{id:path}/endpoints"
    for name in ("maker/model", "other"):
        _, _, document = asked(path, CARD, id=name)
        assert document["id"] == name
        assert document["endpoints"][0]["input_reference_constraints"]["max_items"] == 3
    with pytest.raises(e.UnknownModel):
        asked(path, CARD, id="nobody")


# Money.


@pytest.mark.parametrize(
    ("query", "groups"),
    [
        ({}, ["byDay", "byModel", "byDayModel"]),
        ({"group_by": "model,day"}, ["byDay", "byModel", "byDayModel"]),
        ({"group_by": "day"}, ["byDay"]),
        ({"from": "2026-05-01", "to": "2026-05-01", "group_by": "model", "scope": "api_key"}, ["byModel"]),
    ],
)
def test_usage(query: dict[str, str], groups: list[str]) -> None:
    status, _, document = asked("/nanogpt/api/v1/usage", query=query)
    assert status == 200
    assert list(document)[-len(groups) - 1 :] == ["totals", *groups]
    assert list(document)[:3] == ["object", "scope", "apiKey"]
    assert document["scope"] == query.get("scope", "current_key")
    assert date.fromisoformat(document["from"]) <= date.fromisoformat(document["to"])


TOMORROW = (datetime.now(UTC).date() + timedelta(days=2)).isoformat()


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-05-01"},
        {"from": "May", "to": "June"},
        {"from": "2026-05-02", "to": "2026-05-01"},
        {"from": "2026-02-30", "to": "2026-05-01"},
        {"from": "2025-01-01", "to": "2026-05-01"},
        {"from": "2026-05-01", "to": TOMORROW},
        {"group_by": "week"},
        {"scope": "everyone"},
        {"page": "2"},
    ],
)
def test_usage_that_cannot_be(query: dict[str, str]) -> None:
    status, _, document = asked("/nanogpt/api/v1/usage", query=query)
    assert status == 400
    assert list(document["error"]) == ["message", "type"]
    assert document["error"]["type"] == "invalid_request_error"


def test_the_usage_of_a_request_that_is_not_known() -> None:
    status, headers, document = asked("/nanogpt/api/v1/usage/requests/{id}", id="req_1")
    assert (status, headers["retry-after"]) == (404, "30")
    assert document["error"]["type"] == "not_found_error"


def test_the_oldest_envelope_has_an_integer() -> None:
    aside = next(each for each in legacy.asides if (each.method, each.path[-7:]) == ("GET", "balance"))
    answer = aside.answer(Incoming(path=aside.path), FakeHouse())
    assert answer.status == 405
    document = json.loads(answer.body)
    assert list(document) == ["error", "message"]
    assert document["error"] == 405

"""NanoGPT's two image APIs: what they understand, what they answer, and how they say what is wrong."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tintype.core import (
    Completed,
    Dialect,
    Image,
    ImageRequest,
    Incoming,
    Ratio,
    Report,
    Size,
)
from tintype.core import errors as e
from tintype.dialects.nanogpt import dialect as legacy
from tintype.dialects.nanogpt_images import dialect as normalized
from tintype.wire import multipart

from ..pictures import picture
from .writing import happening, joined

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
        (e.Forbidden("m"), "permission_denied_error", "not_allowed"),
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

    return joined(legacy, request, report, happening(*pictures)).decode(), report


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

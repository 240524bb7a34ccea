"""What OpenAI's dialect understands, and how it says what it does not."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tintype.core import Image, ImageRequest, Incoming, Ratio, Size, SizeWish
from tintype.core.errors import BadRequest, CallerError, TooLarge
from tintype.dialects import all_dialects
from tintype.dialects.openai_images import dialect
from tintype.wire import multipart

from ..pictures import picture, png_header

PNG = picture()
BASE64 = base64.b64encode(PNG).decode()


def read(body: object, path: str = "/images/generations", **headers: str) -> ImageRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": "application/json"} | headers
    return dialect.read(Incoming(path=path, headers=headers, body=raw))


def read_form(*fields: tuple[str, str | bytes], path: str = "/images/edits") -> ImageRequest:
    """Text is a text part, bytes are a file."""
    media_type, body = multipart.write(
        multipart.Field(name, value.encode())
        if isinstance(value, str)
        else multipart.Field(name, value, "x/y")
        for name, value in fields
    )
    return dialect.read(Incoming(path=path, headers={"content-type": media_type}, body=body))


def fault(body: object, path: str = "/images/generations", **headers: str) -> CallerError:
    with pytest.raises(CallerError) as caught:
        read(body, path, **headers)
    assert caught.value.status in (400, 413)
    return caught.value


def test_the_folder_is_the_registry() -> None:
    assert dialect in all_dialects()
    asides = (aside.path for aside in dialect.asides)
    assert all(not path.startswith("/v1") for path in (*dialect.paths, *asides))


def test_every_field() -> None:
    assert read(
        {
            "model": " gpt-image-2 ",
            "prompt": "a cat",
            "n": 3,
            "size": "1536x1024",
            "quality": "xhigh",
            "background": "transparent",
            "output_format": "jpg",
            "output_compression": 0,
            "seed": 7,
            "image": BASE64,
            "mask": {"image_url": BASE64},
            "input_fidelity": "HIGH",
            "strength": 1,
            "negative_prompt": "rain",
            "guidance_scale": 7.5,
            "num_inference_steps": 30,
            "thinking_level": "HIGH",
            "media_resolution": "low",
            "response_modalities": ["TEXT", "image"],
            "kontext_max_mode": True,
            "style": "vivid",
            "moderation": "low",
            "complexity": "high",
            "user": "u",
            "safety_identifier": "s",
            "response_format": "url",
            "stream": True,
            "partial_images": 2,
            "frame_count": 4,
            "svg": {"model": "x"},
        },
        prefer="respond-async, handling=strict",
    ) == ImageRequest(
        model="gpt-image-2",
        prompt="a cat",
        n=3,
        size=Size(1536, 1024),
        quality="xhigh",
        background="transparent",
        output_format="jpeg",
        output_compression=0,
        seed=7,
        images=(Image.from_bytes(PNG),),
        mask=Image.from_bytes(PNG),
        input_fidelity="high",
        strength=1.0,
        negative_prompt="rain",
        guidance_scale=7.5,
        num_inference_steps=30,
        thinking_level="high",
        media_resolution="low",
        style="vivid",
        moderation="low",
        complexity="high",
        user="u",
        safety_identifier="s",
        response_format="url",
        stream=True,
        partial_images=2,
        strict=True,
        extras={
            "openai": {
                "frame_count": 4,
                "svg": {"model": "x"},
                "kontext_max_mode": True,
                "response_modalities": ["text", "image"],
            }
        },
    )


def test_every_field_of_a_form() -> None:
    assert read_form(
        ("prompt", "ein Käse"),
        ("model", "m"),
        ("n", "2"),
        ("size", "auto"),
        ("stream", "True"),
        ("partial_images", "0"),
        ("output_compression", "80"),
        ("strength", "0.5"),
        ("seed", "-1"),
        ("image[]", PNG),
        ("image[]", f"data:image/png;base64,{BASE64}"),
        ("mask", PNG),
        ("svg[model]", "x"),
        ("svg[reasoning][effort]", "low"),
        ("tags[]", "a"),
        ("tags[]", "b"),
        ("markup", PNG),
    ) == ImageRequest(
        prompt="ein Käse",
        model="m",
        n=2,
        stream=True,
        partial_images=0,
        output_compression=80,
        strength=0.5,
        seed=-1,
        images=(Image.from_bytes(PNG), Image.from_bytes(PNG)),
        mask=Image.from_bytes(PNG),
        extras={
            "openai": {
                "svg": {"model": "x", "reasoning": {"effort": "low"}},
                "tags": ["a", "b"],
                "markup": Image.from_bytes(PNG),
            }
        },
    )


AUTO = ("size", "quality", "background", "moderation")


@pytest.mark.parametrize("value", ["auto", None, ""])
def test_auto_null_and_nothing_are_one(value: str | None) -> None:
    assert read({"prompt": "p"} | dict.fromkeys(AUTO, value)) == ImageRequest(model="", prompt="p")


@pytest.mark.parametrize(
    ("body", "size"),
    [
        ({"size": "16:9"}, Ratio(16, 9)),
        ({"size": "1024*768"}, Size(1024, 768)),
        ({"size": "2K"}, Ratio(1, 1, "2K")),
        ({"size": {"width": 512, "height": 256}}, Size(512, 256)),
        ({"size": "portrait"}, Ratio(2, 3)),
        ({"aspect_ratio": "16:9"}, Ratio(16, 9)),
        ({"aspectRatio": "16:9", "resolution": "2k"}, Ratio(16, 9, "2K")),
        ({"size": "2K", "aspect_ratio": "16:9"}, Ratio(16, 9, "2K")),
        ({"size": "16:9", "imageSize": "4K"}, Ratio(16, 9, "4K")),
        ({"resolution": "1k"}, Ratio(1, 1, "1K")),
        ({"resolution": "1024x768"}, Size(1024, 768)),
        ({"imageConfig": {"aspectRatio": "16:9", "imageSize": "1K"}}, Ratio(16, 9, "1K")),
        ({"image_config": {"aspect_ratio": "16:9"}}, Ratio(16, 9)),
        ({"width": 640, "height": 480}, Size(640, 480)),
        ({"size": "auto", "aspect_ratio": "1:1"}, Ratio(1, 1)),
        ({"size": "1360x768", "aspect_ratio": "16:9"}, Size(1360, 768)),
        ({"size": "1360x768", "resolution": "1K"}, Size(1360, 768)),
        ({"imageConfig": {"imageSize": "2K"}, "aspect_ratio": "4:5"}, Ratio(4, 5, "2K")),
        ({"size": "16:9", "aspect_ratio": "16:9"}, Ratio(16, 9)),
        ({"aspect_ratio": "1:1", "width": 64, "height": 64}, Size(64, 64)),
    ],
)
def test_sizes(body: dict[str, Any], size: SizeWish) -> None:
    assert read({"prompt": "p"} | body) == ImageRequest(model="", prompt="p", size=size)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"size": "big"}, "size"),
        ({"size": 1024}, "size"),
        ({"size": "1024x1024", "aspect_ratio": "16:9"}, "aspect_ratio"),
        ({"size": "1024x1024", "width": 512, "height": 512}, "width"),
        ({"aspect_ratio": "1:1", "aspectRatio": "16:9"}, "aspectRatio"),
        ({"resolution": "1K", "imageSize": "2K"}, "imageSize"),
        ({"size": "1K", "imageConfig": {"imageSize": "2K"}}, "imageConfig"),
        ({"size": "1024x1024", "resolution": "4K"}, "resolution"),
        ({"width": 512}, "width"),
        ({"width": "512", "height": 512}, "width"),
        ({"imageConfig": {"imageSize": "9K"}}, "imageConfig"),
    ],
)
def test_sizes_that_are_none(body: dict[str, Any], param: str) -> None:
    assert fault({"prompt": "p"} | body).param == param


@pytest.mark.parametrize(
    ("body", "param", "code", "message"),
    [
        ({}, "prompt", "missing_required_parameter", "Missing required parameter: 'prompt'."),
        ({"prompt": " "}, "prompt", "missing_required_parameter", "Missing required parameter: 'prompt'."),
        ({"prompt": ["p"]}, "prompt", "invalid_type", "expected a string, but got an array instead"),
        ({"model": 1}, "model", "invalid_type", "expected a string, but got an integer"),
        ({"n": 0}, "n", "integer_below_min_value", "Expected a value >= 1, but got 0 instead"),
        ({"n": 11}, "n", "integer_above_max_value", "Expected a value <= 10, but got 11 instead"),
        ({"n": "2"}, "n", "invalid_type", "expected an integer, but got a string"),
        ({"n": True}, "n", "invalid_type", "expected an integer, but got a boolean"),
        ({"n": 1.5}, "n", "invalid_type", "expected an integer, but got a number"),
        ({"n": 10**30}, "n", None, "10"),
        ({"stream": "true"}, "stream", "invalid_type", "expected a boolean, but got a string"),
        ({"stream": 1}, "stream", "invalid_type", "expected a boolean, but got an integer"),
        ({"partial_images": 4}, "partial_images", "integer_above_max_value", "<= 3, but got 4"),
        ({"output_compression": 101}, "output_compression", "integer_above_max_value", "<= 100"),
        ({"output_compression": -1}, "output_compression", "integer_below_min_value", ">= 0"),
        ({"strength": 2}, "strength", "number_above_max_value", "<= 1"),
        ({"seed": "x"}, "seed", "invalid_type", "expected an integer"),
        ({"quality": 1}, "quality", "invalid_type", "expected a string"),
        ({"background": "red"}, "background", "invalid_value", "'transparent', 'opaque', 'auto'"),
        ({"moderation": "none"}, "moderation", "invalid_value", "'low', 'auto'"),
        ({"input_fidelity": "max"}, "input_fidelity", "invalid_value", "'low', 'high'"),
        ({"response_format": "png"}, "response_format", "invalid_value", "'url', 'b64_json'"),
        ({"output_format": "bmp"}, "output_format", "invalid_value", "'png', 'jpeg'"),
        ({"output_format": "gif"}, "output_format", "unsupported_output_format", "'gif' is not drawn here"),
        ({"output_format": "svg"}, "output_format", "unsupported_output_format", "'png', 'jpeg', 'webp'"),
        ({"mask": BASE64}, "mask", "invalid_value", "needs an image"),
        ({"image": BASE64, "mask": [BASE64] * 2}, "mask", "invalid_value", "one mask"),
        ({"images": [{"file_id": "file-1"}]}, "images", "unsupported_file_id", "images[0].file_id"),
        ({"image": "not*base64"}, "image", "invalid_image_file", "'image' is not base64"),
        ({"images": [BASE64, "x"]}, "images", "invalid_image_file", "'images[1]' is not base64: it is cut short"),
        ({"image": 1}, "image", "invalid_type", "must be a picture"),
        ({"image": {"name": "x"}}, "image", "invalid_type", "must be a picture"),
        ({"image": [[[[[BASE64]]]]]}, "image", "invalid_type", "must be a picture"),
        ({"image": [BASE64] * 17}, "image", "too_many_images", "at most 16"),
    ],
)  # fmt: skip
def test_faults_are_named(body: dict[str, Any], param: str, code: str | None, message: str) -> None:
    error = fault(body if body == {} or "prompt" in body else {"prompt": "p"} | body)
    assert error.param == param
    assert code in (None, error.code)
    assert message in str(error)


@pytest.mark.parametrize("path", dialect.paths[1:2])
@pytest.mark.parametrize(
    "body", [{"prompt": "p"}, {"prompt": "p", "images": []}, {"prompt": "p", "images": None}]
)
def test_an_edit_needs_an_image(body: dict[str, Any], path: str) -> None:
    error = fault(body, path)
    assert (error.param, error.code) == ("image", "missing_required_parameter")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  ",
        b"[1]",
        b'"x"',
        b"null",
        b"{",
        b"hello",
        b"prompt=hello",
        b'{"prompt": NaN}',
        b'{"prompt": "p", "n": Infinity}',
        b'{"prompt": "p", "prompt": "q"}',
        b'{"prompt": "p", "pr\\u006fmpt": "q"}',
        b'{"prompt": "\xff"}',
        b'{"\xff": "p"}',
        b'{"prompt": "\\ud800"}',
        b'{"prompt": "p", "x": "\\udfff!"}',
        b'{"prompt": "p"} {}',
        b'{"prompt": "p", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"prompt": "p", "x": ' + b"[" * 500 + b"]" * 500 + b"}",
        b'{"prompt": "p", "x": ' + b'{"a":' * 100_000,
        b'{"prompt": "p", "x": 1e999}',
        b'{"prompt": "p", "x": [' + b"1," * 20_000 + b"1]}",
        b'{"prompt": "p", "image": [' + b'"",' * 20_000 + b'""]}',
        b'{"prompt": "p", "image": "\xff\xfe"}',
        b'{"prompt": "p", "image": ["a" "b"]}',
        '{"prompt": "p"}'.encode("utf-16"),
    ],
    ids=lambda body: repr(body[:30]),
)
def test_bodies_that_are_no_request(body: bytes) -> None:
    error = fault(body)
    assert error.status == 400
    assert len(str(error)) < 400


def test_a_prompt_of_commas_is_let_pass() -> None:
    assert read({"prompt": ", " * 16_000}).prompt


@pytest.mark.parametrize("text", ["cat 😀", "😀, red", "a 😀 and a hat"])
def test_half_an_emoji_is_told_and_not_called_a_body_that_was_cut_off(text: str) -> None:
    whole = json.dumps({"prompt": text}).encode()
    assert read(whole).prompt == text
    assert "emoji" in str(fault(whole.replace(b"\\ude00", b"")))


def test_what_is_not_utf8_is_told_in_words() -> None:
    told = fault(b'{"prompt": "\xff"}')
    assert str(told) == "The value of 'prompt' is not valid JSON: a text in it is not UTF-8."
    assert "a text in it is not UTF-8" in str(fault(b'{"\xff": "p"}'))


def test_a_byte_order_mark_is_let_pass() -> None:
    assert read(b'\xef\xbb\xbf{"prompt":"p"}').prompt == "p"


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "gif"])
def test_pictures_are_known_by_their_bytes(kind: str) -> None:
    data = picture(kind)
    assert read_form(("prompt", "p"), ("image", data)).images[0].as_bytes() == data


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (picture("bmp"), "unsupported_file_mimetype", "image 1 is bmp. Supported formats are png, jpeg"),
        (picture("tiff"), "unsupported_file_mimetype", "image 1 is tiff"),
        (b"\0\0\0\x1cftypavif", "unsupported_file_mimetype", "image 1 is avif"),
        (b"%PDF-1.7", "unsupported_file_mimetype", "no picture that we know"),
        (b"", "unsupported_file_mimetype", "image 1 is empty"),
        (PNG[:14], "invalid_image_file", "header is damaged"),
        (png_header(0, 9), "invalid_image_file", "header is damaged"),
        (png_header(100_000, 100_000), "invalid_image_file", "the most is 50 million"),
    ],
)
def test_what_is_let_in(data: bytes, code: str, message: str) -> None:
    with pytest.raises(BadRequest) as caught:
        read_form(("prompt", "p"), ("image", data))
    assert (caught.value.code, caught.value.param) == (code, "image")
    assert message in str(caught.value)


def test_the_second_image_is_named_and_so_is_the_mask() -> None:
    with pytest.raises(BadRequest, match="image 2 is bmp"):
        read_form(("prompt", "p"), ("image[]", PNG), ("image[]", picture("bmp")))
    with pytest.raises(BadRequest, match="the mask is bmp"):
        read_form(("prompt", "p"), ("image", PNG), ("mask", picture("bmp")))
    with pytest.raises(TooLarge, match=r"image 1 has 50\.0 MB, and the most is 50 MB"):
        read_form(("prompt", "p"), ("image", PNG + bytes(50_000_000)))


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ([("image", PNG)], "prompt"),
        ([("prompt", "a"), ("prompt", "b"), ("image", PNG)], "prompt"),
        ([("prompt", "p"), ("n", "two"), ("image", PNG)], "n"),
        ([("prompt", "p"), ("n", "11"), ("image", PNG)], "n"),
        ([("prompt", "p"), ("n", "9" * 5000), ("image", PNG)], "n"),
        ([("prompt", "p"), ("stream", "maybe"), ("image", PNG)], "stream"),
        ([("prompt", b"\xff\xfe"), ("image", PNG)], "prompt"),
        ([("prompt", "p"), ("image", "not base64!")], "image"),
        ([("prompt", "p"), ("image", PNG), ("a", "1"), ("a[b]", "2")], "a"),
    ],
)
def test_forms_that_are_no_request(fields: list[tuple[str, str | bytes]], param: str) -> None:
    with pytest.raises(BadRequest) as caught:
        read_form(*fields)
    assert caught.value.param == param


def test_a_file_input_left_empty_is_no_file() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\np\r\n'
        b'--b\r\nContent-Disposition: form-data; name="image"; filename=""\r\n\r\n\r\n--b--\r\n'
    )
    headers = {"content-type": "multipart/form-data; boundary=b"}
    read = dialect.read(Incoming(path="/images/generations", headers=headers, body=body))
    assert read == ImageRequest(model="", prompt="p")


def test_an_address_is_kept_for_who_fetches_it() -> None:
    request = read({"prompt": "p", "images": [{"image_url": "https://example.com/a.png"}]}, "/images/edits")
    assert [image.url for image in request.images] == ["https://example.com/a.png"]


def test_nanogpts_mask_is_not_taken_for_openais() -> None:
    request = read({"prompt": "p", "imageDataUrl": BASE64, "maskDataUrl": BASE64})
    assert (request.mask, request.mask_is_white) == (Image.from_bytes(PNG), True)
    assert not read({"prompt": "p", "image": BASE64, "mask": BASE64}).mask_is_white
    with pytest.raises(BadRequest, match="not both"):
        read({"prompt": "p", "image": BASE64, "mask": BASE64, "maskDataUrl": BASE64})


def test_a_picture_in_json_is_a_view_of_the_body() -> None:
    body = json.dumps({"prompt": "p", "image": f"data:image/png;base64,{BASE64}"}).encode()
    held = read(body).images[0].as_base64()
    assert isinstance(held, memoryview)


@pytest.mark.parametrize(
    ("accept", "output_format"),
    [
        ("image/png", "png"),
        ("image/jpeg", "jpeg"),
        ("image/webp, */*;q=0.8", "webp"),
        ("image/*", "png"),
        ("application/json;q=0.5, image/png", "png"),
        ("application/json", None),
        ("*/*", None),
        ("image/png, application/json", None),
        ("text/html, image/png;q=0.5, */*;q=0.8", None),
        ("image/avif", None),
        ("", None),
        ("image/png;q=x", "png"),
    ],
)
def test_accept_a_picture(accept: str, output_format: str | None) -> None:
    request = read({"prompt": "p"}, accept=accept)
    assert request.output_format == output_format
    assert request.response_format == ("bytes" if output_format else None)
    assert dialect.media_type(request) == (f"image/{output_format}" if output_format else "application/json")


@pytest.mark.parametrize(
    ("body", "param"),
    [({"stream": True}, "stream"), ({"n": 2}, "n"), ({"output_format": "jpeg"}, "output_format")],
)
def test_accept_a_picture_where_there_is_not_one(body: dict[str, Any], param: str) -> None:
    error = fault({"prompt": "p"} | body, accept="image/png")
    assert error.param == param
    assert "Accept: image/png" in str(error)


@pytest.mark.parametrize(
    ("prefer", "strict"),
    [
        ("handling=strict", True),
        ('wait=20, Handling="strict"', True),
        ("handling=lenient", False),
        ("handling=strictly", False),
        ("", False),
    ],
)
def test_prefer(prefer: str, strict: bool) -> None:
    assert read({"prompt": "p"}, prefer=prefer).strict is strict


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from([BASE64, "auto"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(
    [
        "model",
        "prompt",
        "n",
        "size",
        "quality",
        "background",
        "output_format",
        "output_compression",
        "stream",
        "partial_images",
        "image",
        "images",
        "mask",
        "response_format",
        "seed",
        "user",
        "strength",
        "width",
        "height",
        "imageConfig",
        "aspect_ratio",
        "moderation",
        "x",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(names, values, max_size=6), st.sampled_from(dialect.paths))
@example({"prompt": "\ud800"}, "/images/generations")
def test_any_json_is_read_or_refused(body: dict[str, Any], path: str) -> None:
    with suppress(CallerError):
        assert read({"prompt": "p"} | body, path).prompt


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["application/json", "multipart/form-data; boundary=b", "x"]))
def test_any_bytes_are_read_or_refused(body: bytes, content_type: str) -> None:
    with suppress(CallerError):
        read(body, **{"content-type": content_type})

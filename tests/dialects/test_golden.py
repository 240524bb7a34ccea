"""Requests as real clients put them on the wire are read as what their authors meant."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tintype.core import Image, ImageRequest, Incoming, Ratio, Size
from tintype.core.errors import BadRequest
from tintype.dialects.openai_images import dialect

from ..pictures import picture

RECORDED = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "replies" / "client_requests.jsonl").read_text().splitlines()
]
PNG = picture()
DATA_URL = "data:image/png;base64," + base64.b64encode(PNG).decode()


def incoming(recorded: dict[str, Any]) -> Incoming:
    """The request as it was; the files in it, of which the record has only the size, are one picture."""
    path = "/images/" + recorded["path"].partition("?")[0].rpartition("/")[2]
    headers = recorded["headers"]
    if "json" in recorded:
        return Incoming(path=path, headers=headers, body=json.dumps(recorded["json"]).encode())
    boundary = headers["content-type"].partition("boundary=")[2].encode()
    body = b""
    for part in recorded["multipart"]:
        disposition = part.get("cd") or f'form-data; name="{part["name"]}"'
        body += b"--%s\r\nContent-Disposition: %s\r\n" % (boundary, disposition.encode())
        if "ctype" in part:
            body += b"Content-Type: %s\r\n" % part["ctype"].encode()
        body += b"\r\n%s\r\n" % (PNG if "bytes" in part else part["value"].encode())
    return Incoming(path=path, headers=headers, body=body + b"--%s--\r\n" % boundary)


def meant(recorded: dict[str, Any]) -> dict[str, Any]:
    """What the record itself says was asked for, in our words."""
    fields = recorded.get("json") or {
        part["name"]: part["value"] for part in recorded["multipart"] if "value" in part
    }
    files = [part["name"] for part in recorded.get("multipart", ()) if "bytes" in part]
    return {
        "prompt": fields["prompt"],
        "model": fields.get("model", ""),
        "n": int(fields.get("n", 1)),
        "stream": fields.get("stream") in (True, "true"),
        "images": sum(name.startswith("image") for name in files),
        "mask": "mask" in files,
        "quality": fields.get("quality"),
        "response_format": fields.get("response_format"),
    }


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda each: f"{each['client']} {each['path']}")
def test_recorded_requests(recorded: dict[str, Any]) -> None:
    if "variations" in recorded["path"]:
        with pytest.raises(BadRequest, match="/v1/images/edits"):
            dialect.read(incoming(recorded))
        return
    request = dialect.read(incoming(recorded))
    assert {
        "prompt": request.prompt,
        "model": request.model,
        "n": request.n,
        "stream": request.stream,
        "images": len(request.images),
        "mask": request.mask is not None,
        "quality": request.quality,
        "response_format": request.response_format,
    } == meant(recorded)
    assert all(image.as_bytes() == PNG for image in request.images)


def read_json(body: dict[str, Any], path: str = "/images/generations", **headers: str) -> ImageRequest:
    return dialect.read(Incoming(path=path, headers=headers, body=json.dumps(body).encode()))


def read_form(*parts: bytes, path: str = "/images/edits") -> ImageRequest:
    body = (
        b"".join(b"--b\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--b--\r\n"
    )
    return dialect.read(
        Incoming(path=path, headers={"content-type": "multipart/form-data; boundary=b"}, body=body)
    )


def test_codex_edit_as_json() -> None:
    request = read_json(
        {
            "images": [{"image_url": DATA_URL}],
            "prompt": "make it blue",
            "background": "auto",
            "model": "gpt-image-2",
            "quality": "auto",
            "size": "auto",
        },
        path="/images/edits",
    )
    assert request == ImageRequest(
        model="gpt-image-2", prompt="make it blue", images=(Image.from_bytes(PNG),)
    )


def test_openclaw_edit_as_json() -> None:
    request = read_json(
        {
            "model": "gpt-image-2",
            "prompt": "p",
            "n": 1,
            "size": "1024x1024",
            "images": [{"image_url": DATA_URL}, {"image_url": DATA_URL}],
        },
        path="/images/edits",
    )
    assert len(request.images) == 2
    assert request.size == Size(1024, 1024)


def test_go_openai_writes_what_nobody_set() -> None:
    request = read_form(
        b'name="image"; filename="a.png"\r\n\r\n' + PNG,
        b'name="prompt"\r\n\r\nhi',
        b'name="n"\r\n\r\n0',
        b'name="size"\r\n\r\n',
        b'name="response_format"\r\n\r\n',
    )
    assert request == ImageRequest(model="", prompt="hi", images=(Image.from_bytes(PNG),))


@pytest.mark.parametrize("name", [b"image", b"image[]", b"image[0]", b"image%5B%5D"])
@pytest.mark.parametrize("rest", [b"", b'; filename="a.png"', b'; filename="some/dir/a.png"'])
def test_ruby_parts_without_a_file_name_and_with_encoded_names(name: bytes, rest: bytes) -> None:
    disposition = b'name="%s"%s\r\nContent-Type: application/octet-stream\r\n\r\n' % (name, rest)
    request = read_form(disposition + PNG, disposition + PNG, b'name="prompt"\r\n\r\nhi')
    assert [image.as_bytes() for image in request.images] == [PNG, PNG]


def test_librechat_leaves_everything_to_the_model() -> None:
    auto = {"background": "auto", "quality": "auto", "size": "auto"}
    request = read_json({"model": "gpt-image-2", "prompt": "hi", "n": 1, "output_format": "webp", **auto})
    assert request == ImageRequest(model="gpt-image-2", prompt="hi", output_format="webp")


def test_librechat_edit_as_a_form() -> None:
    """axios: brackets after the name of every picture, and the key in Azure's header as well."""
    request = read_form(
        b'name="model"\r\n\r\ngpt-image-2',
        b'name="prompt"\r\n\r\nhi',
        b'name="n"\r\n\r\n1',
        b'name="quality"\r\n\r\nauto',
        b'name="size"\r\n\r\nauto',
        *[
            b'name="image[]"; filename="image_%d.png"\r\nContent-Type: image/png\r\n\r\n' % i + PNG
            for i in (0, 1)
        ],
    )
    assert request == ImageRequest(model="gpt-image-2", prompt="hi", images=(Image.from_bytes(PNG),) * 2)
    keys = {"authorization": "Bearer k", "api-key": "k"}
    assert Incoming(path="/images/edits", headers=keys).key == "k"


def test_dotnet_writes_names_without_quotes_and_the_boundary_with_them() -> None:
    """MultipartFormDataContent: `name=image`, a second spelling of the file's name, a charset on every text."""
    text = b"Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name="
    file = b"Content-Disposition: form-data; name=image; filename=a.png; filename*=utf-8''a.png\r\n\r\n"
    parts = [file + PNG, text + b"prompt\r\n\r\nhi", text + b"model\r\n\r\ngpt-image-2", text + b"n\r\n\r\n2"]
    body = b"".join(b"--6e0b-9a\r\n" + part + b"\r\n" for part in parts) + b"--6e0b-9a--\r\n"
    headers = {"content-type": 'multipart/form-data; boundary="6e0b-9a"'}
    request = dialect.read(Incoming(path="/images/edits", headers=headers, body=body))
    assert request == ImageRequest(model="gpt-image-2", prompt="hi", n=2, images=(Image.from_bytes(PNG),))


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "", "text/plain"])
def test_curl_without_a_content_type(content_type: str) -> None:
    body = b' {"model": "gpt-image-2", "prompt": "hi"}'
    read = dialect.read(
        Incoming(path="/images/generations", headers={"content-type": content_type}, body=body)
    )
    assert read == ImageRequest(model="gpt-image-2", prompt="hi")


def test_seed_000_image_config() -> None:
    request = read_json(
        {
            "model": "gemini-3-pro-image",
            "prompt": "A panda eating bamboo",
            "imageConfig": {"aspectRatio": "16:9", "imageSize": "1K"},
        }
    )
    assert request.size == Ratio(16, 9, "1K")
    assert request.extras == {}


def test_seed_001_without_a_model() -> None:
    request = read_json(
        {
            "prompt": "A professional product photo",
            "size": "1536x1024",
            "quality": "low",
            "n": 1,
            "output_format": "jpeg",
            "output_compression": 85,
            "background": "opaque",
            "moderation": "auto",
        }
    )
    assert request == ImageRequest(
        model="",
        prompt="A professional product photo",
        size=Size(1536, 1024),
        quality="low",
        output_format="jpeg",
        output_compression=85,
        background="opaque",
    )


def test_seed_002_ratio_as_size() -> None:
    request = read_json({"model": "gemini-2.5-flash-image", "prompt": "nano banana", "size": "16:9"})
    assert request.size == Ratio(16, 9)


@pytest.mark.parametrize("image", [DATA_URL, DATA_URL.partition(",")[2], [DATA_URL], [DATA_URL] * 2])
def test_seed_003_image_in_generations(image: str | list[str]) -> None:
    request = read_json({"model": "openai/gpt-image-2", "prompt": "p", "image": image, "mask": DATA_URL})
    assert all(each.as_bytes() == PNG for each in request.images)
    assert len(request.images) == (1 if isinstance(image, str) else len(image))
    assert request.mask == Image.from_bytes(PNG)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("imageDataUrl", DATA_URL),
        ("imageDataUrls", [DATA_URL]),
        ("image_url", DATA_URL),
        ("image_urls", [DATA_URL]),
        ("images", [DATA_URL]),
        ("images", [{"image_url": {"url": DATA_URL}}]),
        ("input_references", [{"type": "image_url", "image_url": {"url": DATA_URL}}]),
    ],
)
def test_seed_004_names_of_pictures(name: str, value: object) -> None:
    request = read_json({"prompt": "p", name: value})
    assert request.images == (Image.from_bytes(PNG),)
    assert request.extras == {}

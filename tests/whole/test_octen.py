"""Octen: one address for pictures and edits, every field of its page, and words beside pictures."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import openai
import pytest
from PIL import Image as PillowImage

from tintype.core import Image, Size

from ..pictures import encoded, picture
from ..seeds import same_shape
from .test_http import call

PATH = "/octen/v1/images/generations"
PNG = picture("png", 64, 64)
BASE64 = base64.b64encode(PNG).decode()
MASK = base64.b64encode(encoded(PillowImage.new("RGBA", (64, 64), "#0000"), "png")).decode()

PAGE = (Path(__file__).parents[1] / "seeds" / "octen.txt").read_text("utf-8")
MODELS = re.findall(r"(?:openai|google)/[a-z0-9.-]+[a-z0-9]", PAGE)

GEMINI = json.loads("""
{"id":"img-7c3a5e9d2b1f8460","created":1749812900,"output_format":"png","data":[{"b64_json":"..."}],
 "text":"Step 1: mix","parts":[{"type":"text","text":"Step 1: mix"},{"type":"image","index":0}],
 "usage":{"input_tokens":20,"input_tokens_details":{"text_tokens":20,"image_tokens":0},
          "output_tokens":2600,"output_tokens_details":{"image_tokens":2560,"text_tokens":40},"total_tokens":2620}}
""")
"""docs.octen.ai/api-reference/image-generation, with one picture of the two."""

FIELDS: dict[str, Any] = {
    "prompt": "a cat",
    "n": 1,
    "size": "1536x1024",
    "quality": "low",
    "background": "opaque",
    "output_format": "png",
    "output_compression": 100,
    "moderation": "low",
    "thinking_level": "minimal",
    "response_modalities": ["text", "image"],
    "media_resolution": "low",
    "response_format": "b64_json",
    "stream": False,
    "partial_images": 0,
    "user": "u",
}


def post(address: str, **body: object) -> tuple[int, dict[str, str], dict[str, Any]]:
    status, headers, answer = call(address, "POST", PATH, {"prompt": "a cat", **body}, x_api_key="k")
    return status, headers, json.loads(answer)


def draw(address: str, **body: object) -> dict[str, Any]:
    status, _, answer = post(address, **body)
    assert status == 200, answer
    return answer


def sizes(answer: dict[str, Any]) -> list[Size | None]:
    return [Image.from_bytes(base64.b64decode(item["b64_json"])).header().size for item in answer["data"]]


def test_the_page_names_its_models() -> None:
    assert {"openai/gpt-image-2", "openai/gpt-image-1-mini", "google/gemini-3-pro-image"} <= set(MODELS)
    assert all(re.search(rf"\b{field}\b", PAGE) for field in ("stream", "text", "parts", "size"))


@pytest.mark.parametrize("model", [*dict.fromkeys(MODELS), "nano-banana-pro", "nano-banana-2"])
def test_every_model_takes_every_field(address: str, model: str) -> None:
    """Those of the other family are ignored, and that is told."""
    status, headers, answer = post(address, model=model, **FIELDS)
    assert status == 200, answer
    assert re.fullmatch(r"img-[0-9a-f]{16}", answer["id"])
    plan = headers["x-tintype-plan"]
    if model.startswith("openai/"):
        told = {name: answer[name] for name in ("background", "output_format", "quality", "size")}
        assert told == {
            "background": "opaque",
            "output_format": "png",
            "quality": "low",
            "size": "1536x1024",
        }
        assert not {"text", "parts"} & set(answer)
        assert {"thinking_level=ignored", "response_modalities=ignored"} <= set(plan.split("; "))
    else:
        for item, part in zip(GEMINI["parts"], answer["parts"], strict=True):
            same_shape(item, part)
        same_shape({**GEMINI, "parts": GEMINI["parts"][:1]}, {**answer, "parts": answer["parts"][:1]})
        assert sizes(answer) == [Size(1264, 848)]
        assert {"quality=ignored", "background=ignored"} <= set(plan.split("; "))


def test_words_stand_where_they_were_said(address: str) -> None:
    answer = draw(address, model="nano-banana-pro", n=2)
    assert [part["type"] for part in answer["parts"]] == ["text", "image", "text", "image"]
    assert [part["index"] for part in answer["parts"] if part["type"] == "image"] == [0, 1]
    words = [part["text"] for part in answer["parts"] if part["type"] == "text"]
    assert answer["text"] == "\n".join(words)
    assert "a cat" in words[0]
    assert answer["usage"]["output_tokens_details"]["text_tokens"] > 0
    assert len(answer["data"]) == 2


def test_who_wants_no_words_gets_none(address: str) -> None:
    answer = draw(address, model="nano-banana-pro", response_modalities=["image"])
    assert "text" not in answer
    assert answer["parts"] == [{"type": "image", "index": 0}]
    assert answer["usage"]["output_tokens_details"]["text_tokens"] == 0


def test_a_picture_makes_it_an_edit(address: str) -> None:
    for image in (BASE64, f"data:image/png;base64,{BASE64}", [BASE64, BASE64]):
        answer = draw(address, model="openai/gpt-image-2", quality="low", image=image, mask=MASK)
        count = len(image) if isinstance(image, list) else 1
        assert answer["usage"]["input_tokens_details"]["image_tokens"] == 194 * count


def test_a_mask_without_a_picture_is_of_no_effect(address: str) -> None:
    status, headers, _ = post(address, model="openai/gpt-image-2", quality="low", mask=MASK)
    assert status == 200
    assert headers["x-tintype-plan"] == "mask=ignored"


def test_a_form(address: str) -> None:
    with openai.OpenAI(base_url=f"{address}/octen/v1", api_key="k", max_retries=0) as client:
        answer = client.post(
            "/images/generations",
            cast_to=dict[str, Any],
            body={"model": "nano-banana-2", "prompt": "make it night", "response_modalities": "image"},
            files=[("image[]", ("a.png", PNG, "image/png")), ("image[]", ("b.png", PNG, "image/png"))],
            options={"headers": {"content-type": "multipart/form-data"}},
        )
    assert sizes(answer) == [Size(1024, 1024)]
    assert answer["usage"]["input_tokens_details"]["image_tokens"] > 0
    assert "text" not in answer


@pytest.mark.parametrize("image", [None, PNG])
def test_a_stream_has_one_id(address: str, image: bytes | None) -> None:
    body: dict[str, object] = {"model": "openai/gpt-image-2", "prompt": "a cat", "size": "1024x1024"}
    body |= {"quality": "low", "stream": True, "partial_images": 2, "image": BASE64 if image else None}
    status, _, answer = call(address, "POST", PATH, body, authorization="Bearer k")
    assert status == 200
    frames = [
        json.loads(line.removeprefix("data: "))
        for line in answer.decode().splitlines()
        if line.startswith("data: ")
    ]
    verb = "image_edit" if image else "image_generation"
    assert [frame["type"] for frame in frames] == [f"{verb}.partial_image"] * 2 + [f"{verb}.completed"]
    assert len({frame["id"] for frame in frames}) == 1
    assert re.fullmatch(r"img-[0-9a-f]{16}", frames[0]["id"])
    assert frames[-1]["usage"]["output_tokens_details"] == {"image_tokens": 196 + 200, "text_tokens": 0}


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"model": "openai/gpt-image-2", "background": "transparent"}, 400, "invalid_request_error"),
        ({"model": "openai/gpt-image-2", "n": 11}, 400, "invalid_request_error"),
        ({"model": "nano-banana-pro", "response_modalities": ["text"]}, 400, "invalid_request_error"),
        ({"model": "nano-banana-pro", "thinking_level": "deep"}, 400, "invalid_request_error"),
        ({"model": "openai/gpt-9"}, 404, "not_found_error"),
    ],
)
def test_errors(address: str, body: dict[str, Any], status: int, kind: str) -> None:
    got, headers, answer = post(address, **body)
    assert got == status
    assert list(answer["error"]) == ["message", "type", "param", "code"]
    assert answer["error"]["type"] == kind
    assert headers["x-request-id"]

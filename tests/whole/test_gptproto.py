"""GPTProto: what its page prints is answered as printed, and a task ends in pictures that can be fetched."""

from __future__ import annotations

import base64
import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tintype.core import Image, Size
from tintype.core.size import parse

from ..pictures import picture
from ..seeds import printed, same_shape
from .test_http import call
from .test_seeds import only_picture, paste

PAGE = (Path(__file__).parents[1] / "seeds" / "gptproto.txt").read_text("utf-8")
RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
TABLE = {
    ratio: parse(found[1])
    for ratio in RATIOS
    if (found := re.search(rf"^{ratio}(\d{{3,4}}x\d{{3,4}})$", PAGE, re.MULTILINE))
}
ANSWER = printed("gptproto")[1].response
DATA_URL = "data:image/png;base64," + base64.b64encode(picture("png", 64, 64)).decode()


def told(status: int, document: bytes, wanted: int = 200) -> dict[str, Any]:
    assert status == wanted, document
    answer: dict[str, Any] = json.loads(document)
    return answer


def draw(address: str, **body: object) -> dict[str, Any]:
    order = {"model": "gemini-2.5-flash-image", "prompt": "a cat", **body}
    status, _, answer = call(address, "POST", "/gptproto/v1/images/generations", order)
    return told(status, answer)


def settled(address: str, path: str) -> dict[str, Any]:
    """The task's last answer."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        status, _, body = call(address, "GET", path)
        answer = told(status, body)
        if (answer.get("data") or answer)["status"] not in ("pending", "in_progress", "processing"):
            return answer
        time.sleep(0.05)
    raise AssertionError(f"{path} did not end")


def fetched(address: str, url: str) -> Size | None:
    assert url.startswith(f"{address}/")
    status, _, body = call(address, "GET", urlsplit(url).path)
    assert status == 200
    return Image.from_bytes(body).header().size


@pytest.mark.parametrize("number", range(1, 8))
def test_every_printed_request(address: str, number: int) -> None:
    """All but the first, which has placeholders in it."""
    exchange = printed("gptproto")[number]
    asked = json.loads(exchange.request.body)["size"]
    answer = paste(address, exchange, "/gptproto")
    same_shape(ANSWER, answer)
    assert (answer["size"], answer["quality"], answer["output_format"]) == (asked, "high", "png")
    assert only_picture(answer) == ("png", TABLE[asked])
    assert abs(answer["created"] / 1000 - time.time()) < 60
    usage = answer["usage"]
    assert usage["output_tokens"] == 1290  # and the one token of text that the page's answer had
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert sum(usage["input_tokens_details"].values()) == usage["input_tokens"]


def test_the_table_of_the_page_is_whole() -> None:
    assert len(TABLE) == 10
    assert len(printed("gptproto")) == 8


@pytest.mark.parametrize("ratio", RATIOS)
def test_every_ratio_to_the_pixel(address: str, ratio: str) -> None:
    answer = draw(address, size=ratio)
    assert answer["size"] == ratio
    assert only_picture(answer) == ("png", TABLE[ratio])


def test_the_placeholders_of_the_page_get_its_kind_of_error(address: str) -> None:
    exchange = printed("gptproto")[0]
    request = exchange.request
    status, headers, body = call(
        address, request.method, "/gptproto" + request.path, request.body, **request.headers
    )
    answer = told(status, body, 400)
    same_shape(exchange.response, answer)
    assert answer["error"]["type"] == "400"
    assert headers["x-request-id"]


def test_without_a_size_it_is_a_square(address: str) -> None:
    answer = draw(address, prompt="A wide landscape with mountains. Landscape format.")
    assert (answer["size"], only_picture(answer)[1]) == ("1:1", Size(1024, 1024))


def test_gpt_models_answer_as_openai(address: str) -> None:
    answer = draw(address, model="gpt-image-2", size="1024x1024", quality="low")
    assert answer["size"] == "1024x1024"
    assert answer["quality"] == "low"
    assert answer["usage"]["output_tokens"] == answer["usage"]["output_tokens_details"]["image_tokens"] == 196
    assert abs(answer["created"] - time.time()) < 60


def test_a_picture_in_the_prompt_is_edited(address: str) -> None:
    answer = draw(address, prompt=f"Make it blue {DATA_URL}")
    assert answer["usage"]["input_tokens_details"]["image_tokens"] == 258
    assert answer["usage"]["input_tokens_details"]["text_tokens"] < 10


def test_an_address_in_the_prompt_that_gives_no_picture_is_named(address: str) -> None:
    body = {"model": "gemini-2.5-flash-image", "prompt": "Make https://10.0.0.1/cat.png blue"}
    status, _, answer = call(address, "POST", "/gptproto/v1/images/generations", body)
    error = told(status, answer, 400)["error"]
    assert error["type"] == "400"
    assert "Image 1 cannot be fetched from https://10.0.0.1/cat.png: " in error["message"]


def test_a_task(address: str) -> None:
    order = {"model": "openai/gpt-image-2", "prompt": "two cats", "aspect_ratio": "16:9", "quality": "low"}
    order["n"], order["seed"] = 2, 7  # type: ignore[assignment]
    status, headers, body = call(address, "POST", "/gptproto/api/v3/images", order, Authorization="sk-x")
    begun = told(status, body, 202)
    assert list(begun) == ["id", "generation_id", "polling_url", "status"]
    assert begun["id"].startswith("job-")
    assert begun["generation_id"].startswith("gen-")
    assert begun["polling_url"] == f"/api/v3/tasks/result/{begun['id']}"
    assert begun["status"] == "pending"
    assert "seed=ignored" in headers["x-tintype-plan"]
    for base in ("/gptproto", ""):  # a polling URL is joined to the base URL, or to its host
        done = settled(address, base + begun["polling_url"])
        assert (done["id"], done["status"], done["native_status"]) == (begun["id"], "completed", "completed")
        sizes = [fetched(address, url) for url in done["unsigned_urls"]]
        assert sizes == [Size(1360, 768)] * 2


def test_a_task_that_edits(address: str) -> None:
    references = [{"type": "image_url", "image_url": {"url": DATA_URL}}]
    order = {"model": "google/gemini-3-pro-image", "prompt": "make it night", "input_references": references}
    status, _, body = call(address, "POST", "/gptproto/api/v3/images", order)
    done = settled(address, "/gptproto" + told(status, body, 202)["polling_url"])
    assert fetched(address, *done["unsigned_urls"]) == Size(1024, 1024)


def test_a_task_that_cannot_be(address: str) -> None:
    for path, order, wanted in (
        ("/gptproto/api/v3/images", {"model": "openai/gpt-9", "prompt": "a cat"}, 400),
        ("/gptproto/api/v3/images", {"model": "openai/gpt-image-2"}, 400),
        ("/gptproto/api/v3/images/edit", {"model": "openai/gpt-image-2", "prompt": "a cat"}, 400),
    ):
        status, _, body = call(address, "POST", path, order)
        answer = told(status, body, wanted)
        assert list(answer) == ["code", "message", "type", "error"]
        assert (answer["code"], answer["type"]) == (wanted, "error")
        assert answer["error"] == {"code": answer["code"], "message": answer["message"]}


def test_tasks_that_are_not_known(address: str) -> None:
    status, _, body = call(address, "GET", f"/gptproto/api/v3/tasks/result/job-{'0' * 24}")
    answer = told(status, body)
    assert answer["status"] == "expired"
    assert "day" in answer["error"]
    status, _, body = call(address, "GET", "/gptproto/api/v3/tasks/result/mine")
    assert told(status, body, 404)["type"] == "error"
    status, _, body = call(address, "GET", f"/gptproto/api/v3/predictions/{'0' * 24}/result")
    assert told(status, body, 404)["error"]["type"] == "404"


def test_a_prediction(address: str) -> None:
    path = "/gptproto/api/v3/google/gemini-2.5-flash-image/text-to-image"
    order = {"prompt": "a cat", "aspect_ratio": "3:2", "enable_sync_mode": False, "topP": 0.5}
    status, headers, body = call(address, "POST", path, order, Authorization="sk-x")
    begun = told(status, body)
    assert (begun["message"], begun["code"]) == ("success", 200)
    assert (begun["data"]["status"], begun["data"]["outputs"]) == ("created", [])
    assert "topP=ignored" in headers["x-tintype-plan"]
    assert "enable_sync_mode" not in headers["x-tintype-plan"]
    url = begun["data"]["urls"]["get"]
    assert url.startswith(f"{address}/gptproto/api/v3/predictions/")
    done = settled(address, urlsplit(url).path)
    assert list(begun["data"]) == list(done["data"])
    assert done["data"]["status"] == "completed"
    assert fetched(address, *done["data"]["outputs"]) == Size(1248, 832)
    assert done["data"]["hasNsfwContents"] == [False]


def test_a_prediction_that_is_waited_for_has_its_pictures(address: str) -> None:
    path = "/gptproto/api/v3/google/gemini-2.5-flash-image/text-to-image"
    order = {"prompt": "a cat", "aspect_ratio": "3:2", "enable_sync_mode": True}
    status, headers, body = call(address, "POST", path, order, Authorization="sk-x")
    done = told(status, body)["data"]
    assert (done["status"], done["error"]) == ("completed", "")
    assert fetched(address, *done["outputs"]) == Size(1248, 832)
    assert "enable_sync_mode" not in headers["x-tintype-plan"]


@pytest.mark.parametrize("said", ["yes", 2, []])
def test_whether_to_wait_is_yes_or_no(address: str, said: object) -> None:
    path = "/gptproto/api/v3/google/gemini-2.5-flash-image/text-to-image"
    order = {"prompt": "a cat", "enable_sync_mode": said}
    status, _, body = call(address, "POST", path, order, Authorization="sk-x")
    assert "'enable_sync_mode'" in told(status, body, 400)["error"]["message"]


def test_what_the_message_does_not_name_stands_before_it(address: str) -> None:
    path = "/gptproto/v1/images/generations"
    order = {"prompt": "a cat", "response_format": "file"}
    status, _, body = call(address, "POST", path, order, Authorization="sk-x")
    message = told(status, body, 400)["error"]["message"]
    assert message == "response_format: Invalid value: 'file'. Supported values are: 'url', 'b64_json'."


def test_gemini_models_in_googles_own_words(address: str) -> None:
    body = {
        "contents": [{"parts": [{"text": "a cat"}]}],
        "generationConfig": {"responseModalities": ["IMAGE"], "imageConfig": {"aspectRatio": "16:9"}},
    }
    path = "/gptproto/v1beta/models/gemini-2.5-flash-image:generateContent"
    status, _, answer = call(address, "POST", path, body, Authorization="sk-x")
    (part,) = told(status, answer)["candidates"][0]["content"]["parts"]
    assert Image.from_base64(part["inlineData"]["data"].encode()).header().size == Size(1344, 768)

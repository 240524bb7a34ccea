"""What ZnapAI's own route reads and answers; the rest is OpenAI's, and tested there."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from tintype.core import (
    Completed,
    Image,
    ImageEvent,
    ImageRequest,
    Incoming,
    Partial,
    Ratio,
    Report,
    Size,
    Usage,
)
from tintype.core import errors as e
from tintype.dialects.znapai import dialect

from ..pictures import picture
from ..seeds import printed, same_shape
from ..strict import validate_error, validate_event
from .writing import happening, joined

PNG = picture("png", 32, 16)
BASE64 = base64.b64encode(PNG).decode()
REPORT = Report(asked="m", model="m", provider="p", created=1_795_166_107)
REQUEST = ImageRequest(model="m", prompt="p")
USAGE = Usage(text_in=10, image_in=5, text_out=1, image_out=90)
DONE = Completed(image=Image.from_bytes(PNG), usage=USAGE, quality="high", background="opaque")
BARE = Completed(image=Image.from_bytes(PNG))
ADDRESS = "http://t.test/pictures/a.png"


def written(request: ImageRequest, *events: ImageEvent) -> bytes:
    return joined(dialect, request, REPORT, happening(*events))


def document(request: ImageRequest, *events: ImageEvent) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(written(request, *events))
    return found


def read(path: str, **body: Any) -> ImageRequest:
    return dialect.read(Incoming(path=path, body=json.dumps(body).encode()))


def test_the_printed_requests() -> None:
    first, second = (json.loads(each.request.body) for each in printed("znapai"))
    assert read("/znapai/images/generations", **first) == ImageRequest(
        model="gpt-image-2", prompt=first["prompt"], size=Size(1024, 1024), quality="low"
    )
    assert read("/znapai/images/generations", **second) == ImageRequest(
        model="gemini-3-pro-image", prompt="A panda eating bamboo", size=Ratio(16, 9, "1K")
    )


@pytest.mark.parametrize("path", dialect.paths)
def test_an_edit_needs_a_picture_wherever_the_path_begins(path: str) -> None:
    if path.endswith("edits"):
        with pytest.raises(e.BadRequest, match="image"):
            read(path, prompt="p")
    else:
        assert read(path, prompt="p") == ImageRequest(model="", prompt="p")


def test_the_whole_answer() -> None:
    answer = document(REQUEST, DONE)
    same_shape(printed("znapai")[0].response, answer)
    assert answer == {
        "created": 1_795_166_107,
        "background": None,
        "data": [{"b64_json": BASE64, "revised_prompt": None, "url": None}],
        "output_format": "png",
        "quality": "high",
        "size": "32x16",
        "usage": {
            "total_tokens": 106,
            "input_tokens": 15,
            "input_tokens_details": {"image_tokens": 5, "text_tokens": 10},
            "output_tokens": 91,
            "output_tokens_details": {"image_tokens": 90, "text_tokens": 1},
        },
    }


def test_what_is_not_known_is_null() -> None:
    answer = document(REQUEST, BARE)
    assert list(answer) == list(printed("znapai")[0].response)
    assert answer["quality"] is None
    assert answer["usage"] is None


@pytest.mark.parametrize("background", ["opaque", "transparent"])
def test_a_background_that_was_asked_for_is_told_as_it_came(background: Any) -> None:
    answer = document(replace(REQUEST, background=background), replace(DONE, background=background))
    assert answer["background"] == background


@pytest.mark.parametrize(
    ("response_format", "item"),
    [
        (None, {"b64_json": BASE64, "revised_prompt": "a panda", "url": None}),
        ("b64_json", {"b64_json": BASE64, "revised_prompt": "a panda", "url": None}),
        ("url", {"b64_json": None, "revised_prompt": "a panda", "url": ADDRESS}),
    ],
)
def test_both_members_are_there_however_a_picture_comes(response_format: Any, item: dict[str, Any]) -> None:
    done = replace(DONE, image=DONE.image.at(ADDRESS), revised_prompt="a panda")
    (found,) = document(replace(REQUEST, response_format=response_format), done)["data"]
    assert list(found.items()) == list(item.items())


def test_a_picture_that_has_only_an_address() -> None:
    (item,) = document(REQUEST, replace(DONE, image=Image.from_url(ADDRESS)))["data"]
    assert item == {"b64_json": None, "revised_prompt": None, "url": ADDRESS}


def test_several_pictures_are_in_order_and_their_usage_is_summed() -> None:
    other = replace(DONE, index=1, revised_prompt="second")
    answer = document(replace(REQUEST, n=2), other, DONE)
    assert [item["revised_prompt"] for item in answer["data"]] == [None, "second"]
    assert answer["usage"]["total_tokens"] == 2 * 106


def test_a_stream_is_openai_s() -> None:
    frames = written(replace(REQUEST, stream=True), Partial(image=DONE.image), DONE).decode().split("\n\n")
    for frame in filter(None, frames):
        name, data = frame.split("\n")
        validate_event(name.removeprefix("event: "), json.loads(data.removeprefix("data: ")))


def test_errors_are_openai_s() -> None:
    answer = dialect.write_error(e.BadRequest("bad", param="size"))
    assert answer.status == 400
    validate_error(json.loads(answer.body))


def test_an_address_of_an_upstream_is_json_whatever_letters_it_has() -> None:
    odd = 'https://u.test/a.png?title="a\\b"'
    (item,) = document(REQUEST, Completed(image=Image.from_url(odd)))["data"]
    assert item == {"b64_json": None, "revised_prompt": None, "url": odd}

"""What a service's page prints, pasted with another host and key, gives the answer that is printed there."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tintype.core import Image, Size

from ..seeds import Exchange, printed, same_shape
from .test_http import call


def paste(address: str, exchange: Exchange, prefix: str) -> dict[str, Any]:
    """The printed request, sent to where `prefix` stands for the service's host: its answer."""
    request = exchange.request
    headers = {
        **request.headers,
        "authorization": request.headers["authorization"].replace("$ZnapAI_API_KEY", "k"),
    }
    status, _, body = call(address, request.method, prefix + request.path, request.body, **headers)
    assert status == 200, body
    answer: dict[str, Any] = json.loads(body)
    return answer


def only_picture(answer: dict[str, Any]) -> tuple[str | None, Size | None]:
    (item,) = answer["data"]
    return Image.from_bytes(base64.b64decode(item["b64_json"], validate=True)).header()


@pytest.mark.parametrize(("name", "count"), [("znapai", 2), ("znapai_azure", 1)])
def test_what_is_printed_is_found(name: str, count: int) -> None:
    exchanges = printed(name)
    assert len(exchanges) == count
    for exchange in exchanges:
        assert exchange.request.method == "POST"
        assert exchange.request.path.partition("?")[0].endswith("/images/generations")
        assert json.loads(exchange.request.body)["prompt"]


def test_a_shape_is_its_keys_in_order_and_its_types() -> None:
    same_shape({"a": 1, "b": [{"c": None}]}, {"a": 2, "b": [{"c": None}, {"c": None}]})
    for other in (
        {"b": [{"c": None}], "a": 1},
        {"a": 1.0, "b": [{"c": None}]},
        {"a": True, "b": [{"c": None}]},
        {"a": 1, "b": []},
        {"a": 1, "b": [{"c": ""}]},
        {"a": 1, "b": [{}]},
        {"a": 1},
    ):
        with pytest.raises(AssertionError):
            same_shape({"a": 1, "b": [{"c": None}]}, other)


def test_znapai(address: str) -> None:
    exchange = printed("znapai")[0]
    answer = paste(address, exchange, "/znapai")
    same_shape(exchange.response, answer)
    assert only_picture(answer) == ("png", Size(1024, 1024))
    assert (answer["size"], answer["quality"], answer["output_format"]) == ("1024x1024", "low", "png")
    assert (
        answer["usage"]["total_tokens"] == answer["usage"]["input_tokens"] + answer["usage"]["output_tokens"]
    )


def test_znapai_gemini(address: str) -> None:
    """No answer is printed for this one: it comes in the form of the first."""
    first, exchange = printed("znapai")
    answer = paste(address, exchange, "/znapai")
    assert list(answer) == list(first.response)
    assert list(answer["data"][0]) == list(first.response["data"][0])
    assert only_picture(answer)[1] == Size(1376, 768)


def test_znapai_azure(address: str) -> None:
    (exchange,) = printed("znapai_azure")
    answer = paste(address, exchange, "/znapai")
    same_shape(exchange.response, answer)
    assert only_picture(answer) == ("jpeg", Size(1536, 1024))
    told = {name: answer[name] for name in ("background", "output_format", "quality", "size")}
    assert told == {name: exchange.response[name] for name in told}
    assert answer["usage"]["output_tokens"] == exchange.response["usage"]["output_tokens"]

"""Tokens that a vendor read from its cache: understood as upstreams tell them, and told again where there were some."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tintype.core import Usage
from tintype.dialects import chat, interactions
from tintype.wire import gemini, gemini_answers, openai_images

CACHED = Usage(text_in=30, image_in=194, text_out=5, image_out=196, cached_in=128)
NONE = Usage(text_in=30, image_in=194, text_out=5, image_out=196)


def read_openai(details: dict[str, Any]) -> Usage:
    document = {"input_tokens": 224, "output_tokens": 196, "input_tokens_details": details}
    return openai_images.read_usage(document)


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        ({"input_tokens": 9.0, "output_tokens": "196"}, Usage(image_in=9, image_out=196)),
        ({"input_tokens": -5, "output_tokens": 196}, Usage(image_out=196)),
        ({"output_tokens": {}}, Usage()),
        ("many", Usage()),
        ([], Usage()),
        (7, Usage()),
    ],
)
def test_a_picture_is_not_lost_for_numbers_that_cannot_be_read(told: object, usage: Usage) -> None:
    answer = openai_images.read_answer(msgspec.json.encode({"data": [{"b64_json": "aGk="}], "usage": told}))
    assert len(answer.data or ()) == 1
    assert openai_images.read_usage(answer.usage) == usage


@pytest.mark.parametrize(
    ("details", "cached"),
    [
        ({}, 0),
        ({"cached_tokens": 128}, 128),
        ({"cached_tokens": 128, "cached_tokens_details": {"text_tokens": 28, "image_tokens": 100}}, 128),
        ({"cached_tokens_details": {"text_tokens": 28, "image_tokens": 100}}, 128),
        ({"cached_tokens": 999}, 224),  # never more than went in
        ({"cached_tokens": -3}, 0),
        ({"cached_tokens": None, "cached_tokens_details": None}, 0),
        ({"cached_tokens": "many", "cached_tokens_details": [5]}, 0),  # and the picture is not lost over it
        ({"cached_tokens": True, "cached_tokens_details": {"text_tokens": None}}, 0),
    ],
)
def test_openai_tells_cached_tokens(details: dict[str, Any], cached: int) -> None:
    usage = read_openai({"text_tokens": 30, "image_tokens": 194, **details})
    assert (usage.text_in, usage.image_in, usage.cached_in) == (30, 194, cached)


@pytest.mark.parametrize(("said", "cached"), [(128, 128), (999, 224), ("x", 0), (-1, 0)])
def test_google_tells_cached_tokens(said: object, cached: int) -> None:
    details = [{"modality": "TEXT", "tokenCount": 30}, {"modality": "IMAGE", "tokenCount": 194}]
    usage = gemini_answers.read_usage(
        {"promptTokenCount": 224, "promptTokensDetails": details, "cachedContentTokenCount": said}
    )
    assert (usage.text_in, usage.image_in, usage.cached_in) == (30, 194, cached)


@pytest.mark.parametrize("usage", [CACHED, NONE])
def test_what_is_written_is_read_again(usage: Usage) -> None:
    assert openai_images.read_usage(openai_images.write_usage(usage)) == usage
    assert gemini_answers.read_usage(gemini.write_usage(usage)) == usage


@pytest.mark.parametrize(
    ("write", "path"),
    [
        (openai_images.write_usage, ("input_tokens_details", "cached_tokens")),
        (openai_images.write_usage_total_last, ("input_tokens_details", "cached_tokens")),
        (gemini.write_usage, ("cachedContentTokenCount",)),
        (interactions._usage, ("total_cached_tokens",)),
        (chat.write_usage, ("prompt_tokens_details", "cached_tokens")),
    ],
)
def test_where_it_is_told(write: Any, path: tuple[str, ...]) -> None:
    *outer, name = path
    told, untold = write(CACHED), write(NONE)
    for key in outer:
        told, untold = told[key], untold[key]
    assert told[name] == 128
    assert untold.get(name, 0) == 0
    if write is not chat.write_usage:  # which always tells it
        assert name not in untold


def test_cached_tokens_are_summed_up() -> None:
    assert (CACHED + CACHED).cached_in == 256
    assert CACHED.input_tokens == 224  # they are among the others

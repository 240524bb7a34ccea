"""Whatever is sent as a conversation, or to the web UI's API, the answer is a picture or says what is wrong."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..strict import validate_error
from .test_fuzz import SMALL, VALUES, WORDS, post

CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
WEB_UI = ["/sdapi/v1/txt2img", "/sdapi/v1/img2img"]
OPTIONS = "/sdapi/v1/options"
OFTEN = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
PICTURE = base64.b64encode(SMALL).decode()

KINDS = st.sampled_from(
    [
        "text",
        "input_text",
        "image_url",
        "input_image",
        "image_generation",
        "image_generation_call",
        "item_reference",
        "message",
        "function",
    ]
)
SPOKEN = st.sampled_from(
    ["a cat", "", PICTURE, "data:image/png;base64," + PICTURE, "ig_1", "https://10.0.0.1/c"]
)
PARTS = st.fixed_dictionaries(
    {},
    optional={
        "type": KINDS | VALUES,
        "text": SPOKEN | VALUES,
        "image_url": SPOKEN | st.fixed_dictionaries({"url": SPOKEN | VALUES}) | VALUES,
        "file_id": SPOKEN | VALUES,
    },
)
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["user", "assistant", "system"]) | VALUES,
        "type": KINDS | VALUES,
        "id": SPOKEN | VALUES,
        "result": SPOKEN | VALUES,
        "content": SPOKEN | st.lists(PARTS, max_size=3) | VALUES,
        "images": st.lists(PARTS, max_size=2) | VALUES,
    },
)
HISTORY = st.lists(ITEMS, max_size=4).map(lambda items: [*items, {"role": "user", "content": "a cat"}])
TOOLS = st.lists(
    st.fixed_dictionaries(
        {"type": st.just("image_generation")},
        optional=dict.fromkeys(
            ["model", "size", "quality", "background", "output_format", "partial_images", "action", "n"],
            WORDS | st.integers(-1, 4),
        )
        | {"input_image_mask": PARTS | VALUES},
    )
    | ITEMS,
    min_size=1,
    max_size=2,
)
ORDERS = st.fixed_dictionaries(
    {},
    optional={
        "model": WORDS | VALUES,
        "messages": HISTORY | VALUES,
        "input": HISTORY | SPOKEN | VALUES,
        "tools": TOOLS | VALUES,
        "stream": st.booleans() | VALUES,
        "n": st.integers(1, 3) | VALUES,
        "modalities": st.lists(st.sampled_from(["image", "text"]), max_size=2) | VALUES,
        "image_config": VALUES,
        "metadata": VALUES,
        "tool_choice": VALUES,
        "previous_response_id": SPOKEN | VALUES,
        "stream_options": VALUES,
    },
)
WEB_UI_ORDERS = st.fixed_dictionaries(
    {"prompt": SPOKEN | VALUES},
    optional={
        "negative_prompt": VALUES,
        "init_images": st.lists(SPOKEN | VALUES, max_size=2) | VALUES,
        "mask": SPOKEN | VALUES,
        "override_settings": st.fixed_dictionaries({}, optional={"sd_model_checkpoint": WORDS | VALUES})
        | VALUES,
        "enable_hr": st.booleans() | VALUES,
        **dict.fromkeys(
            [
                "width",
                "height",
                "steps",
                "cfg_scale",
                "seed",
                "batch_size",
                "n_iter",
                "hr_scale",
                "hr_resize_x",
            ],
            st.integers(-1, 3) | VALUES,
        ),
        "denoising_strength": VALUES,
    },
)
HEADERS = st.sampled_from([{}, {"prefer": "handling=strict"}])


def likely(order: dict[str, Any]) -> dict[str, Any]:
    """With all that has to be there."""
    said = {"messages": [{"role": "user", "content": "a cat"}], "input": "a cat"}
    return {**said, "tools": [{"type": "image_generation"}], **order}


@OFTEN
@given(path=st.sampled_from([CHAT, RESPONSES]), order=ORDERS | ORDERS.map(likely), headers=HEADERS)
def test_any_conversation(path: str, order: dict[str, Any], headers: dict[str, str]) -> None:
    status, body = post(path, json.dumps(order).encode(), headers)
    assert status < 500, body
    if status != 200:
        validate_error(json.loads(body))
    elif not body.startswith((b"data: {", b"event: response.created\n")):
        reply = json.loads(body)
        assert reply["output"] if path == RESPONSES else reply["choices"][0]["message"]["images"]


@OFTEN
@given(path=st.sampled_from(WEB_UI), order=WEB_UI_ORDERS, headers=HEADERS)
def test_any_order_of_the_web_ui(path: str, order: dict[str, Any], headers: dict[str, str]) -> None:
    status, body = post(path, json.dumps(order).encode(), headers)
    assert status < 500, body
    assert json.loads(body)["images" if status == 200 else "detail"]


@OFTEN
@given(path=st.sampled_from([CHAT, RESPONSES, *WEB_UI, OPTIONS]), body=st.binary(max_size=100))
def test_any_bytes(path: str, body: bytes) -> None:
    status, answer = post(path, body, {})
    if path == OPTIONS and status == 200:  # it was an object after all: `{}` sets none of them
        assert isinstance(json.loads(body), dict)
        assert answer == b"null"
    else:
        assert 400 <= status < 500
        assert json.loads(answer)


@pytest.mark.parametrize("path", [CHAT, RESPONSES, *WEB_UI])
@pytest.mark.parametrize(
    "value",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'"\\ud800"',
        b'"\xff"',
        b'["\xff"]',
    ],
)
@pytest.mark.parametrize(
    "field", ["messages", "input", "tools", "metadata", "prompt", "init_images", "override_settings"]
)
def test_what_cannot_be_decoded(path: str, field: str, value: bytes) -> None:
    rest = likely({"prompt": "a cat"})
    rest.pop(field, None)
    body = json.dumps(rest).encode()[:-1] + b',"%s":%s}' % (field.encode(), value)
    status, _ = post(path, body, {})
    assert status < 500

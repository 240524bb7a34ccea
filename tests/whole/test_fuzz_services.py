"""Whatever is sent to Octen or GPTProto, the answer is a picture, a task, or an error in that service's words."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .test_fuzz import BODIES, HEADERS, LIKELY, VALUES, WORDS, post

PATHS = [
    "/octen/v1/images/generations",
    "/gptproto/v1/images/generations",
    "/gptproto/v1/images/edits",
    "/gptproto/api/v3/images",
    "/gptproto/api/v3/images/edit",
    "/gptproto/api/v3/google/gemini-3-pro-image/text-to-image",
    "/gptproto/api/v3/openai/gpt-image-2/image-edit",
]
MODELS = st.sampled_from(["nano-banana-pro", "openai/gpt-image-2", "gemini-2.5-flash-image", "", "x"])
PROMPTS = st.text(max_size=20) | st.sampled_from(
    ["a cat https://a.test/b.png", "data:image/png;base64,AAAA", "http://[", "data:image/png;base64,A", "cat"]
)
OWN = st.fixed_dictionaries(
    {"prompt": PROMPTS},
    optional={
        "model": MODELS,
        "size": VALUES | WORDS,
        "response_modalities": VALUES | st.lists(st.sampled_from(["text", "image", "TEXT"]), max_size=3),
        "thinking_level": VALUES | WORDS,
        "media_resolution": VALUES | WORDS,
        "mask": VALUES,
        "background": VALUES | WORDS,
        "stream": VALUES,
        "input_references": VALUES,
        "provider": VALUES,
        "resolution": VALUES | WORDS,
    },
)
OFTEN = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def check(path: str, status: int, body: bytes) -> None:
    assert status < 500, body
    if status < 300:
        assert body.startswith((b"{", b"event: ", b"\x89PNG", b"\xff\xd8", b"RIFF")), body[:20]
        return
    document = json.loads(body)
    if path.startswith("/octen"):
        assert list(document["error"]) == ["message", "type", "param", "code"]
    elif path.startswith("/gptproto/api/v3/images"):
        assert document["type"] == "error"
        assert document["code"] == status
    else:
        assert set(document["error"]) == {"message", "type"}
        assert document["error"]["type"] == str(status)


@OFTEN
@given(path=st.sampled_from(PATHS), fields=BODIES | LIKELY | OWN, headers=HEADERS)
def test_any_json(path: str, fields: dict[str, Any], headers: dict[str, str]) -> None:
    check(path, *post(path, json.dumps(fields).encode(), headers))


@OFTEN
@given(path=st.sampled_from(PATHS), body=st.binary(max_size=200), headers=HEADERS)
def test_any_bytes(path: str, body: bytes, headers: dict[str, str]) -> None:
    check(path, *post(path, body, headers))

"""Whatever is sent to NanoGPT's routes, the answer is of their shapes: never a 500."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .test_fuzz import BODIES, HEADERS, SMALL, VALUES, WORDS, post

LEGACY = ["/nanogpt/v1/images/generations", "/nanogpt/api/v1/images/edit"]
IMAGES = "/nanogpt/api/v1/images"
FIELDS = [
    "model",
    "n",
    "nImages",
    "size",
    "resolution",
    "aspect_ratio",
    "response_format",
    "imageDataUrl",
    "imageDataUrls",
    "input_references",
    "maskDataUrl",
    "strength",
    "guidance_scale",
    "num_inference_steps",
    "kontext_max_mode",
    "seed",
    "negative_prompt",
    "provider",
    "stream",
    "response_modalities",
]
PROMPTED = st.fixed_dictionaries({"prompt": st.just("a cat")}, optional=dict.fromkeys(FIELDS, VALUES | WORDS))
OFTEN = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


def check(status: int, body: bytes, *, normalized: bool = False) -> None:
    assert status < 500, body
    if status == 200 and not body.startswith(b"{"):
        assert body.startswith((b"event: ", b"data: ", b"\x89PNG", b"\xff\xd8", b"RIFF")), body[:20]
        return
    document = json.loads(body)
    if status == 200:
        assert list(document) == ["created", "data", "cost", "paymentSource", "remainingBalance"]
        assert all(list(item) in (["b64_json"], ["url"]) for item in document["data"])
        return
    name = "parameter" if normalized else "param"
    assert set(document["error"]) - {name} == {"message", "type", "code"}
    assert ("code" in document) is normalized


@OFTEN
@given(path=st.sampled_from(LEGACY), fields=BODIES | PROMPTED, headers=HEADERS)
def test_any_json(path: str, fields: dict[str, Any], headers: dict[str, str]) -> None:
    check(*post(path, json.dumps(fields).encode(), headers))


@OFTEN
@given(fields=BODIES | PROMPTED, headers=HEADERS)
def test_any_json_to_the_normalized_route(fields: dict[str, Any], headers: dict[str, str]) -> None:
    body = json.dumps({"model": "hidream", **fields}).encode()
    check(*post(IMAGES, body, {**headers, "content-type": "application/json"}), normalized=True)


@OFTEN
@given(path=st.sampled_from([*LEGACY, IMAGES]), body=st.binary(max_size=200), headers=HEADERS)
def test_any_bytes(path: str, body: bytes, headers: dict[str, str]) -> None:
    check(*post(path, body, headers), normalized=path == IMAGES)


@OFTEN
@given(
    fields=st.lists(st.tuples(st.sampled_from([*FIELDS, "mask"]), st.text(max_size=20) | WORDS), max_size=4),
    cut=st.integers(0, 600),
)
def test_any_form(fields: list[tuple[str, str]], cut: int) -> None:
    parts = b"".join(
        b'--x\r\ncontent-disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        % (name.encode(), value.encode("utf-8", "replace"))
        for name, value in [("prompt", "a cat"), *fields]
    )
    file = b'--x\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\n%s\r\n--x--\r\n' % SMALL
    for sent in (parts + file, (parts + file)[:cut]):
        check(*post(LEGACY[1], sent, {"content-type": "multipart/form-data; boundary=x"}))

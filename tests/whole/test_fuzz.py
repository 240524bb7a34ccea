"""Whatever is sent, the answer is a picture or an error that says what is wrong: never a 500."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tintype.catalog import load
from tintype.dialects import all_dialects
from tintype.gateway.gateway import Gateway
from tintype.gateway.offers import Offer, Offers
from tintype.gateway.settings import Settings
from tintype.polyfills import all_polyfills
from tintype.server.app import App

from ..fakes import FakeProvider
from ..pictures import picture
from ..strict import validate_error, validate_reply

PROVIDER = FakeProvider(plain=True)
CARDS = [card for service in load() for card in service.cards]
GATEWAY = Gateway(
    offers=Offers([Offer(card, PROVIDER, twin=True) for card in CARDS], default="gpt-image-2"),
    polyfills=all_polyfills(),
)
APP = App(GATEWAY, all_dialects(), Settings())
PATHS = ["/v1/images/generations", "/v1/images/edits", "/images/generations", "/v1/images/variations"]
SMALL = picture()


def post(path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    sent: list[Any] = []
    inbox = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if not inbox:
            await asyncio.sleep(3600)
        return inbox.pop()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
    }
    asyncio.run(APP(scope, receive, send))
    return sent[0]["status"], b"".join(bytes(message["body"]) for message in sent[1:])


FIELDS = [
    "model",
    "prompt",
    "n",
    "size",
    "quality",
    "background",
    "output_format",
    "output_compression",
    "moderation",
    "stream",
    "partial_images",
    "response_format",
    "style",
    "user",
    "input_fidelity",
    "complexity",
    "seed",
    "image",
    "images",
    "mask",
    "imageConfig",
    "aspect_ratio",
    "strength",
    "width",
    "maskDataUrl",
]
WORDS = st.sampled_from(
    [
        "auto",
        "png",
        "jpeg",
        "low",
        "max",
        "hd",
        "url",
        "16:9",
        "1x1",
        "99999x1",
        "2K",
        "1024x1024",
        "transparent",
        "opaque",
        "vivid",
        "high",
        "gpt-image-2",
        "dall-e-3",
        "tintype-illustrator",
        "�",
        "a cat",
        "",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=30) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=4,
)
BODIES = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=6), VALUES, max_size=8)
LIKELY = st.fixed_dictionaries(
    {"prompt": st.just("a cat")}, optional=dict.fromkeys(FIELDS[2:], VALUES | WORDS)
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.sampled_from(
            ["application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x"]
        ),
        "accept": st.sampled_from(["*/*", "image/png", "image/webp, */*;q=0.1", "image/*", "text/html"]),
        "prefer": st.sampled_from(["handling=strict", "handling=lenient", "wait=3"]),
    },
)
OFTEN = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


def check(status: int, body: bytes) -> None:
    assert status < 500, body
    if status != 200:
        validate_error(json.loads(body))
    elif body.startswith(b"{"):
        validate_reply(json.loads(body), new_qualities=True)
    else:
        assert body.startswith((b"event: ", b"\x89PNG", b"\xff\xd8", b"RIFF")), body[:20]


@OFTEN
@given(path=st.sampled_from(PATHS), fields=BODIES | LIKELY, headers=HEADERS)
def test_any_json(path: str, fields: dict[str, Any], headers: dict[str, str]) -> None:
    check(*post(path, json.dumps(fields).encode(), headers))


@OFTEN
@given(path=st.sampled_from(PATHS), body=st.binary(max_size=200), headers=HEADERS)
def test_any_bytes(path: str, body: bytes, headers: dict[str, str]) -> None:
    check(*post(path, body, headers))


@OFTEN
@given(
    fields=st.lists(
        st.tuples(st.sampled_from([*FIELDS, "image[]", "image[0]"]), st.text(max_size=20) | WORDS), max_size=5
    ),
    cut=st.integers(0, 900),
    garbage=st.binary(max_size=10),
)
def test_any_form(fields: list[tuple[str, str]], cut: int, garbage: bytes) -> None:
    parts = b"".join(
        b'--x\r\ncontent-disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        % (name.encode(), value.encode("utf-8", "replace"))
        for name, value in fields
    )
    file = b'--x\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\n%s\r\n--x--\r\n' % SMALL
    body = parts + file
    cut = min(cut, len(body))
    for sent in (body, body[:cut] + garbage + body[cut:], body[:cut]):
        check(*post("/v1/images/edits", sent, {"content-type": "multipart/form-data; boundary=x"}))


@pytest.mark.parametrize("depth", [50, 5_000, 200_000])
def test_deep_nesting(depth: int) -> None:
    status, body = post("/v1/images/generations", b'{"prompt":' + b"[" * depth + b"]" * depth + b"}", {})
    assert status == 400
    validate_error(json.loads(body))

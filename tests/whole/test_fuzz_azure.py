"""Whatever is sent under Azure's and ZnapAI's paths, the answer is a picture or an error of that service."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..seeds import printed
from ..strict import validate_error
from .test_fuzz import BODIES, HEADERS, LIKELY, post

KEYS = {name: list(printed(name)[0].response) for name in ("znapai", "znapai_azure")}
DEPLOYMENTS = st.sampled_from(
    ["gpt-image-2", "dall-e-3", "openai%2Fgpt-image-2", "..", "%00", "gpt-9"]
) | st.text(max_size=8)
CALLS = st.sampled_from(["generations", "edits", "variations", ""])
SOMETIMES = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def check_azure(status: int, body: bytes) -> None:
    assert status < 500, body
    if status != 200:
        document = json.loads(body)
        assert list(document) in (["error"], ["created", "error"])
        if len(document["error"]) > 2:
            validate_error(document)
        else:
            assert list(document["error"]) == ["code", "message"]
            assert all(document["error"].values())
    elif body.startswith(b"{"):
        document = json.loads(body)
        assert [key for key in KEYS["znapai_azure"] if key in document] == list(document)
        assert document["data"]
    else:
        assert body.startswith((b"event: ", b"\x89PNG", b"\xff\xd8", b"RIFF")), body[:20]


def check_znapai(status: int, body: bytes) -> None:
    assert status < 500, body
    if status != 200:
        validate_error(json.loads(body))
    elif body.startswith(b"{"):
        document = json.loads(body)
        assert list(document) == KEYS["znapai"]
        assert all(list(item) == ["b64_json", "revised_prompt", "url"] for item in document["data"])
    else:
        assert body.startswith((b"event: ", b"\x89PNG", b"\xff\xd8", b"RIFF")), body[:20]


@SOMETIMES
@given(
    root=st.sampled_from(["/openai", "/azure/openai", "/znapai/azure/openai", "/v1/openai"]),
    deployment=DEPLOYMENTS | st.none(),
    called=CALLS,
    fields=BODIES | LIKELY,
    headers=HEADERS,
)
def test_any_json_to_azure(
    root: str, deployment: str | None, called: str, fields: dict[str, Any], headers: dict[str, str]
) -> None:
    place = "" if deployment is None else f"/deployments/{unquote(deployment)}"
    check_azure(*post(f"{root}{place}/images/{called}", json.dumps(fields).encode(), headers))


@SOMETIMES
@given(
    path=st.sampled_from(["/znapai/images/generations", "/znapai/v1/images/edits"]),
    fields=BODIES | LIKELY,
    headers=HEADERS,
)
def test_any_json_to_znapai(path: str, fields: dict[str, Any], headers: dict[str, str]) -> None:
    check_znapai(*post(path, json.dumps(fields).encode(), headers))


@SOMETIMES
@given(body=st.binary(max_size=200), headers=HEADERS)
def test_any_bytes(body: bytes, headers: dict[str, str]) -> None:
    check_azure(*post("/openai/deployments/gpt-image-2/images/edits", body, headers))
    check_znapai(*post("/znapai/images/edits", body, headers))

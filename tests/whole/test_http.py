"""What any HTTP client meets: paths, CORS, error bodies, limits, and pictures as plain bytes."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from tintype.core import Grid, ModelCard, Sizes
from tintype.core.errors import Busy, Refused
from tintype.gateway.settings import Settings

from ..fakes import FakeProvider
from ..pictures import opened
from ..serving import fake_gateway, serving
from ..strict import validate_reply

CARD = ModelCard(
    id="m",
    provider="p",
    max_n=4,
    sizes=Sizes(grid=Grid()),
    formats=("png", "jpeg", "webp"),
    partial_images=3,
    qualities=("low", "medium"),
)


def call(
    address: str, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=30)
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    connection.request(method, path, data, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    answer = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    connection.close()
    return answer


def error(body: bytes) -> dict[str, Any]:
    found = json.loads(body)["error"]
    assert set(found) == {"message", "type", "param", "code"}
    return dict(found)


ORDER = {"model": "gpt-image-2", "prompt": "a cat", "quality": "low"}


@pytest.mark.parametrize(
    "path", ["/v1/images/generations", "/images/generations", "//v1//images/generations/"]
)
def test_every_spelling_of_the_path(address: str, path: str) -> None:
    status, headers, body = call(address, "POST", path, ORDER)
    assert status == 200
    validate_reply(json.loads(body))
    assert headers["x-tintype-provider"] == "illustrator"
    assert headers["x-tintype-model"] == "gpt-image-2"
    assert headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/v1/nothing", b"", 404, "not_found"),
        ("GET", "/v1/images/generations", None, 405, "method_not_allowed"),
        ("DELETE", "/v1/models", None, 405, "method_not_allowed"),
        ("POST", "/v1/images/generations", b"{", 400, None),
        ("POST", "/v1/images/generations", b"", 400, None),
        ("POST", "/v1/images/generations", b"[1]", 400, None),
        ("POST", "/v1/images/generations", b"\xff\xfe", 400, None),
        ("POST", "/healthz", b"", 405, "method_not_allowed"),
    ],
)
def test_errors_have_one_shape(
    address: str, method: str, path: str, body: bytes | None, status: int, code: str | None
) -> None:
    got, headers, answer = call(address, method, path, body)
    assert got == status
    assert code is None or error(answer)["code"] == code
    assert error(answer)["message"]
    assert headers["x-request-id"]


@pytest.mark.parametrize("origin", [{}, {"origin": "http://app.test"}])
def test_cors_needs_no_key(address: str, origin: dict[str, str]) -> None:
    status, headers, _ = call(
        address,
        "OPTIONS",
        "/v1/images/generations",
        **origin,
        access_control_request_headers="authorization, x-stainless-os",
    )
    assert status in (200, 204)
    assert headers.get("access-control-allow-origin") == origin.get("origin")
    assert headers["access-control-allow-headers"] == "authorization, x-stainless-os"
    status, headers, _ = call(address, "POST", "/v1/images/generations", ORDER, **origin)
    assert headers["vary"] == "origin"
    assert headers.get("access-control-allow-origin") == origin.get("origin")
    assert ("x-tintype-plan" in headers.get("access-control-expose-headers", "")) == bool(origin)


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_picture_as_plain_bytes(address: str, kind: str) -> None:
    status, headers, body = call(address, "POST", "/v1/images/generations", ORDER, accept=f"image/{kind}")
    assert (status, headers["content-type"]) == (200, f"image/{kind}")
    assert (opened(body).format or "").lower() == kind


def test_curl_without_a_content_type(address: str) -> None:
    status, _, _ = call(
        address, "POST", "/v1/images/generations", ORDER, content_type="application/x-www-form-urlencoded"
    )
    assert status == 200


def test_strict_handling(address: str) -> None:
    asked = {**ORDER, "style": "vivid"}
    status, headers, _ = call(address, "POST", "/v1/images/generations", asked)
    assert (status, headers["x-tintype-plan"]) == (200, "style=ignored")
    status, _, body = call(address, "POST", "/v1/images/generations", asked, prefer="handling=strict")
    assert status == 400
    assert error(body)["message"] == "Unknown parameter: 'style'."


def test_health(address: str) -> None:
    status, headers, body = call(address, "GET", "/healthz")
    assert (status, json.loads(body)["status"]) == (200, "ok")
    assert headers["x-request-id"]


def test_a_body_that_is_too_large() -> None:
    settings = Settings(max_body=1000)
    with serving(fake_gateway(FakeProvider(), CARD), settings) as address:
        status, _, body = call(address, "POST", "/v1/images/generations", b"x" * 1001)
        assert (status, error(body)["code"]) == (413, "request_too_large")


def test_a_compressed_body_is_refused_by_name(address: str) -> None:
    status, _, body = call(address, "POST", "/v1/images/generations", b"x", content_encoding="gzip")
    assert status == 400
    assert "gzip" in error(body)["message"]


def test_a_stream_keeps_the_connection_alive() -> None:
    provider = FakeProvider(pause=0.3)
    with serving(fake_gateway(provider, CARD), Settings(heartbeat=0.05)) as address:
        _, headers, body = call(
            address,
            "POST",
            "/v1/images/generations",
            {"prompt": "a cat", "stream": True, "partial_images": 1},
        )
    assert headers["content-type"].startswith("text/event-stream")
    lines = body.decode().split("\n\n")
    assert lines[0].startswith(":")
    assert sum(line.startswith(":") for line in lines) >= 4
    assert sum(line.startswith("event: image_generation.") for line in lines) == 2


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/images/generations", "POST"),
        ("POST", "/v1/models", "GET"),
        ("POST", "/docs", "GET"),
        ("POST", "/healthz", "GET"),
        ("POST", "/pictures/x.png", "GET"),
        ("PUT", "/v1/images/jobs/x", "GET, HEAD, DELETE"),
    ],
)
def test_a_method_that_is_not_taken_is_told_with_those_that_are(
    address: str, method: str, path: str, allow: str
) -> None:
    status, headers, body = call(address, method, path)
    assert (status, error(body)["code"], headers["allow"]) == (405, "method_not_allowed", allow)


def test_without_a_heartbeat_a_stream_has_no_comments() -> None:
    with serving(fake_gateway(FakeProvider(pause=0.05), CARD), Settings(heartbeat=0)) as address:
        order = {"prompt": "a cat", "stream": True, "partial_images": 1}
        _, _, body = call(address, "POST", "/v1/images/generations", order)
    frames = body.decode().split("\n\n")
    assert [frame[:6] for frame in frames] == ["event:", "event:", ""]


@pytest.mark.parametrize(
    ("fails", "status", "retry"),
    [
        (Refused("no"), 400, "false"),
        (Busy("later", retry_after=7), 503, None),
        (RuntimeError("secret"), 500, "false"),
    ],
)
def test_a_failure_before_the_first_byte_is_a_status(
    fails: Exception, status: int, retry: str | None
) -> None:
    with serving(fake_gateway(FakeProvider(fails=fails), CARD)) as address:
        for stream in (False, True):
            order = {"prompt": "a cat", "stream": stream}
            got, headers, body = call(
                address, "POST", "/v1/images/generations", order, origin="http://a.test"
            )
            assert (got, headers.get("x-should-retry")) == (status, retry)
            assert "x-should-retry" in headers["access-control-expose-headers"], (
                "an SDK in a browser reads it"
            )
            assert "secret" not in error(body)["message"]
            assert headers.get("retry-after") == ("7" if status == 503 else None)


@pytest.mark.parametrize(
    ("name", "first", "second", "status"),
    [
        ("Idempotency-Key", "one", "two", 400),
        ("Idempotency-Key", "one", "one", 200),
        ("x-tintype-webhook", "http://a.test", "http://b.test", 400),
        ("Prefer", "handling=strict", "wait=30", 400),
        ("Prefer", "handling=lenient", "wait=30", 200),
        ("X-Request-Id", "one", "two", 200),
    ],
)
def test_a_header_that_is_there_twice(name: str, first: str, second: str, status: int) -> None:
    body = json.dumps({"prompt": "a cat", "style": "vivid"}).encode()
    with serving(fake_gateway(FakeProvider(), CARD)) as address:
        connection = HTTPConnection(urlsplit(address).netloc, timeout=30)
        connection.putrequest("POST", "/v1/images/generations")
        connection.putheader(name, first)
        connection.putheader(name, second)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        told = response.read()
        connection.close()
    assert response.status == status
    if status == 400:
        assert error(told)["param"] == ("style" if name == "Prefer" else name.lower())


def test_a_failure_after_it_is_said_in_the_stream() -> None:
    with serving(fake_gateway(FakeProvider(fails=Refused("no")), CARD)) as address:
        status, _, body = call(
            address,
            "POST",
            "/v1/images/generations",
            {"prompt": "a cat", "stream": True, "partial_images": 1},
        )
    assert status == 200
    frame = body.decode().strip().split("\n\n")[-1].splitlines()
    assert frame[0] == "event: error"
    said = json.loads(frame[1].removeprefix("data: "))
    assert (said["type"], said["error"]["code"]) == ("error", "moderation_blocked")

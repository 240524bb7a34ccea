"""Vertex AI: addresses, tokens from an endpoint on the loopback, and when the service is on."""

from __future__ import annotations

import asyncio
import base64
import builtins
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tintype.catalog import Service, load
from tintype.core import Access, Completed, Image, ImageEvent, ImageRequest
from tintype.core.errors import Rejected, TintypeError, Unavailable
from tintype.gateway import assemble
from tintype.providers.vertex import Vertex, address

from ..pictures import picture
from ..upstream import FakeUpstream, Reply, fake_upstream

PNG = picture()
CARD = next(card for service in load() for card in service.cards if card.id == "vertex/gemini-3-pro-image")
REQUEST = ImageRequest(model="m", prompt="a cat")
DRAWN = json.dumps(
    {"candidates": [{"content": {"parts": [{"inlineData": {"data": base64.b64encode(PNG).decode()}}]}}]}
).encode()
GRANTED = Reply(chunks=[b'{"access_token":"token-of-the-loopback","expires_in":3600,"token_type":"Bearer"}'])
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)


@pytest.mark.parametrize(
    ("options", "base_url", "key", "expected"),
    [
        ({"project": "p"}, "", None, "https://aiplatform.googleapis.com/v1/projects/p/locations/global"),
        (
            {"project": "p", "location": "europe-west4"},
            "",
            None,
            "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4",
        ),
        (
            {"project": "p", "location": "us"},
            "",
            None,
            "https://aiplatform.us.rep.googleapis.com/v1/projects/p/locations/us",
        ),
        (
            {"project": "p"},
            "https://own.example/v1beta1/",
            None,
            "https://own.example/v1beta1/projects/p/locations/global",
        ),
        ({"project": "p", "location": "us-central1"}, "", "k", "https://aiplatform.googleapis.com/v1"),
    ],
)
def test_addresses(options: Mapping[str, str], base_url: str, key: str | None, expected: str) -> None:
    access = Access(name="vertex", options=options, base_url=base_url, key=key)
    assert address(access) == f"{expected}/publishers/google/"


def test_without_a_project_it_cannot_be_opened() -> None:
    with pytest.raises(ValueError, match=r"\[provider.vertex\]: say the `project`"):
        Vertex.open(Access(name="vertex"))


def account(folder: Path, token_uri: str, **more: str) -> str:
    """The file of a service account that asks the loopback for its tokens."""
    file = folder / "account.json"
    facts = {
        "type": "service_account",
        "project_id": "p",
        "private_key_id": "1",
        "private_key": KEY.decode(),
        "client_email": "painter@p.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": token_uri,
        **more,
    }
    file.write_text(json.dumps(facts))
    return str(file)


def access_to(url: str, credentials: str) -> Access:
    return Access(name="vertex", base_url=url, options={"project": "p", "credentials": credentials})


async def draw(access: Access, times: int = 1) -> list[list[ImageEvent]]:
    provider = Vertex.open(access)

    async def once() -> list[ImageEvent]:
        return [event async for event in provider.generate(REQUEST, CARD)]

    try:
        return await asyncio.gather(*(once() for _ in range(times)))
    finally:
        await provider.close()


def test_a_service_account_fetches_one_token_for_many_calls(tmp_path: Path) -> None:
    async def main() -> tuple[FakeUpstream, FakeUpstream, list[list[ImageEvent]]]:
        async with fake_upstream(GRANTED) as tokens, fake_upstream(Reply(chunks=[DRAWN])) as vertex:
            access = access_to(vertex.url, account(tmp_path, f"{tokens.url}/token"))
            return tokens, vertex, await draw(access, times=3)

    tokens, vertex, drawn = asyncio.run(main())
    assert drawn == [[Completed(image=Image.from_bytes(PNG))]] * 3
    (asked,) = tokens.requests
    form = parse_qs(asked.body.decode())
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    claims = json.loads(base64.urlsafe_b64decode(form["assertion"][0].split(".")[1] + "=="))
    assert claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"
    assert len(vertex.requests) == 3
    for request in vertex.requests:
        path = "/v1/projects/p/locations/global/publishers/google/models/gemini-3-pro-image:generateContent"
        assert request.head.startswith(f"POST {path} ")
        assert "authorization: bearer token-of-the-loopback" in request.head.lower()
        assert "x-goog-api-key" not in request.head.lower()


def test_a_token_that_runs_out_is_fetched_again(tmp_path: Path) -> None:
    short = replace(GRANTED, chunks=[GRANTED.chunks[0].replace(b"3600", b"10")])

    async def main() -> FakeUpstream:
        async with fake_upstream(short) as tokens, fake_upstream(Reply(chunks=[DRAWN])) as vertex:
            await draw(access_to(vertex.url, account(tmp_path, f"{tokens.url}/token")), times=2)
            return tokens

    assert len(asyncio.run(main()).requests) == 2


def test_a_users_login_is_taken_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> tuple[FakeUpstream, FakeUpstream]:
        async with fake_upstream(GRANTED) as tokens, fake_upstream(Reply(chunks=[DRAWN])) as vertex:
            facts = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
            file = tmp_path / "user.json"
            file.write_text(json.dumps({**facts, "quota_project_id": "q"}))
            # google-auth knows one endpoint for users, whatever the file says.
            monkeypatch.setattr("google.oauth2.credentials._GOOGLE_OAUTH2_TOKEN_ENDPOINT", tokens.url)
            await draw(access_to(vertex.url, str(file)))
            return tokens, vertex

    tokens, vertex = asyncio.run(main())
    assert parse_qs(tokens.requests[0].body.decode())["refresh_token"] == ["r"]
    assert "x-goog-user-project: q" in vertex.requests[0].head.lower()


def test_the_default_chain_finds_what_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> FakeUpstream:
        async with fake_upstream(GRANTED) as tokens, fake_upstream(Reply(chunks=[DRAWN])) as vertex:
            monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", account(tmp_path, f"{tokens.url}/token"))
            await draw(access_to(vertex.url, "adc"))
            return tokens

    assert len(asyncio.run(main()).requests) == 1


def refusal(access: Access) -> TintypeError:
    with pytest.raises(TintypeError) as caught:
        asyncio.run(draw(access))
    return caught.value


@pytest.mark.parametrize(
    "text", [None, "no JSON", "[]", '{"type":"external_account"}', '{"type":"service_account"}']
)
def test_credentials_that_are_none(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "account.json"
    if text is not None:
        file.write_text(text)
    error = refusal(access_to("http://127.0.0.1:9/v1", str(file)))
    assert (type(error), error.code) == (Rejected, "upstream_key_rejected")
    assert str(file) in str(error)


def test_google_gives_no_token(tmp_path: Path) -> None:
    async def main() -> None:
        said = b'{"error":"invalid_grant","error_description":"Account not found"}'
        async with fake_upstream(Reply(status=400, chunks=[said])) as tokens:
            await draw(access_to("http://127.0.0.1:9/v1", account(tmp_path, tokens.url)))

    with pytest.raises(Rejected, match="Account not found") as caught:
        asyncio.run(main())
    assert caught.value.code == "upstream_key_rejected"


def test_google_cannot_be_asked(tmp_path: Path) -> None:
    error = refusal(access_to("http://127.0.0.1:9/v1", account(tmp_path, "http://127.0.0.1:9/token")))
    assert (type(error), error.charged) == (Unavailable, False)


def test_what_to_install_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("google"):
            raise ModuleNotFoundError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    error = refusal(access_to("http://127.0.0.1:9/v1", account(tmp_path, "http://127.0.0.1:9/token")))
    assert isinstance(error, Rejected)
    assert "pip install 'tintype[vertex]'" in str(error)


def test_a_key_of_express_mode_needs_neither_project_nor_token() -> None:
    async def main() -> tuple[FakeUpstream, list[list[ImageEvent]]]:
        async with fake_upstream(Reply(chunks=[DRAWN])) as vertex:
            return vertex, await draw(Access(name="vertex", base_url=vertex.url, key="express-key"))

    vertex, drawn = asyncio.run(main())
    assert drawn == [[Completed(image=Image.from_bytes(PNG))]]
    head = vertex.requests[0].head
    assert head.startswith("POST /v1/publishers/google/models/gemini-3-pro-image:generateContent ")
    assert "x-goog-api-key: express-key" in head.lower()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (Reply(chunks=[b'{"totalTokens":1}']), "Google Cloud lets us in"),
        (
            Reply(status=404, chunks=[b'{"error":{"code":404,"message":"no such model"}}']),
            "Google Cloud lets us in",
        ),
        (Reply(status=403, chunks=[b'{"error":{"code":403,"message":"API disabled"}}']), "API disabled"),
    ],
)
def test_a_check_counts_tokens_and_buys_nothing(given: Reply, told: str) -> None:
    async def main() -> tuple[str, FakeUpstream]:
        async with fake_upstream(given) as vertex:
            provider = Vertex.open(Access(name="vertex", base_url=vertex.url, key="k"))
            try:
                return await provider.check(), vertex
            except Rejected as error:
                return str(error), vertex
            finally:
                await provider.close()

    said, vertex = asyncio.run(main())
    assert told in said
    assert ":countTokens " in vertex.requests[0].head


def vertex_service() -> Service:
    return next(service for service in load() if service.name == "vertex")


PROJECT = {"GOOGLE_CLOUD_PROJECT": "p"}
FILE = {"GOOGLE_APPLICATION_CREDENTIALS": "a.json"}


@pytest.mark.parametrize(
    ("environ", "on"),
    [
        ({}, False),
        (PROJECT, False),
        (FILE, False),
        ({"GEMINI_API_KEY": "k", "GOOGLE_API_KEY": "k"}, False),
        ({**PROJECT, **FILE}, True),
        ({"VERTEX_API_KEY": "k"}, True),
        ({"GOOGLE_VERTEX_API_KEY": "k", **PROJECT}, True),
    ],
)
def test_when_it_is_on(environ: Mapping[str, str], on: bool) -> None:
    assert (not assemble.missing(vertex_service(), environ)) is on
    ids = {offer.card.id for offer in assemble.offers(load(), environ)}
    assert ("vertex/gemini-3-pro-image" in ids) is on


def test_what_is_missing_is_named() -> None:
    assert assemble.missing(vertex_service(), PROJECT) == [
        "VERTEX_API_KEY or GOOGLE_VERTEX_API_KEY or GOOGLE_CLOUD_PROJECT with GOOGLE_APPLICATION_CREDENTIALS"
    ]


def test_either_key_opens_the_gemini_api() -> None:
    google = next(service for service in load() if service.name == "google")
    assert assemble.missing(google, {}) == ["GEMINI_API_KEY or GOOGLE_API_KEY"]
    assert assemble.read_access(google, {"GOOGLE_API_KEY": "b"}).key == "b"
    assert assemble.read_access(google, {"GOOGLE_API_KEY": "b", "GEMINI_API_KEY": "a"}).key == "a"

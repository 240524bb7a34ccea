"""Each line that is written for a request has its id, and the caller's own where that can be shown."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import structlog

from tintype.core import Completed, Events, Grid, ImageRequest, ModelCard, Sizes
from tintype.core.errors import Refused
from tintype.gateway.gateway import Gateway
from tintype.gateway.settings import Settings
from tintype.server.log import log_to_stderr

from ..fakes import FakeProvider
from ..serving import fake_gateway, serving
from ..whole.houses import house
from ..whole.test_http import call
from .administered import administered

CARD = ModelCard(id="m", provider="p", sizes=Sizes(grid=Grid()))


class Talkative(FakeProvider):
    """Writes a line to the log as it draws, as whatever runs within a job may."""

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        structlog.get_logger().info("drawing", card=card.id)
        logging.getLogger("library").warning("of somebody else's: %s", card.id)
        async for event in super().generate(request, card):
            assert isinstance(event, Completed)
            yield event


@contextmanager
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What is written to stderr, as a machine reads it."""
    before, handlers = structlog.get_config(), logging.root.handlers[:]
    level = logging.root.level
    written = io.TextIOWrapper(io.BytesIO(), write_through=True)
    lines: list[dict[str, Any]] = []
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", written)
        log_to_stderr()
        structlog.configure(cache_logger_on_first_use=False)
        try:
            yield lines
        finally:
            structlog.configure(**before)
            logging.basicConfig(handlers=handlers, level=level, force=True)
            written.seek(0)
            lines += [json.loads(line) for line in written.read().splitlines()]


def order(gateway: Gateway, **headers: str) -> dict[str, str]:
    with serving(gateway) as address:
        return call(address, "POST", "/v1/images/generations", {"prompt": "a secret"}, **headers)[1]


def test_lines_of_a_job_have_the_id_of_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    with logged(monkeypatch) as lines:
        headers = order(fake_gateway(Talkative(), CARD), X_Request_Id="mine 7")
    told = {line["event"]: line for line in lines}
    assert set(told) == {"drawing", "of somebody else's: m", "request"}
    for line in lines:
        assert line["request_id"] == headers["x-request-id"]
        assert line["client_request_id"] == "mine 7"
    assert told["of somebody else's: m"]["level"] == "warning"
    assert told["request"]["status"] == 200
    assert "id" not in told["request"]
    assert headers["x-request-id"] != "mine 7", "ours is our own"


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        ({"X_Request_Id": "one", "X_Client_Request_Id": "two"}, "two"),
        ({"X_Client_Request_Id": "two", "X_Request_Id": "one"}, "two"),
        ({"X_Request_Id": "x" * 128}, "x" * 128),
        ({"X_Request_Id": "x" * 129}, None),
        ({"X_Request_Id": "caf\xe9"}, None),
        ({"X_Request_Id": "tab\there"}, None),
        ({"X_Request_Id": ""}, None),
        ({}, None),
    ],
)
def test_a_callers_own_id_is_shown_where_it_can_be(
    headers: dict[str, str], shown: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with logged(monkeypatch) as lines:
        order(fake_gateway(FakeProvider(), CARD), **headers)
    (line,) = lines
    assert line.get("client_request_id") == shown


def test_a_name_that_is_a_permission_is_not_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    with logged(monkeypatch) as lines, serving(fake_gateway(FakeProvider(), CARD)) as address:
        call(address, "GET", "/pictures/unguessable.png")
        call(address, "GET", "//pictures//unguessable.png?sig=unguessable")
        call(address, "OPTIONS", "/pictures/unguessable.png", Origin="https://page.test")
    assert [line["path"] for line in lines] == ["/pictures/{name}"] * 3
    assert "unguessable" not in str(lines)


def test_what_was_to_be_written_is_not_in_what_is_told_of_a_database_that_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The query of a webhook's address may be the permission to send something there."""
    here = (ip_network("127.0.0.0/8"),)
    with logged(monkeypatch) as lines, house(FakeProvider(), tmp_path, fetch_allow=here) as at:
        (file,) = tmp_path.glob("*.db")
        with closing(sqlite3.connect(file)) as database:
            database.execute("ALTER TABLE deliveries RENAME TO elsewhere")
        assert at.order(x_tintype_webhook="http://127.0.0.1:9999/?token=secret").status == 500
    assert "no such table: deliveries" in str(lines)
    assert "token=secret" not in str(lines)


@pytest.mark.parametrize(
    ("path", "order", "settings"),
    [
        ("/v1/images/generations", {"prompt": "a cat", "stream": True, "partial_images": 1}, {}),
        ("/v1/images/generations", {"prompt": "a cat"}, {"plain_heartbeat": 0.01}),
        ("/v1/responses", {"input": "a cat", "stream": True, "tools": [{"type": "image_generation"}]}, {}),
        ("/v1beta/models/m:streamGenerateContent?alt=sse", {"contents": "a cat"}, {}),
    ],
)
def test_a_failure_that_is_told_within_a_200_is_told(
    path: str, order: dict[str, Any], settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = replace(CARD, partial_images=1)
    gateway = fake_gateway(FakeProvider(pause=0.1, fails=Refused("no")), card)
    with logged(monkeypatch) as lines, serving(gateway, Settings(**settings)) as address:
        assert call(address, "POST", path, order)[0] == 200
    (line,) = lines
    assert (line["status"], line["error"]) == (200, "moderation_blocked")


def test_requests_side_by_side_keep_their_ids_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(address: str) -> list[dict[str, str]]:
        asked = [
            asyncio.to_thread(
                call, address, "POST", "/v1/images/generations", {"prompt": "a"}, X_Request_Id=str(position)
            )
            for position in range(8)
        ]
        return [headers for _, headers, _ in await asyncio.gather(*asked)]

    with logged(monkeypatch) as lines, serving(fake_gateway(Talkative(pause=0.02), CARD)) as address:
        answers = asyncio.run(run(address))
    for position, headers in enumerate(answers):
        own = [line for line in lines if line["request_id"] == headers["x-request-id"]]
        assert {line["client_request_id"] for line in own} == {str(position)}
        assert len(own) == 3


def test_it_says_who_used_the_admin_api_and_what_was_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with logged(monkeypatch) as lines, administered(tmp_path) as house:
        boss = house.post("/admin/keys", {"name": "boss", "admin": True})
        house.get("/admin/accounts/default", boss["key"])
        assert house.ask("DELETE", "/admin/keys/nobody", key=boss["key"]).status == 404
        assert house.ask("GET", "/admin/keys").status == 401
    told = [[line.get(name) for name in ("path", "status", "key", "error")] for line in lines]
    assert told == [
        ["/admin/keys", 201, None, None],
        ["/admin/accounts/default", 200, boss["id"], None],
        ["/admin/keys/nobody", 404, boss["id"], "not_found"],
        ["/admin/keys", 401, None, "invalid_api_key"],
    ]


def test_a_key_that_was_taken_for_its_name_is_not_written_down(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with logged(monkeypatch) as lines, administered(tmp_path) as house:
        secret = house.post("/admin/keys", {"name": "boss", "admin": True})["key"]
        assert house.ask("GET", f"/admin/keys/{secret}", key=secret).status == 404
        assert house.ask("GET", f"/v1/models/{secret}", key=secret).status == 404
    assert [line["path"] for line in lines] == ["/admin/keys", "/admin/keys/tt-…", "/v1/models/tt-…"]
    assert secret not in json.dumps(lines)

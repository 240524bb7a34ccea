"""Plain answers that take long: blanks before the document, for whoever sets them."""

from __future__ import annotations

import json
from pathlib import Path

import openai
import pytest

from tintype.core.errors import Refused

from ..fakes import FakeProvider
from ..pictures import opened
from ..strict import validate_error, validate_reply
from .houses import ORDER, Held, calling, hang_up, house, until
from .test_once import DIALECTS

BEAT = 0.03


def test_blanks_and_then_the_document(folder: Path | None) -> None:
    provider = Held()
    with (
        house(provider, folder, plain_heartbeat=BEAT) as at,
        calling(at.url, "POST", "/v1/images/generations", ORDER) as response,
    ):
        assert response.status == 200
        assert response.read(3) == b"   "
        provider.go.set()
        rest = response.read()
        told = {name.lower(): value for name, value in response.getheaders()}
        assert "x-tintype-cost" not in told, "nobody knows it by then"
        assert told["x-tintype-job"] in {
            job["id"] for job in at.call("GET", "/v1/images/jobs").json()["data"]
        }
        validate_reply(json.loads(rest))


def test_who_is_quick_has_none(folder: Path | None) -> None:
    with house(FakeProvider(), folder, plain_heartbeat=5) as at:
        reply = at.order()
    assert reply.body.startswith(b"{")
    assert reply.headers["x-tintype-cost"] == "0.010000"
    assert int(reply.headers["content-length"]) == len(reply.body)


def test_without_the_setting_there_is_silence(folder: Path | None) -> None:
    with house(FakeProvider(pause=0.3), folder) as at:
        assert at.order().body.startswith(b"{")


def test_an_error_comes_within_the_200(folder: Path | None) -> None:
    with house(FakeProvider(pause=0.2, fails=Refused("no")), folder, plain_heartbeat=BEAT) as at:
        reply = at.order()
        assert reply.status == 200
        assert reply.body.startswith(b"  ")
        validate_error(reply.json())
        assert reply.error["code"] == "moderation_blocked"


def test_an_error_before_the_first_blank_is_a_status(folder: Path | None) -> None:
    with house(FakeProvider(fails=Refused("no")), folder, plain_heartbeat=5) as at:
        assert at.order().status == 400


def test_a_picture_as_the_whole_answer_is_left_alone(folder: Path | None) -> None:
    with house(FakeProvider(pause=0.2), folder, plain_heartbeat=BEAT) as at:
        reply = at.order(accept="image/png")
        assert opened(reply.body).format == "PNG"
        assert reply.headers["x-tintype-cost"] == "0.010000"


def test_a_stream_has_its_own(folder: Path | None) -> None:
    with house(FakeProvider(pause=0.2), folder, plain_heartbeat=BEAT) as at:
        reply = at.order({**ORDER, "stream": True})
        assert reply.body.startswith(b"event: ")


@pytest.mark.parametrize("name", [name for name in DIALECTS if "stream" not in name])
def test_every_dialect_is_read_through_blanks(name: str) -> None:
    path, body = DIALECTS[name]
    with house(FakeProvider(pause=0.15), plain_heartbeat=BEAT) as at:
        slow = at.call("POST", path, body, idempotency_key="k")
        again = at.call("POST", path, body, idempotency_key="k")
    assert slow.body.startswith(b"  ")
    assert slow.body.lstrip() == again.body
    assert slow.json()


def test_the_official_sdk_reads_through_blanks(folder: Path | None) -> None:
    """Its time-out is for silence, and there is none."""
    provider = FakeProvider(pause=1.0, local=False)
    with (
        house(provider, folder, plain_heartbeat=0.1) as at,
        at.client(timeout=openai.Timeout(0.5), max_retries=0) as client,
    ):
        answer = client.images.generate(model="m", prompt="a cat")
        assert answer.data
    assert len(provider.asked) == 1


def test_whoever_hangs_up_between_two_blanks_has_left(folder: Path | None) -> None:
    provider = Held()
    with house(provider, folder, plain_heartbeat=BEAT) as at:
        hang_up(at.url, ORDER, once=lambda: provider.asked)
        until(lambda: not at.gateway.jobs.running)
    assert provider.left == 1

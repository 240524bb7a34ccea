"""The whole house before an upstream that goes wrong: callers are told the truth, and nothing is left behind."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from http.client import HTTPConnection
from itertools import product
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import openai
import pytest

from tintype.gateway.assemble import open_gateway
from tintype.gateway.gateway import Gateway, today
from tintype.gateway.settings import Settings
from tintype.transport.upstream import Upstream

from .. import faults
from ..faults import (
    COMPLETED,
    GOOD,
    PARTIAL,
    FaultyUpstream,
    Script,
    answers,
    document,
    faulty_upstream,
    streams,
)
from ..serving import serving

KEY = "sk-the-operators-own-key"


class Told(NamedTuple):
    """What a caller hears. `after` counts the previews before it; `again` is what an SDK is told of trying again."""

    status: int
    code: str | None = None
    words: str = ""
    again: bool = False
    after: int = 0


GARBLED = Told(502, "upstream_garbled", "not what the Images API says")
NONE = GARBLED._replace(words="is no picture")
BROKEN = Told(503, "upstream_unavailable", "The connection to 127.0.0.1 failed")
SILENT = Told(504, "upstream_timeout", "No answer from 127.0.0.1 in time")
TOO_LARGE = Told(502, "upstream_garbled", "more than 1,000,000 bytes")

CASES: dict[str, tuple[Script, Told]] = {
    "good": (answers(GOOD), Told(200)),
    "a good stream": (streams(PARTIAL, COMPLETED), Told(200, after=1)),
    "a stream without a name": (answers(COMPLETED), Told(200)),
    "a document that says to be a stream": (answers(GOOD, media_type="text/event-stream"), Told(200)),
    "a frame without data": (streams(b"data: \n\n", PARTIAL, b"data:\n\n", COMPLETED), Told(200, after=1)),
    "drips": (faults.drips, Told(200)),
    "packed": (answers(gzip.compress(GOOD), content_encoding="gzip"), Told(200)),
    "hangs": (faults.hangs, SILENT),
    "hangs within": (faults.hangs_within, SILENT),
    "hangs after a partial": (faults.hangs_after_a_partial, SILENT._replace(after=1)),
    "is cut off": (faults.is_cut_off, BROKEN),
    "a stream is cut off": (faults.cuts_a_stream_off, BROKEN._replace(after=1)),
    "resets at once": (faults.resets_at_once, BROKEN),
    "resets after the head": (faults.resets_after_the_head, BROKEN),
    "is no web server": (faults.is_no_server_of_this_kind, BROKEN),
    "says to be longer": (answers(GOOD, content_length=len(GOOD) + 9), BROKEN),
    "says to be shorter": (answers(GOOD, content_length=len(GOOD) - 9), GARBLED),
    "rubbish": (answers(b"\x00\xff{]"), GARBLED),
    "another document": (answers(b"[1, 2]"), GARBLED),
    "empty": (answers(b""), GARBLED),
    "a page": (answers(b"<html>welcome</html>", media_type="text/html"), GARBLED),
    "says to be packed": (answers(GOOD, content_encoding="gzip"), BROKEN),
    "swells": (faults.swells(3_000_000), TOO_LARGE),
    "has no end": (faults.has_no_end, TOO_LARGE),
    "a frame without end": (faults.has_a_frame_without_end, TOO_LARGE._replace(after=1)),
    "no picture": (answers(document(created=1, data=[])), Told(502, "no_image", "without a picture")),
    "a picture that is none": (
        answers(document(created=1, data=[{"b64_json": None}])),
        Told(502, "no_image", "without a picture"),
    ),
    "rubbish for a picture": (answers(document(created=1, data=[{"b64_json": "!!!!"}])), NONE),
    "a page for a picture": (answers(document(created=1, data=[{"b64_json": "PGh0bWw+"}])), NONE),
    "half a stream": (streams(PARTIAL, COMPLETED[:90]), GARBLED._replace(after=1)),
    "stops after a partial": (streams(PARTIAL), Told(502, "no_image", "without a picture", after=1)),
    "an empty stream": (streams(), Told(502, "no_image", "without a picture")),
    "an error under a 200": (
        answers(document(error={"message": "out of paint", "type": "server_error"})),
        Told(503, "upstream_unavailable", "out of paint", again=True),
    ),
    "an error that says to be a stream": (
        answers(
            document(error={"message": "out of paint", "type": "server_error"}),
            media_type="text/event-stream",
        ),
        Told(503, "upstream_unavailable", "out of paint", again=True),
    ),
    "usage that cannot be read": (
        answers(document(data=[{"b64_json": faults.BASE64}], usage="many")),
        Told(200),
    ),
    "another file": (
        answers(document(data=[{"b64_json": b64encode(b"<html>welcome</html>").decode()}])),
        Told(502, "upstream_garbled", "is no picture"),
    ),
    "an error in a stream": (
        streams(
            PARTIAL, b'event: error\ndata: {"error":{"message":"out of paint","type":"server_error"}}\n\n'
        ),
        Told(503, "upstream_unavailable", "out of paint", again=True, after=1),
    ),
    "a refusal in a stream": (
        streams(PARTIAL, b'data: {"error":{"message":"not this","code":"moderation_blocked"}}\n\n'),
        Told(400, "moderation_blocked", "not this", after=1),
    ),
    "a bare refusal in a stream": (
        streams(PARTIAL, b'data: {"type":"error","message":"not this","code":"moderation_blocked"}\n\n'),
        Told(400, "moderation_blocked", "not this", after=1),
    ),
    "our key in an error under a 200": (
        answers(document(error={"message": f"wrong key {KEY}"})),
        Told(502, "upstream_rejected", "wrong key ***"),
    ),
    "too many requests": (
        answers(document(error={"message": "slow down"}), 429, retry_after=7),
        Told(503, "upstream_busy", "slow down", again=True),
    ),
    "a page instead of it": (
        answers(b"<html><h1>502 Bad Gateway</h1></html>", 502, "text/html"),
        Told(503, "upstream_unavailable", "127.0.0.1 answered 502.", again=True),
    ),
    "a redirect": (
        answers(b"", 307, location="http://127.0.0.1:9/"),
        Told(502, "upstream_rejected", "127.0.0.1 answered 307 and leads to http://127.0.0.1:9/"),
    ),
    "the key is refused": (
        answers(document(error={"message": f"wrong key {KEY}"}), 401),
        Told(502, "upstream_key_rejected", "does not take our key"),
    ),
}


CLIENTS = ("raw", "sdk")
SPARE = "spare"
"""A provider that nothing has happened to."""


def provider(name: str, client: str, stream: bool) -> str:
    """Each test has its own: what has failed for one is no reason not to be asked by another."""
    return f"{name}-{client}-{stream}".lower().replace(" ", "-")


def order(provider: str) -> Any:
    return {"model": f"{provider}/gpt-image-2", "prompt": "a cat"}


class House(NamedTuple):
    """The house, its upstream, and its tasks beside those that a server always has."""

    address: str
    upstream: FaultyUpstream
    gateway: Gateway
    tasks: Callable[[], set[asyncio.Task[Any]]]

    def is_idle(self) -> bool:
        return not (self.gateway.jobs.running or self.upstream.open or self.tasks())


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    loops: list[asyncio.AbstractEventLoop] = []

    def today_in_the_loop() -> date:
        loops.append(asyncio.get_running_loop())
        return today()

    with pytest.MonkeyPatch.context() as patch, faulty_upstream() as upstream:
        patch.setattr(Upstream, "max_answer", 1_000_000)
        like = {"kind": "openai", "base_url": upstream.url, "key": KEY, "models": ["gpt-image-2"]}
        tables = {SPARE: {**like, "timeout": 20}}
        for test in product(CASES, CLIENTS, (False, True)):
            # Only who waits for silence is quickly out of patience: a busy machine is slow, too.
            tables[provider(*test)] = {**like, "timeout": 0.2 if CASES[test[0]][1].status == 504 else 20}
        gateway = open_gateway(Settings(provider=tables), {})
        gateway = replace(gateway, today=today_in_the_loop)
        with serving(gateway) as address:
            assert raw(address, SPARE, stream=False)[0] == 200
            settled = set[asyncio.Task[Any]]()

            def tasks() -> set[asyncio.Task[Any]]:
                return asyncio.all_tasks(loops[0]) - settled

            # uvicorn's, its lifespan's, Litestar's
            wait_until(lambda: not gateway.jobs.running and len(tasks()) <= 3)
            settled |= tasks()
            yield House(address, upstream, gateway, tasks)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "it does not come to rest"
        time.sleep(0.005)


def raw(address: str, name: str, *, stream: bool) -> tuple[int, dict[str, str], bytes]:
    url = urlsplit(address)
    connection = HTTPConnection(url.hostname or "", url.port, timeout=30)
    try:
        body = json.dumps({**order(name), **({"stream": True, "partial_images": 1} if stream else {})})
        connection.request("POST", "/v1/images/generations", body, {"connection": "close"})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_over_http(house: House, name: str, stream: bool) -> None:
    house.upstream.script, told = CASES[name]
    status, headers, body = raw(house.address, provider(name, "raw", stream), stream=stream)
    begun = stream and told.after > 0
    assert status == (200 if begun else told.status), body
    assert body.count(b"event: image_generation.partial_image") == (told.after if stream else 0)
    if told.code is None:
        assert faults.BASE64.encode() in body
    else:
        error = json.loads(body.partition(b"event: error\ndata: ")[2] if begun else body)["error"]
        assert error["code"] == told.code
        assert told.words in error["message"]
        assert begun or headers.get("x-should-retry") == (None if told.again else "false")
        assert begun or headers.get("retry-after") == ("7" if told.code == "upstream_busy" else None)
    assert KEY.encode() not in body
    wait_until(house.is_idle)

    house.upstream.script = answers(GOOD)
    assert raw(house.address, SPARE, stream=stream)[0] == 200, "the house is as it was before"


@pytest.fixture(scope="module")
def sdk(house: House) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{house.address}/v1", api_key="any", max_retries=0) as client:
        yield client


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_through_the_sdk(house: House, sdk: openai.OpenAI, name: str, stream: bool) -> None:
    house.upstream.script, told = CASES[name]
    asked = order(provider(name, "sdk", stream))
    pictures: list[str | None] = []
    try:
        if stream:
            with sdk.images.generate(**asked, stream=True, partial_images=1) as events:
                for event in events:
                    pictures.append(event.b64_json)  # one by one, for the next may fail
        else:
            pictures += [item.b64_json for item in sdk.images.generate(**asked).data or []]
    except openai.APIError as error:
        assert error.code == told.code
        assert told.words in error.message
        assert not isinstance(error, openai.APIStatusError) or error.status_code == told.status
        assert len(pictures) == (told.after if stream else 0)
    else:
        assert told.code is None
        assert pictures == [faults.BASE64] * (1 + (told.after if stream else 0))
    wait_until(house.is_idle)

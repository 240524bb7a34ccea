"""Several upstreams behind one name, on real sockets, as an unmodified client sees them."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openai
import pytest

from tintype.gateway.assemble import open_gateway
from tintype.gateway.gateway import Gateway
from tintype.gateway.settings import Settings

from ..pictures import picture
from ..serving import serving
from ..upstream import FakeUpstream, Reply, fake_upstream

PNG = base64.b64encode(picture()).decode()
ORDER: dict[str, Any] = {"model": "pictures", "prompt": "a cat", "quality": "low"}


def reply(document: object, status: int = 200, **headers: str) -> Reply:
    return Reply(
        status=status,
        headers={"content-type": "application/json", **headers},
        chunks=[json.dumps(document).encode()],
    )


def events(*documents: object) -> Reply:
    frames = [b"data: %s\n\n" % json.dumps(each).encode() for each in documents]
    return Reply(headers={"content-type": "text/event-stream"}, chunks=frames)


def error(message: str, **more: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "server_error", "param": None, "code": None, **more}}


@contextmanager
def upstream(answer: Reply) -> Iterator[FakeUpstream]:
    """A fake upstream that runs in a thread of its own, beside the client's."""
    ready, stop, found = threading.Event(), asyncio.Event(), list[FakeUpstream]()
    loop = asyncio.new_event_loop()

    async def main() -> None:
        async with fake_upstream(answer) as fake:
            found.append(fake)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()))
    thread.start()
    assert ready.wait(10)
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def house(first: str, second: str, **route: Any) -> Gateway:
    """`pictures` is answered by the server at `first`, or else by the one at `second`."""
    settings = Settings(
        provider={
            "first": {"kind": "openai", "base_url": first, "key": "sk-first"},
            "second": {"kind": "openai", "base_url": second, "key": "sk-second"},
        },
        route={"pictures": {"offers": ["first/gpt-image-2", "second/gpt-image-2"], **route}},
    )
    return open_gateway(settings, {})


@contextmanager
def client_of(gateway: Gateway) -> Iterator[openai.OpenAI]:
    with serving(gateway) as url, openai.OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0) as made:
        yield made


FAULTS = {
    "503": reply(error("overloaded"), 503),
    "429": reply(error("slow down"), 429, **{"retry-after": "60"}),
    "our key": reply(error("bad key"), 401),
    "an error within a 200": reply(error("broken within")),
    "no picture": reply({"created": 1, "data": []}),
    "a page": Reply(status=502, headers={"content-type": "text/html"}, chunks=[b"<html>Bad Gateway</html>"]),
    "rubbish": Reply(chunks=[b"{]"]),
    "nothing": Reply(),
    "a cut": Reply(chunks=[b'{"data": [{"b64_json": "iVBOR'], drop=True),
}


DRAWN = reply({"created": 1, "data": [{"b64_json": PNG}]})


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("stream", [False, True])
def test_the_second_draws_when_the_first_fails(fault: str, stream: bool) -> None:
    with upstream(FAULTS[fault]) as broken, upstream(DRAWN) as sound:
        gateway = house(broken.url, sound.url)
        with client_of(gateway) as client:
            raw = client.images.with_raw_response.generate(**ORDER, stream=stream)
            found = raw.parse()
            done = list(found) if isinstance(found, openai.Stream) else found.data
    assert done
    assert [each.b64_json for each in done] == [PNG]
    assert raw.headers["x-tintype-provider"] == "second"
    assert raw.headers["x-tintype-model"] == "second/gpt-image-2"
    assert raw.headers["x-tintype-attempts"] == "2"
    outcomes = ["empty" if fault == "no picture" else "failed", "drawn"]
    assert [attempt.outcome for attempt in gateway.attempts.last] == outcomes
    assert (len(broken.requests), len(sound.requests)) == (1, 1)


@pytest.mark.parametrize(("said", "told"), [("60", "60"), ("2.25", "3"), ("2000000", "86400"), ("inf", None)])
def test_a_failure_tells_of_its_calls_too_and_of_whole_seconds(said: str, told: str | None) -> None:
    """urllib3 fails on any other Retry-After."""
    busy = reply(error("slow down"), 429, **{"retry-after": said})
    with (
        upstream(FAULTS["503"]) as first,
        upstream(busy) as second,
        client_of(house(first.url, second.url)) as client,
        pytest.raises(openai.APIStatusError) as caught,
    ):
        client.images.generate(**ORDER)
    headers = caught.value.response.headers
    assert (headers["x-tintype-attempts"], headers.get("retry-after")) == ("2", told)


def test_a_refusal_is_the_callers_and_no_other_is_asked() -> None:
    refusal = reply(error("No.", code="moderation_blocked"), 400)
    with upstream(refusal) as first, upstream(DRAWN) as second:
        for route, asked in (({}, 0), ({"on_refusal": "next"}, 1)):
            with client_of(house(first.url, second.url, **route)) as client:
                if asked:
                    assert client.images.generate(**ORDER).data
                else:
                    with pytest.raises(openai.BadRequestError) as caught:
                        client.images.generate(**ORDER)
                    assert caught.value.code == "moderation_blocked"
            assert len(second.requests) == asked


def test_a_stream_that_breaks_after_a_preview_is_told_in_the_stream() -> None:
    half = events(
        {"type": "image_generation.partial_image", "b64_json": PNG, "partial_image_index": 0},
        {"type": "error", "error": {"message": "broken", "type": "server_error"}},
    )
    with upstream(half) as first, upstream(DRAWN) as second:
        gateway = house(first.url, second.url)
        with client_of(gateway) as client:
            stream = client.images.generate(**ORDER, stream=True, partial_images=1)
            assert next(stream).type == "image_generation.partial_image"
            with pytest.raises(openai.APIError, match="broken"):
                next(stream)
    assert [attempt.provider for attempt in gateway.attempts.last] == ["first"]


def test_when_all_fail_the_client_is_told_whether_to_try_again() -> None:
    down, later = reply(error("down"), 503), reply(error("later"), 429)
    with (
        upstream(down) as first,
        upstream(later) as second,
        client_of(house(first.url, second.url)) as client,
        pytest.raises(openai.InternalServerError) as caught,
    ):
        client.images.generate(**ORDER)
    assert caught.value.status_code == 503
    assert "later" in str(caught.value)
    assert "x-should-retry" not in caught.value.response.headers
    assert "sk-first" not in str(caught.value)


def test_what_the_upstream_really_sent_is_told() -> None:
    with upstream(reply({"data": [{"b64_json": PNG}], "usage": {"output_tokens": 9}})) as first:
        gateway = house(first.url, first.url)
        with client_of(gateway) as client:
            raw = client.images.with_raw_response.generate(**ORDER, size="2048x2048")
    assert raw.headers["x-tintype-plan"].startswith("size=delivered:")
    assert raw.headers["x-tintype-plan"].endswith(" asked:2048x2048")
    (attempt,) = gateway.attempts.last
    assert (attempt.outcome, attempt.claimed.image_out) == ("wrong_size", 9)


def test_an_address_for_a_picture_that_came_as_base64() -> None:
    with upstream(DRAWN) as first, client_of(house(first.url, first.url)) as client:
        raw = client.images.with_raw_response.generate(**ORDER, response_format="url")
        (image,) = raw.parse().data or []
        assert image.url is not None
        with urllib.request.urlopen(image.url) as answer:
            assert answer.read() == base64.b64decode(PNG)
    assert "response_format=filled:host" in raw.headers["x-tintype-plan"]


def test_an_order_that_comes_round_in_a_circle_ends_at_once() -> None:
    """What a house tells of itself to the next one, it knows again."""
    with upstream(DRAWN) as first, client_of(house(first.url, first.url)) as client:
        client.images.generate(**ORDER, extra_headers={"x-tintype-via": "before"})
        (told,) = re.findall(r"(?i)x-tintype-via: (.+)\r", first.requests[0].head)
        assert told.startswith("before ")
        for via in (told, " ".join(f"house{number}" for number in range(20))):
            with pytest.raises(openai.InternalServerError) as caught:
                client.images.generate(**ORDER, extra_headers={"x-tintype-via": via})
            assert caught.value.code == "loop_detected"
            assert caught.value.response.headers["x-should-retry"] == "false"
        assert len(first.requests) == 1

"""Callers who leave, and SDKs that try again by themselves: what was bought is neither lost nor bought twice."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest

from tintype.core import Completed, Events, Image, ImageRequest, ModelCard, Size
from tintype.core.errors import Busy

from ..fakes import FakeProvider
from ..pictures import png
from ..strict import validate_reply
from .houses import CARD, GENERATIONS, JOBS, ORDER, Held, House, Reply, call, frames, hang_up, house, until

RETRIED = {"x_stainless_retry_count": "1"}
FIRST = {"x_stainless_retry_count": "0"}
SLOW = 0.8


def only_job(at: House) -> dict[str, Any]:
    (job,) = at.call("GET", JOBS).json()["data"]
    return dict(job)


def test_the_sdk_gets_its_picture_on_the_retry(folder: Path | None) -> None:
    provider = FakeProvider(local=False, pause=SLOW)
    with house(provider, folder) as at, at.client(max_retries=2, timeout=0.3) as client:
        answer = client.images.with_raw_response.generate(model="m", prompt="a cat")
        assert answer.retries_taken > 0
        assert answer.headers["idempotent-replayed"] == "true"
        assert answer.headers["x-tintype-cost"] == "0.010000"
        validate_reply(answer.http_response.json())
        assert only_job(at)["status"] == "completed"
    assert (len(provider.asked), provider.left) == (1, 0)


def test_so_it_does_with_a_stream(folder: Path | None) -> None:
    provider = FakeProvider(local=False, pause=SLOW)
    with house(provider, folder) as at, at.client(max_retries=3, timeout=0.3) as client:
        seen = [event.type for event in client.images.generate(model="m", prompt="a cat", stream=True)]
    assert seen == ["image_generation.completed"]
    assert len(provider.asked) == 1


def test_so_it_does_with_an_edit(folder: Path | None) -> None:
    """A form, whose boundary is another one each time."""
    provider = FakeProvider(local=False, pause=SLOW)
    with house(provider, folder) as at, at.client(max_retries=3, timeout=0.3) as client:
        answer = client.images.edit(
            model="m", prompt="a hat", image=("a.png", png(Size(16, 16)), "image/png")
        )
        assert answer.data
    assert len(provider.asked) == 1


def test_what_costs_nothing_is_drawn_again(folder: Path | None) -> None:
    provider = FakeProvider(pause=0.6)
    with house(provider, folder) as at, at.client(max_retries=2, timeout=0.3) as client:
        with pytest.raises(openai.APITimeoutError):
            client.images.generate(model="m", prompt="a cat")
        at.idle()
        states = {job["status"] for job in at.call("GET", JOBS).json()["data"]}
        assert states == {"cancelled"}
    assert provider.left == len(provider.asked) == 3


def test_the_retry_of_what_is_being_ended_is_not_ended_with_it(folder: Path | None) -> None:
    """The first has left, and its job is on its way out as the second comes."""

    class Lingers(FakeProvider):
        async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
            try:
                async for event in super().generate(request, card):
                    yield event
            except asyncio.CancelledError:
                await asyncio.sleep(0.4)
                raise

    provider = Lingers(pause=0.5)
    with house(provider, folder) as at:
        for headers in ({"idempotency_key": "k"}, FIRST):
            provider.asked.clear()
            hang_up(at.url, ORDER, once=lambda: provider.asked, **headers)
            until(lambda: next(iter(at.gateway.jobs.running.values())).cancelled)
            reply = at.order(**({**headers, **RETRIED} if headers is FIRST else headers))
            assert reply.status == 200
            assert len(provider.asked) == 2


def test_the_first_has_ended_just_before(folder: Path | None) -> None:
    """Its caller left while it was drawn; by the time of the retry it is done."""
    provider = FakeProvider(local=False, pause=0.2)
    with house(provider, folder) as at:
        hang_up(at.url, ORDER, once=lambda: provider.asked, **FIRST)
        at.idle()
        reply = at.order(**RETRIED)
        assert (reply.status, reply.headers["idempotent-replayed"]) == (200, "true")
        assert at.order(**FIRST).job != reply.job, "whoever asks for the first time gets another"
    assert len(provider.asked) == 2


def test_what_nobody_can_ask_for_again_is_not_kept(folder: Path | None) -> None:
    provider = FakeProvider(local=False)
    with house(provider, folder) as at:
        first = at.order(**FIRST)
        unnamed = at.order()
        assert unnamed.job != first.job, "whoever does not say that it is a repetition gets another"
        assert at.job(unnamed.job)["result"] is None
    assert len(provider.asked) == 2


@pytest.mark.parametrize("local", [False, True])
def test_who_tries_again_has_not_got_it_though_it_was_sent(folder: Path | None, local: bool) -> None:
    """What was bought is given again for a while; what costs nothing is drawn again."""
    provider = FakeProvider(local=local)
    with house(provider, folder) as at:
        first = at.order(**FIRST)
        again = at.order(**RETRIED)
        assert (first.status, again.status) == (200, 200)
        assert (first.job == again.job) == (not local)
        assert local or first.body == again.body, "drawn anew, it tells another second"
    assert len(provider.asked) == 1 + local


def test_a_failed_order_is_bought_anew_by_the_retry(folder: Path | None) -> None:
    provider = FakeProvider(local=False, fails=Busy("full", retry_after=0.05))
    with house(provider, folder) as at, at.client(max_retries=3) as client:
        threading.Timer(0.2, lambda: setattr(provider, "fails", None)).start()
        answer = client.images.generate(model="m", prompt="a cat")
        assert answer.data
        states = [job["status"] for job in at.call("GET", JOBS).json()["data"]]
        assert states[0] == "completed"
        assert set(states[1:]) <= {"failed"}


def test_of_several_alike_the_retry_takes_the_one_that_was_left(folder: Path | None) -> None:
    provider = Held(local=False)
    with house(provider, folder) as at:
        replies: list[Reply] = []

        def order(**headers: str) -> threading.Thread:
            before = len(at.gateway.jobs.running)
            thread = threading.Thread(target=lambda: replies.append(at.order(**headers)))
            thread.start()
            until(lambda: len(at.gateway.jobs.running) > before or headers is RETRIED)
            return thread

        one = order(**FIRST)
        hang_up(at.url, ORDER, once=lambda: len(provider.asked) == 2, **FIRST)
        left = list(at.gateway.jobs.running)[1]
        until(lambda: not at.gateway.jobs.running[left].is_watched)
        two = order(**FIRST)
        again = threading.Thread(target=lambda: replies.append(at.order(**RETRIED)))
        again.start()
        until(lambda: at.gateway.jobs.running[left].is_watched)
        provider.go.set()
        for thread in (one, two, again):
            thread.join(10)
        assert len({reply.job for reply in replies}) == 3
    assert len(provider.asked) == 3


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", [None, "k"])
def test_a_caller_who_leaves_what_is_free(folder: Path | None, stream: bool, name: str | None) -> None:
    provider = Held()
    headers = {} if name is None else {"idempotency_key": name}
    with house(provider, folder) as at:
        hang_up(at.url, {**ORDER, "stream": stream}, once=lambda: provider.asked, **headers)
        at.idle()
        job = only_job(at)
        assert (job["status"], job["pictures"], job["charged"]) == ("cancelled", 0, "0.000000")
    assert provider.left == 1


@pytest.mark.parametrize("stream", [False, True])
def test_a_caller_who_leaves_what_was_bought(folder: Path | None, stream: bool) -> None:
    provider = Held(local=False)
    with house(provider, folder) as at:
        hang_up(at.url, {**ORDER, "stream": stream}, once=lambda: provider.asked)
        until(lambda: not any(job.is_watched for job in at.gateway.jobs.running.values()))
        provider.go.set()
        at.idle()
        job = only_job(at)
        assert (job["status"], job["pictures"], job["cost"]) == ("completed", 1, "0.010000")
        validate_reply(at.job(job["id"])["result"])
    assert provider.left == 0


class Large(FakeProvider):
    """Pictures that no socket takes at once."""

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        async for event in super().generate(request, card):
            if isinstance(event, Completed):
                data = bytes(event.image.as_bytes()) + bytes(24_000_000)
                event = replace(event, image=Image.from_bytes(data))
            yield event


def break_off(url: str, body: dict[str, Any], **headers: str) -> int:
    """Read the head of an answer, and no more of it than a little; then be gone. What was read."""
    import json

    parts, data = urlsplit(url), json.dumps(body).encode()
    told = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"POST {GENERATIONS} HTTP/1.1\r\nhost: t\r\ncontent-length: {len(data)}\r\n{told}\r\n"
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(head.encode() + data)
        got = connection.recv(1000)
        assert b"200 OK" in got
        time.sleep(0.1)
        return len(got)


@pytest.mark.parametrize("way", ["plain", "stream", "heartbeat"])
def test_a_connection_that_breaks_while_the_answer_is_sent(folder: Path | None, way: str) -> None:
    provider = Large(local=False, pause=0.05)
    with house(provider, folder, plain_heartbeat=0.01 if way == "heartbeat" else 0) as at:
        body = {**ORDER, "stream": way == "stream"}
        break_off(at.url, body, **FIRST)
        at.idle()
        id = only_job(at)["id"]
        until(lambda: at.job(id)["result"] is not None)
        reply = at.order(body, **RETRIED)
        assert (reply.status, reply.job) == (200, id)
        assert len(reply.body) > 30_000_000
    assert len(provider.asked) == 1


def test_what_is_free_is_not_kept_when_the_connection_breaks(folder: Path | None) -> None:
    provider = Large(pause=0.05)
    with house(provider, folder) as at:
        break_off(at.url, ORDER)
        at.idle()
        time.sleep(0.2)
        assert at.job(only_job(at)["id"])["result"] is None


def test_a_caller_who_leaves_while_it_is_settled(tmp_path: Path) -> None:
    """The picture is there, and the books are being written."""
    provider = FakeProvider(local=False)
    with house(provider, tmp_path) as at:
        written = at.rooms.written
        assert written is not None
        settle, going = written.settle, threading.Event()

        async def slowly(closing: Any) -> Any:
            going.set()
            await asyncio.sleep(0.3)
            return await settle(closing)

        written.settle = slowly  # type: ignore[method-assign]
        hang_up(at.url, ORDER, once=going.is_set)
        at.idle()
        validate_reply(at.job(only_job(at)["id"])["result"])


def test_sixty_at_once_who_leave_and_come_again(folder: Path | None) -> None:
    """Two in three lose patience, and send the same order again under the same name."""
    provider = FakeProvider(local=False, pause=0.1, plain=True)
    count = 60
    with house(provider, folder) as at:
        got: list[tuple[int, Reply]] = []

        def order(number: int) -> None:
            body = {**ORDER, "prompt": f"cat {number}"}
            if number % 3:
                asked = len(provider.asked)
                hang_up(
                    at.url,
                    body,
                    once=lambda: len(provider.asked) > asked or True,
                    idempotency_key=str(number),
                )
            got.append((number, call(at.url, "POST", GENERATIONS, body, idempotency_key=str(number))))

        threads = [threading.Thread(target=order, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        at.idle()
        assert [reply.status for _, reply in got] == [200] * count
        jobs = at.call("GET", f"{JOBS}?limit=100&status=completed").json()["data"]
        assert sorted(job["prompt"] for job in jobs) == sorted(f"cat {number}" for number in range(count))
        drawn = [request.prompt for request in provider.asked]
        assert sorted(drawn) == sorted(set(drawn)), "nothing was bought twice"


def test_frames_of_a_stream_end_as_they_should(folder: Path | None) -> None:
    with house(FakeProvider(local=False), folder, card=CARD) as at:
        reply = at.order({**ORDER, "stream": True})
    assert [name for _, name, _ in frames(reply.body)] == ["image_generation.completed"]

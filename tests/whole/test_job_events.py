"""The events of a job: seen again, seen late, seen by many; and its document at the end."""

from __future__ import annotations

import asyncio
import base64
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tintype.accounts.records import JobRecord, Opening
from tintype.core import Size
from tintype.core.errors import Refused, Unavailable
from tintype.gateway.books import Memory
from tintype.gateway.settings import Settings

from ..fakes import FakeProvider
from ..pictures import png
from ..serving import fake_gateway, serving
from ..strict import validate_error, validate_event, validate_reply
from .houses import CARD, JOBS, ORDER, Held, House, call, calling, frames, house, until

PREVIEWED = {**ORDER, "stream": True, "partial_images": 2}
PARTIAL, COMPLETED = "image_generation.partial_image", "image_generation.completed"


def stream(at: House) -> tuple[threading.Thread, list[bytes]]:
    """Somebody who orders a stream and reads it to its end."""
    got: list[bytes] = []

    def read() -> None:
        with calling(at.url, "POST", "/v1/images/generations", PREVIEWED) as response:
            got.append(response.read())

    thread = threading.Thread(target=read)
    thread.start()
    until(lambda: at.gateway.jobs.running)
    return thread, got


def watch(at: House, id: str, **headers: str) -> list[tuple[str, str, Any]]:
    reply = at.call("GET", f"{JOBS}/{id}/events", **headers)
    assert (reply.status, reply.headers["content-type"]) == (200, "text/event-stream")
    return told(reply.body)


def told(body: bytes) -> list[tuple[str, str, Any]]:
    """Without the comments."""
    return [frame for frame in frames(body) if frame[1] != ":"]


class Steps(FakeProvider):
    """Goes from event to event as it is told."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.steps = threading.Semaphore(0)

    async def generate(self, request: Any, card: Any) -> Any:
        async for event in super().generate(request, card):
            while not self.steps.acquire(blocking=False):  # noqa: ASYNC110
                await asyncio.sleep(0.002)
            yield event


def test_previews_that_were_shown_come_again_and_the_rest_as_it_happens(folder: Path | None) -> None:
    provider = Steps(local=False)
    with house(provider, folder) as at:
        thread, first = stream(at)
        id = next(iter(at.gateway.jobs.running))
        provider.steps.release()
        until(lambda: at.job(id)["progress"] > 0)
        with calling(at.url, "GET", f"{JOBS}/{id}/events") as late:
            assert late.readline() == b"id: 1\n"
            assert late.readline() == f"event: {PARTIAL}\n".encode()
            provider.steps.release(5)
            rest = frames(b"id: 1\nevent: x\n" + late.read())
        thread.join(10)
    assert [(number, name) for number, name, _ in rest] == [
        ("1", "x"),
        ("2", PARTIAL),
        ("3", COMPLETED),
        ("", "image.job"),
    ]
    assert rest[-1][2]["status"] == "completed"
    for _, name, told in rest[1:-1]:
        validate_event(name, told)
    assert [told for _, _, told in frames(first[0])][1:] == [told for _, _, told in rest[1:-1]]


def test_what_was_seen_is_left_out(folder: Path | None) -> None:
    provider = Steps(local=False)
    with house(provider, folder) as at:
        thread, _ = stream(at)
        id = next(iter(at.gateway.jobs.running))
        provider.steps.release(2)
        until(lambda: len(at.gateway.jobs.running[id].events) == 2)
        with calling(at.url, "GET", f"{JOBS}/{id}/events", last_event_id="1") as late:
            assert late.readline() == b"id: 2\n"
            provider.steps.release(5)
            rest = frames(b"id: 2\n" + late.read())
        thread.join(10)
    assert [(number, name) for number, name, _ in rest] == [
        ("2", PARTIAL),
        ("3", COMPLETED),
        ("", "image.job"),
    ]


def test_numbers_stay_when_the_job_has_ended(folder: Path | None) -> None:
    """Previews are not kept. Whoever has seen them, and comes again at the end, still gets the picture."""
    provider = FakeProvider(local=False)
    with house(provider, folder) as at:
        reply = at.order(PREVIEWED, idempotency_key="one")
        id = reply.job
        at.idle()
        assert [frame[:2] for frame in watch(at, id)] == [("3", COMPLETED), ("", "image.job")]
        assert next(frame[:2] for frame in watch(at, id, last_event_id="2")) == ("3", COMPLETED)
        assert [frame[:2] for frame in watch(at, id, last_event_id="3")] == [("", "image.job")]
        assert watch(at, id)[0][2]["b64_json"] == frames(reply.body)[-1][2]["b64_json"]


def test_many_watch_at_once(folder: Path | None) -> None:
    provider = Held(local=False)
    with house(provider, folder) as at:
        id = at.order({**ORDER, "n": 2}, prefer="respond-async").json()["id"]
        seen: list[list[tuple[str, str, Any]]] = []
        threads = [threading.Thread(target=lambda: seen.append(watch(at, id))) for _ in range(12)]
        for thread in threads:
            thread.start()
        until(lambda: at.gateway.jobs.running[id]._watchers == 12)
        provider.go.set()
        for thread in threads:
            thread.join(10)
        assert len(seen) == 12
        assert all(each[:-1] == seen[0][:-1] for each in seen)
        assert [frame[1] for frame in seen[0]] == [COMPLETED, COMPLETED, "image.job"]
        validate_reply(at.job(id)["result"])


def test_the_document_at_the_end_tells_what_it_came_to(folder: Path | None) -> None:
    with house(FakeProvider(pause=0.1), folder) as at:
        id = at.order(prefer="respond-async").json()["id"]
        told = watch(at, id)[-1][2]
        assert (told["id"], told["status"], told["pictures"]) == (id, "completed", 1)
        assert told["receipt"]["cost"] == "0.010000"
        until(lambda: not at.gateway.jobs.running)
        assert watch(at, id)[-1][2] == told, "it is the same when it is read from the books"


@pytest.mark.parametrize("late", [False, True])
def test_a_failure_is_an_event_and_then_the_document(folder: Path | None, late: bool) -> None:
    with house(FakeProvider(fails=Refused("no"), pause=0.1), folder) as at:
        id = at.order(prefer="respond-async").json()["id"]
        if late:
            at.ended(id)
        failed, last = watch(at, id)
        assert (failed[1], last[1]) == ("error", "image.job")
        validate_error({"error": failed[2]["error"]})
        assert (last[2]["status"], last[2]["error"]["code"]) == ("failed", "moderation_blocked")


def test_a_heartbeat_while_nothing_happens(folder: Path | None) -> None:
    provider = Held()
    with house(provider, folder, heartbeat=0.03) as at:
        id = at.order(prefer="respond-async").json()["id"]
        with calling(at.url, "GET", f"{JOBS}/{id}/events") as response:
            beats = [response.readline() for _ in range(4)]
            provider.go.set()
            rest = frames(response.read())
    assert [beat for beat in beats if beat != b"\n"] == [b": still drawing\n"] * 2
    assert [name for _, name, _ in rest if name != ":"] == [COMPLETED, "image.job"]


def test_the_stream_of_a_silent_job_is_open_at_once(folder: Path | None) -> None:
    provider = Held()
    with house(provider, folder, heartbeat=0) as at:
        id = at.order(prefer="respond-async").json()["id"]
        with calling(at.url, "GET", f"{JOBS}/{id}/events") as response:
            assert response.status == 200
            provider.go.set()
            assert [name for _, name, _ in frames(response.read())][-1] == "image.job"


def test_so_is_that_of_one_that_another_server_runs(tmp_path: Path) -> None:
    provider = Held()
    with house(provider, tmp_path) as one, house(FakeProvider(), tmp_path, heartbeat=0) as two:
        id = one.order(prefer="respond-async").json()["id"]
        with calling(two.url, "GET", f"{JOBS}/{id}/events") as response:
            assert response.readline() == b": still drawing\n"
            provider.go.set()
            assert [name for _, name, _ in frames(response.read())][-1] == "image.job"


def test_whoever_only_watched_ends_nothing(folder: Path | None) -> None:
    provider = Held()
    with house(provider, folder) as at:
        id = at.order(prefer="respond-async").json()["id"]
        with calling(at.url, "GET", f"{JOBS}/{id}/events"):
            until(lambda: at.gateway.jobs.running[id]._watchers)
        until(lambda: not at.gateway.jobs.running[id]._watchers)
        assert at.job(id)["status"] == "running"
        provider.go.set()
        assert at.ended(id)["status"] == "completed"


def test_pictures_that_are_gone_are_no_events(tmp_path: Path) -> None:
    with house(FakeProvider(), tmp_path) as at:
        id = at.order(prefer="respond-async").json()["id"]
        at.ended(id)
        at.call("DELETE", f"{JOBS}/{id}")
        assert [name for _, name, _ in watch(at, id)] == ["image.job"]


def test_an_edit_is_followed_at_another_server(tmp_path: Path) -> None:
    provider = Held(local=False)
    picture = base64.b64encode(png(Size(16, 16))).decode()
    body = {**ORDER, "image": f"data:image/png;base64,{picture}", "output_format": "webp"}
    with house(provider, tmp_path) as one, house(FakeProvider(), tmp_path, heartbeat=0.05) as two:
        id = one.call("POST", "/v1/images/edits", body, prefer="respond-async").json()["id"]
        with calling(two.url, "GET", f"{JOBS}/{id}/events") as response:
            provider.go.set()
            there = [frame for frame in frames(response.read()) if frame[1] != ":"]
        assert there[0][:2] == ("1", "image_edit.completed")
        assert there == watch(one, id)


class Leaving(Memory):
    """Books that go away."""

    away = False

    async def find(self, job: str) -> JobRecord | None:
        if self.away:
            raise Unavailable("The database is not there at the moment.", code="database_unavailable")
        return await super().find(job)


def test_books_that_go_away_are_not_the_end_of_a_job_that_runs_elsewhere() -> None:
    """Whoever follows it is told no document of it, and comes again."""
    books = Leaving()
    asyncio.run(books.hold(Opening(job="job_far", created=1.0, asked="m", real=True)))
    gateway = replace(fake_gateway(FakeProvider(), CARD), books=books)
    with serving(gateway, Settings(heartbeat=0.03)) as url:
        with calling(url, "GET", f"{JOBS}/job_far/events") as response:
            assert response.readline() == b": still drawing\n"
            books.away = True
            told = [frame for frame in frames(response.read()) if frame[1] not in ("", ":")]
        ((_, name, said),) = told
        assert (name, said["error"]["code"]) == ("error", "database_unavailable")
        assert call(url, "GET", f"{JOBS}/job_far/events").status == 503


def test_an_event_number_that_is_none(folder: Path | None) -> None:
    with house(FakeProvider(), folder) as at:
        id = at.order(prefer="respond-async").json()["id"]
        for said in ("x", "-1", "1.5", "²"):
            reply = at.call("GET", f"{JOBS}/{id}/events", last_event_id=said.encode().decode("latin-1"))
            assert (reply.status, reply.error["param"]) == (400, "Last-Event-ID")
        for said in ("9" * 20, "9" * 5000):
            assert [name for _, name, _ in watch(at, id, last_event_id=said)] == ["image.job"]

"""A house tells at an address of the caller's how a job has ended, whoever ordered it, and however it went."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tintype.accounts.deliveries import Owed
from tintype.accounts.records import Opening
from tintype.accounts.schema import jobs
from tintype.core.errors import Refused
from tintype.gateway.webhooks import Webhooks
from tintype.server.opening import Rooms
from tintype.transport.posting import Poster

from ..fakes import FakeProvider
from .houses import ORDER, Held, House, Reply, hang_up, house, until

OWN: dict[str, Any] = {"fetch_allow": (ip_network("127.0.0.0/8"),)}
ASYNC = {"prefer": "respond-async"}


class Receiver(ThreadingHTTPServer):
    """Takes every message, and keeps it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.messages: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    def told(self, at: House) -> dict[str, Any]:
        """The only message, once it has come."""
        until(lambda: self.messages)
        ((headers, body),) = self.messages
        assert at.rooms.webhooks is not None
        return dict(Webhook(at.rooms.webhooks.secret_of("")).verify(body, headers))


class _Taking(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        assert isinstance(self.server, Receiver)
        self.server.messages.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


@contextmanager
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("refusal", [None, Refused("No cats here.")])
def test_whoever_ordered_it_is_told_as_its_page_tells(tmp_path: Path, refusal: Refused | None) -> None:
    provider = FakeProvider(fails=refusal)
    with receiver() as hook, house(provider, tmp_path, **OWN) as at:
        reply = at.order(x_tintype_webhook=hook.url, **ASYNC)
        told = hook.told(at)
        assert told["type"] == ("image.job.failed" if refusal else "image.job.done")
        page = at.job(reply.job)
        assert told["data"] == {**page, "result": None}, "a picture itself is not sent"


def test_pictures_at_addresses_are_told_with_these(tmp_path: Path) -> None:
    body = {**ORDER, "n": 2, "response_format": "url"}
    with receiver() as hook, house(FakeProvider(), tmp_path, **OWN) as at:
        reply = at.order(body, x_tintype_webhook=hook.url)
        told = hook.told(at)["data"]["result"]
        assert told["data"] == [{"url": each["url"]} for each in reply.json()["data"]]
        assert told["created"] == reply.json()["created"]


def test_who_orders_it_again_is_told_as_well(tmp_path: Path) -> None:
    provider = Held(local=False)
    with receiver() as hook, house(provider, tmp_path, **OWN) as at:
        first = at.order(idempotency_key="one", **ASYNC)
        again = at.order(idempotency_key="one", x_tintype_webhook=hook.url, **ASYNC)
        assert again.job == first.job
        provider.go.set()
        told = hook.told(at)
        assert (told["type"], told["data"]["id"]) == ("image.job.done", first.job)


def test_who_orders_it_again_as_the_first_leaves_orders_anew(tmp_path: Path) -> None:
    """Its webhook's host is looked up, which takes its time."""
    provider, asked, left = Held(local=True), threading.Event(), threading.Event()
    second: list[Reply] = []

    async def slowly(host: str, port: int) -> Sequence[str]:
        asked.set()
        while not left.is_set():  # noqa: ASYNC110 -- it is set in another thread
            await asyncio.sleep(0.002)
        return ["127.0.0.1"]

    async def prepare(rooms: Rooms) -> None:
        assert rooms.webhooks is not None
        rooms.webhooks._poster = Poster(allow=OWN["fetch_allow"], resolve=slowly)

    with receiver() as hook, house(provider, tmp_path, prepare=prepare, **OWN) as at:
        url = hook.url.replace("127.0.0.1", "receiver.test")
        again = threading.Thread(
            target=lambda: second.append(at.order(idempotency_key="one", x_tintype_webhook=url, **ASYNC))
        )

        def order_it_again() -> bool:
            if provider.asked and again.ident is None:
                again.start()
            return asked.is_set()

        hang_up(at.url, ORDER, once=order_it_again, idempotency_key="one")
        at.idle()
        left.set()
        again.join(20)
        provider.go.set()
        assert "idempotent-replayed" not in second[0].headers
        assert at.ended(second[0].job)["status"] == "completed"


def test_no_picture_is_read_to_tell_where_it_is(tmp_path: Path) -> None:
    provider = Held(local=False)
    body = {**ORDER, "n": 2, "response_format": "url"}
    with receiver() as hook, house(provider, tmp_path, **OWN) as at:
        at.order(body, idempotency_key="one", **ASYNC)
        first = at.order(body, idempotency_key="one", x_tintype_webhook=hook.url, **ASYNC)
        provider.go.set()
        told = hook.told(at)["data"]
        assert b'tintype_store_seconds_count{operation="keep"}' in at.call("GET", "/metrics").body
        assert b'tintype_store_seconds_count{operation="read"}' not in at.call("GET", "/metrics").body
        page = at.job(first.job)
        assert told["result"]["data"] == [{"url": each["url"]} for each in page["result"]["data"]]
        assert {**told, "result": None} == {**page, "result": None}


def test_an_interrupted_job_is_told_as_its_page_tells(tmp_path: Path) -> None:
    with receiver() as hook:

        async def as_a_kill_leaves_it(rooms: Rooms) -> None:
            assert rooms.database is not None
            assert rooms.written is not None
            assert rooms.webhooks is not None
            await rooms.webhooks.promise("job_1", hook.url)
            await rooms.written.hold(Opening(job="job_1", created=1.0, asked="m", real=True))
            orphaned = jobs.update().values(process="gone")
            await rooms.database.write(lambda connection: connection.execute(orphaned) and None)

        with house(FakeProvider(), tmp_path, prepare=as_a_kill_leaves_it, **OWN) as at:
            told = hook.told(at)
            assert told["type"] == "image.job.interrupted"
            assert told["data"] == at.job("job_1")
            assert told["data"]["error"]["code"] == "job_interrupted"


def test_a_server_that_orders_many_webhooks_says_that_it_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else others take it for dead, and its jobs for interrupted."""

    async def for_ever(self: Webhooks) -> list[Owed]:
        await asyncio.sleep(60)
        raise AssertionError

    async def unfinished(rooms: Rooms) -> None:
        tasks: dict[asyncio.Future[object], str] = {}
        for chore in rooms.chores:
            tasks[asyncio.ensure_future(chore.do())] = chore.name
        _, late = await asyncio.wait(tasks, timeout=2)
        for task in late:
            task.cancel()
        assert [tasks[task] for task in late] == ["order the webhooks that are owed"]

    monkeypatch.setattr(Webhooks, "owed", for_ever)
    with house(FakeProvider(), tmp_path, prepare=unfinished):
        pass

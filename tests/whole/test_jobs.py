"""Orders that are answered later: where they stand, what they came to, and how they are ended."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from contextlib import aclosing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import openai
import pytest
import sqlalchemy as sa

from tintype.accounts import elsewhere
from tintype.accounts.database import Database
from tintype.core import Events, ImageRequest, ModelCard, Octets, Size
from tintype.core.errors import Busy, Refused
from tintype.gateway.gates import Gate
from tintype.storage.names import Name
from tintype.storage.places import Folder, Memory, Place

from ..fakes import FakeProvider
from ..pictures import opened, png
from ..strict import validate_error, validate_reply
from .houses import GENERATIONS, JOBS, ORDER, Held, House, Reply, frames, hang_up, house, until

ASYNC = {"prefer": "respond-async"}


def kept(folder: Path) -> int:
    """Pictures in the store."""
    return sum(path.is_file() for path in (folder / "pictures").rglob("*.*"))


def later(at: House, body: object = None, **headers: str) -> str:
    """The id of a job that is not waited for."""
    reply = at.order(body, **{**ASYNC, **headers})
    assert reply.status == 202
    return str(reply.json()["id"])


def test_an_order_that_is_answered_later(folder: Path | None) -> None:
    provider = Held(local=False)
    with house(provider, folder) as at:
        reply = at.order(**ASYNC)
        accepted = reply.json()
        id = accepted["id"]
        assert (reply.status, reply.headers["preference-applied"]) == (202, "respond-async")
        assert reply.headers["location"] == accepted["url"] == f"{at.url}{JOBS}/{id}"
        assert (reply.job, accepted["status"], accepted["receipt"]) == (id, "running", None)
        running = at.job(id)
        assert (running["status"], running["progress"], running["result"]) == ("running", 0, None)
        assert (running["model"], running["provider"], running["n"]) == ("m", "fake", 1)
        provider.go.set()
        ended = at.ended(id)
        assert (ended["status"], ended["progress"], ended["error"]) == ("completed", 1, None)
        assert ended["receipt"]["cost"] == "0.010000"
        assert ended["receipt"]["usage"]["image_out"] == 10
        assert ended["ended"] >= ended["created"]
        validate_reply(ended["result"])
        assert at.call("GET", accepted["url"].removeprefix(at.url)).json()["result"] == ended["result"]
        assert at.call("GET", f"/images/jobs/{id}/").status == 200, "however the path is written"
        assert at.call("HEAD", f"{JOBS}/{id}").body == b""
    assert len(provider.asked) == 1


@pytest.mark.parametrize("wish", ["wait=10", "respond-async, wait=10", 'WAIT="10"; handling=lenient'])
def test_whoever_can_wait_is_answered_at_once_if_it_is_there_in_time(folder: Path | None, wish: str) -> None:
    with house(FakeProvider(), folder) as at:
        reply = at.order(prefer=wish)
    assert reply.status == 200
    validate_reply(reply.json())
    assert "wait=10" in reply.headers["preference-applied"]
    assert "location" not in reply.headers


def test_what_is_not_there_in_time_is_fetched_later_though_it_costs_nothing(folder: Path | None) -> None:
    provider = Held(local=True)
    with house(provider, folder) as at:
        reply = at.order(prefer="wait=1")
        assert (reply.status, reply.headers["preference-applied"]) == (202, "wait=1")
        provider.go.set()
        validate_reply(at.ended(reply.json()["id"])["result"])
    assert (len(provider.asked), provider.left) == (1, 0)


@pytest.mark.parametrize("wish", ["wait=5", "respond-async, wait=5"])
def test_what_fails_in_time_is_its_own_status(folder: Path | None, wish: str) -> None:
    with house(FakeProvider(fails=Refused("no")), folder) as at:
        reply = at.order(prefer=wish)
    assert (reply.status, reply.error["code"]) == (400, "moderation_blocked")


def test_what_fails_later_is_told_by_its_job(folder: Path | None) -> None:
    with house(FakeProvider(fails=Busy("full", retry_after=7), pause=0.05), folder) as at:
        job = at.ended(later(at))
        assert (job["status"], job["result"], job["pictures"]) == ("failed", None, 0)
        assert job["error"] == {"code": "upstream_busy", "message": "full", "param": None, "status": 503}
        assert job["receipt"]["charged"] == "0.000000"


def test_bad_orders_are_refused_at_once(folder: Path | None) -> None:
    with house(FakeProvider(), folder) as at:
        reply = at.order({**ORDER, "n": 99}, **ASYNC)
        assert (reply.status, reply.error["param"]) == (400, "n")
        assert at.call("GET", JOBS).json()["data"] == []


def test_through_the_official_sdk(folder: Path | None) -> None:
    provider = Held()
    with house(provider, folder) as at, at.client() as client:
        accepted = client.images.with_raw_response.generate(model="m", prompt="a cat", extra_headers=ASYNC)
        assert accepted.status_code == 202
        path = accepted.headers["location"].removeprefix(f"{at.url}/v1")
        assert client.get(path, cast_to=object)["status"] == "running"  # type: ignore[index]
        provider.go.set()
        until(lambda: client.get(path, cast_to=object)["status"] == "completed")  # type: ignore[index]
        result = client.get(path, cast_to=object)["result"]  # type: ignore[index]
        assert opened(base64.b64decode(result["data"][0]["b64_json"])).size
        waited = client.images.generate(model="m", prompt="a cat", extra_headers={"Prefer": "wait=5"})
        assert waited.data
        assert waited.data[0].b64_json
        with pytest.raises(openai.NotFoundError, match="job_0"):
            client.get("/images/jobs/job_0", cast_to=object)


def test_however_it_was_ordered_its_document_is_json(folder: Path | None) -> None:
    """A picture as the whole answer is no member of a document."""
    with house(FakeProvider(), folder) as at:
        for more in ({"accept": "image/png"}, {"accept": "image/webp"}):
            validate_reply(at.ended(later(at, **more))["result"])


def test_an_address_stays_one(folder: Path | None) -> None:
    with house(FakeProvider(), folder) as at:
        id = later(at, {**ORDER, "response_format": "url"})
        url = at.ended(id)["result"]["data"][0]["url"]
        assert url.startswith(f"{at.url}/pictures/")
        assert opened(at.call("GET", url.removeprefix(at.url)).body).format == "PNG"


def test_an_address_that_is_over_is_told_anew_while_the_picture_is_kept(tmp_path: Path) -> None:
    with house(FakeProvider(), tmp_path, picture_lifetime=1, result_lifetime=3600) as at:
        id = later(at, {**ORDER, "response_format": "url"})
        first = at.ended(id)["result"]["data"][0]["url"]
        until(lambda: at.call("GET", first.removeprefix(at.url)).status == 404)
        again = at.job(id)["result"]["data"][0]["url"]
        assert again != first
        assert at.call("GET", again.removeprefix(at.url)).status == 200


def test_an_address_that_was_over_before_its_job_is_told_anew(tmp_path: Path) -> None:
    """The second picture comes when the address of the first is good no more."""
    with house(FakeProvider(pause=2.1), tmp_path, picture_lifetime=1, result_lifetime=3600) as at:
        pictures = at.ended(later(at, {**ORDER, "n": 2, "response_format": "url"}))["result"]["data"]
        found = [at.call("GET", each["url"].removeprefix(at.url)).status for each in pictures]
        assert found == [200, 200]


def test_the_position_in_the_queue(folder: Path | None) -> None:
    provider = Held()
    with house(provider, folder, gate=Gate(at_once=1)) as at:
        ids = [later(at) for _ in range(3)]
        until(lambda: at.job(ids[0])["status"] == "running")
        assert [at.job(id)["status"] for id in ids] == ["running", "queued", "queued"]
        assert [at.job(id)["position"] for id in ids] == [None, 1, 2]
        at.call("DELETE", f"{JOBS}/{ids[1]}")
        assert at.job(ids[2])["position"] == 1
        provider.go.set()
        assert [at.ended(id)["status"] for id in ids] == ["completed", "cancelled", "completed"]
    assert len(provider.asked) == 2, "what was cancelled in the queue was never asked for"


def test_what_waits_is_listed_as_queued(folder: Path | None) -> None:
    provider = Held()
    with house(provider, folder, gate=Gate(at_once=1)) as at:
        ids = [later(at) for _ in range(4)]
        until(lambda: at.job(ids[0])["status"] == "running")

        def listed(query: str) -> list[tuple[str, str]]:
            return [(each["id"], each["status"]) for each in at.call("GET", f"{JOBS}?{query}").json()["data"]]

        waiting = [(id, "queued") for id in reversed(ids[1:])]
        assert listed("") == [*waiting, (ids[0], "running")]
        assert listed("status=queued") == waiting
        assert listed("status=queued&limit=1") == waiting[:1]
        assert listed(f"status=queued&limit=1&after={ids[3]}") == waiting[1:2]
        assert listed("status=running&limit=1") == [(ids[0], "running")]
        assert at.call("GET", f"{JOBS}?status=running&limit=1").json()["has_more"] is False
        provider.go.set()
        for id in ids:
            at.ended(id)
        assert listed("status=queued") == []


def test_what_came_to_nothing_tells_where_it_stood(folder: Path | None) -> None:
    provider = Held(local=False)
    with house(provider, folder, gate=Gate(at_once=1)) as at:
        ids = [later(at) for _ in range(2)]
        until(lambda: at.job(ids[1])["status"] == "queued")
        for id in reversed(ids):
            assert at.call("DELETE", f"{JOBS}/{id}").json()["progress"] == 0
            assert at.job(id)["progress"] == 0


def test_progress_grows_with_pictures_and_previews(folder: Path | None) -> None:
    provider = FakeProvider(pause=0.15, local=False)
    with house(provider, folder) as at:
        id = later(at, {**ORDER, "n": 4})
        seen = {0.0}
        until(lambda: seen.add(at.job(id)["progress"]) or 1.0 in seen)  # type: ignore[func-returns-value]
    assert len(seen) > 2
    assert seen <= {0, 0.25, 0.5, 0.75, 1}


def test_jobs_are_listed_a_page_at_a_time(folder: Path | None) -> None:
    provider = FakeProvider()
    with house(provider, folder) as at:
        ids = [at.order().job for _ in range(5)]
        provider.fails = Refused("no")
        at.order()
        held = at.call("GET", f"{JOBS}?limit=2").json()
        assert (held["object"], held["has_more"], len(held["data"])) == ("list", True, 2)
        assert held["data"][0]["error"] == "moderation_blocked"
        found, after = [], ""
        while True:
            page = at.call("GET", f"{JOBS}?limit=2&status=completed{after}").json()
            found += [each["id"] for each in page["data"]]
            if not page["has_more"]:
                break
            after = f"&after={page['last_id']}"
        assert found == ids[::-1]
        (failed,) = at.call("GET", f"{JOBS}?status=failed").json()["data"]
        assert (failed["status"], failed["prompt"], failed["cost"]) == ("failed", "a cat", "0.000000")
        assert at.call("GET", f"{JOBS}?status=running").json()["data"] == []


def test_deleting_a_running_job_ends_it(folder: Path | None) -> None:
    provider = Held(local=False)
    with house(provider, folder) as at:
        id = later(at)
        until(lambda: provider.asked)
        gone = at.call("DELETE", f"{JOBS}/{id}")
        assert (gone.status, gone.json()["status"]) == (200, "cancelled")
        assert (provider.left, at.gateway.jobs.running) == (1, {})
        job = at.job(id)
        assert (job["status"], job["error"]["code"]) == ("cancelled", "cancelled")
        assert at.call("DELETE", f"{JOBS}/{id}").status == 200


def test_a_job_is_ended_by_way_of_another_server(tmp_path: Path) -> None:
    provider = Held(local=False)
    with house(provider, tmp_path) as one, house(FakeProvider(), tmp_path) as two:
        id = later(one)
        until(lambda: provider.asked)
        gone = two.call("DELETE", f"{JOBS}/{id}")
        assert (gone.status, gone.json()["status"]) == (200, "cancelled")
        assert (provider.left, one.gateway.jobs.running) == (1, {})
        assert two.job(id)["error"]["code"] == "cancelled"


def test_a_job_that_another_server_does_not_end_is_still_said_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tintype.server.jobs.PATIENCE", 0.1)

    async def nothing(database: Database, what: sa.Table, process: str) -> list[str]:
        return []

    monkeypatch.setattr(elsewhere, "asked", nothing)
    provider = Held(local=False)
    with house(provider, tmp_path) as one, house(FakeProvider(), tmp_path) as two:
        id = later(one)
        for _ in range(2):
            told = two.call("DELETE", f"{JOBS}/{id}")
            assert (told.status, told.json()["status"]) == (200, "running")
        provider.go.set()
        assert one.ended(id)["status"] == "completed"


def test_deleting_an_ended_job_deletes_its_pictures(tmp_path: Path) -> None:
    with house(FakeProvider(), tmp_path) as at:
        id = later(at, {**ORDER, "n": 2})
        at.ended(id)
        assert kept(tmp_path) == 2
        assert at.call("DELETE", f"{JOBS}/{id}").json()["deleted"] == 2
        assert kept(tmp_path) == 0
        assert at.call("DELETE", f"{JOBS}/{id}").json()["deleted"] == 0
        job = at.job(id)
        assert (job["status"], job["result"], job["pictures"]) == ("completed", None, 2)


def test_what_the_store_did_not_take_is_held_until_it_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("this is no folder")
    with house(FakeProvider(), tmp_path) as at:
        id = later(at, {**ORDER, "n": 2})
        assert len(at.ended(id)["result"]["data"]) == 2
        assert at.call("DELETE", f"{JOBS}/{id}").json()["deleted"] == 2
        assert (at.job(id)["status"], at.job(id)["result"]) == ("completed", None)
        assert at.call("DELETE", f"{JOBS}/{id}").json()["deleted"] == 0


def test_a_picture_that_two_jobs_have_outlives_the_first(tmp_path: Path) -> None:
    with house(FakeProvider(), tmp_path) as at:
        one, two = later(at), later(at)
        at.ended(one), at.ended(two)
        assert kept(tmp_path) == 1, "it is the same picture"
        assert at.call("DELETE", f"{JOBS}/{one}").json()["deleted"] == 1
        validate_reply(at.job(two)["result"])
        assert at.call("DELETE", f"{JOBS}/{two}").json()["deleted"] == 1
        assert kept(tmp_path) == 0


def test_a_deleted_picture_is_at_no_address_any_more(tmp_path: Path) -> None:
    with house(FakeProvider(), tmp_path) as at:
        id = later(at, {**ORDER, "response_format": "url"})
        url = at.ended(id)["result"]["data"][0]["url"]
        at.call("DELETE", f"{JOBS}/{id}")
        assert at.call("GET", url.removeprefix(at.url)).status == 404
        assert kept(tmp_path) == 0
        job = at.job(id)
        assert (job["status"], job["result"]) == ("completed", None), "no address is told that leads nowhere"


def test_an_address_that_two_jobs_gave_out_outlives_the_first_while_the_second_still_runs(
    folder: Path | None,
) -> None:
    """It is written down only at its end that its pictures lie there too."""

    class Halts(Held):
        """After its first picture, which has an address by then."""

        async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
            async with aclosing(FakeProvider.generate(self, request, card)) as events:
                async for event in events:
                    yield event
                    while not self.go.is_set():  # noqa: ASYNC110 -- it is set in another thread
                        await asyncio.sleep(0.002)

    provider, body = Halts(), {**ORDER, "response_format": "url", "n": 2}
    with house(provider, folder) as at:
        provider.go.set()
        one = at.order(body)
        provider.go.clear()
        two = later(at, body)
        until(lambda: at.gateway.jobs.running[two].events)
        assert at.call("DELETE", f"{JOBS}/{one.job}").json()["deleted"] == 2
        provider.go.set()
        for picture in at.ended(two)["result"]["data"]:
            assert at.call("GET", picture["url"].removeprefix(at.url)).status == 200


@pytest.mark.parametrize("delivery", ["url", "b64_json"])
def test_a_store_that_deletes_nothing_is_told_and_asked_again(
    folder: Path | None, delivery: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever deletes a picture can rely on it that nobody sees it any more."""

    async def fails(self: Place, path: str) -> None:
        raise PermissionError(13, "Permission denied")

    with house(FakeProvider(), folder) as at:
        id = later(at, {**ORDER, "response_format": delivery})
        at.ended(id)
        with monkeypatch.context() as patched:
            patched.setattr(Place, "delete", fails)
            patched.setattr(Memory, "delete", fails)
            for _ in range(2):
                reply = at.call("DELETE", f"{JOBS}/{id}")
                assert (reply.status, reply.error["code"]) == (503, "storage_failed")
            assert at.job(id)["result"] is not None, "it is still there"
        assert at.call("DELETE", f"{JOBS}/{id}").json()["deleted"] == 1
        assert at.job(id)["result"] is None


def test_a_house_whose_own_address_has_such_a_folder_too_finds_its_pictures(tmp_path: Path) -> None:
    with house(FakeProvider(), tmp_path, public_base_url="https://here.test/pictures") as at:
        id = later(at, {**ORDER, "response_format": "url"})
        url = at.ended(id)["result"]["data"][0]["url"]
        assert at.call("GET", url.removeprefix("https://here.test/pictures")).status == 200
        at.call("DELETE", f"{JOBS}/{id}")
        assert kept(tmp_path) == 0
        assert at.job(id)["result"] is None, "no address is told that leads nowhere"


def fetched(at: House, reply: Reply) -> int:
    """The status of the first picture of an answer, at its address."""
    url = reply.json()["data"][0]["url"]
    return at.call("GET", url.removeprefix(at.url)).status


def test_an_address_that_two_jobs_gave_out_outlives_the_first(folder: Path | None) -> None:
    with house(FakeProvider(), folder) as at:
        one, two = (at.order({**ORDER, "response_format": "url"}) for _ in range(2))
        assert at.call("DELETE", f"{JOBS}/{one.job}").json()["deleted"] == 1
        assert fetched(at, two) == 200
        assert at.call("DELETE", f"{JOBS}/{one.job}").json()["deleted"] == 0
        assert at.call("DELETE", f"{JOBS}/{two.job}").json()["deleted"] == 1
        assert fetched(at, two) == 404


def test_what_the_store_did_take_is_deleted_with_what_it_did_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took the picture for its address, and not the one that is to be read again."""
    with house(FakeProvider(), tmp_path) as at:
        put = Folder.put

        async def fails_for_a_day(self: Folder, name: Name, data: Octets) -> None:
            if name.hour * 3600 > time.time() + 7200:
                raise OSError("the disk is full")
            await put(self, name, data)

        monkeypatch.setattr(Folder, "put", fails_for_a_day)
        id = later(at, {**ORDER, "response_format": "url"})
        at.ended(id)
        assert kept(tmp_path) == 1
        assert at.call("DELETE", f"{JOBS}/{id}").json()["deleted"] == 1
        assert kept(tmp_path) == 0


def test_who_was_told_to_come_back_finds_the_picture_though_the_first_has_left(folder: Path | None) -> None:
    provider = Held(local=True)
    second: list[Reply] = []
    with house(provider, folder) as at:

        def order_it_too() -> bool:
            if at.gateway.jobs.running and not second:
                second.append(at.order(idempotency_key="one", **ASYNC))
            return bool(second)

        hang_up(at.url, ORDER, once=order_it_too, idempotency_key="one")
        (job,) = at.gateway.jobs.running.values()
        until(lambda: not job.is_watched)
        provider.go.set()
        assert second[0].status == 202
        validate_reply(at.ended(second[0].job)["result"])


RETRY = {"x_stainless_retry_count": "1"}


@pytest.mark.parametrize("again", [{"idempotency_key": "one"}, RETRY], ids=["named", "retried"])
@pytest.mark.parametrize("wish", [ASYNC, {"prefer": "wait=1"}], ids=["async", "wait"])
def test_so_does_who_was_told_it_by_another_server(
    tmp_path: Path, again: dict[str, str], wish: dict[str, str]
) -> None:
    first = {**again, "x_stainless_retry_count": "0"}
    provider, second = Held(local=True), list[Reply]()
    with house(provider, tmp_path) as one, house(FakeProvider(), tmp_path) as two:

        def order_it_too() -> bool:
            if provider.asked and not second:
                second.append(two.order(**again, **wish))
            return bool(second)

        hang_up(one.url, ORDER, once=order_it_too, **first)
        (job,) = one.gateway.jobs.running.values()
        until(lambda: not job.is_watched)
        provider.go.set()
        assert (second[0].status, second[0].job) == (202, job.id)
        validate_reply(two.ended(job.id)["result"])


def test_who_waits_at_another_server_gets_the_picture_though_the_first_has_left(tmp_path: Path) -> None:
    provider, second = Held(local=True), list[Reply]()
    with house(provider, tmp_path) as one, house(FakeProvider(), tmp_path) as two:
        waits = threading.Thread(target=lambda: second.append(two.order(idempotency_key="one")))

        def wait_for_it() -> bool:
            if provider.asked and waits.ident is None:
                waits.start()
            return any(job.stays for job in one.gateway.jobs.running.values())

        hang_up(one.url, ORDER, once=wait_for_it, idempotency_key="one")
        (job,) = one.gateway.jobs.running.values()
        until(lambda: not job.is_watched)
        provider.go.set()
        waits.join(20)
        assert (second[0].status, second[0].job) == (200, job.id)
        validate_reply(second[0].json())


def test_who_comes_to_another_server_as_the_first_is_being_ended_orders_anew(tmp_path: Path) -> None:
    class Lingers(Held):
        async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
            try:
                async with aclosing(super().generate(request, card)) as events:
                    async for event in events:
                        yield event
            except asyncio.CancelledError:
                await asyncio.sleep(1.5)
                raise

    provider = Lingers(local=True)
    with house(provider, tmp_path) as one, house(FakeProvider(), tmp_path) as two:
        hang_up(one.url, ORDER, once=lambda: provider.asked, idempotency_key="one")
        (job,) = one.gateway.jobs.running.values()
        until(lambda: job.cancelled)
        reply = two.order(idempotency_key="one", **ASYNC)
        assert reply.job != job.id
        validate_reply(two.ended(reply.job)["result"])


def test_who_watches_events_by_way_of_another_server_keeps_the_job_alive(tmp_path: Path) -> None:
    provider, body = Held(local=True), list[bytes]()
    with house(provider, tmp_path) as one, house(FakeProvider(), tmp_path) as two:

        def watch() -> None:
            (id,) = one.gateway.jobs.running
            body.append(two.call("GET", f"{JOBS}/{id}/events").body)

        watches = threading.Thread(target=watch)

        def watch_it() -> bool:
            if provider.asked and watches.ident is None:
                watches.start()
            return any(job.stays for job in one.gateway.jobs.running.values())

        hang_up(one.url, ORDER, once=watch_it)
        (job,) = one.gateway.jobs.running.values()
        until(lambda: not job.is_watched)
        provider.go.set()
        watches.join(20)
        told = [event for _, event, _ in frames(body[0]) if event != ":"]
        assert told == ["image_generation.completed", "image.job"]


WRONG = [
    ("GET", f"{JOBS}/job_000000000000000000000000", 404, "job_000000000000000000000000"),
    ("GET", f"{JOBS}/job_0/events", 404, "job_0"),
    ("DELETE", f"{JOBS}/nothing", 404, "nothing"),
    ("GET", f"{JOBS}/job_0/pictures", 404, "/v1/images/jobs/job_0/pictures"),
    ("POST", JOBS, 405, "use GET"),
    ("PUT", f"{JOBS}/job_0", 405, "DELETE"),
    ("POST", f"{JOBS}/job_0/events", 405, "use GET"),
    ("GET", "/v1/images/quote", 405, "use POST"),
    ("GET", f"{JOBS}?limit=0", 400, "from 1 to 100"),
    ("GET", f"{JOBS}?limit=101", 400, "from 1 to 100"),
    ("GET", f"{JOBS}?limit=%C2%B2", 400, "from 1 to 100"),
    ("GET", f"{JOBS}?limit=many", 400, "from 1 to 100"),
    ("GET", f"{JOBS}?limit={'9' * 5000}", 400, "from 1 to 100"),
    ("GET", f"{JOBS}?status=done", 400, "completed"),
    ("GET", f"{JOBS}?after=job_0", 400, "id of a job"),
    ("POST", "/v1/images/quote", 400, "prompt"),
]


def test_what_cannot_be_is_said_in_words(folder: Path | None) -> None:
    with house(FakeProvider(), folder) as at:
        for method, path, status, words in WRONG:
            reply = at.call(method, path, {} if method == "POST" else None)
            assert (reply.status, path) == (status, path)
            validate_error(reply.json())
            assert words in reply.error["message"]


def test_a_quote_orders_nothing(folder: Path | None) -> None:
    provider = FakeProvider(local=False)
    with house(provider, folder) as at:
        reply = at.call("POST", "/v1/images/quote", {**ORDER, "n": 3, "style": "vivid"})
        told = reply.json()
        assert (told["object"], told["cost"], told["most"]) == ("image.quote", "0.030000", "0.030000")
        assert told["plan"] == "style=ignored"
        assert at.call("GET", JOBS).json()["data"] == []
        assert at.order({**ORDER, "n": 3}).headers["x-tintype-cost"] == told["cost"]
    assert len(provider.asked) == 1


def test_a_preference_that_cannot_be_read_is_none(folder: Path | None) -> None:
    with house(FakeProvider(), folder) as at:
        for wish in ("", "wait=soon", "respond-async=1", ";;,", "wait=99999999"):
            reply = at.order(prefer=wish)
            assert (reply.status, reply.headers.get("preference-applied")) == (200, None)


def test_preferences_in_several_headers(folder: Path | None) -> None:
    """RFC 7240, section 2: as if they were one."""
    with house(Held(), folder) as at:
        connection = HTTPConnection(urlsplit(at.url).netloc, timeout=20)
        connection.putrequest("POST", GENERATIONS)
        body = json.dumps({**ORDER, "style": "vivid"}).encode()
        for name, value in (
            ("Prefer", "respond-async"),
            ("Prefer", "handling=strict"),
            ("content-length", str(len(body))),
        ):
            connection.putheader(name, value)
        connection.endheaders(body)
        assert connection.getresponse().status == 400
        connection.close()


def test_a_stream_is_one_whatever_is_preferred(folder: Path | None) -> None:
    with house(FakeProvider(), folder) as at:
        reply = at.order({**ORDER, "stream": True}, **ASYNC)
    assert (reply.status, reply.headers["content-type"]) == (200, "text/event-stream")
    assert b"image_generation.completed" in reply.body


def test_jobs_are_read_after_a_restart(tmp_path: Path) -> None:
    with house(FakeProvider(), tmp_path) as at:
        done, given = later(at), at.order().job
        before = at.ended(done)
    with house(FakeProvider(), tmp_path) as at:
        again = at.job(done)
        assert again == before
        assert at.job(given)["result"] is None, "what was given away whole is not kept"
        assert [each["id"] for each in at.call("GET", JOBS).json()["data"]] == [given, done]


def test_other_dialects_are_answered_later_too(folder: Path | None) -> None:
    with house(FakeProvider(), folder) as at:
        body = {"contents": [{"parts": [{"text": "a cat"}]}]}
        reply = at.call("POST", "/v1beta/models/m:generateContent", body, **ASYNC)
        assert reply.status == 202
        validate_reply(at.ended(reply.json()["id"])["result"])


def test_edits_are_quoted_and_told_as_edits(folder: Path | None) -> None:
    data = base64.b64encode(png(Size(16, 16))).decode()
    edit = {**ORDER, "image": f"data:image/png;base64,{data}"}
    with house(FakeProvider(), folder) as at:
        assert at.call("POST", "/v1/images/quote", edit).json()["cost"] == "0.010000"
        id = later(at, edit)
        at.ended(id)
        events = at.call("GET", f"{JOBS}/{id}/events")
        assert b"event: image_edit.completed" in events.body

"""Whoever ordered a webhook hears how its job ended: signed, from one server alone, again until it is taken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
import structlog
from sqlalchemy import insert

from tintype.accounts.database import Database
from tintype.accounts.deliveries import Deliveries, Told
from tintype.accounts.schema import jobs
from tintype.core.errors import BadRequest
from tintype.gateway.webhooks import SCHEDULE, Secrets, Webhooks, message
from tintype.transport.posting import Poster

from ..upstream import FakeUpstream, Reply, Request, fake_upstream

HOUSE = b"the secret of the house"
LOOPBACK = (ip_network("127.0.0.0/8"),)
DONE = message("done", 1_795_166_107.5, {"id": "job_1", "status": "done"})
SOON = (0.02,) * len(SCHEDULE)
TAKES = Reply(status=204)


@dataclass
class House:
    """Webhooks over a database in a folder; several houses may share it."""

    folder: Path
    database: Database
    webhooks: Webhooks

    async def told(self, job: str = "job_1") -> Told:
        (told,) = await self.webhooks.deliveries.of(job)
        return told

    async def until(self, holds: Callable[[Told], bool], job: str = "job_1") -> Told:
        for _ in range(1000):
            if holds(told := await self.told(job)):
                return told
            await asyncio.sleep(0.01)
        raise AssertionError(f"it stays {told}")


@asynccontextmanager
async def house(folder: Path, *, starts: bool = True, secret: str = "", **more: Any) -> AsyncIterator[House]:
    database = Database.open(f"sqlite:///{folder}/house.db")
    poster = Poster(allow=LOOPBACK, seconds=more.pop("seconds", 5))
    settings = {"schedule": SOON, "poll": 0.05, "chance": lambda: 0.0, **more}
    webhooks = Webhooks(Deliveries(database), Secrets(secret, HOUSE), poster, **settings)
    if starts:
        webhooks.start()
    try:
        yield House(folder, database, webhooks)
    finally:
        await webhooks.close(1)
        await database.close()


@asynccontextmanager
async def silence() -> AsyncIterator[tuple[str, list[asyncio.StreamWriter]]]:
    """An address that never answers, and who has called."""
    calls: list[asyncio.StreamWriter] = []

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(writer)
        await reader.read()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", calls
        for writer in calls:
            writer.close()
            await writer.wait_closed()


def script(*statuses: int, **headers: str) -> Callable[[Request], Reply]:
    """One answer after the other, the last for ever."""
    left = list(statuses)

    def reply(_: Request) -> Reply:
        return Reply(status=left.pop(0) if len(left) > 1 else left[0], headers=headers)

    return reply


def verified(request: Request, secret: str) -> dict[str, Any]:
    """As a receiver does it. Raises WebhookVerificationError."""
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    headers = {name: request.header(name) for name in names}
    return dict(standardwebhooks.Webhook(secret).verify(request.body, headers))


def test_a_message_is_signed_and_taken(tmp_path: Path) -> None:
    async def main() -> None:
        async with fake_upstream(TAKES) as receiver, house(tmp_path) as here:
            await here.webhooks.order("job_1", f"{receiver.url}/hook?a=b", DONE)
            told = await here.until(lambda told: told.state == "taken")
            (request,) = receiver.requests
            assert verified(request, here.webhooks.secret_of("")) == DONE
            assert (request.method, request.path) == ("POST", "/v1/hook?a=b")
            assert request.header("content-type") == "application/json"
            assert request.header("webhook-id") == told.id
            assert (told.tries, told.due, told.failure) == (1, None, "")
            with pytest.raises(standardwebhooks.webhooks.WebhookVerificationError):
                verified(Request(request.head, request.body + b" "), here.webhooks.secret_of(""))

    asyncio.run(main())


def test_a_message_says_how_the_job_ended_and_when() -> None:
    assert DONE == {
        "type": "image.job.done",
        "timestamp": "2026-11-20T09:15:07.500000Z",
        "data": {"id": "job_1", "status": "done"},
    }


def test_what_fails_is_sent_again_under_the_same_id(tmp_path: Path) -> None:
    async def main() -> None:
        async with fake_upstream(script(500, 302, 200)) as receiver, house(tmp_path) as here:
            await here.webhooks.order("job_1", receiver.url, DONE)
            told = await here.until(lambda told: told.state == "taken")
            assert told.tries == 3
            assert {request.header("webhook-id") for request in receiver.requests} == {told.id}
            assert [verified(each, here.webhooks.secret_of("")) for each in receiver.requests] == [DONE] * 3

    asyncio.run(main())


def test_a_message_is_ordered_once_however_often_it_is(tmp_path: Path) -> None:
    async def main() -> None:
        async with fake_upstream(TAKES) as receiver, house(tmp_path) as here:
            for _ in range(3):
                await here.webhooks.order("job_1", receiver.url, DONE)
            await here.until(lambda told: told.state == "taken")
            await here.webhooks.order("job_1", receiver.url, DONE)
            await asyncio.sleep(0.1)
            assert len(receiver.requests) == 1

    asyncio.run(main())


@pytest.mark.parametrize(
    ("reply", "why", "tries"),
    [
        (script(503), "it answered 503", 1 + len(SCHEDULE)),
        (script(410), "it answered 410", 1),
        (script(500, 410), "it answered 410", 2),
        (Reply(status=200, hang=30, drop=True), "", 1),
    ],
    ids=["down for good", "gone", "gone later", "its answer has no end"],
)
def test_what_is_not_taken_is_given_up(tmp_path: Path, reply: Any, why: str, tries: int) -> None:
    async def main() -> None:
        async with fake_upstream(reply) as receiver, house(tmp_path) as here:
            await here.webhooks.order("job_1", receiver.url, DONE)
            told = await here.until(lambda told: told.due is None)
            assert (told.state, told.failure) == ("given up" if why else "taken", why)
            assert (told.tries, len(receiver.requests)) == (tries, tries)

    asyncio.run(main())


def test_a_receiver_that_is_silent_has_its_time_and_no_more(tmp_path: Path) -> None:
    async def main() -> None:
        async with silence() as (url, _), house(tmp_path, seconds=0.2, schedule=(60.0,)) as here:
            await here.webhooks.order("job_1", url, DONE)
            told = await here.until(lambda told: told.failure != "")
            assert told.failure == "it took longer than 0.2 seconds"
        async with house(tmp_path, schedule=(60.0,)) as here:
            await here.webhooks.order("job_2", url, DONE)
            told = await here.until(lambda told: told.failure != "", "job_2")
            assert told.failure == "the connection failed or was cut"

    asyncio.run(main())


@pytest.mark.parametrize(
    ("schedule", "chance", "asked", "pauses"),
    [
        (SCHEDULE, 0.0, "", [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]),
        ((5.0, 300.0), 0.5, "", [5.25, 315]),
        ((5.0, 300.0), 0.0, "77", [77, 300]),
        ((5.0,), 0.0, "9" * 9, [86_400]),
        ((5.0,), 0.0, "Fri, 31 Dec 1999 23:59:59 GMT", [5]),
        ((5.0,), 0.0, "Thu, 31 Dec 2299 23:59:59 GMT", [86_400]),
    ],
)
def test_the_pauses_are_those_of_the_standard(
    tmp_path: Path, schedule: tuple[float, ...], chance: float, asked: str, pauses: list[float]
) -> None:
    """Each longer by a chance of up to a tenth, and as long as the receiver asks for; by a clock of the test's own."""

    async def main() -> list[float]:
        now, waited = [1_000_000.0], []
        reply = script(503, **({"retry-after": asked} if asked else {}))
        more: dict[str, Any] = {"clock": lambda: now[0], "schedule": schedule, "chance": lambda: chance}
        async with fake_upstream(reply) as receiver, house(tmp_path, lease=0.5, **more) as here:
            await here.webhooks.order("job_1", receiver.url, DONE)
            for _ in schedule:
                told = await here.until(lambda told: (told.due or 0) > now[0] + 0.5)
                waited.append(round((told.due or 0) - now[0], 3))
                now[0] = told.due or 0
                here.webhooks.look()
            assert (await here.until(lambda told: told.due is None)).state == "given up"
        return waited

    assert asyncio.run(main()) == pauses


def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with fake_upstream(script(500, 200)) as receiver:
            async with house(tmp_path, schedule=(0.05,)) as here:
                await here.webhooks.order("job_1", receiver.url, DONE)
                await here.until(lambda told: told.failure != "")
            async with house(tmp_path, starts=False) as here:
                await here.webhooks.order("job_2", receiver.url, DONE)
            async with house(tmp_path) as here:
                await here.until(lambda told: told.state == "taken")
                await here.until(lambda told: told.state == "taken", "job_2")
            assert len(receiver.requests) == 3

    asyncio.run(main())


def test_what_a_killed_server_had_begun_is_sent_once_its_time_is_over(tmp_path: Path) -> None:
    async def main() -> None:
        async with fake_upstream(TAKES) as receiver, house(tmp_path, starts=False) as dead:
            await dead.webhooks.order("job_1", receiver.url, DONE)
            now = dead.webhooks._clock()
            assert len(await dead.webhooks.deliveries.claim(now, now + 0.3)) == 1
            async with house(tmp_path) as here:
                await asyncio.sleep(0.1)
                assert not receiver.requests
                assert (await here.until(lambda told: told.state == "taken")).tries == 2

    asyncio.run(main())


def test_two_servers_deliver_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with fake_upstream(TAKES) as receiver, house(tmp_path) as first, house(tmp_path) as second:
            for number in range(40):
                await first.webhooks.order(f"job_{number}", receiver.url, DONE)
                second.webhooks.look()
            for number in range(40):
                await first.until(lambda told: told.state == "taken", f"job_{number}")
            ids = [request.header("webhook-id") for request in receiver.requests]
            assert len(ids) == len(set(ids)) == 40

    asyncio.run(main())


@pytest.mark.parametrize("waiting", [50, 700])
def test_a_slow_receiver_does_not_keep_others_waiting(tmp_path: Path, waiting: int) -> None:
    """However many messages wait for it: those of others are found behind them."""

    async def main() -> None:
        async with (
            silence() as (url, calls),
            fake_upstream(TAKES) as receiver,
            house(tmp_path, starts=False, seconds=60, lease=600) as here,
        ):
            orders = (here.webhooks.order(f"slow_{number}", url, DONE) for number in range(waiting))
            await asyncio.gather(*orders)
            await here.webhooks.order("job_1", receiver.url, DONE)
            here.webhooks.start()
            await here.until(lambda told: told.state == "taken")
            async with asyncio.timeout(20):
                while len(calls) < 4:  # noqa: ASYNC110 -- they are on their way, and may come after it
                    await asyncio.sleep(0.01)
            assert len(calls) == 4

    asyncio.run(main())


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:8080/hook", "not public"),
        ("http://169.254.169.254/latest", "not public"),
        ("http://[::1]/hook", "not public"),
        ("http://rebound.example/hook", "not public"),
        ("http://nowhere.example/hook", "not known"),
        ("ftp://hooks.example/", "only http and https"),
        ("https://me:hush@hooks.example/", "a name or a password"),
    ],
)
def test_an_address_of_the_house_is_refused_when_it_is_ordered(tmp_path: Path, url: str, why: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        if host == "rebound.example":
            return ["1.1.1.1", "10.0.0.1"]
        raise OSError("no such name")

    async def main() -> str:
        database = Database.open(f"sqlite:///{tmp_path}/house.db")
        webhooks = Webhooks(Deliveries(database), Secrets("", HOUSE), Poster(resolve=resolve))
        with pytest.raises(BadRequest) as caught:
            await webhooks.promise("job_1", url, param="webhook.url")
        assert await webhooks.deliveries.of("job_1") == []
        await database.close()
        assert (caught.value.param, caught.value.code) == ("webhook.url", "invalid_webhook_url")
        return str(caught.value)

    text = asyncio.run(main())
    assert why in text
    assert "hush" not in text


def test_an_address_that_leads_into_the_house_later_is_not_called(tmp_path: Path) -> None:
    """It was public when it was ordered."""

    async def main() -> None:
        answers = [["1.1.1.1"], ["127.0.0.1"]]

        async def resolve(host: str, port: int) -> list[str]:
            return answers.pop(0)

        async with fake_upstream(TAKES) as receiver, house(tmp_path, schedule=(60.0,)) as here:
            here.webhooks._poster = Poster(resolve=resolve)
            url = f"http://hooks.example:{receiver.port}/"
            await here.webhooks.promise("job_1", url)
            await here.webhooks.order("job_1", url, DONE)
            told = await here.until(lambda told: told.failure != "")
            assert told.failure == "its host is in a network that is not public"
            assert not receiver.requests

    asyncio.run(main())


def test_every_account_has_a_secret_of_its_own(tmp_path: Path) -> None:
    async def main() -> FakeUpstream:
        async with fake_upstream(TAKES) as receiver, house(tmp_path) as here:
            for job, account in (("job_1", "acc_a"), ("job_2", "acc_b")):
                await here.database.write(_job(job, account))
                await here.webhooks.order(job, receiver.url, message("done", 1, {"id": job}))
                await here.until(lambda told: told.state == "taken", job)
                assert verified(receiver.requests[-1], here.webhooks.secret_of(account))["data"] == {
                    "id": job
                }
            assert len({here.webhooks.secret_of(account) for account in ("", "acc_a", "acc_b")}) == 3
            return receiver

    asyncio.run(main())


def _job(id: str, account: str = "", state: str = "running") -> Callable[[Any], None]:
    row = {"id": id, "account": account, "state": state, "process": "p", "created": 1.0, "day": "2026-11-29"}
    return lambda connection: connection.execute(insert(jobs).values(row)) and None


def test_a_promise_of_a_killed_server_is_found(tmp_path: Path) -> None:
    async def main() -> None:
        async with fake_upstream(TAKES) as receiver, house(tmp_path, starts=False) as here:
            for job, state in (("job_1", "interrupted"), ("job_2", "running"), ("job_3", "done")):
                await here.database.write(_job(job, state=state))
                await here.webhooks.promise(job, receiver.url)
            await here.webhooks.order("job_3", receiver.url, DONE)
            assert await here.webhooks.owed() == [("job_1", receiver.url)]
            here.webhooks.start()
            await here.webhooks.order("job_1", receiver.url, message("interrupted", 1, {"id": "job_1"}))
            await here.until(lambda told: told.state == "taken")
            assert await here.webhooks.owed() == []
            assert (await here.told("job_2")).state == "promised"

    asyncio.run(main())


def test_secrets_are_those_of_the_standard() -> None:
    own = "whsec_" + "QUJD" * 12
    assert Secrets(own, HOUSE).of("") == own
    assert Secrets(own, HOUSE).of("a") == Secrets(own, b"other").of("a") != Secrets("", HOUSE).of("a")
    for secret in (Secrets("", HOUSE).of("a"), Secrets(own, HOUSE).of("a")):
        assert secret.startswith("whsec_")
        assert standardwebhooks.Webhook(secret)


@pytest.mark.parametrize("wrong", ["hush-hush", "whsec_%%%", "whsec_QUJD", "whsec_" + "QUJD" * 30])
def test_a_wrong_secret_is_refused_and_not_repeated(wrong: str) -> None:
    with pytest.raises(ValueError, match="webhook_secret") as caught:
        Secrets(wrong, HOUSE)
    assert wrong not in str(caught.value)


def test_what_is_over_is_forgotten_after_a_month_and_its_body_at_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with fake_upstream(TAKES) as receiver, house(tmp_path) as here:
            await here.webhooks.order("job_1", receiver.url, DONE)
            await here.until(lambda told: told.state == "taken")
            told: Mapping[str, Any] = await here.database.read(_row)
            assert "job_1" not in told["body"]
        async with house(tmp_path, clock=lambda: told["created"] + 31 * 86_400) as here:
            for _ in range(500):
                if not await here.webhooks.deliveries.of("job_1"):
                    return
                await asyncio.sleep(0.01)
            raise AssertionError("it is still there")

    asyncio.run(main())


def _row(connection: Any) -> dict[str, Any]:
    from tintype.accounts.schema import deliveries

    return dict(connection.execute(deliveries.select()).mappings().one())


def test_no_secret_is_shown() -> None:
    secrets = Secrets("whsec_" + "QUJD" * 12, HOUSE)
    assert "QUJD" not in repr(secrets) + json.dumps(DONE)


def test_the_log_tells_of_a_receiver_without_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = structlog.testing.LogCapture()
    heard = structlog.wrap_logger(None, processors=[capture], wrapper_class=structlog.BoundLogger)
    monkeypatch.setattr("tintype.gateway.webhooks._log", heard)

    async def main() -> None:
        async with fake_upstream(script(500, 410)) as receiver, house(tmp_path) as here:
            await here.webhooks.order("job_1", f"{receiver.url}/services/hush?token=hush", DONE)
            await here.until(lambda told: told.state == "given up")
            told = [(line["event"], line["host"]) for line in capture.entries]
            host = f"127.0.0.1:{receiver.port}"
            assert told == [("webhook failed", host), ("webhook given up", host)]
            assert "hush" not in str(capture.entries)

    asyncio.run(main())


def test_the_receiver_of_the_documentation_receives(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")
    code = page.partition("```python\n")[2].partition("```")[0]
    known: dict[str, Any] = {}
    exec(code, known)

    async def main() -> list[str]:
        async with fake_upstream(script(500, 200)) as receiver, house(tmp_path) as here:
            await here.webhooks.order("job_1", receiver.url, DONE)
            await here.until(lambda told: told.state == "taken")
            names = ("webhook-id", "webhook-timestamp", "webhook-signature")
            return [
                known["receive"](
                    {name: each.header(name) for name in names}, each.body, here.webhooks.secret_of("")
                )
                for each in receiver.requests
            ]

    assert asyncio.run(main()) == ["image.job.done", "told before"]

"""Ready is who should be asked: what it stands on answers in time, and it is not about to stop."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from tintype.core import Grid, ModelCard, Sizes
from tintype.dialects import all_dialects
from tintype.gateway.settings import Settings
from tintype.server import readiness
from tintype.server.app import App
from tintype.server.door import Door
from tintype.server.opening import Rooms
from tintype.server.readiness import Readiness

from ..fakes import FakeProvider
from ..serving import fake_gateway

CARD = ModelCard(id="m", provider="p", sizes=Sizes(grid=Grid()))


async def well() -> None: ...


async def broken() -> None:
    raise ConnectionError("postgresql://user:secret@host")


async def hangs() -> None:
    await asyncio.sleep(600)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "PATIENCE", 0.1)


def app(**checks: Any) -> App:
    gateway = fake_gateway(FakeProvider(), CARD)
    rooms = Rooms(gateway=gateway, door=Door(), checks=checks)
    return App(gateway, all_dialects(), Settings(), rooms=rooms)


async def ask(app: App, path: str, method: str = "GET") -> tuple[int, Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    await app(
        {
            "type": "http",
            "method": method,
            "path": path,
            "headers": [],
            "query_string": b"",
            "scheme": "http",
        },
        receive,
        send,
    )
    return sent[0]["status"], msgspec.json.decode(sent[1]["body"]) if sent[1]["body"] else None


@pytest.mark.parametrize(
    ("checks", "reasons"),
    [
        ({}, {}),
        ({"database": well, "store": well}, {}),
        ({"database": broken, "store": well}, {"database": "It failed: ConnectionError."}),
        (
            {"database": hangs, "store": broken},
            {"database": "It did not answer within 0.1 seconds.", "store": "It failed: ConnectionError."},
        ),
    ],
)
def test_it_is_ready_when_all_that_it_stands_on_answers(checks: Any, reasons: dict[str, str]) -> None:
    async def run() -> tuple[int, Any]:
        told = app(**checks)
        answer = await ask(told, "/readyz")
        await told._readiness.close()
        return answer

    status, body = asyncio.run(run())
    assert status == (503 if reasons else 200)
    assert body == ({"status": "not ready", "reasons": reasons} if reasons else {"status": "ready"})


def test_checks_are_made_at_once() -> None:
    async def run() -> dict[str, str]:
        others = asyncio.Barrier(10)

        async def waits_for_the_others() -> None:
            await others.wait()

        return await Readiness({str(position): waits_for_the_others for position in range(10)}).reasons()

    assert asyncio.run(run()) == {}


def test_a_check_that_hangs_is_not_begun_again_and_one_that_ended_is() -> None:
    begun = {"hangs": 0, "broken": 0}

    async def counted_hang() -> None:
        begun["hangs"] += 1
        await hangs()

    async def counted_failure() -> None:
        begun["broken"] += 1
        await broken()

    async def run() -> None:
        ready = Readiness({"hangs": counted_hang, "broken": counted_failure})
        for _ in range(3):
            one, other = await asyncio.gather(ready.reasons(), ready.reasons())
            assert one == other
            assert set(one) == {"hangs", "broken"}
        await ready.close()

    asyncio.run(run())
    assert begun["hangs"] == 1
    assert begun["broken"] == 3


def test_who_is_about_to_stop_is_alive_and_not_ready() -> None:
    async def run() -> None:
        told = app(database=well)
        assert (await ask(told, "/readyz"))[0] == 200
        told.begin_draining()
        status, body = await ask(told, "/readyz/")
        assert (status, body["reasons"]) == (503, {"server": "It is about to stop."})
        status, body = await ask(told, "/healthz")
        assert (status, body["status"]) == (200, "ok")

    asyncio.run(run())


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("POST", 405)])
def test_it_is_read_only(method: str, status: int) -> None:
    assert asyncio.run(ask(app(database=well), "/readyz", method))[0] == status

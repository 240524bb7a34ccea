"""Callers with keys: who gets in, what each may do and see, and what it costs, in the words of every service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openai
import pytest
import structlog

from tintype.accounts.keys import Keys
from tintype.server.opening import Rooms

from ..fakes import FakeProvider
from .houses import GENERATIONS, JOBS, ORDER, Held, House, house, until
from .test_once import DIALECTS

PRICE = "0.010000"


@dataclass
class Desk:
    """Makes accounts and keys; `secrets` are the keys by name."""

    accounts: dict[str, dict[str, int]]
    keys: dict[str, dict[str, Any]]
    secrets: dict[str, str] = field(default_factory=dict)

    async def __call__(self, rooms: Rooms) -> None:
        office = rooms.office
        assert office is not None
        owners, ledger, keys = office.owners, office.ledger, office.keys  # those of the door, which remember
        for name, terms in self.accounts.items():
            await owners.make(name, prepaid="prepaid" in terms)
            if "prepaid" in terms:
                await ledger.credit((await owners.find(name)).id, terms["prepaid"])
        for name, more in self.keys.items():
            _, self.secrets[name] = await keys.make(name, **more)

    def of(self, name: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.secrets[name]}"}


@contextmanager
def keyed(
    folder: Path,
    provider: FakeProvider | None = None,
    accounts: dict[str, dict[str, int]] | None = None,
    **keys: dict[str, Any],
) -> Iterator[tuple[House, Desk]]:
    desk = Desk(accounts or {}, keys or {"one": {}})
    with house(provider or FakeProvider(), folder, prepare=desk) as at:
        yield at, desk


def words(body: bytes) -> str:
    """The message of an error, wherever a service has it."""
    told = json.loads(body)
    error = told.get("error", told)
    return (
        str(error if isinstance(error, str) else error["message"]) if "errors" not in told else told["errors"]
    )


def test_without_a_key_nobody_gets_in_whatever_is_spoken(tmp_path: Path) -> None:
    provider = FakeProvider()
    with keyed(tmp_path, provider) as (at, desk):
        for name, (path, body) in DIALECTS.items():
            for headers, said in (({}, "key is missing"), ({"authorization": "Bearer tt-no"}, "not known")):
                reply = at.call("POST", path, body, **headers)
                assert (name, reply.status) == (name, 401)
                assert said in words(reply.body)
                assert reply.headers["x-should-retry"] == "false"
            assert at.call("POST", path, body, **desk.of("one")).status == 200
        assert at.call("GET", "/v1/models").status == 401
        assert at.call("GET", JOBS).status == 401
        assert at.call("POST", "/v1/images/quote", ORDER).status == 401
        assert at.call("GET", "/healthz").status == 200
    assert len(provider.asked) == len(DIALECTS)


def test_a_key_is_taken_wherever_a_client_puts_it(tmp_path: Path) -> None:
    with keyed(tmp_path) as (at, desk):
        secret = desk.secrets["one"]
        for headers in (
            {"authorization": f"Bearer {secret}"},
            {"authorization": secret},
            {"api_key": secret},
            {"x_api_key": secret},
            {"x_goog_api_key": secret},
        ):
            assert at.order(**headers).status == 200
        assert at.call("POST", f"{GENERATIONS}?key={secret}", ORDER).status == 200


@pytest.mark.parametrize("name", ["gemini", "azure", "octen", "nanogpt", "gptproto", "automatic1111"])
def test_a_dialect_that_is_not_the_keys(tmp_path: Path, name: str) -> None:
    path, body = DIALECTS[name]
    with keyed(tmp_path, one={"dialects": ("openai-*",)}) as (at, desk):
        reply = at.call("POST", path, body, **desk.of("one"))
        assert reply.status == 403
        assert "may not use the" in words(reply.body)
        assert at.order(**desk.of("one")).status == 200


LISTS = (
    "/v1/models",
    "/nanogpt/api/v1/models",
    "/nanogpt/api/v1/image-models",
    "/nanogpt/v1/images/models",
    "/v1beta/models",
    "/openai/models",
    "/openai/deployments",
    "/octen/v1/models",
    "/gptproto/v1/models",
    "/znapai/models",
    "/sdapi/v1/sd-models",
)


def test_a_model_that_is_not_the_keys(tmp_path: Path) -> None:
    other = {"model": "m", "prompt": "a cat"}
    with keyed(tmp_path, one={"models": ("other-*",)}, two={"models": ("m",)}) as (at, desk):
        reply = at.order(other, **desk.of("one"))
        assert (reply.status, reply.error["code"]) == (404, "model_not_allowed")
        assert reply.headers["x-should-retry"] == "false"
        assert at.order({"prompt": "a cat"}, **desk.of("one")).status == 404, "nor as the default"
        chat = {"model": "other-word-model", "messages": [{"role": "user", "content": "a cat"}]}
        assert at.call("POST", "/v1/chat/completions", chat, **desk.of("one")).status == 404
        assert at.order(other, **desk.of("two")).status == 200
        assert at.call("GET", JOBS, **desk.of("one")).json()["data"] == []
        there = 0
        for path in LISTS:
            lists = [at.call("GET", path, **desk.of(name)) for name in ("one", "two")]
            if lists[1].status == 200:
                there += 1
                assert b'"m' in lists[1].body or b"/m" in lists[1].body, path
                assert b'"m"' not in lists[0].body, path
                assert b'"models/m"' not in lists[0].body, path
        assert there >= 7
        for path in ("/v1/models/m", "/v1beta/models/m", "/openai/models/m"):
            assert at.call("GET", path, **desk.of("two")).status == 200
            assert at.call("GET", path, **desk.of("one")).status == 404


def test_a_quote_is_for_what_the_key_may_use(tmp_path: Path) -> None:
    with keyed(tmp_path, one={"models": ("other",)}) as (at, desk):
        reply = at.call("POST", "/v1/images/quote", ORDER, **desk.of("one"))
        assert (reply.status, reply.error["code"]) == (404, "model_not_allowed")


def test_jobs_are_seen_by_their_account_and_by_an_admin(tmp_path: Path) -> None:
    keys: dict[str, dict[str, Any]] = {
        "one": {"account": "a"},
        "two": {"account": "a"},
        "other": {"account": "b"},
        "admin": {"account": "b", "admin": True},
    }
    provider = Held(local=False)
    with keyed(tmp_path, provider, {"a": {}, "b": {}}, **keys) as (at, desk):
        id = at.order(prefer="respond-async", **desk.of("one")).json()["id"]

        def seen(name: str) -> tuple[int, int, bool]:
            status = at.call("GET", f"{JOBS}/{id}", **desk.of(name)).status
            watching = 404 if status == 404 else 200
            listed = at.call("GET", JOBS, **desk.of(name)).json()["data"]
            return status, watching, id in [job["id"] for job in listed]

        for _ in ("while it runs", "after its end"):
            assert [seen(name)[0] for name in keys] == [200, 200, 404, 200]
            assert [seen(name)[2] for name in keys] == [True, False, False, True]
            assert at.call("GET", f"{JOBS}/{id}/events", **desk.of("other")).status == 404
            assert at.call("DELETE", f"{JOBS}/{id}", **desk.of("other")).status == 404
            provider.go.set()
            at.idle()
        task = f"/gptproto/api/v3/tasks/result/{id}"
        assert at.call("GET", task, **desk.of("one")).json()["status"] == "completed"
        assert at.call("GET", task, **desk.of("other")).json()["status"] == "expired"
        assert at.call("DELETE", f"{JOBS}/{id}", **desk.of("admin")).json()["deleted"] == 1


def test_two_keys_give_an_order_the_same_name(tmp_path: Path) -> None:
    provider = FakeProvider()
    with keyed(tmp_path, provider, one={}, two={}) as (at, desk):
        jobs = [at.order(**desk.of(name), idempotency_key="k").job for name in ("one", "two", "one")]
        assert jobs[0] == jobs[2] != jobs[1]
    assert len(provider.asked) == 2


def test_a_strict_key_is_strict_without_being_asked(tmp_path: Path) -> None:
    with keyed(tmp_path, one={"strict": True}, two={}) as (at, desk):
        styled = {**ORDER, "style": "vivid"}
        reply = at.order(styled, **desk.of("one"))
        assert (reply.status, reply.error["message"]) == (400, "Unknown parameter: 'style'.")
        assert at.order(styled, **desk.of("two")).status == 200


def test_what_it_cost_and_what_is_left(tmp_path: Path) -> None:
    with keyed(tmp_path, accounts={"a": {"prepaid": 25_000}}, one={"account": "a"}) as (at, desk):
        facts = []
        for _ in range(2):
            reply = at.order(**desk.of("one"))
            facts.append((reply.headers["x-tintype-cost"], reply.headers["x-tintype-balance"]))
            assert reply.job.startswith("job_")
        assert facts == [(PRICE, "0.015000"), (PRICE, "0.005000")]
        receipt = at.job(reply.job, **desk.of("one"))["receipt"]
        assert (receipt["cost"], receipt["charged"], receipt["balance"]) == (PRICE, PRICE, "0.005000")
        reply = at.order(**desk.of("one"))
        assert (reply.status, reply.error["code"]) == (402, "insufficient_quota")
        assert reply.headers["x-should-retry"] == "false"
        assert "$0.01" in reply.error["message"]
        assert "$0.005" in reply.error["message"]


def test_the_log_tells_what_was_held_and_what_it_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged = structlog.testing.LogCapture()
    heard = structlog.wrap_logger(None, processors=[logged], wrapper_class=structlog.BoundLogger)
    monkeypatch.setattr("tintype.server.app.log", heard)
    with keyed(tmp_path, accounts={"a": {"prepaid": 25_000}}, one={"account": "a"}) as (at, desk):
        at.order({**ORDER, "n": 2}, **desk.of("one"))
        at.order({**ORDER, "n": 2}, **desk.of("one"))
    lines = [line for line in logged.entries if line["event"] == "request"]
    assert [(line.get("hold"), line["cost"]) for line in lines] == [(20_000, 20_000), (None, None)], lines


def test_a_stream_names_its_job_and_the_job_tells_the_cost(tmp_path: Path) -> None:
    with keyed(tmp_path, accounts={"a": {"prepaid": 25_000}}, one={"account": "a"}) as (at, desk):
        reply = at.order({**ORDER, "stream": True}, **desk.of("one"))
        at.idle()
        assert at.job(reply.job, **desk.of("one"))["receipt"]["balance"] == "0.015000"


@pytest.mark.parametrize("way", ["plain", "stream", "later", "wait", "named"])
def test_out_of_credit_however_it_is_ordered(tmp_path: Path, way: str) -> None:
    headers = {
        "later": {"prefer": "respond-async"},
        "wait": {"prefer": "wait=5"},
        "named": {"idempotency_key": "k"},
    }.get(way, {})
    provider = FakeProvider()
    with keyed(tmp_path, provider, {"a": {"prepaid": 5_000}}, one={"account": "a"}) as (at, desk):
        reply = at.order({**ORDER, "stream": way == "stream"}, **headers, **desk.of("one"))
        assert (reply.status, reply.error["code"]) == (402, "insufficient_quota")
        assert at.call("GET", JOBS, **desk.of("one")).json()["data"] == []
        with (
            at.client(desk.secrets["one"], max_retries=2) as client,
            pytest.raises(openai.APIStatusError) as caught,
        ):
            client.images.generate(model="m", prompt="a cat")
        assert caught.value.status_code == 402
    assert provider.asked == []


SERVICES = {  # the status of: no credit, too many at once, no such model, another order
    "openai": (402, 429, 404, 409),
    "azure": (402, 429, 404, 409),
    "gemini": (429, 429, 404, 409),
    "imagen": (429, 429, 404, 409),
    "interactions": (429, 429, 404, 409),
    "nanogpt": (402, 429, 404, 409),
    "octen": (403, 429, 404, 409),
    "znapai": (402, 429, 404, 409),
    "gptproto": (403, 429, 404, 409),
    "responses": (402, 429, 404, 409),
    "chat": (402, 429, 404, 409),
    "automatic1111": (402, 429, 404, 409),
}


@pytest.mark.parametrize("name", SERVICES)
def test_this_houses_own_refusals_in_the_words_of_each_service(tmp_path: Path, name: str) -> None:
    path, body = DIALECTS[name]
    other = json.loads(json.dumps(body).replace("a cat", "a dog"))
    keys: dict[str, dict[str, Any]] = {
        "poor": {"account": "poor"},
        "busy": {"at_once": 1},
        "barred": {"models": ("other",)},
        "twice": {},
    }
    provider = Held()
    with keyed(tmp_path, provider, {"poor": {"prepaid": 5_000}}, **keys) as (at, desk):
        replies = [at.call("POST", path, body, **desk.of("poor"))]
        at.order(prefer="respond-async", **desk.of("busy"))
        until(lambda: at.gateway.jobs.running)
        replies.append(at.call("POST", path, body, **desk.of("busy")))
        replies.append(at.call("POST", path, body, **desk.of("barred")))
        provider.go.set()
        at.idle()
        assert at.call("POST", path, body, idempotency_key="k", **desk.of("twice")).status == 200
        replies.append(at.call("POST", path, other, idempotency_key="k", **desk.of("twice")))
    assert tuple(reply.status for reply in replies) == SERVICES[name]
    said = ("This order may cost", "at once", "may not use", "another order")
    for reply, part in zip(replies, said, strict=True):
        assert part in words(reply.body)
    assert replies[1].headers["retry-after"] == "1"
    assert [reply.headers.get("x-should-retry") for reply in replies] == ["false", None, "false", "false"]


def test_a_task_that_cannot_be_paid(tmp_path: Path) -> None:
    with keyed(tmp_path, accounts={"a": {"prepaid": 5_000}}, one={"account": "a"}) as (at, desk):
        reply = at.call(
            "POST", "/gptproto/api/v3/images", {"model": "m", "prompt": "a cat"}, **desk.of("one")
        )
        assert (reply.status, reply.json()["code"], reply.json()["type"]) == (402, 402, "error")


def test_nanogpts_bill_and_balance(tmp_path: Path) -> None:
    path, body = DIALECTS["nanogpt"]
    with keyed(tmp_path, accounts={"a": {"prepaid": 25_000}}, one={"account": "a"}, two={}) as (at, desk):
        reply = at.call("POST", path, body, **desk.of("one"), idempotency_key="k")
        told = reply.json()
        assert (told["cost"], told["remainingBalance"], told["paymentSource"]) == (0.01, 0.015, "USD")
        assert at.call("POST", path, body, **desk.of("one"), idempotency_key="k").body == reply.body
        balance = at.call("POST", "/nanogpt/api/check-balance", {}, **desk.of("one")).json()
        assert balance["usd_balance"] == "0.01500000"
        page = f"/nanogpt/api/v1/usage/requests/{reply.headers['x-request-id']}"
        assert at.call("GET", page, **desk.of("one")).json()["cost"] == "0.01000000"
        assert at.call("GET", page, **desk.of("two")).status == 404
        assert at.call("POST", path, body, **desk.of("two")).json()["remainingBalance"] == 0


def test_a_key_that_is_revoked_is_out_within_moments(tmp_path: Path) -> None:
    with keyed(tmp_path) as (at, desk):
        assert at.order(**desk.of("one")).status == 200
        assert at.rooms.database is not None
        asyncio.run(Keys(at.rooms.database).revoke("one"))
        until(lambda: at.order(**desk.of("one")).status == 401)
        assert "revoked" in at.order(**desk.of("one")).error["message"]

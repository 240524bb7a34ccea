"""What /openapi.json says of jobs and orders is so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from tintype.core.errors import Refused

from ..fakes import FakeProvider
from .houses import GENERATIONS, JOBS, ORDER, Held, House, Reply, house, until
from .test_once import DIALECTS

PAGE = f"{JOBS}/{{id}}"


@pytest.fixture(scope="module")
def document() -> Iterator[dict[str, Any]]:
    with house(FakeProvider()) as at:
        yield at.call("GET", "/openapi.json").json()


def holds(document: dict[str, Any], method: str, path: str, reply: Reply) -> Any:
    """The answer is one that the document tells of; it is returned."""
    responses = document["paths"][path][method.lower()]["responses"]
    told = responses.get(str(reply.status), responses["default"])
    schema = told["content"][reply.headers["content-type"].partition(";")[0]].get("schema", {})
    found = reply.json()
    validator = jsonschema.Draft202012Validator({**schema, "components": document["components"]})
    assert [fault.message for fault in validator.iter_errors(found)] == []
    return found


def test_every_call_is_there_with_what_it_takes(document: dict[str, Any]) -> None:
    calls = {
        (JOBS, "get"),
        (PAGE, "get"),
        (PAGE, "delete"),
        (f"{PAGE}/events", "get"),
        ("/v1/images/quote", "post"),
    }
    for path, method in calls:
        call = document["paths"][path][method]
        assert call["summary"]
        assert call["tags"] == ["server"]
        assert "default" in call["responses"]
    (named,) = [
        each for each in document["paths"][f"{PAGE}/events"]["get"]["parameters"] if each["in"] == "header"
    ]
    assert named["name"] == "Last-Event-ID"
    queries = {each["name"] for each in document["paths"][JOBS]["get"]["parameters"]}
    assert queries == {"limit", "after", "status"}
    bodies = document["paths"]["/v1/images/quote"]["post"]["requestBody"]["content"]
    assert bodies == document["paths"][GENERATIONS]["post"]["requestBody"]["content"]


def test_every_order_may_be_answered_later_and_have_a_name(document: dict[str, Any]) -> None:
    for path in (
        GENERATIONS,
        "/v1beta/models/{model}:generateContent",
        "/v1/chat/completions",
        "/sdapi/v1/txt2img",
    ):
        call = document["paths"][path]["post"]
        named = {each["name"] for each in call["parameters"] if each["in"] == "header"}
        assert {"Prefer", "Idempotency-Key"} <= named
        assert call["responses"]["202"]["content"]["application/json"] == {
            "schema": {"$ref": "#/components/schemas/Job"}
        }
    assert "202" not in document["paths"]["/v1/models"]["get"]["responses"]


@pytest.mark.parametrize("fails", [None, Refused("no")])
def test_jobs_are_as_they_are_described(document: dict[str, Any], fails: Exception | None) -> None:
    with house(FakeProvider(fails=fails, local=False, pause=0.3)) as at:
        accepted = holds(document, "POST", GENERATIONS, at.order(prefer="respond-async"))
        id = accepted["id"]

        def page() -> Any:
            return holds(document, "GET", PAGE, at.call("GET", f"{JOBS}/{id}"))

        page()
        holds(document, "GET", JOBS, at.call("GET", JOBS))
        until(lambda: page()["status"] in ("completed", "failed"))
        assert (page()["error"] is None) is (fails is None)
        listed = holds(document, "GET", JOBS, at.call("GET", f"{JOBS}?limit=1"))
        assert listed["data"][0]["id"] == id
        assert "deleted" in holds(document, "DELETE", PAGE, at.call("DELETE", f"{JOBS}/{id}"))
        holds(document, "GET", PAGE, at.call("GET", f"{JOBS}/nothing"))
        holds(document, "GET", JOBS, at.call("GET", f"{JOBS}?limit=x"))
        holds(document, "DELETE", PAGE, at.call("DELETE", f"{JOBS}/nothing"))


def test_quotes_are_as_they_are_described(document: dict[str, Any]) -> None:
    with house(FakeProvider()) as at:
        for body in (ORDER, {**ORDER, "n": 4}, {"prompt": ""}, {**ORDER, "n": 0}, {**ORDER, "model": "none"}):
            holds(document, "POST", "/v1/images/quote", at.call("POST", "/v1/images/quote", body))


@pytest.mark.parametrize("order", [{}, {"n": 2}, {"stream": True}, {"quality": "high"}])
def test_a_quote_tells_the_plan_that_the_order_has(order: dict[str, Any]) -> None:
    body = {**ORDER, **order, "response_format": "url"}
    with house(FakeProvider()) as at:
        told = json.loads(at.call("POST", "/v1/images/quote", body).body)["plan"]
        assert told == at.call("POST", GENERATIONS, body).headers["x-tintype-plan"]


def order_later(at: House, name: str) -> Reply:
    path, body = DIALECTS[name]
    return at.call("POST", path, body, prefer="respond-async")


@pytest.mark.parametrize("name", [name for name in DIALECTS if "stream" not in name])
def test_a_202_is_the_same_in_every_dialect(document: dict[str, Any], name: str) -> None:
    with house(Held()) as at:
        reply = order_later(at, name)
        assert reply.status == 202
        assert holds(document, "POST", GENERATIONS, reply)["url"] == reply.headers["location"]
        assert json.loads(reply.body)["events_url"] == f"{reply.headers['location']}/events"
        at.call("DELETE", f"{JOBS}/{reply.job}")

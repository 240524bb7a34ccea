"""Spans of requests and of what happens within them, in the caller's trace, and without what nobody should read."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest
import structlog

from tintype.core import Access, Grid, ImageRequest, ModelCard, Sizes
from tintype.core.errors import Refused, Unavailable
from tintype.gateway.gateway import Gateway
from tintype.gateway.offers import Offer, Offers
from tintype.providers.openai import OpenAI
from tintype.server.telemetry import Traces
from tintype.server.watch import Watch

from ..fakes import FakeProvider
from ..faults import faulty_upstream
from ..serving import fake_gateway, serving
from ..whole.test_http import call

CARD = ModelCard(id="m", provider="p", max_n=1, sizes=Sizes(grid=Grid()))
TRACE_ID, PARENT_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CALLED = f"00-{TRACE_ID}-{PARENT_ID}-01"


class Spans:
    """Those that have ended, kept by OpenTelemetry's own exporter."""

    def __init__(self) -> None:
        sdk, export = (
            import_module("opentelemetry.sdk.trace"),
            import_module("opentelemetry.sdk.trace.export"),
        )
        memory = import_module("opentelemetry.sdk.trace.export.in_memory_span_exporter")
        self._exporter = memory.InMemorySpanExporter()
        provider = sdk.TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(export.SimpleSpanProcessor(self._exporter))
        self.watch = Watch(Traces(provider))

    def named(self, name: str) -> list[Any]:
        return [span for span in self.all() if span.name == name]

    def all(self) -> list[Any]:
        return list(self._exporter.get_finished_spans())


@pytest.fixture
def spans() -> Spans:
    return Spans()


@contextmanager
def observed(spans: Spans, provider: Any, card: ModelCard = CARD) -> Iterator[str]:
    with serving(fake_gateway(provider, card), watch=spans.watch) as address:
        yield address


ORDER = {"prompt": "a secret plan", "n": 2}


@pytest.mark.parametrize("stream", [False, True])
def test_a_request_and_its_attempts_are_in_the_trace_of_the_caller(spans: Spans, stream: bool) -> None:
    with observed(spans, FakeProvider()) as address:
        order = {"prompt": "a secret plan", "stream": True} if stream else ORDER
        _, headers, _ = call(address, "POST", "/v1/images/generations?key=secret", order, traceparent=CALLED)
    (request,) = spans.named("POST /images/generations")
    attempts = spans.named("attempt m")
    assert len(attempts) == (1 if stream else 2)
    for span in spans.all():
        assert f"{span.context.trace_id:032x}" == TRACE_ID
        assert "secret" not in span.to_json()
    assert f"{request.parent.span_id:016x}" == PARENT_ID
    told = request.attributes
    assert told["http.request.method"] == "POST"
    assert told["http.route"] == "/images/generations"
    assert told["url.path"] == "/v1/images/generations"
    assert told["http.response.status_code"] == 200
    assert told["tintype.dialect"] == "openai-images"
    assert (told["tintype.model"], told["tintype.provider"]) == ("m", "fake")
    assert told["tintype.request_id"] == headers["x-request-id"]
    assert ("n=filled" in told["tintype.plan"]) if not stream else "tintype.plan" not in told
    for span in attempts:
        assert span.parent.span_id == request.context.span_id
        assert request.start_time - 2_000_000 <= span.start_time <= span.end_time
        assert span.attributes["tintype.outcome"] == "drawn"
        assert span.attributes["tintype.job"] == told["tintype.job"]
        assert span.status.status_code.name == "UNSET"


@pytest.mark.parametrize(
    ("error", "status", "code", "span_status"),
    [
        (Unavailable("It is down."), 503, "upstream_unavailable", "ERROR"),
        (Refused("Not that."), 400, "moderation_blocked", "UNSET"),
    ],
)
def test_what_went_wrong_is_told(
    spans: Spans, error: Exception, status: int, code: str, span_status: str
) -> None:
    with observed(spans, FakeProvider(fails=error)) as address:
        assert call(address, "POST", "/v1/images/generations", {"prompt": "a cat"})[0] == status
    (request,) = spans.named("POST /images/generations")
    assert request.attributes["error.type"] == code
    assert request.status.status_code.name == span_status, "a caller's own fault is none of the server's"
    attempts = spans.named("attempt m")
    assert attempts
    for span in attempts:
        assert span.attributes["error.type"] == code
        assert span.status.status_code.name == "ERROR"


def test_addresses_that_nobody_knows_make_no_names(spans: Spans) -> None:
    with observed(spans, FakeProvider()) as address:
        for path in ("/made/up/1", "/admin/made/up/2", "/pictures/unguessable"):
            call(address, "GET", path)
        call(address, "GET", "/admin/accounts/acme")
        call(address, "PROPFIND", "/made/up/3")
        call(address, "OPTIONS", "/pictures/unguessable")
    names = ["GET", "GET", "GET /pictures/{name}", "GET /admin/accounts/{account}", "_OTHER", "OPTIONS"]
    assert [span.name for span in spans.all()] == names
    assert "unguessable" not in "".join(span.to_json() for span in spans.all())


def test_a_caller_without_a_trace_begins_one_and_side_by_side_they_are_apart(spans: Spans) -> None:
    async def run(address: str) -> None:
        asked = [asyncio.to_thread(call, address, "POST", "/v1/images/generations", ORDER) for _ in range(6)]
        await asyncio.gather(*asked)

    with observed(spans, FakeProvider(pause=0.02)) as address:
        asyncio.run(run(address))
    requests = {span.context.trace_id: span for span in spans.named("POST /images/generations")}
    assert len(requests) == 6
    assert all(span.parent is None for span in requests.values())
    attempts = spans.named("attempt m")
    assert len(attempts) == 12
    for span in attempts:
        assert span.parent.span_id == requests[span.context.trace_id].context.span_id


def test_a_caller_may_say_that_it_is_not_to_be_kept(spans: Spans) -> None:
    with observed(spans, FakeProvider()) as address:
        call(address, "POST", "/v1/images/generations", ORDER, traceparent=CALLED[:-2] + "00")
        call(address, "GET", "/healthz", traceparent="nonsense")
    assert [span.name for span in spans.all()] == ["GET /healthz"]


def test_the_trace_goes_on_at_the_upstream(spans: Spans) -> None:
    with faulty_upstream() as upstream:
        for watch in (spans.watch, None):
            provider = OpenAI.open(Access(name="far", key="k", base_url=upstream.url))
            gateway = Gateway(offers=Offers([Offer(CARD, provider)], default="m"), polyfills=())
            with serving(gateway, watch=watch) as address:
                order = {"prompt": "a cat"}
                status, _, _ = call(address, "POST", "/v1/images/generations", order, traceparent=CALLED)
                assert status == 200
    (request,) = spans.named("POST /images/generations")
    traced, plain = (head.lower() for head in upstream.heads)
    assert f"traceparent: 00-{TRACE_ID}-{request.context.span_id:016x}-01" in traced
    assert "traceparent" not in plain, "where nothing is traced, a caller's headers are not passed on"


def test_what_is_stored_has_a_span(spans: Spans) -> None:
    class Storing(FakeProvider):
        async def generate(self, request: ImageRequest, card: ModelCard) -> Any:
            spans.watch.store("keep", 1000.0, 0.25)
            spans.watch.store("keep", 1000.0, 0.5, "store_unavailable")
            async for event in super().generate(request, card):
                yield event

    with observed(spans, Storing()) as address:
        call(address, "POST", "/v1/images/generations", {"prompt": "a cat"})
    (request,) = spans.named("POST /images/generations")
    good, bad = spans.named("store keep")
    assert good.parent.span_id == bad.parent.span_id == request.context.span_id
    assert good.end_time - good.start_time == 250_000_000
    assert (bad.attributes["error.type"], bad.status.status_code.name) == ("store_unavailable", "ERROR")
    text = spans.watch.metrics.text()
    assert b'tintype_store_failures_total{operation="keep"} 1.0' in text
    assert b'tintype_store_seconds_count{operation="keep"} 2.0' in text


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:4318", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:4318", "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_traces_are_off_until_they_have_somewhere_to_go(environ: dict[str, str]) -> None:
    assert Traces.open(environ) is None


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    before = structlog.get_config()
    structlog.reset_defaults()
    try:
        with structlog.testing.capture_logs() as lines:
            assert (
                Traces.open({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}) is None
            )
    finally:
        structlog.configure(**before)
    assert [line["install"] for line in lines] == ["pip install 'tintype[telemetry]'"]


def test_opentelemetry_is_not_loaded_where_it_is_not_wanted() -> None:
    code = (
        "import sys, tintype.server.run, tintype.server.opening as rooms; rooms.Watch(rooms.Traces.open({}));"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"

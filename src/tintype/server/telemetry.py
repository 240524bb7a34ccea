"""OpenTelemetry traces: a span for each request, and within it one for each attempt and for what is stored.

Only where an endpoint for them is set; OpenTelemetry is not even imported otherwise. No span has a prompt, a key, a
query or a picture in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from typing import Any, NamedTuple, Self

import structlog
from structlog.contextvars import bind_contextvars

from ..core import Attempt
from ..transport.upstream import TRACE
from .http import Scope

log = structlog.get_logger()

PATIENCE = 2.0
"""Seconds that the end of the server waits for the receiver of the traces."""

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"))
_CALLED = (b"traceparent", b"tracestate")

_FACTS = (
    *("dialect", "model", "provider", "job", "attempts", "plan"),
    *("key", "account", "cost", "hold"),
)
"""Of what the log tells of a request, what its span tells as well, as `tintype.NAME`."""

_SERVICE = "tintype"


class Begun(NamedTuple):
    span: Any
    token: Any  # with which the context is made what it was before


class Traces:
    """Those of one server. What it calls goes to a thread of OpenTelemetry's, in batches."""

    def __init__(self, provider: Any, exporter: Any = None) -> None:
        """`provider` is a `TracerProvider` of OpenTelemetry's SDK, `exporter` the one that it sends by."""
        self._provider = provider
        self._exporter = exporter
        self._context = _load("context")
        self._trace = trace = _load("trace")
        self._carriage = _load("trace.propagation.tracecontext").TraceContextTextMapPropagator()
        self._tracer = provider.get_tracer(_SERVICE, version(_SERVICE))
        self._error = trace.Status(trace.StatusCode.ERROR)

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Self | None:
        """None where they are not wanted, or cannot be sent; the log tells why not. Whatever else OpenTelemetry is
        told by `OTEL_*`, it reads by itself."""
        if not is_wanted(environ):
            return None
        try:
            exporter = _load("exporter.otlp.proto.http.trace_exporter").OTLPSpanExporter()
        except ImportError:
            log.warning(
                "no traces: OpenTelemetry is not installed", install="pip install 'tintype[telemetry]'"
            )
            return None
        protocol = next((environ[name] for name in _PROTOCOLS if environ.get(name)), "http/protobuf")
        if protocol != "http/protobuf":
            log.warning("traces are sent as http/protobuf", instead_of=protocol)
        sdk, export = _load("sdk.trace"), _load("sdk.trace.export")
        provider = sdk.TracerProvider(resource=_resource(environ), shutdown_on_exit=False)
        provider.add_span_processor(export.BatchSpanProcessor(exporter))
        return cls(provider, exporter)

    def begin(self, scope: Scope) -> Begun:
        """The span of a request, in which all happens that its task does from now on, and the tasks that this begins."""
        carried = {
            name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in _CALLED
        }
        parent = self._carriage.extract(carried, context=self._context.Context())
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        span = self._tracer.start_span(
            method,
            context=parent,
            kind=self._trace.SpanKind.SERVER,
            attributes={"http.request.method": method, "url.scheme": scope["scheme"]},
        )
        inside = self._trace.set_span_in_context(span, parent)
        onward: dict[str, str] = {}
        self._carriage.inject(onward, context=inside)
        TRACE.set(onward)
        bind_contextvars(trace_id=f"{span.get_span_context().trace_id:032x}")
        return Begun(span, self._context.attach(inside))

    def end(self, begun: Begun, scope: Scope, facts: Mapping[str, Any]) -> None:
        """`facts` are what the log tells of the request. The route is `scope["route"]`, where one was found."""
        span, token = begun
        self._context.detach(token)
        if span.is_recording():
            attributes = {f"tintype.{name}": facts[name] for name in _FACTS if facts.get(name) is not None}
            attributes["url.path"] = facts["path"]
            attributes["tintype.request_id"] = facts["id"]
            status, error = facts.get("status"), facts.get("error")
            if route := scope.get("route"):
                attributes["http.route"] = route
                span.update_name(f"{scope['method']} {route}")
            if isinstance(status, int):
                attributes["http.response.status_code"] = status
                if status >= 500:
                    error = error or str(status)
                    span.set_status(self._error)
            else:
                error = error or "caller_gone"
            if error:
                attributes["error.type"] = error
            span.set_attributes(attributes)
        span.end()

    def attempt(self, attempt: Attempt) -> None:
        """A call of a provider that has ended, in the task that made it."""
        attributes: dict[str, str | int | float] = {
            "tintype.offer": attempt.offer,
            "tintype.provider": attempt.provider,
            "tintype.model": attempt.model,
            "tintype.outcome": attempt.outcome,
            "tintype.pictures": attempt.pictures,
            "tintype.job": attempt.job,
        }
        if attempt.cost is not None:
            attributes["tintype.paid"] = attempt.cost
        failed = attempt.outcome in ("failed", "empty", "refused")
        self._past(
            f"attempt {attempt.offer}", attempt.started, attempt.seconds, attributes, attempt.code, failed
        )

    def store(self, operation: str, started: float, seconds: float, failure: str = "") -> None:
        """Something that the store has done, in the task that asked for it. `started` is Unix time."""
        self._past(f"store {operation}", started, seconds, {}, failure, bool(failure))

    def _past(
        self,
        name: str,
        started: float,
        seconds: float,
        attributes: dict[str, str | int | float],
        code: str,
        failed: bool,
    ) -> None:
        if code:
            attributes["error.type"] = code
        begin = int(started * 1e9)
        kind = self._trace.SpanKind.CLIENT
        span = self._tracer.start_span(name, kind=kind, attributes=attributes, start_time=begin)
        if failed:
            span.set_status(self._error)
        span.end(begin + int(seconds * 1e9))

    async def close(self) -> None:
        """Send what has not been sent. A receiver that does not take it is given up after `PATIENCE` seconds."""
        sending = asyncio.ensure_future(asyncio.to_thread(self._provider.shutdown))
        await asyncio.wait([sending], timeout=PATIENCE)
        if not sending.done() and self._exporter is not None:
            self._exporter.shutdown()
        await sending


def _load(name: str) -> Any:
    """A module of OpenTelemetry's. Its packages share a namespace, in which type checkers find nothing."""
    return import_module(f"opentelemetry.{name}")


def _resource(environ: Mapping[str, str]) -> Any:
    """Who sends the traces, as the operator says or else by our name."""
    named = {"service.version": version(_SERVICE)}
    said = environ.get("OTEL_SERVICE_NAME") or "service.name=" in environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return _load("sdk.resources").Resource.create(named if said else {**named, "service.name": _SERVICE})


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Whether there is an endpoint for traces, and nothing that turns them off.

    >>> is_wanted({}), is_wanted({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"})
    (False, True)
    """
    off = (
        environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
        or environ.get("OTEL_TRACES_EXPORTER") == "none"
    )
    return not off and any(environ.get(name) for name in _ENDPOINTS)

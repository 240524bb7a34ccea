"""What is not a dialect's: the welcome, metrics, and this API's description of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from hmac import compare_digest
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.exceptions import HTTPException

from ..core import Dialect, Operation, Schema
from ..core.errors import MethodNotAllowed, NotFound, TintypeError, Unauthenticated
from . import jobs
from .admin import operations
from .admin_pages import handlers
from .endpoint import head_of
from .http import Scope, error_headers
from .metrics import MEDIA_TYPE, Metrics
from .openapi import describe
from .pictures import OPERATION

if TYPE_CHECKING:
    from ..gateway.office import Office

_READINESS: Schema = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["ready", "not ready"]},
        "reasons": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["status"],
}
_OPERATIONS = {
    "/healthz": Operation(
        summary="Whether the server is up, and how many jobs run",
        answer={
            "type": "object",
            "properties": {
                "status": {"type": "string"},
                "version": {"type": "string"},
                "running": {"type": "integer"},
            },
            "required": ["status", "version", "running"],
        },
    ),
    "/readyz": Operation(
        summary="Whether the server should be sent requests: 503 with the reasons when not",
        answer=_READINESS,
        errors=_READINESS,
    ),
    "/metrics": Operation(
        summary="Counts and times for Prometheus; with `metrics_key` in the settings, for whoever has it",
        answer=None,
        media_types=("text/plain",),
    ),
    "/pictures/{name}": OPERATION,
}


@get("/", sync_to_thread=False)
def _welcome(request: Request[Any, Any, Any]) -> Response[Any]:
    """A browser, which the banner's address is opened with, is shown the page to read."""
    if "text/html" in request.headers.get("accept", ""):
        return Response(b"", status_code=302, headers={"location": "docs", "vary": "accept"})
    told = {
        "name": "tintype",
        "version": version("tintype"),
        "try": "POST /v1/images/generations",
        "models": "/v1/models",
        "docs": "/docs",
        "openapi": "/openapi.json",
        "health": "/healthz",
        "ready": "/readyz",
        "metrics": "/metrics",
    }
    return Response(told, headers={"vary": "accept"})


def make_pages(
    dialects: Sequence[Dialect],
    dialect: Dialect,
    metrics: Metrics,
    office: Office | None = None,
    *,
    metrics_key: str = "",
) -> Litestar:
    """`dialect` words the errors; `office` are what the admin API is about. Without `metrics_key` they are for everyone."""

    @get("/metrics", sync_to_thread=False)
    def told(request: Request[Any, Any, Any]) -> Response[bytes]:
        if metrics_key:
            _check_key(_scope(request), metrics_key)
        return Response(metrics.text(), media_type=MEDIA_TYPE)

    @cache  # built when it is first asked for: it is a tenth of a second, and most who start do not ask
    def description() -> bytes:
        return msgspec.json.encode(
            describe(
                dialects,
                {**_OPERATIONS, **jobs.operations(dialect), **operations()},
                dialect,
                version("tintype"),
            )
        )

    reader = files(__package__).joinpath("docs.html").read_bytes()

    @get("/openapi.json", sync_to_thread=False, media_type="application/json")
    def openapi() -> bytes:
        return description()

    @get("/docs", sync_to_thread=False, media_type="text/html")
    def docs() -> bytes:
        """Renders /openapi.json, with nothing from anywhere else."""
        return reader

    def in_words(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        what = _told(request, error)
        _scope(request)["facts"].log["error"] = what.code
        told = dialect.write_error(what)
        headers = {name.decode(): value.decode() for name, value in error_headers(what)}
        return Response(told.body, status_code=told.status, media_type=told.media_type, headers=headers)

    return Litestar(
        route_handlers=[told, _welcome, openapi, docs, *handlers(office)],
        openapi_config=None,
        exception_handlers={HTTPException: in_words, TintypeError: in_words},
        logging_config=None,
    )


def _scope(request: Request[Any, Any, Any]) -> Scope:
    return cast("Scope", request.scope)


def _check_key(scope: Scope, key: str) -> None:
    sent = replace(head_of(scope), query={}).key or ""
    if not compare_digest(sent.encode("latin-1"), key.encode()):
        raise Unauthenticated("This takes the `metrics_key` of the settings, as `Authorization: Bearer KEY`.")


def _told(request: Request[Any, Any, Any], error: Exception) -> TintypeError:
    if isinstance(error, TintypeError):
        return error
    if isinstance(error, HTTPException) and error.status_code == 405:
        return MethodNotAllowed(f"{request.method} is not for {request.url.path}: use GET.", allow=("GET",))
    return NotFound(f"There is nothing at {request.url.path}.")

"""The application: request ids, CORS, and who answers; every error in the words of a dialect."""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any
from uuid import uuid4

import structlog
from litestar import Litestar, Response, get
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig

from ..core import Dialect
from ..core.errors import TintypeError
from ..gateway.gateway import Gateway
from ..gateway.settings import Settings
from .endpoint import Endpoint
from .http import Gone, Headers, Message, Receive, Scope, Send, header, respond
from .routes import Routes, normal

log = structlog.get_logger()

_EXPOSED = b"x-request-id, x-tintype-plan, x-tintype-provider, x-tintype-model, x-tintype-notice, retry-after"
_OWN = ("/", "/healthz", "/schema")
_OWN_FOLDERS = ("/schema/", "/pictures/")


class App:
    """An ASGI application. Dialect paths are answered here, byte by byte; the operator's pages by Litestar."""

    def __init__(self, gateway: Gateway, dialects: Sequence[Dialect], settings: Settings) -> None:
        self._routes = Routes(dialects)
        self._fallback = next(each for each in dialects if each.name == "openai-images")
        self._endpoint = Endpoint(gateway, settings)
        self._pages = make_pages(gateway, settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._pages(scope, receive, send)  # type: ignore[arg-type]
            return
        request_id = f"req_{uuid4().hex}"
        origin = next((value for name, value in scope["headers"] if name == b"origin"), b"*")
        added: Headers = [
            (b"x-request-id", request_id.encode()),
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", _EXPOSED),
            (b"vary", b"origin"),
        ]
        facts: dict[str, Any] = {"id": request_id, "method": scope["method"], "path": scope["path"]}
        begun = time.perf_counter()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                facts["status"] = message["status"]
                message["headers"] = [*message.get("headers", ()), *added]
            elif scope["method"] == "HEAD":
                message["body"] = b""
            await send(message)

        try:
            await self._answer(scope, receive, sending, facts)
        except Gone:
            facts["status"] = "gone"
        log.info("request", **facts, seconds=round(time.perf_counter() - begun, 3))

    async def _answer(self, scope: Scope, receive: Receive, send: Send, facts: dict[str, Any]) -> None:
        if scope["method"] == "OPTIONS":
            return await respond(send, 204, preflight(scope), [])
        path = normal(scope["path"])
        if path in _OWN or path.startswith(_OWN_FOLDERS):
            return await self._pages({**scope, "path": path, "raw_path": path.encode()}, receive, send)  # type: ignore[arg-type]
        dialect = self._fallback
        try:
            match = self._routes.find(scope["method"], path)
            dialect = match.route.dialect
            await self._endpoint.answer(match, scope, receive, send, facts)
        except TintypeError as error:
            await fail(send, dialect, error, facts)
        except (Gone, OSError):
            raise Gone from None
        except Exception:
            log.exception("crash", **facts)
            if "status" not in facts:
                text = f"Something in Tintype broke. The log tells more about {facts['id']}."
                await fail(send, dialect, TintypeError(text), facts)
            else:
                raise


async def fail(send: Send, dialect: Dialect, error: TintypeError, facts: dict[str, Any]) -> None:
    """Answer an error. An SDK tries again unless told that this would not help, or would buy twice."""
    facts["error"] = error.code
    headers = [header("content-type", "application/json")]
    if error.retry_after is not None:
        headers.append(header("retry-after", f"{error.retry_after:g}"))
    if error.charged or not error.retryable:
        headers.append((b"x-should-retry", b"false"))
    await respond(send, error.status, headers, [dialect.write_error(error)])


def preflight(scope: Scope) -> Headers:
    """Every header that the browser wants to send is welcome: SDKs add `x-stainless-*` and more."""
    asked = dict(scope["headers"])
    return [
        (b"access-control-allow-methods", b"GET, POST, DELETE, OPTIONS"),
        (b"access-control-allow-headers", asked.get(b"access-control-request-headers", b"*")),
        (b"access-control-max-age", b"86400"),
        (b"allow", b"GET, POST, DELETE, OPTIONS"),
    ]


def make_pages(gateway: Gateway, settings: Settings) -> Litestar:
    """What an operator looks at: health, and this API's own description."""

    @get("/healthz", sync_to_thread=False)
    def healthz() -> dict[str, Any]:
        return {"status": "ok", "version": version("tintype"), "running": len(gateway.jobs.running)}

    @get("/", sync_to_thread=False)
    def welcome() -> dict[str, Any]:
        return {
            "name": "tintype",
            "version": version("tintype"),
            "try": "POST /v1/images/generations",
            "models": "/v1/models",
            "health": "/healthz",
        }

    @get("/pictures/{name:str}", sync_to_thread=False, media_type="image/png")
    def picture(name: str) -> Response[bytes]:
        """A picture that was asked for with `response_format: "url"`. Its name is the permission to see it."""
        kept = gateway.store.get(name)
        if kept is None:
            raise NotFoundException("This picture is gone, or never was: addresses last an hour.")
        headers = {"cache-control": "private, max-age=3600", "x-content-type-options": "nosniff"}
        return Response(bytes(kept.data), media_type=kept.media_type, headers=headers)

    async def drain() -> None:
        await gateway.jobs.drain(settings.grace)

    return Litestar(
        route_handlers=[healthz, welcome, picture],
        on_shutdown=[drain],
        openapi_config=OpenAPIConfig(title="Tintype", version=version("tintype")),
        exception_handlers={},
        logging_config=None,
    )

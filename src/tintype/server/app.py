"""The application: request ids, CORS, and who answers; every error in the words of a dialect."""

from __future__ import annotations

import time
from collections.abc import Sequence
from secrets import token_hex
from typing import Any

import structlog

from ..core import Dialect
from ..core.errors import TintypeError
from ..gateway.gateway import Gateway
from ..gateway.settings import Settings
from .endpoint import Endpoint, head_of
from .http import Gone, Headers, Message, Receive, Scope, Send, header, respond, tell
from .metrics import Metrics
from .pages import OWN, OWN_FOLDERS, make_pages
from .routes import Routes, normal

log = structlog.get_logger()

_EXPOSED = (
    b"x-request-id, x-tintype-plan, x-tintype-provider, x-tintype-model, x-tintype-attempts, "
    b"x-tintype-notice, retry-after"
)


class App:
    """An ASGI application. Dialect paths are answered here, byte by byte; the operator's pages by Litestar."""

    def __init__(self, gateway: Gateway, dialects: Sequence[Dialect], settings: Settings) -> None:
        self._routes = Routes(dialects)
        self._endpoint = Endpoint(gateway, settings)
        self._metrics = Metrics(lambda: len(gateway.jobs.running))
        self._pages = make_pages(gateway, settings, dialects, self._routes.speaker("/"), self._metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._pages(scope, receive, send)  # type: ignore[arg-type]
            return
        request_id = f"req_{token_hex(16)}"
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
        seconds = time.perf_counter() - begun
        self._metrics.count(facts.get("dialect", "none"), facts.get("status"), seconds)
        log.info("request", **facts, seconds=round(seconds, 3))

    async def _answer(self, scope: Scope, receive: Receive, send: Send, facts: dict[str, Any]) -> None:
        if scope["method"] == "OPTIONS":
            return await respond(send, 204, preflight(scope), [])
        path = normal(scope["path"])
        if path in OWN or path.startswith(OWN_FOLDERS):
            seen = {**scope, "path": path, "raw_path": path.encode()}
            if scope["method"] == "HEAD":
                seen["method"] = "GET"
            return await self._pages(seen, receive, send)  # type: ignore[arg-type]
        head, dialect = head_of(scope), None
        try:
            match = self._routes.find(scope["method"], path, head)
            dialect = match.route.dialect
            facts["dialect"] = dialect.name
            await self._endpoint.answer(match, head, scope, receive, send, facts)
        except TintypeError as error:
            await fail(send, dialect or self._routes.speaker(path), error, facts)
        except (Gone, OSError):
            raise Gone from None
        except Exception:
            log.exception("crash", **facts)
            if "status" not in facts:
                text = f"Something in Tintype broke. The log tells more about {facts['id']}."
                speaker = dialect or self._routes.speaker(path)
                await fail(send, speaker, TintypeError(text), facts)
            else:
                raise


async def fail(send: Send, dialect: Dialect, error: TintypeError, facts: dict[str, Any]) -> None:
    """Answer an error. An SDK tries again unless told that this would not help, or would buy twice."""
    facts["error"] = error.code
    headers: Headers = []
    if error.retry_after is not None:
        headers.append(header("retry-after", f"{error.retry_after:g}"))
    if error.charged or not error.retryable:
        headers.append((b"x-should-retry", b"false"))
    await tell(send, dialect.write_error(error), headers)


def preflight(scope: Scope) -> Headers:
    """Every header that the browser wants to send is welcome: SDKs add `x-stainless-*` and more."""
    asked = dict(scope["headers"])
    return [
        (b"access-control-allow-methods", b"GET, POST, DELETE, OPTIONS"),
        (b"access-control-allow-headers", asked.get(b"access-control-request-headers", b"*")),
        (b"access-control-max-age", b"86400"),
        (b"allow", b"GET, POST, DELETE, OPTIONS"),
    ]

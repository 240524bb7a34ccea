"""The application: request ids, CORS, and who answers; every error in the words of a dialect."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.metadata import version
from secrets import token_hex
from types import MappingProxyType
from typing import Any, cast

import msgspec
import structlog
from structlog.contextvars import bind_contextvars

from ..core import Answer, Dialect
from ..core.errors import MethodNotAllowed, TintypeError
from ..gateway.gateway import Gateway
from ..gateway.settings import Settings
from .endpoint import Endpoint, head_of
from .http import Gone, Headers, Message, Receive, Scope, Send, header, respond, tell
from .log import callers_id
from .readiness import Check, Readiness
from .routes import Routes, normal
from .watch import Watch

log = structlog.get_logger()

ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_EXPOSED = (
    b"x-request-id, x-tintype-plan, x-tintype-provider, x-tintype-model, x-tintype-attempts, "
    b"x-tintype-notice, x-tintype-job, x-tintype-cost, x-tintype-balance, retry-after, "
    b"x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, "
    b"x-ratelimit-limit-images, x-ratelimit-remaining-images, x-ratelimit-reset-images"
)


OWN = ("/", "/metrics", "/openapi.json", "/docs")
OWN_FOLDERS = ("/pictures/",)
LONGEST_PATH = 120
"""Letters of it that the log shows."""

HEALTH = "/healthz"
READY = "/readyz"


class App:
    """An ASGI application. Dialect paths are answered here, byte by byte; the operator's pages by Litestar, which
    is loaded for the first of them: it is a third of the time to start."""

    def __init__(
        self,
        gateway: Gateway,
        dialects: Sequence[Dialect],
        settings: Settings,
        *,
        ready: Mapping[str, Check] = MappingProxyType({}),
        watch: Watch | None = None,
    ) -> None:
        """`ready` are the checks of /readyz, by what they look at."""
        self._gateway = gateway
        self._grace = settings.grace
        self._dialects = dialects
        self._routes = Routes(dialects)
        self._endpoint = Endpoint(gateway, settings)
        self._readiness = Readiness(ready)
        self.watch = watch or Watch()
        self.watch.metrics.watch(lambda: len(gateway.jobs.running), gateway.offers)
        gateway.attempts.watchers.append(self.watch.attempt)
        self._version = version("tintype")  # it is read from a file each time
        self._made: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._lifespan(scope, receive, send)
            return
        request_id = f"req_{token_hex(16)}"
        origin, theirs = b"*", b""
        for name, value in scope["headers"]:
            if name == b"origin":
                origin = value
            elif name == b"x-client-request-id" or (name == b"x-request-id" and not theirs):
                theirs = value
        added: Headers = [
            (b"x-request-id", request_id.encode()),
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", _EXPOSED),
            (b"vary", b"origin"),
        ]
        facts: dict[str, Any] = {
            "id": request_id,
            "method": scope["method"],
            "path": scope["path"][:LONGEST_PATH],
        }
        if theirs and (named := callers_id(theirs)):
            bind_contextvars(request_id=request_id, client_request_id=named)
        else:
            bind_contextvars(request_id=request_id)
        traces = self.watch.traces
        span = traces.begin(scope) if traces is not None else None
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
        finally:
            if traces is not None and span is not None:
                traces.end(span, scope, facts)
        seconds = time.perf_counter() - begun
        self.watch.metrics.count(facts.get("dialect", "none"), facts.get("status"), seconds)
        del facts["id"]  # every line has it, as `request_id`
        log.info("request", **facts, seconds=round(seconds, 3))

    async def _answer(self, scope: Scope, receive: Receive, send: Send, facts: dict[str, Any]) -> None:
        if scope["method"] == "OPTIONS":
            return await respond(send, 204, preflight(scope), [])
        path = normal(scope["path"])
        if path in OWN or path.startswith(OWN_FOLDERS):
            if path.startswith(OWN_FOLDERS):  # its name is the permission to see it
                facts["path"] = f"/{path.split('/')[1]}/{{name}}"
            scope["route"] = facts["path"]
            seen = {**scope, "path": path, "raw_path": path.encode()}
            if scope["method"] == "HEAD":
                seen["method"] = "GET"
            if self._made is None:
                self._made = await asyncio.to_thread(self._pages)
            await self._made(seen, receive, send)
            return None
        if path in (HEALTH, READY):
            scope["route"] = path
            await self._tell_health(path, scope["method"], send, facts)
            return None
        head, dialect = head_of(scope), None
        try:
            match = self._routes.find(scope["method"], path, head)
            dialect, scope["route"] = match.route.dialect, match.route.path
            facts["dialect"] = dialect.name
            await self._endpoint.answer(match, head, scope, receive, send, facts)
        except TintypeError as error:
            await fail(send, dialect or self._routes.speaker(path), error, facts)
        except (Gone, OSError):
            raise Gone from None
        except Exception:
            log.exception("crash", **{name: fact for name, fact in facts.items() if name != "id"})
            if "status" not in facts:
                text = f"Something in Tintype broke. The log tells more about {facts['id']}."
                speaker = dialect or self._routes.speaker(path)
                await fail(send, speaker, TintypeError(text), facts)
            else:
                raise

    def _pages(self) -> ASGIApp:
        from .pages import make_pages

        speaker = self._routes.speaker("/")
        return cast("ASGIApp", make_pages(self._gateway, self._dialects, speaker, self.watch.metrics))

    async def _tell_health(self, path: str, method: str, send: Send, facts: dict[str, Any]) -> None:
        """Alive is who answers; ready, who should be asked."""
        if method not in ("GET", "HEAD"):
            error = MethodNotAllowed(f"{method} is not for {path}: use GET.")
            await fail(send, self._routes.speaker("/"), error, facts)
            return
        if path == READY:
            reasons = await self._readiness.reasons()
            told = {"status": "not ready", "reasons": reasons} if reasons else {"status": "ready"}
            await tell(send, Answer(body=msgspec.json.encode(told), status=503 if reasons else 200))
            return
        running = len(self._gateway.jobs.running)
        alive = {"status": "ok", "version": self._version, "running": running}
        await tell(send, Answer(body=msgspec.json.encode(alive)))

    def begin_draining(self) -> None:
        """Tell /readyz that this server is about to stop; it still takes what comes. Safe to call in a signal handler."""
        self._readiness.draining = True

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The end of the server drains the jobs."""
        if scope["type"] != "lifespan":
            return
        while True:
            kind = (await receive())["type"]
            if kind == "lifespan.shutdown":
                self.begin_draining()
                await self._gateway.jobs.drain(self._grace)
                await self._gateway.close()
                await self._readiness.close()
                await self.watch.close()
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return


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

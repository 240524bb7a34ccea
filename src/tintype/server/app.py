"""The application: request ids, CORS, and who answers; every error in the words of a dialect."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import cast

import msgspec
import structlog
from structlog.contextvars import bind_contextvars

from ..accounts.limits import headers_of
from ..core import Answer, Dialect, Incoming
from ..core.errors import MethodNotAllowed, TintypeError
from ..core.ids import new_id
from ..gateway.gateway import Gateway
from ..gateway.settings import Settings
from ..gateway.upkeep import Upkeep
from ..storage import FOLDER
from .door import Door
from .endpoint import Endpoint, head_of
from .http import (
    Facts,
    Gone,
    Headers,
    Message,
    Receive,
    Scope,
    Send,
    error_headers,
    read_body,
    respond,
    tell,
)
from .jobs import JobPages
from .log import callers_id, shown
from .opening import Rooms
from .pictures import Pictures
from .readiness import Readiness
from .routes import Routes, normal

log = structlog.get_logger()

ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_EXPOSED = (
    b"x-request-id, x-tintype-plan, x-tintype-provider, x-tintype-model, x-tintype-attempts, "
    b"x-tintype-notice, x-tintype-job, x-tintype-cost, x-tintype-balance, retry-after, x-should-retry, etag, "
    b"content-range, accept-ranges, location, "
    b"preference-applied, idempotent-replayed, x-ratelimit-limit-requests, x-ratelimit-remaining-requests, "
    b"x-ratelimit-reset-requests, x-ratelimit-limit-images, x-ratelimit-remaining-images, "
    b"x-ratelimit-reset-images"
)


OWN = ("/", "/metrics", "/openapi.json", "/docs")
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
        rooms: Rooms | None = None,
    ) -> None:
        self._gateway = gateway
        self._rooms = rooms or Rooms(gateway=gateway, door=Door())
        self.watch = self._rooms.watch
        self._door = self._rooms.door
        self._upkeep = Upkeep(gateway, self._rooms.chores)
        self._grace = settings.grace
        self._metrics_key = settings.metrics_key
        self._dialects = dialects
        self._routes = Routes(dialects)
        self._endpoint = Endpoint(gateway, settings, self._door, self._rooms.webhooks)
        self._jobs = JobPages(gateway, self._routes.speaker("/"), settings.heartbeat)
        self._max_body = settings.max_body
        self._pictures = Pictures(gateway.store)
        self._readiness = Readiness(self._rooms.checks)
        self.watch.metrics.watch(lambda: len(gateway.jobs.running), gateway.offers)
        gateway.attempts.watchers.append(self.watch.attempt)
        self._version = version("tintype")  # it is read from a file each time
        self._made: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._lifespan(scope, receive, send)
            return
        request_id = new_id("req", 24)
        theirs = origin = b""
        for name, value in scope["headers"]:
            if name == b"x-client-request-id" or (name == b"x-request-id" and not theirs):
                theirs = value
            elif name == b"origin":
                origin = value
        added: Headers = [(b"x-request-id", request_id.encode())]
        if not is_private(scope["path"]):
            added.append((b"vary", b"origin"))
            if origin:  # whoever is no web page does not look
                added += [
                    (b"access-control-allow-origin", origin),
                    (b"access-control-expose-headers", _EXPOSED),
                ]
        facts = Facts(request_id, added, {"method": scope["method"], "path": shown(scope["path"])})
        if theirs and (named := callers_id(theirs)):
            bind_contextvars(request_id=request_id, client_request_id=named)
        else:
            bind_contextvars(request_id=request_id)
        traces = self.watch.traces
        span = traces.begin(scope) if traces is not None else None
        begun = time.perf_counter()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                facts.log["status"] = message["status"]
                message["headers"] = [*message.get("headers", ()), *facts.headers]
            elif scope["method"] == "HEAD":
                message["body"] = b""
            await send(message)

        try:
            await self._answer(scope, receive, sending, facts)
        except Gone:
            facts.log["status"] = "gone"
        finally:
            if traces is not None and span is not None:
                traces.end(span, scope, {**facts.log, "id": facts.id})
        seconds = time.perf_counter() - begun
        self.watch.metrics.count(facts.log.get("dialect", "none"), facts.log.get("status"), seconds)
        log.info("request", **facts.log, seconds=round(seconds, 3))

    async def _answer(self, scope: Scope, receive: Receive, send: Send, facts: Facts) -> None:
        path = normal(scope["path"])
        if path.startswith(FOLDER):
            # The rest of it is the permission to see the picture.
            facts.log["path"] = f"{FOLDER}{{name}}"
        if scope["method"] == "OPTIONS":
            private = is_private(scope["path"])
            return await respond(send, 204, ALLOWED if private else preflight(scope), [])
        if path in OWN or path.startswith("/admin"):
            seen = {**scope, "path": path, "raw_path": path.encode(), "facts": facts}
            if scope["method"] == "HEAD":
                seen["method"] = "GET"
            if self._made is None:
                self._made = await asyncio.to_thread(self._pages)
            await self._made(seen, receive, send)
            scope["route"] = seen.get("path_template")  # Litestar's, where there is such a page
            return None
        if path in (HEALTH, READY):
            scope["route"] = path
            await self._tell_health(path, scope["method"], send, facts)
            return None
        head, dialect = head_of(scope), None
        try:
            if path.startswith(FOLDER):
                scope["route"] = facts.log["path"]
                return await self._pictures.answer(scope, path, send)
            if JobPages.has(path):
                return await self._tell_job(path, head, scope, receive, send, facts)
            match = self._routes.find(scope["method"], path, head)
            dialect, scope["route"] = match.route.dialect, match.route.path
            facts.log["dialect"] = dialect.name
            await self._endpoint.answer(match, head, scope, receive, send, facts)
        except TintypeError as error:
            await fail(send, dialect or self._routes.speaker(path), error, facts)
        except (Gone, OSError):
            raise Gone from None
        except Exception:
            log.exception("crash", **facts.log)
            if "status" not in facts.log:
                text = f"Something in Tintype broke. The log tells more about {facts.id}."
                speaker = dialect or self._routes.speaker(path)
                await fail(send, speaker, TintypeError(text), facts)
            else:
                raise

    async def _tell_job(
        self, path: str, head: Incoming, scope: Scope, receive: Receive, send: Send, facts: Facts
    ) -> None:
        facts.log["dialect"] = "jobs"
        caller = await self._door.let_in(head, scope, facts.headers)
        facts.tell_caller(caller)
        incoming = replace(head, body=await read_body(scope, receive, self._max_body))
        await self._jobs.answer(scope["method"], path, incoming, caller, receive, send)

    def _pages(self) -> ASGIApp:
        from .pages import make_pages

        speaker = self._routes.speaker("/")
        pages = make_pages(
            self._dialects, speaker, self.watch.metrics, self._rooms.office, metrics_key=self._metrics_key
        )
        return cast("ASGIApp", pages)

    async def _tell_health(self, path: str, method: str, send: Send, facts: Facts) -> None:
        """Alive is who answers; ready, who should be asked."""
        if method not in ("GET", "HEAD"):
            error = MethodNotAllowed(f"{method} is not for {path}: use GET.", allow=("GET",))
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

    async def drain(self) -> None:
        """Take no new work; returns when the last job has ended, or was ended."""
        await self._gateway.jobs.drain(self._grace)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The end of the server drains the jobs."""
        if scope["type"] != "lifespan":
            return
        while True:
            kind = (await receive())["type"]
            if kind == "lifespan.startup":
                await self._upkeep.start()
                self._rooms.start()
            if kind == "lifespan.shutdown":
                self.begin_draining()
                await self.drain()
                await self._upkeep.stop()
                await self._gateway.close()
                await self._readiness.close()
                await self._rooms.close()
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return


async def fail(send: Send, dialect: Dialect, error: TintypeError, facts: Facts) -> None:
    """Answer an error. An SDK tries again unless told that this would not help, or would buy twice."""
    facts.log["error"] = error.code
    headers: Headers = [*headers_of(error), *error_headers(error)]
    if error.charged or not error.retryable:
        headers.append((b"x-should-retry", b"false"))
    await tell(send, dialect.write_error(error), headers)


ALLOWED: Headers = [(b"allow", b"GET, POST, PATCH, DELETE, OPTIONS")]
"""And nothing more: no page of another site is told that it may use a private path."""


def is_private(path: str) -> bool:
    """Whether it is for nobody's web page: while there is no key, a page could read it from whoever runs this server.

    >>> is_private("//admin/keys"), is_private("/v1/images/jobs"), is_private("/v1/images/generations")
    (True, True, False)
    """
    plain = normal(path)
    return plain.startswith("/admin") or plain.removeprefix("/v1") == "/images/jobs"


def preflight(scope: Scope) -> Headers:
    """Every header that the browser wants to send is welcome: SDKs add `x-stainless-*` and more."""
    asked = dict(scope["headers"])
    return [
        (b"access-control-allow-methods", b"GET, POST, DELETE, OPTIONS"),
        (b"access-control-allow-headers", asked.get(b"access-control-request-headers", b"*")),
        (b"access-control-max-age", b"86400"),
        (b"allow", b"GET, POST, DELETE, OPTIONS"),
    ]

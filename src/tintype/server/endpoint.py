"""The one endpoint behind every path of every dialect: read, submit, watch, write.

A plain answer is collected and then sent whole, so its headers can tell all that was done. A
stream is sent as it happens; while nothing happens, a comment keeps the connection alive.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from secrets import token_hex
from typing import Any, cast
from urllib.parse import parse_qsl

from ..core import Dialect, ImageRequest, Incoming, Octets, Report
from ..core.errors import Rejected, TintypeError
from ..gateway.gateway import Gateway
from ..gateway.jobs import Job
from ..gateway.settings import Settings
from ..transport.upstream import VIA, VIA_HEADER
from .house import CallersHouse
from .http import Gone, Headers, Receive, Scope, Send, header, hung_up, read_body, respond, tell, unless_gone
from .routes import Match

PIECE = 256 * 1024
"""Bytes of a stream that are sent at once: uvicorn copies each of them to put its length before it."""

MOST_HOUSES = 8
"""One behind the other, that an order may come through."""

HEARTBEAT = b": still drawing\n\n"


class Endpoint:
    def __init__(self, gateway: Gateway, settings: Settings) -> None:
        self._gateway = gateway
        self._settings = settings
        self._name = token_hex(4)  # of this house, among those that an order comes through

    async def answer(
        self, match: Match, head: Incoming, scope: Scope, receive: Receive, send: Send, facts: dict[str, Any]
    ) -> None:
        """Raises TintypeError while nothing has been sent, and Gone. `facts` gathers what the log tells."""
        dialect, aside = match.route.dialect, match.route.aside
        incoming = Incoming(
            path=match.route.path,
            path_params=match.path_params,
            query=head.query,
            headers=head.headers,
            body=await read_body(scope, receive, self._settings.max_body),
        )
        base_url = self._settings.public_base_url or base_url_of(scope["scheme"], incoming.headers)
        base_url = base_url.rstrip("/")
        if aside is not None:
            return await tell(send, aside.answer(incoming, CallersHouse(self._gateway, base_url)))
        request = dialect.read(incoming)
        self._sign(incoming.headers.get(VIA_HEADER, ""))
        caller = incoming.key or (scope.get("client") or ("",))[0]
        job = self._gateway.submit(request, base_url=base_url, request_id=facts["id"], caller=caller)
        facts["job"] = job.id
        try:
            if job.request.stream:
                await self._stream(dialect, job, receive, send)
            else:
                await self._whole(dialect, job, receive, send)
        finally:
            report = job.report
            facts |= {"model": report.model, "provider": report.provider, "attempts": report.attempts}
            facts["plan"] = report.plan() or None

    def _sign(self, via: str) -> None:
        """Say that the order has come through here. Raises Rejected for one that has done so before."""
        houses = [*via.split()[-MOST_HOUSES:], self._name]
        if self._name in houses[:-1] or len(houses) > MOST_HOUSES:
            raise Rejected(
                "This order has come round in a circle: a provider's `base_url` leads back to this server.",
                code="loop_detected",
            )
        VIA.set(" ".join(houses))

    async def _whole(self, dialect: Dialect, job: Job, receive: Receive, send: Send) -> None:
        async with job.watched() as events:
            with unless_gone(receive):
                chunks = [chunk async for chunk in dialect.write(job.request, events, job.report)]
        await respond(send, 200, answer_headers(dialect, job.request, job.report), chunks)

    async def _stream(self, dialect: Dialect, job: Job, receive: Receive, send: Send) -> None:
        left = asyncio.create_task(hung_up(receive))
        try:
            async with job.watched() as events:
                # Documented by core: what `write` returns is an async generator, so that it can be closed.
                chunks = cast("Any", dialect.write(job.request, events, job.report))
                async with aclosing(chunks):
                    await self._send_stream(dialect, job, chunks, left, send)
        finally:
            left.cancel()

    async def _send_stream(
        self, dialect: Dialect, job: Job, chunks: AsyncIterator[Octets], left: asyncio.Task[None], send: Send
    ) -> None:
        begun = False

        async def begin() -> None:
            nonlocal begun
            if not begun:
                begun = True
                headers = answer_headers(dialect, job.request, job.report)
                headers += [(b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no")]
                await send({"type": "http.response.start", "status": 200, "headers": headers})

        while True:
            step = asyncio.ensure_future(anext(chunks, None))
            try:
                while not step.done():
                    done, _ = await asyncio.wait(
                        [step, left], timeout=self._settings.heartbeat, return_when=asyncio.FIRST_COMPLETED
                    )
                    if left in done:
                        raise Gone
                    if not done:
                        await begin()
                        beat = getattr(dialect, "heartbeat", HEARTBEAT)
                        await send({"type": "http.response.body", "body": beat, "more_body": True})
                chunk = step.result()
            except TintypeError as error:
                if not begun:
                    raise
                frame = dialect.write_error_frame(error)
                await send({"type": "http.response.body", "body": frame, "more_body": False})
                return
            finally:
                if not step.done():
                    step.cancel()
                    await asyncio.wait([step])
            await begin()
            if chunk is None:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            for at in range(0, len(chunk), PIECE):
                piece = chunk if len(chunk) <= PIECE else memoryview(chunk)[at : at + PIECE]
                await send({"type": "http.response.body", "body": piece, "more_body": True})


def head_of(scope: Scope) -> Incoming:
    """A request before its body has been read."""
    query = scope["query_string"]
    return Incoming(
        path="",
        query=dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {},
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
    )


def base_url_of(scheme: str, headers: Mapping[str, str]) -> str:
    """Where the caller reached us: as the proxy in front says, or as the request itself.

    >>> base_url_of("http", {"host": "10.0.0.2:8080", "x-forwarded-proto": "https", "x-forwarded-host": "t.test"})
    'https://t.test'
    """

    def first(name: str, otherwise: str) -> str:
        return headers.get(name, "").split(",")[0].strip() or otherwise

    host = first("x-forwarded-host", headers.get("host", "127.0.0.1"))
    return f"{first('x-forwarded-proto', scheme)}://{host}"


def answer_headers(dialect: Dialect, request: ImageRequest, report: Report) -> Headers:
    """What a caller is told beside the picture: who drew it, and what became of each field."""
    headers = [
        header("content-type", dialect.media_type(request)),
        header("x-tintype-provider", report.provider),
        header("x-tintype-model", report.model),
    ]
    headers.append(header("x-tintype-attempts", str(report.attempts)))
    if plan := report.plan():
        headers.append(header("x-tintype-plan", plan))
    headers += [header("x-tintype-notice", notice) for notice in report.notices]
    return headers

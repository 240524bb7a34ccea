"""The ways to answer with a job: whole, as a stream, or by telling where it can be fetched later.

A plain answer is collected and then sent whole, so its headers can tell all that was done and what it cost. A
stream is sent as it happens; while nothing happens, a comment keeps the connection alive.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from typing import Any, cast

from ..core import Answer, Dialect, Events, Octets, Report
from ..core.errors import TintypeError
from ..core.money import usd
from ..gateway.jobs import Job
from ..gateway.recall import Past
from .documents import accepted
from .http import Gone, Headers, Lookout, Receive, Send, header, hung_up, respond, sent, tell
from .streaming import Feed, end
from .wishes import Wishes

PIECE = 256 * 1024
"""Bytes of a stream that are sent at once: uvicorn copies each of them to put its length before it."""

HEARTBEAT = b": still drawing\n\n"


@dataclass(frozen=True, slots=True)
class Sight:
    """A job, in the dialect of one who looks at it. `headers` are those that the answer gets whatever it is."""

    dialect: Dialect
    job: Job | Past
    headers: Headers

    async def chunks(self) -> list[Octets]:
        async with watching(self.job) as events:
            written = self.dialect.write(self.job.request, events, self.job.report)
            return [chunk async for chunk in written]

    def told(self, media_type: str = "") -> Headers:
        return answer_headers(media_type or self.dialect.media_type(self.job.request), self.job.report)


def watching(job: Job | Past) -> AbstractAsyncContextManager[Events]:
    return job.watched() if isinstance(job, Job) else aclosing(job.replay())


async def whole(sight: Sight, heartbeat: float, receive: Receive, send: Send) -> None:
    """With a `heartbeat`, blanks keep the connection alive after so many seconds, if the answer is JSON: the status is
    200 by then, and an error is told in the document."""
    if heartbeat and sight.dialect.media_type(sight.job.request) == "application/json":
        return await _whole_slowly(sight, heartbeat, receive, send)
    with Lookout(receive) as lookout:
        chunks = await sight.chunks()
        return await respond(send, 200, sight.told(), chunks, lookout)


async def _whole_slowly(sight: Sight, heartbeat: float, receive: Receive, send: Send) -> None:
    task = asyncio.create_task(sight.chunks())
    try:
        with Lookout(receive) as lookout:
            await asyncio.wait([task], timeout=heartbeat)
            if task.done():
                return await respond(send, 200, sight.told(), task.result(), lookout)
            await send({"type": "http.response.start", "status": 200, "headers": sight.told()})
            while not task.done():
                await send({"type": "http.response.body", "body": b" ", "more_body": True})
                await asyncio.wait([task], timeout=heartbeat)
            try:
                chunks: list[Octets] = task.result()
            except TintypeError as error:
                chunks = [sight.dialect.write_error(error).body]
            for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await lookout.check(send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        await end(task)


async def whole_or_later(sight: Sight, wishes: Wishes, base_url: str, receive: Receive, send: Send) -> None:
    """The answer, if it is there in time; else 202 and where to look for it. What has failed by then is raised."""
    job, applied = sight.job, header("preference-applied", wishes.applied)
    with Lookout(receive) as lookout:
        chunks = await _in_time(sight, wishes.wait or 0.0)
        if chunks is not None or job.ended:  # it may have ended as the time was over
            chunks = await sight.chunks() if chunks is None else chunks
            return await respond(send, 200, [*sight.told(), applied], chunks, lookout)
    if isinstance(job, Job):
        job.stay()  # though all others leave whom it was ordered with
    place = f"{base_url}/v1/images/jobs/{job.id}"
    more = [header("location", place), applied, header("x-tintype-job", job.id), header("retry-after", "1")]
    return await tell(send, Answer(body=accepted(job, place), status=202), more)


async def _in_time(sight: Sight, seconds: float) -> list[Octets] | None:
    """None for a job that goes on after so many seconds."""
    job = sight.job
    if not seconds and not job.ended:
        return None
    try:
        async with asyncio.timeout(seconds) as limit, watching(job) as events:
            try:
                written = sight.dialect.write(job.request, events, job.report)
                return [chunk async for chunk in written]
            except asyncio.CancelledError:
                if limit.expired() and isinstance(job, Job):
                    job.stays = True  # whoever wants to wait no longer comes back for it
                raise
    except TimeoutError:
        return None


async def stream(sight: Sight, heartbeat: float, receive: Receive, send: Send) -> None:
    job = sight.job
    await stream_of(
        sight, lambda events: sight.dialect.write(job.request, events, job.report), heartbeat, receive, send
    )


async def stream_of(
    sight: Sight,
    write: Callable[[Events], AsyncIterator[Octets]],
    heartbeat: float,
    receive: Receive,
    send: Send,
) -> None:
    """Send what `write` makes of the job's events. What it returns is an async generator, so that it can be closed."""
    left = asyncio.create_task(hung_up(receive))
    try:
        async with watching(sight.job) as events, Feed(cast("Any", write(events))) as feed:
            left.add_done_callback(lambda _: feed.wake())
            await _send_stream(sight, feed, heartbeat, left, send)
    finally:
        left.cancel()


async def _send_stream(
    sight: Sight, feed: Feed, heartbeat: float, left: asyncio.Task[None], send: Send
) -> None:
    begun = False
    media_type = "text/event-stream"

    async def put(chunk: Octets, *, last: bool = False) -> None:
        nonlocal begun
        if not begun:
            begun = True
            headers = [
                *sight.told(media_type),
                (b"cache-control", b"no-cache"),
                (b"x-accel-buffering", b"no"),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": chunk, "more_body": not last})

    while True:
        try:
            chunks = await feed.news(heartbeat)
        except TintypeError as error:
            if not begun:
                raise
            return await put(sight.dialect.write_error_frame(error), last=True)
        if left.done():
            raise Gone
        if not chunks:
            if feed.is_over:
                if begun:
                    await sent(send)
                if left.done():
                    raise Gone
                return await put(b"", last=True)
            await put(getattr(sight.dialect, "heartbeat", HEARTBEAT))
        for chunk in chunks:
            for at in range(0, len(chunk), PIECE):
                await put(chunk if len(chunk) <= PIECE else memoryview(chunk)[at : at + PIECE])


def attempts_of(report: Report) -> tuple[bytes, bytes]:
    return header("x-tintype-attempts", str(report.attempts))


def answer_headers(media_type: str, report: Report) -> Headers:
    """What a caller is told beside the picture: who drew it, what became of each field, and what it cost."""
    headers = [
        header("content-type", media_type),
        header("x-tintype-provider", report.provider),
        header("x-tintype-model", report.model),
        attempts_of(report),
        header("x-tintype-job", report.job),
    ]
    if report.priced:
        headers.append(header("x-tintype-cost", "unknown" if report.cost is None else usd(report.cost)))
    if report.balance is not None:
        headers.append(header("x-tintype-balance", usd(report.balance)))
    if plan := report.plan():
        headers.append(header("x-tintype-plan", plan))
    headers += [header("x-tintype-notice", notice) for notice in report.notices]
    return headers

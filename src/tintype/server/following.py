"""A job followed as it goes: its events, and in between how far it has come, for those that are told of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from ..core import Octets
from ..gateway.jobs import Job
from ..wire import sse

Frames = Sequence[Octets]
"""The chunks of whole frames: nothing may come between them."""


async def with_progress(job: Job, events: AsyncGenerator[Frames, None]) -> AsyncGenerator[Frames, None]:
    """`events`, and an `image.progress` whenever the job has moved on without one."""
    told = _standing(job)
    async with aclosing(events):
        coming = asyncio.ensure_future(_next(events))
        moved = job.moved()
        try:
            while True:
                awaited: set[asyncio.Future[Any]] = {coming} if job.ended else {coming, moved}
                await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
                if coming.done():
                    frames = coming.result()
                    if frames is None:
                        return
                    yield frames
                    coming = asyncio.ensure_future(_next(events))
                if job.ended:
                    continue
                if moved.done():
                    moved = job.moved()
                if (now := _standing(job)) != told and job.report.calls:
                    told = now
                    yield list(sse.frame("image.progress", [msgspec.json.encode(now)]))
        finally:
            moved.cancel()
            coming.cancel()
            await asyncio.wait({coming})


async def _next(events: AsyncIterator[Frames]) -> Frames | None:
    return await anext(events, None)


def _standing(job: Job) -> dict[str, str | float | int | None]:
    return {"id": job.id, "progress": round(job.progress(), 4), "position": job.report.position()}

"""Several streams of events as one. Polyfills split an order into calls, and engines into pictures: both put it together again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from .core import Events, ImageEvent


async def merge(streams: Sequence[Events]) -> Events:
    """All events, as they come. The first failure, or a reader who leaves, ends every stream."""
    queue: asyncio.Queue[ImageEvent | BaseException | None] = asyncio.Queue()

    async def drain(stream: Events) -> None:
        try:
            async with aclosing(stream) as events:
                async for event in events:
                    queue.put_nowait(event)
        except BaseException as error:  # a cancellation too, or the reader would wait for ever
            queue.put_nowait(error)
            raise
        queue.put_nowait(None)

    tasks = [asyncio.create_task(drain(stream)) for stream in streams]
    try:
        running = len(tasks)
        while running:
            item = await queue.get()
            if item is None:
                running -= 1
            elif isinstance(item, BaseException):
                raise item
            else:
                yield item
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

"""What a dialect writes, gathered while the last of it is being sent: a frame of many chunks is one wake-up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Any, Self

from ..core import Octets


async def end(task: asyncio.Task[Any]) -> None:
    """Nobody waits for it any more. What it failed with is told to nobody either, not even to asyncio's log: an upstream
    may have quoted the prompt."""
    if not task.done():
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.exception()


class Feed:
    """`async with Feed(chunks) as feed`: `news` returns what has come since it was last asked."""

    def __init__(self, source: AsyncGenerator[Octets, None]) -> None:
        self._source = source
        self._ready: list[Octets] = []
        self._waiting: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(lambda _: self.wake())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        await end(self._task)
        await self._source.aclose()

    async def _run(self) -> None:
        async for chunk in self._source:
            self._ready.append(chunk)
            self.wake()

    @property
    def is_over(self) -> bool:
        return self._task is not None and self._task.done() and not self._ready

    def wake(self) -> None:
        """Have `news` return, whether there are any or not."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def news(self, seconds: float) -> list[Octets]:
        """The chunks that have come, in their order; none when the time is over, or there will be none any more. With 0
        seconds it is waited for as long as it takes.

        Raises what the source has raised, once all that came before has been given out.
        """
        if not self._ready and self._task is not None and not self._task.done():
            loop = asyncio.get_running_loop()
            self._waiting = loop.create_future()
            timer = loop.call_later(seconds, self.wake) if seconds else None
            try:
                await self._waiting
            finally:
                if timer is not None:
                    timer.cancel()
        ready, self._ready = self._ready, []
        if not ready and self._task is not None and self._task.done():
            self._task.result()
        return ready

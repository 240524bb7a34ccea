"""What a server does beside answering: it says that it lives, finds those that do not, makes ready what draws, and clears
away what is over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from ..core import Preparing
from .gateway import Gateway

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Chore:
    """Something that is done every so many `seconds`, for the first time as the server starts."""

    name: str
    seconds: float
    do: Callable[[], Awaitable[object]]


class Upkeep:
    """`chores` are done side by side. One that fails is logged, and done again at its next time."""

    def __init__(self, gateway: Gateway, chores: Sequence[Chore] = ()) -> None:
        self._gateway = gateway
        self._chores = (
            *chores,
            Chore("clear the store", 600.0, self._sweep),
        )
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._keep_at(chore)) for chore in self._chores]
        for provider in self._gateway.providers:
            if isinstance(provider, Preparing):
                self._tasks.append(asyncio.create_task(provider.prepare()))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _keep_at(self, chore: Chore) -> None:
        said, when = "", 0.0  # what the log was told last: the same again not before a minute is over
        while True:
            try:
                await chore.do()
            except Exception as error:
                reason, now = str(error)[:300], time.monotonic()
                if reason != said or now - when >= 60:
                    said, when = reason, now
                    log.warning("a chore failed", chore=chore.name, reason=reason)
            else:
                said = ""
            await asyncio.sleep(chore.seconds)

    async def _sweep(self) -> None:
        gone = 0
        try:
            while found := await self._gateway.store.sweep(time.time()):  # some thousands at a time
                gone += found
        finally:
            if gone:
                log.info("pictures whose time was over are deleted", count=gone)

"""A job is one generation that somebody ordered. It runs in its own task; a connection only watches it.

So the plain answer and the event stream are two views of one job, a watcher may come late
and still sees all of it, and a caller who hangs up ends nothing that has been paid for.
Jobs live in memory here: whoever makes them durable replaces this class.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from secrets import token_hex

import structlog

from ..core import Events, ImageEvent, ImageRequest, Report
from ..core.errors import Cancelled, Timeout, TintypeError, Unavailable

log = structlog.get_logger()


class Job:
    """One generation on its way: its order, its report, and what has happened so far."""

    def __init__(self, request: ImageRequest, report: Report) -> None:
        self.id = f"job_{token_hex(12)}"
        self.request = request
        self.report = report
        report.job = self.id
        self.error: TintypeError | None = None
        self.ended = False
        self.events: list[ImageEvent] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._watchers = 0
        self._task: asyncio.Task[None] | None = None

    def watched(self) -> Watched:
        """The events from the first on. When the last watcher leaves, a job that costs nothing is ended."""
        return Watched(self)

    def join(self) -> Events:
        self._watchers += 1
        return self._follow()

    def leave(self) -> None:
        self._watchers -= 1
        if not self._watchers and not self.report.bought:
            self.cancel()

    def cancel(self) -> None:
        if self._task is not None and not self.ended:
            self._task.cancel()

    async def _follow(self) -> Events:
        position = 0
        while True:
            while position < len(self.events):
                yield self.events[position]
                position += 1
            if self.ended:
                if self.error is not None:
                    raise self.error
                return
            news: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(news)
            await news

    def _tell(self) -> None:
        waiting, self._waiting = self._waiting, []
        for news in waiting:
            if not news.done():  # else whoever waited has left
                news.set_result(None)

    async def run(
        self, generate: Callable[[], Events], seconds: float | None, finish: Callable[[], None]
    ) -> None:
        """Let it happen, and `finish`. Every failure becomes `error`: a watcher hears of it, and nobody else does."""
        try:
            async with asyncio.timeout(seconds), aclosing(generate()) as events:
                async for event in events:
                    self.events.append(event)
                    self._tell()
            finish()
        except TintypeError as error:
            self.error = error
        except TimeoutError:
            self.error = Timeout(f"It took longer than {seconds:g} seconds.", charged=self.report.bought)
        except asyncio.CancelledError:
            self.error = Cancelled("The job was cancelled: nobody waited for it any more.")
        except Exception:
            log.exception("job failed", job=self.id, model=self.report.model, provider=self.report.provider)
            self.error = TintypeError(f"Something in Tintype broke. The log tells more about {self.id}.")
        finally:
            self.ended = True
            self._tell()


class Watched:
    """A watcher's time with a job: `async with job.watched() as events`."""

    def __init__(self, job: Job) -> None:
        self._job = job

    async def __aenter__(self) -> Events:
        self._events = self._job.join()
        return self._events

    async def __aexit__(self, *_: object) -> None:
        try:
            await self._events.aclose()
        finally:
            self._job.leave()


class Jobs:
    """The jobs that run now, and those to be read later: the last `KEPT`, for `LIFETIME` seconds."""

    KEPT = 64
    LIFETIME = 3600.0

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.running: dict[str, Job] = {}
        self._kept: dict[str, tuple[Job, float]] = {}  # with the time of its start, in that order
        self._clock = clock
        self._draining = False

    def find(self, id: str) -> Job | None:
        """A job that was kept, or that runs now."""
        self._forget()
        return self._kept[id][0] if id in self._kept else self.running.get(id)

    def keep(self, job: Job) -> None:
        """Have it found after it has ended."""
        self._kept[job.id] = (job, self._clock())
        self._forget()

    def _forget(self) -> None:
        for id, (job, start) in list(self._kept.items()):
            if len(self._kept) <= self.KEPT and self._clock() - start < self.LIFETIME:
                return
            if job.ended:
                del self._kept[id]

    def start(
        self,
        generate: Callable[[], Events],
        request: ImageRequest,
        report: Report,
        *,
        seconds: float | None = None,
        finish: Callable[[Job], None] = lambda job: None,
    ) -> Job:
        """Begin a job, which may take `seconds`. `finish` is called after the last event. Raises Unavailable once draining has begun."""
        if self._draining:
            raise Unavailable("This server is stopping and takes no new work.", retry_after=5)
        job = Job(request, report)
        job._task = asyncio.create_task(job.run(generate, seconds, lambda: finish(job)), name=job.id)
        self.running[job.id] = job
        job._task.add_done_callback(lambda _: self.running.pop(job.id, None))
        return job

    async def drain(self, grace: float) -> None:
        """Take no new work; let running jobs finish for `grace` seconds, then end them."""
        self._draining = True
        tasks = [job._task for job in self.running.values() if job._task is not None]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=grace)
        for task in late:
            task.cancel()
        if late:
            log.warning("jobs cut short by the end of the grace period", count=len(late), grace=grace)
            await asyncio.wait(late)

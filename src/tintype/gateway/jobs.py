"""A job is one generation that somebody ordered. It runs in its own task; a connection only watches it.

So the plain answer, the event stream and the asynchronous answer are views of one job, a watcher may come late
and still sees all of it, and a caller who hangs up ends nothing that has been paid for. Only jobs that run are here:
what is read of one that has ended, `recall.py` brings back.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

import structlog

from ..accounts.records import Taken
from ..core import Caller, Completed, Events, ImageEvent, ImageRequest, Micros, Partial, Report
from ..core.errors import Cancelled, Conflict, Timeout, TintypeError, Unavailable
from ..core.ids import new_id

log = structlog.get_logger()


async def _nothing(job: Job) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a job does. `begin` comes before anything is drawn, and may refuse it; `finish` after the last event, and
    may say that it has failed after all; `end` however it ended, once it has begun, and must not raise. `keep` puts
    the pictures of one that has ended where they can be read again."""

    generate: Callable[[], Events]
    seconds: float | None = None  # how long it may take to draw
    begin: Callable[[Job], Awaitable[None]] = _nothing
    finish: Callable[[Job], None] = lambda job: None
    end: Callable[[Job], Awaitable[None]] = _nothing
    keep: Callable[[Job], Awaitable[None]] = _nothing


class Job:
    """One generation on its way: its order, its report, and what has happened so far."""

    def __init__(self, request: ImageRequest, report: Report, caller: Caller) -> None:
        self.id = new_id("job", 16)
        self.request = request
        self.report = report
        report.job = self.id
        report.moved = self._tell
        self.caller = caller
        self.error: TintypeError | None = None
        self.ended = False
        self.kept = False  # whether its pictures are to be read again
        self.stays = False  # whether it goes on though nobody watches
        self.cancelled = False  # whether it has been told to end
        self._why: TintypeError = Cancelled("The job was cancelled.")
        self.fingerprint = ""  # of its order, as `purchase.Once` has it
        self.hold: Micros = 0  # that is set aside for it
        self.events: list[ImageEvent] = []
        self._keep: Callable[[Job], Awaitable[None]] = _nothing
        self._waiting: list[asyncio.Future[None]] = []
        self._watchers = 0
        self._task: asyncio.Task[None] | None = None
        self._begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._closing = False

    async def begun(self) -> None:
        """Wait until it has been let in. Raises what it was refused with, and Taken."""
        await asyncio.shield(self._begun)

    async def over(self) -> None:
        """Wait until it has ended, and its money is settled."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def watched(self) -> Watched:
        """The events from the first on. When the last watcher leaves, a job that costs nothing is ended."""
        return Watched(self)

    @property
    def is_watched(self) -> bool:
        return self._watchers > 0

    def join(self) -> Events:
        self._watchers += 1
        return self._follow()

    def leave(self) -> None:
        self._watchers -= 1
        if self._watchers or self.ended:
            return
        if self.report.bought or self.stays:
            self.kept = True  # whoever left may come back for what was bought
        else:
            self.cancel(Cancelled("The job was cancelled: nobody waited for it any more."))

    def stay(self) -> bool:
        """Let it go on though nobody watches, and keep what comes of it. False once it has been told to end."""
        if not self.cancelled:
            self.stays = self.kept = True
        return not self.cancelled

    async def missed(self) -> None:
        """Whoever ordered it has not got it: what was bought is kept for the next who asks, though it has ended."""
        if not self.report.bought or self.kept:
            return
        self.kept = True
        if self.ended:
            await self._keep(self)

    def cancel(self, why: TintypeError | None = None) -> None:
        """End it at its next stage, unless it has ended. `why` is what its watchers hear."""
        if self.cancelled or self._closing or self.ended:
            return
        self.cancelled = True
        self._why = why or Cancelled("The job was cancelled.")
        if self._begun.done() and self._task is not None:  # else its money is on the move
            self._task.cancel()

    def moved(self) -> asyncio.Future[None]:
        """Done once it has come further, or has ended, from now on. Cancel it when it is not waited for any more."""
        news: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.ended:
            news.set_result(None)
        else:
            self._waiting.append(news)
        return news

    def progress(self) -> float:
        """How much of it is done, between 0 and 1, as far as its events tell, or who draws it."""
        made = sum(isinstance(event, Completed) for event in self.events)
        steps = (self.request.partial_images or 0) if self.request.stream else 0
        shown = sum(isinstance(event, Partial) for event in self.events)
        part = min(shown - steps * made, steps) / (steps + 1) if steps else 0.0
        under_way = sum(call.under_way for call in self.report.calls)
        return min((made + max(part, under_way, 0.0)) / self.request.n, 1.0)

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
            await self.moved()

    def _tell(self) -> None:
        waiting, self._waiting = self._waiting, []
        for news in waiting:
            if not news.done():  # else whoever waited has left
                news.set_result(None)

    async def run(self, work: Work) -> None:
        """Let it happen. Every failure becomes `error`: a watcher hears of it, and nobody else does."""
        self._keep = work.keep
        try:
            try:
                await work.begin(self)
            except Exception as error:
                self._closing = True
                self._let_in(error)
                raise
            self._let_in(None)
            await self._draw(work)
        except TintypeError as error:
            self.error = error
        except asyncio.CancelledError:
            self.error = self._why
        except Taken as taken:
            self.error = Conflict(f"This order has been placed before, as {taken.record.id}.")
        except Exception as error:
            self._break(error)
        finally:
            self.ended = True
            self._tell()
            self.report.end()

    async def _draw(self, work: Work) -> None:
        try:
            if self.cancelled:
                raise asyncio.CancelledError
            async with asyncio.timeout(work.seconds), aclosing(work.generate()) as events:
                async for event in events:
                    self.events.append(event)
                    self._tell()
            work.finish(self)
        except TintypeError as error:
            self.error = error
        except TimeoutError:
            said = f"It took longer than {work.seconds:g} seconds."
            self._cut_short(work, Timeout(said, charged=self.report.bought))
        except asyncio.CancelledError:
            self.error = self._why
            if (self.hold or self.report.bought) and not isinstance(self._why, Cancelled):
                self._cut_short(work, self._why)
        except Exception as error:
            self._break(error)
        finally:
            self._closing = True  # money is on the move: nobody ends that half way
            await work.end(self)

    def _cut_short(self, work: Work, why: TintypeError) -> None:
        """What has come by then is to be paid, and so it is delivered."""
        self.error = why
        if made := sum(isinstance(event, Completed) for event in self.events):
            if made < self.request.n:  # else only the end of an upstream's answer is missing
                self.report.missing.insert(0, why)
            with suppress(TintypeError):
                work.finish(self)
                self.error = None

    def _break(self, error: Exception) -> None:
        self.error = broken(self.report, error)

    def _let_in(self, error: Exception | None) -> None:
        if error is None:
            self._begun.set_result(None)
        else:
            self._begun.set_exception(error)
            self._begun.exception()  # whoever does not wait for it hears of it as `error`


def broken(report: Report, error: Exception) -> TintypeError:
    """What callers hear of a fault of ours; all else about it is in the log."""
    log.error("job failed", job=report.job, model=report.model, provider=report.provider, exc_info=error)
    return TintypeError(f"Something in Tintype broke. The log tells more about {report.job}.")


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


UNKEPT = 64
"""Jobs that are held in memory while the store is away."""


class Jobs:
    """The jobs that run now."""

    def __init__(self) -> None:
        self.running: dict[str, Job] = {}
        self.draining = False
        self._unkept: OrderedDict[str, Job] = OrderedDict()
        self._afterwards: set[asyncio.Task[None]] = set()

    def start(self, work: Work, request: ImageRequest, report: Report, caller: Caller) -> Job:
        """Begin a job. Raises Unavailable once draining has begun."""
        if self.draining:
            raise Unavailable(
                "This server takes no new work: it stops.", code="server_stopped", retry_after=5
            )
        job = Job(request, report, caller)
        job._task = asyncio.create_task(job.run(work), name=job.id)
        self.running[job.id] = job
        job._task.add_done_callback(lambda _: self.running.pop(job.id, None))
        return job

    def find(self, id: str) -> Job | None:
        """One that runs here, or whose pictures are nowhere but here."""
        return self.running.get(id) or self._unkept.get(id)

    def remember(self, job: Job) -> None:
        """Hold a job whose pictures are to be read again, and which the store did not take; the last `UNKEPT` of them."""
        self._unkept[job.id] = job
        while len(self._unkept) > UNKEPT:
            self._unkept.popitem(last=False)

    def forget(self, job: Job) -> None:
        """Let go of one that is nowhere but here."""
        self._unkept.pop(job.id, None)

    def do_later(self, job: Job, work: Coroutine[Any, Any, None]) -> None:
        """Something of a job that nobody waits for, but the end of the server, and whoever deletes its pictures."""
        task = asyncio.create_task(work, name=job.id)
        self._afterwards.add(task)
        task.add_done_callback(self._afterwards.discard)

    async def at_rest(self, id: str) -> None:
        """Wait until nothing is done any more for a job that has ended here."""
        if busy := [task for task in self._afterwards if task.get_name() == id]:
            await asyncio.wait(busy)

    def left_behind(self, key: str, fingerprint: str) -> Job | None:
        """One of this order that goes on though whoever placed it has left."""
        return next(
            (
                job
                for job in self.running.values()
                if job.fingerprint == fingerprint
                if job.caller.key == key
                if not job.is_watched
                if not job.cancelled
            ),
            None,
        )

    async def drain(self, grace: float) -> None:
        """Take no new work; let running jobs finish for `grace` seconds, then end them."""
        self.draining = True
        tasks = [job._task for job in self.running.values() if job._task is not None]
        late: set[asyncio.Task[None]] = set()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
        for job in list(self.running.values()):
            job.cancel(
                Unavailable(
                    "This server is stopping, and there was no time left to finish this. Order it again.",
                    code="server_stopped",
                    retry_after=5,
                    charged=job.report.bought,
                )
            )
        if late:
            log.warning("jobs cut short by the end of the grace period", count=len(late), grace=grace)
            await asyncio.wait(late)
        if self._afterwards:
            await asyncio.wait(self._afterwards)

"""A batch as it goes: several orders at a time, and what came of them."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from ..core.errors import TintypeError
from . import telling
from .failures import INTERRUPTED, sentence
from .lines import Line, shown
from .progress import is_live
from .results import Result, Results, Unwritable
from .shops import Shop
from .sums import any_charged, bill, counted

TRIES = 5
"""Of an order that fails where trying again may help, and buys nothing twice."""

LONGEST_WAIT = 60.0


@dataclass(slots=True)
class Batch:
    """`lines` in their order, `at_once` of them at a time."""

    shop: Shop
    results: Results
    lines: Sequence[Line]
    at_once: int
    as_json: bool = False
    quiet: bool = False
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _ended: list[Result] = field(default_factory=list)
    _failed: dict[int, str] = field(default_factory=dict)
    _fatal: TintypeError | None = None
    _interrupted: int = 0
    _unread: bool = False  # whoever was told the results has gone
    _seen: Callable[[], None] = lambda: None

    def run(self) -> int:
        """The exit code: 0 when every order is done, 1 when some failed. Raises Unauthenticated for a key that is refused,
        and Unwritable."""
        begun = time.monotonic()
        with suppress(asyncio.CancelledError):
            asyncio.run(self._run())
        self._sum_up(time.monotonic() - begun)
        if self._fatal is not None:
            raise self._fatal
        if self._interrupted:
            return INTERRUPTED
        return 1 if self._failed or self._unread else 0

    async def _run(self) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def interrupt() -> None:
            self._interrupted += 1
            self._stop.set()
            if self._interrupted > 1:
                task.cancel()
            else:
                telling.note("stopping: what runs is waited for; Ctrl-C again ends it")

        with suppress(
            NotImplementedError, RuntimeError, ValueError
        ):  # not on Windows, nor beside the main thread
            loop.add_signal_handler(signal.SIGINT, interrupt)
        waiting = iter(self.lines)
        try:
            with self._progress():
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(self.at_once, len(self.lines))):
                        group.create_task(self._work(waiting))
        finally:
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.remove_signal_handler(signal.SIGINT)
            await self.shop.close()

    async def _work(self, waiting: Iterator[Line]) -> None:
        while not self._stop.is_set():
            line = next(waiting, None)
            if line is None:
                return
            await self._order(line)

    async def _order(self, line: Line) -> None:
        """Again where that may help; nothing is written of an order that was given up before it was tried again."""
        for number in range(TRIES):
            outcome = await self.shop.draw(line, self.results.keep)
            error = outcome.error
            if error is None or outcome.result.files or not error.retryable or error.charged:
                break
            if number < TRIES - 1 and await self._stopped_within(error.retry_after or 2.0**number):
                return
        if isinstance(error, Unwritable) or (error is not None and self.shop.lets_nobody_in(error)):
            self._give_up(error)
            return
        if error is not None:
            self._failed[line.number] = sentence(error)
        try:
            text = await asyncio.to_thread(self.results.add, outcome.result)
        except Unwritable as unwritable:
            self._give_up(unwritable)
            return
        self._ended.append(outcome.result)
        if self.as_json:
            self._say(text.decode())
        self._seen()

    def _say(self, line: str) -> None:
        try:
            print(line, end="", flush=True)
        except BrokenPipeError:  # as of `| head`: what runs is waited for
            self.as_json, self._unread = False, True
            self._stop.set()

    def _give_up(self, error: TintypeError) -> None:
        """Every other order would fail alike: those that run are waited for, and no more are placed."""
        self._fatal = error
        self._stop.set()

    async def _stopped_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), min(seconds, LONGEST_WAIT))
        return self._stop.is_set()

    @contextmanager
    def _progress(self) -> Iterator[None]:
        if not is_live(quiet=self.quiet):
            yield
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        columns = (
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
            task = shown.add_task("orders", total=len(self.lines))

            def see() -> None:
                failed = f", {len(self._failed)} failed" if self._failed else ""
                shown.update(task, completed=len(self._ended), description=f"orders{failed}")

            self._seen = see
            yield

    def _sum_up(self, seconds: float) -> None:
        """On stderr: what came of it, and each order that failed."""
        for fault in shown(self._failed):
            telling.note(fault)
        if self._interrupted > 1 and any_charged(self._ended):
            telling.note("what had begun may still be charged")
        if self.quiet or not self.lines:
            return
        statuses = Counter(result.status for result in self._ended)
        left = len(self.lines) - len(self._ended)
        facts = [
            f"{counted(statuses['done'], 'order')} done",
            f"{statuses['incomplete']} incomplete" if statuses["incomplete"] else "",
            f"{statuses['failed']} failed" if statuses["failed"] else "",
            f"{left} not ordered" if left else "",
            counted(sum(len(result.files) for result in self._ended), "picture"),
            bill(self._ended),
            f"{seconds:.1f} s",
        ]
        print(" · ".join(fact for fact in facts if fact), file=sys.stderr)

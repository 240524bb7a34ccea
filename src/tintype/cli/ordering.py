"""A batch as it goes: how much it is before, several orders at a time, and what came of them after."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import msgspec

from ..core import Micros
from ..core.errors import CallerError, TintypeError, Unauthenticated
from ..core.money import micros, usd
from . import telling
from .costs import money
from .failures import INTERRUPTED, sentence
from .lines import Line, shown
from .progress import is_live
from .results import Result, Results, Unwritable
from .shops import Quote, Shop

TRIES = 5
"""Of an order that fails where trying again may help, and buys nothing twice."""

LONGEST_WAIT = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """How much is to be ordered. `free` is what twins' models would take."""

    left: Sequence[Line]
    done: int
    pictures: int
    charged: Micros
    free: Micros
    unknown: int  # orders that will be charged nobody knows how much

    def in_words(self) -> str:
        """
        >>> from pathlib import Path
        >>> line = Line(number=1, custom_id=None, path="", body={}, folder=Path())
        >>> Total(left=[], done=2, pictures=0, charged=0, free=0, unknown=0).in_words()
        'nothing to order (2 done before)'
        >>> Total(left=[line, line], done=0, pictures=2, charged=50_000, free=69_000, unknown=0).in_words()
        '2 orders, 2 pictures: about $0.05, and about $0.069 of twins that is not charged'
        """
        before = f" ({self.done} done before)" if self.done else ""
        if not self.left:
            return f"nothing to order{before}"
        sums = []
        if self.charged or not (self.free or self.unknown):
            sums.append(f"about {money(self.charged)}" if self.charged else "free")
        if self.free:
            sums.append(f"{'and ' if sums else ''}about {_of_twins(self.free, beside=bool(sums))}")
        if self.unknown:
            sums.append(f"{counted(self.unknown, 'order')} whose cost is not known")
        return f"{counted(len(self.left), 'order')}, {counted(self.pictures, 'picture')}{before}: {', '.join(sums)}"

    def as_json(self) -> str:
        document = {
            "orders": len(self.left),
            "done": self.done,
            "pictures": self.pictures,
            "cost": usd(self.charged),
            "not_charged": usd(self.free),
            "unknown": self.unknown,
        }
        return msgspec.json.encode(document).decode()


def count(lines: Sequence[Line], faults: dict[int, str], results: Results, shop: Shop) -> Total:
    """What is left to order, and its cost. Orders that cannot be are added to the faults.

    Raises TintypeError where the server cannot be asked.
    """
    left: list[Line] = []
    for line in lines:
        with _named(line, faults):
            if not results.has(line):
                left.append(line)
    quotes = asyncio.run(_quotes(left, faults, shop))
    unknown = sum(quote.amount is None and quote.charged for quote in quotes)
    return Total(
        left=left,
        done=len(lines) - len(left),
        pictures=sum(quote.pictures for quote in quotes),
        charged=sum(quote.amount or 0 for quote in quotes if quote.charged),
        free=sum(quote.amount or 0 for quote in quotes if not quote.charged),
        unknown=unknown,
    )


async def _quotes(lines: Sequence[Line], faults: dict[int, str], shop: Shop) -> list[Quote]:
    try:
        found = []
        for line in lines:
            with _named(line, faults):
                found.append(await shop.quote(line))
        return found
    finally:
        await shop.close()


@contextmanager
def _named(line: Line, faults: dict[int, str]) -> Iterator[None]:
    try:
        yield
    except Unauthenticated:
        raise
    except CallerError as error:
        faults[line.number] = sentence(error)


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


def bill(results: Sequence[Result]) -> str:
    """What they came to in a few words.

    >>> made = Result(custom_id=None, line=1, status="done", files=["1-1.png"], cost="0.052730", charged=True)
    >>> bill([made, made]), bill([]), bill([msgspec.structs.replace(made, cost=None)])
    ('$0.105', '', 'cost not known')
    >>> twin = msgspec.structs.replace(made, charged=False)
    >>> bill([made, twin]), bill([msgspec.structs.replace(made, cost="0.000000"), twin])
    ('$0.053, and $0.053 of twins that is not charged', '$0.053 (twins: not charged)')
    """
    made = [result for result in results if result.files]
    charged = [result for result in made if result.charged]
    known = sum(micros(result.cost) for result in charged if result.cost)
    unknown = sum(result.cost is None for result in charged)
    free = sum(micros(result.cost) for result in made if result.cost and not result.charged)
    parts = [money(known)] if known or (charged and not (unknown or free)) else []
    if unknown:
        parts.append("cost not known" if not known else f"{unknown} of unknown cost")
    if free:
        parts.append(_of_twins(free, beside=bool(parts)))
    return ", and ".join(parts)


def _of_twins(amount: Micros, *, beside: bool) -> str:
    """`beside`: another sum, which is charged, stands before it."""
    return (
        f"{money(amount)} of twins that is not charged" if beside else f"{money(amount)} (twins: not charged)"
    )


def any_charged(results: Sequence[Result]) -> bool:
    return any(result.charged for result in results)


def counted(number: int, name: str) -> str:
    """
    >>> counted(1, "order"), counted(1200, "order")
    ('1 order', '1,200 orders')
    """
    return f"{number:,} {name}{'' if number == 1 else 's'}"

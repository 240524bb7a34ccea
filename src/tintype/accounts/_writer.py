"""The one thread that writes: it takes all that waits, does it in one transaction, and then tells everybody."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog

from ..core.errors import TintypeError
from ._failures import AWAY, Absence, Away, Unheard, judge, reason

log = structlog.get_logger()

T = TypeVar("T")
Work = Callable[[sa.Connection], Any]
Group = Callable[[sa.Connection, Sequence[Any], bool], list[Any]]
"""Does many of a kind at once and answers each, in order; an exception is an answer that has left no trace. The flag:
whether it may have been done before, by a transaction whose end was not heard of."""

BATCH = 256
ENOUGH = 12  # that wait: they are written at once
GAP = 0.012  # seconds between the beginnings of two batches of fewer: a transaction costs as much as several things in it
TRIES = 20  # when others are in the way
STUBBORN = 10.0  # seconds for them all
PATIENCE = 2.0  # seconds that a database may be away before anybody hears of it


class Item:
    """Something to be written, and who waits for it: a `work`, or a `thing` that `group` does among others."""

    __slots__ = ("future", "group", "loop", "thing", "uncertain", "work")

    def __init__(self, *, work: Work | None = None, group: Group | None = None, thing: Any = None) -> None:
        self.work = work
        self.group = group
        self.thing = thing
        self.uncertain = False  # whether it may have been written
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()


class Writer:
    """`engine` is of one connection. `put` may be called from any event loop."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._connection: sa.Connection | None = None
        self._absence = Absence("write")
        self._queue: deque[Item] = deque()
        self._idle = False  # the thread waits for whatever comes
        self._news = threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closed = False

    def put(self, item: Item) -> asyncio.Future[Any]:
        if self._thread is None:
            self._start()
        if self._closed:
            raise Away("The database has been closed.")
        self._queue.append(item)
        if self._idle or len(self._queue) == ENOUGH:
            self._news.set()
        return item.future

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="tintype-writer", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Blocks until all that waits is written."""
        self._closed = True
        if self._thread is not None:
            self._news.set()
            self._thread.join()
        self._drop()
        self._engine.dispose()

    def _serve(self) -> None:
        began = 0.0
        while self._wait(began + GAP):
            began = time.monotonic()
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH))]
            try:
                answers = self._write(batch)
            except Exception as error:  # a fault of ours must not end the thread
                log.exception("writing failed")
                answers = [error] * len(batch)
            _tell(batch, answers)

    def _wait(self, until: float) -> bool:
        """Until `until`, or until enough is there, and then for whatever comes. False: nothing will come any more."""
        left = until - time.monotonic()
        if left > 0 and len(self._queue) < ENOUGH and not self._closed:
            self._news.wait(left)  # what comes meanwhile wakes nobody
            self._news.clear()
        while not self._queue:
            if self._closed:
                return False
            self._idle = True
            if not self._queue and not self._closed:
                self._news.wait()
            self._idle = False
            self._news.clear()
        return True

    def _write(self, batch: list[Item]) -> list[Any]:
        """In one transaction; if that cannot be, each in one of its own, so that only the guilty fail."""
        tries, began = 0, time.monotonic()
        until = 0.0 if self._absence.lasts else began + PATIENCE
        while True:
            try:
                answers = self._transact(batch)
            except Exception as error:
                verdict = judge(error)
                if verdict == "again" and tries < TRIES and time.monotonic() < began + STUBBORN:
                    tries += 1
                    time.sleep(random.uniform(0, 0.002 * tries))
                    continue
                if verdict in ("again", "away"):
                    self._drop()
                    if tries == 0 or time.monotonic() < until:  # at once: a connection may just be old
                        time.sleep(0.1 * min(tries, 1))
                        tries += 1
                        continue
                    self._absence.noticed(error)
                    return [Unheard(AWAY) if item.uncertain else Away(AWAY) for item in batch]
                if verdict == "twice" and len(batch) == 1 and tries < 3:  # by now it may be seen
                    tries += 1
                    continue
                if len(batch) > 1:
                    return [answer for item in batch for answer in self._write([item])]
                return [error]
            self._absence.over()
            return answers

    def _transact(self, batch: list[Item]) -> list[Any]:
        if self._connection is None:
            self._connection = self._engine.connect()
        connection = self._connection
        transaction = connection.begin()
        try:
            answers = self._run(connection, batch)
        except BaseException:
            _undo(transaction)
            raise
        try:
            transaction.commit()
        except BaseException as error:
            if judge(error) == "away":
                for item in batch:
                    item.uncertain = True
            _undo(transaction)
            raise
        return answers

    def _run(self, connection: sa.Connection, batch: list[Item]) -> list[Any]:
        answers: list[Any] = [None] * len(batch)
        groups: dict[Group, list[int]] = {}
        for position, item in enumerate(batch):
            if item.group is not None:
                groups.setdefault(item.group, []).append(position)
            elif item.uncertain:
                answers[position] = Away("The database went away: whether it was written is not known.")
            elif item.work is not None:
                answers[position] = _alone(connection, item.work)
        for group, positions in groups.items():
            things = [batch[position].thing for position in positions]
            again = any(batch[position].uncertain for position in positions)
            for position, answer in zip(positions, group(connection, things, again), strict=True):
                answers[position] = answer
        return answers

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except Exception as error:
                log.debug("a connection was not closed well", reason=reason(error))


def _alone(connection: sa.Connection, work: Work) -> Any:
    """One work's answer; the error of one that failed, whose traces are gone."""
    savepoint = connection.begin_nested()
    try:
        answer = work(connection)
    except TintypeError as error:
        savepoint.rollback()
        return error
    except Exception as error:
        if judge(error) != "wrong":
            raise
        savepoint.rollback()
        return error
    savepoint.commit()
    return answer


def _undo(transaction: sa.RootTransaction) -> None:
    try:
        transaction.rollback()
    except Exception as error:
        log.debug("a transaction was not rolled back well", reason=reason(error))


def _tell(batch: list[Item], answers: list[Any]) -> None:
    loops: dict[asyncio.AbstractEventLoop, deque[tuple[asyncio.Future[Any], Any]]] = {}
    for item, answer in zip(batch, answers, strict=True):
        loops.setdefault(item.loop, deque()).append((item.future, answer))
    for loop, news in loops.items():
        try:
            loop.call_soon_threadsafe(_deliver, news)
        except RuntimeError:  # nobody is there any more
            log.debug("answers of the database came too late", count=len(news))


def _deliver(news: deque[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, answer in news:
        if future.done():  # whoever waited has left
            continue
        if isinstance(answer, BaseException):
            future.set_exception(answer)
        else:
            future.set_result(answer)

"""The database: one thread writes what waits in one transaction, a few others read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self, TypeVar

import sqlalchemy as sa

from . import _engines, _upgrade
from ._failures import AWAY, Absence, Away, judge, reason
from ._writer import Item, Writer

T = TypeVar("T")
Thing = TypeVar("Thing")


class Database:
    """Open it with `Database.open`. Its methods may be called from several event loops."""

    def __init__(self, url: sa.URL) -> None:
        self.kind = url.get_backend_name()  # "sqlite" or "postgresql"
        self.where = url.render_as_string(hide_password=True)
        self._readers = _engines.for_reading(url)
        self._absence = Absence("read")
        self._writer = Writer(_engines.for_writing(url))
        self._threads = ThreadPoolExecutor(_engines.READERS, thread_name_prefix="tintype-reader")

    @classmethod
    def open(cls, url: str, *, make: bool = True) -> Self:
        """`url`: sqlite:////a/path or postgresql://…; an empty database is filled with tables, an older one upgraded.
        `make`: a file that is not there is made.

        Raises ValueError in a sentence, which never tells the password.
        """
        parsed = _engines.parse(url)
        _engines.prepare(parsed, make=make)
        _reached(parsed, _upgrade.bring_up_to_date)
        return cls(parsed)

    @staticmethod
    def look(url: str) -> str:
        """What `open` would find there, in a sentence; nothing is made or changed. Raises ValueError as that does."""
        parsed = _engines.parse(url)
        _engines.prepare(parsed, make=False)
        return _reached(parsed, _upgrade.look)

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in the writer's thread, in one transaction with others. What it raises is raised here, and
        undoes it alone. It may be run more than once before it counts, so it changes nothing but the database.

        Raises Unavailable when the database is away.
        """
        answer: T = await self._writer.put(Item(work=work))
        return answer

    def submit(
        self, group: Callable[[sa.Connection, Sequence[Thing], bool], list[Any]], thing: Thing
    ) -> asyncio.Future[Any]:
        """Let `group` do `thing`, with all others of its kind that wait at that moment. See `_writer.Group`."""
        return self._writer.put(Item(group=group, thing=thing))

    async def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in a reader's thread; all that it reads is of one moment. It must not write.

        Raises Unavailable when the database is away.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, work)

    async def look_up(self, query: sa.Select[Any]) -> Sequence[sa.RowMapping]:
        """The rows of one query. PostgreSQL is spared the beginning and the end of a transaction, which take as long.

        Raises Unavailable when the database is away.
        """

        def work(connection: sa.Connection) -> Sequence[sa.RowMapping]:
            return connection.execute(query).mappings().all()

        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, work, False)

    def _read(self, work: Callable[[sa.Connection], T], one_moment: bool = True) -> T:
        for tries in range(3):
            try:
                with self._readers.connect() as connection:
                    if one_moment and self.kind == "postgresql":
                        connection = connection.execution_options(**_engines.ONE_MOMENT)
                    answer = work(connection)
                self._absence.over()
                return answer
            except Exception as error:
                verdict = judge(error)
                if verdict == "wrong":
                    raise
                if verdict == "away":
                    self._readers.dispose()  # the others are as old as this one
                if tries == 2:
                    self._absence.noticed(error)
                    raise Away(AWAY) from error
        raise AssertionError("unreachable")

    async def close(self) -> None:
        """After the last call: all that waits is written first."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.close()
        self._threads.shutdown()
        self._readers.dispose()


def _reached(url: sa.URL, work: Callable[[sa.Engine], T]) -> T:
    """What `work` makes of it. Raises ValueError in a sentence, without the password."""
    engine = _engines.for_writing(url)
    try:
        return work(engine)
    except _upgrade.FAILURES as error:
        shown = url.render_as_string(hide_password=True)
        raise ValueError(f"The database {shown} cannot be opened: {reason(error)}.") from None
    finally:
        engine.dispose()

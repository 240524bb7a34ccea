"""What a database's error means for whoever wrote or read: try again, reconnect, or look at what was asked."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from typing import Literal

import sqlalchemy as sa
import structlog

from ..core.errors import Unavailable

log = structlog.get_logger()

Verdict = Literal["again", "twice", "away", "wrong"]
"""`again`: another was in the way. `twice`: what may be there once was, and perhaps just came. `away`: the database is
not there, or takes nothing. `wrong`: ours to mend."""


_AWAY = tuple(f"SQLITE_{name}" for name in ("FULL", "IOERR", "READONLY", "CANTOPEN", "CORRUPT", "NOTADB"))


class Away(Unavailable):
    """This house's own database: no upstream is to blame."""

    code = "database_unavailable"


class Unheard(Away):
    """The database went away before it said whether it has written something: it may have."""


class InTheWay(Exception):
    """What was read is not so any more: the whole of it is done again."""


def judge(error: BaseException) -> Verdict:
    if isinstance(error, InTheWay):
        return "again"
    if isinstance(error, sa.exc.DBAPIError):
        return "away" if error.connection_invalidated else judge(error.orig or Exception())
    if isinstance(error, sa.exc.TimeoutError):  # no reader is free
        return "away"
    if isinstance(error, sqlite3.Error):
        return _judge_sqlite(getattr(error, "sqlite_errorname", "") or "", error)
    if type(error).__module__.startswith("psycopg"):
        return _judge_postgresql(error)
    return "wrong"


def _judge_sqlite(name: str, error: sqlite3.Error) -> Verdict:
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return "again"
    if name in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"):
        return "twice"
    if name.startswith(_AWAY) or "closed database" in str(error):
        return "away"
    return "wrong"


def _judge_postgresql(error: BaseException) -> Verdict:
    state = getattr(error, "sqlstate", None)
    if state in ("40001", "40P01", "55P03"):
        return "again"
    if state == "23505":
        return "twice"
    if state is None:
        return (
            "away"
            if type(error).__name__ in ("OperationalError", "InterfaceError", "ConnectionTimeout")
            else "wrong"
        )
    return "away" if state[:2] in ("08", "53", "57", "58", "XX") or state == "25006" else "wrong"


def reason(error: BaseException) -> str:
    """An error's first line, without a password that an address in it may hold."""
    inner = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig is not None else error
    line = (str(inner).strip().splitlines() or [type(inner).__name__])[0]
    return re.sub(r"(//[^:/@\s]*):[^@\s]*@", r"\1:…@", line).rstrip(". ")


AWAY = "The database is not there at the moment: try again later."
"""What callers are told. Why it is not there is in the log: it names hosts."""

MINUTE = 60.0


class Absence:
    """Whether a database is away, as whoever reads or writes finds it. The log is told once a minute, though hundreds
    may be refused in a second, and once more when it is back."""

    def __init__(self, doing: Literal["read", "write"], clock: Callable[[], float] = time.monotonic) -> None:
        self.lasts = False
        self._doing = doing
        self._clock = clock
        self._told = False
        self._said = -float("inf")

    def noticed(self, error: BaseException) -> None:
        self.lasts = True
        now = self._clock()
        if now - self._said >= MINUTE:
            self._said, self._told = now, True
            log.warning("the database is not there", doing=self._doing, reason=reason(error))

    def over(self) -> None:
        if self.lasts:
            self.lasts = False
            if self._told:
                self._told = False
                log.info("the database is there again", doing=self._doing)

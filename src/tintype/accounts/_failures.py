"""What a database's error means for whoever wrote or read: try again, reconnect, or look at what was asked."""

from __future__ import annotations

import re
import sqlite3
from typing import Literal

import sqlalchemy as sa

from ..core.errors import Unavailable

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

"""From a database's URL to SQLAlchemy's engines, with what each kind of database must be told first."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

READERS = 4
ONE_MOMENT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""For a connection of PostgreSQL's: all that its transaction reads is of one moment."""
PATIENCE = 10.0  # seconds that one process waits for another's turn to write
_SILENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""After how long a PostgreSQL whose machine is gone, and says nothing, is away: the system itself would wait a quarter of
an hour. Seconds, and the last one in milliseconds."""
_DISCREET: dict[str, Any] = {"hide_parameters": True}
"""Errors do not quote what was to be written: they are told to the log."""
KINDS = 'sqlite:////a/path/file.db, postgresql://user:password@host/name, or "off" for none'


def parse(url: str) -> sa.URL:
    """Raises ValueError, which never tells the password."""
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise ValueError(f"The database's address cannot be read: it is {KINDS}.") from None
    kind = parsed.drivername.partition("+")[0]
    if kind == "sqlite":
        if not parsed.database or ":memory:" in parsed.database:
            raise ValueError("The database must be a file: several threads read it.")
        return parsed.set(drivername="sqlite")
    if kind in ("postgresql", "postgres"):
        try:
            import psycopg  # noqa: F401
        except ImportError:
            raise ValueError(
                "PostgreSQL needs a driver that is not installed: pip install 'tintype[postgresql]'"
            ) from None
        return parsed.set(drivername="postgresql+psycopg")
    raise ValueError(f"The database cannot be one of {kind}: it is {KINDS}.")


def prepare(url: sa.URL, *, make: bool = True) -> None:
    """The folder of an SQLite file, and the file: for nobody but whom it belongs to. Raises ValueError, also where it
    is not there and nobody wants to `make` it."""
    if url.get_backend_name() != "sqlite":
        return
    path = Path(url.database or "")
    if not make and not path.exists():
        raise ValueError(f"There is no database {path}: a server makes it, or the first key or account.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise ValueError(f"The database {path} cannot be opened: {error.strerror}.") from None


def for_writing(url: sa.URL) -> sa.Engine:
    """Of one connection, whose transactions are the only ones that write while they last."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, "BEGIN IMMEDIATE", poolclass=NullPool)
    return sa.create_engine(url, poolclass=NullPool, connect_args=_postgresql(url), **_DISCREET)


def for_reading(url: sa.URL) -> sa.Engine:
    """Of `READERS` connections. On PostgreSQL a statement is a transaction by itself, but with the options `ONE_MOMENT`."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, "BEGIN", pool_size=READERS, max_overflow=0)
    return sa.create_engine(
        url,
        pool_size=READERS,
        max_overflow=0,
        connect_args=_postgresql(url),
        execution_options={"isolation_level": "AUTOCOMMIT", "postgresql_readonly": True},
        **_DISCREET,
    )


def _postgresql(url: sa.URL) -> dict[str, Any]:
    return {name: value for name, value in _SILENCE.items() if name not in url.query}


def _sqlite(url: sa.URL, begin: str, **options: Any) -> sa.Engine:
    """sqlite3 would begin transactions by its own lights; here SQLAlchemy says when, and how."""
    engine = sa.create_engine(
        url,
        paramstyle="named",
        connect_args={"timeout": PATIENCE, "check_same_thread": False},
        **_DISCREET,
        **options,
    )
    sa.event.listen(engine, "connect", _tune)
    sa.event.listen(engine, "begin", _beginning(begin))
    return engine


def _beginning(statement: str) -> Callable[[sa.Connection], None]:
    def begin(connection: sa.Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        driver.execute(statement)

    return begin


def _tune(connection: sqlite3.Connection, _: object) -> None:
    """NORMAL: what was committed survives the death of this process. Only the power going off may take the last
    moments with it, and never leaves a database that contradicts itself."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA cache_size = -16000")  # 16 MB
    cursor.execute(
        "PRAGMA wal_autocheckpoint = 4000"
    )  # pages: a page that is written often is then moved once
    cursor.close()

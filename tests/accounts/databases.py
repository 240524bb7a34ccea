"""Empty databases for tests: a file, or one of PostgreSQL's that a test process keeps for itself and empties."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import pytest
import sqlalchemy as sa

from tintype.accounts.schema import metadata

KINDS = ("sqlite", "postgresql")
SERVER = os.environ.get("TINTYPE_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
MINE = f"tintype_test_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{token_hex(4)}"


def _engine(name: str | None = None) -> sa.Engine:
    url = sa.make_url(SERVER).set(drivername="postgresql+psycopg")
    return sa.create_engine(
        url if name is None else url.set(database=name),
        isolation_level="AUTOCOMMIT",
        poolclass=sa.NullPool,
        connect_args={"connect_timeout": 3},
    )


def _on_server(*statements: str) -> None:
    with _engine().connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a new database, which is dropped at the end. Skips where there is no server."""
    try:
        _on_server(f"CREATE DATABASE {MINE}")
    except sa.exc.OperationalError as error:
        reason = str(error.orig).splitlines()[0]
        pytest.skip(f"no PostgreSQL for tests at $TINTYPE_TEST_POSTGRESQL or its usual port: {reason}")
    try:
        yield sa.make_url(SERVER).set(database=MINE).render_as_string(hide_password=False)
    finally:
        _on_server(f"DROP DATABASE IF EXISTS {MINE} WITH (FORCE)")


def empty(url: str, *, tables: bool = True) -> None:
    """No rows are in it any more; without `tables`, nothing at all."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if not tables:
            for end in ("", "-wal", "-shm"):
                Path(f"{parsed.database}{end}").unlink(missing_ok=True)
            return
        engine = sa.create_engine(parsed)
        with engine.begin() as connection:
            for table in metadata.sorted_tables if sa.inspect(connection).has_table("jobs") else ():
                connection.execute(table.delete())
        engine.dispose()
        return
    with _engine(MINE).connect() as connection:
        if not tables:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        elif sa.inspect(connection).has_table("jobs"):
            names = ", ".join(metadata.tables)
            connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY")

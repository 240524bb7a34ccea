"""A database when it is opened: an empty one gets its tables, an older one is upgraded, a newer one is refused."""

from __future__ import annotations

import random
import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from . import _engines
from ._failures import judge
from .migrations import HEAD, TABLE
from .schema import metadata

LOCK = 0x74696E74797065  # "tintype": whoever holds it in PostgreSQL is making or changing tables
FAILURES = (sa.exc.DBAPIError, sqlite3.Error)
"""A transaction of SQLite's is begun by its driver (`_engines`), and what goes wrong with that is told in its words."""

_TAKEN = "There are tables in this database that are not Tintype's and are called as its own: {}. Give it a database of its own."

version = sa.Table(TABLE, sa.MetaData(), sa.Column("version_num", sa.String(32), nullable=False))


def bring_up_to_date(engine: sa.Engine) -> None:
    """Raises ValueError for a database that cannot be brought there, and what is in `FAILURES` for one that is away."""
    until = time.monotonic() + _engines.PATIENCE
    while True:
        try:
            with engine.begin() as connection:
                return _check(connection)
        except FAILURES as error:
            # Whoever else opens it at this moment may hold a lock that SQLite does not wait for.
            if judge(error) != "again" or time.monotonic() >= until:
                raise
            time.sleep(random.uniform(0.01, 0.1))


def look(engine: sa.Engine) -> str:
    """What `bring_up_to_date` would make of it, in a sentence; nothing is changed. Raises as that does."""
    with engine.connect() as connection:
        found = _found(connection)
        if found is None:
            theirs = _theirs(connection)
            if theirs:
                raise ValueError(_TAKEN.format(theirs))
            return "it is empty, and gets its tables when the server starts"
    if found == HEAD:
        return "it is there, and up to date"
    _revisions(found)
    return f"it is of an older Tintype (its revision is {found}), and is upgraded when the server starts: make a backup before"


def _check(connection: sa.Connection) -> None:
    if _found(connection) == HEAD:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    found = _found(connection)  # somebody may have been faster
    if found is None:
        _create(connection)
    elif found != HEAD:
        upgrade(connection, found)


def _found(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(TABLE):
        return None
    found = connection.execute(sa.select(version.c.version_num)).scalars().all()
    return found[0] if found else None


def _theirs(connection: sa.Connection) -> str:
    """Tables of somebody else's."""
    return ", ".join(sorted(set(sa.inspect(connection).get_table_names()) & set(metadata.tables)))


def _revisions(found: str | None, folder: Path | None = None) -> Any:
    """Alembic's folder of them. Raises ValueError where `found` is not among them."""
    from alembic.script import ScriptDirectory

    here = Path(__file__).parent / "migrations"
    script = ScriptDirectory(here, version_locations=[str(folder or here / "versions")])
    if found is not None and found not in {each.revision for each in script.walk_revisions()}:
        raise ValueError(
            f"This database was made by a newer Tintype (its revision is {found}, this Tintype knows those up to {HEAD}). "
            "Start the newer one, or restore a backup that is older."
        )
    return script


def _create(connection: sa.Connection) -> None:
    if theirs := _theirs(connection):
        raise ValueError(_TAKEN.format(theirs))
    metadata.create_all(connection)
    version.create(connection, checkfirst=True)
    connection.execute(version.insert().values(version_num=HEAD))


def upgrade(
    connection: sa.Connection, found: str | None, *, folder: Path | None = None, to: str = HEAD
) -> None:
    """From one revision to another, in the transaction of `connection`. Alembic is loaded here only: it takes long.

    `found` is None for an empty one. `folder`: of the revisions. Raises ValueError where `found` is not among them.
    """
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext

    script = _revisions(found, folder)

    def steps(revision: Any, _: object) -> Any:
        return script._upgrade_revs(to, revision)

    with EnvironmentContext(Config(), script, fn=steps, destination_rev=to) as environment:
        environment.configure(
            connection=connection, target_metadata=metadata, version_table=TABLE, render_as_batch=True
        )
        with environment.begin_transaction():
            environment.run_migrations()

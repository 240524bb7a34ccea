"""An older database becomes one of today with all that is in it, and a newer one is left alone."""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import run

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from tintype.accounts import _engines, migrations
from tintype.accounts._upgrade import upgrade, version
from tintype.accounts.database import Database
from tintype.accounts.schema import accounts, metadata

VERSIONS = Path(migrations.__file__).parent / "versions"

SECOND = f'''
"""Made up for a test."""
import sqlalchemy as sa
from alembic import op
revision = "made_up"
down_revision = "{migrations.HEAD}"
def upgrade() -> None:
    with op.batch_alter_table("accounts") as table:
        table.add_column(sa.Column("colour", sa.String(20), nullable=False, server_default="red"))
'''


def open_and_close(url: str) -> None:
    asyncio.run(Database.open(url).close())


def engine_of(url: str) -> sa.Engine:
    return _engines.for_writing(_engines.parse(url))


def migrated(connection: sa.Connection, to: str = migrations.HEAD, folder: Path | None = None) -> None:
    """From nothing, by the revisions alone."""
    version.create(connection)
    upgrade(connection, None, to=to, folder=folder)


def test_the_revisions_lead_to_the_tables_of_the_schema(bare_url: str) -> None:
    engine = engine_of(bare_url)
    with engine.begin() as connection:
        migrated(connection)
        context = MigrationContext.configure(
            connection, opts={"version_table": migrations.TABLE, "compare_type": True}
        )
        assert compare_metadata(context, metadata) == []
        assert connection.execute(sa.select(version.c.version_num)).scalars().all() == [migrations.HEAD]
        checks = {each["name"] for each in sa.inspect(connection).get_check_constraints("purses")}
        assert checks >= {"never_below_zero", "nothing_is_held_less_than_nothing"}
    engine.dispose()
    open_and_close(bare_url)


def test_the_head_is_the_newest_revision() -> None:
    script = ScriptDirectory(VERSIONS.parent, version_locations=[str(VERSIONS)])
    assert script.get_heads() == [migrations.HEAD]


def test_a_database_with_rows_in_it_is_upgraded(bare_url: str, tmp_path: Path) -> None:
    for file in VERSIONS.glob("r*.py"):
        (tmp_path / file.name).write_text(file.read_text("utf-8"))
    (tmp_path / "made_up.py").write_text(SECOND)
    engine = engine_of(bare_url)
    with engine.begin() as connection:
        migrated(connection, folder=tmp_path)
        connection.execute(accounts.insert().values(id="a", name="Ann", created=1.5))
    with engine.begin() as connection:
        upgrade(connection, migrations.HEAD, folder=tmp_path, to="made_up")
        assert connection.execute(sa.text("SELECT name, created, colour FROM accounts")).all() == [
            ("Ann", 1.5, "red")
        ]
        assert connection.execute(sa.select(version.c.version_num)).scalars().all() == ["made_up"]
    engine.dispose()


@pytest.mark.parametrize(("revision", "lacking"), [("0001", "cancellations"), ("0002", "joins")])
def test_a_database_of_an_earlier_revision_is_one_of_today_once_it_is_opened(
    bare_url: str, revision: str, lacking: str
) -> None:
    engine = engine_of(bare_url)
    with engine.begin() as connection:
        migrated(connection, to=revision)
        assert not sa.inspect(connection).has_table(lacking)
        connection.execute(accounts.insert().values(id="a", name="Ann", created=1.5))
    open_and_close(bare_url)
    with engine.begin() as connection:
        assert connection.execute(sa.select(accounts.c.name)).scalars().all() == ["Ann"]
        assert connection.execute(sa.select(version.c.version_num)).scalars().all() == [migrations.HEAD]
        context = MigrationContext.configure(connection, opts={"version_table": migrations.TABLE})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_newer_database_is_refused(bare_url: str) -> None:
    open_and_close(bare_url)
    engine = engine_of(bare_url)
    with engine.begin() as connection:
        connection.execute(version.update().values(version_num="9999"))
    engine.dispose()
    with pytest.raises(ValueError, match="made by a newer Tintype"):
        Database.open(bare_url)


def test_tables_of_somebody_else_are_left_alone(bare_url: str) -> None:
    engine = engine_of(bare_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE jobs (mine INTEGER)"))
    with pytest.raises(ValueError, match="not Tintype's and are called as its own: jobs"):
        Database.open(bare_url)
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == ["jobs"]
    engine.dispose()


def test_several_that_open_an_empty_database_at_once_all_succeed(bare_url: str) -> None:
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(open_and_close, [bare_url] * 6))
    engine = engine_of(bare_url)
    with engine.begin() as connection:
        assert connection.execute(sa.select(version.c.version_num)).scalars().all() == [migrations.HEAD]
    engine.dispose()


def test_alembic_is_loaded_only_for_an_upgrade(tmp_path: Path) -> None:
    code = (
        "import sys, asyncio; from tintype.accounts.database import Database; "
        f"asyncio.run(Database.open('sqlite:///{tmp_path}/x.db').close()); assert 'alembic' not in sys.modules"
    )
    run([sys.executable, "-c", code], check=True)

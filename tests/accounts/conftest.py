"""Every test of accounts runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .databases import KINDS, empty, postgresql


@pytest.fixture(scope="session")
def servers_url() -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a database without rows; it may have its tables already."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/tintype.db"
    found: str = request.getfixturevalue("servers_url")
    empty(found)
    return found


@pytest.fixture
def bare_url(url: str) -> Iterator[str]:
    """Of a database in which nothing is at all."""
    empty(url, tables=False)
    yield url
    empty(url, tables=False)  # what a test has put there is in nobody's way


@pytest.fixture(scope="module", params=KINDS)
def url_of_module(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of a database that the tests of one module share; whoever needs it empty empties it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('shared')}/tintype.db"
    found: str = request.getfixturevalue("servers_url")
    return found

"""The three kinds of places that pictures lie in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import pytest

from tintype.storage.places import Bucket, Folder, Memory, Place

from ..buckets import s3_server


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture(params=["folder", "memory", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "s3":
        request.getfixturevalue("s3")
        return Bucket(f"s3://pictures/{token_hex(4)}/below")
    return Folder(tmp_path / "pictures") if request.param == "folder" else Memory(1_000_000)

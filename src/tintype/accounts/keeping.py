"""Which pictures of a job are in the store: written down late, and let go of early."""

from __future__ import annotations

import time
from collections.abc import Sequence

import sqlalchemy as sa

from ._rows import kept
from .database import Database
from .records import KeptPicture
from .schema import pictures


async def keep_pictures(database: Database, job: str, found: Sequence[KeptPicture]) -> None:
    """Those of a job that had ended before they were kept. What lies elsewhere as well stays written down: it is
    deleted with them."""

    def work(connection: sa.Connection) -> None:
        mine = sa.select(pictures.c.position, pictures.c.path).where(
            pictures.c.job == job, pictures.c.deleted.is_(None)
        )
        there = {(row.position, row.path) for row in connection.execute(mine)}
        for picture in found:
            if (picture.position, picture.path) not in there:
                connection.execute(pictures.insert().values(kept(picture, job, time.time())))
                continue
            old = sa.and_(
                pictures.c.job == job,
                pictures.c.position == picture.position,
                pictures.c.path == picture.path,
                pictures.c.expires <= picture.expires,
                pictures.c.deleted.is_(None),
            )
            longer = {"thumbnail": picture.thumbnail, "expires": picture.expires}
            connection.execute(pictures.update().where(old).values(longer))

    await database.write(work)


async def places(database: Database, job: str) -> list[str]:
    """All paths at which pictures of a job lie, and their thumbnails."""
    query = sa.select(pictures.c.path, pictures.c.thumbnail).where(
        pictures.c.job == job, pictures.c.deleted.is_(None)
    )
    rows = await database.read(lambda connection: connection.execute(query).all())
    return sorted({path for row in rows for path in row if path})


async def release_pictures(database: Database, job: str) -> None:
    """Say that those of a job are gone."""
    mine = sa.and_(pictures.c.job == job, pictures.c.deleted.is_(None))
    gone = pictures.update().where(mine).values(deleted=time.time())
    await database.write(lambda connection: connection.execute(gone) and None)

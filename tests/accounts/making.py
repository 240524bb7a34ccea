"""Jobs for tests of the ledger: how they begin and how they end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from tintype.accounts.database import Database
from tintype.accounts.ledger import Ledger
from tintype.accounts.process import Process
from tintype.accounts.records import Closing, Opening
from tintype.core import Attempt, Usage

NOON = 1_796_040_000.0  # of 2026-11-30


def opening(job: str, **fields: Any) -> Opening:
    return Opening(**{"job": job, "created": NOON, "asked": "m", "model": "m", "provider": "p", **fields})


def closing(job: str, **fields: Any) -> Closing:
    return Closing(**{"job": job, "state": "done", "ended": NOON + 1, **fields})


def attempt(job: str, **fields: Any) -> Attempt:
    usual = {
        "offer": "p/m", "provider": "p", "model": "m", "outcome": "drawn", "started": NOON, "seconds": 1.5,
        "asked": 1, "pictures": 1, "claimed": Usage(text_in=3, image_out=5),
    }  # fmt: skip
    return Attempt(job=job, **{**usual, **fields})


def dead(name: str = "dead") -> Process:
    """A process of this machine that does not run: there are no pids as high as this."""
    here = Process.here()
    return Process(id=f"process_{name}", host=here.host, pid=2**30, started="1")


@asynccontextmanager
async def books(url: str, **options: Any) -> AsyncIterator[Ledger]:
    """A ledger on the database at `url`; at the end the books must add up."""
    database = Database.open(url)
    ledger = Ledger(database, **options)
    try:
        yield ledger
        assert await ledger.check_books() == []
    finally:
        await database.close()


def run(main: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await main()

    asyncio.run(whole())

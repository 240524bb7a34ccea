"""The books that are kept in a database: the ledger's money, and the history of jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ..accounts import elsewhere
from ..accounts.database import Database
from ..accounts.history import History
from ..accounts.keeping import keep_pictures, release_pictures
from ..accounts.ledger import Ledger
from ..accounts.records import Closing, JobRecord, KeptPicture, Opening, Settled, State
from ..core import Micros

LOOKS, LOOK_AGAIN = 50, 0.1
"""At whether another server has heard that somebody has joined a job of its, and the seconds between two of them."""


class Written:
    """`Books` of a database. Errors are those of the rooms that it asks."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ledger = Ledger(database)
        self.history = History(database)

    async def hold(self, opening: Opening) -> None:
        await self.ledger.hold(opening)

    async def settle(self, closing: Closing) -> Settled | None:
        return await self.ledger.settle(closing)

    async def find(self, job: str) -> JobRecord | None:
        return await self.history.find(job)

    async def find_request(self, request: str) -> JobRecord | None:
        return await self.history.find_request(request)

    async def find_idempotency(self, name: str) -> JobRecord | None:
        return await self.history.find_idempotency(name)

    async def find_fingerprint(
        self, key: str, fingerprint: str, since: float, longest: float
    ) -> JobRecord | None:
        return await self.history.find_fingerprint(key, fingerprint, since, longest)

    async def cancel(self, job: str) -> None:
        await elsewhere.ask(self.database, elsewhere.END, job)

    async def join(self, job: str) -> None:
        await elsewhere.ask(self.database, elsewhere.GO_ON, job)
        for _ in range(LOOKS):
            if not await elsewhere.is_asked(self.database, elsewhere.GO_ON, job):
                return
            await asyncio.sleep(LOOK_AGAIN)

    async def pictures(self, job: str) -> Sequence[KeptPicture]:
        return await self.history.pictures(job)

    async def keep_pictures(self, job: str, pictures: Sequence[KeptPicture]) -> None:
        await keep_pictures(self.database, job, pictures)

    async def release_pictures(self, job: str, others: Sequence[str] = ()) -> Sequence[str]:
        return await release_pictures(self.database, job, others)

    async def list_jobs(
        self, *, key: str | None = None, state: State | None = None, before: str = "", limit: int = 50
    ) -> Sequence[JobRecord]:
        return await self.history.list_jobs(key=key, state=state, before=before, limit=limit)

    async def balance(self, account: str) -> Micros | None:
        return await self.ledger.balance(account)

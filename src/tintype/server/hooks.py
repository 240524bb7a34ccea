"""The caller's own address, told how a job has ended."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from ..core.errors import BadRequest, Unavailable
from ..gateway.jobs import Job
from ..gateway.recall import Past, Recall
from ..gateway.webhooks import Webhooks, message
from .documents import sent_members, state_of

HEADER = "x-tintype-webhook"


@dataclass(frozen=True, slots=True)
class Hook:
    """One order's. See `gateway.purchase.Hook`."""

    webhooks: Webhooks
    url: str

    async def begin(self, job: Job | Past) -> None:
        """It is told once it has ended: by `end`, or, of one that was ordered before, by `order_owed`."""
        await self.webhooks.promise(job.id, self.url, param=HEADER)

    async def end(self, job: Job) -> None:
        await self.webhooks.order(job.id, self.url, message(state_of(job), time.time(), sent_members(job)))


def read_hook(headers: Mapping[str, str], webhooks: Webhooks | None) -> Hook | None:
    """Where the caller wants to be told. Raises BadRequest where nothing is written down, and so nobody is told."""
    url = headers.get(HEADER, "").strip()
    if not url:
        return None
    if webhooks is None:
        raise BadRequest(
            'This house writes nothing down (`database = "off"`), and so has no webhooks.', param=HEADER
        )
    return Hook(webhooks, url)


async def order_owed(webhooks: Webhooks, recall: Recall) -> None:
    """What servers that were killed have promised, and what was promised of jobs that had been ordered before."""
    for job, url in await webhooks.owed():
        record = await recall.books.find(job)
        if record is not None:
            try:
                past = await recall.past(record, pictures=False)
            except Unavailable:  # a bucket signs no address: of this one it is told later
                continue
            told = message(record.state, record.ended or time.time(), sent_members(past))
            await webhooks.order(job, url, told)

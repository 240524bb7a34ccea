"""The caller's own address, told how a job has ended."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from ..core.errors import BadRequest
from ..gateway.jobs import Job
from ..gateway.webhooks import Webhooks, message
from ..gateway.written import Written
from .documents import job_members, record_members, state_of

HEADER = "x-tintype-webhook"


@dataclass(frozen=True, slots=True)
class Hook:
    """One order's. See `gateway.purchase.Hook`."""

    webhooks: Webhooks
    url: str

    async def begin(self, job: Job) -> None:
        await self.webhooks.promise(job.id, self.url, param=HEADER)

    async def end(self, job: Job) -> None:
        await self.webhooks.order(job.id, self.url, message(state_of(job), time.time(), job_members(job)))


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


async def order_owed(webhooks: Webhooks, written: Written) -> None:
    """What servers that were killed have promised."""
    for job, url in await webhooks.owed():
        record = await written.find(job)
        if record is not None:
            told = message(record.state, record.ended or time.time(), record_members(record))
            await webhooks.order(job, url, told)

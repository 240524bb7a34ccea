"""Tells callers at addresses of theirs how their jobs have ended, as Standard Webhooks has it: signed, and tried again.

Every message arrives at least once or is given up after three days; `webhook-id` is the same on every try.
"""

from __future__ import annotations

import asyncio
import hmac
import random
import time
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
import structlog
from standardwebhooks import Webhook

from ..accounts.deliveries import Deliveries, Delivery, Due, Owed, Pick
from ..core.errors import Unavailable
from ..core.later import DAY
from ..transport.posting import Answered, Poster, Unsent

SCHEDULE = tuple(60.0 * minutes for minutes in (5 / 60, 5, 30, 120, 300, 600, 840, 1200, 1440))
"""Seconds between tries: those of the Standard Webhooks specification, "Deliverability and reliability"."""

LEASE = 60.0  # seconds after which a try of which nothing was heard is made again
POLL = 15.0  # seconds after which the database is asked what others have left there
KEPT = 30 * DAY  # seconds that is kept what became of a message
AT_ONCE = 32
AT_ONE_HOST = 4  # so that a slow receiver does not keep the others waiting

_log = structlog.get_logger()


Outcome = Literal["taken", "failed", "given up"]


class Secrets:
    """What messages are signed with: every account has its own, made of one that the house has.

    `setting` is the operator's ("whsec_" and base64 of 24 to 64 bytes), and that of jobs without an account. Where
    it is empty, all are made of `house`. Raises ValueError in a sentence, without the secret in it.
    """

    def __init__(self, setting: str, house: bytes) -> None:
        self._setting = setting
        self._key = house
        if setting:
            try:
                key = b64decode(setting.removeprefix("whsec_"), validate=True)
            except ValueError:
                key = b""
            if not setting.startswith("whsec_") or not 24 <= len(key) <= 64:
                raise ValueError("webhook_secret: it must be whsec_ and the base64 of 24 to 64 random bytes")
            self._key = key

    def of(self, account: str) -> str:
        """For whoever receives the messages of this account."""
        if self._setting and not account:
            return self._setting
        own = hmac.digest(self._key, f"webhooks:{account}".encode(), "sha256")
        return "whsec_" + b64encode(own).decode()


def message(state: str, ended: float, job: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent: how the job ended ("done", "failed", "cancelled", "interrupted"), when, and the job's document.

    The document has no pictures in it, only where they are.

    >>> message("done", 0.0, {"id": "job_1"})
    {'type': 'image.job.done', 'timestamp': '1970-01-01T00:00:00Z', 'data': {'id': 'job_1'}}
    """
    when = datetime.fromtimestamp(ended, UTC).isoformat().replace("+00:00", "Z")
    return {"type": f"image.job.{state}", "timestamp": when, "data": dict(job)}


class Webhooks:
    """Messages are ordered at any time, and delivered between `start` and `close`."""

    def __init__(
        self,
        deliveries: Deliveries,
        secrets: Secrets,
        poster: Poster,
        *,
        schedule: Sequence[float] = SCHEDULE,
        poll: float = POLL,
        lease: float = LEASE,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
        tell: Callable[[Outcome], None] = lambda outcome: None,
    ) -> None:
        """`tell` hears what became of each try."""
        self.deliveries = deliveries
        self._secrets = secrets
        self._poster = poster
        self._schedule, self._poll, self._lease = schedule, poll, lease
        self._clock, self._chance, self._tell = clock, chance, tell
        self._news = asyncio.Event()
        self._running: dict[asyncio.Task[None], str] = {}  # with the host that each of them calls
        self._task: asyncio.Task[None] | None = None
        self._swept = 0.0

    def secret_of(self, account: str) -> str:
        return self._secrets.of(account)

    async def promise(self, job: str, url: str, *, param: str = "webhook") -> None:
        """When a job begins: a message will be owed. Raises BadRequest for an address that may not be reached."""
        await self.check(url, param=param)
        await self.deliveries.promise(job, url, self._clock())

    async def check(self, url: str, *, param: str = "webhook") -> None:
        """Raises BadRequest naming `param` for an address to which nothing would be sent."""
        await self._poster.check(url, param=param)

    async def order(self, job: str, url: str, payload: Mapping[str, Any]) -> None:
        """When a job has ended: send it, unless this job's message to this address has been ordered before."""
        body = msgspec.json.encode(payload).decode()
        if await self.deliveries.add(job, url, body, self._clock()):
            self.look()

    async def owed(self) -> list[Owed]:
        """What servers that were killed have promised, once their jobs are known to have ended: `order` it."""
        return await self.deliveries.owed()

    def look(self) -> None:
        """Something has been added within somebody else's transaction."""
        self._news.set()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="webhooks")

    async def close(self, grace: float = 15.0) -> None:
        """Begin nothing more, and let what is on its way end. What does not is tried again after the next start."""
        tasks = [task for task in (self._task, *self._running) if task is not None]
        if self._task is not None:
            self._task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._task = None

    async def _run(self) -> None:
        while True:
            self._news.clear()
            try:
                pause = await self._round()
            except Unavailable as error:
                _log.warning("webhooks wait for the database", reason=str(error))
                pause = self._poll
            except Exception:
                _log.exception("webhooks stumbled")
                pause = self._poll
            if pause:
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._news.wait()

    async def _round(self) -> float:
        """Begin what is due, as far as there is room. Seconds until there is more to do, unless there is news."""
        now = self._clock()
        if now - self._swept > DAY:
            await self.deliveries.forget(now - KEPT)
            self._swept = now
        due = await self.deliveries.next_due()
        if due is None or due > now:
            return self._poll if due is None else min(due - now, self._poll)
        claimed = await self.deliveries.claim(now, now + self._lease, _picking(self._running.values()))
        for delivery in claimed:
            task = asyncio.create_task(self._deliver(delivery), name=delivery.id)
            self._running[task] = _host(delivery.url)
            task.add_done_callback(self._ended)
        return 0 if claimed else self._poll

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._news.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning(
                "what became of a webhook could not be written", id=task.get_name(), reason=str(error)
            )

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            answer = await self._poster.post(delivery.url, delivery.body.encode(), self._headers(delivery))
        except Unsent as error:
            await self._failed(delivery, str(error), None)
            return
        if 200 <= answer.status < 300:
            await self.deliveries.taken(delivery, self._clock())
            self._tell("taken")
            _log.info("webhook taken", id=delivery.id, job=delivery.job, tries=delivery.tries)
        else:
            await self._failed(delivery, f"it answered {answer.status}", answer)

    async def _failed(self, delivery: Delivery, failure: str, answer: Answered | None) -> None:
        again = self._again(delivery, answer)
        await self.deliveries.failed(delivery, again, failure)
        self._tell("given up" if again is None else "failed")
        # The path of an address may be the permission to send something there, as its query may.
        told = {"id": delivery.id, "job": delivery.job, "host": _host(delivery.url), "tries": delivery.tries}
        _log.warning("webhook given up" if again is None else "webhook failed", **told, reason=failure)

    def _again(self, delivery: Delivery, answer: Answered | None) -> float | None:
        """When it is tried again; None when it is not: the receiver says that it is gone, or all tries are over."""
        if delivery.tries > len(self._schedule) or (answer is not None and answer.status == 410):
            return None
        pause = self._schedule[delivery.tries - 1]
        wanted = answer.retry_after if answer is not None else None
        if wanted is not None:
            pause = max(pause, wanted)
        return self._clock() + pause * (1 + 0.1 * self._chance())

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        """Signed anew on every try: a receiver takes no message whose time is more than five minutes ago."""
        now = datetime.fromtimestamp(int(self._clock()), UTC)
        signature = Webhook(self.secret_of(delivery.account)).sign(delivery.id, now, delivery.body)
        return {
            "content-type": "application/json",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }


def _picking(calling: Iterable[str]) -> Pick:
    """What there is room for beside those that call these hosts now."""
    running = Counter(calling)

    def pick(due: Iterable[Due]) -> list[Due]:
        hosts, room = running.copy(), AT_ONCE - running.total()
        picked: list[Due] = []
        for each in due:
            if len(picked) >= room:
                break
            host = _host(each.url)
            if hosts[host] < AT_ONE_HOST:
                hosts[host] += 1
                picked.append(each)
        return picked

    return pick


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()

"""An order is placed: once, however often it is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..accounts.records import Taken
from ..core import Caller, ImageRequest, Incoming
from ..core.errors import CallerError, Conflict
from ..gateway.gateway import Gateway
from ..gateway.jobs import Job
from ..gateway.purchase import Once
from ..gateway.recall import Past
from ..gateway.webhooks import Webhooks
from .door import Door
from .hooks import read_hook
from .http import Facts
from .wishes import is_retry, read_once


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """What one HTTP request orders. `dialect` is its name."""

    gateway: Gateway
    door: Door
    incoming: Incoming
    caller: Caller
    dialect: str
    base_url: str
    facts: Facts
    webhooks: Webhooks | None = None

    async def place(self, request: ImageRequest, *, stays: bool = False) -> Job | Past:
        """Order it; or find the job that it was ordered with before. Raises a CallerError."""
        once = read_once(self.incoming, self.caller, self.dialect)
        hook = read_hook(self.incoming.headers, self.webhooks)
        for _ in range(3):  # another server may be quicker, and then fail
            if (earlier := await self._before(once)) is not None:
                if hook is not None:
                    await hook.begin(earlier)
                    if isinstance(earlier, Job) and earlier.cancelled:  # others have left it meanwhile
                        continue
                self.facts.headers.append((b"idempotent-replayed", b"true"))
                if stays and isinstance(earlier, Job):
                    earlier.stay()
                if isinstance(earlier, Past):
                    earlier.request = self._as_planned(request, earlier.request)
                return earlier
            await self.door.take_images(self.caller, request.n, self.facts.headers)
            job = self.gateway.submit(
                request,
                base_url=self.base_url,
                request_id=self.facts.id,
                caller=self.caller,
                once=once,
                dialect=self.dialect,
                stays=stays,
                hook=hook,
            )
            if not once.name and not stays and hook is None:
                return job
            try:
                await job.begun()
                return job
            except Taken:
                continue
        raise Conflict("This order is being placed by several at once: try again.", code="already_ordered")

    def _as_planned(self, request: ImageRequest, written: ImageRequest) -> ImageRequest:
        """The order as it is answered. What was bought is answered though its model is not on offer any more."""
        try:
            return self.gateway.order(request, base_url=self.base_url, caller=self.caller).plan.request
        except CallerError:
            return replace(
                request,
                response_format=written.response_format,
                output_format=written.output_format,
                quality=written.quality,
            )

    async def _before(self, once: Once) -> Job | Past | None:
        if not once.fingerprint:
            return None
        return await self.gateway.recall.before(once, self.caller, retried=is_retry(self.incoming))

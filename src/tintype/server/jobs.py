"""Tintype's own pages about jobs: how they stand, their pictures, their events, and what an order would cost."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any

import msgspec

from ..accounts.records import State
from ..core import (
    Answer,
    Caller,
    Completed,
    Delivery,
    Described,
    Dialect,
    Events,
    ImageEvent,
    ImageRequest,
    Incoming,
    Octets,
    Operation,
    Schema,
)
from ..core.errors import BadRequest, MethodNotAllowed, NoImage, NotFound, TintypeError
from ..core.money import usd
from ..gateway.gateway import Gateway
from ..gateway.jobs import Job
from ..gateway.recall import Past
from ..gateway.results import read_request
from ..wire import sse
from .answers import HEARTBEAT, Sight, stream_of, watching
from .documents import JOB, JOBS, job_document, job_members, record_members
from .documents import QUOTE as QUOTES
from .following import Frames, with_progress
from .http import Headers, Receive, Send, respond, tell
from .reached import base_url_of

FOLDER = "/images/jobs"
QUOTE = "/images/quote"
MOST, USUAL = 100, 20
"""Jobs of one page of a list."""

PATIENCE = 5.0
"""Seconds that another server has to end a job, before whoever asked for that is told how it stands."""

_STATES: dict[str, State] = {
    "queued": "running",
    "running": "running",
    "completed": "done",
    "failed": "failed",
    "cancelled": "cancelled",
    "interrupted": "interrupted",
}

_JSON: Headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]


def operations(dialect: Dialect) -> dict[str, Operation]:
    """What these pages take and answer, by method and path; `dialect` is that of an order."""
    order = dialect.describe(dialect.paths[0]) if isinstance(dialect, Described) else Operation()
    page = f"/v1{FOLDER}"
    number: Schema = {
        "type": "string",
        "pattern": "^[0-9]{1,9}$",
        "description": "The last `id` that was seen.",
    }
    return {
        f"GET {page}": Operation(
            summary="Your jobs, the newest first",
            parameters={
                "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
                "after": {"type": "string", "description": "The id of a job: those that are older."},
                "status": {"enum": list(_STATES)},
            },
            answer=JOBS,
        ),
        f"GET {page}/{{id}}": Operation(summary="How a job stands, and its pictures", answer=JOB),
        f"DELETE {page}/{{id}}": Operation(
            summary="End a job that runs; delete the pictures of one that has ended", answer=JOB
        ),
        f"GET {page}/{{id}}/events": Operation(
            summary="The events that a job has had, and those that come",
            headers={"Last-Event-ID": number},
            answer=None,
            media_types=("text/event-stream",),
        ),
        f"POST /v1{QUOTE}": Operation(
            summary="What an order would cost, which is not placed",
            body=order.body,
            form=order.form,
            answer=QUOTES,
        ),
    }


class JobPages:
    """`dialect` words the pictures and the errors: OpenAI's Images API."""

    def __init__(self, gateway: Gateway, dialect: Dialect, heartbeat: float) -> None:
        self._gateway = gateway
        self._dialect = dialect
        self._heartbeat = heartbeat

    @staticmethod
    def has(path: str) -> bool:
        path = path.removeprefix("/v1")
        return path in (FOLDER, QUOTE) or path.startswith(f"{FOLDER}/")

    async def answer(
        self, method: str, path: str, incoming: Incoming, caller: Caller, receive: Receive, send: Send
    ) -> None:
        """`incoming` has the body, for a quote. Raises NotFound, MethodNotAllowed, BadRequest."""
        path = path.removeprefix("/v1")
        if path == QUOTE:
            _only(method, "POST")
            return await tell(send, self._quote(incoming, caller))
        if path == FOLDER:
            _only(method, "GET", "HEAD")
            return await tell(send, await self._list(incoming, caller))
        id, _, rest = path.removeprefix(f"{FOLDER}/").partition("/")
        if rest not in ("", "events"):
            raise NotFound(f"There is nothing at /v1{path}.")
        if rest:
            _only(method, "GET")
            return await self._events(await self._find(id, caller), incoming, receive, send)
        _only(method, "GET", "HEAD", "DELETE")
        if method == "DELETE":
            return await tell(send, await self._delete(id, caller))
        return await self._tell(await self._find(id, caller), send)

    async def _find(self, id: str, caller: Caller, *, pictures: bool = True) -> Job | Past:
        job = await self._gateway.recall.find(id, caller, pictures=pictures)
        if job is None:
            raise NotFound(f"There is no job {id[:80]!r} of yours.", param="id")
        return job

    async def _tell(self, job: Job | Past, send: Send) -> None:
        result: list[Octets] = []
        if job.ended and job.error is None and any(isinstance(each, Completed) for each in job.events):
            # However it was ordered: it is a member of a document here.
            request = replace(job.request, stream=False, response_format=_within(job.request))
            async with watching(job) as events:
                result = [chunk async for chunk in self._dialect.write(request, events, job.report)]
        await respond(send, 200, _JSON, list(job_document(job, result)))

    async def _events(self, job: Job | Past, incoming: Incoming, receive: Receive, send: Send) -> None:
        """Those that were missed, then those that come, and in between how far it is; `Last-Event-ID` says which was
        the last to be seen."""
        last = incoming.headers.get("last-event-id", "").strip()
        if last and not re.fullmatch("[0-9]+", last):
            raise BadRequest("Last-Event-ID is the number of an event.", param="Last-Event-ID")
        seen = int(last[:18] or 0)  # Python reads no number of thousands of digits
        if not job.ended and isinstance(job, Past):  # as a watcher does where it runs
            await self._gateway.books.join(job.id)
        sight = Sight(self._dialect, job, [])

        async def write(events: Events) -> AsyncIterator[Octets]:
            if not job.ended and len(job.events) <= seen:
                yield HEARTBEAT  # the stream is open, however long it is silent now
            numbered = self._numbered(job, events, seen)
            followed = with_progress(job, numbered) if isinstance(job, Job) else numbered
            async with aclosing(followed):
                async for frames in followed:
                    for chunk in frames:
                        yield chunk

        await stream_of(sight, write, self._heartbeat, receive, send)

    async def _numbered(self, job: Job | Past, events: Events, seen: int) -> AsyncGenerator[Frames, None]:
        """Frames with the numbers of their events, and then the job's document, however it ended. Raises Unavailable for
        one that runs elsewhere where it cannot be looked at: that is not how it ended, and who comes again hears of it."""
        count = 0
        try:
            async for event in events:
                count += 1
                number = list(job.numbered)[count - 1] if isinstance(job, Past) else count
                # What is known of an order that runs elsewhere is written down as it ends.
                request = job.request if isinstance(job, Job) else read_request(job.record)
                asked = replace(request, stream=True)
                if number > seen and (written := await self._frame(asked, event, job)):
                    yield (b"id: %d\n" % number, *written)
        except TintypeError as error:
            if not job.ended:
                raise
            yield (self._dialect.write_error_frame(error),)
        yield list(sse.frame("image.job", [msgspec.json.encode(job_members(job))]))

    async def _frame(self, request: ImageRequest, event: ImageEvent, job: Job | Past) -> list[Octets]:
        """One event alone; nothing for one that the dialect does not tell."""

        async def one() -> Events:
            yield event

        written: list[Octets] = []
        async with aclosing(one()) as alone:
            # A preview by itself is no answer yet, and the dialect says so at its end.
            with suppress(NoImage):
                async for chunk in self._dialect.write(request, alone, job.report):
                    written.append(chunk)
        return written

    async def _delete(self, id: str, caller: Caller) -> Answer:
        """A job that runs is cancelled; of one that has ended, the pictures are deleted."""
        job = await self._find(id, caller, pictures=False)
        # Else its pictures are kept for the gallery once they are deleted.
        await self._gateway.jobs.at_rest(id)
        if isinstance(job, Job):
            ended = job.ended
            job.cancel()
            await job.over()
            if not ended:
                return _document(job_members(job))
            self._gateway.jobs.forget(job)  # the store did not take its pictures, or not all of them
            made = sum(isinstance(event, Completed) for event in job.events)
            if (record := await self._gateway.books.find(id)) is not None:
                await self._gateway.forget(record)
            return _document({**job_members(job), "deleted": made})
        if not job.ended:
            await self._gateway.books.cancel(id)
            await job.over(PATIENCE)
            return _document(job_members(job))
        deleted = await self._gateway.forget(job.record)
        return _document({**job_members(job), "deleted": deleted})

    async def _list(self, incoming: Incoming, caller: Caller) -> Answer:
        limit, status = _limit(incoming.query.get("limit")), incoming.query.get("status")
        try:
            found = await self._listed(caller, status, incoming.query.get("after", ""), limit + 1)
        except NotFound:
            raise BadRequest("`after` is the id of a job.", param="after") from None
        shown = found[:limit]
        return _document(
            {
                "object": "list",
                "data": shown,
                "has_more": len(found) > limit,
                "last_id": shown[-1]["id"] if shown else None,
            }
        )

    async def _listed(
        self, caller: Caller, status: str | None, after: str, most: int
    ) -> list[dict[str, Any]]:
        """What waits is written down like what runs, so that those of one `status` are picked from what is found."""
        state, found = _state(status), list[dict[str, Any]]()
        while True:
            page = await self._gateway.books.list_jobs(
                key=None if caller.admin else caller.key, state=state, before=after, limit=most
            )
            briefs = (record_members(each, self._gateway.jobs.find(each.id)) for each in page)
            found += [each for each in briefs if status in (None, each["status"])]
            if len(page) < most or len(found) >= most:
                return found[:most]
            after = page[-1].id

    def _quote(self, incoming: Incoming, caller: Caller) -> Answer:
        """What an order would cost; nothing is ordered. The body is that of /v1/images/generations or of an edit."""
        path = self._dialect.paths[0]
        request = self._dialect.read(replace(incoming, path=path, path_params={}))
        order = self._gateway.order(request, base_url=base_url_of("http", incoming.headers), caller=caller)
        quote = self._gateway.quote(order, caller)
        return _document(
            {
                "object": "image.quote",
                "model": order.report.model,
                "provider": order.report.provider,
                "cost": None if quote.likely is None else usd(quote.likely),
                "most": None if quote.ceiling is None else usd(quote.ceiling),
                "currency": "USD",
                "charged": self._gateway.terms.charges(order.offer, caller),
                "plan": order.report.plan(),
                "notices": order.report.notices,
            }
        )


def _within(request: ImageRequest) -> Delivery | None:
    return None if request.response_format == "bytes" else request.response_format


def _document(members: dict[str, Any]) -> Answer:
    return Answer(body=msgspec.json.encode(members), headers={"cache-control": "no-store"})


def _only(method: str, *allowed: str) -> None:
    if method not in allowed:
        raise MethodNotAllowed(f"{method} is not for this: use {' or '.join(allowed)}.", allow=allowed)


def _limit(said: str | None) -> int:
    if said is None:
        return USUAL
    if not re.fullmatch("[0-9]{1,3}", said) or not 1 <= int(said) <= MOST:
        raise BadRequest(f"`limit` is a number from 1 to {MOST}.", param="limit")
    return int(said)


def _state(said: str | None) -> State | None:
    if said is None:
        return None
    if said not in _STATES:
        raise BadRequest(f"`status` is one of {', '.join(_STATES)}.", param="status")
    return _STATES[said]

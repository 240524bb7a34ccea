"""A job as Tintype's own pages tell it: how far it is, what was done, what it cost, and its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ..accounts.records import JobRecord, State
from ..core import Completed, Octets, Schema, Usage
from ..core.errors import Cancelled, TintypeError
from ..core.money import usd
from ..gateway.jobs import Job
from ..gateway.recall import Past

_STATUSES = {"done": "completed"}
STATUSES = ("queued", "running", "completed", "failed", "cancelled", "interrupted")


def accepted(job: Job | Past, place: str) -> bytes:
    """The body of a 202."""
    return msgspec.json.encode({**job_members(job), "url": place, "events_url": f"{place}/events"})


def job_members(job: Job | Past) -> dict[str, Any]:
    """All of it but the pictures. `progress` is between 0 and 1; `position` counts those in the queue from 1."""
    report, record = job.report, job.record if isinstance(job, Past) else None
    made = [event for event in job.events if isinstance(event, Completed)]
    pictures = record.made if record and job.ended else len(made)
    return {
        "id": job.id,
        "object": "image.job",
        "status": _status(job),
        "created": report.created,
        "ended": report.ended,
        "model": report.model,
        "provider": report.provider,
        "n": job.request.n,
        "pictures": pictures,
        "progress": _progress(job, pictures),
        "position": None if job.ended else report.position(),
        "plan": report.plan(),
        "notices": report.notices,
        "receipt": _receipt(job, record, made) if report.priced else None,
        "error": _error(job.error),
    }


def sent_members(job: Job | Past) -> dict[str, Any]:
    """As a webhook tells it: of the result no pictures, only where they are."""
    made = (event.image.url for event in job.events if isinstance(event, Completed))
    addresses = [{"url": url} for url in made if url]
    members = job_members(job)
    whole = job.error is None and len(addresses) == members["pictures"] > 0
    result = {"created": job.report.created, "data": addresses} if whole else None
    return {**members, "result": result}


def job_document(job: Job | Past, result: Sequence[Octets]) -> Iterator[Octets]:
    """With the pictures, as a document of OpenAI's; `result` is that document, or nothing."""
    head = msgspec.json.encode(job_members(job))
    yield head[:-1] + b',"result":'
    yield from result or (b"null",)
    yield b"}"


def state_of(job: Job) -> State:
    """How a job has ended, in the words of the books."""
    if job.error is None:
        return "done"
    return "cancelled" if isinstance(job.error, Cancelled) else "failed"


def _status(job: Job | Past) -> str:
    if isinstance(job, Past):
        return _STATUSES.get(job.record.state, job.record.state)
    if not job.ended:
        return "queued" if job.report.position() else "running"
    return _STATUSES.get(state_of(job), state_of(job))


def _progress(job: Job | Past, pictures: int) -> float | None:
    """One that came to nothing stands where it ended, by its finished pictures: they are what is written down of it."""
    if job.ended:
        return 1.0 if job.error is None else min(pictures / job.request.n, 1.0)
    return job.progress() if isinstance(job, Job) else None


def _receipt(job: Job | Past, record: JobRecord | None, made: Sequence[Completed]) -> dict[str, Any]:
    usage = record.usage if record else sum((each.usage for each in made), Usage())
    report = job.report
    return {
        "cost": None if report.cost is None else usd(report.cost),
        "charged": usd(report.charged),
        "balance": None if report.balance is None else usd(report.balance),
        "currency": "USD",
        "attempts": report.attempts,
        "usage": {
            "text_in": usage.text_in,
            "image_in": usage.image_in,
            "text_out": usage.text_out,
            "image_out": usage.image_out,
            "cached_in": usage.cached_in,
        },
    }


def _error(error: TintypeError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {"code": error.code, "message": str(error), "param": error.param, "status": error.status}


def record_members(record: JobRecord, running: Job | None = None) -> dict[str, Any]:
    """A job in a list: as it is written down, and whether it waits where it is one that is `running` here."""
    waits = record.state == "running" and running is not None and running.report.position()
    return {
        "id": record.id,
        "object": "image.job",
        "status": "queued" if waits else _STATUSES.get(record.state, record.state),
        "created": int(record.created),
        "ended": record.ended,
        "model": record.model,
        "provider": record.provider,
        "prompt": record.prompt,
        "n": record.n,
        "pictures": record.made,
        "plan": record.plan,
        "cost": None if record.cost is None else usd(record.cost),
        "charged": usd(record.charged),
        "error": record.error or None,
    }


_TEXT: Schema = {"type": "string"}
_MAYBE: Schema = {"type": ["string", "null"]}
_RECEIPT: Schema = {
    "type": ["object", "null"],
    "description": "What it came to, in US dollars; null while it runs.",
    "properties": {
        "cost": _MAYBE,
        "charged": _TEXT,
        "balance": _MAYBE,
        "currency": {"const": "USD"},
        "attempts": {"type": "integer"},
        "usage": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
}
_FACTS: dict[str, Schema] = {
    "id": _TEXT,
    "object": {"const": "image.job"},
    "status": {"enum": list(STATUSES)},
    "created": {"type": "integer"},
    "ended": {"type": ["number", "null"]},
    "model": _TEXT,
    "provider": _TEXT,
    "n": {"type": "integer"},
    "pictures": {"type": "integer"},
    "plan": _TEXT,
}
_ERROR: Schema = {
    "type": ["object", "null"],
    "properties": {"code": _TEXT, "message": _TEXT, "param": _MAYBE, "status": {"type": "integer"}},
    "required": ["code", "message", "param", "status"],
}
JOB: Schema = {
    "title": "Job",
    "type": "object",
    "properties": {
        **_FACTS,
        "progress": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "position": {"type": ["integer", "null"], "minimum": 1},
        "notices": {"type": "array", "items": _TEXT},
        "receipt": _RECEIPT,
        "error": _ERROR,
        "result": {"type": ["object", "null"], "description": "As POST /v1/images/generations answers it."},
        "url": {"type": "string", "description": "Of a job that was accepted: where it is asked for."},
        "events_url": {"type": "string", "description": "And where its events are."},
        "deleted": {"type": "integer", "description": "How many of its pictures a DELETE has deleted."},
    },
    "required": [
        "id",
        "object",
        "status",
        "created",
        "model",
        "provider",
        "n",
        "pictures",
        "receipt",
        "error",
    ],
}
_BRIEF: Schema = {
    "type": "object",
    "properties": {**_FACTS, "prompt": _TEXT, "cost": _MAYBE, "charged": _TEXT, "error": _MAYBE},
    "required": ["id", "object", "status", "created"],
}
JOBS: Schema = {
    "title": "Jobs",
    "type": "object",
    "properties": {
        "object": {"const": "list"},
        "data": {"type": "array", "items": _BRIEF},
        "has_more": {"type": "boolean"},
        "last_id": _MAYBE,
    },
    "required": ["object", "data", "has_more"],
}
QUOTE: Schema = {
    "title": "Quote",
    "type": "object",
    "properties": {
        "object": {"const": "image.quote"},
        "model": _TEXT,
        "provider": _TEXT,
        "cost": _MAYBE,
        "most": _MAYBE,
        "currency": {"const": "USD"},
        "charged": {"type": "boolean", "description": "Whether somebody pays it: nobody pays for a twin."},
        "plan": _TEXT,
        "notices": {"type": "array", "items": _TEXT},
    },
    "required": ["object", "model", "provider", "cost", "most"],
}

"""From plain data to rows of the tables, and back."""

from __future__ import annotations

import hashlib
import time
from dataclasses import fields
from typing import Any

import msgspec

from ..core import Attempt, Micros, Usage
from .records import Closing, JobRecord, KeptPicture, Opening
from .schema import jobs

Row = dict[str, Any]

TOKENS = tuple(each.name for each in fields(Usage))
"""A usage's kinds of tokens, which are columns of a job."""

_NO_TOKENS = dict.fromkeys(("text_in", "image_in", "text_out", "image_out", "cached_in"), 0)

JOB_COLUMNS = tuple(jobs.columns.keys())


def day_of(moment: float) -> str:
    """
    >>> day_of(1_796_000_000.5)
    '2026-11-30'
    """
    return time.strftime("%Y-%m-%d", time.gmtime(moment))


def tidy(text: str, length: int | None = None) -> str:
    """A text that every database takes: no zeros, no halves of characters, at most `length` characters.

    >>> tidy("a\\0b\\ud800", 3)
    'ab?'
    """
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    if "\0" in text:
        text = text.replace("\0", "")
    return text if length is None or len(text) <= length else text[:length]


def order_name(idempotency: str) -> str | None:
    """As it is written: None where anything goes, and a hash for one that is too long."""
    name = tidy(idempotency)
    if len(name) > 255:
        return "sha256:" + hashlib.sha256(name.encode()).hexdigest()
    return name or None


def opened(opening: Opening, process: str) -> Row:
    """A job's whole row as it begins."""
    return {
        "id": opening.job,
        "state": "running",
        "process": process,
        "account": opening.account,
        "key": opening.key,
        "request": tidy(opening.request, 64),
        "idempotency": order_name(opening.idempotency),
        "fingerprint": opening.fingerprint,
        "dialect": tidy(opening.dialect, 40),
        "created": opening.created,
        "ended": None,
        "day": day_of(opening.created),
        "asked": tidy(opening.asked, 200),
        "model": tidy(opening.model, 200),
        "provider": tidy(opening.provider, 200),
        "real": opening.real,
        "prompt": tidy(opening.prompt),
        "pictures_asked": opening.n,
        "pictures_made": 0,
        "held": opening.hold,
        "cost": None,
        "charged": 0,
        "paid": 0,
        "maybe_paid": False,
        "attempts": 0,
        **_NO_TOKENS,
        "plan": "",
        "error": "",
        "message": "",
        "result": None,
    }


def closed(closing: Closing, *, charged: Micros, model: str, provider: str) -> Row:
    """What a job's row says once it has ended. `model` and `provider` are what it said before."""
    return {
        "job": closing.job,
        "state": closing.state,
        "ended": closing.ended,
        "model": tidy(closing.model, 200) or model,
        "provider": tidy(closing.provider, 200) or provider,
        "pictures_made": closing.made,
        "cost": closing.cost,
        "charged": charged,
        "paid": closing.paid,
        "maybe_paid": closing.maybe_paid,
        "attempts": len(closing.attempts),
        **_NO_TOKENS,
        **{kind: getattr(closing.usage, kind) for kind in TOKENS},
        "plan": tidy(closing.plan),
        "error": tidy(closing.error, 64),
        "message": tidy(closing.message),
        "result": closing.result,
    }


def attempted(attempt: Attempt, job: str) -> Row:
    expected = attempt.expected
    return {
        "job": job,
        "offer": tidy(attempt.offer, 200),
        "provider": tidy(attempt.provider, 200),
        "model": tidy(attempt.model, 200),
        "outcome": attempt.outcome,
        "code": tidy(attempt.code, 64),
        "started": attempt.started,
        "seconds": attempt.seconds,
        "asked": attempt.asked,
        "pictures": attempt.pictures,
        "claimed": msgspec.json.encode(attempt.claimed).decode(),
        "expected": None if expected is None else msgspec.json.encode(expected).decode(),
        "cost": attempt.cost,
        "charged": attempt.charged,
    }


def kept(picture: KeptPicture, job: str, created: float) -> Row:
    return {
        "job": job,
        "position": picture.position,
        "hash": picture.hash,
        "path": picture.path,
        "thumbnail": picture.thumbnail,
        "media_type": picture.media_type,
        "width": picture.width,
        "height": picture.height,
        "bytes": picture.bytes,
        "created": created,
        "expires": picture.expires,
        "deleted": None,
    }


def read_job(row: Any) -> JobRecord:
    """From a mapping of all columns, as the others below."""
    return JobRecord(
        id=row["id"],
        state=row["state"],
        account=row["account"],
        key=row["key"],
        request=row["request"],
        idempotency=row["idempotency"] or "",
        fingerprint=row["fingerprint"],
        dialect=row["dialect"],
        created=row["created"],
        ended=row["ended"],
        asked=row["asked"],
        model=row["model"],
        provider=row["provider"],
        real=bool(row["real"]),
        prompt=row["prompt"],
        n=row["pictures_asked"],
        made=row["pictures_made"],
        held=row["held"],
        cost=row["cost"],
        charged=row["charged"],
        paid=row["paid"],
        maybe_paid=bool(row["maybe_paid"]),
        attempts=row["attempts"],
        usage=Usage(**{kind: row[kind] for kind in TOKENS}),
        plan=row["plan"],
        error=row["error"],
        message=row["message"],
        result=None if row["result"] is None else bytes(row["result"]),
    )


def read_attempt(row: Any) -> Attempt:
    return Attempt(
        job=row["job"],
        offer=row["offer"],
        provider=row["provider"],
        model=row["model"],
        outcome=row["outcome"],
        code=row["code"],
        started=row["started"],
        seconds=row["seconds"],
        asked=row["asked"],
        pictures=row["pictures"],
        claimed=msgspec.json.decode(row["claimed"], type=Usage),
        expected=None if row["expected"] is None else msgspec.json.decode(row["expected"], type=Usage),
        cost=row["cost"],
        charged=bool(row["charged"]),
    )


def read_picture(row: Any) -> KeptPicture:
    return KeptPicture(
        position=row["position"],
        hash=row["hash"],
        path=row["path"],
        thumbnail=row["thumbnail"],
        media_type=row["media_type"],
        width=row["width"],
        height=row["height"],
        bytes=row["bytes"],
        expires=row["expires"],
    )

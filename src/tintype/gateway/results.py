"""What is written of a job's answer, so that it can be given again: everything but the pictures, which lie in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, cast

import msgspec

from ..accounts.records import JobRecord
from ..core import Completed, Image, ImageEvent, ImageRequest, Note, Report, Text, Usage
from ..core.errors import TintypeError, UpstreamError
from ..core.request import Delivery, Format


class _Event(msgspec.Struct, omit_defaults=True):
    """A picture (`picture` is its place among those kept, or it has an address only), or words."""

    number: int = 0  # among all events of the job, previews too, from 1
    index: int = 0
    text: str | None = None
    picture: int | None = None
    url: str | None = None
    usage: dict[str, int] = {}
    revised_prompt: str | None = None
    seed: int | None = None
    quality: str | None = None
    background: str | None = None
    cost: int | None = None


class _Result(msgspec.Struct, omit_defaults=True):
    created: int
    notes: list[tuple[str, str, str]] = []
    notices: list[str] = []
    edited: bool = False
    response_format: str | None = None
    output_format: str | None = None
    quality: str | None = None
    error: str = ""  # the class of what it failed with
    events: list[_Event] = []


def write_result(
    request: ImageRequest,
    report: Report,
    events: Sequence[ImageEvent],
    error: TintypeError | None,
    *,
    words: bool = True,
) -> bytes:
    """Pictures are counted in the order of their events, as `finished` gives them. Without `words`, what the model said
    is left out: it may be the prompt."""
    told, position = [], 0
    for number, event in enumerate(events, 1):
        if isinstance(event, Text) and words:
            told.append(_Event(number=number, index=event.index, text=event.text))
        elif isinstance(event, Completed):
            told.append(
                _Event(
                    number=number,
                    index=event.index,
                    picture=position,
                    url=event.image.url,
                    usage=_counts(event.usage),
                    revised_prompt=event.revised_prompt if words else None,
                    seed=event.seed,
                    quality=event.quality,
                    background=event.background,
                    cost=event.cost,
                )
            )
            position += 1
    result = _Result(
        created=report.created,
        notes=[(note.field, note.verb, note.detail) for note in report.notes],
        notices=report.notices,
        edited=bool(request.images),
        response_format=request.response_format,
        output_format=request.output_format,
        quality=request.quality,
        error=type(error).__name__ if error else "",
        events=told,
    )
    return msgspec.json.encode(result)


def finished(events: Sequence[ImageEvent]) -> list[Completed]:
    return [event for event in events if isinstance(event, Completed)]


def read_addresses(record: JobRecord) -> dict[int, str]:
    """Those that were told of pictures that are kept, by the pictures' positions."""
    return {
        told.picture: told.url
        for told in _result(record).events
        if told.picture is not None and told.url is not None
    }


def read_events(
    record: JobRecord, pictures: Mapping[int, bytes], addresses: Mapping[int, str] | None = None
) -> dict[int, ImageEvent]:
    """The events of an answer by their numbers, but for previews, and those whose picture is gone. `pictures` are by
    their position, and so are `addresses`: those that lead somewhere, or else all that were told."""
    events: dict[int, ImageEvent] = {}
    known = read_addresses(record) if addresses is None else addresses
    for told in _result(record).events:
        if told.text is not None:
            events[told.number] = Text(text=told.text, index=told.index)
            continue
        if told.picture is None:
            continue
        data, address = pictures.get(told.picture), known.get(told.picture)
        if data is not None:
            image = Image.from_bytes(data)
            events[told.number] = _completed(told, image.at(address) if address else image)
        elif address:
            events[told.number] = _completed(told, Image.from_url(address))
    return events


def _completed(told: _Event, image: Image) -> Completed:
    return Completed(
        image=image,
        index=told.index,
        usage=Usage(**told.usage),
        revised_prompt=told.revised_prompt,
        seed=told.seed,
        quality=told.quality,
        background=told.background,
        cost=told.cost,
    )


def read_report(record: JobRecord) -> Report:
    result = _result(record)
    return Report(
        asked=record.asked,
        model=record.model,
        provider=record.provider,
        created=result.created,
        ended=record.ended,
        job=record.id,
        notes=[Note(*cast("Any", note)) for note in result.notes],
        notices=result.notices,
        attempts=record.attempts,
        bought=record.paid > 0 or record.maybe_paid,
        cost=record.cost,
        charged=record.charged,
        priced=record.state != "running",
    )


def read_request(record: JobRecord) -> ImageRequest:
    """As much of the order as is written down; of the pictures that an edit began with, only that there were some."""
    result = _result(record)
    return ImageRequest(
        model=record.asked,
        prompt=record.prompt,
        n=record.n,
        response_format=cast("Delivery | None", result.response_format),
        output_format=cast("Format | None", result.output_format),
        quality=result.quality,
        images=(Image.from_bytes(b""),) if result.edited else (),
    )


def _result(record: JobRecord) -> _Result:
    if record.result is None:
        return _Result(created=int(record.created))
    return msgspec.json.decode(record.result, type=_Result)


_USAGE = tuple(each.name for each in fields(Usage))


def _counts(usage: Usage) -> dict[str, int]:
    return {name: count for name in _USAGE if (count := getattr(usage, name))}


def _kinds(base: type[TintypeError]) -> list[type[TintypeError]]:
    return [base, *(kind for each in base.__subclasses__() for kind in _kinds(each))]


def read_error(record: JobRecord) -> TintypeError | None:
    """The error that a job ended with; one of the class that the code tells, since that knows the status."""
    if record.state in ("running", "done"):
        return None
    if record.state == "interrupted":
        return UpstreamError(
            "The server was stopped while it drew this. It was not charged; order it again.",
            code="job_interrupted",
        )
    named = _result(record).error
    kind = next((each for each in _kinds(TintypeError) if each.__name__ == named), TintypeError)
    return kind(record.message or "It failed.", code=record.error or None, charged=record.maybe_paid)

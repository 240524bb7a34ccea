"""GPTProto's tasks: a picture is ordered with one call and asked for with others, until it is there.

There are two generations of them. The unified one is documented in gptproto-ai/gptproto-sdk, docs/API.md
(2026-08-20), the older one, a path for each model, in the pages of docs.gptproto.com (2025-11).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from ..core import Answer, Aside, Completed, House, Image, ImageRequest, Incoming, JobView, Operation, Schema
from ..core.errors import NotFound, TintypeError
from ..core.later import write_retry_after
from ._fields import wrong_type
from ._schema import DOT, members, text, whole

Read = Callable[[Incoming], ImageRequest]

_RESULT = "/tasks/result/{id}"
_PREDICTION = "/predictions/{id}/result"
_EDITS = ("/images/edits", "/images/edit", "/image-edit")
_job_id = re.compile(r"(?:job[-_]|gen-)?([0-9a-f]{24})")


def _waiting(request: ImageRequest) -> tuple[ImageRequest, bool]:
    """The order without `enable_sync_mode`, and whether its pictures are to be in the answer to it."""
    fields = {name: dict(members) for name, members in request.extras.items()}
    waits = fields.get("gptproto", {}).pop("enable_sync_mode", None)
    if waits not in (None, True, False, "true", "false"):
        raise wrong_type("enable_sync_mode", "a boolean", waits)
    extras = {name: members for name, members in fields.items() if members}
    return replace(request, extras=extras), waits in (True, "true")


def message(error: TintypeError) -> str:
    """The errors of this service have no member for the field at fault: where the message does not name it, it is put
    before it."""
    text = str(error)
    is_named = error.param is None or f"'{error.param}'" in text or error.param in text.split()
    return text if is_named else f"{error.param}: {text}"


def is_edit(path: str) -> bool:
    """Whether a path of this service's is for changing pictures."""
    return path.endswith(_EDITS)


def asides(root: str, read: Read) -> tuple[Aside, ...]:
    """The calls of both generations below `root`, which ends in "/api/v3"."""

    async def order(request: ImageRequest, incoming: Incoming, house: House) -> JobView:
        model = incoming.path_params.get("model")
        # A task is asked for its pictures' addresses, so they must have some.
        request = replace(request, model=model or request.model, stream=False, response_format="url")
        return await house.submit(request)

    async def create(incoming: Incoming, house: House) -> Answer:
        job = await order(read(incoming), incoming, house)
        number = _number(job)
        return _answer(
            {
                "id": f"job-{number}",
                "generation_id": f"gen-{number}",
                "polling_url": _polling_url(number),
                "status": "pending",
            },
            job,
            status=202,
        )

    async def predict(incoming: Incoming, house: House) -> Answer:
        request, waits = _waiting(read(incoming))
        job = await order(request, incoming, house)
        if not waits:
            return _answer(_prediction(job, "created", house.base_url + root), job)
        await job.over()
        return told(await house.job(job.id) or job, house)

    def told(job: JobView, house: House) -> Answer:
        status = _status(job)
        return _answer(_prediction(job, _PREDICTION_STATUSES.get(status, status), house.base_url + root), job)

    async def prediction(incoming: Incoming, house: House) -> Answer:
        _, job = await _look(incoming, house)
        if job is None:
            raise NotFound("This prediction is unknown, or longer ago than a day.", param="id")
        return told(job, house)

    return (
        *(
            Aside(method="POST", path=root + path, answer=_in_words(create))
            for path in ("/images", "/images/edit")
        ),
        Aside(method="GET", path=root + _RESULT, answer=_in_words(result)),
        # Where a `polling_url` leads that is taken for a path of the whole host.
        Aside(method="GET", path="/api/v3" + _RESULT, answer=_in_words(result)),
        *(
            Aside(method="POST", path=f"{root}/{{vendor}}/{{model}}/{verb}", answer=predict)
            for verb in ("text-to-image", "image-edit")
        ),
        Aside(method="GET", path=root + _PREDICTION, answer=prediction),
    )


def operation(path: str) -> Operation | None:
    """What the calls of both generations take and answer; None for a path of another kind."""
    words = {"type": "string"}
    if path.endswith(("/text-to-image", "/image-edit", _PREDICTION)):
        known = {"data": {"type": "object"}, "message": words, "code": {"type": "integer"}}
        answer = {"type": "object", "properties": known, "required": list(known)}
        if path.endswith(_PREDICTION):
            return Operation(summary="How a task of the older kind stands", answer=answer)
        named = {"vendor": {**words, "examples": ["openai"]}, "model": {**words, "examples": ["gpt-image-2"]}}
        return Operation(
            summary="A task of the older kind", parameters=named, body=_body(is_edit(path)), answer=answer
        )
    names = ("id", "generation_id", "polling_url", "status")
    if path.endswith(_RESULT):
        names = ("id", "status", "polling_url", "native_status")
        status, summary, body = 200, "How a task stands", None
    elif "/api/v3/images" in path:
        status, summary, body = 202, "Order pictures, to be asked for later", _body(is_edit(path))
    else:
        return None
    return Operation(
        summary=summary,
        status=status,
        body=body,
        answer={"type": "object", "properties": dict.fromkeys(names, words), "required": list(names)},
        errors={
            "type": "object",
            "properties": {"code": {"type": "integer"}, "message": words, "type": {"const": "error"}},
            "required": ["code", "message", "type"],
        },
    )


def _body(edits: bool) -> Schema:
    known: dict[str, Schema] = {
        "prompt": text("What is to be seen.", "A panda eating bamboo", minLength=1),
        "aspect_ratio": text("", "16:9"),
        "n": whole("How many pictures.", 1, 10),
    }
    if not edits:
        return members(known, ("prompt",))
    pictures: dict[str, Schema] = {
        "image": text("A data URL, base64 or an address.", DOT),
        "input_references": {
            "type": "array",
            "description": "Several, as OpenRouter writes them.",
            "minItems": 1,
        },
    }
    one = [{"required": [name]} for name in pictures]
    return {**members({**known, **pictures}, ("prompt",)), "anyOf": one}


async def result(incoming: Incoming, house: House) -> Answer:
    """How a task stands. One that could have been ours and is not known has expired."""
    number, job = await _look(incoming, house)
    status = _status(job)
    told: dict[str, Any] = {"id": f"job-{number}", "status": status}
    if job is None:
        told["error"] = "The task is longer ago than a day, or was never ordered here."
    elif job.error is not None:
        told["error"] = str(job.error)
    elif job.ended:
        told["unsigned_urls"] = _urls(job)
    # The SDK (0.1.0) breaks without `polling_url`, though the page prints none here.
    return _answer({**told, "native_status": status, "polling_url": _polling_url(number)}, job)


async def _look(incoming: Incoming, house: House) -> tuple[str, JobView | None]:
    """The number in the path's `id`, and the job of that number. Raises NotFound for what is no number."""
    found = _job_id.fullmatch(incoming.path_params["id"])
    if found is None:
        raise NotFound("This is not the id of a task.", param="id")
    return found[1], await house.job(f"job_{found[1]}")


def _number(job: JobView) -> str:
    return job.id.removeprefix("job_")


def _polling_url(number: str) -> str:
    return f"/api/v3/tasks/result/job-{number}"


def _status(job: JobView | None) -> str:
    if job is None:
        return "expired"
    if not job.ended:
        return "in_progress"
    if job.error is None:
        return "completed"
    return "cancelled" if job.error.code == "cancelled" else "failed"


def _urls(job: JobView) -> list[str]:
    made = [event for event in job.events if isinstance(event, Completed)]
    return [_url(event.image) for event in sorted(made, key=lambda event: event.index)]


def _url(image: Image) -> str:
    """A picture that could not be kept at an address has none: it is one itself."""
    if image.url is not None:
        return image.url
    return f"data:image/{image.header().format or 'png'};base64,{bytes(image.as_base64()).decode('ascii')}"


_PREDICTION_STATUSES = {"in_progress": "processing", "cancelled": "failed"}


def _prediction(job: JobView, status: str, address: str) -> dict[str, Any]:
    """A task as the older calls tell it; `address` is where their root is."""
    urls = _urls(job)
    ordered = datetime.fromtimestamp(job.report.created, UTC)
    number = _number(job)
    return {
        "data": {
            "id": number,
            "model": job.report.asked,
            "outputs": urls,
            "urls": {"get": f"{address}/predictions/{number}/result"},
            "hasNsfwContents": [False] * len(urls),
            "status": status,
            "createdAt": ordered.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "error": "" if job.error is None else str(job.error),
            "executionTime": 0,
            "timings": {"inference": 0},
        },
        "message": "success",
        "code": 200,
    }


def _answer(document: dict[str, Any], job: JobView | None, *, status: int = 200) -> Answer:
    """With what became of each field, as beside a picture."""
    headers = {}
    if job is not None:
        headers = {"x-tintype-provider": job.report.provider, "x-tintype-model": job.report.model}
        if plan := job.report.plan():
            headers["x-tintype-plan"] = plan
    return Answer(body=msgspec.json.encode(document), status=status, headers=headers)


def _in_words(
    answer: Callable[[Incoming, House], Awaitable[Answer]],
) -> Callable[[Incoming, House], Awaitable[Answer]]:
    """The same, with errors as the unified tasks tell them: as its page has it, and under `error` what the
    service's own SDK (0.1.0) reads, which breaks on the other alone.
    """

    async def worded(incoming: Incoming, house: House) -> Answer:
        try:
            return await answer(incoming, house)
        except TintypeError as error:
            status = 400 if error.code == "model_not_found" else error.status  # 404 is for tasks
            told = {"code": status, "message": message(error)}
            document = {**told, "type": "error", "error": told}
            later = error.retry_after
            headers = {} if later is None else {"retry-after": write_retry_after(later)}
            return Answer(body=msgspec.json.encode(document), status=status, headers=headers)

    return worded

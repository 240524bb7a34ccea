"""Octen's image API: one address for pictures and edits, and a model's words beside its pictures.

Seed 003 and docs.octen.ai/api-reference/image-generation, with the API description of 2026-10-07.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from ..core import (
    Answer,
    Aside,
    Completed,
    Dialect,
    ImageEvent,
    ImageRequest,
    Incoming,
    Octets,
    Report,
    Text,
    Usage,
)
from ..core.errors import BadRequest, TintypeError
from ..wire import openai_images as wire
from ..wire import payload, sse
from . import _openai_answers as answers
from . import _openai_schemas as schemas
from ._fields import Fields
from ._services import is_gemini, under
from .openai_images import OpenAIImages

_MODALITIES = ("text", "image")

_TYPES = {
    401: "authentication_error",
    402: "permission_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


class Octen(OpenAIImages):
    name = "octen"
    answer = schemas.images(
        id={"type": "string", "pattern": "^img-"},
        text={"type": "string"},
        parts={"type": "array", "items": {"type": "object", "required": ["type"]}},
    )
    family = "octen"
    lone_mask_is_ignored = True  # "Effective only when image is provided."
    paths = under("/octen", wire.GENERATIONS, wire.EDITS)
    asides = tuple(
        Aside(method="GET", path=path, answer=answer)
        for name, answer in (("/models", answers.listing), ("/models/{id:path}", answers.model))
        for path in under("/octen", name)
    )

    def read_fields(self, fields: Fields, incoming: Incoming) -> ImageRequest:
        modalities = fields.words("response_modalities", _MODALITIES)
        if modalities and "image" not in modalities:
            raise BadRequest(
                "'response_modalities' must have 'image' in it: pictures are what is made here.",
                param="response_modalities",
            )
        request = super().read_fields(fields, incoming)
        told: dict[str, Any] = {"response_modalities": modalities} if modalities else {}
        if is_gemini(request.model) and request.background is not None:  # "(GPT only)"
            told["background"] = request.background
            request = replace(request, background=None)
        if told:
            extras = {self.family: {**request.extras.get(self.family, {}), **told}}
            request = replace(request, extras=extras)
        # A stream has no place for words: it is documented for GPT models, which say none.
        return replace(request, wants_text=not request.stream and modalities != ["image"])

    def reply(
        self, request: ImageRequest, made: Sequence[Completed | Text], report: Report
    ) -> Iterator[Octets]:
        pictures = [event for event in made if isinstance(event, Completed)]
        words = [event.text for event in made if isinstance(event, Text)]
        known = answers.facts(request, pictures[0])
        if is_gemini(report.model):
            known = {"output_format": known["output_format"]}
        before = {"id": _id(report), "created": report.created}
        before |= {name: fact for name, fact in known.items() if fact is not None}
        after: dict[str, Any] = {"text": "\n".join(words)} if words else {}
        if words or is_gemini(report.model):
            after["parts"] = list(_parts(made))
        if (usage := answers.total(pictures)).total_tokens:
            after["usage"] = _usage(usage)
        return payload.object_around(before, "data", answers.data(request, pictures), after)

    def frame(self, request: ImageRequest, event: ImageEvent, report: Report) -> Iterator[Octets]:
        return answers.frame(request, event, report, output_details=True, more={"id": _id(report)})

    def write_error(self, error: TintypeError) -> Answer:
        status = 403 if error.status == 402 else error.status
        return Answer(body=msgspec.json.encode({"error": _error(error)}), status=status)

    def write_error_frame(self, error: TintypeError) -> bytes:
        document = msgspec.json.encode({"type": "error", "error": _error(error)})
        return b"".join(sse.frame("error", [document]))


dialect: Dialect = Octen()


def _id(report: Report) -> str:
    return f"img-{report.job.removeprefix('job_')[:16]}"


def _parts(made: Sequence[Completed | Text]) -> Iterator[dict[str, Any]]:
    """Words and pictures in the model's order; `index` points into `data`."""
    pictures = 0
    for event in made:
        if isinstance(event, Text):
            yield {"type": "text", "text": event.text}
        else:
            yield {"type": "image", "index": pictures}
            pictures += 1


def _usage(usage: Usage) -> dict[str, Any]:
    """In the order in which Octen's page has it."""
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"text_tokens": usage.text_in, "image_tokens": usage.image_in},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"image_tokens": usage.image_out, "text_tokens": usage.text_out},
        "total_tokens": usage.total_tokens,
    }


def _error(error: TintypeError) -> dict[str, Any]:
    otherwise = "api_error" if error.status >= 500 else "invalid_request_error"
    return {**answers.error_members(error), "type": _TYPES.get(error.status, otherwise)}

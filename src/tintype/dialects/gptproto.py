"""GPTProto: OpenAI's Images API with Google's shapes for sizes, and tasks to be asked for later.

Seed 002; gptproto-ai/gptproto-sdk docs/API.md (2026-08-20) for the tasks, and the older pages of docs.gptproto.com.
GPT models answer as at OpenAI. Gemini models have a manner of their own: milliseconds, the size as it
was asked for, and a quality that is always "high".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import log
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ..core import (
    Answer,
    Aside,
    Completed,
    Dialect,
    Image,
    ImageRequest,
    Incoming,
    Octets,
    Operation,
    Ratio,
    Report,
    Size,
    SizeWish,
)
from ..core.errors import BadRequest, TintypeError
from ..wire import openai_images as wire
from ..wire import payload, sse
from . import _gptproto_tasks as tasks
from . import _openai_answers as answers
from . import _openai_schemas as schemas
from ._fields import Fields
from ._pictures import checked
from ._services import is_gemini, under
from ._usual import missing
from .openai_images import OpenAIImages

_DEFAULT_MODEL = "gemini-2.5-flash-image"
_RATIOS = ("1:1", "3:2", "2:3", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")

_STATUSES = {"moderation_blocked": 503, "insufficient_quota": 403}
"""By the error's code, where the service answers with another status than most."""

_data_url = re.compile(r"data:image/[\w.+-]+;base64,[\w+/-]+={0,2}")
_address = re.compile(r"https?://[^\s<>\"'`,]+", re.IGNORECASE)
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")


class GPTProto(OpenAIImages):
    name = "gptproto"
    family = "gptproto"
    answer = schemas.images(
        created={"type": "integer", "description": "Milliseconds of a Gemini model, seconds of a GPT model."},
        size={"type": "string", "description": "Of a Gemini model as it was asked for."},
    )
    paths = under("/gptproto", wire.GENERATIONS, wire.EDITS)

    def __init__(self) -> None:
        lists = (("/models", answers.listing), ("/models/{id:path}", answers.model))
        self.asides: tuple[Aside, ...] = (
            *tasks.asides("/gptproto/api/v3", self.read),
            *(
                Aside(method="GET", path=path, answer=answer)
                for name, answer in lists
                for path in under("/gptproto", name)
            ),
        )

    def read_fields(self, fields: Fields, incoming: Incoming) -> ImageRequest:
        request = super().read_fields(fields, incoming)
        prompt, found = pictures_in(request.prompt)
        images = checked((*request.images, *found)) if found else request.images
        if tasks.is_edit(incoming.path) and not images:
            raise missing("image")
        model = request.model or _DEFAULT_MODEL
        square = is_gemini(model) and request.size is None and not images  # "defaults to 1:1 squares"
        size = Ratio(1, 1) if square else request.size
        return replace(request, model=model, prompt=prompt, images=images, size=size)

    def describe(self, path: str) -> Operation:
        return tasks.operation(path) or super().describe(path)

    def needs_image(self, incoming: Incoming) -> bool:
        return False  # it may be in the prompt, which is read later

    def document(
        self, request: ImageRequest, pictures: Sequence[Completed], report: Report
    ) -> Iterator[Octets]:
        if not is_gemini(report.model):
            return answers.document(request, pictures, report)
        facts = answers.facts(request, pictures[0])
        return payload.object_around(
            {"created": report.created * 1000},
            "data",
            answers.data(request, pictures),
            {
                "output_format": facts["output_format"],
                "quality": "high",
                "size": _echo(request.size, pictures[0].image.header().size),
                "usage": wire.write_usage_total_last(answers.total(pictures)),
            },
        )

    def write_error(self, error: TintypeError) -> Answer:
        status = _STATUSES.get(error.code, error.status)
        return Answer(body=msgspec.json.encode(_error(error, status)), status=status)

    def write_error_frame(self, error: TintypeError) -> bytes:
        status = _STATUSES.get(error.code, error.status)
        document = msgspec.json.encode({"type": "error", **_error(error, status)})
        return b"".join(sse.frame("error", [document]))


def pictures_in(prompt: str) -> tuple[str, list[Image]]:
    """A prompt without the pictures in it, and those: data URLs, and addresses that end like a picture's.

    >>> pictures_in("Paint https://a.test/cat.png?v=2, as https://b.test says")
    ('Paint , as https://b.test says', [<Image url>])
    """
    found: list[Image] = []

    def taken(text: str, otherwise: str) -> str:
        try:
            found.append(payload.asked(text.encode()))
        except ValueError as error:
            raise BadRequest(f"A picture in the 'prompt' is {error}.", param="prompt") from error
        return otherwise

    def address(match: re.Match[str]) -> str:
        url = match[0].rstrip(".;:!?)]}")
        try:
            is_picture = urlsplit(url).path.lower().endswith(_PICTURES)
        except ValueError:  # "http://[" is no address
            return match[0]
        return taken(url, match[0][len(url) :]) if is_picture else match[0]

    prompt = _data_url.sub(lambda match: taken(match[0], ""), prompt)
    return _address.sub(address, prompt).strip(), found


def _echo(wish: SizeWish, size: Size | None) -> str:
    """The size as it was asked for; a shape without its fineness. Where nothing was asked for, the nearest shape."""
    if isinstance(wish, Ratio):
        return f"{wish.width:g}:{wish.height:g}"
    if wish is not None:
        return str(wish)
    if size is None or 0 in size:
        return _RATIOS[0]

    def distance(name: str) -> float:
        width, height = map(int, name.split(":"))
        return abs(log(size.width / size.height * height / width))

    return min(_RATIOS, key=distance)


def _error(error: TintypeError, status: int) -> dict[str, Any]:
    return {"error": {"message": tasks.message(error), "type": str(status)}}


dialect: Dialect = GPTProto()

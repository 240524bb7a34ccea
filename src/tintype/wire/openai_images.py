"""OpenAI's Images API as data. https://platform.openai.com/docs/api-reference/images, read 2026-11-20"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from ..core import Octets, Usage
from . import payload

GENERATIONS = "/images/generations"
EDITS = "/images/edits"
VARIATIONS = "/images/variations"

MAX_N = 10
MAX_PARTIAL_IMAGES = 3

NOTHING = msgspec.Raw(b"null")


class ImageObject(msgspec.Struct, kw_only=True):
    b64_json: msgspec.Raw = NOTHING
    url: Any = None  # an address, or whatever stands there beside base64
    revised_prompt: Any = None


class Failure(msgspec.Struct, kw_only=True):
    """What went wrong, whatever stands beside it."""

    # An object with `message`, `type`, `param`, `code`; resellers also send text, or a status.
    error: Any = None
    message: Any = None  # beside an `error` that is no object
    code: Any = None


class Answer(Failure, kw_only=True):
    """Either a whole reply (`data`) or one streamed frame (`type` and `b64_json`)."""

    type: str | None = None
    data: list[ImageObject] | None = None
    b64_json: msgspec.Raw = NOTHING
    url: Any = None
    # What is only told of a picture may be of any kind: nobody loses a picture that was paid over it.
    partial_image_index: Any = None
    quality: Any = None
    background: Any = None
    usage: Any = None  # see `read_usage`
    text: Any = None  # the words of a model that says some, joined (Octen)
    parts: Any = None  # its words and pictures in order: {"type": "text", "text"}, {"type": "image", "index"}


_decode = msgspec.json.Decoder(Answer).decode


def read_answer(document: Octets) -> Answer:
    """Raises msgspec.DecodeError, ValueError and RecursionError for what is none."""
    rest, taken = payload.lift(document, b"b64_json")
    answer = _decode(rest)
    if taken:
        for held in (answer, *(answer.data or ())):
            if (found := taken.get(bytes(held.b64_json))) is not None:
                # It has been looked through, and `payload.answered` need not do so again.
                held.b64_json = cast("msgspec.Raw", memoryview(found)[1:-1])
    return answer


def read_usage(said: object) -> Usage:
    """The tokens by kind; what is told only as a total counts as image tokens, and what is no number as nothing.

    >>> read_usage({"input_tokens": 29, "input_tokens_details": {"text_tokens": 29}, "output_tokens": 158.0})
    Usage(text_in=29, image_in=0, text_out=0, image_out=158, cached_in=0)
    """
    usage = _table(said)
    text_in, image_in = _kinds(usage, "input_tokens")
    text_out, image_out = _kinds(usage, "output_tokens")
    cached_in = min(_cached(_table(usage.get("input_tokens_details"))), text_in + image_in)
    return Usage(
        text_in=text_in, image_in=image_in, text_out=text_out, image_out=image_out, cached_in=cached_in
    )


def _kinds(usage: Mapping[str, Any], name: str) -> tuple[int, int]:
    """Text, and pictures."""
    total, details = _count(usage.get(name)), _table(usage.get(f"{name}_details"))
    text, image = _count(details.get("text_tokens")), _count(details.get("image_tokens"))
    return text, max(image, total - text)


def _cached(details: Mapping[str, Any]) -> int:
    """The total, or the sum of the kinds where there is none. It is seen in OpenAI's answers, and in no reference."""
    kinds = _table(details.get("cached_tokens_details"))
    return _count(details.get("cached_tokens")) or sum(map(_count, kinds.values()))


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _count(value: object) -> int:
    if isinstance(value, str) and value.isdecimal() and len(value) <= 18:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        return 0
    return int(value)


def write_usage(usage: Usage, *, output_details: bool = True) -> dict[str, Any]:
    """All members, as typed clients need them; streamed events have no `output_tokens_details`, and cached tokens
    are told where there were some."""
    cached = {"cached_tokens": usage.cached_in} if usage.cached_in else {}
    document: dict[str, Any] = {
        "total_tokens": usage.total_tokens,
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"image_tokens": usage.image_in, "text_tokens": usage.text_in, **cached},
        "output_tokens": usage.output_tokens,
    }
    if output_details:
        document["output_tokens_details"] = {"image_tokens": usage.image_out, "text_tokens": usage.text_out}
    return document


def write_usage_total_last(usage: Usage) -> dict[str, Any]:
    """As Azure tells it, and others after it: without the kinds of the output."""
    document = write_usage(usage, output_details=False)
    total = document.pop("total_tokens")
    return {**document, "total_tokens": total}

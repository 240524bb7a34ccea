"""OpenAI's Images API as data. https://platform.openai.com/docs/api-reference/images, read 2026-11-20"""

from __future__ import annotations

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


class TokenDetails(msgspec.Struct, kw_only=True):
    text_tokens: int | None = None
    image_tokens: int | None = None
    cached_tokens: Any = None  # seen in OpenAI's answers, and in no reference
    cached_tokens_details: Any = None  # {"text_tokens", "image_tokens"}


class TokenUsage(msgspec.Struct, kw_only=True):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: TokenDetails | None = None
    output_tokens_details: TokenDetails | None = None


class ImageObject(msgspec.Struct, kw_only=True):
    b64_json: msgspec.Raw = NOTHING
    url: str | None = None
    revised_prompt: str | None = None


class Answer(msgspec.Struct, kw_only=True):
    """Either a whole reply (`data`) or one streamed frame (`type` and `b64_json`)."""

    type: str | None = None
    data: list[ImageObject] | None = None
    b64_json: msgspec.Raw = NOTHING
    url: str | None = None
    partial_image_index: int | None = None
    quality: str | None = None
    background: str | None = None
    usage: Any = None  # a picture is not lost for numbers that cannot be read
    error: Any = (
        None  # an object with `message`, `type`, `param`, `code`; resellers also send text, or a status
    )
    message: Any = None  # beside an `error` that is no object
    code: Any = None
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


def read_usage(told: object) -> Usage:
    """The tokens by kind; what is told only as a total counts as image tokens, and what cannot be read as not told."""
    try:
        usage = msgspec.convert(told, TokenUsage | None, strict=False)
    except (msgspec.ValidationError, ValueError):
        return Usage()
    if usage is None:
        return Usage()
    text_in, image_in = _kinds(usage.input_tokens, usage.input_tokens_details)
    text_out, image_out = _kinds(usage.output_tokens, usage.output_tokens_details)
    cached_in = min(_cached(usage.input_tokens_details), text_in + image_in)
    return Usage(
        text_in=text_in, image_in=image_in, text_out=text_out, image_out=image_out, cached_in=cached_in
    )


def _cached(details: TokenDetails | None) -> int:
    """The total, or the sum of the kinds where there is none."""
    if details is None:
        return 0
    kinds = details.cached_tokens_details
    return _count(details.cached_tokens) or sum(
        map(_count, kinds.values() if isinstance(kinds, dict) else ())
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _kinds(total: int | None, details: TokenDetails | None) -> tuple[int, int]:
    if details is None:
        return 0, total or 0
    text, image = details.text_tokens or 0, details.image_tokens or 0
    return text, max(image, (total or 0) - text)


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

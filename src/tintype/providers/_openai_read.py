"""What an OpenAI-shaped service answers, as events; and what it says when it does not, by who can mend it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from ..core import Completed, Image, ImageEvent, Octets, Partial, Text, Usage
from ..core.errors import (
    BadRequest,
    Busy,
    Garbled,
    NoImage,
    Refused,
    Rejected,
    TintypeError,
    Unavailable,
    Unsupported,
)
from ..wire import openai_images as wire
from ..wire import payload
from . import _answers
from ._openai_manner import OPENAI, Manner

_REFUSALS = (
    "moderation_blocked",
    "content_policy_violation",
    "content_filter",
    "contentFilter",  # Azure's
    "ResponsibleAIPolicyViolation",
    "sexual_content",
)
# help.openai.com/en/articles/5955604, 2026; the last two are older, and of resellers.
_MONEY = (
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "billing_hard_limit_reached",
    "daily_usd_limit_exceeded",  # NanoGPT's, of a key
)
_NO_MODEL = (
    "model_not_found",
    "model_not_allowed",
    "model_not_available",
    "unsupported_model",
    "DeploymentNotFound",  # Azure's
)
# How a failure is told where there is no status: in a stream, or under a 200.
_BUSY = re.compile(r"rate_limit|busy|\b429\b")
_FAILING = re.compile(r"server_error|unavailable|overloaded|slow_down|api_error|timeout|internal|\b50[0-4]\b")


def read(document: Octets, manner: Manner = OPENAI) -> Iterator[ImageEvent]:
    """The events of a plain reply or of one frame. Raises what is told of a failure under a 200."""
    try:
        answer = wire.read_answer(document)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Garbled(
            f"The upstream's answer is not what the Images API says: {error}", charged=True
        ) from error
    kind = (answer.type or "").rpartition(".")[2]
    if answer.error or kind == "error":
        said = _said(answer)
        raise _meaning(200, said, manner) or Rejected(f"The upstream failed: {said.message}")
    if kind == "partial_image":
        yield from _preview(answer)
    elif kind == "completed":
        yield _completed(answer, answer, _image(answer), 0, wire.read_usage(answer.usage))
    elif answer.data or not (kind or answer.message):
        yield from _whole(answer)
    elif not kind:
        said = _said(answer)
        text = f"The upstream answered without a picture: {said.message}"
        raise _meaning(200, said, manner) or NoImage(text, charged=True)


def _preview(answer: wire.Answer) -> Iterator[ImageEvent]:
    """Nothing that is missed, where it cannot be read."""
    try:
        image = _image(answer)
    except TintypeError:
        return
    yield Partial(image=image, step=_answers.whole(answer.partial_image_index) or 0)


def _whole(answer: wire.Answer) -> Iterator[ImageEvent]:
    """Words and pictures in the model's order. Those of usage ride on the last picture. An item without a picture costs
    none of the others: that is raised when they are out."""
    items = answer.data or []
    images, fault = _images(items)
    order = [each for each in _order(answer, len(items)) if isinstance(each, str) or each in images]
    last = max((place for place, each in enumerate(order) if isinstance(each, int)), default=-1)
    usage = wire.read_usage(answer.usage)
    number = {each: rank for rank, each in enumerate(images)}
    for place, each in enumerate(order):
        if isinstance(each, int):
            tokens = usage if place == last else Usage()
            yield _completed(answer, items[each], images[each], number[each], tokens)
        else:
            following = (number[each] for each in order[place:] if isinstance(each, int))
            yield Text(text=each, index=next(following, len(images)))
    if fault is not None:
        raise fault


def _images(items: Sequence[wire.ImageObject]) -> tuple[dict[int, Image], TintypeError | None]:
    """By their number in `data`, and what is wrong with the first of those that are none."""
    images: dict[int, Image] = {}
    fault: TintypeError | None = None
    for number, item in enumerate(items):
        try:
            images[number] = _image(item)
        except TintypeError as error:
            fault = fault or error
    return images, fault


def _order(answer: wire.Answer, count: int) -> Iterator[str | int]:
    """Words, and numbers of pictures in `data`: as `parts` has them, and otherwise words first."""
    left = dict.fromkeys(range(count))
    parts: Sequence[Any] = answer.parts if isinstance(answer.parts, list) else ()
    told = [part for part in parts if isinstance(part, Mapping)]
    if isinstance(answer.text, str) and answer.text and not any(part.get("text") for part in told):
        yield answer.text
    for part in told:
        text, index = part.get("text"), part.get("index")
        if isinstance(text, str) and text:
            yield text
        elif isinstance(index, int) and index in left:
            del left[index]
            yield index
    yield from left


def _completed(
    answer: wire.Answer, held: wire.Answer | wire.ImageObject, image: Image, index: int, usage: Usage
) -> Completed:
    return Completed(
        image=image,
        index=index,
        usage=usage,
        revised_prompt=_answers.text(held.revised_prompt) if isinstance(held, wire.ImageObject) else None,
        quality=_applied(answer.quality),
        background=_applied(answer.background),
    )


def read_error(status: int, body: bytes, manner: Manner = OPENAI) -> TintypeError | None:
    """What an error answer means. None where it says no more than its status."""
    try:
        answer = msgspec.json.decode(body, type=wire.Failure)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    if not answer.error and not (isinstance(answer.message, str) and answer.message):
        return None
    return _meaning(status, _said(answer), manner)


class Said(NamedTuple):
    """An error, in whichever envelope it came."""

    message: str
    code: str = ""
    kind: str = ""
    param: str | None = None


def _said(answer: wire.Failure) -> Said:
    """`error` may be an object, text, or a status with the message beside it (NanoGPT has all three)."""
    error = answer.error
    facts = error if isinstance(error, Mapping) else {"message": error if isinstance(error, str) else None}
    message = facts.get("message") or answer.message
    param = facts.get("param") or facts.get("parameter")
    inner = facts.get("inner_error") or facts.get("innererror")
    inner_code = inner.get("code") if isinstance(inner, Mapping) else None
    status = error if isinstance(error, int) else None
    code = facts.get("code") or inner_code or answer.code or status
    return Said(
        (str(message)[:500] if message else "no reason given") + _details(facts, inner),
        str(code or ""),
        str(facts.get("type") or ""),
        param if isinstance(param, str) else None,
    )


def _details(error: Mapping[str, Any], inner: object) -> str:
    """Which filter it was: OpenAI's `moderation_details`, Azure's `content_filter_results`. Empty without."""
    told = []
    moderation = error.get("moderation_details")
    if isinstance(moderation, Mapping):
        categories = moderation.get("categories")
        told += [str(moderation.get("moderation_stage") or "")]
        told += map(str, categories if isinstance(categories, list) else ())
    holder = inner if isinstance(inner, Mapping) else error
    filters = holder.get("content_filter_results") or holder.get("content_filter_result")
    if isinstance(filters, Mapping):
        for name, result in filters.items():
            if isinstance(result, Mapping) and (result.get("filtered") or result.get("detected")):
                told.append(f"{name}: {result['severity']}" if result.get("severity") else str(name))
    told = [word for word in told if word]
    return f" ({', '.join(told)[:200]})" if told else ""


def _meaning(status: int, said: Said, manner: Manner) -> TintypeError | None:
    """Whose fault it is. None: nothing that the status does not say already."""
    message, code, kind, param = said
    words = message.lower()
    if code in _REFUSALS or any(word in words for word in manner.refusal_words):
        return Refused(message)
    if (
        code in _MONEY
        or kind in _MONEY
        or status in manner.money_statuses
        or any(word in words for word in manner.money_words)
    ):
        return Rejected(
            f"Our account at the upstream is out of credit: {message}", code="upstream_out_of_credit"
        )
    # OpenAI says 400, `invalid_value` and `param: model` of a model that is gone: our catalog's fault.
    if code in _NO_MODEL or param == "model":
        return Rejected(f"The upstream does not have this model for us: {message}", code="upstream_no_model")
    if code == "unknown_parameter":  # something of the extras, which we send on without knowing it
        return Unsupported(message, param=param, code=code)
    # A 400 that names a field is the caller's to mend, and as a 502 an SDK would send it twice more.
    if status in (200, 400) and (param or kind == "image_generation_user_error"):
        return BadRequest(message, param=param, code=code or None)
    if status == 403 and message != "no reason given":
        return Rejected(f"The upstream does not let us (403): {message}", code="upstream_key_rejected")
    if code == "empty_response":
        return NoImage(f"The upstream answered without a picture: {message}", charged=True)
    if status == 200:
        return _without_status(f"{code} {kind}".lower(), message)
    return None


def _without_status(names: str, message: str) -> TintypeError | None:
    if _BUSY.search(names):
        return Busy(f"The upstream is busy: {message}")
    if _FAILING.search(names):
        return Unavailable(f"The upstream failed: {message}")
    return None


def _applied(word: object) -> str | None:
    return word if isinstance(word, str) and word not in ("", "auto") else None


def _image(held: wire.Answer | wire.ImageObject) -> Image:
    try:
        image = payload.answered(held.b64_json)
        if image is None and isinstance(held.url, str) and held.url:
            image = payload.asked(held.url.encode())
    except ValueError as error:
        raise Garbled(f"The upstream's picture is {error}.", charged=True) from error
    if image is None:
        raise NoImage("The upstream answered without a picture.", charged=True)
    return image

"""What the calls of Google's image APIs share: shapes out of pixels, extras put back in their place, and errors."""

from __future__ import annotations

from math import log
from typing import Any, NamedTuple

import msgspec

from ..core import Image, ImageRequest, ModelCard, Octets, Ratio
from ..core.errors import (
    BadRequest,
    Busy,
    Garbled,
    Refused,
    Rejected,
    Timeout,
    TintypeError,
    Unavailable,
    Unsupported,
)
from ..wire import gemini as wire
from ..wire import payload
from ..wire.gemini_answers import Answer, Fault, read_fault
from ._answers import out_of_credit

FAMILY = "gemini"

_decode = msgspec.json.Decoder(Answer | list[Answer]).decode
_PICTURE_SIGNS = ("process input image", "inlineData", "image_bytes")


class Call(NamedTuple):
    """One HTTP request, but for the host and the key."""

    path: str
    body: bytes


class Words(NamedTuple):
    """What a relay says of an empty account and of a refused prompt where its status could be any failure's; in small
    letters."""

    money: tuple[str, ...] = ()
    refusal: tuple[str, ...] = ()

    def meaning(self, text: str) -> TintypeError | None:
        said = text.lower()
        if any(word in said for word in self.refusal):
            return Refused(text)
        return out_of_credit(text) if any(word in said for word in self.money) else None


NO_WORDS = Words()


def shape(request: ImageRequest, card: ModelCard) -> Ratio | None:
    """What is asked for as a ratio and a tier: pixels are found again in the card.

    A model whose card has no such table is asked for the ratio that is nearest. A tier is said only where there is a
    choice of them: gemini-3.1-flash-lite-image answers 400 to any `imageSize` (pollinations#12131, 2026-06-30).
    """
    size, shapes = request.size, card.sizes.shapes
    if size is None:
        return None
    if isinstance(size, Ratio):
        found = size
    else:
        wanted = size
        known = next((ratio for ratio, pixels in shapes.items() if pixels == wanted), None)
        found = known or Ratio(
            *min(wire.RATIOS, key=lambda each: abs(log(each[0] / each[1] * wanted.height / wanted.width)))
        )
    several = len({ratio.tier for ratio in shapes}) != 1
    return found if several else found._replace(tier=None)


def aspect(ratio: Ratio) -> str:
    return str(ratio._replace(tier=None))


def said(members: dict[str, Any]) -> dict[str, Any]:
    """What has a value: a member that nobody knows is a 400 at Google, also when it is null."""
    return {name: value for name, value in members.items() if value is not None and value != {}}


_HOLDERS = (
    "generationConfig.imageConfig.imageOutputOptions",
    "generationConfig.imageConfig",
    "generationConfig.thinkingConfig",
    "generationConfig",
    "contents.parts",
    "instances",
    "parameters.outputOptions",
    "parameters",
)
"""The members that hold others and are known to our dialects, the inner ones first."""


def with_extras(body: dict[str, Any], request: ImageRequest) -> dict[str, Any]:
    """The body with what only this family knows, where it was: `generationConfig.topP` is the member of a member.

    It does not undo what was planned, and what belongs into the other call's body is left out of this one's.
    """
    for name, value in request.extras.get(FAMILY, {}).items():
        holder = next((each for each in _HOLDERS if name.startswith(f"{each}.")), "")
        root, *way = holder.split(".")
        if not holder:
            body.setdefault(name, value)
        elif isinstance(members := body.get(root), dict):
            for step in way:
                members = members.setdefault(step, {})
            members.setdefault(name.removeprefix(f"{holder}."), value)
    return body


def answers(document: Octets, words: Words = NO_WORDS) -> list[Answer]:
    """One, or those of the array that a stream is without `alt=sse`. Raises what an error in it means."""
    try:
        found = _decode(document)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Garbled(
            f"The upstream's answer is not what Google's API says: {error}", charged=True
        ) from error
    several = found if isinstance(found, list) else [found]
    for answer in several:
        if answer.error:
            fault = read_fault(answer.error)
            raise meaning(fault.code or 500, fault, words)
    return several


def picture(raw: msgspec.Raw) -> Image | None:
    try:
        return payload.answered(raw)
    except ValueError as error:
        raise Garbled(f"The upstream's picture is {error}.", charged=True) from error


def read_error(status: int, body: bytes, words: Words = NO_WORDS) -> TintypeError | None:
    """None where the body is not one of Google's errors."""
    try:
        found = _decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    several = found if isinstance(found, list) else [found]
    error = next((answer.error for answer in several if answer.error), None)
    return meaning(status, read_fault(error), words) if error else None


def meaning(status: int, fault: Fault, words: Words = NO_WORDS) -> TintypeError:
    """Whose fault it is, and so who can mend it."""
    text, reason = fault.message, fault.reason
    if (known := words.meaning(text)) is not None:
        return known
    if status == 429:
        return _exhausted(fault)
    if status == 400 and ("Responsible AI" in text or "usage guidelines" in text):  # Imagen's refusals
        return Refused(text)
    if status in (401, 403) or reason.startswith("API_KEY_") or text.lower().startswith("api key "):
        return Rejected(f"The upstream does not let us in: {text}", code="upstream_key_rejected")
    if status == 400 and fault.status != "FAILED_PRECONDITION":  # which is about our account or our country
        return _bad_request(fault)
    if status == 404:
        return Rejected(f"The upstream does not have it: {text}", code="upstream_not_found")
    if status in (408, 504):
        return Timeout(f"The upstream did not finish in time: {text}", charged=True)
    if status == 503 and fault.retry_after is not None:
        return Busy(f"The upstream has no capacity for us: {text}", retry_after=fault.retry_after)
    if status >= 499:
        return Unavailable(f"The upstream failed: {text}")
    return Rejected(f"The upstream did not take the request: {text}")


def _exhausted(fault: Fault) -> TintypeError:
    """A quota of 0 is no quota: image models are not in the free tier, and no waiting helps."""
    if "limit: 0," in fault.message or fault.reason == "INSUFFICIENT_QUOTA":
        return out_of_credit(fault.message)
    return Busy(f"The upstream has no capacity for us: {fault.message}", retry_after=fault.retry_after)


def _bad_request(fault: Fault) -> TintypeError:
    """The caller's to mend where a field is named, or the picture; otherwise it is what we made of the request."""
    code = fault.reason.lower() or None
    param = _param(fault.field)
    if "Unknown name" in fault.message:  # something of the extras, which we send on without knowing it
        return Unsupported(fault.message, param=param, code="unknown_parameter")
    if param:
        return BadRequest(fault.message, param=param, code=code)
    if any(sign in fault.message for sign in _PICTURE_SIGNS):
        return BadRequest(fault.message, param="image", code=code)
    return Rejected(f"The upstream did not take the request: {fault.message}")


def _param(field: str) -> str | None:
    """Our name of a place in Google's body; the place itself where we have none."""
    known = [
        (place, name)
        for name, place in (*wire.PLACES.items(), *wire.PREDICT_PLACES.items())
        if field == place or field.startswith((f"{place}.", f"{place}["))
    ]
    if "inlineData" in field:
        return "image"
    return max(known, key=lambda each: len(each[0]))[1] if known else field or None

"""What Google's image APIs answer, as data: replies, token counts and errors, read.

Both spellings of a member, since servers that speak this wire mix them. ai.google.dev/api/generate-content, and
google.rpc.Status of the errors, read 2026-11-20.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from ..core import Usage
from ..core.later import read_seconds
from .gemini import camel, camelled


class Blob(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(b"")
    mimeType: str | None = None
    mime_type: str | None = None

    @property
    def is_picture(self) -> bool:
        return (self.mimeType or self.mime_type or "image/").lower().startswith("image/")


class FileData(msgspec.Struct):
    fileUri: str | None = None
    file_uri: str | None = None


class Part(msgspec.Struct):
    text: str | None = None
    thought: Any = None
    inlineData: Blob | None = None
    inline_data: Blob | None = None
    fileData: FileData | None = None
    file_data: FileData | None = None

    @property
    def blob(self) -> Blob | None:
        return self.inlineData or self.inline_data

    @property
    def address(self) -> str | None:
        held = self.fileData or self.file_data
        return (held.fileUri or held.file_uri) if held else None


class Content(msgspec.Struct):
    parts: list[Part] | None = None


class Candidate(msgspec.Struct):
    content: Content | None = None
    finishReason: Any = None
    finish_reason: Any = None
    finishMessage: Any = None
    finish_message: Any = None


class Prediction(msgspec.Struct):
    """`prompt` is what Imagen made of the caller's, where it was asked to."""

    bytesBase64Encoded: msgspec.Raw = msgspec.Raw(b"")
    raiFilteredReason: str | None = None
    prompt: Any = None


class Answer(msgspec.Struct):
    """Of generateContent, a frame of its stream, or of `:predict`. What stands beside the pictures may be of any kind: a
    relay that tells it otherwise has sent them all the same."""

    candidates: list[Candidate] | None = None
    predictions: list[Prediction] | None = None
    promptFeedback: Any = None
    prompt_feedback: Any = None
    usageMetadata: Any = None
    usage_metadata: Any = None
    error: Any = None

    @property
    def feedback(self) -> Mapping[str, Any]:
        return _members(self.promptFeedback or self.prompt_feedback)

    @property
    def usage(self) -> Mapping[str, Any]:
        return _members(self.usageMetadata or self.usage_metadata)


def _members(said: object) -> Mapping[str, Any]:
    return camelled(said) if isinstance(said, Mapping) else {}


def read_usage(said: Mapping[str, Any]) -> Usage:
    """The tokens by kind: thoughts are text, and so is what no detail accounts for; a bare total is of pictures.

    >>> read_usage({"promptTokenCount": 9, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 9}],
    ...     "candidatesTokenCount": 1120, "thoughtsTokenCount": 250, "totalTokenCount": 1379})
    Usage(text_in=9, image_in=0, text_out=250, image_out=1120, cached_in=0)
    """
    text_in, image_in = _kinds(_count(said, "promptTokenCount"), said.get("promptTokensDetails"))
    text_out, image_out = _kinds(_count(said, "candidatesTokenCount"), said.get("candidatesTokensDetails"))
    text_in += _count(said, "toolUsePromptTokenCount")
    text_out += _count(said, "thoughtsTokenCount")
    untold = _count(said, "totalTokenCount") - (text_in + image_in + text_out + image_out)
    cached_in = min(_count(said, "cachedContentTokenCount"), text_in + image_in)
    return Usage(
        text_in=text_in,
        image_in=image_in,
        text_out=text_out + max(0, untold),
        image_out=image_out,
        cached_in=cached_in,
    )


def _kinds(total: int, details: object) -> tuple[int, int]:
    """Text, and pictures."""
    if not isinstance(details, list) or not details:
        return 0, total
    known = [camelled(each) for each in details if isinstance(each, Mapping)]
    image = sum(_count(each, "tokenCount") for each in known if each.get("modality") == "IMAGE")
    other = sum(_count(each, "tokenCount") for each in known if each.get("modality") != "IMAGE")
    return max(other, total - image), image


def _count(said: Mapping[str, Any], name: str) -> int:
    value = said.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


class Fault(NamedTuple):
    """An error of Google's. `reason` is for programs; `field` is the place in the body."""

    code: int
    status: str
    message: str
    reason: str = ""
    field: str = ""
    retry_after: float | None = None


def read_fault(said: object) -> Fault:
    """What the `error` of a document says: google.rpc.Status, with what it has of ErrorInfo, BadRequest and RetryInfo."""
    if not isinstance(said, Mapping):
        return Fault(0, "", str(said)[:500])
    code = said.get("code")
    found = Fault(
        code if isinstance(code, int) else 0,
        str(said.get("status") or ""),
        str(said.get("message") or "no reason given")[:500],
    )
    details = said.get("details")
    for detail in details if isinstance(details, list) else ():
        if not isinstance(detail, Mapping):
            continue
        kind = str(detail.get("@type", "")).rpartition(".")[2]
        if kind == "ErrorInfo":
            found = found._replace(reason=str(detail.get("reason") or ""))
        elif kind == "RetryInfo":
            found = found._replace(retry_after=read_seconds(str(detail.get("retryDelay")).removesuffix("s")))
        elif kind == "BadRequest":
            found = found._replace(field=_violated(detail.get("fieldViolations")))
    return found


def _violated(violations: object) -> str:
    """The first field that is at fault."""
    first = violations[0] if isinstance(violations, list) and violations else None
    return camel(str(first.get("field") or "")) if isinstance(first, Mapping) else ""

"""Google's Gemini API as data: names, documents and errors. ai.google.dev/api/generate-content, and the
SDK's own types (google-genai 3.3), read 2026-11-20."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from ..core import Image, Octets, Usage
from . import payload

RATIOS = (
    *((1, 1), (2, 3), (3, 2), (3, 4), (4, 3), (4, 5), (5, 4), (9, 16), (16, 9), (21, 9)),
    *((1, 4), (4, 1), (1, 8), (8, 1)),
)
"""What `aspectRatio` may be, over all models."""

STATUSES = {
    400: (400, "INVALID_ARGUMENT"),
    401: (401, "UNAUTHENTICATED"),
    402: (429, "RESOURCE_EXHAUSTED"),
    403: (403, "PERMISSION_DENIED"),
    404: (404, "NOT_FOUND"),
    405: (405, "UNIMPLEMENTED"),
    409: (409, "ALREADY_EXISTS"),
    413: (400, "INVALID_ARGUMENT"),
    429: (429, "RESOURCE_EXHAUSTED"),
    499: (499, "CANCELLED"),
    500: (500, "INTERNAL"),
    502: (500, "INTERNAL"),
    503: (503, "UNAVAILABLE"),
    504: (504, "DEADLINE_EXCEEDED"),
}
"""Our status -> Google's and its name (google.rpc.Code). Google has no 402, 413 or 502."""

_CONFIG = "generationConfig."
PLACES = {
    "prompt": "contents",
    "image": "contents",
    "n": f"{_CONFIG}candidateCount",
    "seed": f"{_CONFIG}seed",
    "size": f"{_CONFIG}imageConfig",
    "output_format": f"{_CONFIG}imageConfig.outputMimeType",
    "output_compression": f"{_CONFIG}imageConfig.outputCompressionQuality",
    "thinking_level": f"{_CONFIG}thinkingConfig.thinkingLevel",
    "media_resolution": f"{_CONFIG}mediaResolution",
}
"""Where our fields are in the body of generateContent, for errors."""

PREDICT_PLACES = {
    "prompt": "instances",
    "image": "instances",
    "mask": "instances",
    "n": "parameters.sampleCount",
    "seed": "parameters.seed",
    "size": "parameters.aspectRatio",
    "negative_prompt": "parameters.negativePrompt",
    "guidance_scale": "parameters.guidanceScale",
    "output_format": "parameters.outputOptions.mimeType",
    "output_compression": "parameters.outputOptions.compressionQuality",
}
"""Where they are in the body of Imagen's `:predict`."""

_underscore = re.compile(r"_+([a-zA-Z0-9])")


def camel(name: str) -> str:
    """The one spelling of a member: clients mix both within one object.

    >>> camel("response_modalities"), camel("inlineData"), camel("mime_type")
    ('responseModalities', 'inlineData', 'mimeType')
    """
    return _underscore.sub(lambda found: found[1].upper(), name) if "_" in name[1:] else name


def camelled(members: Mapping[str, Any]) -> dict[str, Any]:
    return {camel(name): value for name, value in members.items()}


def picture_part(image: Image) -> Iterator[Octets]:
    """A picture as a part of a content: itself, or its address while it is elsewhere."""
    facts = {"mimeType": f"image/{image.header().format or 'png'}"}
    if not image.is_local:
        yield msgspec.json.encode({"fileData": {**facts, "fileUri": image.url}})
        return
    inner = payload.object_with(facts, "data", image.as_base64())
    yield from payload.object_holding({}, "inlineData", inner)


def text_part(text: str) -> Iterator[Octets]:
    yield msgspec.json.encode({"text": text})


def candidate(index: int, parts: Iterable[Iterable[Octets]], *, done: bool) -> Iterator[Octets]:
    content = payload.object_around({"role": "model"}, "parts", parts, {})
    end: dict[str, Any] = {"finishReason": "STOP"} if done else {}
    return payload.object_holding({}, "content", content, {**end, "index": index})


def response(candidates: Iterable[Iterable[Octets]], tail: dict[str, Any]) -> Iterator[Octets]:
    """A GenerateContentResponse. `tail` comes after the candidates: usageMetadata and what follows."""
    return payload.object_around({}, "candidates", candidates, tail)


def write_usage(usage: Usage) -> dict[str, Any]:
    """Every count but that of cached tokens is there even when nothing was counted: LiteLLM breaks without them."""
    return {
        "promptTokenCount": usage.input_tokens,
        **({"cachedContentTokenCount": usage.cached_in} if usage.cached_in else {}),
        "candidatesTokenCount": usage.output_tokens,
        "totalTokenCount": usage.total_tokens,
        "promptTokensDetails": _details(usage.text_in, usage.image_in, first="TEXT"),
        "candidatesTokensDetails": _details(usage.text_out, usage.image_out, first="IMAGE"),
    }


def _details(text: int, image: int, *, first: str) -> list[dict[str, Any]]:
    """By modality; the usual one is told even when it is zero."""
    counts = {"TEXT": text, "IMAGE": image}
    return [
        {"modality": kind, "tokenCount": counts[kind]}
        for kind in sorted(counts, key=lambda kind: kind != first)
        if counts[kind] or kind == first
    ]


def prediction(image: Image) -> Iterator[Octets]:
    """A picture as Imagen answers it."""
    after = {"mimeType": f"image/{image.header().format or 'png'}"}
    return payload.object_with({}, "bytesBase64Encoded", image.as_base64(), after=after)


def blocked_prompt(message: str) -> dict[str, Any]:
    """A 200 without a picture: the prompt was refused."""
    return {
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": message},
        "usageMetadata": {"promptTokenCount": 0, "totalTokenCount": 0},
    }


def no_picture(reason: str, message: str) -> dict[str, Any]:
    """A 200 without a picture: it was drawn and withheld (IMAGE_SAFETY), or not drawn (NO_IMAGE)."""
    return {
        "candidates": [{"finishReason": reason, "finishMessage": message, "index": 0}],
        "usageMetadata": {"promptTokenCount": 0, "totalTokenCount": 0},
    }


def error(
    status: int, message: str, *, reason: str, field: str | None, retry_after: float | None
) -> tuple[int, dict[str, Any]]:
    """Google's status for ours, and its document. `reason` is our code, which programs can rely on."""
    code, name = STATUSES.get(status, (status, "UNKNOWN"))
    details: list[dict[str, Any]] = [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason.upper(),
            "domain": "tintype",
        }
    ]
    if field is not None:
        violation = {"field": field, "description": message}
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]})
    if retry_after is not None:
        details.append(
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{retry_after:g}s"}
        )
    return code, {"error": {"code": code, "message": message, "status": name, "details": details}}

"""What the strictest clients accept, all at once: every 200 of the suite goes through here.

The intersection of Codex's serde structs, @ai-sdk/openai's zod schema, and the typed readers of
openai-dotnet, -go and -java (read 2026-11-20).
"""

from __future__ import annotations

import base64
from typing import Any

from tintype.core import Image

_QUALITIES = ("low", "medium", "high", "xhigh", "max")
_FACTS = ("size", "quality", "background", "output_format")


def validate_reply(document: dict[str, Any], *, new_qualities: bool = False) -> None:
    """A plain reply. `new_qualities`: the request itself said xhigh or max."""
    assert type(document["created"]) is int
    assert 1_000_000_000 < document["created"] < 10_000_000_000, "seconds, neither milliseconds nor zero"
    assert document["data"], "never an empty list"
    for item in document["data"]:
        assert ("b64_json" in item) != ("url" in item), "one of the two"
        assert all(isinstance(value, str) for value in item.values()), "no nulls"
        if "b64_json" in item:
            kind, size = Image.from_bytes(base64.b64decode(item["b64_json"], validate=True)).header()
            assert document.get("output_format", kind) == kind
            assert document.get("size", str(size)) == str(size) or len(document["data"]) > 1
    assert document.get("quality", "low") in (_QUALITIES if new_qualities else _QUALITIES[:3])
    assert document.get("background", "auto") in ("transparent", "opaque", "auto")
    if "usage" in document:
        _validate_usage(document["usage"], ("input_tokens", "output_tokens"))


def validate_event(name: str, event: dict[str, Any]) -> None:
    """One frame of a stream, with the name that its `event:` line gives it."""
    assert event["type"] == name
    if name == "error":
        return validate_error(event)
    verb, _, kind = name.partition(".")
    assert verb in ("image_generation", "image_edit")
    assert kind in ("partial_image", "completed")
    assert type(event["created_at"]) is int
    assert all(isinstance(event[fact], str) for fact in _FACTS)
    base64.b64decode(event["b64_json"], validate=True)
    if kind == "partial_image":
        assert event["partial_image_index"] in range(3)
        return None
    assert "output_tokens_details" not in event["usage"]
    return _validate_usage(event["usage"], ("input_tokens",))


def validate_error(document: dict[str, Any]) -> None:
    error = document["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    assert isinstance(error["message"], str)
    assert isinstance(error["type"], str)
    assert isinstance(error["param"], str | None)
    assert isinstance(error["code"], str | None)


def _validate_usage(usage: dict[str, Any], detailed: tuple[str, ...]) -> None:
    for name in ("total_tokens", "input_tokens", "output_tokens"):
        assert type(usage[name]) is int
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    for name in detailed:
        details = usage[f"{name}_details"]
        assert set(details) == {"text_tokens", "image_tokens"}
        assert sum(details.values()) == usage[name]

"""What an upstream answered, trimmed for tests: pictures cut to their headers, and nothing in it that tells whose it was."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tintype.core import Image, Octets
from tintype.transport.upstream import Upstream

REPLIES = Path(__file__).parents[1] / "replies" / "live"

_LONG = 160
"""Characters from which on a text of the base64 alphabet is a picture, or as bad to keep as one."""

_NAMES = re.compile(
    r"(^|_)(id|ids|uuid|key|token|secret|user|email|account|organization|organisation|org|project|owner|ip)$",
    re.IGNORECASE,
)
_MODELS = re.compile(r"model", re.IGNORECASE)
_SECRETS = (
    re.compile(r"\b(?:sk|pk|rk|key|fal|hf|r8|xai|api)[-_][\w-]{8,}"),
    re.compile(r"\bAIza[\w-]{10,}"),
    re.compile(r"(?i)\bbearer\s+[\w.~+/=-]+"),
    re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE),
    re.compile(r"\b[0-9a-f]{24,}\b", re.IGNORECASE),
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"),
    re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b"),
)
SCRUBBED = "scrubbed"


def trimmed(document: Octets, secrets: Iterable[str] = ()) -> Any:
    """One document as it may be kept. One that is no JSON is told by its length and its picture's header."""
    data = bytes(document)
    try:
        value = json.loads(data)
    except ValueError:
        return {"bytes": len(data), "begins": base64.b64encode(_head(data)).decode()}
    return _trim(value, tuple(secret for secret in secrets if secret))


def _trim(value: Any, secrets: tuple[str, ...], name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _trim(item, secrets, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_trim(item, secrets, name) for item in value]
    if isinstance(value, str):
        return _scrub(value, secrets, name)
    if _is_private(name) and isinstance(value, int) and not isinstance(value, bool):
        return 0
    return value


def _is_private(name: str) -> bool:
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return bool(_NAMES.search(snake)) and not _MODELS.search(snake)


def _scrub(text: str, secrets: tuple[str, ...], name: str) -> str:
    if not text:
        return text
    if _is_private(name):
        return SCRUBBED
    prefix, comma, rest = text.partition(";base64,")
    if comma and text.startswith("data:"):
        return f"{prefix};base64,{_cut(rest)}"
    if len(text) > _LONG and re.fullmatch(r"[A-Za-z0-9+/_\s-]+={0,2}", text) and " " not in text:
        return _cut(text)
    for secret in secrets:
        text = text.replace(secret, SCRUBBED)
    if re.match(r"https?://", text):  # its query may be what lets one in, and its path whose it is
        return f"{'/'.join(text.split('/')[:3])}/{SCRUBBED}{Path(text.partition('?')[0]).suffix}"
    for pattern in _SECRETS:
        text = pattern.sub(SCRUBBED, text)
    return text


def _cut(text: str) -> str:
    """Base64 that ends behind the picture's header."""
    try:
        data = base64.b64decode(re.sub(r"\s", "", text), validate=True)
    except (binascii.Error, ValueError):
        return SCRUBBED
    if Image.from_bytes(data).header().format is None:
        return SCRUBBED  # a signature, say
    return base64.b64encode(_head(data)).decode()


def _head(data: bytes) -> bytes:
    """As much of a picture as tells its kind and its size, in threes so that base64 of it has no padding."""
    whole = Image.from_bytes(data).header()
    length = 48
    while whole.size is not None and Image.from_bytes(data[:length]).header() != whole and length < len(data):
        length += 48
    return data[:length]


@contextmanager
def heard() -> Iterator[list[bytes]]:
    """The documents that any upstream answers meanwhile, as they arrive."""
    found: list[bytes] = []
    post: Callable[..., AsyncGenerator[Octets, None]] = Upstream.post
    ask = Upstream.ask

    async def posting(self: Upstream, *arguments: Any, **named: Any) -> AsyncGenerator[Octets, None]:
        documents = post(self, *arguments, **named)
        try:
            async for document in documents:
                found.append(bytes(document))
                yield document
        finally:
            await documents.aclose()

    async def asking(self: Upstream, *arguments: Any, **named: Any) -> bytes:
        document = await ask(self, *arguments, **named)
        found.append(document)
        return document

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Upstream, "post", posting)
        patch.setattr(Upstream, "ask", asking)
        yield found


def keep(name: str, what: str, facts: dict[str, Any], documents: list[Any]) -> Path:
    """Beside what was recorded of the same provider before."""
    path = REPLIES / f"{name}.json"
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    kept[what] = {**facts, "documents": documents}
    REPLIES.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")
    return path

"""What a dialect writes for the events of a test."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tintype.core import Dialect, Events, ImageEvent, ImageRequest, Incoming, Report
from tintype.core.errors import TintypeError

REPORT = Report(asked="asked", model="m", provider="p", created=1_795_166_107)


def read(dialect: Dialect, path: str, body: object, **headers: str) -> ImageRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return dialect.read(Incoming(path=path, headers=headers, body=raw))


def written(
    dialect: Dialect, request: ImageRequest, *events: ImageEvent, fails: TintypeError | None = None
) -> bytes:
    """All that is written; `fails` comes after the events."""

    return joined(dialect, request, REPORT, happening(*events, fails=fails))


async def happening(*events: ImageEvent, fails: Exception | None = None) -> Events:
    """What a job would tell."""
    for event in events:
        yield event
    if fails is not None:
        raise fails


def joined(dialect: Dialect, request: ImageRequest, report: Report, events: Events) -> bytes:
    """All that a dialect writes of them."""

    async def collected() -> bytes:
        return b"".join([bytes(chunk) async for chunk in dialect.write(request, events, report)])

    return asyncio.run(collected())


def frames(text: bytes) -> list[tuple[str, Any]]:
    """Name and data of every frame; the name is empty where there is none, and `[DONE]` is text."""
    found = []
    for frame in text.decode().split("\n\n")[:-1]:
        *named, data = frame.split("\n")
        data = data.removeprefix("data: ")
        name = named[0].removeprefix("event: ") if named else ""
        found.append((name, data if data == "[DONE]" else json.loads(data)))
    return found

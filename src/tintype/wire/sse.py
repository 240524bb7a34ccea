"""Server-sent events: bytes to documents and back. Knows nothing of pictures."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator

from ..core import Octets

MEDIA_TYPE = "text/event-stream"

HEARTBEAT = b": keepalive\n\n"
"""A comment, which every reader skips: it may stand between any two frames, also before the first."""

_DONE = b"[DONE]"

DONE = b"data: [DONE]\n\n"
"""The end of a stream of chat completions."""


def frame(event: str, data: Iterable[Octets]) -> Iterator[Octets]:
    """One frame, without an `event:` line where `event` is empty. `data` is one line: JSON without a
    line break in it."""
    yield b"event: %s\ndata: " % event.encode() if event else b"data: "
    yield from data
    yield b"\n\n"


async def documents(chunks: AsyncIterator[Octets]) -> AsyncIterator[Octets]:
    """The data of each frame, its lines joined; `[DONE]` is left out, and what has no data, which keeps a connection alive.

    Lines end in LF or CRLF; a lone CR, which the standard allows too, is not an end, since no
    image service sends it. A frame that the end of the stream cuts off is still given, so that
    half a document is an error to whoever decodes it and not silence.
    """
    data: list[Octets] = []
    async for line in _lines(chunks):
        if line.startswith(b"data:"):
            data.append(memoryview(line)[6 if line.startswith(b"data: ") else 5 :])
        elif not line and data:
            document, data = _joined(data), []
            if document and not _is_done(document):
                yield document
    document = _joined(data)
    if document and not _is_done(document):
        yield document


def _joined(lines: list[Octets]) -> Octets:
    """As it is where it is one line, which may be 30 MB."""
    return lines[0] if len(lines) == 1 else b"\n".join(lines)


def _is_done(document: Octets) -> bool:
    return len(document) < 100 and bytes(document).strip() == _DONE


async def _lines(chunks: AsyncIterator[Octets]) -> AsyncIterator[bytes]:
    """A line may be 30 MB and arrive 8 kB at a time, so each chunk is looked through once, and joined once."""
    parts: list[bytes] = []  # of the line that has no end yet; none is empty
    first = True
    async for chunk in chunks:
        data, start = bytes(chunk), 0
        while (end := data.find(b"\n", start)) >= 0:
            if end > start:
                parts.append(data[start:end])
            if parts and parts[-1].endswith(b"\r"):
                parts[-1] = parts[-1][:-1]
            line = b"".join(parts)
            yield line.removeprefix(b"\xef\xbb\xbf") if first else line
            parts, first, start = [], False, end + 1
        if start < len(data):
            parts.append(data[start:])
    if parts:
        line = b"".join(parts).rstrip(b"\r")
        yield line.removeprefix(b"\xef\xbb\xbf") if first else line

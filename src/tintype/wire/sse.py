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


async def documents(chunks: AsyncIterator[Octets]) -> AsyncIterator[bytes]:
    """The data of each frame, its lines joined; `[DONE]` is left out.

    Lines end in LF or CRLF; a lone CR, which the standard allows too, is not an end, since no
    image service sends it. A frame that the end of the stream cuts off is still given, so that
    half a document is an error to whoever decodes it and not silence.
    """
    data: list[bytes] = []
    async for line in _lines(chunks):
        if line.startswith(b"data:"):
            data.append(line[6:] if line.startswith(b"data: ") else line[5:])
        elif not line and data:
            document, data = b"\n".join(data), []
            if document.strip() != _DONE:
                yield document
    document = b"\n".join(data)
    if document and document.strip() != _DONE:
        yield document


async def _lines(chunks: AsyncIterator[Octets]) -> AsyncIterator[bytes]:
    """A line may be 30 MB and arrive 16 kB at a time, so the search for its end resumes where
    the last one stopped; starting over each time is quadratic.
    """
    buffer, searched, first = bytearray(), 0, True
    async for chunk in chunks:
        buffer += chunk
        start = 0
        while (end := buffer.find(b"\n", max(start, searched))) >= 0:
            stop = end - 1 if end > start and buffer[end - 1] == 0x0D else end
            with memoryview(buffer) as view:
                line = bytes(view[start:stop])
            yield line.removeprefix(b"\xef\xbb\xbf") if first else line
            first, start = False, end + 1
        del buffer[:start]
        searched = len(buffer)
    if buffer:
        line = bytes(buffer).rstrip(b"\r")
        yield line.removeprefix(b"\xef\xbb\xbf") if first else line

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


_LINE_BREAKS = ((b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"), (b"\xc2\x85", b"\\u0085"))
"""Letters that JSON may hold as they are, and that end a line for readers that go by Unicode: httpx's `iter_lines`
(0.28) cuts a frame in two there. Written otherwise they mean the same."""


def frame(event: str, data: Iterable[Octets]) -> Iterator[Octets]:
    """One frame, without an `event:` line where `event` is empty. `data` is one line: JSON without a
    line break in it."""
    yield b"event: %s\ndata: " % event.encode() if event else b"data: "
    for chunk in data:
        # A view is of a picture.
        yield chunk if isinstance(chunk, memoryview) or chunk.isascii() else _in_one_line(chunk)
    yield b"\n\n"


def _in_one_line(chunk: bytes) -> bytes:
    for letter, escaped in _LINE_BREAKS:
        chunk = chunk.replace(letter, escaped)
    return chunk


async def documents(chunks: AsyncIterator[Octets]) -> AsyncIterator[Octets]:
    """The data of each frame, its lines joined; `[DONE]` is left out, and so is a frame that has none.

    A frame that the end of the stream cuts off is still given, so that half a document is an error to
    whoever decodes it and not silence.
    """
    data: list[Octets] = []
    async for line in _lines(chunks):
        if line.startswith(b"data:"):
            data.append(memoryview(line)[6 if line.startswith(b"data: ") else 5 :])
        elif not line and data:
            document, data = _joined(data), []
            if _is_document(document):
                yield document
    document = _joined(data)
    if _is_document(document):
        yield document


def _joined(lines: list[Octets]) -> Octets:
    """As it is where it is one line, which may be 30 MB."""
    return lines[0] if len(lines) == 1 else b"\n".join(lines)


def _is_document(document: Octets) -> bool:
    """A frame without data is none (HTML standard, 9.2.6), and keeps a connection open at most."""
    return len(document) >= 100 or bytes(document).strip() not in (b"", _DONE)


async def _lines(chunks: AsyncIterator[Octets]) -> AsyncIterator[bytes]:
    """They end in LF, CRLF or CR. A line may be 30 MB and arrive 8 kB at a time, so each chunk is looked through once,
    and joined once."""
    parts: list[bytes] = []  # of the line that has no end yet
    first = True
    async for data in _with_line_feeds(chunks):
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            parts.append(data[start:end])
            line = b"".join(parts)
            yield line.removeprefix(b"\xef\xbb\xbf") if first else line
            parts, first, start = [], False, end + 1
        if start < len(data):
            parts.append(data[start:])
    if parts:
        line = b"".join(parts)
        yield line.removeprefix(b"\xef\xbb\xbf") if first else line


async def _with_line_feeds(chunks: AsyncIterator[Octets]) -> AsyncIterator[bytes]:
    """Each end of a line as LF. A CR is one at once, since nothing may come after it for long; the LF of a CRLF that
    was cut in two is then none."""
    returned = False
    async for chunk in chunks:
        data = bytes(chunk)
        if returned and data:
            data = data.removeprefix(b"\n")
        returned = data.endswith(b"\r") or (returned and not chunk)
        yield data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data

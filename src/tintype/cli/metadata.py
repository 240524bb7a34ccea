"""Facts about a picture, written into the finished PNG as text chunks; its pixels are not touched."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping

SIGNATURE = b"\x89PNG\r\n\x1a\n"

CREDENTIALS = b"caBX"
"""The chunk that holds C2PA content credentials: they sign the whole file, so that any chunk
added to it would make its provenance look forged (spec.c2pa.org, "Embedding manifests into PNGs")."""


def with_text(png: bytes, facts: Mapping[str, str]) -> bytes:
    """The same PNG with an iTXt chunk for each fact, after its header. What is not a PNG, is cut
    short, or carries content credentials, is handed back as it is."""
    kinds = list(_chunks(png))
    if not kinds or kinds[0][0] != b"IHDR" or CREDENTIALS in (kind for kind, _ in kinds):
        return png
    after = kinds[0][1]
    added = b"".join(_text_chunk(keyword, text) for keyword, text in facts.items())
    return png[:after] + added + png[after:]


def _chunks(png: bytes) -> Iterator[tuple[bytes, int]]:
    """The kind of each chunk and where it ends."""
    at = len(SIGNATURE)
    if not png.startswith(SIGNATURE):
        return
    while at + 12 <= len(png):
        (length,) = struct.unpack_from(">I", png, at)
        end = at + 12 + length
        if end > len(png):
            return
        yield png[at + 4 : at + 8], end
        at = end


def _text_chunk(keyword: str, text: str) -> bytes:
    """iTXt, not compressed (PNG specification, 11.3.3.4): keyword, two flags, language, translation, text."""
    data = keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode("utf-8", "replace").replace(b"\0", b" ")
    body = b"iTXt" + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

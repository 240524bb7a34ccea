"""What a picture's own header says, read without opening it: format, and size in pixels."""

from __future__ import annotations

from typing import NamedTuple

from .size import Size

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
)

HEAD = 256 * 1024
"""How many bytes from the start hold the header of any ordinary picture: a JPEG's size comes
after its EXIF block, with a thumbnail of at most 64 KB in it, and its colour profile."""


class Header(NamedTuple):
    """`format` is None for what is not a picture, `size` None where the head does not tell it."""

    format: str | None
    size: Size | None


def read_header(head: bytes | memoryview) -> Header:
    """Read the first bytes of a file, at most `HEAD` of them.

    >>> read_header(b"GIF89a\\x10\\x00\\x08\\x00")
    Header(format='gif', size=Size(width=16, height=8))
    >>> read_header(b"hello")
    Header(format=None, size=None)
    """
    head = bytes(head[:HEAD])
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Header("webp", _webp(head))
    if head[4:12] in (b"ftypavif", b"ftypheic", b"ftypmif1"):
        return Header("avif" if head[8:12] == b"avif" else "heic", None)
    kind = next((name for magic, name in _SIGNATURES if head.startswith(magic)), None)
    match kind:
        case "png" if head[12:16] == b"IHDR" and len(head) >= 24:
            return Header(kind, _size(head[16:20], head[20:24], "big"))
        case "gif" if len(head) >= 10:
            return Header(kind, _size(head[6:8], head[8:10], "little"))
        case "jpeg":
            return Header(kind, _jpeg(head))
    return Header(kind, None)


def _size(width: bytes, height: bytes, order: str) -> Size:
    if order == "big":
        return Size(int.from_bytes(width, "big"), int.from_bytes(height, "big"))
    return Size(int.from_bytes(width, "little"), int.from_bytes(height, "little"))


def _jpeg(head: bytes) -> Size | None:
    """Walk the segments to the start of frame (SOF0 to SOF15 but DHT, JPG and DAC; ITU T.81 B.2.2)."""
    at = 2
    while at + 9 <= len(head):
        if head[at] != 0xFF:
            return None
        marker = head[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in range(0xC0, 0xD0) and marker not in (0xC4, 0xC8, 0xCC):
            return _size(head[at + 7 : at + 9], head[at + 5 : at + 7], "big")
        elif marker in range(0xD0, 0xD9) or marker == 0x01:
            at += 2
        else:
            at += 2 + int.from_bytes(head[at + 2 : at + 4], "big")
    return None


def _webp(head: bytes) -> Size | None:
    """The three kinds of first chunk (developers.google.com/speed/webp/docs/riff_container)."""
    kind = head[12:16]
    if kind == b"VP8X" and len(head) >= 30:
        return Size(
            1 + int.from_bytes(head[24:27], "little"),
            1 + int.from_bytes(head[27:30], "little"),
        )
    if kind == b"VP8L" and len(head) >= 25:
        bits = int.from_bytes(head[21:25], "little")
        return Size(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8 " and len(head) >= 30:
        return Size(
            int.from_bytes(head[26:28], "little") & 0x3FFF,
            int.from_bytes(head[28:30], "little") & 0x3FFF,
        )
    return None

"""Whether a picture carries content credentials (C2PA), told by its file's structure; no pixel is read.

Where they lie (C2PA specification 2.1, 11.3 and appendix A; c2pa-rs reads them so too): in a PNG's chunk `caBX`, in
the APP11 segments of a JPEG whose JUMBF box is of the type `c2pa`, in the chunk `C2PA` of a WebP. Whether their
signature holds is not looked at.
"""

from __future__ import annotations

_PNG = b"\x89PNG\r\n\x1a\n"
_PIECES = 65_536  # chunks or segments: a file of nothing but empty ones is not walked to its end
_JUMBF_HEAD = 44  # bytes of an APP11 segment in which its box, and the type of that box, are told


def has_credentials(data: bytes | memoryview) -> bool:
    """Of a whole PNG, JPEG or WebP file; False for anything else. Never raises.

    >>> has_credentials(b"RIFF\\x10\\0\\0\\0WEBP" + b"C2PA\\x04\\0\\0\\0jumb")
    True
    >>> has_credentials(b"GIF89a")
    False
    """
    view = memoryview(data)
    if bytes(view[:8]) == _PNG:
        return _in_png(view)
    if bytes(view[:3]) == b"\xff\xd8\xff":
        return _in_jpeg(view)
    if bytes(view[:4]) == b"RIFF" and bytes(view[8:12]) == b"WEBP":
        return _in_webp(view)
    return False


def _in_png(view: memoryview) -> bool:
    """The chunk should come before the pixels, and may come after them."""
    at = 8
    for _ in range(_PIECES):
        kind = bytes(view[at + 4 : at + 8])
        if kind == b"caBX":
            return True
        if len(kind) < 4 or kind == b"IEND":
            return False
        at += 12 + int.from_bytes(view[at : at + 4], "big")
    return False


def _in_jpeg(view: memoryview) -> bool:
    """All segments come before the scan (ITU T.81 B.2.1)."""
    at = 2
    for _ in range(_PIECES):
        if at + 4 > len(view) or view[at] != 0xFF:
            return False
        marker = view[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker == 0x01 or marker in range(0xD0, 0xD8):  # alone, without a length
            at += 2
        elif marker in (0xD9, 0xDA):  # the end, and the scan
            return False
        else:
            length = int.from_bytes(view[at + 2 : at + 4], "big")
            if marker == 0xEB and _is_c2pa(bytes(view[at + 4 : at + 2 + min(length, _JUMBF_HEAD)])):
                return True
            at += 2 + max(length, 2)
    return False


def _is_c2pa(segment: bytes) -> bool:
    """The first segment of a box: `JP`, numbers, the box's head, the head of its description, its type.

    The box's length is four bytes, or, where those are 1, eight more after its name.
    """
    if segment[:2] != b"JP" or segment[12:16] != b"jumb":
        return False
    long = 8 if segment[8:12] == b"\0\0\0\x01" else 0
    return segment[20 + long : 28 + long] == b"jumdc2pa"


def _in_webp(view: memoryview) -> bool:
    """Chunks have an even number of bytes (RFC 9649), and what follows the last is none."""
    view = view[: 8 + int.from_bytes(view[4:8], "little")]
    at = 12
    for _ in range(_PIECES):
        kind = bytes(view[at : at + 4])
        if kind == b"C2PA":
            return True
        if len(kind) < 4:
            return False
        length = int.from_bytes(view[at + 4 : at + 8], "little")
        at += 8 + length + length % 2
    return False

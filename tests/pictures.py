"""Small real pictures, and bytes that claim to be one."""

from __future__ import annotations

import io
import struct

from PIL import Image as Pillow


def picture(kind: str = "png", width: int = 16, height: int = 8, colour: str = "#c33") -> bytes:
    """A whole file of one colour: "png", "jpeg", "webp", "gif" or whatever else Pillow writes."""
    out = io.BytesIO()
    Pillow.new("RGB", (width, height), colour).save(out, kind)
    return out.getvalue()


def png_header(width: int, height: int) -> bytes:
    """The start of a PNG that says it is so large; there are no pixels behind it."""
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x06\0\0\0"

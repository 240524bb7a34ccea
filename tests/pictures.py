"""Small pictures for tests, made on the spot, and bytes that claim to be one."""

from __future__ import annotations

import struct
from io import BytesIO

from PIL import Image

from tintype.core import Size


def drawn(size: Size, colour: str = "#4a7") -> Image.Image:
    return Image.new("RGB", size, colour)


def encoded(image: Image.Image, kind: str) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def picture(kind: str = "png", width: int = 16, height: int = 8, colour: str = "#c33") -> bytes:
    """A whole file of one colour: "png", "jpeg", "webp", "gif" or whatever else Pillow writes."""
    return encoded(drawn(Size(width, height), colour), kind)


def png(size: Size, colour: str = "#4a7") -> bytes:
    return encoded(drawn(size, colour), "png")


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def png_header(width: int, height: int) -> bytes:
    """The start of a PNG that says it is so large; there are no pixels behind it."""
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x06\0\0\0"

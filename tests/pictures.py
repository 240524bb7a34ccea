"""Small pictures for tests, made on the spot."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from tintype.core import Size


def picture(size: Size, colour: str = "#4a7") -> Image.Image:
    return Image.new("RGB", size, colour)


def png(size: Size, colour: str = "#4a7") -> bytes:
    return encoded(picture(size, colour), "png")


def encoded(image: Image.Image, kind: str) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))

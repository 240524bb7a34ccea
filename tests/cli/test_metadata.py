from __future__ import annotations

import struct
import zlib

import pytest

from tintype.cli.metadata import with_text
from tintype.core import Size

from ..pictures import drawn, encoded, opened, png

FACTS = {"prompt": "ein Fuchs – ölig\n狐", "seed": "7"}


def test_text_is_added_and_pixels_stay_to_the_byte() -> None:
    plain = png(Size(40, 30), "red")
    written = with_text(plain, FACTS)
    image = opened(written)
    image.load()
    assert image.text == FACTS  # type: ignore[attr-defined]
    assert written.replace(written[33 : 33 + len(written) - len(plain)], b"") == plain


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", encoded(drawn(Size(8, 8)), "jpeg"), png(Size(8, 8))[:20], b"\x89PNG\r\n\x1a\n"],
)
def test_what_is_no_whole_png_is_left_alone(data: bytes) -> None:
    assert with_text(data, FACTS) == data


def test_signed_content_credentials_are_not_broken() -> None:
    plain = png(Size(8, 8))
    body = b"caBX" + b"signature"
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    signed = plain[:33] + chunk + plain[33:]
    assert with_text(signed, FACTS) == signed

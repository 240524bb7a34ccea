"""What a picture's own header says is what Pillow finds in it; other bytes are no picture."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any

import PIL.Image
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tintype.core import Header, Image, Size
from tintype.core.header import HEAD, read_header

KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "png": ("RGB", "PNG", {}),
    "png with alpha": ("RGBA", "PNG", {}),
    "png of grey": ("L", "PNG", {}),
    "png animated": ("RGB", "PNG", {"save_all": True, "append_images": [PIL.Image.new("RGB", (1, 1))]}),
    "jpeg": ("RGB", "JPEG", {}),
    "jpeg progressive": ("RGB", "JPEG", {"progressive": True}),
    "jpeg of grey": ("L", "JPEG", {}),
    "jpeg for print": ("CMYK", "JPEG", {}),
    "jpeg with exif": ("RGB", "JPEG", {"exif": b"Exif\0\0" + bytes(65_000)}),
    "jpeg with profile": ("RGB", "JPEG", {"icc_profile": bytes(190_000)}),
    "jpeg with comment": ("RGB", "JPEG", {"comment": b"\xff\xc0\x00\x11\x08\x00\x01\x00\x01"}),
    "webp": ("RGB", "WEBP", {}),
    "webp lossless": ("RGB", "WEBP", {"lossless": True}),
    "webp with alpha": ("RGBA", "WEBP", {}),
    "webp lossless with alpha": ("RGBA", "WEBP", {"lossless": True}),
    "webp with exif": ("RGB", "WEBP", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0"}),
    "gif": ("P", "GIF", {}),
}
FORMATS = {"PNG": "png", "JPEG": "jpeg", "WEBP": "webp", "GIF": "gif"}


SIGNATURES = [
    b"",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF89a",
    b"RIFF\0\0\0\0WEBP",
    b"RIFF\0\0\0\0WEBPVP8X",
    b"RIFF\0\0\0\0WEBPVP8L",
    b"RIFF\0\0\0\0WEBPVP8 ",
    b"BM",
    b"II*\0",
    b"\0\0\0\x1cftypavif",
]


def file(kind: str, size: tuple[int, int]) -> bytes:
    mode, pillow, how = KINDS[kind]
    picture = PIL.Image.new(mode, size)
    if mode == "RGBA":
        picture.putpixel((0, 0), (1, 2, 3, 4))
    out = BytesIO()
    picture.save(out, pillow, **how)
    return out.getvalue()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(list(KINDS)), st.integers(1, 300), st.integers(1, 300))
@example("webp lossless", 1, 300)
@example("webp lossless with alpha", 256, 257)
def test_a_header_says_what_pillow_finds(kind: str, width: int, height: int) -> None:
    data = file(kind, (width, height))
    expected = Header(FORMATS[KINDS[kind][1]], Size(width, height))
    assert read_header(data) == expected
    assert read_header(memoryview(data)) == expected
    held_as_base64 = Image.from_base64(Image.from_bytes(data).as_base64())
    assert held_as_base64.header() == expected


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "webp lossless", "webp with alpha", "gif"])
def test_large_sizes(kind: str) -> None:
    assert read_header(file(kind, (3840, 2160))).size == Size(3840, 2160)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_anywhere_never_says_anything_wrong(kind: str) -> None:
    data = file(kind, (40, 30))
    whole = read_header(data)
    for length in [*range(min(len(data), 200)), *range(200, len(data), 997)]:
        found = read_header(data[:length])
        assert found.format in (None, whole.format), length
        assert found.size in (None, whole.size), length


@settings(max_examples=300)
@given(
    st.sampled_from(SIGNATURES),
    st.binary(max_size=80),
)
@example(b"\xff\xd8\xff", b"\xe0\x00\x00" * 40)
@example(b"\xff\xd8\xff", b"\xff" * 80)
def test_any_bytes_at_all_are_answered(signature: bytes, rest: bytes) -> None:
    found = read_header(signature + rest)
    assert found.size is None or found.format is not None


def test_a_size_that_comes_after_the_head_is_not_told() -> None:
    jpeg = file("jpeg", (40, 30))
    comments = (b"\xff\xfe\xff\xff" + bytes(65_533)) * (HEAD // 65_536 + 1)
    assert read_header(jpeg[:2] + comments + jpeg[2:]) == Header("jpeg", None)


def test_base64_in_lines_as_mail_has_it() -> None:
    data = file("jpeg with profile", (40, 30)) + bytes(300_000)
    assert Image.from_base64(base64.encodebytes(data)).header() == read_header(data)


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_base64_of_the_url_safe_alphabet(kind: str) -> None:
    data = file(kind, (40, 30))
    assert Image.from_base64(base64.urlsafe_b64encode(data)).header() == read_header(data)


@pytest.mark.parametrize(
    "text", [b"", b"a", b"====", b"iVBORw0KG\xff", b"!!!!!!!!", b"hello world, no picture"]
)
def test_what_is_not_a_picture_in_base64_has_no_header(text: bytes) -> None:
    assert Image.from_base64(text).header() == Header(None, None)


@given(st.binary(max_size=200))
def test_reading_a_header_from_base64_never_fails(text: bytes) -> None:
    found = Image.from_base64(text).header()
    assert found.size is None or found.format is not None

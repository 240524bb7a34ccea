"""Credentials are found where they belong, without a look at the pixels, and nothing breaks the search."""

from __future__ import annotations

import struct
import time
from io import BytesIO

import c2pa  # type: ignore[import-untyped]
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tintype.core import Image
from tintype.core.credentials import has_credentials

from ..credentialed import box, chain, segments, with_credentials
from ..pictures import opened, picture

KINDS = ("png", "jpeg", "webp")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 601, 200_000])
def test_a_box_is_found_and_its_lack_too(kind: str, size: int) -> None:
    bare = picture(kind)
    carrying = with_credentials(bare, box(size))
    opened(carrying).load()
    assert has_credentials(carrying)
    assert has_credentials(memoryview(carrying))
    assert not has_credentials(bare)


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_library_signs_is_found(kind: str) -> None:
    certificate, key = chain()
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo("es256", certificate, key, None))
    action = {"action": "c2pa.created", "digitalSourceType": "http://c2pa.org/digitalsourcetype/empty"}
    manifest = {"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}]}
    out = BytesIO()
    c2pa.Builder(manifest).sign(signer, f"image/{kind}", BytesIO(picture(kind, 64, 64)), out)
    assert has_credentials(out.getvalue())


def test_in_a_png_they_may_come_after_the_pixels() -> None:
    bare, carrying = picture("png"), with_credentials(picture("png"))
    chunk = carrying[33 : 33 + len(carrying) - len(bare)]
    assert has_credentials(bare[:-12] + chunk + bare[-12:])
    assert not has_credentials(bare + chunk)


def test_other_boxes_of_a_jpeg_are_none() -> None:
    """JPEG 360 and others use the same segments."""
    bare = picture("jpeg")
    other = box().replace(b"c2pa", b"jp36")
    assert not has_credentials(with_credentials(bare, other))
    assert has_credentials(with_credentials(with_credentials(bare), other))
    long = struct.pack(">I", 1) + b"jumb" + struct.pack(">Q", 700) + box()[8:]
    assert has_credentials(bare[:2] + segments(long)[0] + bare[2:])


@pytest.mark.parametrize("kind", KINDS)
def test_their_names_among_the_pixels_are_none(kind: str) -> None:
    noise = b"caBX" + box() + segments(box())[0]
    bare = picture(kind)
    at = bare.index({"png": b"IDAT", "jpeg": b"\xff\xda", "webp": b"VP8 "}[kind]) + 12
    assert not has_credentials(bare[:at] + noise + bare[at:])


def test_what_follows_a_webp_is_none() -> None:
    assert not has_credentials(picture("webp") + b"C2PA" + struct.pack("<I", len(box())) + box())


def carried() -> st.SearchStrategy[bytes]:
    return st.sampled_from(
        [each for kind in KINDS for each in (picture(kind), with_credentials(picture(kind)))]
    )


@given(carried(), st.data())
def test_a_file_cut_or_changed_anywhere_is_read_without_failure(file: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(file)))
    at = data.draw(st.integers(0, len(file) - 1))
    changed = bytearray(file)
    changed[at : at + 4] = data.draw(st.binary(min_size=1, max_size=4))
    assert has_credentials(file[:cut]) in (True, False)
    assert has_credentials(bytes(changed)) in (True, False)


@given(st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\xff\xff\0\0WEBP", b""]), st.binary())
@example(b"\xff\xd8\xff", b"\xff" * 100)
def test_any_bytes_are_read(start: bytes, rest: bytes) -> None:
    assert has_credentials(start + rest) in (True, False)


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"\x89PNG\r\n\x1a\n", b"\0\0\0\0IDAT\0\0\0\0"),
        (b"\xff\xd8\xff", b"\xff"),
        (b"\xff\xd8\xff", b"\xfe\0\x02\xff"),
        (b"RIFF\xff\xff\xff\xffWEBP", b"VP8 \0\0\0\0"),
    ],
)
def test_a_file_of_nothing_but_pieces_takes_no_long_time(start: bytes, piece: bytes) -> None:
    file = start + piece * (20_000_000 // len(piece))
    began = time.process_time()
    assert not has_credentials(file)
    assert time.process_time() - began < 0.5


def test_a_picture_tells_in_whichever_form_it_is_held() -> None:
    file = with_credentials(picture())
    assert Image.from_bytes(file).has_credentials()
    assert Image.from_base64(Image.from_bytes(file).as_base64()).has_credentials()
    assert not Image.from_bytes(picture()).has_credentials()
    assert not Image.from_base64(b"%%%").has_credentials()
    assert not Image.from_url("https://pictures.example/a.png").has_credentials()

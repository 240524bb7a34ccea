"""Pictures of every kind come out plain and upright; what is no picture is refused in words."""

from __future__ import annotations

import struct
import threading
import warnings
import zlib
from contextlib import suppress
from io import BytesIO
from typing import Any

import numpy as np
import PIL.Image
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tintype import pixels
from tintype.core import Format, Image
from tintype.core.errors import BadRequest, Garbled
from tintype.core.request import FORMATS

RED, BLUE = (204, 0, 51), (0, 51, 204)  # of the web palette, so that mode "P" keeps them


def two_tone(mode: str = "RGB", size: tuple[int, int] = (32, 16)) -> PIL.Image.Image:
    """Red on the left, blue on the right."""
    picture = PIL.Image.new("RGB", size, RED)
    picture.paste(BLUE, (size[0] // 2, 0, *size))
    return picture.convert(mode)


def saved(picture: PIL.Image.Image, kind: str, **how: Any) -> Image:
    out = BytesIO()
    picture.save(out, kind, **how)
    return Image.from_bytes(out.getvalue())


def near(picture: PIL.Image.Image, at: tuple[int, int], colour: tuple[int, ...], within: int = 12) -> bool:
    found = picture.getpixel(at)
    assert isinstance(found, tuple)
    return all(abs(a - b) <= within for a, b in zip(found, colour, strict=False))


@pytest.mark.parametrize(
    ("mode", "kind", "expected"),
    [
        ("RGB", "PNG", "RGB"),
        ("RGBA", "PNG", "RGBA"),
        ("P", "PNG", "RGB"),
        ("RGB", "JPEG", "RGB"),
        ("CMYK", "JPEG", "RGB"),
        ("RGB", "WEBP", "RGB"),
        ("P", "GIF", "RGB"),
    ],
)
def test_colour_pictures_of_every_kind(mode: str, kind: str, expected: str) -> None:
    found = pixels.open_picture(saved(two_tone(mode), kind), param="image")
    assert (found.mode, found.size) == (expected, (32, 16))
    assert near(found, (4, 8), RED)
    assert near(found, (28, 8), BLUE)


@pytest.mark.parametrize("mode", ["L", "LA", "1"])
def test_grey_pictures(mode: str) -> None:
    white = PIL.Image.new("L", (8, 8), 255).convert(mode)
    found = pixels.open_picture(saved(white, "PNG"), param="image")
    assert found.mode == ("RGBA" if mode == "LA" else "RGB")
    assert found.convert("RGB").getpixel((3, 3)) == (255, 255, 255)


def test_grey_of_16_bits_keeps_its_shades() -> None:
    shades = np.array([[0, 128 << 8, 65_535]], dtype=np.uint16)
    found = pixels.open_picture(saved(PIL.Image.fromarray(shades), "PNG"), param="image")
    assert [found.getpixel((x, 0)) for x in range(3)] == [(0, 0, 0), (128, 128, 128), (255, 255, 255)]


@pytest.mark.parametrize("transparency", [0, bytes([0, 255])])
def test_a_palette_with_a_transparent_colour(transparency: int | bytes) -> None:
    picture = PIL.Image.new("P", (4, 1), 0)
    picture.putpalette([*RED, *BLUE])
    picture.putpixel((1, 0), 1)
    found = pixels.open_picture(saved(picture, "PNG", transparency=transparency), param="image")
    assert found.mode == "RGBA"
    assert found.getchannel("A").getpixel((0, 0)) == 0
    assert found.getpixel((1, 0)) == (*BLUE, 255)


def test_one_colour_that_stands_for_transparent() -> None:
    picture = PIL.Image.new("RGB", (2, 1), RED)
    picture.putpixel((1, 0), BLUE)
    found = pixels.open_picture(saved(picture, "PNG", transparency=RED), param="image")
    assert found.getchannel("A").tobytes() == b"\x00\xff"


def test_nothing_of_the_file_lives_on_but_the_profile_of_its_colours() -> None:
    said = {
        "icc_profile": b"a profile",
        "comment": b"private",
        "exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0",
        "dpi": (9, 9),
    }
    found = pixels.open_picture(saved(two_tone(), "JPEG", **said), param="image")
    again = pixels.encode(found, "jpeg")
    assert b"a profile" in again
    assert b"private" not in again
    for_print = pixels.open_picture(saved(two_tone("CMYK"), "JPEG", **said), param="image")
    assert b"a profile" not in pixels.encode(for_print, "png")


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_the_first_frame_of_an_animation(kind: str) -> None:
    later = PIL.Image.new("RGB", (32, 16), (0, 255, 0))
    animated = saved(two_tone(), kind, save_all=True, append_images=[later], duration=100)
    found = pixels.open_picture(animated, param="image")
    assert near(found, (4, 8), RED)
    assert near(found, (28, 8), BLUE)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_as_its_camera_was_held(kind: str, orientation: int) -> None:
    """Red is where the top left corner is to be seen."""
    upright = PIL.Image.new("RGB", (32, 16), BLUE)
    upright.paste(RED, (0, 0, 16, 8))
    turn = {
        2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
        3: PIL.Image.Transpose.ROTATE_180,
        4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
        5: PIL.Image.Transpose.TRANSPOSE,
        6: PIL.Image.Transpose.ROTATE_90,
        7: PIL.Image.Transpose.TRANSVERSE,
        8: PIL.Image.Transpose.ROTATE_270,
    }.get(orientation)
    stored = upright if turn is None else upright.transpose(turn)
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    found = pixels.open_picture(saved(stored, kind, exif=exif.tobytes()), param="image")
    assert found.size == (32, 16)
    assert near(found, (3, 3), RED)
    assert near(found, (28, 12), BLUE)


def test_broken_exif_is_no_reason_to_refuse_a_picture() -> None:
    found = pixels.open_picture(
        saved(two_tone(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12"), param="image"
    )
    assert found.size == (32, 16)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("left", [0, 3, 12, 40, 0.5, 0.9])
def test_a_file_that_was_cut_off_is_refused(kind: str, left: float) -> None:
    noise = PIL.Image.effect_noise((64, 64), 90).convert("RGB" if kind != "GIF" else "L")
    whole = bytes(saved(noise, kind).as_bytes())
    head = whole[: int(left if left > 1 or left == 0 else len(whole) * left)]
    with pytest.raises(BadRequest) as caught:
        pixels.open_picture(Image.from_bytes(head), param="image", number=3)
    assert caught.value.code == "invalid_image_file"
    assert caught.value.param == "image"
    assert "Invalid image file or mode for image 3, please check your image file" in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"%PDF-1.7", b"<svg/>", b"\xff\xd8\xff\xd9", b"BM" + b"\0" * 60]
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequest, match="for mask, please check"):
        pixels.open_picture(Image.from_bytes(data), param="mask")


@pytest.mark.parametrize("text", [b"a", b"!!!!", b"iVBORw0KGgo", b"\xff\xfe"])
def test_broken_base64_is_refused(text: bytes) -> None:
    with pytest.raises(BadRequest, match=r"base64|not a whole"):
        pixels.open_picture(Image.from_base64(text), param="image", number=1)


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(10_000, 5_001), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_is_opened(size: tuple[int, int]) -> None:
    with pytest.raises(BadRequest, match=r"at most 50,000,000 pixels"):
        pixels.open_picture(Image.from_bytes(png_that_claims(*size)), param="image")


@pytest.mark.parametrize("size", [(10_000, 5_001), (20_000, 20_000)])
def test_a_bomb_whose_size_comes_late_in_the_file_is_refused_too(size: tuple[int, int]) -> None:
    """A JPEG may have any number of comments before its size."""
    jpeg = bytearray(saved(two_tone(), "JPEG").as_bytes())
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = struct.pack(">HH", size[1], size[0])
    comments = (b"\xff\xfe\xff\xff" + bytes(65_533)) * 5
    with pytest.raises(BadRequest, match=r"50,000,000 pixels"):
        pixels.open_picture(Image.from_bytes(bytes(jpeg[:2] + comments + jpeg[2:])), param="image")


def test_an_unreadable_answer_is_the_upstreams_fault() -> None:
    with pytest.raises(Garbled) as caught:
        pixels.open_answer(Image.from_bytes(b"hello"))
    assert caught.value.charged


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]), st.data())
def test_a_damaged_file_is_opened_or_refused_and_nothing_else(kind: str, data: st.DataObject) -> None:
    file = bytearray(saved(two_tone("P" if kind == "GIF" else "RGB"), kind).as_bytes())
    for at in data.draw(st.lists(st.integers(0, len(file) - 1), max_size=6)):
        file[at] = data.draw(st.integers(0, 255))
    with suppress(BadRequest):
        assert pixels.open_picture(Image.from_bytes(bytes(file)), param="image").mode in ("RGB", "RGBA")


def test_pictures_opened_side_by_side_leave_the_warning_filters_alone() -> None:
    before = list(warnings.filters)
    image = saved(two_tone(), "PNG")

    def open_many() -> None:
        for _ in range(30):
            pixels.open_picture(image, param="image")

    threads = [threading.Thread(target=open_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "CMYK"])
def test_a_picture_is_the_same_again_after_its_file(format: Format, mode: str) -> None:
    picture = two_tone(mode)
    file = pixels.encode(picture, format)
    assert file == pixels.encode(picture.copy(), format)
    image = Image.from_bytes(file)
    assert image.header() == (format, (32, 16))
    found = pixels.open_picture(image, param="image").convert("RGB")
    expected = picture.convert("RGB")
    for at in ((4, 8), (28, 8)):
        colour = expected.getpixel(at)
        assert isinstance(colour, tuple)
        assert near(found, at, colour)


def test_png_is_lossless() -> None:
    noise = PIL.Image.fromarray(np.random.default_rng(1).integers(0, 256, (20, 30, 4), dtype=np.uint8))
    again = pixels.open_picture(Image.from_bytes(pixels.encode(noise, "png", compression=3)), param="image")
    assert again.tobytes() == noise.tobytes()


def test_jpeg_puts_what_is_transparent_on_white() -> None:
    glass = PIL.Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    found = pixels.open_picture(Image.from_bytes(pixels.encode(glass, "jpeg")), param="image")
    assert near(found, (3, 3), (255, 255, 255), within=1)


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_compression_is_a_quality(format: Format) -> None:
    noise = PIL.Image.effect_noise((64, 64), 90).convert("RGB")
    weights = [len(pixels.encode(noise, format, compression=percent)) for percent in (0, 1, 20, 60, 90, 100)]
    assert weights == sorted(weights)
    assert weights[0] < weights[-1] / 3
    assert len(pixels.encode(noise, format)) > weights[3]


def test_masks_of_both_senses_turn_into_each_other() -> None:
    mask = PIL.Image.new("RGBA", (3, 1), (5, 6, 7, 255))
    mask.putpixel((1, 0), (5, 6, 7, 0))
    mask.putpixel((2, 0), (5, 6, 7, 100))
    white = pixels.to_white_on_black(mask)
    assert (white.mode, list(white.tobytes())) == ("L", [0, 255, 155])
    alpha = pixels.to_alpha(white)
    assert (alpha.mode, list(alpha.getchannel("A").tobytes())) == ("RGBA", [255, 0, 100])
    assert pixels.to_white_on_black(alpha).tobytes() == white.tobytes()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "1"])
def test_a_white_mask_of_any_mode_is_open(mode: str) -> None:
    white = PIL.Image.new("L", (2, 1), 255).convert(mode)
    assert set(pixels.to_alpha(white).getchannel("A").tobytes()) == {0}


def test_a_mask_without_alpha_says_nothing() -> None:
    with pytest.raises(ValueError, match="alpha"):
        pixels.to_white_on_black(PIL.Image.new("RGB", (2, 2)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize(
    ("size", "expected"), [((1024, 512), (256, 128)), ((300, 900), (85, 256)), ((64, 32), (64, 32))]
)
def test_a_thumbnail_is_small_and_shows_the_same(
    kind: str, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    found = pixels.thumbnail(saved(two_tone(size=size), kind).as_bytes())
    opened = PIL.Image.open(BytesIO(found))
    assert (opened.format, opened.size) == ("WEBP", expected)
    assert len(found) < 4000
    assert near(opened.convert("RGB"), (2, expected[1] // 2), RED)
    assert near(opened.convert("RGB"), (expected[0] - 3, expected[1] // 2), BLUE)


def test_a_thumbnail_keeps_alpha_and_stands_upright() -> None:
    clear = PIL.Image.new("RGBA", (600, 300), (0, 0, 0, 0))
    opened = PIL.Image.open(BytesIO(pixels.thumbnail(saved(clear, "PNG").as_bytes(), 100)))
    assert (opened.mode, opened.size) == ("RGBA", (100, 50))
    assert opened.getpixel((50, 25))[3] == 0  # type: ignore[index]
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # its camera was held upright
    turned = saved(two_tone(size=(800, 400)), "JPEG", exif=exif)
    assert PIL.Image.open(BytesIO(pixels.thumbnail(turned.as_bytes()))).size == (128, 256)


def test_a_thumbnail_of_an_animation_is_its_first_frame() -> None:
    frames = [PIL.Image.new("RGB", (400, 400), colour) for colour in (RED, BLUE)]
    moving = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    opened = PIL.Image.open(BytesIO(pixels.thumbnail(moving.as_bytes())))
    assert near(opened.convert("RGB"), (128, 128), RED)
    assert getattr(opened, "n_frames", 1) == 1


def test_a_large_colour_profile_is_left_out_of_a_thumbnail() -> None:
    found = pixels.thumbnail(saved(two_tone(size=(512, 512)), "PNG", icc_profile=b"x" * 100_000).as_bytes())
    assert len(found) < 4000


@pytest.mark.parametrize(
    "data",
    [b"", b"no picture", saved(two_tone(), "PNG").as_bytes()[:60], saved(two_tone(), "BMP").as_bytes()],
    ids=["nothing", "words", "half", "BMP"],
)
def test_what_is_no_picture_has_no_thumbnail(data: bytes) -> None:
    with pytest.raises(ValueError, match="it is not a whole PNG, JPEG, WebP or GIF file"):
        pixels.thumbnail(data)

"""Floor 1: opening pictures and making files of them. Outside engines/, only this module looks at pixels.

Everything here is plain work for a processor, of some 10 to 300 ms: call it off the event loop.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO

import PIL.Image
from PIL import ImageChops, ImageOps

from .core import Format, Image, Octets
from .core.errors import BadRequest, Garbled

Picture = PIL.Image.Image

MAX_PIXELS = 50_000_000
"""More than this is not opened: a file of a few kilobytes can claim any number of pixels."""

READABLE = ("PNG", "JPEG", "WEBP", "GIF")

_WARNINGS = threading.Lock()
"""Python's warning filters belong to all threads, so only one at a time may set them aside."""


class Unreadable(ValueError):
    """Not a picture, not a whole one, or too large a one; the message ends a sentence about it."""


def open_picture(image: Image, *, param: str, number: int | None = None) -> Picture:
    """A caller's picture, upright, in RGB or RGBA; of an animation the first frame.

    `number` counts from 1 and says which of several it is. Raises BadRequest for what cannot be
    read, in OpenAI's words.
    """
    try:
        return read_picture(image)
    except Unreadable as error:
        which = param if number is None else f"{param} {number}"
        raise BadRequest(
            f"Invalid image file or mode for {which}, please check your image file: {error}.",
            param=param,
            code="invalid_image_file",
        ) from error


def open_mask(image: Image, *, of: Picture, white: bool = False) -> Picture:
    """A caller's mask in OpenAI's sense (alpha 0: change this) as an "L" that is 255 where to change.

    `white`: the mask is in the other sense already, and white is to change.

    Raises BadRequest for one that cannot be read, has no alpha, or is not of the size of the picture.
    """
    mask = open_picture(image, param="mask")
    if mask.size != of.size:
        raise BadRequest(
            f"The mask is {mask.width}x{mask.height}, and the first image {of.width}x{of.height}: "
            "they must have the same size.",
            param="mask",
        )
    if white:
        return flatten(mask, (0, 0, 0)).convert("L")
    try:
        return to_white_on_black(mask)
    except ValueError as error:
        raise BadRequest(str(error), param="mask", code="invalid_image_file") from error


def open_answer(image: Image) -> Picture:
    """A picture that an upstream made, as `open_picture` gives it. Raises Garbled."""
    if not image.is_local:
        raise Garbled(f"the picture is at {image.url!r} and not here, so it cannot be changed", charged=True)
    try:
        return read_picture(image)
    except Unreadable as error:
        raise Garbled(f"the upstream's picture cannot be read: {error}", charged=True) from error


def thumbnail(data: Octets, largest: int = 256) -> bytes:
    """A WebP file of the picture, upright, with at most so many pixels on each side and never more than it has; of an
    animation the first frame. Raises Unreadable, a ValueError, for what is no whole picture.
    """
    picture = read_picture(Image.from_bytes(data), draft=2 * largest)
    picture.thumbnail((largest, largest), PIL.Image.Resampling.LANCZOS, reducing_gap=2.0)
    if len(picture.info.get("icc_profile", b"")) > _LARGE_PROFILE:
        del picture.info["icc_profile"]
    return encode(picture, "webp", compression=80)


_LARGE_PROFILE = (
    4096  # bytes: those of screens have less, and those of printers make up for the whole thumbnail
)


def read_picture(image: Image, *, draft: int | None = None) -> Picture:
    """Raises Unreadable, and nothing else, for whatever is wrong with the file.

    With a `draft`, a JPEG is read at a smaller size, of at least so many pixels on each side: that is quicker.
    """
    try:
        size = image.header().size
        data = image.as_bytes()
    except ValueError as error:
        raise Unreadable("its base64 is broken") from error
    if size is not None:
        _check_pixels(size)
    try:
        with _quiet():
            opened = PIL.Image.open(BytesIO(data), formats=READABLE)
        _check_pixels(opened.size)
        if draft is not None:
            opened.draft(None, (draft, draft))
        opened.load()
        _turn_upright(opened)
        return _bare(opened)
    except (Unreadable, MemoryError):
        raise
    except PIL.Image.DecompressionBombError as error:
        raise Unreadable(f"it has more than {MAX_PIXELS:,} pixels") from error
    except Exception as error:  # Pillow's readers raise anything from SyntaxError to struct.error
        raise Unreadable("it is not a whole PNG, JPEG, WebP or GIF file") from error


def encode(picture: Picture, format: Format, *, compression: int | None = None) -> bytes:
    """The file: the same picture and settings always give the same bytes.

    `compression` is a quality percent, 100 the best, for JPEG (95 when not said) and lossy WebP (90).
    JPEG has no alpha: it gets a white ground.
    """
    profile = _profile(picture)
    picture = _plain(picture)
    out = BytesIO()
    match format:
        case "png":
            # Level 1: a fifth of the default level's time, for files a tenth larger.
            picture.save(out, "PNG", compress_level=1, icc_profile=profile)
        case "jpeg":
            quality = 95 if compression is None else min(max(compression, 1), 100)
            # Halving the colour's resolution shows in lettering; who asks for 90 does not want that.
            sampling = "4:4:4" if quality >= 90 else "4:2:0"
            flatten(picture).save(out, "JPEG", quality=quality, subsampling=sampling, icc_profile=profile)
        case "webp":
            quality = 90 if compression is None else min(max(compression, 0), 100)
            picture.save(out, "WEBP", quality=quality, method=2, icc_profile=profile)
    return out.getvalue()


def flatten(picture: Picture, ground: tuple[int, int, int] = (255, 255, 255)) -> Picture:
    """The picture without alpha, in RGB, on a ground of one colour."""
    if picture.mode == "RGB":
        return picture
    below = PIL.Image.new("RGBA", picture.size, (*ground, 255))
    return PIL.Image.alpha_composite(below, picture.convert("RGBA")).convert("RGB")


def composite(inside: Picture, outside: Picture, where: Picture) -> Picture:
    """`outside`, and `inside` (stretched to its size) where the "L" picture `where` is 255."""
    if inside.size != outside.size:
        inside = inside.resize(outside.size, PIL.Image.Resampling.LANCZOS)
    mode = "RGBA" if "RGBA" in (inside.mode, outside.mode) else "RGB"
    return PIL.Image.composite(inside.convert(mode), outside.convert(mode), where)


def to_white_on_black(mask: Picture) -> Picture:
    """From a mask in OpenAI's sense (alpha 0: change this) to one in "L" where 255 is to change.

    Raises ValueError when there is no alpha.
    """
    if mask.mode != "RGBA":
        raise ValueError("The mask needs an alpha channel: where it is 0, the image is to change.")
    return ImageChops.invert(mask.getchannel("A"))


def to_alpha(mask: Picture) -> Picture:
    """From a mask whose white is to change to one in OpenAI's sense: RGBA, alpha 0 where to change."""
    alpha = ImageChops.invert(flatten(mask, (0, 0, 0)).convert("L"))
    black = PIL.Image.new("L", mask.size)
    return PIL.Image.merge("RGBA", (black, black, black, alpha))


def to_both(where: Picture) -> Picture:
    """A mask that says it in both senses, from an "L" that is 255 where to change: white and clear, black and solid."""
    return PIL.Image.merge("RGBA", (where, where, where, ImageChops.invert(where)))


def _check_pixels(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise Unreadable(f"it is {size[0]}x{size[1]}, and at most {MAX_PIXELS:,} pixels are opened")


def _turn_upright(opened: Picture) -> None:
    """Turn it as its EXIF says; it stays as it is when its EXIF cannot be read."""
    with _quiet(), suppress(Exception):
        ImageOps.exif_transpose(opened, in_place=True)


def _bare(opened: Picture) -> Picture:
    """In RGB or RGBA, without what else its file said, but for the profile of its colours."""
    profile, plain = _profile(opened), _plain(opened)
    plain.info = {"icc_profile": profile} if profile else {}
    return plain


def _profile(picture: Picture) -> bytes | None:
    """Its colour profile, where that still holds once the picture is in RGB."""
    profile: bytes | None = picture.info.get("icc_profile")
    return profile if picture.mode in ("RGB", "RGBA", "P") else None


def _plain(picture: Picture) -> Picture:
    """In RGB or RGBA, whatever kind of picture it was."""
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    if picture.mode == mode:
        return picture
    if picture.mode.startswith("I"):  # grey in 16 bits, which convert() would cut off at 255
        import numpy as np  # takes a tenth of a second, and hardly any picture is of 16 bits

        grey = np.asarray(picture).clip(0, 65_535) >> 8
        picture = PIL.Image.fromarray(grey.astype(np.uint8))
    return picture.convert(mode)


@contextmanager
def _quiet() -> Iterator[None]:
    """Pillow warns of broken EXIF and of large pictures: the one is no harm, the other is refused."""
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield

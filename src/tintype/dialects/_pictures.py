"""The pictures that come with a request: the names they go by, and what is let in."""

from __future__ import annotations

from collections.abc import Sequence

from ..core import Image
from ..core.errors import BadRequest, TooLarge
from ..core.request import FORMATS, MAX_IMAGE_BYTES, MAX_IMAGES
from ._fields import Fields

MAX_PIXELS = 50_000_000
"""A small file can unfold to a picture of gigabytes; this many pixels are 200 MB."""

_NAMES = (
    "image",
    "images",
    "image_url",
    "image_urls",
    "imageDataUrl",
    "imageDataUrls",
    "input_references",
)


def read_images(fields: Fields) -> tuple[Image, ...]:
    """The pictures to start from, under any of the names that services give them."""
    if not fields.has(_NAMES):
        return ()
    return checked([image for name in _NAMES for image in fields.pictures(name)])


def checked(images: Sequence[Image], param: str = "image") -> tuple[Image, ...]:
    """These pictures, if they are what is let in."""
    if len(images) > MAX_IMAGES:
        raise BadRequest(
            f"Too many images: at most {MAX_IMAGES} can be sent, and there are {len(images)}.",
            param=param,
            code="too_many_images",
        )
    for number, image in enumerate(images, 1):
        _check(image, param, f"image {number}")
    return tuple(images)


def read_mask(fields: Fields, name: str = "mask") -> Image | None:
    masks = fields.pictures(name)
    if len(masks) > 1:
        raise BadRequest(f"There is one mask at most, and not {len(masks)}.", param=name)
    for mask in masks:
        _check(mask, name, "the mask")
    return masks[0] if masks else None


def _check(image: Image, param: str, which: str) -> None:
    """By the bytes alone: declared types are wrong as often as not. A JPEG may tell its size too late to
    be seen here; whoever decodes it looks again."""
    if not image.is_local:
        return
    if image.weight() > MAX_IMAGE_BYTES:
        raise TooLarge(
            f"Too large: {which} has {image.weight() / 1e6:.1f} MB, and the most is "
            f"{MAX_IMAGE_BYTES // 1_000_000} MB.",
            param=param,
        )
    kind, size = image.header()
    if kind not in (*FORMATS, "gif"):
        got = f"{kind}" if kind else "no picture that we know" if image.weight() else "empty"
        raise BadRequest(
            f"Invalid file: {which} is {got}. Supported formats are png, jpeg, webp and gif.",
            param=param,
            code="unsupported_file_mimetype",
        )
    if (size is None and kind != "jpeg") or (size and 0 in size):
        raise BadRequest(
            f"Invalid image file or mode for {which}, please check your image file: its header is damaged.",
            param=param,
            code="invalid_image_file",
        )
    if size and size.width * size.height > MAX_PIXELS:
        raise BadRequest(
            f"Invalid image file: {which} has {size} pixels, and the most is {MAX_PIXELS // 1_000_000} million.",
            param=param,
            code="invalid_image_file",
        )

"""A request under a vendor's names, for services whose models each have a schema of their own.

Which names those are is data: the card's `parameters`, or what the wire has for cards that say none. A key
is a field of a request or a part of one; a value is the vendor's name:

* `n = "num_images"`: sent under that name, where it was said;
* `images = "input_image*"`: one name for each of them: input_image, input_image_2, input_image_3;
* `size = "aspect_ratio=custom"`: where a size was said, that word is sent in its place;
* `"output_format=jpeg" = "jpg"`: the vendor's word for one of our values;
* `"output_format=" = "png"`: what is sent where nothing was said;
* `"model=edit"`, `"model=mask"`: what the vendor calls the model where pictures, or a mask, are sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from math import gcd
from typing import Any

import msgspec

from .. import pixels
from ..core import Image, ImageRequest, ModelCard, Ratio, Size, SizeWish

_SENT_AS_THEY_ARE = tuple(
    field.name
    for field in fields(ImageRequest)
    if field.name not in ("model", "n", "size", "seed", "strength", "images", "extras", "echo")
)


def named(request: ImageRequest, card: ModelCard, usual: Mapping[str, str], *, family: str) -> dict[str, Any]:
    """What was said, by the vendor's names; pictures are as they are. Extras never undo what was planned."""
    names = card.parameters or usual
    said = dict(_said(request, card))
    found: dict[str, Any] = {}
    for field, target in names.items():
        if "=" not in field and (field in said or f"{field}=" in names):
            value = _worded(field, said[field], names) if field in said else names[f"{field}="]
            found.update(_placed(target, value))
    return {**_extras(request, card, family), **found}


def model_of(request: ImageRequest, card: ModelCard) -> str:
    """The upstream's name of the model for such an order."""
    names = card.parameters
    usual = card.upstream_id or card.id
    if request.images:
        usual = names.get("model=edit", usual)
    return names.get("model=mask", usual) if request.mask is not None else usual


def _extras(request: ImageRequest, card: ModelCard, family: str) -> dict[str, Any]:
    """All of the family's own, and of anybody's those that the card has as switches."""
    switches = {
        name: value
        for extras in request.extras.values()
        for name, value in extras.items()
        if name in card.switches
    }
    return {**switches, **request.extras.get(family, {})}


def _said(request: ImageRequest, card: ModelCard) -> Iterator[tuple[str, Any]]:
    yield "model", card.upstream_id or card.id
    for field in _SENT_AS_THEY_ARE:
        if (value := getattr(request, field)) is not None:
            yield field, value
    if request.n != 1:
        yield "n", request.n
    if request.seed is not None:
        yield "seed", request.seed
    if request.images:
        yield "images", list(request.images)
        yield "image", request.images[0]
        strength = request.strength if request.strength is not None else _usual_strength(card)
        if strength is not None:
            yield "strength", strength
    if request.size is not None:
        size, shape = card.sizes.nearest(request.size), _shape(request.size, card)
        yield "size", {"width": size.width, "height": size.height}
        yield from (("width", size.width), ("height", size.height))
        yield "aspect_ratio", f"{shape.width:g}:{shape.height:g}"
        if shape.tier is not None:
            yield "resolution", shape.tier


def _usual_strength(card: ModelCard) -> float | None:
    limits = card.ranges.get("strength")
    return limits.default if limits else None


def _shape(wish: SizeWish, card: ModelCard) -> Ratio:
    """The ratio and the tier of the card that are meant; of a card without any, the size in lowest terms."""
    assert wish is not None
    size = card.sizes.nearest(wish)
    for shape, pixels_ in card.sizes.shapes.items():
        if pixels_ == size:
            return shape
    return _lowest(size)


def _lowest(size: Size) -> Ratio:
    common = gcd(*size)
    return Ratio(size.width // common, size.height // common)


def _worded(field: str, value: Any, names: Mapping[str, str]) -> Any:
    return names.get(f"{field}={value}", value) if isinstance(value, str) else value


def _placed(target: str, value: Any) -> Iterator[tuple[str, Any]]:
    name, constant, word = target.partition("=")
    if constant:
        yield name, word
    elif name.endswith("*"):
        for number, item in enumerate(value, 1):
            yield f"{name[:-1]}_{number}" if number > 1 else name[:-1], item
    else:
        yield name, value


def as_data_url(image: Any) -> msgspec.Raw:
    """For msgspec: a picture as a data URL, or as the address that it is at."""
    if isinstance(image, Image) and image.is_local:
        kind = (image.header().format or "png").encode()
        return msgspec.Raw(b'"data:image/%s;base64,%s"' % (kind, image.as_base64()))
    return _address(image)


def as_base64(image: Any) -> msgspec.Raw:
    """For msgspec: a picture as bare base64, or as the address that it is at."""
    if isinstance(image, Image) and image.is_local:
        return msgspec.Raw(b'"%s"' % image.as_base64())
    return _address(image)


def _address(image: Any) -> msgspec.Raw:
    if not isinstance(image, Image):
        raise NotImplementedError(type(image))
    return msgspec.Raw(msgspec.json.encode(image.url))


async def with_white_mask(request: ImageRequest, *, and_alpha: bool = False) -> ImageRequest:
    """The same order with a mask whose white is to change; `and_alpha`, for whom it is not known which sense
    is meant: in both senses. Raises BadRequest for one that does not fit."""
    if request.mask is None:
        return request
    mask = await asyncio.to_thread(_white, request, request.mask, and_alpha)
    return replace(request, mask=mask)


def _white(request: ImageRequest, mask: Image, and_alpha: bool) -> Image:
    picture = pixels.open_picture(request.images[0], param="image", number=1)
    where = pixels.open_mask(mask, of=picture)
    return Image.from_bytes(pixels.encode(pixels.to_both(where) if and_alpha else where, "png"))

"""An order as an OpenAI-shaped service takes it: JSON, or a form for an edit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from ..core import Image, ImageRequest, ModelCard, Ratio
from ..wire import multipart
from ..wire import openai_images as wire
from ._openai_manner import OPENAI, Manner

JSON = "application/json"


class Call(NamedTuple):
    """One HTTP request, but for the host and the key."""

    path: str
    media_type: str
    body: bytes
    streams: bool = False  # whether a stream is asked for


def build(request: ImageRequest, card: ModelCard, manner: Manner = OPENAI) -> Call:
    """A form for an edit, since nearly every service takes one; JSON where a picture is only an address."""
    fields = _fields(request, card, manner)
    streams = "stream" in fields
    if not request.images:
        return Call(wire.GENERATIONS, JSON, json_body(fields), streams)
    path = manner.edits_path
    if manner.edit_body == "json":
        pictures = [image.url or image for image in request.images]
        fields["image"] = pictures[0] if len(pictures) == 1 else pictures
        if request.mask is not None:
            fields["mask"] = request.mask.url or request.mask
        return Call(path, JSON, json_body(fields), streams)
    if any(not image.is_local for image in _pictures(request)):
        fields["images"] = [{"image_url": image.url or image} for image in request.images]
        if request.mask is not None:
            fields["mask"] = {"image_url": request.mask.url or request.mask}
        return Call(path, JSON, json_body(fields), streams)
    media_type, body = multipart.write(_form(request, fields))
    return Call(path, media_type, body, streams)


def _fields(request: ImageRequest, card: ModelCard, manner: Manner) -> dict[str, Any]:
    """What was said, and nothing else: GPT models answer 400 to a `response_format`, even the right one."""
    streams = request.stream and card.partial_images > 0 and request.n == 1  # with more, OpenAI answers 400
    previews = min(request.partial_images or 0, card.partial_images)
    fields = {
        # First, so that a proxy can route on it without reading on.
        "model": card.upstream_id or card.id if manner.model_in_body else None,
        "prompt": request.prompt,
        "n": request.n if request.n != 1 else None,
        **size_fields(request, card, manner.shape),
        "quality": request.quality,
        "background": request.background,
        "output_format": request.output_format,
        "output_compression": request.output_compression,
        "seed": request.seed,
        "input_fidelity": request.input_fidelity,
        "strength": request.strength,
        "negative_prompt": request.negative_prompt,
        "guidance_scale": request.guidance_scale,
        "num_inference_steps": request.num_inference_steps,
        "thinking_level": request.thinking_level,
        "media_resolution": request.media_resolution,
        **_modalities(request, card, manner),
        "style": request.style,
        "moderation": request.moderation,
        "complexity": request.complexity,
        "user": request.user,
        "safety_identifier": request.safety_identifier,
        "response_format": "b64_json" if card.delivers == "url" else None,  # addresses are the house's own
        "stream": True if streams else None,
        "partial_images": previews if streams and previews else None,
    }
    return with_extras(fields, request, card, manner.family)


def _modalities(request: ImageRequest, card: ModelCard, manner: Manner) -> dict[str, Any]:
    """Words that nobody reads are not ordered, for they are paid."""
    if not manner.words or not card.says_text:
        return {}
    return {manner.words: ["text", "image"] if request.wants_text else ["image"]}


def with_extras(
    fields: Mapping[str, Any], request: ImageRequest, card: ModelCard, family: str
) -> dict[str, Any]:
    """What was said of these fields, and the extras that do not undo it: the family's, and those that the card honours."""
    said = {name: value for name, value in fields.items() if value is not None}
    extras = {
        name: value
        for owner, named in request.extras.items()
        for name, value in named.items()
        if owner == family or name in card.accepts
    }
    return {**said, **{name: value for name, value in extras.items() if name not in said}}


def size_fields(request: ImageRequest, card: ModelCard, shape: str) -> dict[str, Any]:
    """How large: pixels, but in the words of `shape` for a model that has shapes."""
    if request.size is None:
        return {}
    if not card.sizes.shapes:
        return {"size": str(request.size)}
    pixels = card.sizes.nearest(request.size)
    if shape == "size":
        return {"size": str(pixels)}
    # The same pixels may be of two shapes in a table, so one that was asked for by name is looked up by it.
    wanted = request.size if isinstance(request.size, Ratio) else None
    found = [ratio for ratio, size in card.sizes.shapes.items() if size == pixels]
    ratio = next((each for each in found if wanted and each[:2] == wanted[:2]), found[0])
    words = f"{ratio.width:g}:{ratio.height:g}"
    if shape == "ratio":
        return {"size": words}
    if shape == "imageConfig":
        config = {"aspectRatio": words, "imageSize": ratio.tier}
        return {"imageConfig": {name: value for name, value in config.items() if value}}
    return {"aspect_ratio": words, "resolution": ratio.tier}


def _pictures(request: ImageRequest) -> Iterator[Image]:
    yield from request.images
    if request.mask is not None:
        yield request.mask


def json_body(fields: Mapping[str, Any]) -> bytes:
    """As JSON, its pictures as data URLs."""
    return msgspec.json.encode(fields, enc_hook=_data_url)


def _data_url(image: Any) -> msgspec.Raw:
    if not isinstance(image, Image):
        raise NotImplementedError(type(image))
    return msgspec.Raw(b'"data:%s;base64,%s"' % (_media_type(image).encode(), image.as_base64()))


def _media_type(image: Image) -> str:
    """OpenAI refuses a file that says to be application/octet-stream, whatever is in it (openai-node#1468)."""
    return f"image/{image.header().format or 'png'}"


def _form(request: ImageRequest, fields: Mapping[str, Any]) -> Iterator[multipart.Field]:
    """One picture is `image` and several are `image[]`, as OpenAI's own clients write them."""
    for name, value in fields.items():
        yield from _form_fields(name, value)
    name = "image" if len(request.images) == 1 else "image[]"
    for image in request.images:
        yield multipart.Field(name, image.as_bytes(), _media_type(image))
    if request.mask is not None:
        yield multipart.Field("mask", request.mask.as_bytes(), _media_type(request.mask))


def _form_fields(name: str, value: object) -> Iterator[multipart.Field]:
    if isinstance(value, Mapping):
        for member, inner in value.items():
            yield from _form_fields(f"{name}[{member}]", inner)
    elif isinstance(value, list):
        for item in value:
            yield from _form_fields(f"{name}[]", item)
    elif isinstance(value, Image):
        yield multipart.Field(name, value.as_bytes(), _media_type(value))
    else:
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        yield multipart.Field(name, text.encode())

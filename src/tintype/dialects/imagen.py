"""Google's Imagen API, served: `:predict`, for every model there is.

`instances` may be one object, as Open WebUI sends it; `referenceImages` are Vertex AI's way to edit.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

import msgspec

from ..core import (
    Answer,
    Aside,
    Completed,
    Dialect,
    Events,
    Image,
    ImageRequest,
    Incoming,
    Octets,
    Operation,
    Report,
)
from ..core.errors import BadRequest, Refused, TintypeError, Unsupported
from ..wire import gemini as wire
from ..wire import payload
from . import _google_schemas as schemas
from ._fields import JsonFields, json_pictures
from ._google import (
    enum_word,
    extras,
    members,
    model_of,
    one_or_more,
    paths,
    read_members,
    read_mime_type,
    read_shape,
    rest,
    told,
)
from ._pictures import checked
from ._usual import check_held, is_strict, missing, no_picture

_MAX_SEED = 2**32 - 1


class _Pictures(NamedTuple):
    """`masks` are white where the picture is to change, as Imagen has it."""

    shown: list[Image]
    masks: list[Image]


class Imagen:
    name = "imagen"
    paths: tuple[str, ...] = paths("predict")
    asides: tuple[Aside, ...] = ()

    def read(self, incoming: Incoming) -> ImageRequest:
        fields = read_members(incoming)
        instance = _instance(fields)
        found = _pictures(instance)
        images = checked(found.shown, "instances")
        parameters = members("parameters", fields.raw("parameters"))
        output = members("outputOptions", parameters.raw("outputOptions"))
        return ImageRequest(
            model=model_of(incoming),
            prompt=instance.text("prompt") or "",
            n=parameters.integer("sampleCount", 1, 10) or 1,
            size=read_shape(parameters, "sampleImageSize", "parameters.aspectRatio", images),
            output_format=read_mime_type(output, "mimeType"),
            output_compression=output.integer("compressionQuality", 0, 100),
            seed=parameters.integer("seed", 0, _MAX_SEED),
            images=images,
            mask=checked(found.masks, "instances")[0] if found.masks else None,
            mask_is_white=bool(found.masks),
            negative_prompt=parameters.text("negativePrompt"),
            guidance_scale=parameters.number("guidanceScale", 0, 1_000),
            response_format="b64_json",
            strict=is_strict(incoming),
            extras=extras(
                rest(fields),
                rest(instance, "instances."),
                rest(parameters, "parameters."),
                rest(output, "parameters.outputOptions."),
            ),
        )

    def media_type(self, request: ImageRequest) -> str:
        return "application/json"

    async def write(self, request: ImageRequest, events: Events, report: Report) -> AsyncIterator[Octets]:
        pictures = [event async for event in events if isinstance(event, Completed)]
        if not pictures:
            raise no_picture()
        for picture in pictures:
            check_held(picture)
        pictures.sort(key=lambda picture: picture.index)
        found = payload.array(wire.prediction(picture.image) for picture in pictures)
        for chunk in payload.object_holding({}, "predictions", found):
            yield chunk

    def write_error(self, error: TintypeError) -> Answer:
        """A refusal is an answer without a picture at Google, and a 200."""
        if isinstance(error, Refused):
            return Answer(body=msgspec.json.encode({"predictions": [{"raiFilteredReason": str(error)}]}))
        status, body = told(error, wire.PREDICT_PLACES)
        return Answer(body=body, status=status)

    def write_error_frame(self, error: TintypeError) -> bytes:
        """Predictions are not streamed."""
        return self.write_error(error).body

    def describe(self, path: str) -> Operation:
        return schemas.operation(path)


dialect: Dialect = Imagen()


def _instance(fields: JsonFields) -> JsonFields:
    raw = fields.raw("instances")
    found = [] if raw is None else one_or_more("instances", raw)
    if not found:
        raise missing("instances")
    if len(found) > 1:
        raise Unsupported(f"'instances' has {len(found)} prompts: send one at a time.", param="instances")
    return members("instances", found[0])


def _pictures(instance: JsonFields) -> _Pictures:
    """`image` and `mask` of the instance itself, and its `referenceImages`."""
    found = _Pictures([], [])
    for name, kept in (("image", found.shown), ("mask", found.masks)):
        if (raw := instance.raw(name)) is not None:
            kept += _picture(name, raw)
    references = instance.raw("referenceImages")
    for number, raw in enumerate([] if references is None else one_or_more("referenceImages", references)):
        where = f"referenceImages[{number}]"
        reference = members(where, raw)
        is_mask = enum_word(reference, "referenceType", "reference_type_") == "mask"
        held = reference.raw("referenceImage")
        if held is None:
            raise BadRequest(
                f"'{where}' has no `referenceImage`: what is to change must be said by a picture.",
                param="instances",
            )
        (found.masks if is_mask else found.shown).extend(_picture(f"{where}.referenceImage", held))
    if len(found.masks) > 1:
        raise BadRequest(f"There is one mask at most, and not {len(found.masks)}.", param="instances")
    return found


def _picture(where: str, raw: msgspec.Raw) -> list[Image]:
    held = members(where, raw)
    data = held.raw("bytesBase64Encoded")
    if data is None:  # the mask of an instance is one deeper
        data = members(f"{where}.image", held.raw("image")).raw("bytesBase64Encoded")
    if data is None:
        raise BadRequest(
            f"'{where}' has no `bytesBase64Encoded`: pictures are not fetched from elsewhere.",
            param="instances",
            code="unsupported_part",
        )
    return json_pictures("instances", f"{where}.bytesBase64Encoded", data)

"""NanoGPT's image APIs in JSON Schema, as they are served here."""

from __future__ import annotations

from dataclasses import replace

from ..core import Operation, Schema
from ..wire import openai_images as wire
from . import _openai_schemas as openai

_TEXT: Schema = {"type": "string"}
_WHOLE: Schema = {"type": "integer"}
_NUMBER: Schema = {"type": "number"}
_FLAG: Schema = {"type": "boolean"}
_WORDS: Schema = {"type": "array", "items": _TEXT}


def _object(**properties: Schema) -> Schema:
    """All of them are always there."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list_of(item: Schema) -> Schema:
    meta = _object(count=_WHOLE, generated_at={"type": "string", "format": "date-time"})
    items: Schema = {"type": "array", "items": item}
    return _object(object={"const": "list"}, data=items, meta=meta)


IMAGES = _object(
    created=_WHOLE,
    data={
        "type": "array",
        "minItems": 1,
        "items": {
            "oneOf": [
                {**_object(url=_TEXT), "additionalProperties": False},
                {**_object(b64_json=_TEXT), "additionalProperties": False},
            ]
        },
    },
    cost={**_NUMBER, "description": "Dollars; 0 where no price is known."},
    paymentSource=_TEXT,
    remainingBalance=_NUMBER,
)
_CONTROLS: dict[str, Schema] = {
    "strength": {"type": "number", "minimum": 0, "maximum": 1},
    "guidance_scale": {"type": "number", "minimum": 0, "maximum": 20},
    "num_inference_steps": {"type": "integer", "minimum": 1, "maximum": 100},
    "kontext_max_mode": _FLAG,
    "negative_prompt": _TEXT,
}
_PICTURES: dict[str, Schema] = {
    "imageDataUrl": {"type": "string", "description": "A data URL of 4 MB at most."},
    "imageDataUrls": {"type": "array", "items": _TEXT, "maxItems": 16},
    "maskDataUrl": {"type": "string", "description": "White is to change."},
}
_CAPABILITIES = _object(image_generation=_FLAG, image_to_image=_FLAG, inpainting=_FLAG, nsfw=_FLAG)
_PARAMETER: Schema = {
    "type": "object",
    "properties": {"type": {"enum": ["enum", "range", "boolean", "integer", "string"]}},
    "required": ["type"],
}
_PARAMETERS: Schema = {"type": "object", "additionalProperties": _PARAMETER}


_NORMALIZED = Operation(
    summary="Draw or edit pictures, by any model",
    body={
        "type": "object",
        "properties": {
            "model": {"type": "string", "minLength": 1, "examples": ["gpt-image-2", "flux-kontext"]},
            "prompt": {"type": "string", "minLength": 1, "examples": ["a matte black espresso machine"]},
            "n": {"type": "integer", "minimum": 1, "maximum": wire.MAX_N},
            "nImages": {"type": "integer", "minimum": 1, "maximum": wire.MAX_N},
            "resolution": _TEXT,
            "aspect_ratio": _TEXT,
            "quality": _TEXT,
            "output_format": {"enum": ["png", "jpeg", "webp"]},
            "seed": _WHOLE,
            "input_references": {"type": "array", "items": {"type": ["string", "object"]}},
            **_CONTROLS,
        },
        "required": ["model", "prompt"],
    },
    answer=IMAGES,
    media_types=("image/png", "image/jpeg", "image/webp"),
)
_OLDER = Operation(
    summary="Every image model, with its resolutions and prices",
    parameters={"detailed": {"type": "boolean", "default": True}},
    answer=_list_of(_object(id=_TEXT, object={"const": "model"}, created=_WHOLE, owned_by=_TEXT)),
)
_NEWER = Operation(
    summary="Every image model, with what may be said to it, by type",
    answer=_list_of(
        _object(
            id=_TEXT,
            name=_TEXT,
            description=_TEXT,
            created=_WHOLE,
            owned_by=_TEXT,
            architecture=_object(input_modalities=_WORDS, output_modalities=_WORDS),
            supported_parameters=_PARAMETERS,
            supports_streaming=_FLAG,
            endpoints=_TEXT,
            capabilities=_CAPABILITIES,
            category={"const": "image"},
        )
    ),
)
_ENDPOINTS = Operation(
    summary="A model's endpoint, with its prices and its limits on pictures sent",
    parameters={"id": {"type": "string", "minLength": 1, "examples": ["gpt-image-2", "flux-kontext"]}},
    answer=_object(
        id=_TEXT,
        endpoints={
            "type": "array",
            "items": _object(
                provider_name=_TEXT,
                provider_slug=_TEXT,
                provider_tag={"type": "null"},
                supported_parameters=_PARAMETERS,
                allowed_passthrough_parameters=_WORDS,
                supports_streaming=_FLAG,
                pricing={
                    "type": "array",
                    "items": _object(billable=_TEXT, unit=_TEXT, cost_usd=_NUMBER, resolution=_TEXT),
                },
            ),
        },
    ),
)
_BALANCE = Operation(
    summary="What the key's account has left; zero where it is not prepaid",
    answer=_object(usd_balance=_TEXT, nano_balance=_TEXT, nanoDepositAddress=_TEXT),
    errors={"anyOf": [_object(error=_WHOLE, message=_TEXT), _object(error={"type": "object"})]},
)
_PLAIN_ERROR = _object(error=_object(message=_TEXT, type=_TEXT))
_USAGE = Operation(
    summary="The page of what was used, with zeros in it: see /admin/usage",
    parameters={
        "from": {"type": "string", "format": "date"},
        "to": {"type": "string", "format": "date"},
        "group_by": {"enum": ["day", "model", "day,model", "model,day"], "default": "day,model"},
        "scope": {"enum": ["current_key", "api_key"], "default": "current_key"},
    },
    answer=_object(
        **{"object": {"const": "usage"}, "scope": _TEXT, "apiKey": _object(id=_WHOLE), "from": _TEXT},
        to=_TEXT,
        timezone={"const": "UTC"},
        groupBy=_TEXT,
        asOf=_TEXT,
        source={"type": "object"},
        totals={"type": "object"},
    ),
    errors=_PLAIN_ERROR,
)
_BILLING = Operation(
    summary="What a request of the last day came to",
    answer=_object(
        object={"const": "request_billing"},
        request_id=_TEXT,
        created_at=_TEXT,
        expires_at=_TEXT,
        as_of=_TEXT,
        cost=_TEXT,
        currency={"const": "USD"},
        cost_scope=_TEXT,
        usage=_object(
            input_tokens=_WHOLE, output_tokens=_WHOLE, reasoning_tokens={"type": ["integer", "null"]}
        ),
    ),
    errors=_PLAIN_ERROR,
)

_BY_ENDING = {
    "/images": _NORMALIZED,
    "/images/models": _NEWER,
    "/endpoints": _ENDPOINTS,
    "/image-models": _OLDER,
    "/check-balance": _BALANCE,
    "/usage": _USAGE,
    "/requests/{id}": _BILLING,
}


def operation(path: str) -> Operation:
    """The call at one of NanoGPT's paths; those of pictures take OpenAI's fields and its own."""
    for ending, known in _BY_ENDING.items():
        if path.endswith(ending):
            return known
    called = openai.operation(wire.EDITS if path.endswith("/images/edit") else path, IMAGES)
    if called.body is None:
        return called
    body = {**called.body, "properties": {**called.body["properties"], **_CONTROLS, **_PICTURES}}
    body.pop("anyOf", None)  # any of the names will do for a picture
    return replace(called, body=body)

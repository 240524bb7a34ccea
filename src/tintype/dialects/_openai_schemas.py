"""OpenAI's Images API in JSON Schema, as it is served here: wider than OpenAI's in what it takes."""

from __future__ import annotations

from typing import Any

from ..core import Operation, Schema
from ..core.request import MAX_IMAGES
from ..wire import openai_images as wire


def _text(description: str, *examples: str, **more: Any) -> Schema:
    shown = {"examples": list(examples)} if examples else {}
    return {"type": "string", "description": description, **shown, **more}


def _word(description: str, *words: str) -> Schema:
    return {"type": "string", "enum": list(words), "description": description}


def _whole(description: str, low: int, high: int) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": high, "description": description}


def _object(properties: dict[str, Schema], required: tuple[str, ...] = (), description: str = "") -> Schema:
    told = {"description": description} if description else {}
    return {"type": "object", "properties": properties, "required": list(required), **told}


_DOT = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
_PICTURE = _text("A data URL, base64 or an address.", _DOT)
_FIELDS: dict[str, Schema] = {
    "prompt": _text("What is to be seen.", "A panda eating bamboo", minLength=1),
    "model": _text("One of /v1/models; gpt-image-2 when left out.", "gpt-image-2", "tintype-illustrator"),
    "n": _whole("How many pictures.", 1, wire.MAX_N),
    "size": _text(
        "Pixels, a ratio, a tier or auto; what the model does not draw is fitted, and told.",
        "1024x1024",
        "16:9",
        "2K",
        "auto",
    ),
    "quality": _text("As the model's card has it; other words are fitted, and told.", "low", "high", "auto"),
    "background": _word("Transparent where the model can.", "transparent", "opaque", "auto"),
    "output_format": _word("Converted where the model has no such format.", "png", "jpeg", "webp"),
    "output_compression": _whole("Quality percent of JPEG and WebP.", 0, 100),
    "moderation": _word("Passed on where the model takes it.", "low", "auto"),
    "input_fidelity": _word("How closely the input pictures are kept.", "low", "high"),
    "stream": {"type": "boolean", "description": "Answer as server-sent events."},
    "partial_images": _whole("Previews in a stream.", 0, wire.MAX_PARTIAL_IMAGES),
    "response_format": _word("base64 in the document, or an address that lasts an hour.", "b64_json", "url"),
    "seed": {
        "type": "integer",
        "description": "The same seed gives the same picture, where the model has seeds.",
    },
    "strength": {"type": "number", "minimum": 0, "maximum": 1, "description": "How far an edit may go."},
    "guidance_scale": {"type": "number", "minimum": 0, "maximum": 20, "description": "A hint."},
    "num_inference_steps": _whole("A hint.", 1, 100),
    "negative_prompt": _text("What is not to be seen: a hint.", "rain"),
    "thinking_level": _word("A hint.", "minimal", "low", "medium", "high"),
    "media_resolution": _word("How finely input pictures are looked at: a hint.", "low", "medium", "high"),
    "style": _text("A hint.", "vivid", "natural"),
    "user": _text("Whom you draw for."),
}
_IMAGES: Schema = {
    "anyOf": [_PICTURE, {"type": "array", "items": _PICTURE, "minItems": 1, "maxItems": MAX_IMAGES}],
    "description": "Pictures to start from. In a body of generations they make it an edit.",
}
_REFERENCES: Schema = {
    "type": "array",
    "maxItems": MAX_IMAGES,
    "items": _object({"image_url": _PICTURE}, ("image_url",)),
    "description": "The same, as Codex sends them.",
}
_MASK = _text("Where its alpha is 0, the first picture is to change.", _DOT)
_FILE: Schema = {"type": "string", "format": "binary"}

_GENERATION = _object({**_FIELDS, "image": _IMAGES, "mask": _MASK}, ("prompt",))
_EDIT = {
    **_object({**_FIELDS, "image": _IMAGES, "images": _REFERENCES, "mask": _MASK}, ("prompt",)),
    "anyOf": [{"required": ["image"]}, {"required": ["images"]}],
}
_FORM = _object(
    {**_FIELDS, "image": {"type": "array", "items": _FILE, "minItems": 1}, "mask": _FILE}, ("prompt", "image")
)

_COUNT: Schema = {"type": "integer", "minimum": 0}
_KINDS = _object({"text_tokens": _COUNT, "image_tokens": _COUNT}, ("text_tokens", "image_tokens"))
_USAGE = _object(
    {
        "total_tokens": _COUNT,
        "input_tokens": _COUNT,
        "input_tokens_details": _KINDS,
        "output_tokens": _COUNT,
        "output_tokens_details": _KINDS,
    },
    ("total_tokens", "input_tokens", "input_tokens_details", "output_tokens"),
)
IMAGES = _object(
    {
        "created": {"type": "integer", "description": "Unix time in seconds."},
        "data": {
            "type": "array",
            "minItems": 1,
            "items": {
                **_object(
                    {
                        "b64_json": _text("The picture in base64."),
                        "url": _text("Its address."),
                        "revised_prompt": _text("What the model made of the prompt."),
                    }
                ),
                "oneOf": [{"required": ["b64_json"]}, {"required": ["url"]}],
            },
        },
        "background": _word("What was drawn.", "transparent", "opaque"),
        "output_format": _word("What the picture's own bytes are.", "png", "jpeg", "webp", "gif"),
        "quality": _word("What was applied.", "low", "medium", "high", "xhigh", "max"),
        "size": _text("What the picture's own header tells.", pattern=r"^\d+x\d+$"),
        "usage": _USAGE,
    },
    ("created", "data"),
)
_MODEL = _object(
    {
        "id": {"type": "string"},
        "object": {"type": "string", "const": "model"},
        "created": {"type": "integer"},
        "owned_by": {"type": "string"},
    },
    ("id", "object", "created", "owned_by"),
)

LISTING = Operation(
    summary="Every model, with its limits",
    answer=_object(
        {"object": {"type": "string", "const": "list"}, "data": {"type": "array", "items": _MODEL}},
        ("object", "data"),
    ),
)
MODEL = Operation(
    summary="One model, by its id or another name of it",
    parameters={"id": _text("An id of the list.", "gpt-image-2")},
    answer=_MODEL,
)
_ANSWERS = ("text/event-stream", "image/png", "image/jpeg", "image/webp")


def operation(path: str) -> Operation:
    """The call at a path that ends as OpenAI's do, whatever stands before it."""
    if path.endswith(wire.EDITS):
        return Operation(
            summary="Edit pictures, within a mask if one is sent",
            body=_EDIT,
            form=_FORM,
            answer=IMAGES,
            media_types=_ANSWERS,
        )
    if path.endswith(wire.VARIATIONS):
        return Operation(summary="Retired with dall-e-2: says what to use instead", answer=None)
    return Operation(
        summary="Draw pictures from words", body=_GENERATION, answer=IMAGES, media_types=_ANSWERS
    )

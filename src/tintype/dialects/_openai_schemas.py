"""OpenAI's Images API in JSON Schema, as it is served here: wider than OpenAI's in what it takes."""

from __future__ import annotations

from ..core import Operation, Schema
from ..core.request import MAX_IMAGES
from ..wire import openai_images as wire
from ._schema import DOT, PICTURE, members, text, whole, word

_FIELDS: dict[str, Schema] = {
    "prompt": text("What is to be seen.", "A panda eating bamboo", minLength=1),
    "model": text("One of /v1/models; gpt-image-2 when left out.", "gpt-image-2", "tintype-illustrator"),
    "n": whole("How many pictures.", 1, wire.MAX_N),
    "size": text(
        "Pixels, a ratio, a tier or auto; what the model does not draw is fitted, and told.",
        "1024x1024",
        "16:9",
        "2K",
        "auto",
    ),
    "quality": text("As the model's card has it; other words are fitted, and told.", "low", "high", "auto"),
    "background": word("Transparent where the model can.", "transparent", "opaque", "auto"),
    "output_format": word("Converted where the model has no such format.", "png", "jpeg", "webp"),
    "output_compression": whole("Quality percent of JPEG and WebP.", 0, 100),
    "moderation": word("Passed on where the model takes it.", "low", "auto"),
    "input_fidelity": word("How closely the input pictures are kept.", "low", "high"),
    "stream": {"type": "boolean", "description": "Answer as server-sent events."},
    "partial_images": whole("Previews in a stream.", 0, wire.MAX_PARTIAL_IMAGES),
    "response_format": word("base64 in the document, or an address that lasts an hour.", "b64_json", "url"),
    "seed": {
        "type": "integer",
        "description": "The same seed gives the same picture, where the model has seeds.",
    },
    "strength": {"type": "number", "minimum": 0, "maximum": 1, "description": "How far an edit may go."},
    "style": text("A hint.", "vivid", "natural"),
    "negative_prompt": text("What is not to be seen, where the model takes it.", "people"),
    "guidance_scale": {"type": "number", "minimum": 0, "maximum": 20},
    "num_inference_steps": whole("Steps, where the model takes them.", 1, 100),
    "aspect_ratio": text("The shape, if `size` does not say it.", "16:9", "1:1"),
    "imageConfig": members(
        {"aspectRatio": text("", "16:9", "1:1"), "imageSize": text("", "1K", "2K")},
        description="The same, as Google writes it.",
    ),
    "thinking_level": word("For models that think.", "minimal", "low", "medium", "high"),
    "media_resolution": word("How finely input pictures are looked at.", "low", "medium", "high"),
    "imageDataUrl": text("A picture to start from, as NanoGPT writes it.", DOT),
    "user": text("Whom you draw for."),
}
_IMAGES: Schema = {
    "anyOf": [PICTURE, {"type": "array", "items": PICTURE, "minItems": 1, "maxItems": MAX_IMAGES}],
    "description": "Pictures to start from. In a body of generations they make it an edit.",
}
_REFERENCES: Schema = {
    "type": "array",
    "maxItems": MAX_IMAGES,
    "items": members({"image_url": PICTURE}, ("image_url",)),
    "description": "The same, as Codex sends them.",
}
_MASK = text("Where its alpha is 0, the first picture is to change.", DOT)
_FILE: Schema = {"type": "string", "format": "binary"}

_GENERATION = {
    "title": "Generation",
    **members({**_FIELDS, "image": _IMAGES, "mask": _MASK}, ("prompt",)),
}
_EDIT = {
    "title": "Edit",
    **members({**_FIELDS, "image": _IMAGES, "images": _REFERENCES, "mask": _MASK}, ("prompt",)),
    "anyOf": [{"required": ["image"]}, {"required": ["images"]}],
}
_FILES: Schema = {"type": "array", "items": _FILE, "minItems": 1}
_FORM = {
    "title": "EditForm",
    **members({**_FIELDS, "image": _FILES, "mask": _FILE}, ("prompt", "image")),
}

_COUNT: Schema = {"type": "integer", "minimum": 0}
_KINDS = members({"text_tokens": _COUNT, "image_tokens": _COUNT}, ("text_tokens", "image_tokens"))
_KINDS_IN = members(
    {"text_tokens": _COUNT, "image_tokens": _COUNT, "cached_tokens": _COUNT}, ("text_tokens", "image_tokens")
)
_USAGE = members(
    {
        "total_tokens": _COUNT,
        "input_tokens": _COUNT,
        "input_tokens_details": _KINDS_IN,
        "output_tokens": _COUNT,
        "output_tokens_details": _KINDS,
    },
    ("total_tokens", "input_tokens", "input_tokens_details", "output_tokens"),
)
_ANSWER = members(
    {
        "created": {"type": "integer", "description": "Unix time in seconds."},
        "data": {
            "type": "array",
            "minItems": 1,
            "items": {
                **members(
                    {
                        "b64_json": text("The picture in base64."),
                        "url": text("Its address."),
                        "revised_prompt": text("What the model made of the prompt."),
                    }
                ),
                "oneOf": [{"required": ["b64_json"]}, {"required": ["url"]}],
            },
        },
        "background": word("What was drawn.", "transparent", "opaque"),
        "output_format": word("What the picture's own bytes are.", "png", "jpeg", "webp", "gif"),
        "quality": word("What was applied.", "low", "medium", "high", "xhigh", "max"),
        "size": text("What the picture's own header tells.", pattern=r"^\d+x\d+$"),
        "usage": _USAGE,
    },
    ("created", "data"),
)
IMAGES: Schema = {"title": "Images", **_ANSWER}
_MODEL = members(
    {
        "id": {"type": "string"},
        "object": {"type": "string", "const": "model"},
        "created": {"type": "integer"},
        "owned_by": {"type": "string"},
    },
    ("id", "object", "created", "owned_by"),
)

_MODELS: Schema = {
    "title": "Models",
    **members(
        {"object": {"type": "string", "const": "list"}, "data": {"type": "array", "items": _MODEL}},
        ("object", "data"),
    ),
}

LISTING = Operation(summary="Every model, with its limits", answer=_MODELS)
MODEL = Operation(
    summary="One model, by its id or another name of it",
    parameters={"id": text("An id of the list.", "gpt-image-2")},
    answer=_MODEL,
)
_ANSWERS = ("text/event-stream", "image/png", "image/jpeg", "image/webp")


def images(**others: Schema) -> Schema:
    """The answer of a service that has other members in it than OpenAI's, or others of that name."""
    return {**_ANSWER, "properties": {**_ANSWER["properties"], **others}}


def with_nulls() -> Schema:
    """The same, where null stands for what is not known and for the other of `b64_json` and `url`."""

    def or_null(properties: Schema) -> dict[str, Schema]:
        return {name: {"anyOf": [schema, {"type": "null"}]} for name, schema in properties.items()}

    known = _ANSWER["properties"]
    pictures = or_null(known["data"]["items"]["properties"])
    data = {**known["data"], "items": members(pictures, tuple(pictures))}
    rest = {name: schema for name, schema in known.items() if name not in ("created", "data")}
    return images(**or_null(rest), data=data)


def operation(path: str, answer: Schema = IMAGES) -> Operation:
    """The call at a path that ends as OpenAI's do, whatever stands before it; of another, nothing is told."""
    if path.endswith("/models"):
        return LISTING
    if path.endswith("/models/{id:path}"):
        return MODEL
    if path.endswith(wire.EDITS):
        return Operation(
            summary="Edit pictures, within a mask if one is sent",
            body=_EDIT,
            form=_FORM,
            answer=answer,
            media_types=_ANSWERS,
        )
    if path.endswith(wire.VARIATIONS):
        return Operation(summary="Retired with dall-e-2: says what to use instead", answer=None)
    if not path.endswith(wire.GENERATIONS):
        return Operation(errors={})
    return Operation(
        summary="Draw pictures from words", body=_GENERATION, answer=answer, media_types=_ANSWERS
    )

"""Chat completions, the Responses API and the web UI's two drawing calls, in JSON Schema."""

from __future__ import annotations

from typing import Any

from ..core import Operation, Schema
from ..wire import openai_images as wire
from ._schema import DOT

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_PARTS: Schema = {
    "description": "Text, or parts: text (`text`, `input_text`) and pictures (`image_url`, `input_image`).",
    "anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "object"}}],
}
_MESSAGES: Schema = {
    "type": "array",
    "minItems": 1,
    "items": {"type": "object", "properties": {"role": _TEXT, "content": _PARTS}},
    "description": "The last message of the user is the prompt; its pictures are edited.",
    "examples": [[{"role": "user", "content": "A panda eating bamboo"}]],
}
_STREAM: Schema = {"type": "boolean", "description": "Answer as server-sent events."}
_HOW_MANY: Schema = {
    "type": "integer",
    "minimum": 1,
    "maximum": wire.MAX_N,
    "description": "How many pictures.",
}
_SIDE: Schema = {"type": "integer", "minimum": 1, "maximum": 16_384, "description": "Pixels."}


def _object(properties: dict[str, Schema], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


_CHAT_USAGE = ("prompt_tokens", "completion_tokens", "total_tokens")
_IMAGE = _object({"type": {"const": "image_url"}, "image_url": _object({"url": _TEXT}, "url")}, "image_url")

CHAT = Operation(
    summary="Draw what the last message of a chat asks for",
    body=_object(
        {
            "model": {"type": "string", "description": "One of /v1/models; others ask for the default."},
            "messages": _MESSAGES,
            "n": _HOW_MANY,
            "stream": _STREAM,
            "modalities": {
                "type": "array",
                "items": {"enum": ["image", "text"]},
                "contains": {"const": "image"},
            },
            "image_config": _object({"aspect_ratio": _TEXT, "image_size": _TEXT}),
        },
        "messages",
    ),
    answer=_object(
        {
            "id": _TEXT,
            "object": {"const": "chat.completion"},
            "created": {"type": "integer"},
            "model": _TEXT,
            "choices": {
                "type": "array",
                "minItems": 1,
                "maxItems": 1,
                "items": _object(
                    {
                        "index": {"const": 0},
                        "finish_reason": {"const": "stop"},
                        "message": _object(
                            {
                                "role": {"const": "assistant"},
                                "content": _TEXT,
                                "images": {"type": "array", "minItems": 1, "items": _IMAGE},
                            },
                            "role",
                            "content",
                            "images",
                        ),
                    },
                    "index",
                    "finish_reason",
                    "message",
                ),
            },
            "usage": _object(dict.fromkeys(_CHAT_USAGE, _COUNT), *_CHAT_USAGE),
        },
        "id",
        "object",
        "created",
        "model",
        "choices",
        "usage",
    ),
    media_types=("text/event-stream",),
)

_ITEM = _object({"id": _TEXT, "type": _TEXT, "status": {"const": "completed"}}, "id", "type", "status")

RESPONSES = Operation(
    summary="Call the image_generation tool with the last message of the user",
    body=_object(
        {
            "model": {"type": "string", "description": "Of words mostly; the tool names the one that draws."},
            "input": {
                "anyOf": [{"type": "string", "minLength": 1}, _MESSAGES],
                "examples": ["A panda eating bamboo"],
            },
            "tools": {
                "type": "array",
                "items": _object({"type": _TEXT}, "type"),
                "contains": _object({"type": {"const": "image_generation"}}, "type"),
                "examples": [[{"type": "image_generation", "quality": "low"}]],
            },
            "previous_response_id": {"type": "string", "description": "Go on from its pictures."},
            "stream": _STREAM,
        },
        "input",
        "tools",
    ),
    answer=_object(
        {
            "id": _TEXT,
            "object": {"const": "response"},
            "created_at": {"type": "integer"},
            "status": {"const": "completed"},
            "model": _TEXT,
            "output": {"type": "array", "minItems": 2, "items": _ITEM},
            "tools": {"type": "array", "items": {"type": "object"}},
            "usage": {"type": "object"},
            "tool_usage": {"type": "object"},
        },
        "id",
        "object",
        "created_at",
        "status",
        "model",
        "output",
        "tools",
        "usage",
        "tool_usage",
    ),
    media_types=("text/event-stream",),
)

_ORDER: dict[str, Schema] = {
    "prompt": {"type": "string", "minLength": 1, "examples": ["A panda eating bamboo"]},
    "negative_prompt": _TEXT,
    "width": _SIDE,
    "height": _SIDE,
    "seed": {"type": "integer", "minimum": -1, "description": "-1: another picture each time."},
    "batch_size": _HOW_MANY,
    "n_iter": _HOW_MANY,
    "steps": {"type": "integer", "minimum": 1, "maximum": 1000},
    "cfg_scale": {"type": "number", "minimum": 0, "maximum": 1000},
    "sampler_name": _TEXT,
    "override_settings": _object({"sd_model_checkpoint": _TEXT}),
}
_EDIT: dict[str, Schema] = {
    **_ORDER,
    "init_images": {
        "type": "array",
        "minItems": 1,
        "items": _TEXT,
        "description": "Pictures in base64.",
        "examples": [[DOT]],
    },
    "mask": {
        "type": "string",
        "description": "A picture in base64; where it is white, the first may change.",
    },
    "denoising_strength": {"type": "number", "minimum": 0, "maximum": 1},
}
_PICTURES = _object(
    {
        "images": {"type": "array", "minItems": 1, "items": _TEXT, "description": "Pictures in base64."},
        "parameters": {"type": "object"},
        "info": {"type": "string", "description": "Generation data: JSON in a string."},
    },
    "images",
    "parameters",
    "info",
)

TXT2IMG = Operation(
    summary="Draw pictures from words, as the web UI does", body=_object(_ORDER, "prompt"), answer=_PICTURES
)
IMG2IMG = Operation(
    summary="Edit pictures, as the web UI does",
    body=_object(_EDIT, "prompt", "init_images"),
    answer=_PICTURES,
)

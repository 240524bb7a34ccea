"""Google's image APIs in JSON Schema, as they are served here: either spelling of a member is taken."""

from __future__ import annotations

from ..core import Operation, Schema
from ._schema import DOT, members, text, whole, word

_STREAM = ("text/event-stream",)
_LISTING = Operation(
    summary="The models, as Google lists them",
    answer=members({"models": {"type": "array", "items": {"type": "object"}}}, ("models",)),
)
_ONE_MODEL = Operation(
    summary="A model, as Google tells of it",
    parameters={"id": text("A name of the list.", "gemini-3-pro-image", minLength=1)},
    answer={"type": "object"},
)
_GEMINI = {"model": text("A model of any vendor's.", "gemini-3-pro-image", minLength=1)}
_IMAGEN = {"model": text("A model of any vendor's.", "imagen-4.0-generate-001", minLength=1)}

_PART: Schema = members(
    {
        "text": text("Words of the prompt, or of the answer."),
        "inlineData": members({"mimeType": text("", "image/png"), "data": text("base64", DOT)}, ("data",)),
    },
)
_CONTENT: Schema = members(
    {"role": text("", "user", "model"), "parts": {"type": "array", "items": _PART}}, ("parts",)
)
_GENERATION: Schema = members(
    {
        "contents": {
            "anyOf": [{"type": "string"}, _CONTENT, {"type": "array", "items": _CONTENT}],
            "description": "Words, and pictures to start from. The last thing that the user says is the prompt.",
            "examples": [[{"role": "user", "parts": [{"text": "A panda eating bamboo"}]}]],
        },
        "generationConfig": members(
            {
                "imageConfig": members(
                    {
                        "aspectRatio": text(
                            "What the model does not draw is fitted, and told.", "16:9", "1:1"
                        ),
                        "imageSize": text("", "1K", "2K"),
                        "outputMimeType": word("", "image/png", "image/jpeg", "image/webp"),
                    }
                ),
                "candidateCount": whole("How many pictures.", 1, 10),
                "responseModalities": {
                    "type": "array",
                    "items": {"type": "string"},
                    "examples": [["IMAGE"], ["TEXT", "IMAGE"]],
                },
                "seed": {"type": "integer"},
            }
        ),
    },
    ("contents",),
)
_GENERATED: Schema = members(
    {
        "candidates": {
            "type": "array",
            "items": members({"content": _CONTENT, "finishReason": text(""), "index": {"type": "integer"}}),
        },
        "promptFeedback": {"type": "object", "description": "Why there is no candidate."},
        "usageMetadata": {"type": "object"},
        "modelVersion": text(""),
        "responseId": text(""),
    },
    ("usageMetadata",),
)
_INSTANCE: Schema = members({"prompt": text("What is to be seen.", "A panda eating bamboo")}, ("prompt",))
_PREDICTION: Schema = members(
    {
        "instances": {
            "anyOf": [_INSTANCE, {"type": "array", "items": _INSTANCE, "minItems": 1, "maxItems": 1}],
            "examples": [[{"prompt": "A panda eating bamboo"}]],
        },
        "parameters": members(
            {
                "sampleCount": whole("How many pictures.", 1, 10),
                "aspectRatio": text("", "16:9", "1:1"),
                "sampleImageSize": text("", "1K", "2K"),
                "seed": {"type": "integer", "minimum": 0},
            }
        ),
    },
    ("instances",),
)
_PREDICTED: Schema = members(
    {
        "predictions": {
            "type": "array",
            "items": members(
                {
                    "bytesBase64Encoded": text("The picture."),
                    "mimeType": text("", "image/png"),
                    "raiFilteredReason": text("Why there is none."),
                }
            ),
        }
    },
    ("predictions",),
)
_INTERACTION = Operation(
    summary="Draw or edit, as Google's Interactions do",
    body=members(
        {
            "model": text("", "gemini-3-pro-image"),
            "input": {
                "description": "Words, or parts: words, and pictures to start from.",
                "examples": ["A panda eating bamboo"],
            },
            "previous_interaction_id": text("Go on from its pictures."),
            "stream": {"type": "boolean"},
        },
        ("input",),
    ),
    media_types=_STREAM,
)


def interaction(path: str) -> Operation:
    return _INTERACTION


def operation(path: str) -> Operation:
    if path.endswith(":generateContent"):
        return Operation(
            summary="Draw or edit, as Gemini does", parameters=_GEMINI, body=_GENERATION, answer=_GENERATED
        )
    if path.endswith(":streamGenerateContent"):
        refused_or_drawn: Schema = {"anyOf": [{"type": "array", "items": _GENERATED}, _GENERATED]}
        return Operation(
            summary="The same as events (`?alt=sse`), or as an array",
            parameters={**_GEMINI, "alt": word("", "sse")},
            body=_GENERATION,
            answer=refused_or_drawn,
            media_types=_STREAM,
        )
    if path.endswith(":predict"):
        return Operation(
            summary="Draw or edit, as Imagen does", parameters=_IMAGEN, body=_PREDICTION, answer=_PREDICTED
        )
    return _LISTING if path.endswith("/models") else _ONE_MODEL

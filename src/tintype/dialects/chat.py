"""Chat completions that answer with pictures: `message.images`, as OpenRouter began and chat front ends render it.

The last message of the user is the prompt. A model for words, which a front end may send, is answered by
the default image model, with a notice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

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
    Text,
    Usage,
)
from ..core.errors import BadRequest, TintypeError
from ..wire import openai_images as wire
from ..wire import payload, sse
from . import _conversation_schemas as schemas
from . import _openai_answers as answers
from ._conversation import WORDS, read_json, read_order, said_of
from ._fields import JsonFields, wrong_type
from ._sizes import read_size
from ._usual import MAX_SEED, answer_id, is_strict, no_picture, read_background, read_format, unless_auto

_SUFFIX = ":image"  # LobeChat's mark of a model that draws within a chat


class Chat:
    name = "chat"
    paths: tuple[str, ...] = (
        "/chat/completions",
        "/openai/v1/chat/completions",  # Azure's
        "/openai/deployments/{deployment:path}/chat/completions",
    )
    asides: tuple[Aside, ...] = ()

    def read(self, incoming: Incoming) -> ImageRequest:
        fields = read_json(incoming)
        strict = is_strict(incoming)
        prompt, images = read_order(fields, "messages")
        modalities = _modalities(fields)
        stream = fields.flag("stream")
        counts = _wants_usage(fields)
        model = fields.text("model") or ""
        for word in WORDS:
            fields.take(word)
        return ImageRequest(
            model=incoming.path_params.get("deployment", model).strip().removesuffix(_SUFFIX),
            any_model=not strict,
            prompt=prompt,
            images=images,
            n=fields.integer("n", 1, wire.MAX_N) or 1,
            size=read_size(fields),
            quality=unless_auto(fields.text("quality")),
            background=read_background(fields),
            output_format=read_format(fields),
            output_compression=fields.integer("output_compression", 0, 100),
            seed=fields.integer("seed", -MAX_SEED, MAX_SEED),
            negative_prompt=fields.text("negative_prompt"),
            user=fields.text("user"),
            safety_identifier=fields.text("safety_identifier"),
            wants_text="text" in modalities,
            response_format=None if strict else "b64_json",
            stream=stream,
            strict=strict,
            extras={"chat": rest} if (rest := said_of(fields)) else {},
            echo={"words": "text" in modalities, "usage": counts},
        )

    def media_type(self, request: ImageRequest) -> str:
        return sse.MEDIA_TYPE if request.stream else "application/json"

    async def write(self, request: ImageRequest, events: Events, report: Report) -> AsyncIterator[Octets]:
        answer = _Chunks(request, report).tell if request.stream else _whole
        async for chunk in answer(request, events, report):
            yield chunk

    def write_error(self, error: TintypeError) -> Answer:
        return Answer(body=answers.error(error), status=error.status)

    def write_error_frame(self, error: TintypeError) -> bytes:
        return b"".join(sse.frame("", [answers.error(error)]))

    def describe(self, path: str) -> Operation:
        return schemas.CHAT


dialect: Dialect = Chat()


async def _whole(request: ImageRequest, events: Events, report: Report) -> AsyncIterator[Octets]:
    words: list[str] = []
    pictures: list[Completed] = []
    async for event in events:
        if isinstance(event, Text):
            words.append(event.text)
        elif isinstance(event, Completed):
            pictures.append(event)
    if not pictures:
        raise no_picture()
    pictures.sort(key=lambda picture: picture.index)
    head = _head(request, report, "chat.completion")
    message = {"role": "assistant", "content": "".join(words) or _caption(request, pictures), "refusal": None}
    images = payload.array(_picture(picture.image, at) for at, picture in enumerate(pictures))
    choice = {"index": 0, "logprobs": None, "finish_reason": "stop"}
    usage = sum((picture.usage for picture in pictures), Usage())
    inner = payload.object_holding(choice, "message", payload.object_holding(message, "images", images))
    for chunk in payload.object_holding(
        {**head, "usage": write_usage(usage)}, "choices", payload.array([inner])
    ):
        yield chunk


class _Chunks:
    """A stream: pictures as they are finished, each in a chunk of its own. Previews have no place in it."""

    def __init__(self, request: ImageRequest, report: Report) -> None:
        self._head = _head(request, report, "chat.completion.chunk")

    async def tell(self, request: ImageRequest, events: Events, report: Report) -> AsyncIterator[Octets]:
        pictures: list[Completed] = []
        said = begun = False
        async for event in events:
            if not begun:
                begun = True
                yield self._chunk({"role": "assistant", "content": ""})
            if isinstance(event, Text):
                said = True
                yield self._chunk({"content": event.text})
            elif isinstance(event, Completed):
                for chunk in self._picture(event, len(pictures)):
                    yield chunk
                pictures.append(event)
        if not pictures:
            raise no_picture()
        if not said and (caption := _caption(request, pictures)):
            yield self._chunk({"content": caption})
        yield self._chunk({}, finish="stop")
        if request.echo.get("usage"):
            usage = sum((picture.usage for picture in pictures), Usage())
            last = {**self._head, "choices": [], "usage": write_usage(usage)}
            yield b"".join(sse.frame("", [msgspec.json.encode(last)]))
        yield sse.DONE

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return b"".join(sse.frame("", [msgspec.json.encode({**self._head, "choices": [choice]})]))

    def _picture(self, picture: Completed, position: int) -> Iterator[Octets]:
        images = payload.array([_picture(picture.image, position)])
        choice = payload.object_holding(
            {"index": 0, "logprobs": None, "finish_reason": None},
            "delta",
            payload.object_holding({}, "images", images),
        )
        yield from sse.frame("", payload.object_holding(self._head, "choices", payload.array([choice])))


def _head(request: ImageRequest, report: Report, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{answer_id(report)}",
        "object": kind,
        "created": report.created,
        "model": report.asked or report.model,
    }


def _picture(image: Image, position: int) -> Iterator[Octets]:
    if not image.is_local and image.url is not None:
        address = payload.object_holding({}, "url", [msgspec.json.encode(image.url)])
    else:
        prefix = b"data:image/%s;base64," % (image.header().format or "png").encode()
        address = payload.object_with({}, "url", image.as_base64(), prefix)
    yield from payload.object_holding({"type": "image_url", "index": position}, "image_url", address)


def _caption(request: ImageRequest, pictures: Sequence[Completed]) -> str:
    """A few words for front ends that show nothing where there are none; none when only pictures were wanted."""
    if not request.echo.get("words", True):
        return ""
    if revised := next((picture.revised_prompt for picture in pictures if picture.revised_prompt), None):
        return revised
    return "Here is your picture." if len(pictures) == 1 else f"Here are your {len(pictures)} pictures."


def write_usage(usage: Usage) -> dict[str, Any]:
    """Tokens as chats count them."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached_in,
            "image_tokens": usage.image_in,
            "text_tokens": usage.text_in,
        },
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "image_tokens": usage.image_out,
            "text_tokens": usage.text_out,
        },
    }


def _modalities(fields: JsonFields) -> tuple[str, ...]:
    """What the answer is to be made of. Raises BadRequest for an answer without a picture."""
    said = fields.take("modalities")
    if said is None:
        return ("image", "text")
    if not isinstance(said, list) or not all(isinstance(word, str) for word in said):
        raise wrong_type("modalities", "an array of strings", said)
    words = tuple(word.lower() for word in said)
    if words and "image" not in words:
        raise BadRequest(
            "This server draws pictures and says nothing else: 'modalities' must have 'image' in it.",
            param="modalities",
        )
    return words or ("image", "text")


def _wants_usage(fields: JsonFields) -> bool:
    options = fields.take("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True

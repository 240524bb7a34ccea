"""OpenAI's Responses API, as far as its `image_generation` tool: what agents call when they want a picture drawn.

There is no model for words behind it, so the tool is called in every response, with the last message of the
user as its prompt. Read 2026-11-20 from the types of openai-python 3.51.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ..core import (
    Answer,
    Aside,
    Dialect,
    Events,
    Image,
    ImageRequest,
    Incoming,
    Octets,
    Operation,
    Report,
    Text,
)
from ..core.errors import BadRequest, TintypeError
from ..wire import openai_images as wire
from ..wire import sse
from . import _conversation_schemas as schemas
from . import _openai_answers as answers
from ._conversation import WORDS, read_json, read_order, said_of
from ._fields import JsonFields, json_array, json_fields
from ._memory import Memory
from ._pictures import read_mask
from ._responses_answers import Reply
from ._sizes import read_size
from ._usual import check_held, is_strict, no_picture, read_background, read_format, read_store, unless_auto

_TOOL = "image_generation"
_AZURES_TOOL = "x-ms-oai-image-generation-deployment"
"""The header in which Azure's customers name the model that draws."""
_ECHOED = (  # what a response says back, for clients whose types ask for it
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "reasoning",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "top_p",
    "truncation",
)


class Responses:
    name = "responses"
    paths: tuple[str, ...] = ("/responses", "/openai/v1/responses", "/openai/responses")  # and Azure's
    asides: tuple[Aside, ...] = ()

    def __init__(self) -> None:
        self._memory = Memory()

    def read(self, incoming: Incoming) -> ImageRequest:
        fields = read_json(incoming)
        strict = is_strict(incoming)
        tool, others = _tools(fields)
        _check_conversation(fields)
        previous_id = fields.text("previous_response_id")
        action = tool.word("action", ("generate", "edit", "auto")) or "auto"
        order = read_order(
            fields,
            "input",
            recall=self._recall,
            previous=self._previous(previous_id),
            anew=action == "generate",
        )
        if action == "edit" and not order.images:
            raise BadRequest("The action 'edit' needs a picture in 'input'.", param="tools")
        mask = read_mask(tool, "input_image_mask")
        if mask is not None and not order.images:
            raise BadRequest("A mask needs an image that it masks: send one in 'input'.", param="tools")
        chat_model = (fields.text("model") or "").strip()
        model = (tool.text("model") or incoming.headers.get(_AZURES_TOOL, "")).strip()
        stream, user = fields.flag("stream"), fields.text("user")
        identifier = fields.text("safety_identifier")
        said = said_of(fields)
        _check_choice(said.get("tool_choice"))
        read_store(said.get("store"))
        return ImageRequest(
            model=model or chat_model,
            any_model=not model,
            prompt=order.prompt,
            images=order.images,
            mask=mask,
            n=tool.integer("n", 1, wire.MAX_N) or 1,
            size=read_size(tool),
            quality=unless_auto(tool.text("quality")),
            background=read_background(tool),
            output_format=read_format(tool),
            output_compression=tool.integer("output_compression", 0, 100),
            moderation=unless_auto(tool.word("moderation", ("low", "auto"))),
            input_fidelity=tool.word("input_fidelity", ("low", "high")),
            complexity=tool.text("complexity"),
            user=user,
            safety_identifier=identifier,
            wants_text=True,
            response_format=None if strict else "b64_json",
            stream=stream,
            partial_images=tool.integer("partial_images", 0, wire.MAX_PARTIAL_IMAGES),
            strict=strict,
            extras=_extras(said, said_of(tool), others),
            echo={
                "model": chat_model,
                "tools": others,
                "fields": {
                    "previous_response_id": previous_id,
                    **{name: said[name] for name in _ECHOED if name in said},
                },
            },
        )

    def _recall(self, id: str) -> Image | None:
        """The picture of a call: its id is that of its response, and its place in it."""
        name, place = id.removeprefix("ig_")[:-2], id[-2:]
        images = self._memory.find(name) if id.startswith("ig_") else ()
        return next((image for at, image in enumerate(images) if f"{at:02x}" == place), None)

    def _previous(self, id: str | None) -> tuple[Image, ...]:
        """The pictures of the response that this one goes on from. Raises BadRequest where none is known."""
        images = self._memory.find(id.removeprefix("resp_")) if id else ()
        if id and not images:
            raise BadRequest(
                f"Previous response with id '{id[:80]}' not found. Responses are remembered for an hour: send "
                "the earlier items in 'input'.",
                param="previous_response_id",
                code="previous_response_not_found",
            )
        return tuple(images)

    def media_type(self, request: ImageRequest) -> str:
        return sse.MEDIA_TYPE if request.stream else "application/json"

    async def write(self, request: ImageRequest, events: Events, report: Report) -> AsyncIterator[Octets]:
        reply = Reply(request, report)
        if request.stream:
            for chunk in reply.opening():
                yield chunk
        try:
            async for event in events:
                if not isinstance(event, Text):
                    check_held(event)
                for chunk in reply.tell(event):
                    if request.stream:
                        yield chunk
            if not reply.pictures:
                raise no_picture()
        except TintypeError as error:
            if not request.stream:
                raise
            for chunk in reply.failed(error):
                yield chunk
            return
        if request.echo["fields"].get("store") is not False:
            self._memory.keep(reply.id, [picture.image for _, picture in sorted(reply.pictures.items())])
        for chunk in reply.closing() if request.stream else reply.document("completed"):
            yield chunk

    def write_error(self, error: TintypeError) -> Answer:
        return Answer(body=answers.error(error), status=error.status)

    def write_error_frame(self, error: TintypeError) -> bytes:
        return answers.error_frame(error)

    def describe(self, path: str) -> Operation:
        return schemas.RESPONSES


dialect: Dialect = Responses()


def _tools(fields: JsonFields) -> tuple[JsonFields, list[dict[str, Any]]]:
    """The tool that draws, and what was said of the others. Raises BadRequest where it is not to be called."""
    raw, ours, others = fields.raw("tools"), None, []
    for at, each in enumerate(json_array("tools", raw) if raw is not None else []):
        tool = json_fields(f"tools[{at}]", each)
        kind = tool.text("type")
        if kind == _TOOL and ours is None:
            ours = tool
        else:
            others.append({"type": kind, **tool.rest()})
    if ours is None:
        raise BadRequest(
            f'This server draws pictures and says nothing else: add {{"type": "{_TOOL}"}} to \'tools\'.',
            param="tools",
            code="unsupported_tool" if others else "missing_required_parameter",
        )
    return ours, others


def _check_conversation(fields: JsonFields) -> None:
    if fields.raw("conversation") is not None:
        raise BadRequest(
            "There are no stored conversations here: send the earlier items in 'input'.", param="conversation"
        )


def _check_choice(choice: object) -> None:
    """Raises BadRequest where another tool, or none, is to be called."""
    kind = choice.get("type") if isinstance(choice, dict) else choice
    if kind in ("none", "function", "mcp", "custom", "file_search", "web_search_preview"):
        raise BadRequest(
            f"This server can call '{_TOOL}' only, and 'tool_choice' forbids it.", param="tool_choice"
        )


def _extras(
    said: dict[str, Any], of_tool: dict[str, Any], others: list[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """What the picture might have been shaped by, and is not."""
    unknown = {name: value for name, value in said.items() if name not in (*WORDS, "tool_choice")}
    extras = {**unknown, **of_tool, **({"tools": others} if others else {})}
    return {"responses": extras} if extras else {}

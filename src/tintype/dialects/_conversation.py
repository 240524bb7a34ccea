"""An order for a picture, read out of a conversation: the last thing the user said, and the pictures it is about.

Chat completions keep it in `messages`, the Responses API in `input`; their parts have two spellings each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from ..core import Image, Incoming
from ..core.errors import BadRequest
from ._fields import JsonFields, json_array, json_fields, json_pictures, json_value, read_body, wrong_type
from ._pictures import checked
from ._usual import missing

Recall = Callable[[str], Image | None]
"""A picture that was drawn before, by the id of its call."""

_TEXT = ("text", "input_text", "output_text")
_PICTURE = ("image_url", "input_image", "image")
_CALL = "image_generation_call"

WORDS = (
    "frequency_penalty",
    "include",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning",
    "reasoning_effort",
    "service_tier",
    "stop",
    "store",
    "stream_options",
    "temperature",
    "text",
    "top_k",
    "top_logprobs",
    "top_p",
    "truncation",
    "verbosity",
)
"""Fields about the words of an answer, how they are chosen, kept or paid. No model here chooses words, so
they are not reported as ignored: nothing of the picture was."""


class Order(NamedTuple):
    """`images` are to be edited."""

    prompt: str
    images: tuple[Image, ...]


@dataclass
class Turn:
    """What one message of the user says and shows, and what was drawn after it."""

    words: list[str] = field(default_factory=list)
    shown: list[tuple[str, msgspec.Raw]] = field(default_factory=list)
    drawn: list[tuple[str, msgspec.Raw | Image]] = field(default_factory=list)
    is_user: bool = True


def read_json(incoming: Incoming) -> JsonFields:
    fields = read_body(incoming)
    if isinstance(fields, JsonFields):
        return fields
    raise BadRequest("The body must be a JSON object, and it is a form.", code="invalid_json")


def said_of(fields: JsonFields) -> dict[str, Any]:
    """What was not taken, but nulls: clients with types write every field that they have."""
    return {name: value for name, value in fields.rest().items() if value is not None}


def read_order(
    fields: JsonFields,
    name: str,
    *,
    recall: Recall = lambda _: None,
    previous: Sequence[Image] = (),
    anew: bool = False,
) -> Order:
    """The last message of the user is the prompt. It is about the pictures that it shows and those drawn
    after it; when there are none, about the last ones before it, unless all is to begin `anew`.

    `previous` are the pictures of a conversation that is continued. Raises BadRequest.
    """
    raw = fields.raw(name)
    if raw is None:
        raise missing(name)
    if bytes(memoryview(raw)[:1]) == b'"':
        turns = [Turn([json_value(name, raw)])]
    else:
        turns = _turns(name, json_array(name, raw), recall)
    turns.insert(0, Turn(drawn=[(name, image) for image in previous], is_user=False))
    if not any(turn.is_user for turn in turns):
        raise BadRequest(f"'{name}' has no message of the user: it is the prompt.", param=name)
    *before, last = turns
    prompt = "\n".join(words for words in last.words if words.strip())
    if not prompt:
        raise BadRequest(
            f"The last message of the user in '{name}' has no text: it is the prompt.", param=name
        )
    held = [*last.shown, *last.drawn]
    while before and not held and not anew:
        turn = before.pop()
        held = [*(turn.drawn or turn.shown)]
    return Order(prompt, checked([image for each in held for image in _images(name, *each)], name))


def _images(name: str, where: str, held: msgspec.Raw | Image) -> list[Image]:
    return [held] if isinstance(held, Image) else json_pictures(name, where, held)


def _turns(name: str, items: list[msgspec.Raw], recall: Recall) -> list[Turn]:
    """At least one. What stands before the first message of the user is a turn without one."""
    turns = [Turn(is_user=False)]
    for at, raw in enumerate(items):
        where = f"{name}[{at}]"
        item = json_fields(where, raw)
        kind, role = item.text("type"), item.text("role")
        if kind in (_CALL, "item_reference"):
            turns[-1].drawn += _drawn(where, kind, item, recall)
        elif role == "user":
            turns.append(Turn())
            _read_user(where, item, turns[-1])
        elif role == "assistant":
            turns[-1].drawn += _shown_by_assistant(where, item)
    return turns if len(turns) == 1 or turns[0].drawn else turns[1:]


def _drawn(where: str, kind: str, item: JsonFields, recall: Recall) -> list[tuple[str, msgspec.Raw | Image]]:
    """The picture of an earlier call, which comes along or is remembered by its id."""
    result, id = item.raw("result"), item.text("id") or ""
    if kind == _CALL and result is not None:
        return [(f"{where}.result", result)]
    image = recall(id)
    if image is not None:
        return [(where, image)]
    if kind == _CALL or id.startswith("ig_"):
        raise BadRequest(
            f"'{where}' names a picture that is not remembered here any more: send it as the 'result' of an "
            "'image_generation_call'.",
            param=where,
            code="item_not_found",
        )
    return []


def _read_user(where: str, message: JsonFields, turn: Turn) -> None:
    content = message.raw("content")
    if content is None:
        return
    if bytes(memoryview(content)[:1]) == b'"':
        turn.words.append(json_value(f"{where}.content", content))
        return
    for at, kind, part, raw in _parts(f"{where}.content", content):
        if kind in _TEXT:
            turn.words.append(part.text("text") or "")
        elif kind in _PICTURE:
            turn.shown.append((at, raw))
        else:
            raise BadRequest(
                f"'{at}' is of the type '{kind}'. A picture is drawn from text and pictures: send "
                f"'{_TEXT[0]}' or '{_PICTURE[0]}'.",
                param=at,
            )


def _shown_by_assistant(where: str, message: JsonFields) -> list[tuple[str, msgspec.Raw | Image]]:
    """Pictures of an earlier answer: in `images`, as it was given, or among the parts of its content."""
    found: list[tuple[str, msgspec.Raw | Image]] = []
    images, content = message.raw("images"), message.raw("content")
    if images is not None:
        found += [
            (f"{where}.images[{at}]", raw) for at, raw in enumerate(json_array(f"{where}.images", images))
        ]
    if content is not None and bytes(memoryview(content)[:1]) == b"[":
        found += [(at, raw) for at, kind, _, raw in _parts(f"{where}.content", content) if kind in _PICTURE]
    return found


def _parts(where: str, content: msgspec.Raw) -> Iterator[tuple[str, str, JsonFields, msgspec.Raw]]:
    for position, raw in enumerate(json_array(where, content)):
        at = f"{where}[{position}]"
        part = json_fields(at, raw)
        kind = part.text("type")
        if kind is None:
            raise wrong_type(f"{at}.type", "a string", None)
        yield at, kind, part, raw

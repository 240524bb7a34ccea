"""Google's Interactions API, as far as it draws: what its documentation now shows for pictures.

Read 2026-11-20 from the types of google-genai 3.3. What was drawn is remembered for an hour, so that
`previous_interaction_id` goes on from it; nothing else of an interaction is stored.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
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
from ..core.errors import BadRequest, TintypeError, Unsupported
from ..wire import payload, sse
from . import _google_schemas as schemas
from ._fields import JsonFields, json_pictures, json_value, wrong_type
from ._gemini_contents import Turn, last_order, picture_at, turn_of
from ._google import (
    THINKING_LEVELS,
    enum_word,
    members,
    one_or_more,
    read_members,
    read_mime_type,
    read_shape,
    refuse,
    rest,
    starts,
    told,
)
from ._memory import Memory
from ._pictures import checked
from ._usual import answer_id, is_strict, missing, no_picture, read_store

_MAX_SEED = 2**31 - 1
_ROLES = {"user_input": "user", "user": "user", "model_output": "model", "model": "model"}
_PLACES = {
    "prompt": "input",
    "image": "input",
    "size": "response_format",
    "output_format": "response_format.mime_type",
    "seed": "generation_config.seed",
}


class Interactions:
    name = "interactions"
    paths: tuple[str, ...] = (
        "/interactions",
        *(f"/{version}/interactions" for version in ("v1beta", "v1alpha", "v1beta/v1", "v1beta/v1beta")),
    )
    asides: tuple[Aside, ...] = ()
    heartbeat = b"\n\n"

    def __init__(self) -> None:
        self._memory = Memory()

    def read(self, incoming: Incoming) -> ImageRequest:
        fields = read_members(incoming)
        if fields.flag("background"):
            raise Unsupported("'background': an interaction is answered at once here.", param="background")
        asked = _read_input(fields.raw("input"), self._previous(fields.text("previousInteractionId")))
        picture, words = _formats(fields)
        config = members("generation_config", fields.raw("generationConfig"))
        shape = members("image_config", config.raw("imageConfig"))
        is_shaped = picture.kind("aspectRatio") or picture.kind("imageSize")
        where = "response_format" if is_shaped else "generation_config.image_config"
        images = checked(asked.images, "input")
        delivery = picture.word("delivery", ("inline", "uri"))
        stored = read_store(fields.take("store"))
        return ImageRequest(
            model=(fields.text("model") or "").removeprefix("models/").strip(),
            prompt="\n".join(asked.words),
            size=read_shape(picture if is_shaped else shape, "imageSize", where, images),
            output_format=read_mime_type(picture, "mimeType"),
            seed=config.integer("seed", -_MAX_SEED - 1, _MAX_SEED),
            images=images,
            thinking_level=enum_word(config, "thinkingLevel", among=THINKING_LEVELS),
            wants_text=words,
            response_format="url" if delivery == "uri" else "b64_json",
            stream=fields.flag("stream"),
            strict=is_strict(incoming),
            extras=_extras(rest(fields), rest(picture), rest(config), rest(shape)),
            echo={"store": stored},
        )

    def _previous(self, id: str | None) -> tuple[Image, ...]:
        images = self._memory.find(id) if id else ()
        if id and not images:
            raise BadRequest(
                f"There is no interaction {id[:80]!r}. What was drawn is remembered for an hour: send it along.",
                param="previous_interaction_id",
                code="previous_interaction_not_found",
            )
        return tuple(images)

    def media_type(self, request: ImageRequest) -> str:
        return sse.MEDIA_TYPE if request.stream else "application/json"

    async def write(self, request: ImageRequest, events: Events, report: Report) -> AsyncIterator[Octets]:
        reply = _Reply(report)
        made: list[Completed | Text] = []
        async for event in events:
            if not isinstance(event, Completed | Text) or (
                isinstance(event, Text) and not request.wants_text
            ):
                continue
            if request.stream:
                for chunk in reply.frames(event, first=not made):
                    yield chunk
            made.append(event)
        pictures = [event for event in made if isinstance(event, Completed)]
        if not pictures:
            raise no_picture()
        if request.echo.get("store", True):
            self._memory.keep(reply.id, [picture.image for picture in pictures])
        used = sum((picture.usage for picture in pictures), Usage())
        for chunk in reply.closing(used) if request.stream else reply.document(made, used):
            yield chunk

    def write_error(self, error: TintypeError) -> Answer:
        status, body = told(error, _PLACES)
        return Answer(body=body, status=status)

    def write_error_frame(self, error: TintypeError) -> bytes:
        document = {"event_type": "error", "error": {"code": error.code, "message": str(error)}}
        return b"".join(sse.frame("error", [msgspec.json.encode(document)]))

    def describe(self, path: str) -> Operation:
        return schemas.interaction(path)


dialect: Dialect = Interactions()


class _Reply:
    """One interaction being told: a step of the model, in one document or in events."""

    def __init__(self, report: Report) -> None:
        self.id = f"v1_{answer_id(report)}"
        created = datetime.fromtimestamp(report.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._facts = {
            "id": self.id,
            "object": "interaction",
            "model": report.model,
            "created": created,
            "updated": created,
        }

    def document(self, made: list[Completed | Text], used: Usage) -> Iterator[Octets]:
        content = payload.array(_content(event) for event in sorted(made, key=lambda event: event.index))
        step = payload.object_holding({"type": "model_output"}, "content", content)
        head = {**self._facts, "status": "completed"}
        return payload.object_around(head, "steps", [step], {"usage": _usage(used)})

    def frames(self, event: Completed | Text, *, first: bool) -> Iterator[Octets]:
        if first:
            yield from _frame("interaction.created", interaction={**self._facts, "status": "in_progress"})
            yield from _frame("step.start", index=0, step={"type": "model_output"})
        head = {"event_type": "step.delta", "index": 0}
        yield from sse.frame("step.delta", payload.object_holding(head, "delta", _content(event)))

    def closing(self, used: Usage) -> Iterator[Octets]:
        yield from _frame("step.stop", index=0)
        done = {**self._facts, "status": "completed", "usage": _usage(used)}
        yield from _frame("interaction.completed", interaction=done)
        yield sse.DONE


def _frame(kind: str, **facts: Any) -> Iterator[Octets]:
    return sse.frame(kind, [msgspec.json.encode({"event_type": kind, **facts})])


def _content(event: Completed | Text) -> Iterator[Octets]:
    if isinstance(event, Text):
        yield msgspec.json.encode({"type": "text", "text": event.text})
        return
    facts = {"type": "image", "mime_type": f"image/{event.image.header().format or 'png'}"}
    if event.image.url is not None:
        yield msgspec.json.encode({**facts, "uri": event.image.url})
    else:
        yield from payload.object_with(facts, "data", event.image.as_base64())


def _usage(used: Usage) -> dict[str, Any]:
    def by_modality(text: int, image: int) -> list[dict[str, Any]]:
        counts = {"text": text, "image": image}
        return [{"modality": kind, "tokens": tokens} for kind, tokens in counts.items() if tokens]

    return {
        "total_tokens": used.total_tokens,
        "total_input_tokens": used.input_tokens,
        **({"total_cached_tokens": used.cached_in} if used.cached_in else {}),
        "input_tokens_by_modality": by_modality(used.text_in, used.image_in),
        "total_output_tokens": used.output_tokens,
        "output_tokens_by_modality": by_modality(used.text_out, used.image_out),
    }


def _read_input(raw: msgspec.Raw | None, previous: tuple[Image, ...]) -> Turn:
    """Text, one content, or an array of contents or of steps."""
    if raw is None:
        raise missing("input")
    turns = [Turn("model", images=list(previous))]
    for number, item in enumerate(one_or_more("input", raw)):
        where = f"input[{number}]"
        if starts(raw, b'"') or starts(item, b'"'):
            turn_of("user", turns).words.append(json_value("input", item))
            continue
        step = members(where, item)
        content = step.raw("content")
        if content is None:
            _read_content(where, step, turn_of("user", turns))
            continue
        kind = (step.text("type") or step.text("role") or "user").lower()
        if kind not in _ROLES:
            raise refuse(f"{where}.type", f"a model that draws takes no {kind[:40]!r}.")
        turn = turn_of(_ROLES[kind], turns)
        for place, part in enumerate(one_or_more(f"{where}.content", content)):
            if starts(part, b'"'):
                turn.words.append(json_value("input", part))
            else:
                at = f"{where}.content[{place}]"
                _read_content(at, members(at, part), turn)
    return last_order("input", turns)


def _read_content(where: str, content: JsonFields, turn: Turn) -> None:
    kind = (content.text("type") or "text").lower()
    if kind == "text":
        turn.words.append(content.text("text") or "")
    elif kind == "image":
        data = content.raw("data")
        if data is not None:
            turn.images += json_pictures("input", f"{where}.data", data)
        else:
            turn.images.append(picture_at(where, content.text("uri"), "data"))
    elif kind != "thought":
        raise refuse(where, f"a model that draws takes text and images, and no {kind[:40]!r}.")


def _formats(fields: JsonFields) -> tuple[JsonFields, bool]:
    """What is said of the picture, and whether words are welcome beside it. Raises Unsupported for words alone."""
    raw = fields.raw("responseFormat")
    found = [members("response_format", each) for each in one_or_more("response_format", raw)] if raw else []
    kinds = [(each.text("type") or "image").lower() for each in found]
    said = fields.take("responseModalities")
    modalities = [said] if isinstance(said, str) else said or kinds or ["image", "text"]
    if not isinstance(modalities, list) or not all(isinstance(word, str) for word in modalities):
        raise wrong_type("response_modalities", "an array of strings", said)
    wanted = {word.lower() for word in modalities}
    if "image" not in wanted or wanted - {"image", "text"}:
        raise Unsupported(
            "What is here draws: ask for an image, or for an image and text.", param="response_modalities"
        )
    picture = next((each for each, kind in zip(found, kinds, strict=True) if kind == "image"), JsonFields({}))
    return picture, "text" in wanted


def _extras(*found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    unknown = {name: value for each in found for name, value in each.items()}
    return {"interactions": unknown} if unknown else {}

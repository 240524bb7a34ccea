"""What OpenAI's Images API answers: the document, the frames of a stream, errors, and the list of models."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from ..core import (
    Answer,
    Completed,
    House,
    Image,
    ImageEvent,
    ImageRequest,
    Incoming,
    ModelCard,
    Octets,
    Partial,
    Report,
    Text,
    Usage,
)
from ..core.errors import TintypeError, UnknownModel
from ..wire import openai_images as wire
from ..wire import payload, sse

_PLAIN_QUALITIES = ("low", "medium", "high")  # the words that Codex's decoder knows
_NEW_QUALITIES = ("xhigh", "max")
_FORMATS = ("png", "jpeg", "webp", "gif")
_BACKGROUNDS = ("transparent", "opaque")


def document(
    request: ImageRequest,
    pictures: Sequence[Completed],
    report: Report,
    usage_members: Callable[[Usage], dict[str, Any]] = wire.write_usage,
) -> Iterator[Octets]:
    """The whole reply. What is not known of a picture is left out and never guessed from the request."""
    known = {name: fact for name, fact in facts(request, pictures[0]).items() if fact is not None}
    before: dict[str, Any] = {"created": report.created}
    if "background" in known:
        before["background"] = known.pop("background")
    usage = total(pictures)
    after: dict[str, Any] = known | ({"usage": usage_members(usage)} if usage.total_tokens else {})
    yield from payload.object_around(before, "data", data(request, pictures), after)


def total(pictures: Iterable[Completed]) -> Usage:
    return sum((picture.usage for picture in pictures), Usage())


def data(request: ImageRequest, pictures: Iterable[Completed]) -> Iterator[Iterator[Octets]]:
    """Each picture as a member of `data`."""
    for picture in pictures:
        rest = {"revised_prompt": picture.revised_prompt} if picture.revised_prompt else {}
        yield _picture(picture.image, rest, as_url=request.response_format == "url")


def frame(
    request: ImageRequest,
    event: ImageEvent,
    report: Report,
    *,
    output_details: bool = False,
    more: Mapping[str, Any] | None = None,
) -> Iterator[Octets]:
    """One event of a stream. Its schema requires every fact, and knows "auto" for those not known.

    `output_details`: whether its usage has them; `more` are members that a service adds after `type`.
    """
    if isinstance(event, Text):
        return
    told = {name: fact or "auto" for name, fact in facts(request, event).items()}
    if told["output_format"] == "auto":
        told["output_format"] = request.output_format or "png"
    verb = "image_edit" if request.images else "image_generation"
    kind = f"{verb}.{'partial_image' if isinstance(event, Partial) else 'completed'}"
    head: dict[str, Any] = {"type": kind, **(more or {}), "created_at": report.created, **told}
    if isinstance(event, Partial):
        head["partial_image_index"] = event.step
    else:
        head["usage"] = wire.write_usage(event.usage, output_details=output_details)
    yield from sse.frame(kind, _picture(event.image, head, as_url=False))


def facts(request: ImageRequest, event: Partial | Completed) -> dict[str, str | None]:
    """What is true of the picture: by its own header, and by what the provider says that it applied."""
    kind, size = event.image.header()
    quality = event.quality if isinstance(event, Completed) else None
    if quality in _NEW_QUALITIES and request.quality not in _NEW_QUALITIES:
        quality = "high"
    background = event.background if isinstance(event, Completed) else None
    return {
        "background": background if background in _BACKGROUNDS else None,
        "output_format": kind if kind in _FORMATS else None,
        "quality": quality if quality in (*_PLAIN_QUALITIES, *_NEW_QUALITIES) else None,
        "size": None if size is None else str(size),
    }


def _picture(image: Image, rest: dict[str, Any], *, as_url: bool) -> Iterator[Octets]:
    """`b64_json` or `url`, and never both: clients that find an address prefer it, and may not reach it.

    A caller who asked for an address and whose picture has none gets it as a data URL.
    """
    if image.url is not None and (as_url or not image.is_local):
        yield msgspec.json.encode({**rest, "url": image.url})
    elif as_url:
        prefix = b"data:image/%s;base64," % (image.header().format or "png").encode()
        yield from payload.object_with(rest, "url", image.as_base64(), prefix)
    else:
        yield from payload.object_with(rest, "b64_json", image.as_base64())


_TYPES: tuple[tuple[int | None, str | None, str | None, str], ...] = (
    # status, code, param -> type; the first line that fits; None fits all
    (None, "insufficient_quota", None, "insufficient_quota"),
    (None, "moderation_blocked", None, "image_generation_user_error"),
    (None, "invalid_image_file", None, "image_generation_user_error"),
    (None, "invalid_input_fidelity_model", None, "image_generation_user_error"),
    (400, "invalid_value", "size", "image_generation_user_error"),
    (402, None, None, "insufficient_quota"),
    (429, None, None, "requests"),
    (503, None, None, "service_unavailable_error"),
)


def error(error: TintypeError) -> bytes:
    return msgspec.json.encode({"error": error_members(error)})


def error_frame(error: TintypeError) -> bytes:
    return b"".join(
        sse.frame("error", [msgspec.json.encode({"type": "error", "error": error_members(error)})])
    )


def error_members(error: TintypeError) -> dict[str, Any]:
    told = (error.status, error.code, error.param)
    kind = next(
        (
            line[3]
            for line in _TYPES
            if all(want in (None, fact) for want, fact in zip(line, told, strict=False))
        ),
        "server_error" if error.status >= 500 else "invalid_request_error",
    )
    return {"message": str(error), "type": kind, "param": error.param, "code": error.code}


def listing(incoming: Incoming, house: House) -> Answer:
    """Every model."""
    models = [model_members(card, card.id) for card in house.cards()]
    return Answer(body=msgspec.json.encode({"object": "list", "data": models}))


def model(incoming: Incoming, house: House) -> Answer:
    """The model that the path names, by its id or another name of it. Raises UnknownModel."""
    wanted = incoming.path_params["id"]
    for card in house.cards():
        if wanted == card.id or wanted in card.aliases:
            return Answer(body=msgspec.json.encode(model_members(card, wanted)))
    raise UnknownModel(f"The model '{wanted}' does not exist or you do not have access to it.", param="model")


def model_members(card: ModelCard, name: str) -> dict[str, Any]:
    """OpenAI's four members, and what a caller would otherwise have to try out."""
    edits = card.max_input_images > 0
    return {
        "id": name,
        "object": "model",
        "created": unix_time(card.life.released) or 0,
        "owned_by": card.owned_by or card.provider,
        "capabilities": {
            "image_generation": True,
            "image_edit": edits,
            "mask": card.mask,
            "max_images": card.max_n,
            "max_input_images": card.max_input_images,
            "partial_images": card.partial_images,
            "qualities": card.qualities,
            "output_formats": card.formats,
            "backgrounds": card.backgrounds,
        },
        "sizes": [str(size) for size in card.sizes.listed] or [card.sizes.offer()],
        "endpoints": [f"/v1{wire.GENERATIONS}", *([f"/v1{wire.EDITS}"] if edits else [])],
        "retired": card.life.retired.isoformat() if card.life.retired else None,
    }


def unix_time(day: date | None) -> int | None:
    return None if day is None else int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())

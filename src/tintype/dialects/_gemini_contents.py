"""An order for a picture, read out of Gemini's `contents`: what the user said last, and the pictures it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..core import Image
from ..core.errors import BadRequest
from ._fields import json_pictures, json_value, wrong_type
from ._google import members, one_or_more, refuse, starts
from ._usual import missing

_GOOGLES = "://generativelanguage.googleapis.com/"
_BESIDE_THE_POINT = ("thoughtSignature", "videoMetadata", "partMetadata")


@dataclass
class Turn:
    """What the user said, or the model drew, without a word of the other in between."""

    role: str
    words: list[str] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    levels: list[Any] = field(default_factory=list)  # how finely single pictures are to be looked at


def read_contents(raw: msgspec.Raw | None) -> Turn:
    """Text, one content or part, or an array of any of these; what is asked for, see `last_order`."""
    if raw is None:
        raise missing("contents")
    turns: list[Turn] = []
    for number, item in enumerate(one_or_more("contents", raw)):
        _read_content(f"contents[{number}]", item, turns)
    return last_order("contents", turns)


def last_order(name: str, turns: Sequence[Turn]) -> Turn:
    """The last thing that the user said. It is about the pictures that it shows and those drawn after it;
    when there are none, about the last ones before it. Raises BadRequest.
    """
    at = max((at for at, turn in enumerate(turns) if turn.role == "user"), default=None)
    asked = Turn("user") if at is None else turns[at]
    if at is None or not any(words.strip() for words in asked.words):
        raise BadRequest(
            f"'{name}' has no text of the user: it is the prompt.",
            param=name,
            code="missing_required_parameter",
        )
    drawn_after = [image for turn in turns[at + 1 :] for image in turn.images]
    shown = [*asked.images, *drawn_after]
    while at and not shown:
        at -= 1
        shown = turns[at].images
    return Turn("user", asked.words, shown, asked.levels)


def turn_of(role: str, turns: list[Turn]) -> Turn:
    """The turn that goes on, or a new one."""
    if not turns or turns[-1].role != role:
        turns.append(Turn(role))
    return turns[-1]


def _read_content(where: str, raw: msgspec.Raw, turns: list[Turn]) -> None:
    role, parts = "user", [(where, raw)]
    if starts(raw, b"{"):
        fields = members(where, raw)
        inner = fields.raw("parts")
        if inner is not None:
            role = (fields.text("role") or "user").lower()
            found = one_or_more(f"{where}.parts", inner)
            parts = [(f"{where}.parts[{number}]", part) for number, part in enumerate(found)]
    if role not in ("user", "model"):
        raise BadRequest(
            f"'{where}.role' is {role[:40]!r}. Please use a valid role: user, model.", param="contents"
        )
    turn = turn_of(role, turns)
    for at, part in parts:
        _read_part(at, part, turn)


def _read_part(where: str, raw: msgspec.Raw, turn: Turn) -> None:
    if starts(raw, b'"'):
        turn.words.append(json_value("contents", raw))
        return
    if not starts(raw, b"{"):
        raise wrong_type(where, "a part: an object with `text` or `inlineData`", json_value("contents", raw))
    part = members(where, raw)
    thought = part.flag("thought")
    words = part.text("text")
    data, file = part.raw("inlineData"), part.raw("fileData")
    level = part.take("mediaResolution")
    for name in _BESIDE_THE_POINT:
        part.take(name)
    for name in part.rest():
        raise refuse(f"{where}.{name}", "a model that draws takes parts of `text` and `inlineData`.")
    if thought:  # among them may be pictures that the model did not keep
        return
    if words:
        turn.words.append(words)
    if level is not None:
        turn.levels.append(level)
    if data is not None:
        turn.images += _inline(f"{where}.inlineData", data)
    if file is not None:
        at = members(f"{where}.fileData", file).text("fileUri")
        turn.images.append(picture_at(f"{where}.fileData", at, "inlineData"))


def picture_at(where: str, address: str | None, otherwise: str) -> Image:
    """A picture at an address of the web, as we give them ourselves; Google's own files are not to be had from here.
    `otherwise` is the member in which a picture itself comes."""
    address = (address or "").strip()
    if not address.lower().startswith(("http://", "https://")) or _GOOGLES in address.lower():
        raise refuse(where, f"there is no file store here. Send the picture itself as `{otherwise}`.")
    return Image.from_url(address)


def _inline(where: str, raw: msgspec.Raw) -> list[Image]:
    blob = members(where, raw)
    data = blob.raw("data")
    if data is None:
        raise BadRequest(f"'{where}' has no `data`.", param="contents", code="missing_required_parameter")
    return json_pictures("contents", f"{where}.data", data)

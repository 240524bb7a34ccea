"""What dialects of OpenAI's manner read alike, and the errors that they share."""

from __future__ import annotations

import hashlib
import re
from typing import Literal, cast
from uuid import uuid4

from ..core import Completed, Format, Incoming, Partial, Report
from ..core.errors import BadRequest, Garbled, NoImage, Unsupported
from ._fields import Fields, wrong_type

MAX_SEED = 2**63 - 1

_FORMATS: dict[str, Format] = {"png": "png", "jpeg": "jpeg", "jpg": "jpeg", "webp": "webp"}
_VECTOR_OR_MOTION = ("gif", "svg")


def read_format(fields: Fields, name: str = "output_format") -> Format | None:
    word = fields.word(name, (*_FORMATS, *_VECTOR_OR_MOTION))
    if word in _VECTOR_OR_MOTION:
        raise Unsupported(
            f"'{word}' is not drawn here yet. Supported values are: 'png', 'jpeg', 'webp'.",
            param=name,
            code="unsupported_output_format",
        )
    return _FORMATS[word] if word else None


def read_background(fields: Fields) -> Literal["transparent", "opaque"] | None:
    word = unless_auto(fields.word("background", ("transparent", "opaque", "auto")))
    return cast("Literal['transparent', 'opaque'] | None", word)


def read_store(value: object) -> bool:
    """Whether what was drawn may be remembered: it may, unless `store` is false. What is no answer to that is refused,
    since whoever wrote it may have meant no."""
    if value is None or isinstance(value, bool):
        return value is not False
    raise wrong_type("store", "a boolean", value)


def no_picture() -> NoImage:
    """Said here too, whoever let it happen: clients break on an answer without a picture."""
    return NoImage("The model answered without a picture.")


def answer_id(report: Report) -> str:
    """32 letters that nobody guesses: the same whenever the same job is answered with."""
    return hashlib.sha256(report.job.encode()).hexdigest()[:32] if report.job else uuid4().hex


def check_held(picture: Completed | Partial) -> None:
    """For wires that have no word for an address. Raises Garbled for a picture that is only to be had at one."""
    if not picture.image.is_local:
        raise Garbled("The model answered with an address instead of a picture.", charged=True)


def missing(name: str) -> BadRequest:
    return BadRequest(f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")


def unless_auto(word: str | None) -> str | None:
    return None if word is None or word.lower() == "auto" else word


def is_strict(incoming: Incoming) -> bool:
    """RFC 7240, section 4.4."""
    prefer = incoming.headers.get("prefer")
    if prefer is None:
        return False
    wishes = re.split(r"[,;]", prefer.lower())
    return any(re.fullmatch(r'handling\s*=\s*"?strict"?', wish.strip()) for wish in wishes)

"""What services without a wire in common still say in the same way: a picture, a document, an empty account."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from ..core import Image, Octets
from ..core.errors import Garbled, NoImage, Rejected
from ..wire import payload

T = TypeVar("T")

_LONGEST = 500
"""Characters of an upstream's message that are passed on."""


def decoded(document: Octets, kind: type[T]) -> T:
    """An answer to an order. Raises Garbled."""
    try:
        return msgspec.json.decode(document, type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Garbled(
            f"The upstream's answer is not what its documentation says: {error}", charged=True
        ) from error


def error_of(body: bytes, kind: type[T]) -> T | None:
    """What an error answer says, where it is of this kind."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def picture(raw: msgspec.Raw) -> Image:
    """The picture of a JSON string: a data URL, or an address, which is not fetched. Raises Garbled and NoImage."""
    try:
        text = payload.string(raw)
        if text:
            return payload.asked(text)
    except ValueError as error:
        raise Garbled(f"The upstream's picture is {error}.", charged=True) from error
    raise NoImage("The upstream answered without a picture.", charged=True)


def out_of_credit(message: str) -> Rejected:
    return Rejected(f"Our account at the upstream is out of credit: {message}", code="upstream_out_of_credit")


def short(message: object) -> str:
    return str(message)[:_LONGEST] if message else "no reason given"

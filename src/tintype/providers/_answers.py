"""What services without a wire in common still say in the same way: a picture, a document, an empty account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import msgspec

from ..core import Image, Octets
from ..core.errors import Garbled, NoImage, Rejected, TintypeError
from ..transport.upstream import ReadError, Upstream
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


def taken(document: bytes, read_error: ReadError, upstream: Upstream) -> str:
    """What can be said of an answer to a look at the key that is not as it is documented.

    Raises what a failure under a 200 means, and Garbled for what is no document: a page for people, mostly, of an address
    that is not the API's.
    """
    with upstream.discreet():
        try:
            found = msgspec.json.decode(document)
        except (msgspec.DecodeError, ValueError, RecursionError):
            raise Garbled(f"{upstream.host} answered with a page, and with no document of an API") from None
        if isinstance(found, Mapping) and (error := found.get("error")):
            said = error.get("message") if isinstance(error, Mapping) else error
            raise read_error(200, document) or Rejected(f"{upstream.host} says no: {short(said)}")
    return "the key is taken"


def picture(raw: msgspec.Raw) -> Image:
    """The picture of a JSON string: a data URL, or an address, which is not fetched. Raises Garbled and NoImage."""
    try:
        text = payload.string(raw)
        if text:
            return payload.asked(text)
    except ValueError as error:
        raise Garbled(f"The upstream's picture is {error}.", charged=True) from error
    raise NoImage("The upstream answered without a picture.", charged=True)


def pictures(raws: Iterable[msgspec.Raw]) -> Iterator[Image]:
    """Those of several that are pictures: they are paid, whatever the others are. What is wrong with the first that is
    none is raised after them."""
    fault: TintypeError | None = None
    for raw in raws:
        try:
            image = picture(raw)
        except TintypeError as error:
            fault = fault or error
        else:
            yield image
    if fault is not None:
        raise fault


def whole(said: object) -> int | None:
    """A number that is told beside a picture, such as its seed; None for anything else, over which no picture is lost."""
    if isinstance(said, bool) or not isinstance(said, int | float) or not abs(said) < 2**63:
        return None
    return int(said) if said == int(said) else None


def text(said: object) -> str | None:
    """Words that are told beside a picture, such as its prompt as it was changed; None for anything else."""
    return said if isinstance(said, str) and said else None


def out_of_credit(message: str) -> Rejected:
    return Rejected(f"Our account at the upstream is out of credit: {message}", code="upstream_out_of_credit")


def short(message: object) -> str:
    return str(message)[:_LONGEST] if message else "no reason given"

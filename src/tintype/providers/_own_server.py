"""What the operator's own servers have in common: they send no bill, hear that a caller left, and answer with
addresses of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

import msgspec

from ..core import Completed, Image, ImageEvent
from ..core.errors import BadRequest, Garbled, TintypeError
from ..transport.upstream import DEADLINE, ReadError, Upstream

T = TypeVar("T")

DEFAULT = "default"
"""The `upstream_id` of whatever model a server has loaded, or lists first."""

FAREWELL = 5.0
"""Seconds that a server has to hear that nobody waits any more."""

_MEMORY = ("out of memory", "outofmemory", "allocation on device", "failed to allocate")
_PORTS = {"http": 80, "https": 443}
_farewells: set[asyncio.Task[None]] = set()  # the event loop itself forgets tasks that nobody holds


@contextmanager
def free_of_charge() -> Iterator[None]:
    """What fails within has cost nothing, so that it may be tried again."""
    try:
        yield
    except TintypeError as error:
        error.charged = False
        raise


async def leave(farewell: Coroutine[None, None, None]) -> None:
    """Say a last word to a server while our own work is being ended: to its end, but for `FAREWELL` seconds at most.

    The job's own deadline may be over, and does not count. A server that does not hear it raises nothing.
    """

    async def said() -> None:
        DEADLINE.set(None)
        with suppress(TintypeError, TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await farewell

    task = asyncio.create_task(said())
    _farewells.add(task)
    task.add_done_callback(_farewells.discard)
    await asyncio.shield(task)


def is_out_of_memory(text: str) -> bool:
    """Whether a server's complaint is that its graphics memory was full, which passes.

    >>> is_out_of_memory("torch.OutOfMemoryError: Allocation on device"), is_out_of_memory("no such file")
    (True, False)
    """
    text = text.lower()
    return any(sign in text for sign in _MEMORY)


def own_address(base_url: str, address: str) -> str | None:
    """Where a picture is that the server put on its own host; None for an address that is somebody else's.

    It is asked for at the scheme and the port of `base_url`, whatever a server behind a proxy thinks they are.

    >>> own_address("http://box:8080/v1/", "http://box:8080/generated-images/a.png")
    'http://box:8080/generated-images/a.png'
    >>> own_address("https://box/v1/", "http://box/a.png?x=1"), own_address("http://box:8080", "/a.png")
    ('https://box/a.png?x=1', 'http://box:8080/a.png')
    >>> own_address("http://box:8080/v1/", "http://box:22/a.png"), own_address("http://box", "http://x@box/a.png")
    (None, None)
    """
    try:
        ours, theirs = urlsplit(base_url), urlsplit(urljoin(base_url, address))
        same = ours.hostname == theirs.hostname and _port(ours) == _port(theirs)
    except ValueError:
        return None
    if not same or theirs.scheme not in _PORTS or "@" in theirs.netloc:
        return None
    return theirs._replace(scheme=ours.scheme, netloc=ours.netloc.rpartition("@")[2], fragment="").geturl()


def _port(parts: SplitResult) -> int | None:
    """None: the usual one, of either scheme."""
    return None if parts.port in (None, *_PORTS.values()) else parts.port


async def with_own_picture(
    event: ImageEvent, upstream: Upstream, base_url: str, read_error: ReadError
) -> ImageEvent:
    """The event with the picture itself, where that is at an address of the server's own."""
    if not isinstance(event, Completed) or event.image.is_local or not event.image.url:
        return event
    address = own_address(base_url, event.image.url)
    if address is None:
        return event
    return replace(event, image=checked(await upstream.get(address, read_error=read_error), upstream.host))


def checked(data: bytes, host: str) -> Image:
    """A file that came instead of a document. Raises Garbled for what is no picture."""
    image = Image.from_bytes(data)
    if image.header().format is None:
        raise Garbled(f"{host} sent a file that is no picture.")
    return image


def decode(document: bytes, kind: type[T], who: str) -> T:
    """Raises Garbled."""
    try:
        return msgspec.json.decode(document, type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Garbled(f"The answer of {who} cannot be read: {error}") from error


def bare_base64(image: Any) -> msgspec.Raw:
    """For msgspec: a picture within JSON, without the head of a data URL."""
    if not isinstance(image, Image):
        raise NotImplementedError(type(image))
    return msgspec.Raw(b'"%s"' % bytes(image.as_base64()))


def field_fault(detail: object, params: Mapping[str, str]) -> BadRequest | None:
    """FastAPI's word on a field that it does not take; `params` are our names of the server's fields."""
    if not isinstance(detail, list) or not detail or not isinstance(detail[0], Mapping):
        return None
    first = detail[0]
    where = [each for each in first.get("loc", ()) if isinstance(each, str) and each != "body"]
    param, code = where[-1] if where else None, first.get("type")
    return BadRequest(
        str(first.get("msg", "a value is out of range")),
        param=params.get(param, param) if param else None,
        code=code if isinstance(code, str) else None,
    )

"""Fetches a picture from an address that someone else wrote, without being led into the house's own network.

Whoever writes the address also rules the name server and the server behind it. So the host is looked up
here, once; every address that it has must be public; and the connection is pinned to one of those, so that
no second look-up can be answered otherwise. Each redirect is judged as a new address.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urljoin

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import ConnectError, ConnectTimeoutError, PyreqwestError
from pyreqwest.response import Response

from ..core.errors import BadRequest, TooManyRequests
from ..core.header import read_header
from ..core.request import FORMATS, MAX_IMAGE_BYTES
from .lookup import AT_ONCE, lookup
from .targets import Network, Resolve, Target, Unfetchable, find_addresses, read_target, shown
from .upstream import DEADLINE

CODE = "invalid_image_url"
REDIRECTS = 3
SECONDS = 10.0
_CONNECT_SECONDS = 4.0
TRIED = 2  # network addresses of a host, before it is given up
_SNIFFED = 16  # bytes that tell a picture's format
_PASSING = (408, 425, 429, 500, 502, 503, 504)  # what a server answers that may be well in a moment


@dataclass(slots=True, kw_only=True)
class Fetcher:
    """`allow`: networks that may be reached though they are not public. `seconds` is for all of a fetch.

    `roots`: certificates (PEM) to believe beside the system's. `at_once`: slow servers that callers own
    must not take all of the house's sockets and memory.
    """

    allow: tuple[Network, ...] = ()
    seconds: float = SECONDS
    resolve: Resolve = lookup
    roots: bytes | None = None
    at_once: int = AT_ONCE
    _room: asyncio.Semaphore = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._room = asyncio.Semaphore(self.at_once)

    async def fetch(
        self,
        url: str,
        *,
        param: str = "image",
        which: str = "The picture",
        limit: int = MAX_IMAGE_BYTES,
        pauses: Sequence[float] = (),
    ) -> bytes:
        """A file that starts as a PNG, JPEG, WebP or GIF does, of at most `limit` bytes.

        Raises BadRequest, which says why and tells nothing of what a server answered but its status, and
        TooManyRequests while `at_once` others are on their way. `pauses`: whoever must have it waits for these, and
        asks again after so many seconds each, while that may help and before the `DEADLINE`.
        """
        if not pauses and self._room.locked():
            raise TooManyRequests(f"{self.at_once} pictures are being fetched already.", retry_after=5)
        clock, seconds, left = asyncio.get_running_loop().time, self.seconds, iter(pauses)
        while True:
            try:
                async with self._room, asyncio.timeout(seconds):
                    return await self._follow(url.strip(), limit)
            except (TimeoutError, Passing) as error:
                reason = str(error) or f"it took longer than {seconds:.3g} seconds"
                pause, until = next(left, None), DEADLINE.get()
                if pause is None or (until is not None and clock() + pause >= until):
                    break
                await asyncio.sleep(pause)
                if until is not None:
                    seconds = min(seconds, until - clock())
            except Unfetchable as error:
                reason = str(error)
                break
        raise BadRequest(f"{which} cannot be fetched from {shown(url)}: {reason}.", param=param, code=CODE)

    async def _follow(self, url: str, limit: int) -> bytes:
        for _ in range(REDIRECTS + 1):
            target = read_target(url)
            found = await self._ask(target, await find_addresses(target, self._resolve, self.allow), limit)
            if isinstance(found, bytes):
                return found
            try:
                url = urljoin(url, found.location)
            except ValueError:
                raise Unfetchable("it redirects to what is no address") from None
        raise Unfetchable(f"it redirects more than {REDIRECTS} times")

    async def _resolve(self, host: str, port: int) -> Sequence[str]:
        try:
            return await self.resolve(host, port)
        except OSError:
            raise Passing("its host is not known") from None

    async def _ask(self, target: Target, addresses: Sequence[str], limit: int) -> bytes | Redirect:
        for address in addresses[:TRIED]:
            client = await asyncio.to_thread(build_client, target, address, self.seconds, self.roots)
            try:
                async with client.get(target.url).streamed_read_buffer_limit(0).build_streamed() as response:
                    return await _read(response, limit)
            except (ConnectError, ConnectTimeoutError):
                pass
            except (PyreqwestError, ValueError):
                break
            finally:
                await client.close()
        raise Passing("the connection failed or was cut")


class Passing(Unfetchable):
    """What may be over in a moment."""


class Redirect(NamedTuple):
    location: str


async def _read(response: Response, limit: int) -> bytes | Redirect:
    location = response.get_header("location")
    if response.status in (301, 302, 303, 307, 308) and location:
        return Redirect(location)
    if response.status != 200:
        raise (Passing if response.status in _PASSING else Unfetchable)(f"it answered {response.status}")
    # A small body may unfold to gigabytes.
    if (response.get_header("content-encoding") or "identity").strip().lower() != "identity":
        raise Unfetchable("it came compressed, which was not asked for")
    length = response.get_header("content-length") or ""
    too_large = Unfetchable(f"it has more than {limit / 1e6:g} MB")
    if length.isdecimal() and (len(length) > 18 or int(length) > limit):
        raise too_large
    body, sniffed = bytearray(), False
    while (chunk := await response.body_reader.read_chunk()) is not None:
        body += memoryview(chunk)
        if len(body) > limit:
            raise too_large
        if not sniffed and len(body) >= _SNIFFED:
            sniffed = _check(body)
    _check(body)
    return bytes(body)


def _check(body: bytearray) -> bool:
    """Nothing but a picture is read to its end, whatever it is declared to be."""
    if read_header(memoryview(body)[:_SNIFFED]).format not in (*FORMATS, "gif"):
        raise Unfetchable("what is there is no picture: png, jpeg, webp and gif are taken")
    return True


def build_client(
    target: Target, address: str, seconds: float, roots: bytes | None, accept: str = "image/*"
) -> Client:
    """One that knows the way to this host only, and takes nothing along. Takes some milliseconds."""
    builder = (
        ClientBuilder()
        .resolve(target.host, address, target.port)
        .no_proxy()  # a proxy would look the name up again
        .follow_redirects(False)
        .referer(False)
        .default_cookie_store(False)
        .gzip(False)
        .brotli(False)
        .zstd(False)
        .deflate(False)
        .http1_only()
        .user_agent("tintype")
        .default_headers({"accept": accept, "accept-encoding": "identity"})
        .connect_timeout(timedelta(seconds=min(_CONNECT_SECONDS, seconds)))
        .timeout(timedelta(seconds=seconds + 1))  # for what goes on after the reader has left
    )
    return (builder if roots is None else builder.add_root_certificate_pem(roots)).build()

"""Fetches a picture from an address that someone else wrote, without being led into the house's own network.

Whoever writes the address also rules the name server and the server behind it. So the host is looked up
here, once; every address that it has must be public; and the connection is pinned to one of those, so that
no second look-up can be answered otherwise. Each redirect is judged as a new address.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import ConnectError, ConnectTimeoutError, PyreqwestError
from pyreqwest.http import Url
from pyreqwest.response import Response

from ..core.errors import BadRequest, TooManyRequests
from ..core.header import read_header
from ..core.request import FORMATS, MAX_IMAGE_BYTES
from .upstream import DEADLINE

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""A name and a port to the network addresses that it has. Raises OSError."""

CODE = "invalid_image_url"
REDIRECTS = 3
SECONDS = 10.0
AT_ONCE = 64
_CONNECT_SECONDS = 4.0
_lookups = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="lookup")
TRIED = 2  # network addresses of a host, before it is given up
_LONGEST = 8192
_SNIFFED = 16  # bytes that tell a picture's format
_PASSING = (408, 425, 429, 500, 502, 503, 504)  # what a server answers that may be well in a moment

# IANA's special-purpose registries (2026-11): what is not to be reached from the public internet, or leads
# elsewhere. The last is Azure's own service for each virtual machine, at a public address.
_CLOSED = """
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
168.63.129.16/32
"""
_CLOSED_4 = tuple(map(IPv4Network, _CLOSED.split()))
# Of IPv6 this alone is public: IPv4-mapped, NAT64, local and multicast addresses are outside of it.
_OPEN_6 = IPv6Network("2000::/3")
_CLOSED_6 = (
    IPv6Network("2001::/23"),  # Teredo, ORCHID and other protocols' own
    IPv6Network("2001:db8::/32"),
    IPv6Network("2002::/16"),  # 6to4 carries an IPv4 address
    IPv6Network("3fff::/20"),
)

_unwritable = re.compile(r"[\x00-\x20\x7f\\]")
_name = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\Z")
_number = re.compile(r"(0x[0-9a-f]*|[0-9]+)\Z")  # browsers read such a last label as an IPv4 address


class Unfetchable(Exception):
    """Why an address gives no picture, or takes no message; the text ends a sentence."""


class Target(NamedTuple):
    """An address that may be asked, once its host has been looked up. `path` has the query in it."""

    scheme: str
    host: str  # a name, or an IPv4 or IPv6 address without brackets
    port: int
    path: str

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"


async def lookup(host: str, port: int) -> Sequence[str]:
    """The system's own answer, in its order. A name server that someone else owns may keep silent for half a minute, and
    the event loop has but a handful of threads for that (uvloop four, asyncio those of all else): these are its own."""
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_lookups, ask)
    return [str(entry[4][0]) for entry in found]


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


def read_target(url: str) -> Target:
    """Raises Unfetchable for an address that nobody is asked about, or that can be read in two ways."""
    if len(url) > _LONGEST:
        raise Unfetchable(f"it has more than {_LONGEST} letters")
    if _unwritable.search(url):
        raise Unfetchable("there is a space, a backslash or a control character in it")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Unfetchable("it is no address") from None
    if parts.scheme not in ("http", "https"):
        raise Unfetchable("only http and https are asked")
    if "@" in parts.netloc:
        raise Unfetchable("there is a name or a password in it")
    if port is None:
        port = 443 if parts.scheme == "https" else 80
    if port not in (80, 443) and port < 1024:
        raise Unfetchable(f"port {port} is asked for nothing")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = Target(parts.scheme, _read_host(parts), port, path)
    try:
        same = _plain((Url(target.url).host_str or "").strip("[]")) == _plain(target.host)
    except ValueError:
        same = False
    if not same:  # the client would look up what it reads, and not what was judged
        raise Unfetchable("its host is no name that can be looked up")
    return target


async def find_addresses(target: Target, resolve: Resolve, allow: tuple[Network, ...]) -> list[str]:
    """Where the host is. Raises Unfetchable. One closed address among them spoils all: that is how a name is rebound."""
    try:
        found = [str(ip_address(target.host))]
    except ValueError:
        try:
            found = list(dict.fromkeys(await resolve(target.host, target.port)))
        except (OSError, ValueError):
            found = []
    if not found:
        raise Unfetchable("its host is not known")
    if not all(is_open(address, allow) for address in found):
        raise Unfetchable("its host is in a network that is not public")
    return found


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


def _plain(host: str) -> Address | str:
    """For comparing: an IPv6 address can be written in several ways."""
    try:
        return ip_address(host)
    except ValueError:
        return host


def _read_host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if parts.netloc.startswith("["):
        try:
            return str(IPv6Address(host))
        except ValueError:
            raise Unfetchable("its host is no network address") from None
    try:
        host = host.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError:
        host = ""
    if not _name.match(host):
        raise Unfetchable("its host is no name that can be looked up")
    if _number.match(host.rpartition(".")[2]):
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise Unfetchable("its host is a number that is not written as 192.0.2.1 is") from None
    return host


def is_open(address: str, allow: Iterable[Network] = ()) -> bool:
    """Whether a network address may be connected to.

    >>> [is_open(address) for address in ("1.1.1.1", "10.1.2.3", "::ffff:1.1.1.1", "2606:4700::1111")]
    [True, False, False, True]
    >>> is_open("10.1.2.3", [IPv4Network("10.0.0.0/8")])
    True
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.scope_id is not None:
        return False
    if any(found in network for network in allow):
        return True
    if isinstance(found, IPv4Address):
        return not any(found in network for network in _CLOSED_4)
    return found in _OPEN_6 and not any(found in network for network in _CLOSED_6)


def shown(url: str) -> str:
    """An address as it may be repeated: without a password, and without what its query may hold.

    >>> shown("https://me:secret@a.test/cat.png?key=1#top")
    'https://a.test/cat.png'
    """
    bare = re.split(r"[?#]", url.strip(), maxsplit=1)[0]
    scheme, colon, rest = bare.rpartition("://")
    authority, slash, path = rest.partition("/")
    text = scheme + colon + authority.rpartition("@")[2] + slash + path
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= 120 else text[:119] + "\u2026"

"""Reads addresses that someone else wrote, and judges whether they may be asked.

Whoever writes an address also rules its name server. So every network address that the host has must be public: one that
is not spoils all. What may be repeated of an address, in a message or a log, is `shown`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from pyreqwest.http import Url

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""A name and a port to the network addresses that it has. Raises OSError."""

_LONGEST = 8192

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

"""Who may use the admin API: a key with admin scope, or, while there is no key at all, whoever sits at this machine.

A web page in a browser on this machine reaches loopback too, and so does a reverse proxy. Neither is somebody who
sits here: a page shows itself by its Origin, one that has made its own name lead here by its Host, and a proxy by the
headers that it adds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address

from ..core import Caller
from ..core.errors import Forbidden, Unauthenticated
from .door import Keys
from .endpoint import head_of
from .http import Scope

_HOW = "`tintype keys create --admin` makes one."
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


async def admit(scope: Scope, keys: Keys) -> Caller:
    """Who it is. Raises Unauthenticated and Forbidden."""
    head = replace(head_of(scope), query={})  # `?key=` says which key is meant, and is no place for one's own
    if await keys.any():
        if head.key is None:
            raise Unauthenticated(
                f"This takes a key with admin scope, as `Authorization: Bearer KEY`. {_HOW}"
            )
        caller = await keys.caller(head.key)
        if not caller.admin:
            raise Forbidden(f"This takes a key with admin scope, and this one has none. {_HOW}")
        return caller
    if not is_loopback((scope.get("client") or ("",))[0]) or any(name in head.headers for name in _FORWARDED):
        raise Unauthenticated(
            f"While there is no key, this is only for callers on the server's own machine, without a proxy. {_HOW}"
        )
    _check_browser(head.headers, scope["scheme"])
    return Caller(name="this machine", admin=True)


def _check_browser(headers: Mapping[str, str], scheme: str) -> None:
    host = headers.get("host", "")
    if not _is_plain(host):
        raise Forbidden(
            f"While there is no key, this is not reached by the name {host[:80]!r}: use 127.0.0.1."
        )
    origin = headers.get("origin")
    if origin is not None and origin != f"{scheme}://{host}":
        raise Forbidden(f"While there is no key, pages of {origin[:80]!r} may not use this. {_HOW}")
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise Forbidden(f"While there is no key, pages of other sites may not use this. {_HOW}")


def is_loopback(address: str) -> bool:
    """
    >>> is_loopback("127.0.0.9"), is_loopback("::1"), is_loopback("::ffff:127.0.0.1"), is_loopback("10.0.0.1")
    (True, True, True, False)
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return found.is_loopback or bool((mapped := getattr(found, "ipv4_mapped", None)) and mapped.is_loopback)


def _is_plain(host: str) -> bool:
    """Whether a Host header is an address or localhost: no other name can be trusted to be this machine's.

    >>> _is_plain("127.0.0.1:8080"), _is_plain("[::1]:8080"), _is_plain("localhost"), _is_plain("evil.test:8080")
    (True, True, True, False)
    """
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
    if name.lower() == "localhost":
        return True
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True

"""Where a caller reached us: as a proxy in front says, or as the request itself."""

from __future__ import annotations

import re
from collections.abc import Mapping

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{0,5})?")
_SCHEME = re.compile(r"https?")
_PAIR = re.compile(
    r"[ \t]*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(\"(?:[^\"\\]|\\.)*\"|[^\",; \t]*)[ \t]*)?([;,]|\Z)"
)


def base_url_of(scheme: str, headers: Mapping[str, str]) -> str:
    """An address without a path. What is no host, or no scheme of ours, is not repeated: it would go into documents.

    >>> base_url_of("http", {"host": "10.0.0.2:8080", "x-forwarded-proto": "https", "x-forwarded-host": "t.test"})
    'https://t.test'
    >>> base_url_of("http", {"host": "10.0.0.2:8080", "forwarded": 'for=192.0.2.1;host="t.test:8443";proto=https'})
    'https://t.test:8443'

    `Forwarded` counts only where none of the others is there: a proxy that sets those passes it on as its caller wrote it.
    """
    host, proto = (_first(headers.get(name, "")) for name in ("x-forwarded-host", "x-forwarded-proto"))
    if "forwarded" in headers and not (host or proto):
        told = read_forwarded(headers["forwarded"])
        host, proto = told.get("host", ""), told.get("proto", "")
    if not _HOST.fullmatch(host):
        host = headers.get("host", "")
    if not _HOST.fullmatch(host):
        host = "127.0.0.1"
    proto = proto.lower()
    return f"{proto if _SCHEME.fullmatch(proto) else scheme}://{host}"


def read_forwarded(header: str) -> dict[str, str]:
    """What the first of the proxies says (RFC 7239, section 4): the one that the caller reached. Of one that cannot be
    read, nothing.

    >>> read_forwarded('For="[2001:db8::1]:80"; Host=t.test, for=10.0.0.1')
    {'for': '[2001:db8::1]:80', 'host': 't.test'}
    """
    found: dict[str, str] = {}
    at, end = 0, ";"
    while end == ";":
        pair = _PAIR.match(header, at)
        if pair is None:
            return {}
        name, value, end = pair.groups()
        if name:
            quoted = value.startswith('"')
            found.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", value[1:-1]) if quoted else value)
        at = pair.end()
    return found


def _first(header: str) -> str:
    return header.partition(",")[0].strip()

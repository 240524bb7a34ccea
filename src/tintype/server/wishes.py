"""How a caller wants to be answered beside the dialect: now, later, or whichever comes first."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..core import Caller, Incoming
from ..core.errors import BadRequest
from ..gateway.purchase import Once

LONGEST_NAME = 255
"""Characters of an Idempotency-Key."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """`wait`: the seconds after which an answer that is not there yet is fetched later; None: it is waited for."""

    wait: float | None = None
    applied: str = ""  # as RFC 7240's Preference-Applied tells it


NOW = Wishes()


def read_wishes(headers: Mapping[str, str]) -> Wishes:
    """RFC 7240, sections 4.1 and 4.3. A preference that cannot be read is none, as the RFC has it.

    >>> read_wishes({"prefer": "respond-async, wait=10"})
    Wishes(wait=10.0, applied='respond-async, wait=10')
    >>> read_wishes({"prefer": "handling=strict; wait=2.5"}).wait, read_wishes({"prefer": "respond-async"}).wait
    (None, 0.0)
    """
    prefer = headers.get("prefer")
    if prefer is None:
        return NOW
    wait, applied = None, []
    for wish in re.split(r"[,;]", prefer.lower()):
        wish = wish.strip()
        if wish == "respond-async":
            wait = 0.0 if wait is None else wait
            applied.append(wish)
        elif found := re.fullmatch(r'wait\s*=\s*"?([0-9]{1,6})"?', wish):
            wait = float(found[1])
            applied.append(f"wait={found[1]}")
    return Wishes(wait, ", ".join(applied))


def read_once(incoming: Incoming, caller: Caller, dialect: str) -> Once:
    """Which order this is, for a caller who names it or whose SDK tells when it tries again.

    Raises BadRequest for a name that is none.
    """
    name = incoming.headers.get("idempotency-key", "").strip()
    if not name and "x-stainless-retry-count" not in incoming.headers:
        return Once()
    if len(name) > LONGEST_NAME or not name.isascii() or not (name.isprintable() or not name):
        raise BadRequest(
            f"An Idempotency-Key is at most {LONGEST_NAME} printable ASCII characters.",
            param="Idempotency-Key",
        )
    whose = caller.key or caller.turn
    unique = hashlib.sha256(f"{whose}\n{name}".encode()).hexdigest() if name else ""
    return Once(name=unique, fingerprint=fingerprint(incoming, dialect))


def is_retry(incoming: Incoming) -> bool:
    """Whether an SDK of OpenAI's says that it has sent this before."""
    return incoming.headers.get("x-stainless-retry-count", "0").strip() not in ("", "0")


def fingerprint(incoming: Incoming, dialect: str) -> str:
    """The same for the same order, however often it is sent: an SDK makes up a form's boundary anew each time."""
    digest = hashlib.sha256(f"{dialect}\n{incoming.path}\n{sorted(incoming.path_params.items())}\n".encode())
    found = re.search(r'boundary="?([^";,\s]+)', incoming.content_type)
    boundary = found[1].encode() if found else b""
    view, start = memoryview(incoming.body), 0
    while boundary and (at := incoming.body.find(boundary, start)) >= 0:
        digest.update(view[start:at])
        start = at + len(boundary)
    digest.update(view[start:])
    return digest.hexdigest()

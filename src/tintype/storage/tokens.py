"""The part of an address that nobody can guess: which picture, until when, and the proof that this house said so."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from .names import MEDIA_TYPES, Name, gone

_HOUR, _TIME, _HASH = 3, 4, 32  # bytes of each
_MAC = 18
"""Bytes of the HMAC that are told: more than the half that RFC 2104 (5) asks for, and 57 bytes in all are 76 letters
without a bit to spare, so that every letter counts."""

_TOKEN = re.compile(r"([A-Za-z0-9_-]{76})\.([a-z]{3,4})", re.ASCII)


def write_token(secret: bytes, name: Name, expires: float) -> str:
    """76 letters and the ending of the picture's format."""
    told = name.hour.to_bytes(_HOUR) + math.ceil(expires).to_bytes(_TIME) + name.hash
    return f"{urlsafe_b64encode(told + _proof(secret, told, name.kind)).decode()}.{name.kind}"


def read_token(secret: bytes, token: str, now: float) -> tuple[Name, float]:
    """The picture's name, and until when the token is good. Raises NotFound for one that is not, or no longer."""
    found = _TOKEN.fullmatch(token)
    if found is None or found[2] not in MEDIA_TYPES:
        raise gone()
    data, kind = urlsafe_b64decode(found[1]), found[2]
    told, proof = data[:-_MAC], data[-_MAC:]
    if not hmac.compare_digest(proof, _proof(secret, told, kind)):
        raise gone()
    expires = int.from_bytes(told[_HOUR : _HOUR + _TIME])
    if now >= expires:
        raise gone()
    return Name(int.from_bytes(told[:_HOUR]), told[_HOUR + _TIME :], kind), float(expires)


def _proof(secret: bytes, told: bytes, kind: str) -> bytes:
    """The first word keeps it apart from all else that this secret may sign one day."""
    return hmac.new(secret, b"picture\0" + told + kind.encode(), hashlib.sha256).digest()[:_MAC]

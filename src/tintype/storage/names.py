"""What a picture is called in the store: the hour in which it expires, a hash, and its format."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple, Self

from ..core.errors import NotFound

HOUR = 3600
LATEST = 4_102_444_800.0
"""The year 2100, in Unix time: nothing is kept for longer, whatever was asked."""

MEDIA_TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "avif": "image/avif",
    "heic": "image/heic",
    "bmp": "image/bmp",
    "tiff": "image/tiff",
    "bin": "application/octet-stream",
}
"""By the ending of a name. What is none of these is "bin", which no browser runs."""

_PATH = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2})/([0-9a-f]{64})\.([a-z]{3,4})", re.ASCII)


class Name(NamedTuple):
    """`hour` counts from 1970; once it is over, the picture may be swept away. `hash` is half of the SHA-256 of its
    bytes, and half of that of its owner.

    >>> name = Name(499_045, bytes(32), "png")
    >>> name.path[:24], name.media_type, Name.parse(name.path) == name
    ('2026-12-06T13/0000000000', 'image/png', True)
    """

    hour: int
    hash: bytes
    kind: str

    @classmethod
    def of(cls, hash: bytes, kind: str, expires: float) -> Self:
        return cls(int(expires // HOUR), hash, kind if kind in MEDIA_TYPES else "bin")

    @classmethod
    def parse(cls, path: str) -> Self:
        """Raises NotFound for what is no path of this store: so nothing else in it can be reached."""
        found = _PATH.fullmatch(path)
        hour = hour_of(found[1]) if found else None
        if found is None or hour is None or found[3] not in MEDIA_TYPES:
            raise gone()
        return cls(hour, bytes.fromhex(found[2]), found[3])

    @classmethod
    def find(cls, text: str) -> Self | None:
        """The one that a text ends with."""
        found = "/".join(text.rsplit("/", 2)[-2:])
        try:
            return cls.parse(found)
        except NotFound:
            return None

    @property
    def path(self) -> str:
        return f"{folder_of(self.hour)}/{self.hash.hex()}.{self.kind}"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.kind]

    @property
    def disposition(self) -> str:
        """Shown and not saved, and under a name of its own where it is saved."""
        return f'inline; filename="tintype-{self.hash.hex()[:12]}.{self.kind}"'


def folder_of(hour: int) -> str:
    return datetime.fromtimestamp(hour * HOUR, UTC).strftime("%Y-%m-%dT%H")


def hour_of(folder: str) -> int | None:
    """
    >>> hour_of("1970-01-02T03"), hour_of("1970-01-02T24"), hour_of("lost+found"), hour_of("0001-01-01T00")
    (27, None, None, None)
    """
    try:
        moment = datetime.strptime(folder, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError:
        return None
    hour = int(moment.timestamp() // HOUR)
    # `strptime` also takes "2026-1-2T3".
    return hour if hour >= 0 and folder_of(hour) == folder else None


def gone() -> NotFound:
    return NotFound("This picture is gone, or never was: its time is over, or it was deleted.")

"""A picture, kept in whichever form it arrived and converted only when asked.

base64 ⇄ bytes      free of I/O, done here, remembered
url    → bytes      needs the network
bytes  → url        needs a store
"""

from __future__ import annotations

import base64
from typing import Self

from .credentials import has_credentials
from .header import HEAD, Header, read_header

Octets = bytes | memoryview

_STANDARD = bytes.maketrans(b"-_", b"+/")  # a JPEG begins with "/9j/", or "_9j_" where it is URL-safe
_SHORT_HEAD = 1024  # characters; enough for all but a JPEG, and 70 times quicker to decode than HEAD


class Image:
    """One picture.

    >>> Image.from_bytes(b"hi").as_base64()
    b'aGk='

    Base64 is kept as bytes, never `str`, so that a dialect can place it in a
    reply without copying it: `Image.from_base64(view).as_base64() is view`.
    """

    __slots__ = ("_base64", "_bytes", "_header", "url")

    _base64: Octets | None
    _bytes: Octets | None
    _header: Header | None
    url: str | None

    @classmethod
    def from_base64(cls, data: Octets) -> Self:
        return cls._with(data, None, None)

    @classmethod
    def from_bytes(cls, data: Octets) -> Self:
        return cls._with(None, data, None)

    @classmethod
    def from_url(cls, url: str) -> Self:
        return cls._with(None, None, url)

    def at(self, url: str) -> Image:
        """The same picture, which is now to be had at an address as well."""
        return Image._with(self._base64, self._bytes, url)

    @classmethod
    def _with(cls, b64: Octets | None, data: Octets | None, url: str | None) -> Self:
        image = cls.__new__(cls)
        image._base64, image._bytes, image._header, image.url = b64, data, None, url
        return image

    @property
    def is_local(self) -> bool:
        """Whether the pixels are here, rather than behind `url`."""
        return self._base64 is not None or self._bytes is not None

    def as_base64(self) -> Octets:
        if self._base64 is None:
            self._base64 = base64.b64encode(self.as_bytes())
        return self._base64

    def as_bytes(self) -> Octets:
        if self._bytes is None:
            if self._base64 is None:
                raise LookupError(f"picture is still at {self.url!r}: fetch it first")
            self._bytes = base64.b64decode(self._base64)
        return self._bytes

    def header(self) -> Header:
        """The format and size that the picture itself tells; no more than its head is decoded, once.

        Never raises: what is not a picture, nor even base64, has neither.
        """
        if self._header is None:
            self._header = self._read_header()
        return self._header

    def _read_header(self) -> Header:
        if self._bytes is not None:
            return read_header(self._bytes)
        if self._base64 is None:
            return Header(None, None)
        header = self._decoded_header(_SHORT_HEAD)
        if header.format == "jpeg" and header.size is None:
            return self._decoded_header(HEAD // 3 * 4)
        return header

    def _decoded_header(self, letters: int) -> Header:
        assert self._base64 is not None
        head = b"".join(bytes(self._base64[:letters]).split())  # some encoders break lines
        try:
            return read_header(base64.b64decode(head[: len(head) // 4 * 4].translate(_STANDARD)))
        except ValueError:
            return Header(None, None)

    def has_credentials(self) -> bool:
        """Whether it carries content credentials (C2PA); False while it is still behind a URL, and for broken base64.

        Decodes base64: ask it of pictures that are opened anyway.
        """
        try:
            return self.is_local and has_credentials(self.as_bytes())
        except ValueError:
            return False

    def weight(self) -> int:
        """How many bytes the picture is, without decoding it; 0 while it is still behind a URL."""
        if self._bytes is not None:
            return len(self._bytes)
        return len(self._base64) * 3 // 4 if self._base64 is not None else 0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Image):
            return NotImplemented
        if self.is_local and other.is_local:
            return self.as_bytes() == other.as_bytes()
        return self.url == other.url

    __hash__ = None  # type: ignore[assignment]  # equal pictures may be held in different forms

    def __repr__(self) -> str:
        forms = [
            name
            for name, held in (("base64", self._base64), ("bytes", self._bytes), ("url", self.url))
            if held is not None
        ]
        return f"<Image {'+'.join(forms)}>"

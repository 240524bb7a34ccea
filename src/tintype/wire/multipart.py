"""multipart/form-data: a body to its parts and back, without copying what is in them.

Stock form readers fail real clients in five ways: a file without a file name is decoded as
text, `image%5B%5D` keeps its encoding, a long text is refused, a declared type is believed,
and a fault is a 500. Here a part is bytes with a name, and what it is, is for its reader to say.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from secrets import token_hex
from typing import NamedTuple
from urllib.parse import unquote, unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from ..core import Octets
from ..core.errors import BadRequest

MAX_PARTS = 256
MAX_HEADERS = 16
MAX_HEADER_BYTES = 8192

# The parser warns of every fault in a body, and the caller is told anyway. Not a logger of the tree, which
# whoever configures logging would turn on again.
_unheard = logging.Logger("multipart", logging.CRITICAL + 1)

_parameter = re.compile(
    r"""\s*;\s*([\w!#$&+.^`|~-]+\*?)\s*=\s*(?:"((?:\\"|[^"])*)"(?=\s*(?:;|$))|([^;"]*))""", re.DOTALL
)
_escaped = re.compile(r'\\(["\\])')


class Part(NamedTuple):
    """One field. `filename` is None when the part has none, as Ruby's file parts."""

    name: str
    data: memoryview
    filename: str | None = None


def read(body: bytes, content_type: str) -> list[Part]:
    """The parts of a whole body, in its order, as views of it. Raises BadRequest, and nothing else."""
    boundary = _boundary(content_type)
    body = _without_preamble(body, boundary)
    reader = _Reader(body)
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": reader.begin,
                "on_header_field": reader.header_field,
                "on_header_value": reader.header_value,
                "on_part_data": reader.part_data,
                "on_part_end": reader.end_part,
                "on_end": reader.end,
            },
            max_header_count=MAX_HEADERS,
            max_header_size=MAX_HEADER_BYTES,
        )
        parser.logger = _unheard
        parser.write(body)
    except FormParserError as error:
        raise BadRequest(f"The multipart body is malformed: {error}", code="invalid_multipart") from error
    if not reader.whole:
        raise BadRequest(
            "The multipart body ends before its closing boundary: it was cut off on the way, or the "
            "boundary in it is not the one of the Content-Type header.",
            code="invalid_multipart",
        )
    return reader.parts


def _without_preamble(body: bytes, boundary: bytes) -> bytes:
    """What stands before the first boundary is for readers of mail, and to be skipped (RFC 2046, 5.1.1)."""
    if body[: len(boundary) + 64].lstrip(b"\r\n").startswith(b"--" + boundary):
        return body
    at = body.find(b"\r\n--" + boundary)
    return body if at < 0 else body[at:]


class _Reader:
    """The callbacks. Since the parser is fed the whole body at once, each value is one slice of it."""

    def __init__(self, body: bytes) -> None:
        self.parts: list[Part] = []
        self.whole = False
        self._body = memoryview(body)
        self._field = b""
        self._disposition = ""
        self._span = (0, 0)

    def begin(self) -> None:
        if len(self.parts) == MAX_PARTS:
            raise BadRequest(f"A form has at most {MAX_PARTS} parts.", code="invalid_multipart")
        self._disposition, self._span = "", (0, 0)

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._field = data[start:end].lower()

    def header_value(self, data: bytes, start: int, end: int) -> None:
        if self._field == b"content-disposition":
            self._disposition = data[start:end].decode("utf-8", "replace")

    def part_data(self, data: bytes, start: int, end: int) -> None:
        self._span = (self._span[0] or start, end)

    def end_part(self) -> None:
        name, filename = _names(self._disposition)
        if name is None:
            raise BadRequest(
                f"Part {len(self.parts) + 1} of the form has no name in its Content-Disposition header.",
                code="invalid_multipart",
            )
        start, end = self._span
        self.parts.append(Part(name, self._body[start:end], filename))

    def end(self) -> None:
        self.whole = True


def _boundary(content_type: str) -> bytes:
    for key, value in _parameters(content_type):
        if key == "boundary" and value:
            try:
                return value.encode("latin-1")
            except UnicodeEncodeError:
                break
    raise BadRequest(
        "The Content-Type header of a multipart body names its boundary: "
        "'multipart/form-data; boundary=...'. Most HTTP libraries set it when you leave the header to them.",
        code="invalid_multipart",
    )


def _names(disposition: str) -> tuple[str | None, str | None]:
    """`name` and `filename`; RFC 5987's `filename*` wins, and openai-ruby's `image%5B%5D` is `image[]`."""
    found = dict(_parameters(disposition))
    name, filename = found.get("name"), found.get("filename")
    if name is not None and "%" in name:
        name = unquote(name)
    if extended := found.get("filename*"):
        charset, _, rest = extended.partition("'")
        _, _, encoded = rest.partition("'")
        try:
            filename = unquote_to_bytes(encoded).decode(charset or "utf-8", "replace")
        except LookupError:
            filename = encoded
    return name, filename


def _parameters(header: str) -> Iterator[tuple[str, str]]:
    """`; key=value` and `; key="value"`, in which only `\\"` and `\\\\` are escapes: a Windows path is not.

    Matched one after the other and never searched for, so that no header takes long.
    """
    at = header.find(";")
    while at >= 0 and (found := _parameter.match(header, at)):
        key, quoted, bare = found.groups()
        yield key.lower(), bare.strip() if quoted is None else _escaped.sub(r"\1", quoted)
        at = found.end()


class Field(NamedTuple):
    """One part to write: text, or with a media type ("image/png") a file, which may have a name of its own."""

    name: str
    data: Octets
    media_type: str | None = None
    filename: str | None = None


def write(fields: Iterable[Field]) -> tuple[str, bytes]:
    """The content type and the body of a form with these fields."""
    boundary = f"tintype-{token_hex(16)}"
    chunks: list[Octets] = []
    for field in fields:
        header = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(field.name)}"'
        if field.media_type is not None:
            filename = field.filename or f"image.{field.media_type.rpartition('/')[2]}"
            header += f'; filename="{_quoted(filename)}"\r\nContent-Type: {field.media_type}'
        chunks += [header.encode(), b"\r\n\r\n", field.data, b"\r\n"]
    chunks.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(chunks)


def _quoted(name: str) -> str:
    """A backslash as Go writes it, the rest as browsers do (WHATWG HTML, "multipart form data")."""
    escaped = name.replace("\\", "\\\\").replace('"', "%22")
    return escaped.replace("\r", "%0D").replace("\n", "%0A")

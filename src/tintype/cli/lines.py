"""The orders of a jobs file: each line is a body of the Images API, or a line as OpenAI's batches have them."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from typing import Any

import msgspec

from ..core import Image, ImageRequest, Incoming
from ..core.errors import BadRequest, TintypeError
from ..core.request import MAX_IMAGE_BYTES
from ..dialects.openai_images import dialect
from ..wire.openai_images import EDITS, GENERATIONS
from ..wire.payload import fault
from .failures import sentence

PICTURES = ("image", "images", "image_url", "image_urls", "mask")
"""The members of a body that may hold pictures; in a jobs file also as the names of files."""

_INSIDE = ("image_url", "url", "b64_json")
_MEMBERS = {"custom_id", "method", "url", "body"}
_UNSAFE = re.compile(r"[^\w.-]")
LONGEST = 120
_LONGEST_NAME = 240
"""Bytes: a file's name has 255 of them, and the picture's number and ending follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One order. `name` is what its files are called; `digest` tells what is ordered from everything else."""

    number: int
    custom_id: str | None
    path: str
    body: dict[str, Any]
    folder: Path
    strict: bool = False
    digest: str = ""

    @property
    def name(self) -> str:
        return name_of(self.custom_id, self.number)

    @property
    def idempotency(self) -> str:
        """The same whenever this line is ordered: a server that has its picture does not sell it again."""
        return "tintype-batch-" + sha256(f"{self.name}\n{self.digest}".encode()).hexdigest()[:40]

    def filled(self) -> dict[str, Any]:
        """The body with the pictures themselves where it has names of files. Raises BadRequest."""
        return {
            name: _each(name, value, self._data_url) if name in PICTURES else value
            for name, value in self.body.items()
        }

    def request(self) -> ImageRequest:
        """Raises BadRequest naming the member at fault. Reads the pictures' files."""
        headers = {"content-type": "application/json"}
        if self.strict:
            headers["prefer"] = "handling=strict"
        body = msgspec.json.encode(self.filled())
        request = dialect.read(Incoming(path=self.path, headers=headers, body=body))
        return replace(request, response_format="bytes", stream=False, partial_images=None)

    def digested(self) -> Line:
        """With its digest: of the body, and of what is in the files. Raises BadRequest."""

        def digest_of(name: str, text: str) -> str:
            data = self._file(name, text)
            return text if data is None else f"sha256:{sha256(data).hexdigest()}"

        seen = {
            name: _each(name, value, digest_of) if name in PICTURES else value
            for name, value in self.body.items()
        }
        text = msgspec.json.encode([self.path, self.strict, seen], order="sorted")
        return replace(self, digest=sha256(text).hexdigest())

    def _data_url(self, name: str, text: str) -> str:
        data = self._file(name, text)
        if data is None:
            return text
        kind = Image.from_bytes(data).header().format
        if kind is None:
            raise BadRequest(f"{text!r} is not a picture that can be read.", param=name)
        return f"data:image/{kind};base64,{b64encode(data).decode()}"

    def _file(self, name: str, text: str) -> bytes | None:
        """What is in the file of this name; None for a picture that is written out, or at an address."""
        if not text or text.lower().startswith(("data:", "http://", "https://")) or _is_picture(text):
            return None
        try:
            path = self.folder / Path(text).expanduser()
            found = path.stat()
            if not S_ISREG(found.st_mode):  # it is read more than once, and of a device there is no end
                raise BadRequest(f"{text!r} is not a file.", param=name)
            if found.st_size > MAX_IMAGE_BYTES:
                raise BadRequest(f"{text!r} is larger than {MAX_IMAGE_BYTES:,} bytes.", param=name)
            return path.read_bytes()
        except (OSError, ValueError, RuntimeError) as error:  # ValueError: a NUL; RuntimeError: nobody's home
            shown = text if len(text) <= 80 else f"{text[:77]}..."
            reason = getattr(error, "strerror", None) or error
            raise BadRequest(f"the picture {shown!r} cannot be read: {reason}.", param=name) from None


def name_of(custom_id: str | None, number: int) -> str:
    """
    >>> name_of("a/b", 7), name_of(None, 7), name_of("../../etc", 7)
    ('a_b', '7', '_.._.._etc')
    """
    if custom_id is None:
        return str(number)
    name = _UNSAFE.sub("_", custom_id)
    return f"_{name}" if name.startswith((".", "-")) else name


def read_lines(path: Path, model: str, *, strict: bool) -> tuple[list[Line], dict[int, str]]:
    """The orders, and by its number what is wrong with each line that is none. `model` is for lines that name none.

    Raises BadRequest for a file that cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadRequest(f"{str(path)!r} cannot be read: {error.strerror}.") from None
    lines: list[Line] = []
    faults: dict[int, str] = {}
    taken: dict[str, int] = {}
    for number, text in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not text.strip():
            continue
        try:
            line = _line(number, text, path.parent, model, strict=strict).digested()
            first = taken.setdefault(line.name.casefold(), number)
            if first != number:
                raise BadRequest(
                    f"its pictures would be called like those of line {first}.", param="custom_id"
                )
            line.request()
            lines.append(line)
        except TintypeError as error:
            faults[number] = sentence(error)
    return lines, faults


def _line(number: int, text: bytes, folder: Path, model: str, *, strict: bool) -> Line:
    try:
        document = msgspec.json.decode(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"this is not JSON: {fault(text, error)}.") from None
    if not isinstance(document, dict):
        raise BadRequest("this is not a JSON object.")
    body = document
    custom_id = body.pop("custom_id", None)
    if custom_id is not None and (not isinstance(custom_id, str) or not 0 < len(custom_id) <= LONGEST):
        raise BadRequest(f"it must be a text of 1 to {LONGEST} letters.", param="custom_id")
    if len(name_of(custom_id, number).encode()) > _LONGEST_NAME:
        raise BadRequest("its pictures' files cannot have so long a name.", param="custom_id")
    path = EDITS if _says_pictures(body) else GENERATIONS
    if "body" in body:
        path = _path(body)
        body = body["body"]
        if not isinstance(body, dict):
            raise BadRequest("it must be a JSON object.", param="body")
    if model and not body.get("model"):
        body["model"] = model
    return Line(number=number, custom_id=custom_id, path=path, body=body, folder=folder, strict=strict)


def _path(document: dict[str, Any]) -> str:
    """Where OpenAI's batches would send it. Raises BadRequest for what is no order of pictures."""
    if unknown := sorted(set(document) - _MEMBERS):
        raise BadRequest("it belongs into `body`.", param=unknown[0])
    if document.get("method", "POST") != "POST":
        raise BadRequest("it must be POST.", param="method")
    url = document.get("url", GENERATIONS)
    path = url.removeprefix("/v1") if isinstance(url, str) else ""
    if path not in (GENERATIONS, EDITS):
        raise BadRequest(f"it must be /v1{GENERATIONS} or /v1{EDITS}.", param="url")
    return path


def _says_pictures(body: dict[str, Any]) -> bool:
    return any(body.get(name) for name in PICTURES if name != "mask")


def _each(name: str, value: Any, change: Callable[[str, str], str]) -> Any:
    """The same value, with each text of it that stands for a picture changed."""
    if isinstance(value, str):
        return change(name, value)
    if isinstance(value, list):
        return [_each(name, item, change) for item in value]
    if isinstance(value, dict):
        return {key: _each(name, item, change) if key in _INSIDE else item for key, item in value.items()}
    return value


def _is_picture(text: str) -> bool:
    """Whether it is base64, rather than the name of a file."""
    return Image.from_base64(text.encode("utf-8", "replace")).header().format is not None


def shown(faults: Mapping[int, str], most: int = 20) -> Iterator[str]:
    """The faults in the order of their lines, as many as are worth reading."""
    for number in sorted(faults)[:most]:
        yield f"line {number}: {faults[number]}"
    if len(faults) > most:
        yield f"and {len(faults) - most:,} more"

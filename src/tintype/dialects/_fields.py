"""The named values of a request body, taken one at a time and checked against what an API allows.

A JSON body and a form differ in how a value is written, not in what it may be: `Fields` has the
rules, and its two kinds how to get at a value. What nobody takes is `rest`, so that a field that
a vendor adds tomorrow is carried and not lost.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, KeysView, Mapping, Sequence
from typing import Any

import msgspec

from ..core import Image, Incoming, Octets
from ..core.errors import BadRequest
from ..wire import multipart, payload

MAX_DEPTH = 32
"""Levels of nesting in a value that we carry without knowing it."""

MAX_VALUES = 20_000
"""Values in a JSON body, counted by their commas, also those of a prompt: each takes some 100 bytes here."""

_bracket = re.compile(r"\[([^\]]*)\]")
_whole = re.compile(r"[+-]?\d{1,19}")
_number = re.compile(r"[+-]?\d{1,15}(\.\d{0,15})?")


def read_body(incoming: Incoming) -> Fields:
    """A form, or a JSON object under whatever content type: `curl -d` says it is a web form."""
    content_type, body = incoming.content_type, incoming.body
    if content_type.lower().startswith("multipart/") and not body[:64].lstrip().startswith(b"{"):
        return FormFields(multipart.read(body, content_type))
    if not body.strip():
        raise BadRequest("The body is empty: it must be a JSON object or a form.", code="invalid_body")
    if body.count(b",") > MAX_VALUES:
        raise BadRequest(f"The body has more than {MAX_VALUES:,} values in it.", code="invalid_body")
    return JsonFields(_json_object(body.removeprefix(b"\xef\xbb\xbf")))


class Fields(ABC):
    """Null and the empty string are as good as absent."""

    textual = False  # whether every value is text, and so "3" a number

    @abstractmethod
    def names(self) -> KeysView[str]:
        """Those that nobody has taken yet."""

    @abstractmethod
    def take(self, name: str) -> Any:
        """The value, decoded; None when absent."""

    @abstractmethod
    def several(self, name: str) -> list[Any]:
        """The values of a list; one that stands alone is a list of one. Empty when absent."""

    @abstractmethod
    def pictures(self, name: str) -> list[Image]:
        """The pictures under this name, in order."""

    @abstractmethod
    def kind(self, name: str) -> str | None:
        """What is there, not taken: "array", "object", "string" or "other"; None when absent."""

    @abstractmethod
    def rest(self) -> dict[str, Any]:
        """What was not taken."""

    def has(self, names: Iterable[str]) -> bool:
        """Whether any of these is there, not taken."""
        return not self.names().isdisjoint(names)

    def text(self, name: str) -> str | None:
        value = self.take(name)
        if value is None or isinstance(value, str):
            return value
        raise wrong_type(name, "a string", value)

    def word(self, name: str, among: Sequence[str]) -> str | None:
        """One of a few words, in any case of letters."""
        value = self.text(name)
        if value is None or value.lower() in among:
            return value and value.lower()
        raise _no_such_word(name, value, among)

    def words(self, name: str, among: Sequence[str]) -> list[str]:
        """Some of a few words, in any case of letters; empty when absent."""
        values = self.several(name)
        for value in values:
            if not isinstance(value, str):
                raise wrong_type(name, "an array of strings", value)
            if value.lower() not in among:
                raise _no_such_word(name, value, among)
        return [value.lower() for value in values]

    def flag(self, name: str) -> bool:
        value = self.take(name)
        if self.textual and isinstance(value, str) and value.lower() in ("true", "false", "1", "0"):
            return value.lower() in ("true", "1")
        if value is None or isinstance(value, bool):
            return bool(value)
        raise wrong_type(name, "a boolean", value)

    def integer(self, name: str, low: int, high: int) -> int | None:
        value = self.take(name)
        if self.textual and isinstance(value, str) and _whole.fullmatch(value.strip()):
            value = int(value)
            if value == 0 and low > 0:
                return None  # go-openai's form writes every number, also the ones that nobody set
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong_type(name, "an integer", value)
        return int(_within(name, value, low, high, "integer"))

    def number(self, name: str, low: float, high: float) -> float | None:
        value = self.take(name)
        if self.textual and isinstance(value, str) and _number.fullmatch(value.strip()):
            value = float(value)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong_type(name, "a number", value)
        return float(_within(name, value, low, high, "number"))


class JsonFields(Fields):
    """Values stay undecoded until they are taken, so a picture is never copied into a `str`."""

    def __init__(self, values: dict[str, msgspec.Raw]) -> None:
        self._values = values

    def names(self) -> KeysView[str]:
        return self._values.keys()

    def take(self, name: str) -> Any:
        raw = self._values.pop(name, None)
        if raw is None:
            return None
        value = json_value(name, raw)
        return None if value == "" else value

    def several(self, name: str) -> list[Any]:
        value = self.take(name)
        if value is None:
            return []
        return value if isinstance(value, list) else [value]

    def pictures(self, name: str) -> list[Image]:
        raw = self._values.pop(name, None)
        return [] if raw is None else json_pictures(name, name, raw)

    def raw(self, name: str) -> msgspec.Raw | None:
        """The value as it stands in the body; None when absent."""
        raw = self._values.pop(name, None)
        return None if raw is None or raw == msgspec.Raw(b"null") else raw

    def kind(self, name: str) -> str | None:
        raw = self._values.get(name)
        if raw is None or bytes(memoryview(raw)) in (b"null", b'""'):
            return None
        first = bytes(memoryview(raw)[:1])
        return {b"[": "array", b"{": "object", b'"': "string"}.get(first, "other")

    def renamed(self, rename: Callable[[str], str]) -> JsonFields:
        """The same members by other names, two of which must not become one."""
        values: dict[str, msgspec.Raw] = {}
        for name, raw in self._values.items():
            if (new := rename(name)) in values:
                raise BadRequest(f"'{_short(new)}' is there twice, in two spellings.", param=_short(new))
            values[new] = raw
        return JsonFields(values)

    def rest(self) -> dict[str, Any]:
        found = {name: json_value(name, raw) for name, raw in self._values.items()}
        for name, value in found.items():
            if not _is_shallow(value, MAX_DEPTH):
                raise BadRequest(f"'{_short(name)}' is nested too deeply.", param=_short(name))
        return found


class FormFields(Fields):
    """`image`, `image[]` and `image[0]` are one name; `svg[model]` is the member `model` of `svg`."""

    textual = True

    def __init__(self, parts: Sequence[multipart.Part]) -> None:
        self._parts: dict[str, list[multipart.Part]] = {}
        for part in parts:
            self._parts.setdefault(part.name.partition("[")[0], []).append(part)

    def names(self) -> KeysView[str]:
        return self._parts.keys()

    def take(self, name: str) -> Any:
        parts = self._parts.pop(name, [])
        if len(parts) > 1:
            raise BadRequest(f"'{name}' is in the form {len(parts)} times.", param=name)
        return _form_text(name, parts[0]) or None if parts else None

    def several(self, name: str) -> list[Any]:
        texts = [_form_text(name, part) for part in self._parts.pop(name, [])]
        return [word for text in texts for word in re.findall(r"[^\s,\[\]\"]+", text)]

    def pictures(self, name: str) -> list[Image]:
        return [
            _form_picture(name, part)
            for part in self._parts.pop(name, [])
            if part.data.nbytes or part.filename  # a browser sends a file input left empty like this
        ]

    def kind(self, name: str) -> str | None:
        parts = self._parts.get(name, [])
        return "array" if len(parts) > 1 else "string" if parts else None

    def rest(self) -> dict[str, Any]:
        tree: dict[str, Any] = {}
        for name, parts in self._parts.items():
            for part in parts:
                keys = [key for key in _bracket.findall(part.name) if key and not key.isdigit()]
                _plant(tree, [name, *keys][:MAX_DEPTH], _form_value(name, part))
        return tree


def _no_such_word(name: str, value: str, among: Sequence[str]) -> BadRequest:
    offer = ", ".join(f"'{word}'" for word in among)
    return BadRequest(f"Invalid value: '{_short(value)}'. Supported values are: {offer}.", param=name)


def wrong_type(name: str, wanted: str, value: object) -> BadRequest:
    return BadRequest(
        f"Invalid type for '{name}': expected {wanted}, but got {_kind(value)} instead.",
        param=name,
        code="invalid_type",
    )


def _within(name: str, value: float, low: float, high: float, kind: str) -> float:
    if value > high:
        fault, code = f"above maximum value. Expected a value <= {high}", f"{kind}_above_max_value"
    elif value < low:
        fault, code = f"below minimum value. Expected a value >= {low}", f"{kind}_below_min_value"
    else:
        return value
    raise BadRequest(
        f"Invalid '{name}': {kind} {fault}, but got {_short(value)} instead.", param=name, code=code
    )


def json_fields(where: str, raw: msgspec.Raw) -> JsonFields:
    """The members of an object within the body; `where` names it in errors."""
    if bytes(memoryview(raw)[:1]) != b"{":
        raise wrong_type(where, "an object", json_value(where, raw))
    return JsonFields(_json_object(raw))


def json_array(where: str, raw: msgspec.Raw) -> list[msgspec.Raw]:
    """The items of an array within the body, undecoded."""
    if bytes(memoryview(raw)[:1]) != b"[":
        raise wrong_type(where, "an array", json_value(where, raw))
    try:
        return msgspec.json.decode(raw, type=list[msgspec.Raw])
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The value of '{where}' is not valid JSON.", param=where) from error


def json_value(name: str, raw: msgspec.Raw) -> Any:
    """A value within the body, decoded."""
    try:
        return msgspec.json.decode(raw)
    except (ValueError, RecursionError) as error:
        name, why = _short(name), payload.fault(memoryview(raw), error)
        raise BadRequest(
            f"The value of '{name}' is not valid JSON: {why}.", param=name, code="invalid_json"
        ) from error


class _Name(str):
    __slots__ = ()


def _json_object(body: Octets | msgspec.Raw) -> dict[str, msgspec.Raw]:
    """The members of a JSON object, undecoded; a name that occurs twice is refused, since readers differ
    in which of the two they take."""
    names: list[_Name] = []

    def seen(kind: type, name: str) -> _Name:
        names.append(_Name(name))
        return names[-1]

    try:
        members = msgspec.json.decode(body, type=dict[_Name, msgspec.Raw], dec_hook=seen)
    except msgspec.ValidationError as error:
        raise BadRequest(f"The body must be a JSON object: {error}.", code="invalid_json") from error
    except RecursionError as error:
        raise BadRequest("The body is nested too deeply.", code="invalid_json") from error
    except ValueError as error:  # msgspec.DecodeError, and UnicodeDecodeError of a name
        raise BadRequest(
            f"The body is not valid JSON: {payload.fault(body, error)}.", code="invalid_json"
        ) from error
    if len(names) > len(members):
        twice = _short(next(name for name in names if names.count(name) > 1))
        raise BadRequest(f"The body has '{twice}' in it twice.", param=twice, code="invalid_json")
    return {str(name): raw for name, raw in members.items()}


def json_pictures(name: str, where: str, raw: msgspec.Raw, depth: int = 3) -> list[Image]:
    """A string, an object with `image_url`, or an array of these."""
    first = bytes(memoryview(raw)[:1])
    if first == b'"':
        text = payload.string(raw)
        return [_picture(name, where, text)] if text else []
    if first == b"n":
        return []
    if first == b"[" and depth:
        try:
            items = msgspec.json.decode(raw, type=list[msgspec.Raw])
        except (ValueError, RecursionError) as error:
            raise BadRequest(f"The value of '{where}' is not valid JSON.", param=name) from error
        found = [json_pictures(name, f"{where}[{at}]", item, depth - 1) for at, item in enumerate(items)]
        return [picture for pictures in found for picture in pictures]
    if first == b"{" and depth:
        members = _json_object(raw)
        if "file_id" in members and bytes(memoryview(members["file_id"])) != b"null":
            raise BadRequest(
                f"'{where}.file_id': there is no file store here. Send the picture itself as a data URL in `image_url`.",
                param=name,
                code="unsupported_file_id",
            )
        for key in ("image_url", "url", "b64_json"):
            if key in members:
                return json_pictures(name, f"{where}.{key}", members[key], depth - 1)
    raise BadRequest(
        f"'{where}' must be a picture: a data URL, base64, an address, or an object with one in `image_url`.",
        param=name,
        code="invalid_type",
    )


def _picture(name: str, where: str, text: Octets) -> Image:
    try:
        return payload.asked(text)
    except ValueError as error:
        raise BadRequest(f"'{where}' is {error}.", param=name, code="invalid_image_file") from error


def _form_picture(name: str, part: multipart.Part) -> Image:
    """A file, whatever it is called and declared to be; or text, as in JSON."""
    image = Image.from_bytes(part.data)
    if part.filename is not None or image.header().format is not None:
        return image
    return _picture(name, part.name, part.data)


def _form_text(name: str, part: multipart.Part) -> str:
    try:
        return str(part.data, "utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(
            f"The value of '{_short(name)}' is not text in UTF-8.", param=_short(name)
        ) from error


def _form_value(name: str, part: multipart.Part) -> str | Image:
    return _form_text(name, part) if part.filename is None else Image.from_bytes(part.data)


def _plant(tree: dict[str, Any], keys: list[str], value: object) -> None:
    """Put a value at the end of its keys; what is there already becomes a list."""
    *path, last = keys
    for key in path:
        tree = tree.setdefault(key, {})
        if not isinstance(tree, dict):
            raise BadRequest(f"'{_short(keys[0])}' is both a value and an object.", param=_short(keys[0]))
    if last not in tree:
        tree[last] = value
    elif isinstance(tree[last], list):
        tree[last].append(value)
    else:
        tree[last] = [tree[last], value]


def _is_shallow(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, Mapping) else value
    return levels > 0 and all(_is_shallow(item, levels - 1) for item in inner)


def _kind(value: object) -> str:
    kinds = (
        (bool, "a boolean"),
        (str, "a string"),
        (int, "an integer"),
        (float, "a number"),
        (list, "an array"),
    )
    return next((word for kind, word in kinds if isinstance(value, kind)), "an object")


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."

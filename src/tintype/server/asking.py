"""A call of the admin API as data: what it takes, what it answers, and the errors for all else."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, get_args, get_origin

import msgspec
from msgspec import Struct

from ..core import Operation, Schema
from ..core.errors import BadRequest
from ..wire.payload import fault

if TYPE_CHECKING:
    from ..gateway.office import Office

Query = TypeVar("Query", bound=Struct)
Body = TypeVar("Body", bound=Struct)

_AT = re.compile(r" - at `\$(?:\.|\[\.\.\.\])?([^`]*)`$")
_FIELD = re.compile(r"(?:unknown|required) field `([^`]*)`")


class Nothing(Struct, forbid_unknown_fields=True):
    """No parameters, or an empty body."""


@dataclass(frozen=True, slots=True)
class Asked(Generic[Query, Body]):
    """`path` are the values of the holes in it."""

    path: Mapping[str, str]
    query: Query
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`answer` is a type; what `run` returns is of it, or an Answer in one of the `media_types`."""

    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    summary: str
    run: Callable[[Office, Asked[Any, Any]], Awaitable[Any]]
    answer: Any
    query: type[Struct] = Nothing
    body: type[Struct] = Nothing
    status: int = 200
    media_types: tuple[str, ...] = ()

    def read(self, path: Mapping[str, str], query: Iterable[tuple[str, str]], body: bytes) -> Asked[Any, Any]:
        """Raises BadRequest naming the field at fault."""
        asked = Asked(path, read_query(query, self.query), read_body(body, self.body))
        for said in (path, *(msgspec.structs.asdict(part) for part in (asked.query, asked.body))):
            _check_text(said)
        return asked

    def operation(self) -> Operation:
        parameters = _inlined(self.query).get("properties", {})
        return Operation(
            summary=self.summary,
            status=self.status,
            parameters=parameters,
            body=None if self.body is Nothing else _inlined(self.body),
            answer=_inlined(self.answer),
            media_types=self.media_types,
        )


def read_body(body: bytes, kind: type[Body]) -> Body:
    """An empty body is an empty object. Raises BadRequest naming the field."""
    try:
        return msgspec.json.decode(body if body.strip() else b"{}", type=kind)
    except msgspec.ValidationError as error:
        raise _fault(str(error), "The body", kind) from None
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is not valid JSON: {fault(body, error)}.", code="invalid_json") from None


def read_query(query: Iterable[tuple[str, str]], kind: type[Query]) -> Query:
    """Raises BadRequest naming the parameter."""
    values: dict[str, str] = {}
    for name, value in query:
        if name in values:
            raise BadRequest(f"'{name[:40]}' is there twice.", param=name[:40])
        values[name] = value
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _fault(str(error), "The query", kind) from None


def _check_text(said: Mapping[str, Any]) -> None:
    """Raises BadRequest for the one letter that no database takes."""
    for name, value in said.items():
        if any(
            isinstance(text, str) and "\0" in text for text in (value if isinstance(value, list) else [value])
        ):
            raise BadRequest(f"'{name}' has a zero in it, which is no letter.", param=name)


def _fault(said: str, where: str, kind: type[Struct] = Nothing) -> BadRequest:
    """msgspec's sentence as ours.

    >>> fault = _fault("Expected `int | null`, got `str` - at `$.at_once`", "The body")
    >>> str(fault), fault.param
    ("'at_once': expected int or null, got str.", 'at_once')
    >>> fault = _fault("Object contains unknown field `nmae`", "The body")
    >>> str(fault), fault.param
    ("The body has an unknown field 'nmae'.", 'nmae')
    >>> str(_fault("Expected `object`, got `array`", "The body"))
    'The body: expected object, got array.'
    """
    if found := _FIELD.search(said):
        name = found[1][:40]
        what = "an unknown field" if "unknown" in said else "not the field that it needs,"
        return BadRequest(f"{where} has {what} '{name}'.", param=name)
    at = _AT.search(said)
    name = at[1].partition("[")[0] if at else ""
    text = _AT.sub("", said).replace(" | ", " or ").replace("`", "")
    text = text[:1].lower() + text[1:]
    if words := _words(kind, name):
        text += f": it is one of {', '.join(words)}"
    return BadRequest(f"'{name}': {text}." if name else f"{where}: {text}.", param=name or None)


def _words(kind: type[Struct], name: str) -> list[str]:
    """Of a field that takes only some; none of any other."""
    found = next((field.type for field in msgspec.structs.fields(kind) if field.encode_name == name), None)
    return [word for word in get_args(found) if word] if get_origin(found) is Literal else []


def _inlined(kind: Any) -> Schema:
    """Its JSON Schema, with what it is made of in place; structs have titles, by which they are told apart."""
    (schema,), parts = msgspec.json.schema_components((kind,), ref_template="{name}")

    def inline(value: Any) -> Any:
        if isinstance(value, list):
            return [inline(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            return inline(parts[value["$ref"]])
        return {name: inline(item) for name, item in value.items()}

    found: Schema = inline(schema)
    return found

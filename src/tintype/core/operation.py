"""What one call takes and answers, in JSON Schema: what a dialect may tell of itself for /openapi.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

Schema = Mapping[str, Any]

ANY: Schema = {}
"""Any JSON value at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What is left out stands there as "anything": a schema is never wrong for being short.

    `parameters` are those of the query, and those of the path that deserve more than "a string"; `headers` those that it
    heeds.
    `media_types` are what an answer may be beside JSON. `errors` is left out by whoever uses the
    dialect's `write_error`: the schema of that is found by asking it. `status` is that of success, `further` are
    others that are no errors, with what each says.
    """

    summary: str = ""
    status: int = 200
    parameters: Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, Schema] = field(default_factory=dict)
    body: Schema | None = None  # JSON
    form: Schema | None = None  # multipart/form-data
    answer: Schema | None = field(default_factory=dict)  # in JSON; None where it never is
    media_types: tuple[str, ...] = ()
    errors: Schema | None = None
    further: Mapping[int, str] = field(default_factory=dict)


@runtime_checkable
class Described(Protocol):
    """A dialect that tells more of its calls than that they are there."""

    def describe(self, path: str) -> Operation:
        """The call at one of its paths, of pictures or of an aside."""
        ...

"""The API's description of itself, built from the dialects: every path of theirs, said or unsaid."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import msgspec

from ..core import ANY, Described, Dialect, Operation, Schema
from ..core.errors import TintypeError
from .documents import JOB

_HOLE = re.compile(r"\{(\w+)(?::path)?\}")

_OPENAIS = ("images", "models", "responses", "chat")
"""First segments of the paths that OpenAI's documents write with a /v1 before them."""

_STREAMED = ("text/event-stream",)

_WISHES: dict[str, Schema] = {
    "Prefer": {
        "type": "string",
        "description": "`respond-async`, or `wait=N`: what takes longer than N seconds is fetched later (RFC 7240). "
        "`handling=strict`: nothing is adjusted or ignored.",
        "examples": ["wait=30", "respond-async, wait=1", "handling=strict"],
    },
    "Idempotency-Key": {
        "type": "string",
        "description": "A name of the caller's own for this order: sent again with it, it is answered and not "
        "bought again.",
        "maxLength": 255,
    },
    "x-tintype-webhook": {
        "type": "string",
        "description": "An address that is told how the job ended.",
        "examples": ["https://example.com/your/hook"],
    },
}
"""What every order may say beside its body."""

_TOLD = {
    "x-request-id": "Name this when something is amiss.",
    "x-tintype-plan": "What was filled, adjusted or ignored.",
    "x-tintype-notice": "What else there is to know, in words.",
    "x-tintype-model": "The model that answered.",
    "x-tintype-provider": "Who drew it; `illustrator` stands for an offline twin.",
    "x-tintype-attempts": "How many calls of providers it took.",
    "x-tintype-job": "The job, as it can be asked for.",
    "x-tintype-cost": "What it came to, in US dollars; `unknown` where no price is known.",
    "x-tintype-balance": "What the account has left, where it is prepaid.",
    "idempotent-replayed": "`true`, where the answer was bought before.",
}
_TOLD_LATER = {
    "location": "Where the job is asked for.",
    "retry-after": "Seconds until then.",
    "preference-applied": "Which wish was heeded.",
    "x-request-id": _TOLD["x-request-id"],
    "x-tintype-job": _TOLD["x-tintype-job"],
}
_DESCRIPTION = """\
The paths of the APIs are served with a leading /v1 and without it. Members that no schema here names are ignored, and \
the header x-tintype-plan tells so. Once the server has keys, each call wants one, as `Authorization: Bearer KEY` or \
in the way that the API has for it."""


def describe(
    dialects: Sequence[Dialect], own: Mapping[str, Operation], speaker: Dialect, version: str
) -> dict[str, Any]:
    """An OpenAPI 3.1 document. `own` are the server's pages, by path, or by method and path; `speaker` words their errors,
    and its calls are told first."""
    dialects = sorted(dialects, key=lambda dialect: dialect is not speaker)
    paths: dict[str, dict[str, Any]] = {}
    own_errors = _errors(speaker)
    for name, operation in own.items():
        method, _, path = name.rpartition(" ")
        tag, method = "admin" if path.startswith("/admin/") else "server", method or "GET"
        paths.setdefault(path, {})[method.lower()] = _operation(tag, method, path, operation, own_errors)
    for dialect in dialects:
        errors = _errors(dialect)
        calls = [("POST", path, described(dialect, path)) for path in dialect.paths]
        calls += [
            (aside.method, aside.path, described(dialect, aside.path))
            for aside in dialect.asides
            if aside.told
        ]
        for method, path, operation in calls:
            entry = _operation(dialect.name, method, path, operation, errors, orders=path in dialect.paths)
            verbs = paths.setdefault(shown(path), {})
            verb = method.lower()
            verbs[verb] = _either(verbs[verb], entry) if verb in verbs else entry
    names = (dialect.name for dialect in dialects)
    schemas: dict[str, Any] = {}
    paths = _named(paths, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tintype",
            "version": version,
            "summary": "One image API in front of every image model",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"key": []}],
        "tags": [{"name": name} for name in dict.fromkeys((speaker.name, "server", "admin", *names))],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def described(dialect: Dialect, path: str) -> Operation:
    """What the dialect tells of a path of its; of one that tells nothing, that something is answered."""
    if isinstance(dialect, Described):
        return dialect.describe(path)
    return Operation(media_types=() if path in {aside.path for aside in dialect.asides} else _STREAMED)


def shown(path: str) -> str:
    """
    >>> shown("/models/{id:path}"), shown("/v1beta/models/{model}:predict")
    ('/v1/models/{id}', '/v1beta/models/{model}:predict')
    """
    plain = _HOLE.sub(r"{\1}", path)
    return f"/v1{plain}" if plain.split("/")[1] in _OPENAIS else plain


def schema_of(examples: Sequence[Any]) -> Schema:
    """A schema that all of the examples fit, and that asks for no more than they have in common.

    >>> schema_of([{"code": 1, "param": None}, {"code": 2, "param": "size"}])["required"]
    ['code', 'param']
    >>> schema_of(["a", None])
    {'type': ['null', 'string']}
    """
    kinds = sorted({_KINDS[type(example)] for example in examples})
    schema: dict[str, Any] = {"type": kinds[0] if len(kinds) == 1 else kinds}
    objects = [example for example in examples if isinstance(example, dict)]
    if objects:
        names = list(dict.fromkeys(name for each in objects for name in each))
        schema["properties"] = {
            name: schema_of([each[name] for each in objects if name in each]) for name in names
        }
        schema["required"] = [name for name in names if all(name in each for each in objects)]
    if items := [item for example in examples if isinstance(example, list) for item in example]:
        schema["items"] = schema_of(items)
    return schema


_KINDS: dict[type, str] = {
    dict: "object",
    list: "array",
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
}


def _errors(dialect: Dialect) -> dict[str, Any]:
    """What it may answer for an error, by media type: asked of it with every kind of error that there is, with
    and without a field to blame."""
    kinds, found = [TintypeError], dict[str, list[Any]]()
    for kind in kinds:
        kinds += kind.__subclasses__()
        for error in (kind("Something is amiss."), kind("Something is amiss.", param="size")):
            told = dialect.write_error(error)
            if told.status == 200:  # a refusal, where the service has it as an answer
                continue
            is_json = told.media_type == "application/json"
            found.setdefault(told.media_type, []).append(msgspec.json.decode(told.body) if is_json else "")
    title = f"error-{dialect.name}"
    return {kind: {"schema": {"title": title, **schema_of(examples)}} for kind, examples in found.items()}


def _operation(
    tag: str, method: str, path: str, operation: Operation, errors: dict[str, Any], *, orders: bool = False
) -> dict[str, Any]:
    """`orders`: it answers pictures, now or later."""
    in_path = _HOLE.findall(path)
    bodies = {"application/json": operation.body, "multipart/form-data": operation.form}
    bodies = {
        kind: {"schema": _titled(f"{tag}-{'form' if 'form' in kind else 'body'}", schema)}
        for kind, schema in bodies.items()
        if schema is not None
    }
    if method == "POST" and not bodies:
        bodies = {"application/json": {"schema": {"type": "object"}}}
    content: dict[str, Any] = {kind: {} for kind in operation.media_types}
    if operation.answer is not None:
        content = {"application/json": {"schema": _titled(f"{tag}-answer", operation.answer)}, **content}
    orders = orders and bool(content)  # what is only an error can be no order
    headers = _headers(_TOLD if orders else {"x-request-id": _TOLD["x-request-id"]})
    failed = errors if operation.errors is None else {"application/json": {"schema": operation.errors}}
    responses: dict[str, Any] = {"default": {"description": "What was wrong.", "content": failed}}
    if content:
        responses = {
            str(operation.status): {"description": "Done.", "headers": headers, "content": content},
            **responses,
        }
    if orders:
        later = {"application/json": {"schema": JOB}}
        told = "It is being drawn, and is fetched from `url`."
        responses["202"] = {"description": told, "headers": _headers(_TOLD_LATER), "content": later}
    responses |= {str(status): {"description": text} for status, text in operation.further.items()}
    wishes = {**(_WISHES if orders else {}), **operation.headers}
    return {
        "operationId": re.sub(r"\W+", "-", f"{tag}{method.lower()}{shown(path)}").strip("-"),
        "tags": [tag],
        "summary": operation.summary,
        "parameters": [
            *(
                {
                    "name": name,
                    "in": "path",
                    "required": True,
                    "schema": operation.parameters.get(name, {"type": "string", "minLength": 1}),
                }
                for name in in_path
            ),
            *(
                {"name": name, "in": "query", "schema": schema}
                for name, schema in operation.parameters.items()
                if name not in in_path
            ),
            *({"name": name, "in": "header", "schema": schema} for name, schema in wishes.items()),
        ],
        **({"requestBody": {"required": True, "content": bodies}} if bodies else {}),
        "responses": responses,
    }


def _headers(told: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"description": text, "schema": {"type": "string"}} for name, text in told.items()}


def _titled(title: str, schema: Schema) -> Schema:
    """With a title, where it is long enough to be told apart from where it stands."""
    return {"title": title, **schema} if "properties" in schema else schema


def _named(value: Any, kept: dict[str, Any]) -> Any:
    """The same, with every schema that has a title put into `kept`, once, and named in its place."""
    if isinstance(value, list | tuple):
        return [_named(item, kept) for item in value]
    if not isinstance(value, Mapping):
        return value
    inner = {key: _named(item, kept) for key, item in value.items()}
    title = value.get("title")
    if not isinstance(title, str):  # absent, or a member of that name
        return inner
    names = (f"{title}{number or ''}" for number in count())
    name = next(name for name in names if kept.setdefault(name, inner) == inner)
    return {"$ref": f"#/components/schemas/{name}"}


def _either(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Two dialects' calls at one path, told apart by a header or the query: the answer is of either."""
    merged = {**one, "tags": [*one["tags"], *other["tags"]]}
    merged["summary"] = "; or: ".join(filter(None, (one["summary"], other["summary"])))
    known = {(each["in"], each["name"]) for each in one["parameters"]}
    merged["parameters"] = one["parameters"] + [
        each for each in other["parameters"] if (each["in"], each["name"]) not in known
    ]
    merged["responses"] = {**other["responses"], **one["responses"]}
    for status in set(one["responses"]) & set(other["responses"]):
        contents = [each["responses"][status]["content"] for each in (one, other)]
        merged["responses"][status] = {
            **one["responses"][status],
            "content": {
                kind: _any_of([content[kind] for content in contents if kind in content])
                for kind in {**contents[0], **contents[1]}
            },
        }
    return merged


def _any_of(contents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    schemas = [content.get("schema", ANY) for content in contents]
    return contents[0] if len(contents) == 1 else {"schema": {"anyOf": schemas}}

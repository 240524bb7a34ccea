"""The document tells of every call that there is, and what it tells is so."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest

from tintype.core import Answer
from tintype.core.errors import TintypeError
from tintype.dialects import all_dialects
from tintype.gateway.assemble import open_gateway
from tintype.gateway.settings import Settings
from tintype.server.openapi import describe, schema_of, shown

from ..serving import serving
from ..whole.test_http import call

DIALECTS = all_dialects()
SPEAKER = next(dialect for dialect in DIALECTS if dialect.name == "openai-images")
DOCUMENT = describe(DIALECTS, {}, SPEAKER, "1")


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [call for verbs in document["paths"].values() for call in verbs.values()]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_every_call_of_every_dialect_is_there(dialect: Any) -> None:
    calls = [("post", path) for path in dialect.paths]
    calls += [(aside.method.lower(), aside.path) for aside in dialect.asides if aside.told]
    assert calls
    for verb, path in calls:
        assert dialect.name in DOCUMENT["paths"][shown(path)][verb]["tags"]


def test_names_are_unique_and_every_hole_of_a_path_is_a_parameter() -> None:
    ids = [call["operationId"] for call in operations(DOCUMENT)]
    assert len(ids) == len(set(ids))
    for path, verbs in DOCUMENT["paths"].items():
        for operation in verbs.values():
            named = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path))


def test_openais_images_api_is_told_first() -> None:
    """/docs shows the sections in the order of `tags`, and their calls in the order of `paths`."""
    assert DOCUMENT["tags"][0]["name"] == "openai-images"
    first = [
        path
        for path, verbs in DOCUMENT["paths"].items()
        for each in verbs.values()
        if "openai-images" in each["tags"]
    ]
    assert first[:2] == ["/v1/images/generations", "/v1/images/edits"]
    both = DOCUMENT["paths"]["/v1/models"]["get"]
    assert both["tags"] == ["openai-images", "gemini"]
    assert re.fullmatch(r"Every model.*; or: .* as Google lists them", both["summary"]), both["summary"]


def test_what_a_body_must_have_it_shows() -> None:
    """So that whoever copies the call of /docs has one that works."""
    with serving(open_gateway(Settings(), {})) as address:
        document = json.loads(call(address, "GET", "/openapi.json")[2])
    schemas = document["components"]["schemas"]
    seen = 0
    for name, operation in ((each["operationId"], each) for each in operations(document)):
        body = (
            operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        )
        schema = schemas[body["$ref"].rpartition("/")[2]] if "$ref" in body else body
        for field in schema.get("required", []):
            seen += 1
            inner = schema["properties"][field]
            assert inner.keys() & {"examples", "enum", "const"}, f"{name}: {field}"
    assert seen > 50


def test_whoever_orders_is_told_of_every_header_and_whoever_cannot_is_not() -> None:
    calls = {path: verbs["post"] for path, verbs in DOCUMENT["paths"].items() if "post" in verbs}
    order, retired = calls["/v1/images/generations"], calls["/v1/images/variations"]
    told = {each["name"] for each in order["parameters"]}
    assert {"Prefer", "Idempotency-Key", "x-tintype-webhook"} <= told
    assert {"x-tintype-cost", "x-tintype-job", "x-tintype-balance"} <= set(
        order["responses"]["200"]["headers"]
    )
    assert {"location", "retry-after", "x-tintype-job"} <= set(order["responses"]["202"]["headers"])
    assert (set(retired["responses"]), retired["parameters"]) == ({"default"}, [])
    assert "get" not in DOCUMENT["paths"]["/nanogpt/api/check-balance"]


def test_what_most_come_for_comes_first() -> None:
    assert [each["name"] for each in DOCUMENT["tags"]][:2] == ["openai-images", "server"]
    assert len({each["name"] for each in DOCUMENT["tags"]}) == len(DOCUMENT["tags"])
    assert all(operation["summary"] for operation in operations(DOCUMENT))


def test_a_shared_path_answers_with_either() -> None:
    answer = DOCUMENT["paths"]["/v1/models"]["get"]["responses"]["200"]["content"]["application/json"]
    assert len(answer["schema"]["anyOf"]) == 2


class Silent:
    """A dialect that tells nothing of itself."""

    name = "silent"
    paths = ("/silent/{what:path}",)
    asides = ()

    def write_error(self, error: TintypeError) -> Answer:
        members = {"why": str(error)} | ({"field": error.param} if error.param else {})
        return Answer(body=msgspec.json.encode(members), status=error.status)


def test_a_dialect_that_tells_nothing_is_there_and_its_errors_are_found_out() -> None:
    silent: Any = Silent()
    document = describe([silent], {}, silent, "1")
    told = document["paths"]["/silent/{what}"]["post"]
    assert told["responses"]["200"]["content"]["application/json"] == {"schema": {}}
    named = told["responses"]["default"]["content"]["application/json"]["schema"]
    assert named == {"$ref": "#/components/schemas/error-silent"}
    schema = document["components"]["schemas"]["error-silent"]
    assert schema["required"] == ["why"]
    assert schema["properties"] == {"why": {"type": "string"}, "field": {"type": "string"}}


def test_two_schemas_of_one_title_are_told_apart_and_one_is_told_once() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert "Images" in schemas
    assert all(schemas[name] != schemas[f"{name}1"] for name in schemas if f"{name}1" in schemas)
    text = json.dumps(DOCUMENT)
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert named == set(schemas)


def test_what_examples_have_in_common() -> None:
    schema = schema_of([{"a": 1, "b": [1, "x"]}, {"a": None, "b": []}, {"a": 1.5}])
    assert schema["properties"]["a"] == {"type": ["integer", "null", "number"]}
    assert schema["properties"]["b"]["items"] == {"type": ["integer", "string"]}
    assert schema["required"] == ["a"]


def test_the_page_needs_nothing_from_elsewhere() -> None:
    with serving(open_gateway(Settings(), {})) as address:
        status, headers, page = call(address, "GET", "/docs")
        assert (status, headers["content-type"].partition(";")[0]) == (200, "text/html")
        assert b"openapi.json" in page
        assert not re.search(rb"(src|href)=\"(https?:)?//", page)
        status, headers, body = call(address, "GET", "/openapi.json")
        assert headers["content-type"].partition(";")[0] == "application/json"
        assert "/healthz" in json.loads(body)["paths"]
        status, _, body = call(address, "HEAD", "/docs")
        assert (status, body) == (200, b"")


def test_a_browser_is_led_to_the_page_and_a_program_told_where_all_is() -> None:
    with serving(open_gateway(Settings(), {})) as address:
        status, headers, _ = call(address, "GET", "/", accept="text/html,application/xhtml+xml,*/*;q=0.8")
        assert (status, headers["location"]) == (302, "docs")
        status, headers, body = call(address, "GET", "/", accept="*/*")
        assert (status, json.loads(body)["docs"]) == (200, "/docs")

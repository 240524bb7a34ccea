"""The published contract against the server: schemathesis asks everything that /openapi.json describes."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from .clients import Environment
from .environments import HOME, prepare
from .table import Check

NAME = "contract"
VERSION = "4.32.5"
SECONDS = 60
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)
"""That a value out of place is answered 400 is not among them: an unknown field is ignored here, and told."""


def run(address: str) -> Iterator[Check]:
    """No 500, and no answer outside the schema of its call."""
    environment = Environment(NAME, "pip", (f"schemathesis=={VERSION}",), "", ())
    try:
        python = prepare(environment)[0]
    except OSError as error:
        yield Check("schemathesis", VERSION, NAME, "installed", False, str(error))
        return
    begun = time.perf_counter()
    (HOME / "openapi.json").write_text(json.dumps(likely(distinct(_fetched(f"{address}/openapi.json")))))
    done = subprocess.run(
        [
            str(Path(python).with_name("schemathesis").absolute()),
            "run",
            "openapi.json",
            *("--url", address),
            *("--checks", ",".join(CHECKS)),
            *("--phases", "examples,coverage,fuzzing"),
            *("--max-time", str(SECONDS)),
            *("--request-timeout", "60"),
            "--continue-on-failure",
        ],
        cwd=HOME,  # where it leaves its cache too
        capture_output=True,
        text=True,
        timeout=5 * SECONDS,
        check=False,
    )
    (HOME / "contract.log").write_text(done.stdout + done.stderr)
    detail = "" if done.returncode == 0 else (done.stdout + done.stderr)[-3000:]
    seconds = round(time.perf_counter() - begun, 2)
    yield Check(
        "schemathesis",
        VERSION,
        NAME,
        "no 500 and no answer outside its schema",
        not done.returncode,
        detail,
        seconds,
    )


def distinct(document: dict[str, Any]) -> dict[str, Any]:
    """The same document without second spellings of a path: a dialect's call at several paths is one call;
    and without the operator's."""
    paths: dict[str, dict[str, Any]] = {}
    seen: set[str] = set()
    for path, verbs in document["paths"].items():
        if path.startswith("/admin/"):  # the first key that were made there would lock out everything else
            continue
        for verb, call in verbs.items():
            told = json.dumps([verb, {name: fact for name, fact in call.items() if name != "operationId"}])
            if told not in seen:
                seen.add(told)
                paths.setdefault(path, {})[verb] = call
    return {**document, "paths": paths}


def likely(value: Any) -> Any:
    """The same document, in which an example is as likely as anything else: most models of a random name are
    not there, and a request for one says little of what lies behind that door."""
    if isinstance(value, list):
        return [likely(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {name: likely(item) for name, item in value.items() if name != "examples"}
    if not value.get("examples") or "enum" in value:
        return inner
    return {"anyOf": [{"enum": value["examples"]}, inner]}


def _fetched(url: str) -> Any:
    with urlopen(url) as reply:
        return json.load(reply)

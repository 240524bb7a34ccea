"""The published contract against the server: schemathesis asks everything that /openapi.json describes."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

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
    done = subprocess.run(
        [
            python.replace("/python", "/schemathesis"),
            "run",
            f"{address}/openapi.json",
            *("--checks", ",".join(CHECKS)),
            *("--phases", "examples,coverage,fuzzing"),
            *("--max-time", str(SECONDS)),
            *("--workers", "2"),
            *("--request-timeout", "60"),
            "--continue-on-failure",
        ],
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

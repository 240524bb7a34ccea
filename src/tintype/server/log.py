"""The log: one line for an event, for people on a terminal, as JSON for a machine that collects them.

Every line that is written for a request, or for the job that it began, has the request's id. Tracebacks are told
without the values of variables: those hold prompts, pictures and keys.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from structlog.processors import ExceptionRenderer
from structlog.stdlib import ProcessorFormatter
from structlog.tracebacks import ExceptionDictTransformer

from ..accounts.keys import PREFIX

LONGEST_PATH = 120
"""Letters of it that are shown."""

LONGEST_ID = 128
"""Letters of an id that a caller gives to a request."""


def log_to_stderr() -> None:
    """Ours, and what libraries log (warnings and worse)."""
    machine = not sys.stderr.isatty()
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering: list[structlog.typing.Processor]
    if machine:
        plain = ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
        rendering = [plain, structlog.processors.JSONRenderer(serializer=_to_json)]
    else:
        rendering = [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    structlog.configure(
        processors=[*before, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer)
        if machine
        else structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    as_text: list[structlog.typing.Processor] = [_as_text] if machine else []
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[*before, structlog.stdlib.add_logger_name],
            processors=[ProcessorFormatter.remove_processors_meta, *rendering, *as_text],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def _to_json(event: object, default: Callable[[Any], Any]) -> bytes:
    return msgspec.json.encode(event, enc_hook=default)


def _as_text(logger: object, method: str, event: Any) -> str:
    return bytes(event).decode()


def callers_id(value: bytes) -> str:
    """The id that a caller gave to a request; empty where it is too long, or not of printable ASCII.

    >>> callers_id(b"order 7"), callers_id(b"order\\xff"), callers_id(b"7" * 129)
    ('order 7', '', '')
    """
    if len(value) > LONGEST_ID or not value.isascii():
        return ""
    text = value.decode("ascii")
    return text if text.isprintable() else ""


_KEY = re.compile(rf"{PREFIX}[\w-]+")


def shown(path: str) -> str:
    """As the log has it: cut, without a key that somebody took for the name of one, and without what a terminal obeys.

    >>> shown("/admin/keys/tt-2gS-pSGDsjGrc2nFovcaAO"), shown("/v1/models"), shown("/\\x1b[2J")
    ('/admin/keys/tt-…', '/v1/models', '/\\\\x1b[2J')
    """
    path = path[:LONGEST_PATH]
    if not path.isprintable():
        path = path.encode("unicode_escape").decode()
    return _KEY.sub(f"{PREFIX}…", path) if PREFIX in path else path

"""The log: one line for an event, for people on a terminal, as JSON for a machine that collects them.

Every line that is written for a request, or for the job that it began, has the request's id. Tracebacks are told
without the values of variables: those hold prompts, pictures and keys.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from structlog.processors import ExceptionRenderer
from structlog.stdlib import ProcessorFormatter
from structlog.tracebacks import ExceptionDictTransformer

LONGEST_ID = 128
"""Letters of an id that a caller gives to a request."""


def log_to_stderr() -> None:
    """Ours, and what libraries log (warnings and worse)."""
    machine = not sys.stderr.isatty()
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _stamp,
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


_second = (0, "")
"""The last one that something was logged in, and how it is written."""


def _stamp(logger: object, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """As structlog's own does it, in a tenth of the time: of most lines, all but the fractions is that of the line before."""
    global _second
    now = time.time_ns()
    second, told = _second
    if second != now // 1_000_000_000:
        second = now // 1_000_000_000
        told = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        _second = second, told
    event["timestamp"] = f"{told}.{now // 1000 % 1_000_000:06d}Z"
    return event


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

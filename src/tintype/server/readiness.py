"""Whether this server should be sent requests: what it stands on answers, and it is not about to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

log = structlog.get_logger()

PATIENCE = 2.0
"""Seconds for all checks, which are made at once."""

Check = Callable[[], Awaitable[None]]
"""Returns when all is well. Whatever it raises is a reason not to be ready."""


class NotYet(Exception):
    """Why, in a sentence that everyone may read."""


class Readiness:
    """`checks` by what they look at ("database", "store"). A check that hangs is not begun again before it has ended."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self.draining = False
        self._checks = checks
        self._running: dict[str, asyncio.Task[str]] = {}
        self._failures: dict[str, str] = {}

    async def reasons(self) -> dict[str, str]:
        """Why it is not ready, by what is amiss; empty when it is."""
        for name, check in self._checks.items():
            if name not in self._running or self._running[name].done():
                self._running[name] = asyncio.create_task(self._judge(name, check), name=f"check {name}")
        asked = dict(self._running)
        if asked:
            await asyncio.wait(asked.values(), timeout=PATIENCE)
        late = f"It did not answer within {PATIENCE:g} seconds."
        found = {name: task.result() if task.done() else late for name, task in asked.items()}
        if self.draining:
            found["server"] = "It is about to stop."
        return {name: reason for name, reason in found.items() if reason}

    async def _judge(self, name: str, check: Check) -> str:
        """Of an error only its kind is told, since this page needs no key. The rest is in the log, once."""
        try:
            await check()
        except NotYet as wait:
            reason = str(wait)
        except Exception as error:
            reason = f"It failed: {type(error).__name__}."
            if self._failures.get(name) != reason:
                log.warning("not ready", check=name, reason=f"{type(error).__name__}: {error}"[:300])
        else:
            reason = ""
        self._failures[name] = reason
        return reason

    async def close(self) -> None:
        """End the checks that hang."""
        for task in self._running.values():
            task.cancel()
        if self._running:
            await asyncio.wait(self._running.values())

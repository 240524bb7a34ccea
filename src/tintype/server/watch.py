"""Who is told what happens in the house: it is counted for Prometheus, and traced where that is configured.

The floors below know neither. They are given what they call when something has happened:

* `Limits.open(tell=watch.metrics.limit)`
* `Attempts.watchers.append(watch.attempt)`, which `App` does
* whoever settles a job calls `watch.metrics.settle`; of a hold that was refused, `watch.metrics.refuse`
* whoever has something stored calls `watch.store`; whoever delivers webhooks, `watch.metrics.deliver`
"""

from __future__ import annotations

from ..core import Attempt
from .metrics import Metrics
from .telemetry import Traces


class Watch:
    """`traces` is None where none are sent."""

    def __init__(self, traces: Traces | None = None) -> None:
        self.metrics = Metrics()
        self.traces = traces

    def attempt(self, attempt: Attempt) -> None:
        """A call of a provider that has ended. To be called in the task that made it."""
        self.metrics.attempt(attempt)
        if self.traces is not None:
            self.traces.attempt(attempt)

    def store(self, operation: str, started: float, seconds: float, failure: str = "") -> None:
        """Something that the store has done, in the task that waited for it. `operation` is the name of the store's
        method, `started` Unix time, `failure` the code of the error."""
        self.metrics.store(operation, seconds, bool(failure))
        if self.traces is not None:
            self.traces.store(operation, started, seconds, failure)

    async def close(self) -> None:
        if self.traces is not None:
            await self.traces.close()

"""What Prometheus is told: requests by dialect and status, how long they took, and the jobs that run."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

MEDIA_TYPE = CONTENT_TYPE_LATEST

_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 600)
"""From an answer that was at hand to the longest picture that is waited for."""


class Metrics:
    """Those of one server. `running` says how many jobs run when it is asked."""

    def __init__(self, running: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "tintype_requests",
            "Requests, by who answered and with which status",
            ("dialect", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "tintype_request_seconds",
            "From the head of a request to the end of its answer",
            ("dialect",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        jobs = Gauge("tintype_jobs_running", "Pictures on their way", registry=self._registry)
        jobs.set_function(running)
        # Looking a child up by its labels takes longer than counting; there are few of them.
        self._children: dict[tuple[str, object], tuple[Counter, Histogram]] = {}

    def count(self, dialect: str, status: object, seconds: float) -> None:
        """`status` is "gone" for a caller who hung up before there was one."""
        children = self._children.get((dialect, status))
        if children is None:
            children = (self._requests.labels(dialect, str(status)), self._seconds.labels(dialect))
            self._children[dialect, status] = children
        children[0].inc()
        children[1].observe(seconds)

    def text(self) -> bytes:
        """All of it, in the format of `MEDIA_TYPE`."""
        return generate_latest(self._registry)

"""What Prometheus is told: requests, attempts, pictures, money, jobs, and who was turned away.

Labels are names of ours, of the catalog and of the operator's settings: never what a caller wrote. A child is looked
up by its labels once; that takes longer than counting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from ..accounts.records import State
from ..core import Attempt, Micros
from ..core.errors import TintypeError
from ..gateway.offers import Offer

MEDIA_TYPE = CONTENT_TYPE_LATEST.partition("; charset")[0]
"""The server adds the charset of every text; said twice, it makes some scrapers refuse the whole."""

disable_created_metrics()  # type: ignore[no-untyped-call]  # a line more for each series, which nobody reads

_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 600)
"""From an answer that was at hand to the longest picture that is waited for."""

_STATES = {"closed": 0.0, "half open": 0.5, "open": 1.0}

_DOLLAR = 1_000_000
"""In micro-dollars."""


class Metrics:
    """Those of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = self._counter("requests", "Requests", "dialect", "status")
        self._seconds = self._histogram(
            "request_seconds", "From the head of a request to the end of its answer", "dialect"
        )
        self._attempts = self._histogram(
            "attempt_seconds", "Calls of providers", "provider", "model", "outcome"
        )
        self._pictures = self._counter("pictures", "Pictures drawn", "provider", "model")
        self._paid = self._counter(
            "paid_dollars", "What providers are known to take for pictures", "provider"
        )
        self._unknown = self._counter(
            "costs_unknown", "Calls that brought pictures, at a cost that is not known", "provider"
        )
        self._charged = self._counter(
            "charged_dollars", "What accounts were charged, by who drew", "provider"
        )
        self._jobs = self._counter("jobs", "Jobs that have ended", "state")
        self._refused = self._counter(
            "holds_refused", "Orders that an account or a key could not pay", "reason"
        )
        self._limited = self._counter("limited", "Requests refused by a limit a minute", "kind")
        self._away = self._counter("limits_away", "Times that the Redis of the limits did not answer")
        self._store = self._histogram("store_seconds", "Work of the store of pictures", "operation")
        self._lost = self._counter("store_failures", "Failures of the store of pictures", "operation")
        self._webhooks = self._counter("webhooks", "Deliveries of webhooks", "outcome")
        self._answers: dict[tuple[str, object], tuple[Counter, Histogram]] = {}
        self._calls: dict[tuple[str, str, str], _Call] = {}
        self._ends: dict[tuple[str, str], tuple[Counter, Counter]] = {}
        self._free: frozenset[str] = frozenset()

    def watch(self, running: Callable[[], int], offers: Iterable[Offer]) -> None:
        """What is looked at when the metrics are asked for. Once, before the first attempt."""
        jobs = Gauge("tintype_jobs_running", "Pictures on their way", registry=self._registry)
        jobs.set_function(running)
        offers = tuple(offers)
        self._free = frozenset(offer.provider.name for offer in offers if offer.provider.local)
        self._registry.register(_Breakers(offer for offer in offers if not offer.twin))

    def count(self, dialect: str, status: object, seconds: float) -> None:
        """A request. `status` is "gone" for a caller who hung up before the end."""
        children = self._answers.get((dialect, status))
        if children is None:
            children = (self._requests.labels(dialect, str(status)), self._seconds.labels(dialect))
            self._answers[dialect, status] = children
        children[0].inc()
        children[1].observe(seconds)

    def attempt(self, attempt: Attempt) -> None:
        """A call of a provider, however it ended. Who draws on this machine is paid nothing."""
        key = attempt.provider, attempt.model, attempt.outcome
        call = self._calls.get(key)
        if call is None:
            is_paid = attempt.provider not in self._free
            call = self._calls[key] = _Call(
                self._attempts.labels(*key),
                self._pictures.labels(attempt.provider, attempt.model),
                self._paid.labels(attempt.provider) if is_paid else None,
                self._unknown.labels(attempt.provider) if is_paid else None,
            )
        call.seconds.observe(attempt.seconds)
        if attempt.pictures:
            call.pictures.inc(attempt.pictures)
            if attempt.cost is not None and call.paid is not None:
                call.paid.inc(attempt.cost / _DOLLAR)
            elif call.unknown is not None:
                call.unknown.inc()

    def settle(self, state: State, provider: str, charged: Micros) -> None:
        """A job that has ended. Of several providers, as a report names them, "several" has drawn."""
        children = self._ends.get((state, provider))
        if children is None:
            who = "several" if "," in provider else provider
            children = self._ends[state, provider] = self._jobs.labels(state), self._charged.labels(who)
        children[0].inc()
        if charged:
            children[1].inc(charged / _DOLLAR)

    def refuse(self, error: TintypeError) -> None:
        """A hold that was not given, by the code of the error."""
        self._refused.labels(error.code).inc()

    def limit(self, told: str) -> None:
        """What `Limits` tells: "requests" or "images" that were refused, or "away"."""
        if told == "away":
            self._away.inc()
        else:
            self._limited.labels(told).inc()

    def store(self, operation: str, seconds: float, failed: bool) -> None:
        """`operation` is the name of a method of the store."""
        self._store.labels(operation).observe(seconds)
        if failed:
            self._lost.labels(operation).inc()

    def deliver(self, outcome: str) -> None:
        """A webhook: "taken", "failed" (it is tried again), or "given up"."""
        self._webhooks.labels(outcome).inc()

    def text(self) -> bytes:
        """All of it, in the format of `MEDIA_TYPE`."""
        return generate_latest(self._registry)

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"tintype_{name}", told, labels, registry=self._registry)

    def _histogram(self, name: str, told: str, *labels: str) -> Histogram:
        return Histogram(f"tintype_{name}", told, labels, buckets=_SECONDS, registry=self._registry)


class _Call(NamedTuple):
    seconds: Histogram
    pictures: Counter
    paid: Counter | None  # None where nothing is
    unknown: Counter | None


class _Breakers(Collector):
    """Which offers are left alone, as it is when it is asked for."""

    def __init__(self, offers: Iterable[Offer]) -> None:
        self._offers = tuple(offers)

    def collect(self) -> Iterator[Any]:
        family = GaugeMetricFamily(
            "tintype_offer_open",
            "Whether an offer is left alone for its failures: 1, 0.5 while one call tries it, or 0",
            labels=("provider", "offer"),
        )
        for offer in self._offers:
            family.add_metric((offer.provider.name, offer.card.id), _STATES[offer.breaker.state])
        yield family

"""What Prometheus reads: every request is counted once, by who answered it and how."""

from __future__ import annotations

import re
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tintype.core import Attempt, Grid, ModelCard, Sizes
from tintype.core.errors import Busy, OutOfCredit, Rejected
from tintype.gateway.health import Breaker
from tintype.gateway.offers import Offer
from tintype.gateway.settings import Settings
from tintype.server.metrics import Metrics

from ..fakes import FakeProvider
from ..serving import fake_gateway, serving

CARD = ModelCard(id="m", provider="p", sizes=Sizes(grid=Grid()))


def ask(
    address: str, method: str, path: str, body: bytes | None = None, key: str = ""
) -> tuple[int, str, str]:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=30)
    connection.request(method, path, body, {"authorization": f"Bearer {key}"} if key else {})
    response = connection.getresponse()
    answer = response.status, response.getheader("content-type", ""), response.read().decode()
    connection.close()
    return answer


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "//metrics"])
def test_requests_are_counted_by_dialect_and_status(path: str) -> None:
    with serving(fake_gateway(FakeProvider(), CARD)) as address:
        for prompt in (b"a cat", b"a dog", b""):
            ask(address, "POST", "/v1/images/generations", b'{"prompt":"%s"}' % prompt)
        ask(address, "GET", "/v1/models")
        ask(address, "POST", "/v1/nothing", b"{}")
        ask(address, "OPTIONS", "/v1/images/generations")
        status, media_type, text = ask(address, "GET", path)
    told = text.splitlines()
    assert (status, media_type.partition(";")[0]) == (200, "text/plain")
    assert media_type.count("charset=utf-8") == 1, "a scraper that reads it by the book takes it once"
    assert 'tintype_requests_total{dialect="openai-images",status="200"} 3.0' in told
    assert 'tintype_requests_total{dialect="openai-images",status="400"} 1.0' in told
    assert 'tintype_requests_total{dialect="none",status="404"} 1.0' in told
    assert 'tintype_requests_total{dialect="none",status="204"} 1.0' in told
    assert 'tintype_request_seconds_count{dialect="openai-images"} 4.0' in told
    assert "tintype_jobs_running 0.0" in told


def test_with_a_key_of_their_own_they_are_told_to_nobody_else() -> None:
    settings = Settings(metrics_key="geheim-größer")
    with serving(fake_gateway(FakeProvider(), CARD), settings) as address:
        for path, key in (
            ("/metrics", ""),
            ("/metrics", "geheim"),
            ("/metrics?key=geheim-gr%C3%B6%C3%9Fer", ""),  # addresses are written down
        ):
            status, _, text = ask(address, "GET", path, key=key)
            assert (status, "metrics_key" in text, "tintype_" in text) == (401, True, False)
        status, _, text = ask(address, "GET", "/metrics", key="geheim-größer".encode().decode("latin-1"))
        assert (status, "tintype_jobs_running" in text) == (200, True)
        assert ask(address, "GET", "/v1/models")[0] == 200, "it is of nothing else"


def test_jobs_are_counted_when_they_are_asked_for() -> None:
    jobs = ["one", "two"]
    metrics = Metrics()
    metrics.watch(lambda: len(jobs), ())
    assert b"tintype_jobs_running 2.0" in metrics.text()
    jobs.clear()
    assert b"tintype_jobs_running 0.0" in metrics.text()


def test_servers_count_for_themselves() -> None:
    one, other = Metrics(), Metrics()
    one.count("azure", "gone", 0.2)
    assert b'tintype_requests_total{dialect="azure",status="gone"} 1.0' in one.text()
    assert b'tintype_request_seconds_bucket{dialect="azure",le="0.3"} 1.0' in one.text()
    assert b"azure" not in other.text()


def rows(metrics: Metrics) -> list[str]:
    return metrics.text().decode().splitlines()


def attempt(**changes: Any) -> Attempt:
    facts: dict[str, Any] = {
        "job": "job_1",
        "offer": "acme/m",
        "provider": "acme",
        "model": "m",
        "outcome": "drawn",
        "started": 0.0,
        "seconds": 2.0,
        "asked": 2,
        "pictures": 2,
    }
    return Attempt(**{**facts, **changes})


def test_attempts_are_told_by_provider_model_and_outcome_with_their_money() -> None:
    metrics = Metrics()
    metrics.watch(lambda: 0, [Offer(CARD, FakeProvider(name="here", local=True))])
    metrics.attempt(attempt(cost=40_000))
    metrics.attempt(attempt(cost=2_500_000, pictures=1))
    metrics.attempt(attempt(cost=None))
    metrics.attempt(attempt(outcome="failed", pictures=0, code="upstream_busy"))
    metrics.attempt(attempt(provider="here", cost=1_000_000))
    told = rows(metrics)
    assert 'tintype_attempt_seconds_count{model="m",outcome="drawn",provider="acme"} 3.0' in told
    assert 'tintype_attempt_seconds_sum{model="m",outcome="drawn",provider="acme"} 6.0' in told
    assert 'tintype_attempt_seconds_count{model="m",outcome="failed",provider="acme"} 1.0' in told
    assert 'tintype_pictures_total{model="m",provider="acme"} 5.0' in told
    assert 'tintype_pictures_total{model="m",provider="here"} 2.0' in told
    assert 'tintype_paid_dollars_total{provider="acme"} 2.54' in told
    assert 'tintype_costs_unknown_total{provider="acme"} 1.0' in told
    assert not [row for row in told if "dollars" in row and "here" in row], "who draws here is paid nothing"


def test_jobs_money_and_refusals() -> None:
    metrics = Metrics()
    metrics.settle("done", "acme", 250_000)
    metrics.settle("done", "acme, other", 1_000_000)
    metrics.settle("failed", "", 0)
    metrics.refuse(OutOfCredit("Nothing is left."))
    for told in ("requests", "images", "images", "away"):
        metrics.limit(told)
    metrics.store("keep", 0.2, failed=False)
    metrics.store("keep", 0.2, failed=True)
    metrics.deliver("given up")
    found = rows(metrics)
    assert 'tintype_jobs_total{state="done"} 2.0' in found
    assert 'tintype_jobs_total{state="failed"} 1.0' in found
    assert 'tintype_charged_dollars_total{provider="acme"} 0.25' in found
    assert 'tintype_charged_dollars_total{provider="several"} 1.0' in found
    assert 'tintype_holds_refused_total{reason="insufficient_quota"} 1.0' in found
    assert 'tintype_limited_total{kind="requests"} 1.0' in found
    assert 'tintype_limited_total{kind="images"} 2.0' in found
    assert "tintype_limits_away_total 1.0" in found
    assert 'tintype_store_seconds_count{operation="keep"} 2.0' in found
    assert 'tintype_store_failures_total{operation="keep"} 1.0' in found
    assert 'tintype_webhooks_total{outcome="given up"} 1.0' in found


def test_an_offer_that_is_left_alone_is_told() -> None:
    now = [0.0]
    offers = [
        Offer(CARD, FakeProvider(), breaker=Breaker(lambda: now[0])),
        Offer(CARD, FakeProvider(name="illustrator"), twin=True),
    ]
    breaker = offers[0].breaker
    metrics = Metrics()
    metrics.watch(lambda: 0, offers)

    def told() -> list[str]:
        return [row for row in rows(metrics) if row.startswith("tintype_offer_open")]

    assert told() == ['tintype_offer_open{offer="m",provider="fake"} 0.0'], "no twins"
    breaker.failed(Busy("Not now.", retry_after=3))
    assert told()[0].endswith(" 1.0")
    now[0] += 4
    assert told()[0].endswith(" 0.0"), "it said when to come back"
    breaker.failed(Rejected("Who are you?", code="upstream_key_rejected"))
    assert told()[0].endswith(" 1.0")
    now[0] += 6
    assert told()[0].endswith(" 0.5"), "the next call tries it"
    assert breaker.admit()
    assert told()[0].endswith(" 0.5")
    breaker.succeeded()
    assert told()[0].endswith(" 0.0")


def test_no_name_that_a_caller_made_up_is_a_label() -> None:
    with serving(fake_gateway(FakeProvider(), CARD)) as address:
        for position in range(3):
            body = b'{"prompt":"a cat","model":"made-up-%d"}' % position
            ask(address, "POST", "/v1/images/generations", body)
            ask(address, f"MADE-UP-{position}", "/made-up")
        ask(address, "POST", "/v1/images/generations", b'{"prompt":"a cat"}')
        _, _, text = ask(address, "GET", "/metrics")
    assert "made-up" not in text.lower()
    assert 'tintype_attempt_seconds_count{model="m",outcome="drawn",provider="fake"} 1.0' in text.splitlines()


def test_the_documentation_tells_of_every_metric_and_its_labels() -> None:
    page = (Path(__file__).parents[2] / "docs" / "observability.md").read_text()
    told = dict(re.findall(r"^\| `(tintype_\w+)` \| ([^|]*?) ?\|", page, re.MULTILINE))
    metrics = Metrics()
    metrics.watch(lambda: 0, [Offer(CARD, FakeProvider())])
    found = {}
    for family in metrics._registry.collect():
        if family.name.startswith("tintype"):
            found[family.name + ("_total" if family.type == "counter" else "")] = family
    assert set(told) == set(found)
    labels = {name: sorted(re.findall(r"`(\w+)`", text)) for name, text in told.items()}
    metrics.attempt(attempt(cost=1))
    metrics.attempt(attempt(cost=None))
    metrics.settle("done", "acme", 1)
    metrics.refuse(OutOfCredit("No."))
    metrics.limit("images")
    metrics.store("keep", 0.1, failed=True)
    metrics.deliver("taken")
    metrics.count("azure", 200, 0.1)
    samples = [sample for family in metrics._registry.collect() for sample in family.samples]
    named = [
        (re.sub("_(bucket|sum|count)$", "", each.name), sorted({*each.labels} - {"le"})) for each in samples
    ]
    assert {name for name, _ in named} >= set(labels)
    assert [each for each in named if each[1] != labels.get(each[0], each[1])] == []

"""What Prometheus reads: every request is counted once, by who answered it and how."""

from __future__ import annotations

from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tintype.core import Grid, ModelCard, Sizes
from tintype.server.metrics import Metrics

from ..fakes import FakeProvider
from ..serving import fake_gateway, serving

CARD = ModelCard(id="m", provider="p", sizes=Sizes(grid=Grid()))


def ask(address: str, method: str, path: str, body: bytes | None = None) -> tuple[int, str, str]:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=30)
    connection.request(method, path, body)
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
    rows = text.splitlines()
    assert (status, media_type.partition(";")[0]) == (200, "text/plain")
    assert 'tintype_requests_total{dialect="openai-images",status="200"} 3.0' in rows
    assert 'tintype_requests_total{dialect="openai-images",status="400"} 1.0' in rows
    assert 'tintype_requests_total{dialect="none",status="404"} 1.0' in rows
    assert 'tintype_requests_total{dialect="none",status="204"} 1.0' in rows
    assert 'tintype_request_seconds_count{dialect="openai-images"} 4.0' in rows
    assert "tintype_jobs_running 0.0" in rows


def test_jobs_are_counted_when_they_are_asked_for() -> None:
    jobs = ["one", "two"]
    metrics = Metrics(lambda: len(jobs))
    assert b"tintype_jobs_running 2.0" in metrics.text()
    jobs.clear()
    assert b"tintype_jobs_running 0.0" in metrics.text()


def test_servers_count_for_themselves() -> None:
    one, other = Metrics(lambda: 0), Metrics(lambda: 0)
    one.count("azure", "gone", 0.2)
    assert b'tintype_requests_total{dialect="azure",status="gone"} 1.0' in one.text()
    assert b'tintype_request_seconds_bucket{dialect="azure",le="0.3"} 1.0' in one.text()
    assert b"azure" not in other.text()

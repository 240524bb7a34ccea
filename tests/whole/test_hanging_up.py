"""Callers who leave cost nothing and leave nothing behind."""

from __future__ import annotations

import gc
import json
import socket
import time
import tracemalloc
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from tintype.core import Grid, ModelCard, Sizes
from tintype.gateway.books import Memory
from tintype.gateway.gateway import Gateway

from ..fakes import FakeProvider
from ..serving import fake_gateway, serving

CARD = ModelCard(id="m", provider="p", sizes=Sizes(grid=Grid()), partial_images=3)


def hang_up(address: str, *, stream: bool, after: int = 0) -> None:
    """Order a picture, read `after` bytes of the answer, and close the socket without a word."""
    url = urlsplit(address)
    body = json.dumps({"prompt": "a cat", "stream": stream, "partial_images": 1}).encode()
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/images/generations HTTP/1.1\r\nhost: t\r\ncontent-length: %d\r\n\r\n%s"
            % (len(body), body)
        )
        if after:
            connection.recv(after)


def wait_until_idle(gateway: Gateway) -> None:
    deadline = time.monotonic() + 30
    while gateway.jobs.running:
        assert time.monotonic() < deadline, "jobs are still running"
        time.sleep(0.01)


@pytest.mark.parametrize("stream", [False, True])
def test_a_thousand_callers_who_leave(stream: bool) -> None:
    provider = FakeProvider(pause=30)
    gateway = replace(fake_gateway(provider, CARD), books=Memory(capacity=10))
    with serving(gateway) as address:
        for _ in range(100):
            hang_up(address, stream=stream)
        wait_until_idle(gateway)
        provider.asked.clear()
        gc.collect()
        tracemalloc.start()
        for _ in range(900):
            hang_up(address, stream=stream)
        wait_until_idle(gateway)
        provider.asked.clear()
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    assert not gateway.jobs.running
    assert grown < 900 * 500, f"{grown} bytes are still held after 900 callers have left"


def test_what_has_been_paid_for_is_finished() -> None:
    provider = FakeProvider(pause=0.2, local=False)
    gateway = fake_gateway(provider, CARD)
    with serving(gateway) as address:
        hang_up(address, stream=True)
        deadline = time.monotonic() + 5
        while not provider.asked and time.monotonic() < deadline:
            time.sleep(0.01)
        wait_until_idle(gateway)
    assert len(provider.asked) == 1
    assert provider.left == 0

"""Whoever orders again what has just ended gets the same, and buys nothing; and is told when that is not to be had."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from urllib.parse import urlsplit

from tintype.core import Grid, ModelCard, Sizes

from ..fakes import FakeProvider
from ..serving import fake_gateway, serving

CARD = ModelCard(id="m", provider="p", sizes=Sizes(grid=Grid()))


def ask(address: str, method: str, path: str, prompt: str = "", **headers: str) -> tuple[int, str, bytes]:
    """Status, the job's id, and the body."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=10)
    body = json.dumps({"prompt": prompt}) if prompt else None
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    answer = response.status, response.getheader("x-tintype-job", ""), response.read()
    connection.close()
    return answer


def order(address: str, prompt: str, **headers: str) -> tuple[int, str, bytes]:
    return ask(address, "POST", "/v1/images/generations", prompt, **headers)


def test_an_sdk_that_did_not_hear_the_answer_orders_again() -> None:
    provider = FakeProvider(name="paid", local=False)
    with serving(fake_gateway(provider, CARD)) as address:
        first = order(address, "a cat", x_stainless_retry_count="0")
        again = order(address, "a cat", x_stainless_retry_count="1")
        assert again == first
        assert first[0] == 200
        assert len(provider.asked) == 1

        # A new order of the same picture, and one of another, are orders.
        assert order(address, "a cat", x_stainless_retry_count="0")[1] != first[1]
        assert order(address, "a dog", x_stainless_retry_count="1")[0] == 200
        assert len(provider.asked) == 3


def test_a_name_whose_pictures_are_gone_buys_nothing_and_says_so() -> None:
    provider = FakeProvider(name="paid", local=False)
    with serving(fake_gateway(provider, CARD)) as address:
        status, job, _ = order(address, "a cat", idempotency_key="mine")
        assert (status, ask(address, "DELETE", f"/v1/images/jobs/{job}")[0]) == (200, 200)

        status, _, body = order(address, "a cat", idempotency_key="mine")
        error = json.loads(body)["error"]
        assert (status, error["code"], error["param"]) == (409, "idempotency_expired", "Idempotency-Key")
        assert job in error["message"]
        assert len(provider.asked) == 1
        assert order(address, "a cat", idempotency_key="another")[0] == 200

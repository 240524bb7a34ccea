"""A caller's key is found wherever a client of any service puts it."""

from __future__ import annotations

import base64

import pytest

from tintype.core import Incoming

BASIC = base64.b64encode(b"user:K").decode()


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({}, None),
        ({"authorization": "Bearer K"}, "K"),
        ({"authorization": "bearer  K "}, "K"),
        ({"authorization": "K"}, "K"),
        ({"authorization": f"Basic {BASIC}"}, "K"),
        ({"authorization": "Basic ???"}, None),
        ({"authorization": "Basic"}, None),
        ({"authorization": "Bearer "}, None),
        ({"authorization": "Bearer", "api-key": "K"}, "K"),
        ({"api-key": "K"}, "K"),
        ({"x-api-key": " K "}, "K"),
        ({"x-goog-api-key": "K"}, "K"),
        ({"authorization": "Bearer K", "api-key": "K"}, "K"),
    ],
)
def test_from_headers(headers: dict[str, str], key: str | None) -> None:
    assert Incoming(path="/", headers=headers).key == key


def test_from_the_query() -> None:
    assert Incoming(path="/", query={"key": "K"}).key == "K"

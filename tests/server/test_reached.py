"""Absolute addresses lead to where the caller reached us, whatever stands in between, and never into a document's syntax."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tintype.gateway.assemble import open_gateway
from tintype.gateway.settings import Settings
from tintype.server.reached import base_url_of

from ..serving import serving

INNER = {"host": "10.0.0.2:8080"}


@pytest.mark.parametrize(
    ("forwarded", "reached"),
    [
        ("host=t.test;proto=https", "https://t.test"),
        ('for="[2001:db8::1]:4711"; Host="t.test:8443" ;PROTO=HTTPS', "https://t.test:8443"),
        ("for=192.0.2.1;;host=t.test", "http://t.test"),
        ("host=first.test;proto=https, host=second.test", "https://first.test"),
        ('for="a,b;host=evil.test";host=t.test', "http://t.test"),
        (r'host="t\.test"', "http://t.test"),
        ('host="[2001:db8::1]:8080";proto=https', "https://[2001:db8::1]:8080"),
        ("proto=https", "https://10.0.0.2:8080"),
        ("for=192.0.2.1, host=second.test", "http://10.0.0.2:8080"),
        # What is no host, no scheme or no such header is as if it were not there.
        ('host="a.test/path?x=";proto=https', "https://10.0.0.2:8080"),
        ('host="me:secret@a.test"', "http://10.0.0.2:8080"),
        (r'host="a\"b"', "http://10.0.0.2:8080"),
        ('host="<script>"', "http://10.0.0.2:8080"),
        ("host=t.test;proto=javascript", "http://t.test"),
        ('host="t.test', "http://10.0.0.2:8080"),
        ("host=t.test;proto https", "http://10.0.0.2:8080"),
        ("", "http://10.0.0.2:8080"),
    ],
)
def test_forwarded_is_read(forwarded: str, reached: str) -> None:
    assert base_url_of("http", {**INNER, "forwarded": forwarded}) == reached


@pytest.mark.parametrize(
    ("headers", "reached"),
    [
        ({"x-forwarded-host": "t.test, 10.0.0.1", "x-forwarded-proto": "https,http"}, "https://t.test"),
        ({"x-forwarded-proto": "https", "forwarded": "host=evil.test"}, "https://10.0.0.2:8080"),
        ({"x-forwarded-host": 'a"b.test'}, "http://10.0.0.2:8080"),
        ({"x-forwarded-proto": "https://x"}, "http://10.0.0.2:8080"),
        ({"host": 'a"b'}, "http://127.0.0.1"),
        ({"host": ""}, "http://127.0.0.1"),
    ],
)
def test_what_else_there_is(headers: dict[str, str], reached: str) -> None:
    assert base_url_of("http", {**INNER, **headers}) == reached


def test_a_picture_has_the_address_that_the_first_proxy_tells() -> None:
    """Two proxies, each with a line of its own."""
    body = json.dumps({"model": "tintype-illustrator", "prompt": "a fox", "response_format": "url"}).encode()
    with serving(open_gateway(Settings(), {})) as address:
        connection = HTTPConnection(urlsplit(address).netloc, timeout=30)
        connection.putrequest("POST", "/v1/images/generations")
        connection.putheader("content-type", "application/json")
        connection.putheader("content-length", str(len(body)))
        connection.putheader("forwarded", 'for=192.0.2.1;proto=https;host="t.test:8443"')
        connection.putheader("forwarded", "for=10.0.0.1;proto=http;host=inner.test")
        connection.endheaders(body)
        found = json.loads(connection.getresponse().read())
        connection.close()
    assert found["data"][0]["url"].startswith("https://t.test:8443/pictures/")

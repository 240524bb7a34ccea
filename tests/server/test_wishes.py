"""How a caller wants to be answered, and which order it is."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tintype.core import Caller, Incoming
from tintype.core.errors import BadRequest
from tintype.server.wishes import fingerprint, is_retry, read_once, read_wishes

ONE, TWO = Caller(key="key_1"), Caller(key="key_2")


def form(boundary: str, prompt: bytes = b"a hat", quoted: bool = False) -> Incoming:
    line = boundary.encode()
    body = b"".join(
        b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (line, name, value)
        for name, value in ((b"prompt", prompt), (b"image", b"\x89PNG\r\n\x1a\n\0\0"))
    )
    told = f'"{boundary}"' if quoted else boundary
    return Incoming(
        path="/images/edits",
        headers={"content-type": f"multipart/form-data; boundary={told}"},
        body=body + b"--%s--\r\n" % line,
    )


def plain(body: bytes = b'{"prompt": "a cat"}', path: str = "/images/generations", **params: str) -> Incoming:
    return Incoming(path=path, path_params=params, headers={"content-type": "application/json"}, body=body)


@pytest.mark.parametrize(
    ("prefer", "wait", "applied"),
    [
        (None, None, ""),
        ("", None, ""),
        ("handling=strict", None, ""),
        ("respond-async", 0, "respond-async"),
        ("Respond-Async", 0, "respond-async"),
        ("wait=10", 10, "wait=10"),
        ('wait = "10"', 10, "wait=10"),
        ("respond-async, wait=10", 10, "respond-async, wait=10"),
        ("wait=10, respond-async", 10, "wait=10, respond-async"),
        ("handling=lenient;wait=0", 0, "wait=0"),
        ("wait=-1", None, ""),
        ("wait=1.5", None, ""),
        ("wait=1e3", None, ""),
        ("wait=1234567", None, ""),
        ("wait=\u0661", None, ""),
        ("not-respond-async", None, ""),
    ],
)
def test_preferences(prefer: str | None, wait: float | None, applied: str) -> None:
    wishes = read_wishes({} if prefer is None else {"prefer": prefer})
    assert (wishes.wait, wishes.applied) == (wait, applied)


BOUNDARY = st.from_regex(r"[A-Za-z0-9'()+_./:=?-]{20,40}", fullmatch=True)


@given(BOUNDARY, BOUNDARY, st.binary(max_size=30))
def test_the_boundary_of_a_form_does_not_matter(one: str, two: str, prompt: bytes) -> None:
    prints = {fingerprint(form(boundary, prompt), "d") for boundary in (one, two)}
    prints.add(fingerprint(form(one, prompt, quoted=True), "d"))
    assert len(prints) == 1


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_different_bodies_differ(one: bytes, two: bytes) -> None:
    assert (fingerprint(plain(one), "d") == fingerprint(plain(two), "d")) is (one == two)
    assert (fingerprint(form("b" * 20, one), "d") == fingerprint(form("c" * 20, two), "d")) is (one == two)


def test_all_else_that_is_an_order_of_its_own() -> None:
    orders = [
        (plain(), "openai-images"),
        (plain(), "azure"),
        (plain(path="/images/edits"), "openai-images"),
        (plain(model="a"), "gemini"),
        (plain(model="b"), "gemini"),
        (form("x" * 20), "openai-images"),
    ]
    for (one, a), (two, b) in combinations(orders, 2):
        assert fingerprint(one, a) != fingerprint(two, b)


def test_a_boundary_in_the_body_of_a_form_without_one() -> None:
    bare = Incoming(path="/images/edits", headers={"content-type": "multipart/form-data"}, body=b"--x--")
    assert fingerprint(bare, "d") != fingerprint(form("x"), "d")


def test_an_order_has_a_name_a_fingerprint_or_neither() -> None:
    assert read_once(plain(), ONE, "d").fingerprint == ""
    counted = Incoming(path="/", headers={"x-stainless-retry-count": "0"}, body=b"{}")
    assert (read_once(counted, ONE, "d").name, len(read_once(counted, ONE, "d").fingerprint)) == ("", 64)
    named = Incoming(path="/", headers={"idempotency-key": " k "}, body=b"{}")
    once = read_once(named, ONE, "d")
    assert once == read_once(Incoming(path="/", headers={"idempotency-key": "k"}, body=b"{}"), ONE, "d")
    assert once.name != read_once(named, TWO, "d").name
    assert once.name != "k"
    nobody = [read_once(named, Caller(turn=turn), "d").name for turn in ("tt-secret", "127.0.0.1")]
    assert nobody[0] != nobody[1]
    assert "secret" not in nobody[0]


@pytest.mark.parametrize("said", ["x" * 256, "caf\u00e9", "a\tb", "a\x7f"])
def test_names_that_are_none(said: str) -> None:
    with pytest.raises(BadRequest) as caught:
        read_once(Incoming(path="/", headers={"idempotency-key": said}), ONE, "d")
    assert caught.value.param == "Idempotency-Key"


def test_who_tries_again() -> None:
    for count, retried in (("0", False), ("1", True), (" 0 ", False), ("", False), ("2", True)):
        assert is_retry(Incoming(path="/", headers={"x-stainless-retry-count": count})) is retried
    assert not is_retry(plain())

"""The admin API as an operator meets it: accounts, keys and money, over HTTP, with every wrong word named."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tintype.server.admin import CALLS

from .administered import House, administered


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with administered(tmp_path) as house:
        yield house


def test_an_account_is_made_told_changed_and_closed(house: House) -> None:
    made = house.ask("POST", "/admin/accounts", {"name": "acme", "prepaid": True, "day_limit": "2.5"})
    assert made.status == 201
    account = made.document
    assert (account["name"], account["prepaid"], account["day_limit"]) == ("acme", True, "2.500000")
    assert (account["balance"], account["available"]) == ("0.000000", "0.000000")
    assert house.get("/admin/accounts/acme") == house.get(f"/admin/accounts/{account['id']}") == account
    changed = house.ask(
        "PATCH", "/admin/accounts/acme", {"name": "Acme & Co", "day_limit": None, "markup": 250, "at_once": 3}
    ).document
    assert (changed["name"], changed["day_limit"], changed["markup"], changed["at_once"]) == (
        "Acme & Co",
        None,
        250,
        3,
    )
    assert changed["prepaid"] is True, "what is left out stays"
    assert [each["name"] for each in house.get("/admin/accounts")["data"]] == ["Acme & Co"]
    closed = house.ask("DELETE", f"/admin/accounts/{account['id']}").document
    assert closed["closed"] is not None
    assert house.get("/admin/accounts")["data"] == []
    assert [each["id"] for each in house.get("/admin/accounts?closed=true")["data"]] == [account["id"]]


def test_money_is_exact_and_a_reference_counts_once(house: House) -> None:
    account = house.post("/admin/accounts", {"name": "acme", "prepaid": True})["id"]
    credit = {"amount": "12.345678", "note": "invoice 7", "reference": "inv-7"}
    for _ in range(2):
        told = house.post("/admin/accounts/acme/credit", credit)
        assert told == {"account": account, "amount": "12.345678", "balance": "12.345678"}
    taken = house.post("/admin/accounts/acme/credit", {"amount": "-0.000001"})
    assert taken["balance"] == "12.345677"
    entries = house.get("/admin/entries?account=acme")["data"]
    assert [(each["reference"], each["note"]) for each in entries] == [("", ""), ("inv-7", "invoice 7")]
    other = house.ask("POST", "/admin/accounts/acme/credit", {**credit, "amount": "1"})
    assert (other.status, other.error["param"]) == (400, "reference")
    much = house.ask("POST", "/admin/accounts/acme/credit", {"amount": "-13"})
    assert (much.status, much.error["param"]) == (400, "amount")
    assert house.get("/admin/accounts/acme")["balance"] == "12.345677"
    assert house.get("/admin/books") == {"adds_up": True, "faults": []}


def test_a_key_is_shown_once(house: House) -> None:
    house.post("/admin/accounts", {"name": "acme"})
    made = house.ask(
        "POST",
        "/admin/keys",
        {"name": "boss", "account": "acme", "admin": True, "models": ["gpt-image-*"], "day_limit": "1"},
    )
    assert made.status == 201
    assert made.headers["cache-control"] == "no-store"
    secret = made.document["key"]
    assert re.fullmatch(r"tt-[\w-]{43}", secret)
    key = {name: value for name, value in made.document.items() if name != "key"}
    assert (key["models"], key["day_limit"], key["tail"]) == (["gpt-image-*"], "1.000000", secret[-4:])
    assert house.get("/admin/keys", key=secret)["data"] == [key]
    assert house.get(f"/admin/keys/{key['id']}", key=secret) == key
    assert secret not in (house.folder / "tintype.db").read_bytes().decode("latin-1")


def test_a_key_is_changed_and_revoked(house: House) -> None:
    boss = house.post("/admin/keys", {"name": "boss", "admin": True})["key"]
    app = house.post("/admin/keys", {"name": "app", "requests_per_minute": 5}, key=boss)
    soon = time.time() + 3600
    body = {"expires": soon, "requests_per_minute": None, "dialects": ["gemini"], "strict": True}
    changed = house.ask("PATCH", "/admin/keys/app", body, key=boss).document
    assert {name: changed[name] for name in body} == body
    revoked = house.ask("DELETE", f"/admin/keys/{app['id']}", key=boss).document
    assert revoked["revoked"] is not None
    assert [each["name"] for each in house.get("/admin/keys", key=boss)["data"]] == ["boss"]
    assert len(house.get("/admin/keys?revoked=true", key=boss)["data"]) == 2


def test_once_there_is_a_key_only_one_with_admin_scope_gets_in(house: House) -> None:
    boss = house.post("/admin/keys", {"name": "boss", "admin": True})["key"]
    plain = house.post("/admin/keys", {"name": "app"}, key=boss)["key"]
    for call in CALLS:
        path = re.sub(r"\{\w+\}", "x", call.path)
        for key, status, code in (
            ("", 401, "invalid_api_key"),
            ("tt-wrong", 401, "invalid_api_key"),
            (plain, 403, "not_allowed"),
        ):
            told = house.ask(call.method, path, {}, key=key)
            assert (told.status, told.error["code"]) == (status, code), (call.method, path)
    assert house.get("/admin/accounts", key=boss)["data"][0]["name"] == "default"
    assert house.ask("GET", f"/admin/usage?key={boss}").status == 401, "an address is no place for a key"
    house.ask("DELETE", "/admin/keys/boss", key=boss)
    assert house.ask("GET", "/admin/accounts", key=boss).status == 401, "though no key is left"
    assert house.ask("GET", "/admin/accounts").status == 401


STRANGERS = {
    "another page": {"origin": "http://evil.test"},
    "a page at another port": {"origin": "http://127.0.0.1:3000"},
    "a file": {"origin": "null"},
    "a picture in another page": {"sec_fetch_site": "cross-site"},
    "a name that leads here": {"host": "evil.test:8080"},
    "a proxy": {"x_forwarded_for": "203.0.113.7"},
}


@pytest.mark.parametrize("who", STRANGERS)
def test_while_there_is_no_key_a_page_of_another_site_gets_nothing(house: House, who: str) -> None:
    for method, body in (("GET", None), ("POST", {"name": "mine", "admin": True})):
        told = house.ask(method, "/admin/keys", body, **STRANGERS[who])
        assert told.status in (401, 403)
        assert told.error["code"] in ("invalid_api_key", "not_allowed")
    assert house.get("/admin/keys")["data"] == []


def test_a_page_of_its_own_may(house: House) -> None:
    assert house.ask("GET", "/admin/keys", origin=house.url, sec_fetch_site="same-origin").status == 200


@pytest.mark.parametrize("path", ["/admin/keys", "//admin//keys/", "/admin", "/admin/nowhere"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD"])
def test_no_other_site_is_told_that_it_may(house: House, path: str, method: str) -> None:
    asked = {"origin": "http://evil.test", "access_control_request_method": "POST"}
    told = house.ask(method, path, **asked)
    assert not [name for name in told.headers if name.startswith("access-control")]
    assert "x-request-id" in told.headers


def test_the_rest_is_as_open_as_before(house: House) -> None:
    told = house.ask("OPTIONS", "/v1/images/generations", origin="http://page.test")
    assert told.headers["access-control-allow-origin"] == "http://page.test"


WRONG: list[tuple[str, str, Any, int, str | None]] = [
    ("POST", "/admin/accounts", {}, 400, "name"),
    ("POST", "/admin/accounts", {"name": ""}, 400, "name"),
    ("POST", "/admin/keys", {"name": "a", "dialects": ["openai"]}, 400, "dialects"),
    ("POST", "/admin/accounts", {"name": 7}, 400, "name"),
    ("POST", "/admin/accounts", {"name": "x" * 201}, 400, "name"),
    ("POST", "/admin/accounts", {"name": "taken"}, 400, "name"),
    ("POST", "/admin/accounts", {"name": "a", "nmae": "b"}, 400, "nmae"),
    ("POST", "/admin/accounts", {"name": "a", "day_limit": 5}, 400, "day_limit"),
    ("POST", "/admin/accounts", {"name": "a", "day_limit": "five"}, 400, "day_limit"),
    ("POST", "/admin/accounts", {"name": "a", "day_limit": "-1"}, 400, "day_limit"),
    ("POST", "/admin/accounts", {"name": "a", "month_limit": "0.0000001"}, 400, "month_limit"),
    ("POST", "/admin/accounts", {"name": "a", "at_once": -1}, 400, "at_once"),
    ("POST", "/admin/accounts", {"name": "a", "at_once": 10**30}, 400, "at_once"),
    ("POST", "/admin/accounts", {"name": "a", "markup": 1.5}, 400, "markup"),
    ("POST", "/admin/accounts", {"name": "a", "prepaid": "yes"}, 400, "prepaid"),
    ("POST", "/admin/accounts", {"name": "a", "prepaid": None}, 400, "prepaid"),
    ("POST", "/admin/accounts", [], 400, None),
    ("POST", "/admin/accounts", b"{nope", 400, None),
    ("POST", "/admin/accounts", b"\xff", 400, None),
    ("POST", "/admin/accounts", b"[" * 100_000, 400, None),
    ("POST", "/admin/accounts", b" " * 2_000_000, 413, None),
    ("GET", "/admin/accounts?closed=maybe", None, 400, "closed"),
    ("GET", "/admin/accounts?clsd=true", None, 400, "clsd"),
    ("GET", "/admin/accounts?closed=true&closed=true", None, 400, "closed"),
    ("GET", "/admin/accounts/nobody", None, 404, "account"),
    ("PATCH", "/admin/accounts/nobody", {}, 404, "account"),
    ("PATCH", "/admin/accounts/taken", {"name": ""}, 400, "name"),
    ("DELETE", "/admin/accounts/nobody", None, 404, "account"),
    ("PUT", "/admin/accounts", {}, 405, None),
    ("DELETE", "/admin/accounts", None, 405, None),
    ("GET", "/admin/accounts/a/b/c", None, 404, None),
    ("GET", "/admin", None, 404, None),
    ("POST", "/admin/accounts/nobody/credit", {"amount": "1"}, 404, "account"),
    ("POST", "/admin/accounts/taken/credit", {}, 400, "amount"),
    ("POST", "/admin/accounts/taken/credit", {"amount": 12.5}, 400, "amount"),
    ("POST", "/admin/accounts/taken/credit", {"amount": "1e3"}, 400, "amount"),
    ("POST", "/admin/accounts/taken/credit", {"amount": "9" * 40}, 400, "amount"),
    ("POST", "/admin/accounts/taken/credit", {"amount": "1", "reference": "r" * 300}, 400, "reference"),
    ("POST", "/admin/keys", {"name": "k", "account": "nobody"}, 404, "account"),
    ("POST", "/admin/keys", {"name": "k", "models": "gpt-image-2"}, 400, "models"),
    ("POST", "/admin/keys", {"name": "k", "models": [7]}, 400, "models"),
    ("POST", "/admin/keys", {"name": "k", "expires": "tomorrow"}, 400, "expires"),
    ("POST", "/admin/keys", {"name": "k", "expires": 1_700_000_000}, 400, "expires"),  # it is over
    ("POST", "/admin/keys", {"name": "k", "expires": 4_000_000_000_000}, 400, "expires"),  # in milliseconds
    ("POST", "/admin/keys", {"name": "k", "expires": 1e300}, 400, "expires"),
    ("POST", "/admin/keys", {"name": "k", "admin": 1}, 400, "admin"),
    ("GET", "/admin/keys?account=nobody", None, 404, "account"),
    ("GET", "/admin/keys/nobody", None, 404, "key"),
    ("DELETE", "/admin/keys/nobody", None, 404, "key"),
    ("POST", "/admin/jobs/nothing/refund", {}, 404, None),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "param"), WRONG, ids=str)
def test_what_is_wrong_is_named(
    house: House, method: str, path: str, body: Any, status: int, param: str | None
) -> None:
    house.post("/admin/accounts", {"name": "taken"})
    told = house.ask(method, path, body)
    assert (told.status, told.error["param"]) == (status, param), told.error
    assert len(told.error["message"]) > 10
    assert [each["name"] for each in house.get("/admin/accounts")["data"]] == ["taken"]


def test_half_an_emoji_is_told(house: House) -> None:
    told = house.ask("POST", "/admin/accounts", rb'{"name": "a \ud83d"}')
    assert "cut in the middle of a letter" in told.error["message"]


def test_the_document_tells_every_call_with_its_schemas(house: House) -> None:
    document = house.get("/openapi.json")
    for call in CALLS:
        told = document["paths"][call.path][call.method.lower()]
        assert told["tags"] == ["admin"]
        assert str(call.status) in told["responses"]
        assert "default" in told["responses"]
        assert ("requestBody" in told) == (call.method in ("POST", "PATCH"))
    assert {"Account", "MadeKey", "NewKey"} <= set(document["components"]["schemas"])
    text = json.dumps(document)
    assert set(re.findall(r'"#/components/schemas/([^"]+)"', text)) == set(document["components"]["schemas"])
    assert all(re.fullmatch(r"[\w.-]+", name) for name in document["components"]["schemas"])

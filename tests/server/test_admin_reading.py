"""What the admin API tells of what was done: every way to count it comes to the same."""

from __future__ import annotations

import asyncio
import csv
import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tintype.core.money import micros

from .administered import House, administered
from .trading import CENT, Trade, trade


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str, list[Trade]]]:
    """The house, its operator's key, and what was done."""
    with administered(tmp_path_factory.mktemp("traded")) as house:

        async def work() -> tuple[str, list[Trade]]:
            trades = await trade(house.office)
            return (await house.office.keys.make("boss", admin=True))[1], trades

        yield house, *asyncio.run(work())


@pytest.fixture
def house(traded: tuple[House, str, list[Trade]]) -> House:
    return traded[0]


@pytest.fixture
def key(traded: tuple[House, str, list[Trade]]) -> str:
    return traded[1]


WAYS = ["", "day", "key", "model", "provider", "account", "day,key", "key,model,provider,account,day"]


@pytest.mark.parametrize("by", WAYS)
def test_every_way_to_count_comes_to_what_the_entries_say(house: House, key: str, by: str) -> None:
    told = house.get(f"/admin/usage?by={by}", key)
    total = told["total"]
    for name in ("cost", "charged", "paid"):
        assert micros(total[name]) == sum(micros(line[name]) for line in told["data"])
    for name in ("jobs", "failed", "running", "pictures", "unknown", "maybe_paid"):
        assert total[name] == sum(line[name] for line in told["data"])
    charges = [
        micros(entry["amount"])
        for account in ("acme", "default")
        for entry in house.get(f"/admin/entries?account={account}", key)["data"]
        if entry["job"]
    ]
    assert micros(total["charged"]) == -sum(charges) == 9 * CENT
    receipts = house.get("/admin/jobs", key)["data"]
    assert sum(micros(job["charged"]) for job in receipts) == 9 * CENT
    assert (total["jobs"], total["failed"], total["running"], total["unknown"]) == (6, 1, 1, 1)
    assert total["tokens"]["image_out"] == 400


def test_lines_have_names_beside_ids(house: House, key: str) -> None:
    lines = house.get("/admin/usage?by=account,key", key)["data"]
    found = {(line["account_name"], line["key_name"]): line["charged"] for line in lines}
    assert found == {
        ("acme", "web"): "0.060000",
        ("acme", "night"): "0.030000",
        ("default", "other"): "0.000000",
    }
    assert all(line["account"].startswith("account_") and "day" not in line for line in lines)


@pytest.mark.parametrize(
    ("query", "jobs"),
    [
        ("from=2026-11-02", 4),
        ("to=2026-11-01", 2),
        ("from=2026-11-02&to=2026-11-02", 3),
        ("account=acme", 4),
        ("key=web", 3),
        ("key=web&to=2026-11-01", 1),
        ("from=2030-01-01", 0),
    ],
)
def test_some_of_it(house: House, key: str, query: str, jobs: int) -> None:
    assert house.get(f"/admin/usage?{query}", key)["total"]["jobs"] == jobs


def test_as_a_table_for_spreadsheets(house: House, key: str) -> None:
    told = house.ask("GET", "/admin/usage?by=day,key&format=csv", key=key)
    assert told.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(told.body.decode())))
    assert [
        (row["day"], row["key_name"], row["charged"]) for row in rows if row["charged"] != "0.000000"
    ] == [
        (line["day"], line["key_name"], line["charged"])
        for line in house.get("/admin/usage?by=day,key", key)["data"]
        if line["charged"] != "0.000000"
    ]
    assert len(rows) == 5


def test_jobs_come_in_pages_that_miss_none(house: House, key: str) -> None:
    seen: list[str] = []
    path: str | None = "/admin/jobs?limit=4"
    while path:
        page = house.get(path, key)
        seen += [job["id"] for job in page["data"]]
        path = f"/admin/jobs?limit=4&before={page['next']}" if page["next"] else None
    assert seen == [f"job_{number}" for number in (6, 5, 4, 3, 2, 1)]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [("state=failed", [4]), ("key=night", [2]), ("account=default", [6, 5]), ("maybe_paid=true", [4])],
)
def test_jobs_of_one_kind(house: House, key: str, query: str, numbers: list[int]) -> None:
    found = house.get(f"/admin/jobs?{query}", key)["data"]
    assert [job["id"] for job in found] == [f"job_{number}" for number in numbers]


def test_a_job_with_what_was_asked_of_upstreams(house: House, key: str) -> None:
    job = house.get("/admin/jobs/job_1", key)
    assert (job["state"], job["cost"], job["charged"], job["paid"]) == (
        "done",
        "0.010000",
        "0.010000",
        "0.005000",
    )
    (attempt,) = job["attempts"]
    assert (attempt["provider"], attempt["outcome"], attempt["cost"]) == ("openai", "drawn", "0.005000")
    assert attempt["claimed"]["image_out"] == 100
    assert job["pictures"][0]["media_type"] == "image/png"
    assert job["webhooks"] == []
    assert house.get("/admin/jobs/job_5", key)["cost"] is None


def test_entries_come_in_pages(house: House, key: str) -> None:
    first = house.get("/admin/entries?account=acme&limit=2", key)
    rest = house.get(f"/admin/entries?account=acme&limit=9&before={first['next']}", key)
    amounts = [entry["amount"] for entry in first["data"] + rest["data"]]
    assert amounts == ["-0.050000", "-0.030000", "-0.010000", "10.000000"]
    assert rest["next"] is None
    assert rest["data"][-1]["note"] == "to begin with"


WRONG: list[tuple[str, int, str | None]] = [
    ("usage?by=week", 400, "by"),
    ("usage?from=yesterday", 400, "from"),
    ("usage?to=2026-13-01", 400, "to"),
    ("usage?to=20261101", 400, "to"),
    ("usage?from=2026-11-02&to=2026-11-01", 400, "from"),
    ("usage?since=2026-11-02", 400, "since"),
    ("usage?format=xml", 400, "format"),
    ("usage?account=nobody", 404, "account"),
    ("usage?key=nobody", 404, "key"),
    ("jobs?limit=0", 400, "limit"),
    ("jobs?limit=1001", 400, "limit"),
    ("jobs?limit=many", 400, "limit"),
    ("jobs?state=lost", 400, "state"),
    ("jobs?before=job_99", 404, "before"),
    ("jobs?maybe_paid=perhaps", 400, "maybe_paid"),
    ("jobs/job_99", 404, "job"),
    ("entries?account=nobody", 404, "account"),
    ("entries?before=first", 400, "before"),
    ("books?deep=true", 400, "deep"),
]


@pytest.mark.parametrize(("path", "status", "param"), WRONG, ids=str)
def test_what_is_wrong_is_named(house: House, key: str, path: str, status: int, param: str | None) -> None:
    told = house.ask("GET", f"/admin/{path}", key=key)
    assert (told.status, told.error["param"]) == (status, param), told.error


def test_a_refund_gives_back_once(tmp_path: Path) -> None:
    with administered(tmp_path) as house:

        async def work() -> str:
            await trade(house.office)
            return (await house.office.keys.make("boss", admin=True))[1]

        key = asyncio.run(work())
        before = micros(house.get("/admin/accounts/acme", key)["balance"])
        first = house.post("/admin/jobs/job_3/refund", {"note": "it was a dog"}, key)
        assert first == {"job": "job_3", "refunded": "0.050000"}
        assert house.post("/admin/jobs/job_3/refund", b"", key)["refunded"] == "0.000000"
        assert micros(house.get("/admin/accounts/acme", key)["balance"]) == before + 5 * CENT
        assert house.get("/admin/usage", key)["total"]["charged"] == "0.040000"
        running = house.ask("POST", "/admin/jobs/job_6/refund", {}, key=key)
        assert (running.status, "still runs" in running.error["message"]) == (400, True)
        assert house.get("/admin/books", key) == {"adds_up": True, "faults": []}
        with closing(sqlite3.connect(tmp_path / "tintype.db")) as database, database:
            database.execute("UPDATE jobs SET charged = charged + 1 WHERE id = 'job_1'")
        told: dict[str, Any] = house.get("/admin/books", key)
        assert told["adds_up"] is False
        assert any("job_1" in fault for fault in told["faults"])


def test_how_a_webhook_goes(house: House, key: str) -> None:
    (told,) = house.get("/admin/jobs/job_3", key)["webhooks"]
    assert told.pop("id").startswith("msg_")
    assert told == {
        "url": "https://hooks.example/a",
        "state": "due",
        "tries": 1,
        "due": 5.0,
        "taken": None,
        "failure": "it answered 503",
    }

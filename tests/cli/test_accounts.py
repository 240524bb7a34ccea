"""`keys`, `accounts`, `credit`, `usage`, `jobs` and `books`: straight on the database, also while a server runs."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import pty
import re
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tintype.gateway.office import Office
from tintype.gateway.settings import Settings
from tintype.gateway.webhooks import Secrets
from tintype.storage import read_secret

from ..fakes import FakeProvider
from ..server.administered import administered
from ..server.trading import trade
from ..whole.houses import house
from ..whole.test_http import call
from .conftest import Tintype
from .test_process import COMMAND, environ

__all__ = ("environ",)


@pytest.fixture
def traded(tmp_path: Path, tintype: Tintype) -> None:
    async def work() -> None:
        office = Office.open(Settings(data=tmp_path / "data"))
        await trade(office)
        await office.close()

    asyncio.run(work())


def table(text: str) -> list[dict[str, str]]:
    """The rows of a plain table, by its heads: columns begin where their heads do."""
    head, *rows = text.splitlines()
    names = [(found.start(), found[0]) for found in re.finditer(r"\S+(?: \S+)*", head)]
    ends = [at for at, _ in names[1:]] + [None]
    return [{name: row[at:end].strip() for (at, name), end in zip(names, ends, strict=True)} for row in rows]


def test_a_key_is_printed_once_and_alone(tintype: Tintype, tmp_path: Path) -> None:
    made = tintype(
        "keys", "create", "--name", "app", "--day-limit", "2.50", "-m", "gpt-image-*", "--expires", "30d"
    )
    assert made.code == 0, made.err
    secret = made.out.strip()
    assert re.fullmatch(r"tt-[\w-]{43}", secret)
    assert secret not in made.err
    for told in ("curl http://127.0.0.1:8080/v1/", "OpenAI(base_url=", "first key", "'default'"):
        assert told in made.err
    (row,) = table(tintype("keys", "list").out)
    assert row["NAME"] == "app"
    assert row["KEY"] == f"tt-…{secret[-4:]}"
    assert (row["LIMITS"], row["ALLOWS"], row["ACCOUNT"]) == ("2.50 a day", "gpt-image-*", "default")
    assert secret not in tintype("keys", "list", "--json").out
    assert "first key" not in tintype("keys", "create", "--name", "second").err
    assert (tmp_path / "data" / "tintype.db").exists()


@pytest.mark.parametrize(
    "command",
    [
        ("keys", "list"),
        ("keys", "revoke", "app"),
        ("accounts",),
        ("accounts", "show", "acme"),
        ("credit", "acme", "1"),
        ("usage",),
        ("jobs", "list"),
        ("books",),
        ("webhooks", "secret"),
        ("webhooks", "secret", "--account", "acme"),
    ],
)
def test_who_looks_into_a_folder_that_is_misspelt_hears_so(
    tintype: Tintype, tmp_path: Path, command: tuple[str, ...]
) -> None:
    said = tintype(*command, "--data", "dta") if command != ("accounts",) else tintype(*command)
    assert said.code != 0
    assert re.search(
        r"There is no (database /.*/(dta|data)/tintype\.db|secret /.*/dta/secret): ", said.err
    ), said.err
    assert list(tmp_path.iterdir()) == []


def test_the_secret_of_webhooks_is_the_one_that_the_server_signs_with(
    tintype: Tintype, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = read_secret("", tmp_path / "data")
    assert tintype("webhooks", "secret").out.strip() == Secrets("", house).of("")
    monkeypatch.setenv("TINTYPE_WEBHOOK_SECRET", own := "whsec_" + "A" * 32)
    assert tintype("webhooks", "secret", "--data", "dta").out.strip() == own
    assert not (tmp_path / "dta").exists()


def test_a_key_is_changed_and_revoked(tintype: Tintype) -> None:
    tintype("keys", "create", "--name", "app", "--day-limit", "2.50", "--requests-per-minute", "5")
    changed = tintype(
        *(
            "keys",
            "change",
            "app",
            "--name",
            "web",
            "--day-limit",
            "none",
            "--at-once",
            "3",
            "--admin",
            "--json",
        )
    )
    (key,) = changed.documents
    assert (key["name"], key["day_limit"], key["at_once"], key["admin"]) == ("web", None, 3, True)
    assert key["requests_per_minute"] == 5, "what is not said stays"
    assert tintype("keys", "revoke", "web").code == 0
    assert "there are no keys" in tintype("keys").err
    (row,) = table(tintype("keys", "list", "--revoked").out)
    assert row["UNTIL"].startswith("revoked 20")


def test_an_account_from_first_to_last(tintype: Tintype) -> None:
    made = tintype("accounts", "create", "acme", "--prepaid", "--credit", "10", "--markup", "2.5", "--json")
    assert (made.documents[0]["balance"], made.documents[0]["markup"]) == ("10.000000", 250)
    assert (
        tintype("credit", "acme", "2.345678", "--note", "invoice", "--reference", "r1").out
        == "acme has 12.345678\n"
    )
    assert tintype("credit", "acme", "2.345678", "--reference", "r1").out == "acme has 12.345678\n"
    assert tintype("credit", "acme", "-5", "--json").documents == [
        {"account": made.documents[0]["id"], "amount": "-5.000000", "balance": "7.345678"}
    ]
    assert tintype("accounts", "change", "acme", "--name", "Acme", "--month-limit", "100").code == 0
    told = tintype("accounts", "show", "Acme").out
    assert re.search(r"^balance +7\.345678$", told, re.MULTILINE)
    assert re.search(r"^limits +100\.00 a month$", told, re.MULTILINE)
    assert re.search(r"credit +-5\.00$", told, re.MULTILINE)
    (row,) = table(tintype("accounts", "list").out)
    assert (row["NAME"], row["AVAILABLE"], row["MARKUP"]) == ("Acme", "7.345678", "2.5 %")
    (shown,) = tintype("accounts", "show", "Acme", "--json").documents
    assert [entry["amount"] for entry in shown["entries"]] == ["-5.000000", "2.345678", "10.000000"]
    assert tintype("accounts", "close", "Acme").code == 0
    assert "there are no accounts" in tintype("accounts").err
    assert "(closed " in tintype("accounts", "list", "--closed").out


@pytest.mark.usefixtures("traded")
def test_usage_adds_up_to_its_total(tintype: Tintype) -> None:
    rows = table(tintype("usage", "--by", "key").out)
    assert {row["KEY"] for row in rows if row["CHARGED"] != "0.00"} == {"night", "web", "total"}
    assert rows[-1]["KEY"] == "total"
    assert sum(float(row["CHARGED"]) for row in rows[:-1]) == pytest.approx(float(rows[-1]["CHARGED"]))
    assert rows[-1]["CHARGED"] == "0.09"
    assert rows[-1]["COST"] == "0.09 and 1 not known"
    (document,) = tintype("usage", "--by", "day,provider", "--json").documents
    assert document["total"]["charged"] == "0.090000"
    parsed = list(
        csv.DictReader(io.StringIO(tintype("usage", "--by", "day", "--csv", "--to", "2026-11-02").out))
    )
    assert [(row["day"], row["charged"]) for row in parsed] == [
        ("2026-11-01", "0.040000"),
        ("2026-11-02", "0.050000"),
    ]


@pytest.mark.usefixtures("traded")
def test_jobs_are_listed_told_and_refunded(tintype: Tintype) -> None:
    rows = table(tintype("jobs").out)
    assert [row["JOB"] for row in rows] == [f"job_{number}" for number in (6, 5, 4, 3, 2, 1)]
    assert [row["COST"] for row in rows] == ["0.10 held", "not known", "0.00", "0.05", "0.03", "0.01"]
    assert {row["KEY"] for row in rows} == {"web", "night", "other"}
    page = tintype("jobs", "list", "--limit", "2")
    assert page.err == "tintype: there are more: --before job_5\n"
    assert [row["JOB"] for row in table(tintype("jobs", "list", "--before", "job_5", "--limit", "9").out)][
        :1
    ] == ["job_4"]
    assert [row["JOB"] for row in table(tintype("jobs", "list", "--maybe-paid").out)] == ["job_4"]
    told = tintype("jobs", "show", "job_3").out
    assert re.search(r"^charged +0\.05$", told, re.MULTILINE)
    assert re.search(r"^prompt +a fox, number 3$", told, re.MULTILINE)
    assert "0.005" in told
    assert re.search(r"https://hooks\.example/a +due +1 .*it answered 503", told)
    assert tintype("jobs", "show", "job_3", "--json").documents[0]["attempts"][0]["outcome"] == "drawn"
    assert tintype("jobs", "refund", "job_3", "--note", "sorry").out == "0.05 was given back for job_3\n"
    assert tintype("jobs", "refund", "job_3").out == "nothing is charged for job_3\n"
    assert tintype("books").out == "The books add up.\n"


@pytest.mark.usefixtures("traded")
def test_books_that_do_not_add_up_are_an_error(tintype: Tintype, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "tintype.db")) as database, database:
        database.execute("UPDATE purses SET balance = balance + 1 WHERE prepaid")
    wrong = tintype("books")
    assert wrong.code == 1
    assert "balance" in wrong.out
    assert tintype("books", "--json").documents[0]["adds_up"] is False


WRONG: list[tuple[tuple[str, ...], int, str]] = [
    (("keys", "create"), 2, "--name"),
    (("keys", "create", "--name", "k", "--account", "nobody"), 2, "no account 'nobody'"),
    (("keys", "create", "--name", "k", "--day-limit", "much"), 2, "day-limit"),
    (
        ("keys", "create", "--name", "k", "--day-limit", "-1.5"),
        2,
        "between 0.00 and 1000000000.00, not -1.50",
    ),
    (("keys", "create", "--name", "k", "--expires", "0d"), 2, "30d"),
    (("keys", "create", "--name", "k", "--dialect", "openai"), 2, "openai-images, responses"),
    (("keys", "change", "taken", "--dialect", "gemeni*"), 2, "no API 'gemeni*'"),
    (("keys", "create", "--name", "k", "--at-once", "2.5"), 2, "at-once"),
    (("keys", "create", "--name", "k", "--expires", "soon"), 2, "30d"),
    (("keys", "create", "--name", "k", "--expires", "2026-01-31"), 2, "expired already"),
    (("keys", "create", "--name", "k", "--model", " "), 2, "One of the models is empty"),
    (("keys", "create", "--name", "k", "--model", ""), 2, "--model is empty"),
    (("keys", "create", "--name", "k", "--day-limit", ""), 2, "day-limit"),
    (("keys", "create", "--name", "k", "--requests-per-minute", ""), 2, "requests-per-minute"),
    (("keys", "create", "--name", "k", "--expires", ""), 2, "--expires is empty"),
    (("keys", "change", "taken", "--name", ""), 2, "--name is empty"),
    (("keys", "create", "--name", "k", "--at-once", "1234567890"), 2, "at most nine digits"),
    (("keys", "create", "--name", "k", "--account", ""), 2, "account"),
    (("accounts", "create", "a", "--credit", ""), 2, "credit"),
    (("accounts", "change", "default", "--markup", ""), 2, "markup"),
    (("keys", "create", "--name", "taken"), 2, "'taken'"),
    (("keys", "change", "taken"), 2, "nothing to change"),
    (("keys", "change", "nobody", "--admin"), 2, "no key 'nobody'"),
    (("keys", "revoke", "nobody"), 2, "no key 'nobody'"),
    (("keys", "list", "--account", "nobody"), 2, "no account 'nobody'"),
    (("keys", "paint"), 2, "paint"),
    (("accounts", "create", "default"), 2, "'default'"),
    (("accounts", "create", "a", "--credit", "-5"), 2, "credit"),
    (("accounts", "create", "a", "--markup", "a lot"), 2, "markup"),
    (("accounts", "create", "a", "--markup", "0.001"), 2, "markup"),
    (("accounts", "create", "a", "--markup", "-200"), 2, "between -100% and 21,474,836.47%, not -200%"),
    (("accounts", "show", "nobody"), 2, "no account 'nobody'"),
    (("accounts", "change", "default"), 2, "nothing to change"),
    (("credit", "nobody", "5"), 2, "no account 'nobody'"),
    (("credit", "default", "5", "--reference="), 2, "--reference is empty"),
    (("credit", "default", "five"), 2, "'five' is not a sum in dollars"),
    (("credit", "default", "0.0000001"), 2, "six decimals"),
    (("credit", "default"), 2, "DOLLARS"),
    (("credit", "default", "5", "--nonsense"), 2, "--nonsense"),
    (("usage", "--by", "week"), 2, "day, key, model, provider"),
    (("usage", "--from", "yesterday"), 2, "from"),
    (("usage", "--csv", "--json"), 2, "--csv"),
    (("jobs", "show", "job_99"), 2, "no job 'job_99'"),
    (("jobs", "refund", "job_99"), 2, "no job 'job_99'"),
    (("jobs", "list", "--limit", "0"), 2, "limit"),
    (("jobs", "list", "--state", "lost"), 2, "one of running, done, failed, cancelled, interrupted"),
    (("books", "--config", "nowhere.toml"), 2, "nowhere.toml"),
    (("books", "--data", "file.txt/data"), 2, "file.txt"),
]


@pytest.mark.parametrize(("arguments", "code", "named"), WRONG, ids=str)
def test_what_is_wrong_is_one_sentence(
    tintype: Tintype, tmp_path: Path, arguments: tuple[str, ...], code: int, named: str
) -> None:
    (tmp_path / "file.txt").write_text("")
    tintype("keys", "create", "--name", "taken")
    wrong = tintype(*arguments)
    assert (wrong.code, wrong.out) == (code, ""), wrong
    assert wrong.err.startswith("tintype: ")
    assert wrong.err.count("\n") == 1
    assert named in wrong.err


def test_an_order_that_named_no_model_is_told_as_such(tintype: Tintype, tmp_path: Path) -> None:
    with house(FakeProvider(), tmp_path / "data") as at:
        _, headers, _ = call(at.url, "POST", "/v1/images/generations", {"prompt": "a fox"})
        job = headers["x-tintype-job"]
        told = tintype("jobs", "show", job)
    assert re.search(r"^asked for +the default model by openai-images$", told.out, re.MULTILINE), told


def test_where_nothing_is_written_down_there_are_no_accounts(tintype: Tintype, tmp_path: Path) -> None:
    (tmp_path / "tintype.toml").write_text('database = "off"\n')
    off = tintype("keys", "list")
    assert off.code == 2
    assert '`database` is "off"' in off.err


def test_a_server_that_runs_sees_what_was_done_within_two_seconds(tintype: Tintype, tmp_path: Path) -> None:
    with administered(tmp_path / "data") as house:
        assert house.ask("GET", "/admin/accounts").status == 200
        boss = tintype("keys", "create", "--name", "boss", "--admin").out.strip()
        begun = time.monotonic()
        assert house.ask("GET", "/admin/accounts", key=boss).status == 200
        while house.ask("GET", "/admin/accounts").status != 401:
            time.sleep(0.05)
        assert time.monotonic() - begun < 3
        house.post("/admin/accounts", {"name": "acme"}, boss)
        assert "acme" in tintype("accounts").out
        tintype("keys", "revoke", "boss")
        begun = time.monotonic()
        while house.ask("GET", "/admin/accounts", key=boss).status != 401:
            time.sleep(0.05)
        assert time.monotonic() - begun < 3


def test_a_terminal_sees_a_table(environ: dict[str, str], tmp_path: Path) -> None:
    subprocess.run(
        [*COMMAND, "accounts", "create", "[bold]acme"],
        env=environ,
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    terminal, end = pty.openpty()
    wide: dict[str, Any] = {"env": {**environ, "COLUMNS": "160"}, "cwd": tmp_path}
    with subprocess.Popen([*COMMAND, "accounts"], stdout=end, **wide) as started:
        os.close(end)
        shown = b""
        while True:
            try:
                chunk = os.read(terminal, 4096)
            except OSError:
                break
            if not chunk:
                break
            shown += chunk
    os.close(terminal)
    assert started.returncode == 0
    assert "─" in shown.decode()
    assert "[bold]acme" in shown.decode(), "a name is text"

"""What `tintype doctor` says of the providers: who is on, what is wrong with it, and who can mend that."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tintype.catalog import load
from tintype.cli import checking
from tintype.cli.checking import ask_providers
from tintype.cli.init import write
from tintype.gateway.assemble import is_callable, open_gateway
from tintype.gateway.settings import Settings

from .. import keyed
from ..buckets import s3_server
from ..faults import Conversation, Script, answers, document, echoes, faulty_upstream, hangs
from .conftest import Tintype

KEYS = {"OPENAI_API_KEY": keyed.KEY}
MODELS = document(data=[{"id": "a"}, {"id": "b"}])


def told(script: Script, **more: object) -> checking.Finding:
    with faulty_upstream(script) as upstream:
        settings = Settings(provider={"openai": {"base_url": upstream.url, **more}})
        return dict(ask_providers(settings, KEYS))["openai"]


@pytest.mark.parametrize(
    ("script", "verdict", "text"),
    [
        (answers(MODELS), "ok", "the key is taken, 2 models; its pictures are paid"),
        (echoes(401), "fail", "127.0.0.1 does not take our key (401). Yours to mend: OPENAI_API_KEY"),
        (answers(b"", 403), "fail", "127.0.0.1 does not take our key (403). Yours to mend: OPENAI_API_KEY"),
        (
            answers(document(error={"message": "no money", "code": "insufficient_quota"}), 429),
            "fail",
            "Our account at the upstream is out of credit: no money. Yours to mend: the account there",
        ),
        (
            answers(document(error={"message": f"Invalid token {keyed.KEY}"})),
            "fail",
            "127.0.0.1 says no: Invalid token ***. Yours to mend: what the settings say of openai",
        ),
        (
            answers(b"<!doctype html><title>Acme</title>"),
            "fail",
            "127.0.0.1 answered with a page, and with no document of an API. "
            "Yours to mend, if this is not its address",
        ),
        (answers(b"", 400), "fail", "127.0.0.1 answered 400. Yours to mend: what the settings say of openai"),
        (answers(b"", 503), "fail", "127.0.0.1 answered 503. The service's to mend, or the network's"),
        (answers(b"<html>", 502), "fail", "127.0.0.1 answered 502. The service's to mend, or the network's"),
    ],
)
def test_what_a_provider_answers(script: Script, verdict: str, text: str) -> None:
    assert told(script) == (verdict, text)


def test_a_key_of_the_settings_is_named_as_that() -> None:
    assert told(echoes(401), key=keyed.KEY).text.endswith("Yours to mend: `key` of [provider.openai]")


def test_a_provider_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "LIMIT", 0.2)
    assert told(hangs) == (
        "fail",
        "No answer from 127.0.0.1 in time. The service's to mend, or the network's",
    )


def test_all_are_asked_side_by_side() -> None:
    waiting: list[str] = []
    met = asyncio.Event()

    async def meets(talk: Conversation) -> None:
        waiting.append(talk.head)
        if len(waiting) == 2:
            met.set()
        await met.wait()
        await answers(MODELS)(talk)

    with faulty_upstream(meets) as upstream:
        second = {"kind": "openai", "base_url": upstream.url, "key": "other"}
        settings = Settings(provider={"openai": {"base_url": upstream.url}, "second": second})
        found = dict(ask_providers(settings, KEYS))
    assert {found["openai"].verdict, found["second"].verdict} == {"ok"}


def test_those_that_are_off_are_told_last_and_what_they_lack() -> None:
    with faulty_upstream(answers(MODELS)) as upstream:
        second = {"kind": "openai", "base_url": upstream.url, "key": "other"}
        settings = Settings(provider={"second": second, "nanogpt": {"enabled": False}})
        found = ask_providers(settings, {})
    assert found[0] == ("second", ("ok", "the key is taken, 2 models; its pictures are paid"))
    assert {finding.verdict for _, finding in found[1:]} == {"off"}
    lines = dict(found)
    assert lines["openai"].text == "set OPENAI_API_KEY; until then its twins draw, free"
    assert lines["nanogpt"].text == "its `enabled` is false in the settings"
    for service in load():
        if service.needs and not service.is_engine and is_callable(service) and service.name != "nanogpt":
            assert lines[service.name].text.startswith("set ")


def test_no_twins_are_told_of_where_there_are_none() -> None:
    """What one's own server would draw, nobody else draws."""
    gateway = open_gateway(Settings(), {})
    drawn = {offer.card.provider for offer in gateway.offers if offer.twin}
    told = {name for name, finding in ask_providers(Settings(), {}) if "twins" in finding.text}
    assert told == drawn - {service.name for service in load() if service.is_engine}
    blocks = [block for block in write().split("\n\n") if "#[provider." in block]
    assert {block.split("#[provider.")[1].split("]")[0] for block in blocks if "twins" in block} == told


@pytest.mark.parametrize("kind", ["openai-compatible", "localai"])
def test_a_variable_that_is_not_set_is_named(kind: str) -> None:
    """Of a service that may do without a key, and of this server that does not."""
    with faulty_upstream(echoes(401)) as upstream:
        acme = {"kind": kind, "base_url": upstream.url, "key_env": "ACME_API_KEY"}
        told = dict(ask_providers(Settings(provider={"acme": acme}), {}))["acme"]
    assert told == (
        "fail",
        "127.0.0.1 does not take our key (401). Yours to mend: ACME_API_KEY, which is not set",
    )


def test_credentials_that_are_not_there_are_told_in_a_sentence() -> None:
    environ = {"GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_APPLICATION_CREDENTIALS": "/nowhere/me.json"}
    assert dict(ask_providers(Settings(), environ))["vertex"] == (
        "fail",
        "Google gives us no token for the credentials /nowhere/me.json: No such file or directory. "
        "Yours to mend: the credentials that the settings or the environment name for vertex",
    )


def test_the_key_of_another_server_is_not_sent_to_openai() -> None:
    environ = {**KEYS, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    with faulty_upstream(answers(MODELS)) as upstream:
        settings = Settings(provider={"openai": {"base_url": upstream.url}})
        assert dict(ask_providers(settings, environ))["openai"].verdict == "warn"
        assert not upstream.heads


def test_the_command_fails_where_a_provider_does_and_shows_no_key(
    tintype: Tintype, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in keyed.environ().items():
        monkeypatch.setenv(name, value)
    with faulty_upstream(echoes(400)) as upstream:
        (tmp_path / "tintype.toml").write_text(keyed.toml(upstream.url))
        failing = tintype("doctor")
        upstream.script = answers(MODELS)
        monkeypatch.setenv("TINTYPE_CONFIG", "one.toml")
        (tmp_path / "one.toml").write_text(
            f'[provider.mine]\nkind = "openai"\nkey = {json.dumps(keyed.KEY)}\nbase_url = "{upstream.url}"\n'
        )
        for name in keyed.environ():
            monkeypatch.delenv(name)
        well = tintype("doctor")
    verdicts = {line.split()[1]: line.split()[0] for line in failing.out.splitlines()}
    assert failing.code == 1
    assert verdicts["openai"] == "fail"
    assert all(line.startswith(("ok  ", "warn", "fail", "off ")) for line in failing.out.splitlines())
    assert {service.name for service in keyed.SERVICES} <= verdicts.keys()
    assert "ok    mine" in well.out
    assert well.code == 0
    assert keyed.TRACE not in failing.out + failing.err + well.out + well.err


def test_a_bucket_is_tried_and_a_folder_is_not_made(
    tintype: Tintype, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def storage() -> list[str]:
        return [line for line in tintype("doctor").out.splitlines() if line.split()[1] == "storage"]

    assert storage() == []
    assert list(tmp_path.iterdir()) == []
    with s3_server():
        monkeypatch.setenv("TINTYPE_STORAGE", "s3://pictures/here")
        assert storage() == ["ok    storage     s3://pictures/here takes pictures, and gives them back"]
        monkeypatch.setenv("TINTYPE_STORAGE", "s3://nowhere")
        (told,) = storage()
    assert told.startswith("fail")
    assert told.endswith("its bucket does not exist.")
    monkeypatch.setenv("TINTYPE_STORAGE", "s3://AKIA:hush@bucket")
    (told,) = storage()
    assert told.startswith("fail")
    assert "hush" not in told


def test_a_database_is_looked_at_and_left_as_it_is(tintype: Tintype, tmp_path: Path) -> None:
    assert "    database    " not in tintype("doctor").out, "a server will make it"
    assert tintype("accounts", "create", "acme").code == 0
    told = tintype("doctor")
    assert "ok    database    it is there, and up to date" in told.out
    for revision, code, says in (
        (
            "0002",
            0,
            "ok    database    it is of an older Tintype (its revision is 0002), and is upgraded when",
        ),
        ("9999", 1, "fail  database    This database was made by a newer Tintype"),
    ):
        with closing(sqlite3.connect(tmp_path / "data" / "tintype.db")) as database, database:
            database.execute("UPDATE tintype_version SET version_num = ?", [revision])
        told = tintype("doctor")
        assert (told.code, says in told.out) == (code, True), told.out
        with closing(sqlite3.connect(tmp_path / "data" / "tintype.db")) as database:
            assert database.execute("SELECT version_num FROM tintype_version").fetchall() == [(revision,)]


def test_a_database_that_is_away_is_told_without_its_password(
    tintype: Tintype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINTYPE_DATABASE", "postgresql://me:hush@127.0.0.1:1/tintype")
    told = tintype("doctor")
    assert told.code == 1
    assert (
        "fail  database    The database postgresql+psycopg://me:***@127.0.0.1:1/tintype cannot be" in told.out
    )
    assert "hush" not in told.out + told.err

"""`tintype providers`: who is on, what is missing, and whose claims are off."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tintype.accounts.database import Database
from tintype.accounts.ledger import Ledger
from tintype.accounts.records import Closing, Opening
from tintype.core import Attempt, Usage

from .conftest import Tintype


def attempt(provider: str, claimed: int, expected: int | None) -> Attempt:
    return Attempt(
        job="job_1",
        offer=f"{provider}/gpt-image-2",
        provider=provider,
        model="gpt-image-2",
        outcome="drawn",
        started=0,
        seconds=12.34,
        asked=1,
        pictures=1,
        claimed=Usage(image_out=claimed),
        expected=None if expected is None else Usage(image_out=expected),
    )


@pytest.fixture
def told(tmp_path: Path) -> None:
    attempts = (attempt("openai", 201, 201), attempt("acme", 717, 201))

    async def write() -> None:
        database = Database.open(f"sqlite:///{tmp_path / 'data' / 'tintype.db'}")
        ledger = Ledger(database)
        await ledger.hold(Opening(job="job_1", created=0, asked="gpt-image-2"))
        await ledger.settle(Closing(job="job_1", state="done", ended=1, attempts=attempts))
        await database.close()

    asyncio.run(write())


@pytest.mark.usefixtures("told")
def test_what_is_on_and_how_far_claims_are_off(tintype: Tintype, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-key")
    lines = [line.split() for line in tintype("providers").out.splitlines()]
    states = {line[0]: " ".join(line[2:]) for line in lines if line}
    assert states["openai"] in ("on", "1 1 0 0 0 12.3 +0%")  # the second table tells of it too
    assert states["nanogpt"] == "off: NANOGPT_API_KEY not set"
    assert ["acme", "gpt-image-2", "1", "1", "0", "0", "0", "12.3", "+257%"] in lines
    assert ["openai", "gpt-image-2", "1", "1", "0", "0", "0", "12.3", "+0%"] in lines
    assert "sk-secret-key" not in tintype("providers").out


@pytest.mark.usefixtures("told")
def test_as_json(tintype: Tintype) -> None:
    found = {each["name"]: each for each in json.loads(tintype("providers", "--json").out)}
    assert found["illustrator"]["on"]
    assert not found["openai"]["on"]
    assert found["openai"]["missing"] == ["OPENAI_API_KEY"]
    assert found["openai"]["calls"][0]["off"] == 0
    assert round(found["acme"]["calls"][0]["off"], 2) == 2.57


@pytest.mark.usefixtures("told")
def test_of_a_server_with_a_folder_of_its_own(tintype: Tintype, tmp_path: Path) -> None:
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    assert "CLAIMS" not in tintype("providers").out
    assert "CLAIMS" in tintype("providers", "--data", "elsewhere").out


def test_nothing_is_told_of_calls_before_there_are_any(tintype: Tintype) -> None:
    assert "CLAIMS" not in tintype("providers").out

"""Attempts outlive the server in a file, and tell how far a reseller's claims are off."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tintype.core import Attempt, Outcome, Usage
from tintype.gateway import attempts as module
from tintype.gateway.attempts import FILE, Attempts, learn, read_attempts


def attempt(
    provider: str = "acme",
    *,
    outcome: Outcome = "drawn",
    claimed: int = 0,
    expected: int | None = None,
    seconds: float = 1.0,
) -> Attempt:
    return Attempt(
        job="job_1",
        offer=f"{provider}/m",
        provider=provider,
        model="m",
        outcome=outcome,
        started=1_795_900_000.25,
        seconds=seconds,
        asked=1,
        pictures=int(outcome in ("drawn", "wrong_size")),
        claimed=Usage(image_out=claimed),
        expected=None if expected is None else Usage(image_out=expected),
    )


def test_what_was_kept_is_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    many = [attempt(seconds=number) for number in range(3)]

    async def main() -> None:
        for half in (many[:2], many[2:]):
            kept = Attempts(folder)
            for each in half:
                kept.keep(each)
            await kept.close()

    asyncio.run(main())
    assert list(read_attempts(folder)) == many


def test_a_line_that_was_cut_off_costs_only_itself(tmp_path: Path) -> None:
    kept = Attempts(tmp_path)
    kept._unwritten = [attempt(), attempt("other")]
    kept.write()
    file = tmp_path / FILE
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(lines[0][:-20] + b"\n" + lines[1])
    assert [each.provider for each in read_attempts(tmp_path)] == ["other"]


def test_a_large_file_makes_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 10)
    kept = Attempts(tmp_path)
    for name in ("one", "two", "three"):
        kept._unwritten = [attempt(name)]
        kept.write()
    assert [each.provider for each in read_attempts(tmp_path)] == ["two", "three"]


def test_a_folder_that_takes_nothing_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    kept = Attempts(tmp_path / "data")
    kept._unwritten = [attempt()]
    kept.write()
    assert (tmp_path / "data").read_text() == "a file"


def test_the_truth_meter() -> None:
    records = learn(
        [
            attempt("honest", claimed=196, expected=196, seconds=3),
            attempt("honest", claimed=1756, expected=1756, seconds=5),
            attempt("honest", outcome="refused"),
            attempt("dear", claimed=717, expected=201),
            attempt("dear", outcome="wrong_size", claimed=717, expected=201),
            attempt("silent", expected=201),
            attempt("broken", outcome="failed"),
            attempt("broken", outcome="empty"),
            attempt("unknown", claimed=500),
        ]
    )
    told = {record.provider: record for record in records}
    assert list(told) == ["broken", "dear", "honest", "silent", "unknown"]
    honest, dear = told["honest"], told["dear"]
    assert (honest.calls, honest.pictures, honest.refused, honest.off, honest.seconds) == (3, 2, 1, 0.0, 4.0)
    assert dear.off is not None
    assert round(dear.off, 2) == 2.57
    assert dear.wrong_size == 1
    assert (told["broken"].failed, told["broken"].seconds) == (2, None)
    assert told["silent"].off is told["unknown"].off is None

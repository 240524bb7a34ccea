"""Small versions of `make reliability`, against the real server: killed, stormed, doubled, cut off from its database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

SMALL = (
    "crash --on sqlite",
    "crash --on postgresql",
    "storm --on sqlite",
    "two",
    "away",
)


@pytest.mark.parametrize("trial", SMALL)
def test_what_is_promised_holds(trial: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "reliability", *trial.split(), "--small"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    if "is left out" in run.stdout:
        pytest.skip(run.stdout.partition("is left out: ")[2].strip())
    assert run.returncode == 0, run.stdout + run.stderr[-3000:]

"""One secret for all servers of a folder, that nobody else can read."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tintype.storage import read_secret


def test_it_is_made_once_and_for_this_user_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = read_secret("", data)
    assert len(first) >= 40
    assert read_secret("", data) == first
    assert os.listdir(data) == ["secret"]
    assert stat.S_IMODE((data / "secret").stat().st_mode) == 0o600
    assert read_secret("", tmp_path / "other") != first


RACE = """
import pathlib, sys
from tintype.storage import read_secret
data = pathlib.Path(sys.argv[1])
print("ready", flush=True)
for number in range(100):
    while not (data / "go").exists():
        pass
    print(read_secret("", data / str(number)).decode())
"""


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    """A hundred times over, since one moment is easily missed."""
    started = [
        subprocess.Popen([sys.executable, "-c", RACE, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for each in started:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    (tmp_path / "go").touch()
    found = {each.communicate(timeout=60)[0] for each in started}
    assert len(found) == 1
    assert len(set(found.pop().split())) == 100
    assert os.listdir(tmp_path / "0") == ["secret"]


def test_a_file_that_appears_at_the_last_moment_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read_secret("", tmp_path)
    monkeypatch.setattr(Path, "exists", lambda self: False)
    assert read_secret("", tmp_path) == first
    assert os.listdir(tmp_path) == ["secret"]


def test_the_operators_own_is_taken_and_nothing_is_written(tmp_path: Path) -> None:
    assert read_secret("a secret of sixteen letters", tmp_path) == b"a secret of sixteen letters"
    assert os.listdir(tmp_path) == []


def test_a_short_one_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="16 letters") as caught:
        read_secret("hush", tmp_path)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"hush", b"\xff" * 40])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(ValueError, match=r"secret: it ") as caught:
        read_secret("", tmp_path)
    assert "hush" not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="set TINTYPE_SECRET"):
        read_secret("", tmp_path / "file")

"""The command as a process of its own: how fast it starts, how it is interrupted, what a terminal sees."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tintype.core import ModelCard

from ..fakes import FakeProvider
from ..pictures import opened
from ..serving import fake_gateway, serving

COMMAND = [sys.executable, "-m", "tintype"]


@pytest.fixture
def environ() -> dict[str, str]:
    source = Path(__file__).parents[2] / "src"
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(source), "TERM": "xterm-256color"}


def test_help_imports_nothing_heavy(environ: dict[str, str], tmp_path: Path) -> None:
    shown = subprocess.run([*COMMAND, "--help"], env=environ, capture_output=True, text=True, check=True)
    for word in (
        "serve",
        "generate",
        "edit",
        "models",
        "doctor",
        "batch",
        "keys",
        "usage",
        "Exit codes",
        "4 blocked",
        "130",
    ):
        assert word in shown.stdout
    heavy = "import sys, tintype.cli; print({'PIL', 'numpy', 'litestar', 'rich', 'pyreqwest', 'sqlalchemy'} & set(sys.modules))"
    probe = subprocess.run([sys.executable, "-c", heavy], env=environ, capture_output=True, text=True)
    assert probe.stdout == "set()\n"


def test_the_bytes_come_through_a_pipe(environ: dict[str, str], tmp_path: Path) -> None:
    order = ["gen", "-m", "tintype-illustrator", "-s", "64x64", "-q", "low", "-o", "-"]
    drawn = subprocess.run([*COMMAND, *order], env=environ, cwd=tmp_path, input=b"a fox", capture_output=True)
    assert drawn.returncode == 0, drawn.stderr
    assert opened(drawn.stdout).size == (64, 64)
    assert drawn.stderr.decode().startswith("1 picture · 64x64 · low · ")


def test_letters_that_stdout_has_not_got_lose_no_picture(environ: dict[str, str], tmp_path: Path) -> None:
    environ |= {"PYTHONIOENCODING": "ascii"}
    order = ["gen", "ein Bär", "-m", "tintype-illustrator", "-s", "64x64", "-q", "low"]
    drawn = subprocess.run([*COMMAND, *order], env=environ, cwd=tmp_path, capture_output=True, text=True)
    assert drawn.returncode == 0, drawn.stderr
    assert "ein-b\\xe4r" in drawn.stdout
    assert [path.name[:7] for path in tmp_path.iterdir()] == ["ein-bär"]


@pytest.fixture
def hears_ctrl_c() -> Iterator[None]:
    """A shell starts what runs in its background deaf to Ctrl-C, and whoever is started there inherits it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send there")
@pytest.mark.usefixtures("hears_ctrl_c")
@pytest.mark.parametrize("local", [False, True])
def test_ctrl_c_ends_it_and_leaves_no_file(
    environ: dict[str, str], card: ModelCard, tmp_path: Path, local: bool
) -> None:
    provider = FakeProvider(pause=30)
    order = ["gen", "a fox", "-o", "fox.png"]
    if local:
        order += ["--local", "-n", "10", "-s", "1024x1024", "-q", "high"]
    with (
        serving(fake_gateway(provider, card)) as url,
        subprocess.Popen(
            [*COMMAND, *order],
            env={**environ, "OPENAI_BASE_URL": f"{url}/v1"},
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as started,
    ):
        try:
            deadline = time.monotonic() + 20
            while not (list(tmp_path.glob("*.png")) if local else provider.asked):
                assert time.monotonic() < deadline
                time.sleep(0.02)
            started.send_signal(signal.SIGINT)
            out, err = started.communicate(timeout=20)
        finally:
            started.kill()
    assert started.returncode == 130
    assert "Traceback" not in err
    assert err.endswith("tintype: interrupted\n")
    written = {path.name for path in tmp_path.iterdir()}
    assert not {name for name in written if name.endswith(".part")}
    assert written == {Path(line).name for line in out.splitlines()}, "what was finished is told"
    assert len(written) < 10


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pty there")
def test_a_terminal_sees_a_bar_and_a_pipe_still_gets_the_path(
    environ: dict[str, str], tmp_path: Path
) -> None:
    order = ["gen", "a fox", "-s", "1024x1024", "-q", "low"]
    shown, drawn = on_a_terminal([*COMMAND, *order], environ, tmp_path)
    assert "drawing" in shown
    assert "\x1b[" in shown
    assert "\x1b_G" not in shown, "this terminal is not kitty"
    (path,) = drawn.decode().splitlines()
    assert opened(Path(path).read_bytes()).size == (1024, 1024)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pty there")
def test_kitty_is_shown_the_picture(environ: dict[str, str], tmp_path: Path) -> None:
    order = ["gen", "a fox", "-m", "tintype-illustrator", "-s", "64x64", "-q", "low"]
    kitty = {**environ, "KITTY_WINDOW_ID": "1"}
    assert "\x1b_Ga=T,f=100" in on_a_terminal([*COMMAND, *order], kitty, tmp_path)[0]
    assert "\x1b_G" not in on_a_terminal([*COMMAND, *order, "--no-show"], kitty, tmp_path)[0]


def on_a_terminal(command: list[str], environ: dict[str, str], folder: Path) -> tuple[str, bytes]:
    """What a terminal on stderr was sent, and what came out of the pipe on stdout."""
    terminal, end = pty.openpty()
    with subprocess.Popen(command, env=environ, cwd=folder, stdout=subprocess.PIPE, stderr=end) as started:
        os.close(end)
        sent = b"".join(_until_closed(terminal))
        assert started.stdout is not None
        out = started.stdout.read()
    os.close(terminal)
    assert started.returncode == 0, sent
    return sent.decode(), out


def _until_closed(terminal: int) -> Iterator[bytes]:
    """Linux answers EIO when the other end of a pty is closed."""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            return
        if not chunk:
            return
        yield chunk

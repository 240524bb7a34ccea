"""The server as a process of its own: what it prints, how it starts, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tintype.gateway.assemble import open_gateway
from tintype.gateway.settings import Settings
from tintype.server.run import banner

SOURCE = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
"""What a process needs to run this checkout."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(
    folder: Path, first: Callable[[], None] | None = None, /, **environ: str
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server in an empty folder, reached once it answers. `first` is done in it before it starts."""
    port = free_port()
    started = subprocess.Popen(
        [sys.executable, "-m", "tintype", "serve"],
        cwd=folder,
        env={**SOURCE, "PORT": str(port), **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=first,
    )
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                assert call(port, "GET", "/healthz")[0] == 200
                break
            except ConnectionRefusedError:
                assert started.poll() is None, started.communicate()
                assert time.monotonic() < deadline
                time.sleep(0.02)
        yield started, port
    finally:
        started.kill()
        started.communicate()


def call(port: int, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, None if body is None else json.dumps(body))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_a_port_that_the_system_chose_is_told(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tintype", "serve", "--port", "0"],
        cwd=tmp_path,
        env=SOURCE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            line = next(line for line in server.stdout if "http://" in line)
            assert call(int(line.rpartition(":")[2]), "GET", "/healthz")[0] == 200
        finally:
            server.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals there")
@pytest.mark.parametrize("asked", ["SIGTERM", "SIGHUP"])
def test_it_says_what_answers_and_ends_when_asked(tmp_path: Path, asked: str) -> None:
    with process(tmp_path) as (server, port):
        answers: list[tuple[int, bytes]] = []
        order = {"prompt": "a panda", "size": "2048x2048", "quality": "high"}
        drawing = threading.Thread(
            target=lambda: answers.append(call(port, "POST", "/v1/images/generations", order))
        )
        drawing.start()
        deadline = time.monotonic() + 10
        while not json.loads(call(port, "GET", "/healthz")[1])["running"]:
            assert time.monotonic() < deadline
        server.send_signal(getattr(signal, asked))
        out, err = server.communicate(timeout=20)
        drawing.join(20)
    assert [status for status, _ in answers] == [200], "what was being drawn is finished"
    assert json.loads(answers[0][1])["data"][0]["b64_json"]
    assert f"http://127.0.0.1:{port}" in out
    assert "offline twins" in out
    assert "curl " in out
    assert "Traceback" not in err
    assert server.returncode in (0, -signal.SIGTERM)


def test_the_curl_line_of_the_banner_draws_a_picture(tmp_path: Path) -> None:
    with process(tmp_path) as (server, _):
        assert server.stdout is not None
        lines: list[str] = []
        while not lines or "Stop:" not in lines[-1]:
            lines.append(server.stdout.readline())
        banner = "".join(lines)
        line = banner[banner.index("curl ") : banner.index("SDKs:")]
        subprocess.run(line.strip(), shell=True, check=True, cwd=tmp_path, capture_output=True)
    assert (tmp_path / "panda.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("charged", "words"), [(False, "no cost"), (True, "charged as the models themselves")]
)
def test_the_banner_says_whether_a_twin_costs_something(charged: bool, words: str) -> None:
    settings = Settings(database="off", charge_twins=charged)
    assert words in banner(open_gateway(settings, {}), settings)


def test_logs_tell_no_prompt_and_no_picture(tmp_path: Path) -> None:
    with process(tmp_path) as (server, port):
        call(port, "POST", "/v1/images/generations", {"prompt": "my secret plan", "quality": "low"})
        server.terminate()
        _, err = server.communicate(timeout=20)
    (line,) = [line for line in err.splitlines() if '"request"' in line and "generations" in line]
    assert json.loads(line)["status"] == 200
    assert "secret" not in err
    assert len(err) < 2000


@pytest.mark.parametrize(
    ("environ", "words"),
    [({"PORT": "many"}, "PORT"), ({"TINTYPE_DEFAULT_MODEL": "none"}, "'none'")],
)
def test_a_setting_that_is_wrong_stops_the_start_with_a_sentence(
    tmp_path: Path, environ: dict[str, str], words: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tintype", "serve"],
        cwd=tmp_path,
        env={**SOURCE, **environ},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode != 0
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such numbers there")
@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_who_is_started_without_a_standard_stream_serves_all_the_same(
    tmp_path: Path, closed: tuple[int, ...]
) -> None:
    def close() -> None:
        for number in closed:
            os.close(number)

    with process(tmp_path, close) as (server, port):
        order = {"prompt": "a panda", "size": "1024x1024", "quality": "low"}
        assert call(port, "POST", "/v1/images/generations", order)[0] == 200
        for number in closed:  # the database is no place for what libraries have to say
            assert os.readlink(f"/proc/{server.pid}/fd/{number}") == os.devnull


@pytest.mark.skipif(sys.platform != "linux", reason="what a process may have is looked up in /proc")
def test_it_has_as_many_files_as_the_system_lets_it_have(tmp_path: Path) -> None:
    import resource

    with process(tmp_path, lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 300))) as (server, _):
        assert resource.prlimit(server.pid, resource.RLIMIT_NOFILE) == (300, 300)


@pytest.mark.skipif(
    sys.platform != "linux", reason="the size of another process's files is limited there only"
)
def test_a_disk_that_takes_nothing_is_told_once_and_is_a_reason_not_to_be_ready(tmp_path: Path) -> None:
    import resource

    order = {"prompt": "a panda", "size": "1024x1024", "quality": "low"}
    with process(tmp_path) as (server, port):
        assert call(port, "POST", "/v1/images/generations", order)[0] == 200
        whole = resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        refused = [call(port, "POST", "/v1/images/generations", order) for _ in range(8)]
        assert {(status, json.loads(body)["error"]["code"]) for status, body in refused} == {
            (503, "database_unavailable")
        }
        status, body = call(port, "GET", "/readyz")
        assert status == 503
        assert "database" in json.loads(body)["reasons"]
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, whole)
        assert call(port, "GET", "/readyz")[0] == 200
        assert call(port, "POST", "/v1/images/generations", order)[0] == 200
        server.send_signal(signal.SIGTERM)
        lines = [json.loads(line)["event"] for line in server.communicate(timeout=20)[1].splitlines()]
    assert lines.count("the database is not there") == 1
    assert lines.count("the database is there again") == 1

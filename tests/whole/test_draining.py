"""A server that is asked to stop: no new work, and what runs is brought to its end, or told that it is not."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from .houses import JOBS, Reply, call, frames, until
from .test_process import process

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM to send there")
LARGE = {"model": "gpt-image-2", "prompt": "a panda", "size": "2048x2048", "quality": "high"}
QUICK = {"model": "gpt-image-2", "prompt": "a panda", "quality": "low"}


@contextmanager
def server(folder: Path, **environ: str) -> Iterator[tuple[subprocess.Popen[str], str, list[Reply]]]:
    with process(folder, **environ) as (started, port):
        yield started, f"http://127.0.0.1:{port}", []


def asking(url: str, replies: list[Reply], body: dict[str, Any], **headers: str) -> threading.Thread:
    thread = threading.Thread(
        target=lambda: replies.append(call(url, "POST", "/v1/images/generations", body, **headers))
    )
    thread.start()
    until(lambda: call(url, "GET", "/healthz").json()["running"])
    return thread


def test_streams_and_jobs_that_nobody_waits_for_are_finished(tmp_path: Path) -> None:
    with server(tmp_path) as (started, url, replies):
        id = call(url, "POST", "/v1/images/generations", LARGE, prefer="respond-async").json()["id"]
        thread = asking(url, replies, {**LARGE, "stream": True, "partial_images": 1})
        started.send_signal(signal.SIGTERM)
        _, err = started.communicate(timeout=30)
        thread.join(10)
    names = [name for _, name, _ in frames(replies[0].body) if name != ":"]
    assert names[-1] == "image_generation.completed"
    assert "Traceback" not in err
    with server(tmp_path) as (_, url, _):
        job = call(url, "GET", f"{JOBS}/{id}").json()
        assert job["status"] == "completed"
        assert job["result"]["data"][0]["b64_json"]


def test_what_is_not_done_in_time_is_told_so(tmp_path: Path) -> None:
    many = {**LARGE, "n": 10, "partial_images": 1}
    with server(tmp_path, TINTYPE_GRACE="1", TINTYPE_HEARTBEAT="0.1") as (started, url, replies):
        threads = [
            asking(url, replies, {**many, "stream": True}),
            asking(url, replies, {**many, "prompt": "b"}),
        ]
        until(lambda: len(call(url, "GET", f"{JOBS}?status=running").json()["data"]) == 2)
        begun = time.monotonic()
        started.send_signal(signal.SIGTERM)
        _, err = started.communicate(timeout=30)
        took = time.monotonic() - begun
        for thread in threads:
            thread.join(10)
    plain, streamed = sorted(replies, key=lambda reply: "event-stream" in reply.headers["content-type"])
    assert took < 8, "the grace is waited for once"
    _, name, told = frames(streamed.body)[-1]
    assert (streamed.status, name, told["error"]["code"]) == (200, "error", "server_stopped")
    assert (plain.status, plain.error["code"]) == (503, "server_stopped")
    assert plain.headers["retry-after"] == "5"
    assert "Traceback" not in err
    with closing(sqlite3.connect(tmp_path / "data" / "tintype.db")) as database:
        states = [row[0] for row in database.execute("SELECT state FROM jobs")]
    assert sorted(states) == ["failed", "failed"]


def test_no_new_work_is_taken(tmp_path: Path) -> None:
    """Of somebody who was still sending the order."""
    with server(tmp_path) as (started, url, replies):
        thread = asking(url, replies, {**LARGE, "n": 4})
        until(lambda: call(url, "GET", f"{JOBS}?status=running").json()["data"])
        body = json.dumps(QUICK).encode()
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            head = f"POST /v1/images/generations HTTP/1.1\r\nhost: t\r\ncontent-length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body[:10])
            time.sleep(0.2)
            started.send_signal(signal.SIGTERM)
            time.sleep(0.4)
            connection.sendall(body[10:])
            said = b""
            while more := connection.recv(65536):
                said += more
        started.communicate(timeout=30)
        thread.join(40)
    assert said.startswith(b"HTTP/1.1 503")
    assert b"\r\nretry-after: 5\r\n" in said
    assert b"takes no new work" in said
    assert b'"server_stopped"' in said
    assert replies[0].status == 200

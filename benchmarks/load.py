"""Callers for `make bench-proxy`: wrk, callers who stop reading, and one who reads a stream as it comes."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from .servers import Process, noise

CONNECTIONS = 16
PATH = "/v1/images/generations"

_SCRIPT = """
wrk.method = "POST"
wrk.body = '%s'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer %s"
function done(summary, latency)
  local e = summary.errors
  print(string.format('RESULT {"requests": %%d, "seconds": %%f, "p50": %%f, "p99": %%f, "errors": %%d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


class Load(NamedTuple):
    """`rate` is requests per second; `p50` and `p99` are milliseconds."""

    requests: int
    rate: float
    p50: float
    p99: float


def body_for(model: str, **more: object) -> str:
    asked = {"model": model, "prompt": "A panda eating bamboo", "size": "1024x1024", "quality": "low", **more}
    return json.dumps(asked, separators=(",", ":"))


def wrk(folder: Path, server: Process, path: str, model: str, seconds: float) -> Load:
    """Raises RuntimeError for an answer that is not good: what is quick to fail is not quick."""
    script = folder / "post.lua"
    script.write_text(_SCRIPT % (body_for(model), server.key))
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "--timeout", "30s", "-s", str(script)]
    told = subprocess.check_output([*command, f"http://127.0.0.1:{server.port}{path}"], text=True)
    result = json.loads(told.partition("RESULT ")[2].splitlines()[0])
    if result["errors"]:
        raise RuntimeError(f"port {server.port}: {result}")
    rate = result["requests"] / result["seconds"]
    return Load(result["requests"], rate, result["p50"], result["p99"])


def once(server: Process, path: str, model: str) -> None:
    """The first answer takes longest: whatever is loaded on first use is loaded by it. Raises RuntimeError."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=120)
    headers = {"content-type": "application/json", "authorization": f"Bearer {server.key}"}
    connection.request("POST", path, body_for(model), headers)
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    if response.status != 200 or b'"b64_json"' not in answer:
        raise RuntimeError(f"port {server.port}, {path}: {response.status} {answer[:500]!r}")


def ask(port: int, body: str, receive_buffer: int = 0) -> socket.socket:
    """A connection whose request has been sent, and of whose answer nothing has been read."""
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(60)
    connection.connect(("127.0.0.1", port))
    head = f"POST {PATH} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer sk-caller\r\nconnection: close"
    connection.sendall(f"{head}\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode())
    return connection


@contextmanager
def stalled(port: int, count: int) -> Iterator[None]:
    """As many callers who have got the first bytes of a picture, and read no further."""
    with ExitStack() as stack:
        callers = [stack.enter_context(ask(port, body_for("gpt-image-2"), 4096)) for _ in range(count)]
        for caller in callers:
            caller.recv(512)
        time.sleep(0.5)
        yield


def latency(port: int, count: int) -> list[float]:
    """Milliseconds of a whole answer, one after the other."""
    taken = []
    for _ in range(count):
        begun = time.perf_counter()
        with ask(port, body_for("gpt-image-2")) as connection:
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65_536)
            start, _, rest = head.partition(b"\r\n\r\n")
            length = int(start.lower().partition(b"content-length: ")[2].split()[0]) - len(rest)
            while length:
                length -= len(connection.recv(min(length, 1 << 20)))
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


class StreamingUpstream:
    """Answers every request with the frames of a preview and a picture of 2 MB, and notes when each was written.

    They go out in pieces of 16 KB, as HTTP/2 and TLS cut them: `pace` bytes a second, or as fast as they are taken.
    """

    PIECE = 16 * 1024
    PAUSE = 0.15  # seconds from one frame to the next: no frame may wait for another to push it on

    def __init__(self, pace: float | None = None) -> None:
        picture = noise(1_500_000)
        self._frames = [_frame("partial_image", picture, partial_image_index=0), _frame("completed", picture)]
        self._pace = pace
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.written: list[float] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, suppress(ConnectionError):
                connection.recv(65_536)
                head = "HTTP/1.1 200 OK", "content-type: text/event-stream", "transfer-encoding: chunked"
                connection.sendall("\r\n".join([*head, "connection: close", "", ""]).encode())
                for frame in self._frames:
                    self._send(connection, frame)
                    self.written.append(time.perf_counter())
                    time.sleep(self.PAUSE)
                connection.sendall(b"0\r\n\r\n")

    def _send(self, connection: socket.socket, frame: bytes) -> None:
        begun = time.perf_counter()
        for at in range(0, len(frame), self.PIECE):
            piece = frame[at : at + self.PIECE]
            if self._pace is not None:
                time.sleep(max(0.0, begun + (at + len(piece)) / self._pace - time.perf_counter()))
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))


def _frame(kind: str, picture: bytes, **more: object) -> bytes:
    data = {"type": f"image_generation.{kind}", "b64_json": base64.b64encode(picture).decode(), **more}
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


def delays(port: int, upstream: StreamingUpstream, count: int) -> list[float]:
    """Milliseconds from the upstream's last byte of a preview to the caller's, for each of `count` streams."""
    taken = []
    for _ in range(count):
        upstream.written.clear()
        with ask(port, body_for("gpt-image-2", stream=True, partial_images=1)) as connection:
            tail, length, arrived = b"", 0, 0.0
            while chunk := connection.recv(1 << 20):
                length += len(chunk)
                tail = (tail + chunk)[-16:]
                if not arrived and length > 1_990_000 and b"\n\n" in tail:
                    arrived = time.perf_counter()
        if not arrived:
            raise RuntimeError(f"the stream ended after {length} bytes: {tail!r}")
        taken.append((arrived - upstream.written[0]) * 1000)
    return taken

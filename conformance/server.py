"""A server of this checkout, offline, on a free port, for as long as a run needs it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen


@contextmanager
def serving(log: Path) -> Iterator[str]:
    """The server's address, without a path. What it says goes to `log`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    keys = ("_API_KEY", "TINTYPE_")  # no vendor is to be paid, and no setting of this machine to matter
    environ = {name: value for name, value in os.environ.items() if not any(key in name for key in keys)}
    with tempfile.TemporaryDirectory() as folder, log.open("wb") as words:
        server = subprocess.Popen(
            [sys.executable, "-m", "tintype", "serve", "--port", str(port), "--host", "127.0.0.1"],
            cwd=folder,
            env=environ,
            stdout=words,
            stderr=words,
        )
        try:
            _wait_for(server, address)
            yield address
        finally:
            server.terminate()
            server.wait(60)


def _wait_for(server: subprocess.Popen[bytes], address: str) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            with urlopen(f"{address}/healthz"):
                return
        except URLError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start within 30 s")

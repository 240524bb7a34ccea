"""`tintype serve` as its users run it, in a process of its own that can be killed at any moment."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from .http import Lost, ask
from .upstream import MODEL, PRICE

ROOT = Path(__file__).parent.parent
_CONFIG = """
port = {port}
data = "{data}"
database = "{database}"
secret = "a-secret-that-all-servers-share"
default_model = "{model}"
grace = 20
fetch_allow = ["127.0.0.0/8"]
{more}
[provider.vendor]
kind = "openai-compatible"
base_url = "http://127.0.0.1:{upstream}/v1"
key = "sk-the-vendors-key"
timeout = 30

[[provider.vendor.model]]
id = "{model}"
upstream_id = "painter"
sizes = ["64x64"]
max_n = 4
partial_images = 3
prices = {{ image = {price} }}
"""


def _die_with_us() -> None:
    """However a trial ends, its servers end (prctl's PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """`folder` has its data and its log; several servers may share one. `wrap` goes before the command."""

    def __init__(
        self, folder: Path, database: str, upstream: int, *, more: str = "", wrap: tuple[str, ...] = ()
    ) -> None:
        self.port = free_port()
        self.log = folder / f"{self.port}.log"
        self._wrap = wrap
        self._config = folder / f"{self.port}.toml"
        self._config.write_text(
            _CONFIG.format(
                port=self.port,
                data=folder / "data",
                database=database,
                upstream=upstream,
                model=MODEL,
                price=PRICE,
                more=more,
            )
        )
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns at once: `ready` waits until it answers."""
        environ: Mapping[str, str] = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
            ),
        }
        command = [*self._wrap, sys.executable, "-m", "tintype", "serve", "--config", str(self._config)]
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                env=environ,
                cwd=self._config.parent,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_us if sys.platform == "linux" else None,
            )

    async def ready(self, patience: float = 60.0) -> None:
        """Raises RuntimeError for one that ends by itself, with the end of its log."""
        async with asyncio.timeout(patience):
            while True:
                try:
                    if (await ask(self.port, "GET", "/healthz", seconds=5)).status == 200:
                        return
                except (Lost, TimeoutError):
                    pass
                if self._process is None or self._process.returncode is not None:
                    raise RuntimeError(f"the server has ended by itself:\n{self.log.read_text()[-3000:]}")
                await asyncio.sleep(0.01)

    async def kill(self) -> None:
        """SIGKILL: it learns nothing of it."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM: it drains."""
        await self._end(signal.SIGTERM)

    async def _end(self, by: signal.Signals) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            process.send_signal(by)
            await process.wait()
        self._process = None

    def crashes(self) -> list[str]:
        """What it said of faults of its own."""
        lines = self.log.read_text("utf-8", "replace").splitlines() if self.log.exists() else []
        words = ("Traceback", "job failed", " crash ", "writing failed", "Task exception was never")
        return [line for line in lines if any(word in line for word in words)]

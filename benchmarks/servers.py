"""What `make bench-proxy` measures and measures against: nginx, LiteLLM's proxy and Tintype, each with one worker."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import psycopg

from tintype.gateway.office import Office
from tintype.gateway.settings import Settings

LITELLM = "1.108.7"
BENCH = Path(__file__).parent.parent / ".bench"
SIZES = {"small": 2_600, "big": 2_000_000, "huge": 24_000_000}
"""Bytes of an upstream's reply."""
KEY = "sk-bench-upstream-key"


class Process:
    """A running server. `cpu` and `rss` are of the process and its children: nginx's worker is one.
    `key` is what its callers send."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port
        self.key = "sk-caller"

    def _all(self) -> list[int]:
        pid = self.process.pid
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        ticks = 0
        for pid in self._all():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def rss(self, what: str = "VmRSS") -> float:
        """MB that are resident; "VmHWM" is the most since `forget_peak`."""
        return sum(_status(pid, what) for pid in self._all())

    def forget_peak(self) -> None:
        for pid in self._all():
            Path(f"/proc/{pid}/clear_refs").write_text("5")


def _status(pid: int, what: str) -> float:
    rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith(what)) * 1024 / 1e6


def check_tools() -> None:
    """Ends the run, saying what is to be installed, where something is not there."""
    absent = [name for name in ("nginx", "wrk") if shutil.which(name) is None]
    if absent or not Path("/proc/self/clear_refs").exists():
        sys.exit(
            "This benchmark is for Linux, and needs nginx and wrk. On Debian: apt-get install nginx-light wrk"
        )


def litellm() -> Path:
    """LiteLLM in an environment of its own, installed where it is not there yet."""
    home = BENCH / f"litellm-{LITELLM}"
    if not (home / "installed").exists():
        print(f"installing LiteLLM {LITELLM} into {home.relative_to(BENCH.parent)} ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        install = [str(home / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, f"litellm[proxy]=={LITELLM}"], check=True)
        (home / "installed").touch()
    return home / "bin" / "litellm"


def write_replies(folder: Path) -> None:
    """Answers of an Images API, whose pictures are a PNG's header and noise."""
    usage = {"total_tokens": 1066, "input_tokens": 10, "output_tokens": 1056}
    for name, size in SIZES.items():
        picture = base64.b64encode(noise((size - 150) * 3 // 4)).decode()
        reply = {"created": 1_764_000_000, "data": [{"b64_json": picture}], "usage": usage}
        (folder / f"{name}.json").write_text(json.dumps(reply, separators=(",", ":")))


def noise(size: int) -> bytes:
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBBI", 13, b"IHDR", 1024, 1024, 8, 2, 0, 0, 0, 0)
    return head + os.urandom(size - len(head))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started(
    command: list[str | Path],
    port: int,
    path: str,
    folder: Path,
    env: Mapping[str, str] | None = None,
    patience: float = 120.0,
) -> Iterator[Process]:
    """A server from the moment it answers. Its log goes to a file in `folder`, as an operator's would."""
    with (folder / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + patience
            while not answers(port, path):
                if process.poll() is not None or time.monotonic() > deadline:
                    tail = (folder / f"{port}.log").read_text()[-2000:]
                    raise RuntimeError(f"{command[0]} did not start:\n{tail}")
                time.sleep(0.005)
            yield Process(process, port)
        finally:
            if process.poll() is not None:
                print(f"{command[0]} has ended by itself:\n{(folder / f'{port}.log').read_text()[-2000:]}")
            process.terminate()
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def answers(port: int, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True


_NGINX = """
daemon off; worker_processes 1; pid {port}.pid; error_log {port}.error; user root;
events {{ worker_connections 512; }}
http {{
  access_log off; keepalive_requests 1000000000; default_type application/json;
  client_body_temp_path {port}-1; proxy_temp_path {port}-2; fastcgi_temp_path {port}-3;
  uwsgi_temp_path {port}-4; scgi_temp_path {port}-5;
  {body}
}}
"""


@contextmanager
def nginx(folder: Path, body: str, path: str) -> Iterator[Process]:
    port = free_port()
    config = folder / f"{port}.conf"
    config.write_text(_NGINX.format(port=port, body=body.replace("PORT", str(port))))
    command: list[str | Path] = ["nginx", "-p", folder, "-c", config, "-e", f"{port}.error"]
    with started(command, port, path, folder) as process:
        yield process


def upstream(folder: Path) -> AbstractContextManager[Process]:
    """nginx with the replies as files, under /small/v1, /big/v1 and /huge/v1. A POST is answered as a GET is."""
    body = """
  sendfile on; tcp_nopush on;
  server { listen 127.0.0.1:PORT; root .;
    location / { }
    location ~ ^/(small|big|huge)/ { error_page 405 =200 /$1.json; return 405; } }"""
    return nginx(folder, body.replace("root .", f"root {folder}"), "/small.json")


def nginx_proxy(folder: Path, to: int, buffers: str = "") -> AbstractContextManager[Process]:
    """The limit: nothing that reads and writes HTTP in a process of its own does much less than this."""
    body = f"""
  upstream images {{ server 127.0.0.1:{to}; keepalive 64; keepalive_requests 1000000000; }}
  server {{ listen 127.0.0.1:PORT;
    location / {{ proxy_pass http://images; proxy_http_version 1.1; proxy_set_header Connection ""; {buffers} }} }}"""
    return nginx(folder, body, "/small.json")


@contextmanager
def litellm_proxy(folder: Path, to: int) -> Iterator[Process]:
    port = free_port()
    models = [
        {
            "model_name": f"gpt-image-{size}",
            "litellm_params": {
                "model": "openai/gpt-image-2",
                "api_base": f"http://127.0.0.1:{to}/{size}/v1",
                "api_key": KEY,
            },
        }
        for size in SIZES
    ]
    config = folder / "litellm.yaml"  # JSON is YAML
    config.write_text(json.dumps({"model_list": models, "general_settings": {"master_key": "sk-caller"}}))
    env = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    command: list[str | Path] = [litellm(), "--config", config, "--host", "127.0.0.1", "--num_workers", "1"]
    with started([*command, "--port", str(port)], port, "/health/liveliness", folder, env) as process:
        yield process


@contextmanager
def bare(folder: Path, base_url: str) -> Iterator[Process]:
    """What Tintype is built on, with nothing of Tintype between: see bare.py."""
    port = free_port()
    command: list[str | Path] = [sys.executable, Path(__file__).with_name("bare.py"), str(port), base_url]
    with started(command, port, "/", folder) as process:
        yield process


@contextmanager
def tintype(
    folder: Path,
    base_url: str,
    more: Mapping[str, str] | None = None,
    *,
    database: str = "",
    paid: bool = False,
) -> Iterator[Process]:
    """`tintype serve` as its users run it, with OpenAI at `base_url` and the environment `more`. Where it is `paid`,
    there is a key, and an account that has money."""
    port = free_port()
    config = folder / f"{port}.toml"
    config.write_text(
        f'port = {port}\ndata = "{folder / str(port)}"\ndatabase = "{database}"\n'
        f'[provider.openai]\nbase_url = "{base_url}"\nkey = "{KEY}"\n'
    )
    key = (
        asyncio.run(make_key(Settings(data=folder / str(port), database=database), f"bench-{port}"))
        if paid
        else ""
    )
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", ""), **(more or {})}
    command: list[str | Path] = [sys.executable, "-m", "tintype", "serve", "--config", config]
    with started(command, port, "/healthz", folder, env) as process:
        process.key = key or process.key
        yield process


async def make_key(settings: Settings, name: str) -> str:
    """Of a prepaid account with a million dollars."""
    office = Office.open(settings)
    account = await office.owners.make(name, prepaid=True)
    await office.ledger.credit(account.id, 10**12, "for the benchmark")
    _, secret = await office.keys.make(name, account.id)
    await office.close()
    return secret


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a database of one's own; empty where there is no server at $TINTYPE_TEST_POSTGRESQL or at home."""
    server = os.environ.get("TINTYPE_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
    name = f"tintype_bench_{os.getpid()}"
    try:
        connection = psycopg.connect(server, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        yield ""
        return
    with connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{server.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

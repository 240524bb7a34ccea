"""The run: a server, each client in turn, the published contract; then the table in the README."""

from __future__ import annotations

import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from . import contract
from .clients import ENVIRONMENTS, Environment
from .environments import HOME, prepare
from .server import serving
from .table import Check, table, write_into

README = Path("README.md")
LIMIT = 180
"""Seconds for one client."""


def main() -> int:
    names = [environment.name for environment in ENVIRONMENTS]
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    parser.add_argument(
        "only", nargs="*", help=f"some of {', '.join([*names, contract.NAME])}; no table then"
    )
    only = parser.parse_args().only
    if unknown := set(only) - {*names, contract.NAME}:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    HOME.mkdir(exist_ok=True)
    begun, checks = time.monotonic(), []
    with tempfile.TemporaryDirectory() as folder, serving(HOME / "server.log") as address:
        for environment in ENVIRONMENTS:
            if not only or environment.name in only:
                print(f"\n{environment.name}", flush=True)
                for check in drive(environment, address, Path(folder)):
                    tell(check)
                    checks.append(check)
        if not only or contract.NAME in only:
            print(f"\n{contract.NAME}", flush=True)
            for check in contract.run(address):
                tell(check)
                checks.append(check)
    if not only:
        write_into(README, table(checks))
    failed = [check for check in checks if not check.ok]
    print(f"\n{len(checks)} checks, {len(failed)} failed, {time.monotonic() - begun:.0f} s")
    for check in failed:
        print(f"  ✗ {check.client} {check.version}: {check.column}, {check.what}")
    return 1 if failed or not checks else 0


def drive(environment: Environment, address: str, folder: Path) -> Iterator[Check]:
    """Every check of one client. A client that ends badly, or says nothing of a row of its, has failed there."""
    versions = dict(environment.rows)
    missing = dict(environment.rows)
    said, fault = "", ""
    try:
        command, environ = prepare(environment), told(environment, address, folder)
        done = subprocess.run(
            command, env=environ, capture_output=True, text=True, timeout=LIMIT, check=False
        )
        said = done.stdout
        if done.returncode:
            fault = f"it ended with {done.returncode}: {done.stderr[-600:]}"
    except subprocess.TimeoutExpired as error:
        said = error.stdout.decode() if isinstance(error.stdout, bytes) else error.stdout or ""
        fault = f"it took longer than {LIMIT} s"
    except OSError as error:
        fault = str(error)
    for line in said.splitlines():
        if line.startswith('{"client"') and line.endswith("}"):
            check = json.loads(line)
            missing.pop(check["client"], None)
            yield Check(version=versions[check["client"]], **check)
    if fault:
        missing = missing or versions
    for row, version in missing.items():
        yield Check(row, version, "generate", "the drive itself", False, fault or "it said nothing")


def told(environment: Environment, address: str, folder: Path) -> dict[str, str]:
    """The environment variables of a drive, and the files that they name."""
    picture, mask = folder / "picture.png", folder / "mask.png"
    picture.write_bytes(png(512, lambda x, y: bytes((x // 2, 120, y // 2, 255))))
    hole = range(128, 384)
    mask.write_bytes(png(512, lambda x, y: bytes((0, 0, 0, 0 if x in hole and y in hole else 255))))
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return inherited | {
        "TINTYPE_ADDRESS": address,
        "TINTYPE_PICTURE": str(picture),
        "TINTYPE_MASK": str(mask),
        "TINTYPE_MAJOR": environment.packages[0].rpartition("@")[2].partition(".")[0],
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "PYTHONWARNINGS": "ignore",
    }


def png(edge: int, colour_at: Callable[[int, int], bytes]) -> bytes:
    """A square RGBA picture, drawn without any library (the PNG specification, section 11.2)."""
    rows = b"".join(b"\0" + b"".join(colour_at(x, y) for x in range(edge)) for y in range(edge))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", edge, edge, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def tell(check: Check) -> None:
    mark = "✓" if check.ok else "✗"
    print(f"  {mark} {check.client}: {check.column}, {check.what} ({check.seconds:.1f} s)", flush=True)
    if not check.ok:
        print(f"      {check.detail}", flush=True)


sys.exit(main())

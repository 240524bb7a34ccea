"""Environments of the clients' own, made on the first run by the clients' own installers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from .clients import Environment

HOME = Path(".conformance")
DRIVES = Path(__file__).parent / "drive"


def prepare(environment: Environment) -> list[str]:
    """The command that drives this client; installs it first where it is not there as pinned.

    Raises OSError and subprocess.CalledProcessError where it cannot be installed.
    """
    folder = HOME / environment.name
    stamp, pins = folder / "installed.txt", "\n".join(environment.packages)
    if not stamp.exists() or stamp.read_text() != pins:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        print(f"  installing {' '.join(environment.packages)}", flush=True)
        (_pip if environment.tool == "pip" else _npm)(folder, environment.packages)
        stamp.write_text(pins)
    if environment.tool == "pip":
        return [str(folder / "bin" / "python"), str(DRIVES / environment.drive)]
    for script in DRIVES.glob("*.mjs"):  # Node looks for packages beside the script that imports them
        shutil.copy(script, folder)
    return ["node", str(folder / environment.drive)]


def _pip(folder: Path, packages: tuple[str, ...]) -> None:
    _run(sys.executable, "-m", "venv", str(folder))
    _run(
        str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages
    )


def _npm(folder: Path, packages: tuple[str, ...]) -> None:
    flags = ("--silent", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
    _run("npm", "install", *flags, "--prefix", str(folder), *packages)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{command[0]} could not install: {(done.stderr or done.stdout).strip()[-600:]}")

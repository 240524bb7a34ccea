"""Which of the servers on a database this one is, and which of the others are dead."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Self

LOST = 20.0  # seconds without a sign after which another's process is taken for dead


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """`host` is the machine and where on it pids are counted from; `started` what the system says of this pid."""

    id: str
    host: str
    pid: int
    started: str

    @classmethod
    def here(cls) -> Self:
        pid = os.getpid()
        return cls(id=f"process_{token_hex(8)}", host=_host(), pid=pid, started=started(pid) or "")


def _host() -> str:
    """Two containers may call themselves the same; then their pids are of different worlds."""
    try:
        world = os.readlink("/proc/self/ns/pid")
    except OSError:
        world = ""
    return f"{socket.gethostname()} {world}".strip()[:200]


def started(pid: int) -> str | None:
    """When the system started this pid, in its own words, "" where it does not tell; None when there is no such process."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
    except OSError:
        return None
    else:
        return None if after_name[0] in "ZX" else after_name[19]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return ""


class Watch:
    """Tells who is dead. On this machine that is known at once; of others, when their signs stay away for `lost`
    seconds in which ours were written: not by the clock, which may differ, nor while the database itself was away."""

    def __init__(
        self, me: Process, *, lost: float = LOST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._me = me
        self._lost = lost
        self._clock = clock
        self._signs: dict[str, tuple[float, float]] = {}  # id -> the last sign, and when it was first seen
        self._looked = clock()

    def dead(self, others: Mapping[str, tuple[str, int, str, float]]) -> set[str]:
        """`others`: id -> host, pid, started, and the last sign."""
        now = self._clock()
        if now - self._looked > self._lost / 2:  # we were away ourselves
            self._signs.clear()
        self._looked = now
        found = set()
        for name, (host, pid, began, seen) in others.items():
            if name == self._me.id:
                continue
            if host == self._me.host:
                runs = started(pid)
                if runs is None or (runs and began and runs != began):
                    found.add(name)
                    continue
                if runs:
                    continue
            last, since = self._signs.get(name, (None, now))
            if last != seen:
                since = now
            self._signs[name] = seen, since
            if now - since >= self._lost:
                found.add(name)
        self._signs = {name: sign for name, sign in self._signs.items() if name in others}
        return found

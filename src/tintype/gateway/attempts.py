"""What was asked of upstreams and how it went: the last of it in memory, all of it in a file, and what it teaches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import msgspec
import structlog

from ..core import Attempt

log = structlog.get_logger()

FILE = "attempts.jsonl"
KEPT = 1000
PAUSE = 1.0  # seconds between two writes
LARGEST = 64 * 1024 * 1024  # bytes, after which the file makes way for a new one


class Attempts:
    """`folder`: where the file is; None keeps them in memory only.

    Written in batches, by a thread: a picture does not wait for a disk.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.last: deque[Attempt] = deque(maxlen=KEPT)
        self.watchers: list[Callable[[Attempt], None]] = []
        """Told of each attempt as it ends, in the task of its job."""
        self._path = folder / FILE if folder else None
        self._unwritten: list[Attempt] = []
        self._writing: asyncio.Task[None] | None = None

    def keep(self, attempt: Attempt) -> None:
        self.last.append(attempt)
        for watch in self.watchers:
            watch(attempt)
        if self._path is None:
            return
        self._unwritten.append(attempt)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon())

    async def _write_soon(self) -> None:
        await asyncio.sleep(PAUSE)
        await asyncio.to_thread(self.write)

    def write(self) -> None:
        """Everything that has not been written. A disk that takes nothing is logged, and costs no picture."""
        batch, self._unwritten = self._unwritten, []
        if not batch or self._path is None:
            return
        lines = b"".join(msgspec.json.encode(attempt) + b"\n" for attempt in batch)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.exists() and self._path.stat().st_size > LARGEST:
                self._path.replace(self._path.with_suffix(".1.jsonl"))
            with self._path.open("ab") as file:
                file.write(lines)
        except OSError as error:
            log.warning("attempts are not written", path=str(self._path), reason=error.strerror)

    async def close(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.wait([self._writing])
        await asyncio.to_thread(self.write)


def read_attempts(folder: Path) -> Iterator[Attempt]:
    """Those that were written, the oldest first. A line that was cut off is passed over."""
    for path in ((folder / FILE).with_suffix(".1.jsonl"), folder / FILE):
        if not path.exists():
            continue
        with path.open("rb") as file:
            for line in file:
                try:
                    yield msgspec.json.decode(line, type=Attempt)
                except (msgspec.DecodeError, ValueError):
                    continue


@dataclass(slots=True, kw_only=True)
class Record:
    """How one provider has done with one model. `claimed` and `expected` are output tokens of the pictures whose
    formula is known; `seconds` is the median of the calls that drew."""

    provider: str
    model: str
    calls: int = 0
    pictures: int = 0
    refused: int = 0
    failed: int = 0
    wrong_size: int = 0
    claimed: int = 0
    expected: int = 0
    seconds: float | None = None

    @property
    def off(self) -> float | None:
        """How far the claims are from the formula: 0.5 is half as much again; None when nothing could be compared."""
        return self.claimed / self.expected - 1 if self.expected else None


def learn(attempts: Iterable[Attempt]) -> list[Record]:
    """The truth meter: one record for each provider and model, by name."""
    found: dict[tuple[str, str], Record] = {}
    times: dict[tuple[str, str], list[float]] = {}
    for attempt in attempts:
        key = attempt.provider, attempt.model
        record = found.setdefault(key, Record(provider=attempt.provider, model=attempt.model))
        record.calls += 1
        record.pictures += attempt.pictures
        record.refused += attempt.outcome == "refused"
        record.failed += attempt.outcome in ("failed", "empty")
        record.wrong_size += attempt.outcome == "wrong_size"
        if attempt.pictures:
            times.setdefault(key, []).append(attempt.seconds)
        if attempt.expected is not None and attempt.claimed.image_out:
            record.claimed += attempt.claimed.image_out
            record.expected += attempt.expected.image_out
    for key, seconds in times.items():
        found[key].seconds = median(seconds)
    return [found[key] for key in sorted(found)]

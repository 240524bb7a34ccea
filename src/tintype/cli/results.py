"""What came of a batch: its pictures, and results.jsonl, from which it is taken up again."""

from __future__ import annotations

import os
import secrets
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from ..core.errors import BadRequest, TintypeError
from .lines import Line, name_of

FILE = "results.jsonl"
ENDED = ("done", "incomplete")
"""What is not ordered again. `incomplete`: fewer pictures than asked, and paid."""


class Result(msgspec.Struct, kw_only=True):
    """A line of results.jsonl. `order` is its line's digest; `files` lie beside it; `cost` is in dollars.

    `cost` is null where it is not known, and `charged` false where it is only what a twin's model would take.
    """

    custom_id: str | None
    line: int
    status: str
    files: list[str] = []
    cost: str | None = None
    charged: bool = False
    model: str = ""
    provider: str = ""
    plan: str = ""
    notices: list[str] = []
    error: dict[str, Any] | None = None
    seconds: float = 0.0
    order: str = ""


class Unwritable(TintypeError):
    """The disk is full, or away: of no order that follows could more be kept."""


class Results:
    """The folder of a batch. One batch writes into it at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.earlier: dict[str, Result] = {}
        self._size = 0
        self._end = 0  # of the last whole line
        self._file: int | None = None
        self._lock = threading.Lock()
        self._read()

    def _read(self) -> None:
        """Raises BadRequest for a file of another kind. A line that was cut short by the end of a batch is forgotten."""
        path = self.folder / FILE
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise BadRequest(f"{str(path)!r} cannot be read: {error.strerror}.", param="out") from None
        self._size = len(data)
        self._end = data.rfind(b"\n") + 1
        for number, text in enumerate(data[: self._end].splitlines(), 1):
            try:
                result = msgspec.json.decode(text, type=Result)
            except (ValueError, RecursionError):
                raise BadRequest(
                    f"line {number} of {str(path)!r} is no result of a batch: choose another folder.",
                    param="out",
                ) from None
            self.earlier[name_of(result.custom_id, result.line)] = result

    def has(self, line: Line) -> bool:
        """Whether this order came to an end before. Raises BadRequest where its name was another order's."""
        result = self.earlier.get(line.name)
        if result is None or result.status not in ENDED:
            return False
        if result.order != line.digest:
            raise BadRequest(
                f"{str(self.folder / FILE)!r} has another order called {line.name!r}: choose another --out, "
                "or give it a `custom_id` of its own."
            )
        return True

    def open(self) -> None:
        """Make the folder, and take it. Raises BadRequest where that cannot be."""
        path = self.folder / FILE
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
            _take(self._file)
            if (
                os.fstat(self._file).st_size != self._size
            ):  # of a batch that began and ended since it was read
                raise BlockingIOError
            os.ftruncate(self._file, self._end)
            os.lseek(self._file, self._end, os.SEEK_SET)
        except BlockingIOError:
            raise BadRequest(f"another batch is writing to {str(path)!r}.", param="out") from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise BadRequest(f"{str(path)!r} cannot be written: {reason}.", param="out") from None

    def add(self, result: Result) -> bytes:
        """Write one line, whole; it is on the disk when this returns. Raises Unwritable, and then nothing of it is there."""
        assert self._file is not None
        text = msgspec.json.encode(result) + b"\n"
        left = memoryview(text)
        with self._lock:
            try:
                while left:
                    left = left[os.write(self._file, left) :]
                os.fsync(self._file)
                self._end += len(text)
            except OSError as error:
                with suppress(OSError):  # what follows half a line could not be read by the next run
                    os.ftruncate(self._file, self._end)
                    os.lseek(self._file, self._end, os.SEEK_SET)
                raise _unwritable(self.folder / FILE, error) from None
        return text

    def keep(self, data: bytes, name: str) -> str:
        """Write a picture, whole or not at all; the name of its file. Raises Unwritable."""
        draft = self.folder / f".tintype-{secrets.token_hex(4)}.part"
        try:
            draft.write_bytes(data)
            draft.replace(self.folder / name)
        except OSError as error:
            raise _unwritable(self.folder / name, error) from None
        finally:
            with suppress(OSError):
                draft.unlink()
        return name

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _take(file: int) -> None:
    """Raises BlockingIOError while another process has it. Where the system has no such locks, nothing is taken."""
    with suppress(ImportError):
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _unwritable(path: Path, error: OSError) -> Unwritable:
    reason = error.strerror or str(error)
    return Unwritable(
        f"{str(path)!r} cannot be written: {reason}. What was drawn and is not in {FILE} is ordered again by the next run."
    )

"""A bar on stderr while pictures are drawn; nothing at all where stderr is no terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from ..core import ImageEvent, Partial, Text


class Bar(Protocol):
    def see(self, event: ImageEvent) -> None: ...


class _NoBar:
    def see(self, event: ImageEvent) -> None:
        pass


def is_live(*, quiet: bool) -> bool:
    return not quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def progress(count: int, steps: int, *, live: bool) -> Iterator[Bar]:
    """`steps` previews are expected of each of `count` pictures; without any, the bar only shows life."""
    if not live:
        yield _NoBar()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as shown:
        task = shown.add_task(_doing(0, count), total=count * (steps + 1) if steps or count > 1 else None)

        class _RichBar:
            def see(self, event: ImageEvent) -> None:
                if isinstance(event, Text):
                    return
                if isinstance(event, Partial):
                    done = event.index * (steps + 1) + event.step + 1
                    text = f"{_doing(event.index, count)}, preview {event.step + 1}"
                else:
                    done = (event.index + 1) * (steps + 1)
                    text = _doing(min(event.index + 1, count - 1), count)
                shown.update(task, completed=done, description=text)

        yield _RichBar()


def _doing(index: int, count: int) -> str:
    return f"drawing {index + 1} of {count}" if count > 1 else "drawing"

"""The command: which trials, how large, and where the numbers go."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from . import __doc__ as about
from .away import Away
from .crash import Crash
from .shop import no_postgresql, postgresql, sqlite
from .storm import Storm
from .table import Report, write
from .two import Two

Options = argparse.Namespace

SMALL = {"kills": 2, "callers": 24, "size": 8, "here": True, "seconds": 3.0, "silence": 2.5}


def main() -> int:
    for each in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # a shell may have told a job in the background to ignore them
        signal.signal(each, signal.default_int_handler)
    options = _options()
    absent = no_postgresql()
    trials = [
        trial
        for name in options.trials or TRIALS
        for trial in TRIALS[name]
        if options.on in (None, "sqlite" if trial.__name__.endswith("sqlite") else "postgresql")
    ]
    reports: list[Report] = []
    for trial in trials:
        if absent and not trial.__name__.endswith("sqlite"):
            print(f"\n{trial.__name__} is left out: {absent}", flush=True)
            continue
        with _folder() as folder:
            report = trial(folder, options)
            report.show()
            reports.append(report)
            if report.faults:
                kept = Path(tempfile.mkdtemp(prefix="reliability-"))
                shutil.copytree(folder, kept, dirs_exist_ok=True)
                print(f"  its folder is kept: {kept}", flush=True)
    if options.write:
        write(reports, machine())
    return 1 if not reports or any(report.faults for report in reports) else 0


def crash_sqlite(folder: Path, options: Options) -> Report:
    crash = Crash(options.kills, options.minutes * 60, options.seed)
    return asyncio.run(crash.run(folder, sqlite(folder), "SQLite"))


def crash_postgresql(folder: Path, options: Options) -> Report:
    crash = Crash(options.kills, options.minutes * 60, options.seed)
    with postgresql() as (_, url, _):
        return asyncio.run(crash.run(folder, url, "PostgreSQL"))


def storm_sqlite(folder: Path, options: Options) -> Report:
    return asyncio.run(_storm(options).run(folder, sqlite(folder), "SQLite"))


def storm_postgresql(folder: Path, options: Options) -> Report:
    with postgresql() as (_, url, _):
        return asyncio.run(_storm(options).run(folder, url, "PostgreSQL"))


def _storm(options: Options) -> Storm:
    if options.small:
        return Storm(options.callers, 2, options.seed, patience=(0.3, 2.0), seconds=(0.02, 0.6))
    return Storm(options.callers, seed=options.seed)


def two(folder: Path, options: Options) -> Report:
    with postgresql() as (_, url, _):
        return asyncio.run(Two(options.size, options.seed, elsewhere=not options.here).run(folder, url))


def away(folder: Path, options: Options) -> Report:
    with postgresql() as (name, url, named):
        trial = Away(options.seconds, options.silence, seed=options.seed)
        return asyncio.run(trial.run(folder, name, url, named))


TRIALS: dict[str, tuple[Callable[[Path, Options], Report], ...]] = {
    "crash": (crash_sqlite, crash_postgresql),
    "storm": (storm_sqlite, storm_postgresql),
    "two": (two,),
    "away": (away,),
}


def _options() -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m reliability", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("trials", nargs="*", help=f"some of {', '.join(TRIALS)}; without any, all")
    parser.add_argument("--on", choices=("sqlite", "postgresql"), help="that database alone")
    parser.add_argument("--kills", type=int, default=200, help="of a crash trial")
    parser.add_argument("--minutes", type=float, default=10, help="that a crash trial may take")
    parser.add_argument("--callers", type=int, default=500, help="of a storm")
    parser.add_argument("--size", type=int, default=50, help="orders of each part of `two`")
    parser.add_argument("--here", action="store_true", help="`two`: both servers in one world of pids")
    parser.add_argument("--seconds", type=float, default=60, help="`away`: for which connections are cut")
    parser.add_argument("--silence", type=float, default=8, help="`away`: for which none are taken")
    parser.add_argument("--small", action="store_true", help="as in the tests: some seconds each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="put the numbers into docs/reliability.md")
    options = parser.parse_args()
    if options.small:
        parser.set_defaults(**SMALL)
        options = parser.parse_args()
    if unknown := set(options.trials) - set(TRIALS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    return options


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="reliability-") as name:
        folder = Path(name)
        (folder / "data").mkdir(mode=0o700)
        yield folder


def machine() -> str:
    return f"Tried on {date.today()}: {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}."


if __name__ == "__main__":
    sys.exit(main())

"""The command: which trials, how long, and where the numbers go."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from datetime import date
from pathlib import Path

from . import __doc__ as about
from .crash import Crash
from .shop import no_postgresql, postgresql, sqlite
from .table import Report, write


def main() -> int:
    options = _options()
    absent = no_postgresql()
    reports: list[Report] = []
    for trial in options.trials or ("crash",):
        for report in TRIALS[trial](options, absent):
            report.show()
            reports.append(report)
    if options.write:
        write(reports, _machine(options))
    return 1 if any(report.faults for report in reports) or not reports else 0

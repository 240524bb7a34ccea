"""What a trial came to, for people, and for docs/reliability.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import page

MOST = 20
"""Faults that are shown."""


@dataclass(frozen=True, slots=True)
class Report:
    """`rows` are what was counted; `faults` what did not hold, empty when all did."""

    name: str
    rows: Sequence[tuple[str, str]]
    faults: Sequence[str]

    def markdown(self) -> str:
        held = f"**{len(self.faults)} faults**" if self.faults else "none"
        rows = [*self.rows, ("faults", held)]
        return "\n".join(
            [f"| {self.name} | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows), ""]
        )

    def show(self) -> None:
        print(f"\n{self.name}\n", flush=True)
        for name, value in self.rows:
            print(f"  {name:<46} {value}")
        print(f"  {'faults':<46} {len(self.faults)}", flush=True)
        for fault in self.faults[:MOST]:
            print(f"    ✗ {fault}", flush=True)


def write(reports: Sequence[Report], machine: str) -> None:
    """Between the markers of the page. Raises ValueError where it has none."""
    page.write(
        "reliability", "numbers", "\n\n".join([machine, *(each.markdown().rstrip() for each in reports)])
    )

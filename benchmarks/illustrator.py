"""How long the illustrator takes for a picture, by size and detail, and how much memory the largest one needs.

    python benchmarks/illustrator.py [ROUNDS]

Times are wall time on one core, from the prompt to the bytes of a PNG at compress_level 1: the median
over prompts and rounds, which are interleaved so that a busy moment of the machine spreads over all rows.
Memory is the peak of a fresh process that draws one picture.
"""

from __future__ import annotations

import io
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

from tintype.engines.illustrator.commission import Commission, Detail
from tintype.engines.illustrator.draw import stages

PROMPTS = (
    "a fox in a forest at night",
    "three sailboats on the sea at sunset",
    "a cat wearing a top hat in a library",
    "a blue car in the city in the rain",
    "an astronaut riding a horse in space",
    "a cup of coffee and a croissant",
    'a bar with a neon sign that says "OPEN"',
    "two penguins in the snow",
)
CASES: tuple[tuple[int, int, Detail], ...] = (
    (256, 256, "medium"),
    (1024, 1024, "low"),
    (1024, 1024, "medium"),
    (1024, 1024, "high"),
    (1536, 1024, "medium"),
    (3840, 2160, "medium"),
)
MEMORY: tuple[tuple[int, int, Detail, str], ...] = (
    (16, 16, "medium", PROMPTS[0]),
    (1024, 1024, "medium", PROMPTS[0]),
    (3840, 2160, "medium", PROMPTS[0]),
    (3840, 2160, "high", PROMPTS[2]),
    (3840, 2160, "medium", "a close-up photo of a dog at golden hour"),
    (3840, 2160, "medium", "a comic of a dog in the city at night"),
    (3840, 2160, "medium", "a watercolour of a lighthouse by the sea"),
)


def draw(prompt: str, width: int, height: int, detail: Detail, seed: int = 0) -> bytes:
    picture = Image.new("L", (1, 1))
    for stage in stages(Commission(prompt=prompt, width=width, height=height, detail=detail, seed=seed)):
        picture = stage.picture  # one at a time, as a caller who streams them holds them
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()


def peak() -> int:
    """This process's peak memory in KB. ru_maxrss counts what a parent held before exec, so Linux's own figure first."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(
            next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1]
        )
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measure_times(rounds: int) -> None:
    taken: dict[tuple[int, int, Detail], list[float]] = {case: [] for case in CASES}
    draw(PROMPTS[0], 64, 64, "medium")
    for turn in range(rounds):
        for prompt in PROMPTS:
            for case in CASES:
                if case[0] * case[1] > 2_000_000 and turn > 0:
                    continue
                start = time.perf_counter()
                draw(prompt, *case, seed=turn)
                taken[case].append(time.perf_counter() - start)
    print(f"{'size':>12} {'detail':>8} {'median':>8} {'least':>8} {'most':>8}")
    for (width, height, detail), times in taken.items():
        row = (statistics.median(times), min(times), max(times))
        print(f"{f'{width}x{height}':>12} {detail:>8} " + " ".join(f"{value:7.3f}s" for value in row))


def measure_memory() -> None:
    print(f"\n{'size':>12} {'detail':>8} {'peak':>8}  prompt")
    for width, height, detail, prompt in MEMORY:
        code = (
            "import sys; sys.path[:0] = [sys.argv[1]]; from illustrator import draw, peak; "
            f"draw({prompt!r}, {width}, {height}, {detail!r}); print(peak())"
        )
        here = os.path.dirname(os.path.abspath(__file__))
        done = subprocess.run([sys.executable, "-c", code, here], capture_output=True, text=True, check=True)
        print(f"{f'{width}x{height}':>12} {detail:>8} {int(done.stdout) / 1024:6.0f}MB  {prompt}")


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    measure_times(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
    measure_memory()

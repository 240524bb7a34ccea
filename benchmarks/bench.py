"""Start-up, time per picture by size and quality, peak memory, and what the house adds to the bare drawing.

    python -m benchmarks.bench

Interleaved rounds, medians. The numbers of docs/performance.md come from here.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Literal

Detail = Literal["low", "medium", "high"]

ROUNDS = 3
SIZES = [(256, 256), (512, 512), (1024, 1024), (1536, 1024), (2048, 2048), (3840, 2160)]
DETAILS: tuple[Detail, ...] = ("low", "medium", "high")
PROMPTS = [
    "A panda eating bamboo",
    "a cat wearing a top hat in a library",
    "three sailboats on the sea at sunset",
    "a product photo of a coffee mug, studio light",
    "a watercolour of a fox in a forest",
    "a comic of a dog in the city at night in the rain",
    'a bar with a neon sign that says "OPEN"',
]
"""Every kind of place, and the styles that take longest."""


def main() -> None:
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, medians of {ROUNDS} rounds\n")
    start_up()
    drawing()
    memory()
    house()


def start_up() -> None:
    """From the command to the first answer, and to the first picture."""
    first, pictures = [], []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        with server() as port:
            first.append(time.perf_counter() - begun)
            order(port, PROMPTS[0], "1024x1024", "low")
            pictures.append(time.perf_counter() - begun)
    print(f"start-up: first answer after {statistics.median(first):.2f} s, ", end="")
    print(f"first picture (1024x1024, low) after {statistics.median(pictures):.2f} s\n")


def drawing() -> None:
    """The bare engine with its PNG, on one core, every size and detail in turn."""
    times: dict[tuple[tuple[int, int], str], list[float]] = {}
    with one_core():
        for prompt in PROMPTS:
            draw(prompt, (64, 64))  # what is loaded on first use is not measured
        for round_ in range(ROUNDS):
            for prompt in PROMPTS:
                for size in SIZES:
                    for detail in DETAILS:
                        # The largest once each, for some: they would take most of the time.
                        if size[0] > 2000 and (round_ or prompt not in PROMPTS[:4]):
                            continue
                        begun = time.perf_counter()
                        draw(prompt, size, detail)
                        times.setdefault((size, detail), []).append(time.perf_counter() - begun)
    print(f"seconds for a picture, PNG included, one core: median (slowest) of {len(PROMPTS)} prompts\n")
    print("size        " + "".join(f"{detail:>18}" for detail in DETAILS))
    for size in SIZES:
        cells = [times[size, detail] for detail in DETAILS]
        row = [f"{statistics.median(cell):.2f} ({max(cell):.2f})" for cell in cells]
        print(f"{size[0]}x{size[1]}".ljust(12) + "".join(f"{cell:>18}" for cell in row))
    print()


def draw(prompt: str, size: tuple[int, int], detail: Detail = "medium") -> bytes:
    """A picture as PNG; one stage at a time is held, as the server does."""
    from tintype.engines.illustrator import Commission, stages
    from tintype.pixels import encode

    picture = None
    for stage in stages(Commission(prompt=prompt, width=size[0], height=size[1], detail=detail)):
        picture = stage.picture
    assert picture is not None
    return encode(picture, "png")


@contextmanager
def one_core() -> Iterator[None]:
    """On Linux; elsewhere the system does not say which cores a process may have."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def memory() -> None:
    """Of a fresh process that draws one picture: the most that was resident."""
    for size in ((16, 16), (1024, 1024), (3840, 2160)):
        peaks = {prompt: peak_of(prompt, size) for prompt in PROMPTS}
        worst = max(peaks, key=lambda prompt: peaks[prompt])
        median = statistics.median(peaks.values())
        print(f"peak memory at {size[0]}x{size[1]}: {peaks[worst]:.0f} MB ({worst!r}), median {median:.0f}")
    print()


def peak_of(prompt: str, size: tuple[int, int]) -> float:
    """MB. Linux's VmHWM, not ru_maxrss: a child begins with its parent's."""
    code = (
        f"from benchmarks.bench import draw; draw({prompt!r}, {size!r})\n"
        "print(*(row.split()[1] for row in open('/proc/self/status') if row.startswith('VmHWM')))"
    )
    return int(subprocess.check_output([sys.executable, "-c", code], text=True)) / 1024


def house() -> None:
    """A picture through the server beside the bare drawing of the same picture."""
    with server() as port:
        ways: dict[str, Callable[[], object]] = {
            "bare drawing": lambda: draw(PROMPTS[0], (1024, 1024)),
            "through the server": lambda: order(port, PROMPTS[0], "1024x1024", "medium"),
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for round_ in range(-2, ROUNDS * 4):
            for name, way in ways.items():
                begun = time.perf_counter()
                way()
                if round_ >= 0:
                    times[name].append(time.perf_counter() - begun)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    for name, taken in medians.items():
        print(f"1024x1024 medium, {name}: {taken * 1000:.0f} ms")
    print(f"ratio: {medians['through the server'] / medians['bare drawing']:.2f}")


@contextmanager
def server() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [Path(sys.executable).parent / "tintype", "serve"],
        env={**os.environ, "PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                connection = HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", "/healthz")
                connection.getresponse().read()
                break
            except ConnectionRefusedError:
                time.sleep(0.005)
        yield port
    finally:
        process.terminate()
        process.wait()


def order(port: int, prompt: str, size: str, quality: str) -> bytes:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    body = {"model": "tintype-illustrator", "prompt": prompt, "size": size, "quality": quality}
    connection.request("POST", "/v1/images/generations", json.dumps(body))
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    if response.status != 200:
        raise RuntimeError(answer)
    return answer


if __name__ == "__main__":
    main()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(f"\nthis run took {usage.ru_utime + usage.ru_stime:.0f} s of a core")

"""Tintype in front of somebody else's model, beside nginx's reverse proxy and LiteLLM's, in one run.

    python -m benchmarks.proxy [--quick] [--write]

An nginx that serves fixed replies plays the upstream. Everything is on the loopback and has one worker; rounds
are interleaved, and what is told is their medians. `--write` puts the tables into docs/performance.md.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from . import load, page, servers
from .servers import Process

SMALL, BIG = "2.6 KB", "2 MB"
_WORDS = {SMALL: "small", BIG: "big"}
_LARGE_BUFFERS = "proxy_buffer_size 256k; proxy_buffers 16 256k; proxy_busy_buffers_size 512k;"

BOOKS, NO_BOOKS, POSTGRESQL = "Tintype", "Tintype, nothing written down", "Tintype, PostgreSQL"
FLOOR = "uvicorn and pyreqwest alone"

Loads = dict[tuple[str, str], list[load.Load]]
Costs = dict[tuple[str, str], list[float]]


def main() -> None:
    servers.check_tools()
    servers.litellm()
    quick = "--quick" in sys.argv
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        servers.write_replies(folder)
        with servers.upstream(folder) as upstream:
            lines = [machine(), ""]
            for line in told(folder, upstream.port, quick=quick):
                print(line, flush=True)
                lines.append(line)
    text = "\n".join(lines)
    if "--write" in sys.argv:
        page.write("performance", "proxy", text)


def told(folder: Path, upstream: int, *, quick: bool) -> Iterator[str]:
    yield from throughput(folder, upstream, rounds=2 if quick else 5, seconds=2 if quick else 4)
    yield ""
    yield from the_rest(folder, upstream, rounds=3 if quick else 9)


def machine() -> str:
    nginx = os.popen("nginx -v 2>&1").read().rpartition("/")[2].split()[0]
    return (
        f"Measured on {date.today()}: {os.cpu_count()} cores ({_processor()}), "
        f"Python {platform.python_version()}, nginx {nginx}, LiteLLM {servers.LITELLM}; "
        f"load average before: {_BEFORE:.1f}."
    )


_BEFORE = os.getloadavg()[0]


def _processor() -> str:
    rows = Path("/proc/cpuinfo").read_text().splitlines()
    return next((row.partition(": ")[2] for row in rows if row.startswith("model name")), platform.machine())


def throughput(folder: Path, upstream: int, *, rounds: int, seconds: float) -> Iterator[str]:
    """Requests per second, latency, and processor time per request, for both sizes."""
    loads: Loads = {}
    costs: Costs = {}
    with targets(folder, upstream) as all_targets:
        for sizes in all_targets.values():
            for server, path, model in sizes.values():
                load.once(server, path, model)
        for round_ in range(-1, rounds):
            print(f"round {round_ + 1} of {rounds}", flush=True)
            for size in (SMALL, BIG):
                for name, sizes in all_targets.items():
                    server, path, model = sizes[size]
                    before = server.cpu()
                    got = load.wrk(folder, server, path, model, seconds if round_ >= 0 else 2)
                    if round_ >= 0:  # the first is for warming up
                        loads.setdefault((name, size), []).append(got)
                        costs.setdefault((name, size), []).append(
                            (server.cpu() - before) / max(1, got.requests)
                        )
        names = list(all_targets)
        big = all_targets[BOOKS][BIG][0]
        peak, idle = big.rss("VmHWM"), big.rss()
    for size in (SMALL, BIG):
        yield from table(size, names, loads, costs)
        yield ""
    yield f"Tintype's memory: at most {peak:.0f} MB under this load of 16 x 2 MB, {idle:.0f} MB after it."


def table(size: str, names: list[str], loads: Loads, costs: Costs) -> Iterator[str]:
    def of(name: str, what: str) -> float:
        return float(median(getattr(each, what) for each in loads[name, size]))

    limit = max(of(name, "rate") for name in names if name.startswith("nginx"))
    yield f"| {size} | requests/s | of the quicker nginx | times LiteLLM | p50 ms | p99 ms | CPU ms/request |"
    yield "|---|---|---|---|---|---|---|"
    for name in names:
        rate = of(name, "rate")
        facts = [
            name,
            f"{rate:,.0f}",
            f"{rate / limit:.2f}",
            f"{rate / of('LiteLLM', 'rate'):.1f}",
            f"{of(name, 'p50'):.1f}",
            f"{of(name, 'p99'):.1f}",
            f"{median(costs[name, size]) * 1000:.2f}",
        ]
        yield f"| {' | '.join(facts)} |"


@contextmanager
def targets(folder: Path, upstream: int) -> Iterator[dict[str, dict[str, tuple[Process, str, str]]]]:
    """Each server that is measured, with the path and the model that get it to answer with either size."""
    with ExitStack() as stack:
        nginx = stack.enter_context(servers.nginx_proxy(folder, upstream))
        large = stack.enter_context(servers.nginx_proxy(folder, upstream, _LARGE_BUFFERS))
        litellm = stack.enter_context(servers.litellm_proxy(folder, upstream))
        kinds = {BOOKS: "", NO_BOOKS: "off"}
        if database := stack.enter_context(servers.postgresql()):
            kinds[POSTGRESQL] = database
        names = ("nginx, as it comes", "nginx, large buffers", "LiteLLM", FLOOR, *kinds)
        found: dict[str, dict[str, tuple[Process, str, str]]] = {name: {} for name in names}
        for size, word in _WORDS.items():
            path = f"/{word}{load.PATH}"
            found["nginx, as it comes"][size] = (nginx, path, "gpt-image-2")
            found["nginx, large buffers"][size] = (large, path, "gpt-image-2")
            found["LiteLLM"][size] = (litellm, load.PATH, f"gpt-image-{word}")
            bare = stack.enter_context(servers.bare(folder, f"http://127.0.0.1:{upstream}/{word}/v1/"))
            found[FLOOR][size] = (bare, load.PATH, "gpt-image-2")
        for name, database in kinds.items():
            for size, word in _WORDS.items():
                base_url = f"http://127.0.0.1:{upstream}/{word}/v1/"
                paid = database != "off"
                # Both sizes of a kind share their database: two servers on it, of which one is measured.
                tintype = servers.tintype(folder, base_url, database=database, paid=paid)
                found[name][size] = (stack.enter_context(tintype), load.PATH, "gpt-image-2")
        yield found


def the_rest(folder: Path, upstream: int, *, rounds: int) -> Iterator[str]:
    """Memory, slow readers, streaming and start-up: Tintype alone."""
    begin = [start_up(folder, {}) for _ in range(3)]
    every = [start_up(folder, every_key()) for _ in range(3)]
    yield "| Tintype | |"
    yield "|---|---|"
    yield f"| from `tintype serve` to the first answer | {median(each[0] for each in begin):.2f} s |"
    yield f"| the same with every provider configured | {median(each[0] for each in every):.2f} s |"
    yield f"| idle memory with every provider configured | {max(each[1] for each in every):.0f} MB |"
    yield f"| memory with 16 callers who stop reading 2 MB | {held(folder, upstream, 'big', 16)[0]:.0f} MB |"
    now, more = held(folder, upstream, "huge", 32)
    in_flight = 32 * servers.SIZES["huge"] / 1e6
    yield f"| memory with 32 callers who stop reading 24 MB | {now:.0f} MB: {more / in_flight:.2f} times the bytes in flight, above idle |"
    yield from slow_reader(folder, upstream)
    yield from streaming(folder, rounds)


def start_up(folder: Path, keys: dict[str, str]) -> tuple[float, float]:
    """Seconds to the first answer, and MB then."""
    begun = time.perf_counter()
    with servers.tintype(folder, "http://127.0.0.1:9/v1/", keys) as server:
        return time.perf_counter() - begun, server.rss()


def every_key() -> dict[str, str]:
    """An environment in which every service of the catalog is configured."""
    from tintype.catalog import load as load_catalog

    found = {}
    for service in load_catalog():
        variables = {**service.settings.get("environment", {}), "key": service.settings.get("key_env", "")}
        for need in service.needs:
            for name in need.partition("|")[0].split("+"):
                for variable in variables.get(name, "").split()[:1]:
                    found[variable] = "https://127.0.0.1:9/" if name == "base_url" else "bench-key"
    return found


def held(folder: Path, upstream: int, word: str, count: int) -> tuple[float, float]:
    """MB with so many callers who have stopped reading, and how many of them are above idle."""
    with servers.tintype(folder, f"http://127.0.0.1:{upstream}/{word}/v1/") as server:
        load.latency(server.port, 1)  # what is loaded on first use is not measured
        idle = server.rss()
        with load.stalled(server.port, count):
            now = server.rss()
    return now, now - idle


def slow_reader(folder: Path, upstream: int) -> Iterator[str]:
    count = 8
    _, more = held(folder, upstream, "huge", count)
    with servers.tintype(folder, f"http://127.0.0.1:{upstream}/huge/v1/") as server:
        load.latency(server.port, 3)
        alone = median(load.latency(server.port, 9))
        with load.stalled(server.port, count):
            beside = median(load.latency(server.port, 9))
    yield f"| each of {count} slow readers of 24 MB costs | {more / count:.0f} MB |"
    yield f"| 24 MB for somebody else beside them | {beside:.0f} ms ({alone:.0f} without them) |"


def streaming(folder: Path, rounds: int) -> Iterator[str]:
    for pace, words in ((125e6, "at 1 Gbit/s"), (None, "as fast as it is taken")):
        upstream = load.StreamingUpstream(pace)
        try:
            with servers.tintype(folder, f"http://127.0.0.1:{upstream.port}/v1/") as server:
                load.delays(server.port, upstream, 2)
                through = median(load.delays(server.port, upstream, rounds))
                direct = median(load.delays(upstream.port, upstream, rounds))
        finally:
            upstream.close()
        yield (
            f"| a preview of 2 MB that an upstream sends {words}: from its last byte to the caller's "
            f"| {through:.1f} ms ({direct:.1f} without Tintype) |"
        )


if __name__ == "__main__":
    main()

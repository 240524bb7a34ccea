"""A key has what its limit says within any minute, on one server and on several, and is told what is left."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from secrets import token_hex
from urllib.parse import urlsplit

import pytest
import redis
import structlog
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tintype.accounts import limits as module
from tintype.accounts.limits import UNLIMITED, Allowance, LimitReached, Limits, Window, headers, headers_of
from tintype.core import ANYONE, Caller
from tintype.core.errors import BadRequest, TooManyRequests

REDIS = os.environ.get("TINTYPE_TEST_REDIS", "redis://127.0.0.1:6379/0")


def is_there(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 6379), timeout=1):
            return True
    except OSError:
        return False


needs_redis = pytest.mark.skipif(
    not is_there(REDIS), reason=f"no Redis at {urlsplit(REDIS).netloc}; TINTYPE_TEST_REDIS says where one is"
)
EVERYWHERE = [pytest.param("", id="memory"), pytest.param(REDIS, id="redis", marks=needs_redis)]


@contextmanager
def warnings() -> Iterator[list[structlog.typing.EventDict]]:
    """What the log tells, which is quiet in tests."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        with structlog.testing.capture_logs() as lines:
            yield lines
    finally:
        structlog.configure(**before)


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def room() -> Iterator[str]:
    """A prefix of the test's own, and nothing of it left."""
    prefix = f"tintype-test-{token_hex(6)}"
    try:
        yield prefix
    finally:
        if is_there(REDIS):
            with redis.Redis.from_url(REDIS) as client:
                for name in client.scan_iter(f"{prefix}*"):
                    client.delete(name)


@asynccontextmanager
async def opened(url: str, prefix: str) -> AsyncIterator[Limits]:
    """Those that do not give Redis up, however busy this machine is."""
    told: list[str] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tintype.accounts.shared_limits.PATIENCE", 30.0)
        limits = Limits.open(url, prefix=prefix, tell=told.append)
    try:
        yield limits
    finally:
        await limits.close()
    assert "away" not in told


def caller(requests: int | None = None, images: int | None = None, key: str = "key_1") -> Caller:
    return Caller(key=key, requests_per_minute=requests, images_per_minute=images)


@pytest.mark.parametrize("url", EVERYWHERE)
def test_a_key_has_its_limit_and_is_told_what_is_left(url: str) -> None:
    async def run(prefix: str) -> None:
        async with opened(url, prefix) as limits:
            who = caller(3, 5)
            for left in (2, 1, 0):
                taken = (await limits.take(who)).requests
                assert taken is not None
                assert (taken.limit, taken.remaining) == (3, left)
                assert 59 < taken.reset <= 60
            with pytest.raises(TooManyRequests, match=r"send 3 requests a minute, and has done so") as caught:
                await limits.take(who)
            assert 59 <= (caught.value.retry_after or 0) <= 60
            # Pictures are counted apart, and other keys too.
            assert (await limits.take_images(who, 5)).images is not None
            with pytest.raises(TooManyRequests, match="order 5 pictures a minute"):
                await limits.take_images(who, 1)
            assert (await limits.take(caller(3, key="key_2"))).requests is not None

    with room() as prefix:
        asyncio.run(run(prefix))


@pytest.mark.parametrize("url", EVERYWHERE)
def test_an_order_is_counted_whole_or_not_at_all(url: str) -> None:
    async def run(prefix: str) -> None:
        async with opened(url, prefix) as limits:
            who = caller(images=10)
            await limits.take_images(who, 7)
            with pytest.raises(LimitReached, match="3 of them are left for these 4") as caught:
                await limits.take_images(who, 4)
            assert caught.value.allowance.images is not None
            assert caught.value.allowance.images.remaining == 3
            left = (await limits.take_images(who, 3)).images
            assert left is not None
            assert left.remaining == 0

    with room() as prefix:
        asyncio.run(run(prefix))


@pytest.mark.parametrize(
    ("url", "servers"),
    [
        pytest.param("", 1, id="memory"),
        pytest.param(REDIS, 1, id="redis", marks=needs_redis),
        pytest.param(REDIS, 2, id="redis of two servers", marks=needs_redis),
    ],
)
def test_of_many_at_once_exactly_the_limit_is_let_through(url: str, servers: int) -> None:
    async def run(prefix: str) -> list[bool]:
        async with opened(url, prefix) as one, opened(url, prefix) as other:
            both = (one, other)

            async def ask(position: int) -> bool:
                try:
                    await both[position % servers].take(caller(37))
                except TooManyRequests:
                    return False
                return True

            return await asyncio.gather(*map(ask, range(200)))

    with room() as prefix:
        assert sum(asyncio.run(run(prefix))) == 37


@needs_redis
def test_orders_of_two_servers_are_counted_together() -> None:
    async def run(prefix: str) -> int:
        async with opened(REDIS, prefix) as one, opened(REDIS, prefix) as other:

            async def ask(limits: Limits, n: int) -> int:
                try:
                    await limits.take_images(caller(images=50), n)
                except TooManyRequests:
                    return 0
                return n

            asked = [ask(limits, n) for n in (3, 4, 5, 6) for limits in (one, other) for _ in range(6)]
            made = sum(await asyncio.gather(*asked))
            # Whatever is left is less than the smallest order that was refused.
            left = (await one.take_images(caller(images=50), 1)).images if made < 50 else Window(50, 0, 0)
            assert left is not None
            assert left.remaining == max(0, 50 - made - 1)
            return made

    with room() as prefix:
        assert 47 < asyncio.run(run(prefix)) <= 50


def test_the_window_moves() -> None:
    """Who has sent two at the end of a minute may not send two more at the beginning of the next."""

    async def run() -> None:
        clock = Clock()
        limits, who = Limits(clock=clock), caller(2)
        await limits.take(who)
        clock.now += 59
        await limits.take(who)
        clock.now += 0.5
        with pytest.raises(TooManyRequests) as caught:
            await limits.take(who)
        assert caught.value.retry_after == 1
        clock.now += 0.5
        assert await limits.take(who) == Allowance(requests=Window(2, 0, 59.0))
        with pytest.raises(TooManyRequests, match=r"Try again in 59 seconds\.") as caught:
            await limits.take(who)
        assert caught.value.retry_after == 59

    asyncio.run(run())


@example([(1, 1.231168523147204), (1, 0.0), (5, 0.0)])
@given(st.lists(st.tuples(st.integers(1, 6), st.floats(0, 40)), max_size=40))
@settings(max_examples=200, deadline=None)
def test_no_minute_has_more_and_who_waits_as_told_gets_it(orders: list[tuple[int, float]]) -> None:
    async def run() -> None:
        clock = Clock()
        limits, who, taken = Limits(clock=clock), caller(images=6), list[tuple[float, int]]()
        for n, pause in orders:
            clock.now += pause
            try:
                await limits.take_images(who, n)
            except TooManyRequests as error:
                assert sum(m for at, m in taken if at + 60 > clock.now) + n > 6, "there was room"
                clock.now += error.retry_after or 0
                await limits.take_images(who, n)
            taken.append((clock.now, n))
            assert sum(m for at, m in taken if at + 60 > clock.now) <= 6

    asyncio.run(run())


@needs_redis
def test_redis_says_when_it_will_pass_as_memory_does() -> None:
    """The same hits at the same distances, and the same answers, but for the time that it takes to ask."""

    async def run(url: str, prefix: str) -> list[tuple[int, float, float]]:
        hits = Limits.open(url, prefix=prefix)
        storage = hits._shared or hits._own
        told = []
        for amount, pause in ((2, 0.4), (3, 0.0), (2, 0.0), (4, 0.7), (1, 0.0), (1, 0.0), (4, 0.0)):
            told.append(await storage.take("name", 5, 1, amount))
            await asyncio.sleep(pause)
        await hits.close()
        return told

    with room() as prefix:
        here, there = asyncio.run(run("", prefix)), asyncio.run(run(REDIS, prefix))
    for (count, reset, wait), (other, other_reset, other_wait) in zip(here, there, strict=True):
        assert count == other
        assert reset == pytest.approx(other_reset, abs=0.1)
        assert wait == pytest.approx(other_wait, abs=0.1)
    assert [not wait for _, _, wait in here] == [True, True, False, False, True, True, False]


@pytest.mark.parametrize(
    ("who", "n", "words"),
    [
        (caller(images=4), 5, "order 4 pictures a minute, and this is 5 at once: order fewer at a time"),
        (caller(images=1), 2, "order 1 picture a minute"),
        (caller(images=0), 1, "order no pictures: its limit is 0 a minute"),
    ],
)
def test_an_order_that_would_never_pass_is_not_told_to_wait(who: Caller, n: int, words: str) -> None:
    with pytest.raises(BadRequest, match=words) as caught:
        asyncio.run(Limits().take_images(who, n))
    assert caught.value.param == "n"
    assert not caught.value.retryable


def test_a_limit_that_is_changed_goes_on_with_what_was_counted() -> None:
    async def run() -> None:
        limits = Limits()
        for _ in range(3):
            await limits.take(caller(3))
        left = (await limits.take(caller(5))).requests
        assert left is not None
        assert (left.limit, left.remaining) == (5, 1)
        with pytest.raises(TooManyRequests):
            await limits.take(caller(2))

    asyncio.run(run())


@pytest.mark.parametrize("who", [ANYONE, caller(), Caller(requests_per_minute=1, images_per_minute=1)])
def test_who_has_no_limit_or_no_key_is_not_counted(who: Caller) -> None:
    async def run() -> None:
        limits = Limits()
        for _ in range(3):
            assert await limits.take(who) is UNLIMITED
            assert await limits.take_images(who, 1000) is UNLIMITED
        assert not limits._own._times

    asyncio.run(run())


def test_keys_that_are_silent_are_forgotten() -> None:
    async def run() -> None:
        clock = Clock()
        limits = Limits(clock=clock)
        for position in range(100):
            await limits.take(caller(5, key=f"key_{position}"))
        clock.now += 61
        await limits.take(caller(5, key="another"))
        assert len(limits._own._times) == 1

    asyncio.run(run())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_redis_that_is_away_refuses_nobody_who_is_within_the_limit_here() -> None:
    told: list[str] = []

    async def run() -> None:
        limits = Limits.open(f"redis://:secret@127.0.0.1:{free_port()}/0", tell=told.append)
        for _ in range(4):
            await limits.take(caller(4))
        with pytest.raises(TooManyRequests):
            await limits.take(caller(4))
        await limits.close()

    with warnings() as lines:
        asyncio.run(run())
    assert told == ["away", "requests"], "it is asked once, and then left alone for a while"
    assert [line["log_level"] for line in lines] == ["warning"]
    assert "secret" not in str(lines)


def test_a_redis_that_hangs_is_waited_for_by_one_request_only(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> float:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            limits = Limits.open(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
            await limits.take(caller(100))
            begun = time.monotonic()
            for _ in range(50):
                await limits.take(caller(100))
            await limits.close()
            return time.monotonic() - begun

    monkeypatch.setattr("tintype.accounts.shared_limits.PATIENCE", 0.3)
    with warnings() as lines:
        assert asyncio.run(run()) < 0.3
    assert len(lines) == 1


class Flaky:
    """Hits of others, which do not answer while it is `away`."""

    def __init__(self) -> None:
        self.away, self.asked = True, 0

    async def take(self, name: str, limit: int, seconds: int, amount: int) -> tuple[int, float, float]:
        self.asked += 1
        if self.away:
            raise OSError
        return 1, 60.0, 0.0

    async def close(self) -> None: ...


def test_redis_that_comes_back_is_found_and_the_log_tells_once_a_minute() -> None:
    clock, shared = Clock(), Flaky()
    limits = Limits(shared, failures=(OSError,), clock=clock)

    async def run() -> None:
        for _ in range(180):
            await asyncio.gather(*(limits.take(caller(1000)) for _ in range(3)))
            clock.now += 1
        assert shared.asked == 36, "by one request in five seconds"
        shared.away, shared.asked = False, 0
        clock.now += module.AWAY
        for _ in range(10):
            assert await limits.take(caller(1000)) == Allowance(requests=Window(1000, 999, 60.0))
        assert shared.asked == 10

    with warnings() as lines:
        asyncio.run(run())
    assert len(lines) == 3


@pytest.mark.parametrize(
    "url",
    [
        "localhost:6379",
        "http://localhost",
        "redis://",
        "redis://:pass@host:port/0",
        "redis://:pass@host/one?a=b",
        "redis://host?socket=pass",
        "redis://host:6379/pass",
        "redis://host:6379/-1",
        "redis://host:6379/0/1",
    ],
)
def test_an_address_that_cannot_be_is_told_without_what_is_in_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"^`limits`") as caught:
        Limits.open(url)
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["redis", "rediss", "valkey", "valkeys"])
def test_redis_and_valkey_are_both_welcome(scheme: str) -> None:
    asyncio.run(Limits.open(f"{scheme}://127.0.0.1:6379/0").close())


@needs_redis
def test_valkey_is_spoken_to_as_redis_is() -> None:
    async def run(prefix: str) -> None:
        async with opened(re.sub("^redis", "valkey", REDIS), prefix) as limits:
            await limits.take(caller(1))
            with pytest.raises(TooManyRequests):
                await limits.take(caller(1))

    with room() as prefix, warnings() as lines:
        asyncio.run(run(prefix))
    assert not lines


def test_without_the_client_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=re.escape("pip install 'tintype[redis]'")):
        Limits.open("redis://127.0.0.1/0")


@pytest.mark.parametrize(
    ("allowance", "rows"),
    [
        (UNLIMITED, []),
        (
            Allowance(requests=Window(60, 59, 1.0), images=Window(5, 0, 360.0)),
            [
                "x-ratelimit-limit-requests: 60",
                "x-ratelimit-remaining-requests: 59",
                "x-ratelimit-reset-requests: 1s",
                "x-ratelimit-limit-images: 5",
                "x-ratelimit-remaining-images: 0",
                "x-ratelimit-reset-images: 6m0s",
            ],
        ),
        (
            Allowance(requests=Window(2, 1, 0.01)) | Allowance(images=Window(9, 8, 59.2)),
            [
                "x-ratelimit-limit-requests: 2",
                "x-ratelimit-remaining-requests: 1",
                "x-ratelimit-reset-requests: 1s",
                "x-ratelimit-limit-images: 9",
                "x-ratelimit-remaining-images: 8",
                "x-ratelimit-reset-images: 1m0s",
            ],
        ),
    ],
)
def test_headers_are_those_that_openai_sends(allowance: Allowance, rows: list[str]) -> None:
    assert [f"{name.decode()}: {value.decode()}" for name, value in headers(allowance)] == rows


def test_the_429_carries_them_too() -> None:
    async def run() -> None:
        limits = Limits()
        await limits.take(caller(1))
        await limits.take(caller(1))

    with pytest.raises(TooManyRequests) as caught:
        asyncio.run(run())
    assert (b"x-ratelimit-remaining-requests", b"0") in headers_of(caught.value)
    assert caught.value.code == "rate_limit_exceeded"
    assert headers_of(TooManyRequests("Another one.")) == []

"""What is behind a caller's address: a picture arrives whole, and nothing else does or is told of."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from tintype.core.errors import BadRequest, TooManyRequests
from tintype.transport.untrusted import Fetcher
from tintype.transport.upstream import DEADLINE

from ..pictures import picture
from .pages import HERE, LOOPBACK, PNG, SECRET, answer, from_host, hosting, redirect, refusal


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "gif"])
@pytest.mark.parametrize("length", [True, False])
def test_a_picture_arrives_whole(kind: str, length: bool) -> None:
    body = picture(kind, 300, 200)

    async def main() -> None:
        page = answer(body, content_type="text/html", **({} if length else {"content_length": ""}))
        async with hosting({"/p/a.png": page}) as host:
            url = f" http://Pictures.Example.:{host.port}/p/a.png?k=1#top "
            assert await Fetcher(allow=LOOPBACK, resolve=HERE).fetch(url) == body
            head = host.heads[0].lower()
            assert "get /p/a.png?k=1 http" in head
            assert f"host: pictures.example:{host.port}" in head
            assert not any(name in head for name in ("cookie", "authorization", "referer"))

    asyncio.run(main())


BIG = PNG + bytes(3_000_000)


def test_a_length_that_is_too_large_is_believed() -> None:
    text, host = from_host(answer(bytes(40_000_000)), limit=100_000)
    assert "more than 0.1 MB" in text
    assert host.sent < 20_000_000
    assert "more than 50 MB" in from_host(answer(content_length=str(10**17)))[0]


@pytest.mark.parametrize(
    "headers", [{"content_length": ""}, {"transfer_encoding": "chunked", "content_length": ""}]
)
def test_without_a_length_it_is_counted(headers: dict[str, str]) -> None:
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BIG), BIG) if len(headers) == 2 else BIG
    text, _ = from_host(answer(body, **headers), limit=100_000)
    assert "more than 0.1 MB" in text


def test_a_length_that_lies_ends_the_picture_where_it_says() -> None:
    async def main() -> None:
        async with hosting({"/a.png": answer(BIG, content_length=str(len(PNG)))}) as host:
            fetcher = Fetcher(allow=LOOPBACK, resolve=HERE)
            url = f"http://pictures.example:{host.port}/a.png"
            assert await fetcher.fetch(url, limit=100_000) == PNG

    asyncio.run(main())


def test_what_is_compressed_is_not_unfolded() -> None:
    bomb = gzip.compress(PNG + bytes(20_000_000))
    assert "compressed" in from_host(answer(bomb, content_encoding="gzip"), limit=100_000)[0]
    assert "no picture" in from_host(answer(bomb))[0]


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (answer(SECRET.encode(), content_type="image/png"), "no picture"),
        (answer(b"", content_type="image/png"), "no picture"),
        (answer(PNG[:4]), "no picture"),
        (answer(b"<svg xmlns='http://www.w3.org/2000/svg'/>", content_type="image/svg+xml"), "no picture"),
        (answer(picture("bmp")), "no picture"),
        (answer(PNG, content_length=str(len(PNG) + 9)), "cut"),
        (answer(b"ff\r\n" + PNG, content_length="", transfer_encoding="chunked"), "cut"),
        (answer(SECRET.encode(), status="404 Not Found"), "it answered 404"),
        (answer(SECRET.encode(), status="500 Oh"), "it answered 500"),
        (answer(SECRET.encode(), status="302 Found"), "it answered 302"),
        (answer(status="206 Partial Content"), "it answered 206"),
        (answer(status="302 Found", location="/\xff\xfe"), "cannot be fetched"),
        (answer(content_encoding="\xff"), "cannot be fetched"),
        (b"SSH-2.0-OpenSSH_9.6\r\n" + SECRET.encode(), "the connection failed"),
        (b"", "the connection failed"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 2_000_000, "the connection failed"),
    ],
)
def test_an_answer_that_is_no_picture(page: bytes, why: str) -> None:
    assert why in from_host(page)[0]


def test_what_is_no_picture_is_not_read_to_its_end() -> None:
    _, host = from_host(answer(bytes(40_000_000)))
    assert host.sent < 20_000_000


@pytest.mark.parametrize("page", [answer(), b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1000])
def test_a_slow_drip_ends_with_the_time(page: bytes) -> None:
    text, _ = from_host(page, seconds=0.3, pause=0.02)
    assert "longer than 0.3 seconds" in text


def test_a_slow_name_server_ends_with_the_time() -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        raise AssertionError

    text = asyncio.run(refusal("http://pictures.example/", Fetcher(resolve=never, seconds=0.1)))
    assert "longer than 0.1 seconds" in text


def test_nobody_listens() -> None:
    async def main() -> None:
        async with hosting({}) as host:
            port = host.port
        text = await refusal(f"http://pictures.example:{port}/a.png", Fetcher(allow=LOOPBACK, resolve=HERE))
        assert "the connection failed" in text

    asyncio.run(main())


@asynccontextmanager
async def busy() -> AsyncIterator[tuple[Fetcher, str, asyncio.Task[bytes]]]:
    """A fetcher without room for another, the address of a picture, and the fetch that takes the room."""
    async with hosting({"/slow.png": answer(), "/a.png": answer()}, pause=0.002) as host:
        fetcher = Fetcher(allow=LOOPBACK, resolve=HERE, at_once=1)
        url = f"http://pictures.example:{host.port}"
        slow = asyncio.create_task(fetcher.fetch(f"{url}/slow.png"))
        await asyncio.sleep(0)
        yield fetcher, f"{url}/a.png", slow


def test_not_all_sockets_are_given_to_slow_servers() -> None:
    async def main() -> None:
        async with busy() as (fetcher, url, slow):
            with pytest.raises(TooManyRequests) as caught:
                await fetcher.fetch(url)
            assert caught.value.retry_after
            assert await slow == PNG
            assert await fetcher.fetch(url) == PNG

    asyncio.run(main())


PASSING = {
    "reset": b"",
    "cut": answer()[:-9],
    "busy": answer(b"", status="503 Service Unavailable"),
    "limited": answer(b"", status="429 Too Many Requests"),
}


@pytest.mark.parametrize("first", PASSING.values(), ids=PASSING)
def test_whoever_must_have_it_asks_again_while_that_may_help(first: bytes) -> None:
    async def main() -> None:
        async with hosting({"/a.png": [first, first, answer()]}) as host:
            fetcher, url = Fetcher(allow=LOOPBACK, resolve=HERE), f"http://pictures.example:{host.port}/a.png"
            assert await fetcher.fetch(url, pauses=(0, 0)) == PNG
            assert len(host.heads) == 3

    asyncio.run(main())


def test_so_does_who_has_not_got_it_in_time_or_found_the_host() -> None:
    came = 0

    async def wakes(host: str, port: int) -> Sequence[str]:
        nonlocal came
        came += 1
        if came == 1:
            await asyncio.sleep(60)
        if came == 2:
            raise OSError("no such name")
        return ["127.0.0.1"]

    async def main() -> None:
        async with hosting({"/a.png": answer()}) as host:
            fetcher = Fetcher(allow=LOOPBACK, resolve=wakes, seconds=0.3)
            assert await fetcher.fetch(f"http://pictures.example:{host.port}/a.png", pauses=(0, 0)) == PNG

    asyncio.run(main())


LASTING = {
    "gone": answer(b"", status="404 Not Found"),
    "forbidden": answer(b"", status="403 Forbidden"),
    "no picture": answer(b"<html>" + bytes(20)),
    "too large": answer(content_length="999999999"),
    "inner": redirect("http://10.0.0.1/"),
}


@pytest.mark.parametrize("page", LASTING.values(), ids=LASTING)
def test_what_stays_as_it_is_is_not_asked_again(page: bytes) -> None:
    async def main() -> None:
        async with hosting({"/a.png": [page, answer()]}) as host:
            fetcher, url = Fetcher(allow=LOOPBACK, resolve=HERE), f"http://pictures.example:{host.port}/a.png"
            with pytest.raises(BadRequest):
                await fetcher.fetch(url, pauses=(0, 0))
            assert len(host.heads) == 1

    asyncio.run(main())


def test_it_is_asked_no_more_once_there_is_no_time() -> None:
    async def main() -> None:
        async with hosting({"/a.png": [b"", answer()]}) as host:
            fetcher, url = Fetcher(allow=LOOPBACK, resolve=HERE), f"http://pictures.example:{host.port}/a.png"
            DEADLINE.set(asyncio.get_running_loop().time() + 60)
            with pytest.raises(BadRequest, match="cut"):
                await fetcher.fetch(url, pauses=(61,))

    asyncio.run(main())


def test_whoever_must_have_it_waits_for_room() -> None:
    async def main() -> None:
        async with busy() as (fetcher, url, slow):
            assert await fetcher.fetch(url, pauses=(0,)) == PNG
            assert slow.done()

    asyncio.run(main())

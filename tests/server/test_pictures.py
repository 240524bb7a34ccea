"""Pictures over HTTP: whole, in part, known already, or gone; and never all of a large one in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tintype.core.errors import MethodNotAllowed, NotFound, Unavailable
from tintype.server.http import Gone, Message
from tintype.server.pictures import CHUNK, UNSATISFIABLE, Pictures, read_range
from tintype.storage import Store

NOW = 1_795_914_000.0
DATA = bytes(range(256)) * 4  # 1024 bytes
SECRET = b"0123456789abcdef"


@dataclass
class House:
    """A store with pictures at its addresses, asked without a socket."""

    store: Store
    now: float = NOW
    pieces: list[int] = field(default_factory=list)

    def keep(self, data: bytes = DATA, kind: str = "png", seconds: float = 600) -> str:
        """The path of its address."""

        async def main() -> str:
            kept = await self.store.keep(data, kind=kind, seconds=seconds, now=self.now)
            return await self.store.address(kept.path, base_url="", seconds=seconds, now=self.now)

        return asyncio.run(main())

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, Mapping[str, str], bytes]:
        messages: list[Message] = []

        async def send(message: Message) -> None:
            messages.append(message)

        named = [
            (name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()
        ]
        scope: dict[str, Any] = {"type": "http", "method": method, "headers": named}
        asyncio.run(Pictures(self.store, clock=lambda: self.now).answer(scope, path, send))
        start, *bodies = messages
        self.pieces = [len(each["body"]) for each in bodies]
        assert [each["more_body"] for each in bodies] == [True] * (len(bodies) - 1) + [False]
        told = {name.decode(): value.decode() for name, value in start["headers"]}
        assert len(told) == len(start["headers"])
        body = b"".join(each["body"] for each in bodies)
        if start["status"] in (200, 206) and method == "GET":
            assert told["content-length"] == str(len(body))
        return start["status"], told, body


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(Store.open("", folder=tmp_path, secret=SECRET))


def test_a_whole_picture_and_what_is_told_of_it(house: House) -> None:
    path = house.keep()
    house.now += 100
    status, headers, body = house.ask(path)
    assert (status, body) == (200, DATA)
    assert headers == {
        "etag": headers["etag"],
        "cache-control": "private, max-age=500",
        "accept-ranges": "bytes",
        "content-disposition": f'inline; filename="tintype-{headers["etag"][1:13]}.png"',
        "x-content-type-options": "nosniff",
        "content-type": "image/png",
        "content-length": "1024",
    }
    assert house.ask(path, "HEAD") == (200, headers, b"")


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [("jpeg", "image/jpeg"), ("webp", "image/webp"), ("html", "application/octet-stream")],
)
def test_the_content_type_is_that_of_its_format(house: House, kind: str, media_type: str) -> None:
    assert house.ask(house.keep(kind=kind))[1]["content-type"] == media_type


RANGES: list[tuple[str, int, tuple[int, int] | None]] = [
    ("bytes=0-0", 206, (0, 1)),
    ("bytes=0-99", 206, (0, 100)),
    ("bytes=100-199", 206, (100, 200)),
    ("bytes=1000-", 206, (1000, 1024)),
    ("bytes=1023-1023", 206, (1023, 1024)),
    ("bytes=1000-9999", 206, (1000, 1024)),
    ("bytes=0-", 206, (0, 1024)),
    ("bytes=-1", 206, (1023, 1024)),
    ("bytes=-100", 206, (924, 1024)),
    ("bytes=-9999", 206, (0, 1024)),
    (" Bytes = 2 - 3 ", 206, (2, 4)),
    ("bytes=1024-", 416, None),
    ("bytes=1024-2000", 416, None),
    ("bytes=-0", 416, None),
    ("bytes=0-99,200-299", 200, (0, 1024)),
    ("bytes=99-0", 200, (0, 1024)),
    ("bytes=-", 200, (0, 1024)),
    ("bytes=", 200, (0, 1024)),
    ("bytes=a-b", 200, (0, 1024)),
    ("bytes=--1", 200, (0, 1024)),
    ("bytes=\xb2-3", 200, (0, 1024)),
    ("bytes=" + "9" * 5000 + "-", 200, (0, 1024)),
    ("items=0-99", 200, (0, 1024)),
    ("0-99", 200, (0, 1024)),
    ("", 200, (0, 1024)),
]


@pytest.mark.parametrize(("asked", "status", "part"), RANGES, ids=[each[0][:20] for each in RANGES])
def test_ranges(house: House, asked: str, status: int, part: tuple[int, int] | None) -> None:
    found, headers, body = house.ask(house.keep(), range=asked)
    assert found == status
    assert body == (DATA[part[0] : part[1]] if part else b"")
    match status:
        case 206:
            assert part is not None
            assert headers["content-range"] == f"bytes {part[0]}-{part[1] - 1}/1024"
        case 416:
            assert headers["content-range"] == "bytes */1024"
        case _:
            assert "content-range" not in headers


@given(st.text(max_size=30) | st.from_regex(r"bytes=\d{0,4}-\d{0,4}", fullmatch=True), st.integers(0, 2000))
def test_a_range_is_always_within_the_picture(value: str, size: int) -> None:
    found = read_range(value, size)
    if found is not None and found != UNSATISFIABLE:
        assert 0 <= found[0] < found[1] <= size


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ("{etag}", 304),
        ("W/{etag}", 304),
        ('"other", {etag}', 304),
        ("*", 304),
        ('"other"', 200),
        ("", 200),
        ("{bare}", 200),
    ],
)
def test_what_the_client_has_is_not_sent_again(house: House, tags: str, status: int) -> None:
    path = house.keep()
    etag = house.ask(path)[1]["etag"]
    tags = tags.format(etag=etag, bare=etag.strip('"'))
    found, headers, body = house.ask(path, if_none_match=tags)
    assert (found, body) == (status, b"" if status == 304 else DATA)
    assert headers["etag"] == etag
    assert headers["cache-control"] == "private, max-age=600"
    assert ("content-length" in headers) == (status == 200)


def test_a_part_is_sent_only_of_the_picture_that_the_client_has(house: House) -> None:
    path = house.keep()
    etag = house.ask(path)[1]["etag"]
    for if_range, status in (
        (etag, 206),
        (f"W/{etag}", 200),
        ('"other"', 200),
        ("Sun, 29 Nov 2026 01:00:00 GMT", 200),
    ):
        assert house.ask(path, range="bytes=0-9", if_range=if_range)[0] == status
    assert house.ask(path, "HEAD", range="bytes=0-9")[0] == 200


def test_no_more_than_a_chunk_is_in_memory(house: House) -> None:
    data = bytes(3) * CHUNK + b"end"
    path = house.keep(data)
    assert house.ask(path)[2] == data
    assert house.pieces == [CHUNK] * 3 + [3]
    assert house.ask(path, range="bytes=5-")[2] == data[5:]
    assert house.pieces == [CHUNK, CHUNK, CHUNK - 2]
    assert house.ask(house.keep(b""))[2] == b""


def test_it_is_gone_when_its_time_is_over_or_it_was_deleted(house: House) -> None:
    path = house.keep()
    kept = house.store.resolve(path.rpartition("/")[2], NOW).path
    house.now += 599
    assert house.ask(path)[0] == 200
    house.now += 1
    with pytest.raises(NotFound, match="gone"):
        house.ask(path)
    house.now = NOW
    etag = house.ask(path)[1]["etag"]
    asyncio.run(house.store.delete(kept))
    for headers in ({}, {"if_none_match": etag}, {"range": "bytes=0-1"}):
        with pytest.raises(NotFound, match="gone"):
            house.ask(path, **headers)


@pytest.mark.parametrize(
    "path", ["/pictures/", "/pictures/x.png", "/pictures/../secret", "/pictures/a/b.png"]
)
def test_other_paths_are_not_found(house: House, path: str) -> None:
    with pytest.raises(NotFound):
        house.ask(path)


def test_a_picture_can_only_be_read(house: House) -> None:
    path = house.keep()
    for method in ("POST", "DELETE", "PUT"):
        with pytest.raises(MethodNotAllowed, match="use GET"):
            house.ask(path, method)


def test_a_picture_that_is_deleted_under_way_ends_the_connection(house: House) -> None:
    data = bytes(2) * CHUNK
    path = house.keep(data)
    kept = house.store.resolve(path.rpartition("/")[2], NOW).path
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)
        if message["type"] == "http.response.body":
            await house.store.delete(kept)

    scope: dict[str, Any] = {"type": "http", "method": "GET", "headers": []}
    with pytest.raises(Gone):
        asyncio.run(Pictures(house.store, clock=lambda: NOW).answer(scope, path, send))
    assert [len(each["body"]) for each in messages[1:]] == [CHUNK]


def test_a_store_that_fails_is_an_error_before_anything_is_sent(tmp_path: Path) -> None:
    house = House(Store.open("", folder=tmp_path / "data" / "pictures", secret=SECRET))
    path = house.keep()
    broken = House(Store.open("", folder=tmp_path / "file", secret=SECRET))
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="could not read"):
        broken.ask(path)

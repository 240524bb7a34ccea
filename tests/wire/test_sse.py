"""Event streams, however the network cuts them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable
from itertools import pairwise
from time import process_time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tintype.wire import sse

STREAM = (
    b"\xef\xbb\xbf: keepalive\n\n"
    b'event: image_generation.partial_image\ndata: {"a":1}\n\n'
    b'id: 7\r\nretry: 10\r\ndata:{"b":\r\ndata: 2}\r\n\r\n'
    b"\n\n: keepalive\n\n"
    b'event: cr\rdata: {"c":\rdata: 3}\r\r: keepalive\r\rdata: {"d":4}\n\r\n'
    b"data: \xc3\xa9\n\n"
    b"data: [DONE]\n\n"
)
DOCUMENTS = [b'{"a":1}', b'{"b":\n2}', b'{"c":\n3}', b'{"d":4}', b"\xc3\xa9"]


def documents(chunks: Iterable[bytes]) -> list[bytes]:
    async def feed() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def collect() -> list[bytes]:
        return [bytes(document) async for document in sse.documents(feed())]

    return asyncio.run(collect())


def test_whole_and_byte_by_byte() -> None:
    assert documents([STREAM]) == DOCUMENTS
    assert documents(STREAM[at : at + 1] for at in range(len(STREAM))) == DOCUMENTS


@pytest.mark.parametrize("cut", range(len(STREAM)))
def test_cut_at_every_place(cut: int) -> None:
    assert documents([STREAM[:cut], STREAM[cut:]]) == DOCUMENTS


def test_a_stream_that_breaks_off_gives_what_there_was() -> None:
    assert documents([b'data: {"a":1}\n\ndata: {"b"']) == [b'{"a":1}', b'{"b"']
    assert documents([b'data: {"a":1}\r\n']) == [b'{"a":1}']
    assert documents([b"data: [DONE]"]) == []
    assert documents([]) == []


def test_a_frame_that_ends_in_carriage_returns_is_told_before_anything_comes_after_it() -> None:
    async def main() -> None:
        async def waits() -> AsyncIterator[bytes]:
            yield b'data: {"a":1}\r\r'
            await asyncio.Event().wait()

        found = sse.documents(waits())
        async with asyncio.timeout(5):
            assert bytes(await anext(found)) == b'{"a":1}'

    asyncio.run(main())


def test_a_frame_without_data_is_no_document() -> None:
    assert documents([b'data:\n\nevent: ping\ndata: \r\n\r\ndata: {"a":1}\n\ndata:\n']) == [b'{"a":1}']


def test_a_picture_in_small_chunks_takes_no_time_to_speak_of() -> None:
    """0.3 s of computing, where searching from the start for each chunk takes 8 s."""
    chunks = 128_000
    started = process_time()
    (document,) = documents([b"data: ", *[b"x" * 64] * chunks, b"\n\n"])
    assert len(document) == 64 * chunks
    assert process_time() - started < 3


def test_no_letter_of_a_frame_ends_a_line_for_readers_that_go_by_unicode() -> None:
    """httpx's `iter_lines` splits as `str.splitlines` does."""
    said = {"text": "a\u2028b\u2029c\u0085d\x0b\x0c\x1c\x1d\x1ee \u00e9"}
    text = b"".join(sse.frame("name", [msgspec.json.encode(said)])).decode()
    name, data, end = text.splitlines()
    assert (name, end) == ("event: name", "")
    assert json.loads(data.removeprefix("data: ")) == said
    assert "\u00e9" in data, "all else is as it was"


line = (
    st.binary(max_size=20)
    .map(lambda data: data.replace(b"\n", b"").replace(b"\r", b"").strip() or b"-")
    .filter(lambda data: not re.search(b"\xe2\x80[\xa8\xa9]|\xc2\x85", data))  # which are told otherwise
)


@settings(max_examples=60, deadline=None)
@given(st.lists(line, max_size=5), st.lists(st.integers(0, 200), max_size=5), st.booleans())
def test_what_is_framed_is_read(data: list[bytes], cuts: list[int], beats: bool) -> None:
    stream = b"".join(
        (sse.HEARTBEAT if beats else b"") + b"".join(sse.frame("name", [each[:3], each[3:]])) for each in data
    )
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    chunks = [stream[start:end] for start, end in pairwise(edges)]
    assert documents(chunks) == [each for each in data if each != b"[DONE]"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=6))
def test_any_bytes_are_read_the_same_in_any_chunks(chunks: list[bytes]) -> None:
    assert documents(chunks) == documents([b"".join(chunks)])

"""What goes out on a caller's connection, and in how many pieces."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tintype.core import ModelCard
from tintype.server.connection import Gathering
from tintype.server.http import SMALL

from ..fakes import FakeProvider
from ..serving import fake_gateway, serving


class Recorded(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview[int]) -> None:
        self.writelines([data])

    def writelines(self, pieces: Iterable[bytes | bytearray | memoryview[int]]) -> None:
        assert not self.closed
        self.writes.append(b"".join(pieces))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def test_the_head_goes_out_with_the_answer() -> None:
    async def answer() -> list[bytes]:
        transport = Recorded()
        gathering = Gathering(transport, asyncio.get_running_loop())
        for piece in (b"head", b"answer", b"head", bytes(SMALL), bytes(SMALL)):
            gathering.write(piece)
        return transport.writes

    assert asyncio.run(answer()) == [b"headanswer", b"head" + bytes(SMALL), bytes(SMALL)]


def test_what_is_empty_is_no_piece() -> None:
    """It is written where there is no body, and to see whether the connection is still there."""

    async def answer() -> list[bytes]:
        transport = Recorded()
        gathering = Gathering(transport, asyncio.get_running_loop())
        for piece in (b"", b"head", b"", b"", b"next"):
            gathering.write(piece)
        gathering.close()
        return transport.writes

    assert asyncio.run(answer()) == [b"head", b"next"]


PIECES = st.lists(st.tuples(st.sampled_from([1, 300, SMALL - 1, SMALL, 3 * SMALL]), st.booleans()))


@given(PIECES)
def test_nothing_is_lost_or_changes_its_place(pieces: list[tuple[int, bool]]) -> None:
    """Whatever the sizes, and wherever the event loop has a turn between them."""

    async def send() -> tuple[bytes, Recorded]:
        transport = Recorded()
        gathering = Gathering(transport, asyncio.get_running_loop())
        sent = b""
        for number, (size, turn) in enumerate(pieces):
            piece = bytes([number % 256]) * size
            sent += piece
            gathering.write(piece)
            if turn:
                await asyncio.sleep(0)
                assert b"".join(transport.writes) == sent, "nothing waits for longer than a turn"
        gathering.close()
        return sent, transport

    sent, transport = asyncio.run(send())
    assert b"".join(transport.writes) == sent
    assert transport.closed


def test_a_caller_who_leaves_while_a_piece_is_held_is_nothing_for_the_log() -> None:
    uvloop = pytest.importorskip("uvloop")  # it raises where asyncio does not

    class Left(asyncio.Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            transport.abort()
            Gathering(transport, asyncio.get_running_loop()).write(b"head")

    async def main() -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(context))
        async with await loop.create_server(Left, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            assert await reader.read() == b""
            writer.close()
        return told

    assert uvloop.run(main()) == []


ORDER = b'{"prompt": "a cat"}'


def test_requests_that_are_sent_at_once_are_answered_in_their_order() -> None:
    with serving(fake_gateway(FakeProvider(), ModelCard(id="m", provider="p"))) as url:
        request = b"POST /v1/images/generations HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\n"
        order = request + b"content-length: %d\r\n\r\n%s" % (len(ORDER), ORDER)
        other = b"HEAD /healthz HTTP/1.1\r\nhost: t\r\n\r\nDELETE /nowhere HTTP/1.0\r\n\r\n"
        with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as caller:
            caller.sendall(order + other)
            found = b"".join(iter(lambda: caller.recv(65536), b""))
    assert re.findall(rb"HTTP/1.1 (\d+)", found) == [b"200", b"200", b"404"]


def test_who_asks_whether_to_send_a_body_is_told_to_go_on() -> None:
    with serving(fake_gateway(FakeProvider(), ModelCard(id="m", provider="p"))) as url:
        head = b"POST /v1/images/generations HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\n"
        head += b"connection: close\r\nexpect: 100-continue\r\ncontent-length: %d\r\n\r\n" % len(ORDER)
        with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as caller:
            caller.sendall(head)
            assert caller.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
            caller.sendall(ORDER)
            found = b"".join(iter(lambda: caller.recv(65536), b""))
    assert found.startswith(b"HTTP/1.1 200")
    assert b"b64_json" in found

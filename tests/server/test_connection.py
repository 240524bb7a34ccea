"""What goes out on a caller's connection, and in how many pieces."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from tintype.server.connection import Gathering
from tintype.server.http import SMALL


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


def test_the_head_goes_out_with_the_answer() -> None:
    async def answer() -> list[bytes]:
        transport = Recorded()
        gathering = Gathering(transport, asyncio.get_running_loop())
        for piece in (b"head", b"answer", b"head", bytes(SMALL), bytes(SMALL)):
            gathering.write(piece)
        return transport.writes

    assert asyncio.run(answer()) == [b"headanswer", b"head" + bytes(SMALL), bytes(SMALL)]


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

"""An upstream on the loopback that can be told to go wrong in every way that a connection and an answer can."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import socket
import struct
import threading
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .pictures import picture

BASE64 = b64encode(picture()).decode()


def document(**members: Any) -> bytes:
    return json.dumps(members).encode()


def frame(kind: str, **members: Any) -> bytes:
    """A frame of OpenAI's stream, with a picture in it."""
    data = {"type": f"image_generation.{kind}", "b64_json": BASE64, **members}
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


GOOD = document(created=1, data=[{"b64_json": BASE64}])
PARTIAL = frame("partial_image", partial_image_index=0)
COMPLETED = frame("completed", usage={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3})


class Conversation:
    """One request, and the way back to whoever sent it."""

    def __init__(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.head = head
        self._reader = reader
        self._writer = writer

    async def begin(self, status: int = 200, media_type: str = "application/json", **headers: object) -> None:
        """The head of an answer that ends with the connection, unless `headers` say otherwise."""
        said = {"content-type": media_type, "connection": "close", **headers}
        lines = [
            f"HTTP/1.1 {status} x",
            *(f"{name.replace('_', '-')}: {value}" for name, value in said.items()),
        ]
        await self.send("".join(f"{line}\r\n" for line in [*lines, ""]).encode())

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def left(self) -> None:
        """Say nothing until the caller has hung up."""
        await self._reader.read()

    def reset(self) -> None:
        """End the connection with a RST, as a machine that was switched off does."""
        found: socket.socket = self._writer.get_extra_info("socket")
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


Script = Callable[[Conversation], Awaitable[None]]


def answers(
    body: bytes, status: int = 200, media_type: str = "application/json", **headers: object
) -> Script:
    """A whole answer, of the length that it says, or that `headers` say."""

    async def script(talk: Conversation) -> None:
        await talk.begin(status, media_type, **{"content_length": len(body), **headers})
        await talk.send(body)

    return script


def streams(*frames: bytes) -> Script:
    """An event stream that ends in order after these."""

    async def script(talk: Conversation) -> None:
        await talk.begin(media_type="text/event-stream", transfer_encoding="chunked")
        for each in frames:
            await talk.send(b"%x\r\n%s\r\n" % (len(each), each))
        await talk.send(b"0\r\n\r\n")

    return script


async def hangs(talk: Conversation) -> None:
    await talk.left()


async def hangs_within(talk: Conversation) -> None:
    await talk.begin()
    await talk.send(GOOD[:40])
    await talk.left()


async def hangs_after_a_partial(talk: Conversation) -> None:
    await talk.begin(media_type="text/event-stream")
    await talk.send(PARTIAL)
    await talk.left()


async def drips(talk: Conversation) -> None:
    await talk.begin()
    for start in range(0, len(GOOD), 7):
        await talk.send(GOOD[start : start + 7])
        await asyncio.sleep(0)


async def is_cut_off(talk: Conversation) -> None:
    await talk.begin(transfer_encoding="chunked")
    await talk.send(b"%x\r\n%s" % (len(GOOD), GOOD[:60]))


async def cuts_a_stream_off(talk: Conversation) -> None:
    await talk.begin(media_type="text/event-stream", transfer_encoding="chunked")
    await talk.send(b"%x\r\n%s\r\n" % (len(PARTIAL), PARTIAL))
    await talk.send(b"%x\r\n%s" % (len(COMPLETED), COMPLETED[:60]))


async def resets_at_once(talk: Conversation) -> None:
    talk.reset()


async def resets_after_the_head(talk: Conversation) -> None:
    await talk.begin(content_length=len(GOOD))
    talk.reset()


async def is_no_server_of_this_kind(talk: Conversation) -> None:
    await talk.send(b"SSH-2.0-OpenSSH_9.9\r\n")


async def has_no_end(talk: Conversation) -> None:
    await talk.begin()
    await talk.send(b'{"data":[{"b64_json":"')
    while True:
        await talk.send(b"A" * 65_536)


async def has_a_frame_without_end(talk: Conversation) -> None:
    await talk.begin(media_type="text/event-stream")
    await talk.send(PARTIAL + b'data: {"b64_json":"')
    while True:
        await talk.send(b"A" * 65_536)


def swells(size: int) -> Script:
    """A few kilobytes that unpack into `size` bytes."""
    return answers(gzip.compress(b"\0" * size), content_encoding="gzip")


def echoes(status: int, *, plain: bool = False) -> Script:
    """An error that quotes what was asked, the key with it, wherever services put their words; or as plain text."""

    async def script(talk: Conversation) -> None:
        error = {"message": talk.head, "type": "t", "param": None, "code": None}
        body = talk.head.encode() if plain else document(error=error, message=talk.head, detail=talk.head)
        await answers(body, status)(talk)

    return script


class FaultyUpstream:
    """`script` is what happens to a request; `open` counts the connections, `heads` are the requests so far."""

    def __init__(self) -> None:
        self.script: Script = answers(GOOD)
        self.open = 0
        self.heads: list[str] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            await reader.readexactly(int(length[1]) if length else 0)
            self.heads.append(head)
            await self.script(Conversation(head, reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the caller left, or the test is over
        finally:
            writer.close()
            self.open -= 1


@contextmanager
def faulty_upstream(script: Script | None = None) -> Iterator[FaultyUpstream]:
    """In a thread of its own, beside callers that block."""
    faulty = FaultyUpstream()
    faulty.script = script or faulty.script
    ready, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def main() -> None:
        server = await asyncio.start_server(faulty.serve, "127.0.0.1", 0)
        faulty.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/"
        ready.set()
        await stop.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(main())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(10)
        yield faulty
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        assert not thread.is_alive()

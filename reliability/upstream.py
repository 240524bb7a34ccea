"""A vendor on the loopback who speaks OpenAI's Images API, fails as he is told to, and counts all that he sells.

He lives in the process that tries the server, so that what he counts outlives the server. An order is known by the
word after "order" in its prompt.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import struct
import zlib
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from .waiting import until

ORDER = re.compile(r"order (\w+)")
MODEL = "vendor/painter"
PRICE = 10_000
"""Micro-dollars for a picture."""

HOOK = "/hook"
"""Where he also plays the caller who is told by a webhook."""

BEFORE = ("error", "busy", "shut")
"""How a call fails that has sold nothing: 500, 429, or a connection that ends without a word."""

AFTER = ("late", "silent", "cut")
"""How one fails that has sold: 504, a connection that ends without a word, or in the middle of the picture."""


@dataclass(slots=True, kw_only=True)
class Mood:
    """`seconds` that a picture takes, at least and at most; `before` and `after` are shares of the calls that fail."""

    seconds: tuple[float, float] = (0.02, 0.2)
    before: float = 0.0
    after: float = 0.0


@dataclass(slots=True)
class Call:
    """`answered`: all of the answer was written, whether or not somebody read it."""

    began: float
    fate: str
    sold: int = 0
    answered: bool = False
    ended: float = 0.0


@dataclass
class Upstream:
    """`sold` counts pictures by order, and `calls` are all that were made for one. `most` is how many calls of a group,
    which is the first letter of its orders, were on their way at once. `told` is how jobs ended, by the webhooks that came."""

    mood: Mood = field(default_factory=Mood)
    seed: int = 0
    sold: Counter[str] = field(default_factory=Counter)
    calls: defaultdict[str, list[Call]] = field(default_factory=lambda: defaultdict(list))
    running: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    told: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    port: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    @property
    def idle(self) -> bool:
        return not +self.running

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = re.search(r"content-length: *(\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1]) if length else 0)
                if head.startswith(f"POST {HOOK} "):
                    message = json.loads(body)
                    self.told[message["data"]["id"]].add(message["type"].rpartition(".")[2])
                    writer.write(_whole(200, b"{}", {}))
                    await writer.drain()
                elif not await self._answer(json.loads(body), writer):
                    return
        except (OSError, asyncio.IncompleteReadError):
            pass  # the server was killed, or is done with this connection
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, asked: dict[str, object], writer: asyncio.StreamWriter) -> bool:
        """Whether the connection goes on. Who has begun to draw goes on drawing, though nobody waits any more."""
        found = ORDER.search(str(asked["prompt"]))
        order = found[1] if found else "none"
        call = Call(asyncio.get_running_loop().time(), self._fate())
        self.calls[order].append(call)
        group = order[0]
        self.running[group] += 1
        self.most[group] = max(self.most[group], self.running[group])
        try:
            if call.fate not in BEFORE or self._chance.random() < 0.5:
                await asyncio.sleep(self._chance.uniform(*self.mood.seconds))
            if call.fate not in BEFORE:
                call.sold = int(str(asked.get("n") or 1))
                self.sold[order] += call.sold
        finally:
            self.running[group] -= 1
            call.ended = asyncio.get_running_loop().time()
        goes_on = await self._write(order, call, asked, writer)
        call.answered = call.fate == "well"
        return goes_on

    def _fate(self) -> str:
        luck = self._chance.random()
        if luck < self.mood.before:
            return self._chance.choice(BEFORE)
        return self._chance.choice(AFTER) if luck < self.mood.before + self.mood.after else "well"

    async def _write(
        self, order: str, call: Call, asked: dict[str, object], writer: asyncio.StreamWriter
    ) -> bool:
        fate = call.fate
        if fate in ("shut", "silent"):
            return False
        if fate in ("error", "busy", "late"):
            status = {"error": 500, "busy": 429, "late": 504}[fate]
            error = {"error": {"message": f"No luck today ({fate}).", "type": "error", "code": fate}}
            writer.write(
                _whole(status, json.dumps(error).encode(), {"retry-after": "0.05"} if status == 429 else {})
            )
            await writer.drain()
            return True
        last = self.sold[order]
        pictures = [picture(order, index) for index in range(last - call.sold, last)]
        answer = _stream(pictures, asked) if asked.get("stream") else _document(pictures)
        writer.write(answer[: len(answer) // 2] if fate == "cut" else answer)
        await writer.drain()
        return fate != "cut"

    async def quiet(self, patience: float = 60.0) -> None:
        """Wait until nothing is being drawn."""

        async def is_idle() -> bool:
            return self.idle

        if not await until(is_idle, patience, 0.01):
            raise TimeoutError("the upstream draws and draws")


def _whole(status: int, body: bytes, more: dict[str, str]) -> bytes:
    headers = {"content-type": "application/json", "content-length": str(len(body)), **more}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} x\r\n{head}\r\n".encode() + body


def _document(pictures: list[bytes]) -> bytes:
    data = [{"b64_json": b64encode(each).decode()} for each in pictures]
    return _whole(200, json.dumps({"created": 1_764_000_000, "data": data}).encode(), {})


def _stream(pictures: list[bytes], asked: dict[str, object]) -> bytes:
    frames = b""
    for each in pictures:
        told = {"b64_json": b64encode(each).decode(), "created_at": 1_764_000_000, "output_format": "png"}
        for index in range(int(str(asked.get("partial_images") or 0))):
            frames += _frame("partial_image", {**told, "partial_image_index": index})
        frames += _frame("completed", told)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(frames), frames)


def _frame(kind: str, told: dict[str, object]) -> bytes:
    kind = f"image_generation.{kind}"
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **told})}\n\n".encode()


def picture(order: str, index: int = 0) -> bytes:
    """A PNG that only this order has, of 1 KB; of every fifth order 700 KB."""
    chance = random.Random(f"{order} {index}")
    noise, rest = chance.randbytes(64 * 16), chance.randbytes(700_000 if order[-1] in "05" else 0)
    rows = b"".join(b"\0" + noise[row * 16 : row * 16 + 16] * 4 for row in range(64))
    head = struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0)
    parts = (
        (b"IHDR", head),
        (b"tEXt", f"order\0{order}".encode()),
        (b"noIs", rest),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@asynccontextmanager
async def upstream(mood: Mood, seed: int = 0) -> AsyncIterator[Upstream]:
    vendor = Upstream(mood, seed)
    server = await asyncio.start_server(vendor.serve, "127.0.0.1", 0, backlog=1024)
    vendor.port = server.sockets[0].getsockname()[1]
    try:
        yield vendor
    finally:
        server.close()
        for writer in list(vendor._writers):
            with suppress(OSError):
                writer.close()
        await asyncio.sleep(0)

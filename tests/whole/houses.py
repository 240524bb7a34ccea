"""A house with one model, whose books are in memory or in a database; and what a caller does with its jobs."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openai

from tintype.core import Events, Grid, ImageRequest, ModelCard, Prices, Sizes
from tintype.gateway.gateway import Gateway
from tintype.gateway.offers import Offer, Offers
from tintype.gateway.settings import Settings
from tintype.server.opening import Rooms, open_rooms

from ..fakes import FakeProvider
from ..serving import serving

GENERATIONS = "/v1/images/generations"
JOBS = "/v1/images/jobs"
CARD = ModelCard(
    id="m",
    provider="p",
    max_n=10,
    sizes=Sizes(grid=Grid()),
    formats=("png", "jpeg", "webp"),
    partial_images=3,
    max_input_images=4,
    accepts=frozenset({"partial_images", "seed"}),
    prices=Prices(image=10_000),
)
ORDER = {"model": "m", "prompt": "a cat", "size": "64x64"}


@dataclass
class Held(FakeProvider):
    """Draws nothing before `go` is set."""

    go: threading.Event = field(default_factory=threading.Event)

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        async with aclosing(super().generate(request, card)) as events:
            async for event in events:
                while not self.go.is_set():  # noqa: ASYNC110 -- it is set in another thread
                    await asyncio.sleep(0.002)
                yield event


@dataclass(frozen=True)
class House:
    """One that is served, at `url`."""

    url: str
    gateway: Gateway
    rooms: Rooms

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        return call(self.url, method, path, body, **headers)

    def order(self, body: object = None, **headers: str) -> Reply:
        return self.call("POST", GENERATIONS, body or ORDER, **headers)

    def job(self, id: str, **headers: str) -> dict[str, Any]:
        reply = self.call("GET", f"{JOBS}/{id}", **headers)
        assert reply.status == 200, reply.body
        found: dict[str, Any] = reply.json()
        return found

    def ended(self, id: str, **headers: str) -> dict[str, Any]:
        """A job once it has ended."""
        until(lambda: self.job(id, **headers)["status"] not in ("queued", "running"))
        return self.job(id, **headers)

    def idle(self) -> None:
        until(lambda: not self.gateway.jobs.running)

    def client(self, key: str = "any", **more: Any) -> openai.OpenAI:
        more = {"max_retries": 0, "timeout": 20.0, **more}
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key=key, **more)


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json()["error"]
        assert set(found) == {"message", "type", "param", "code"}
        assert found["message"]
        return found

    @property
    def job(self) -> str:
        return self.headers["x-tintype-job"]


def call(url: str, method: str, path: str, body: object = None, **headers: str) -> Reply:
    with calling(url, method, path, body, **headers) as response:
        told = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, told, response.read())


@contextmanager
def calling(url: str, method: str, path: str, body: object = None, **headers: str) -> Iterator[HTTPResponse]:
    """The answer before it has been read."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=20)
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    connection.request(method, path, data, {name.replace("_", "-"): value for name, value in headers.items()})
    try:
        yield connection.getresponse()
    finally:
        connection.close()


@contextmanager
def house(
    provider: FakeProvider,
    folder: Path | None = None,
    *,
    card: ModelCard = CARD,
    gate: Any = None,
    prepare: Callable[[Rooms], Coroutine[Any, Any, None]] | None = None,
    **settings: Any,
) -> Iterator[House]:
    """With a `folder`, its books are a database there, and its pictures lie there; else all is in memory. `prepare`
    makes the keys that there are."""
    more: dict[str, Any] = {"database": "off", "storage": "memory://"} if folder is None else {"data": folder}
    told = replace(Settings(secret="a secret of 32 letters, or of more"), **{"grace": 2, **more, **settings})
    rooms = open_rooms(told, {})
    if prepare is not None:
        asyncio.run(prepare(rooms))
    offer = Offer(card, provider) if gate is None else Offer(card, provider, gate=gate)
    gateway = replace(rooms.gateway, offers=Offers([offer], default=card.id))
    rooms = replace(rooms, gateway=gateway)
    with serving(gateway, told, rooms=rooms) as url:
        yield House(url, gateway, rooms)


def until(holds: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.005)


def hang_up(
    url: str, body: dict[str, Any], *, once: Callable[[], object], path: str = GENERATIONS, **headers: str
) -> None:
    """Order something, and close the socket without a word as soon as `once` holds."""
    parts, data = urlsplit(url), json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: t\r\ncontent-length: {len(data)}\r\n"
    head += "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(head.encode() + b"\r\n" + data)
        until(once)


def frames(body: bytes) -> list[tuple[str, str, Any]]:
    """(id, event, data) of each frame; a comment is ("", ":", its words)."""
    found = []
    for part in body.decode().split("\n\n"):
        id, event, data = "", "", None
        for line in part.split("\n"):
            name, _, value = line.partition(":")
            if not line:
                continue
            if not name:
                event, data = ":", value
            elif name == "id":
                id = value.strip()
            elif name == "event":
                event = value.strip()
            elif name == "data":
                data = json.loads(value)
        if event:
            found.append((id, event, data))
    return found

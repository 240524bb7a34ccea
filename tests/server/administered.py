"""A server with an admin API on a database of its own, and somebody who asks it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from tintype.catalog import load
from tintype.dialects import all_dialects
from tintype.gateway.office import Office
from tintype.gateway.settings import Settings
from tintype.server import opening
from tintype.server.app import App
from tintype.server.door import Door

from ..fakes import FakeProvider
from ..serving import fake_gateway, serving_app

T = TypeVar("T")


class Told(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def error(self) -> dict[str, Any]:
        error = self.document["error"]
        assert set(error) == {"message", "type", "param", "code"}
        return dict(error)


class House(NamedTuple):
    url: str
    office: Office
    folder: Path

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Told:
        """`headers` as `content_type="…"`; `key` is the key."""
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key := sent.pop("key", ""):
            sent["authorization"] = f"Bearer {key}"
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection.request(method, path, data, sent)
        response = connection.getresponse()
        read = {name.lower(): value for name, value in response.getheaders()}
        told = Told(response.status, read, response.read())
        connection.close()
        return told

    def get(self, path: str, key: str = "") -> dict[str, Any]:
        told = self.ask("GET", path, key=key)
        assert told.status == 200, told.body
        return told.document

    def post(self, path: str, body: Any, key: str = "") -> dict[str, Any]:
        told = self.ask("POST", path, body, key=key)
        assert told.status in (200, 201), told.body
        return told.document


def do(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    return asyncio.run(work())


@contextmanager
def administered(folder: Path) -> Iterator[House]:
    office = Office.open(Settings(data=folder))
    card = next(card for service in load() for card in service.cards if card.id == "gpt-image-2")
    gateway = fake_gateway(FakeProvider(), card)
    opened = opening.Rooms(gateway=gateway, door=Door(office.keys), office=office)
    app = App(gateway, all_dialects(), Settings(data=folder), rooms=opened)
    try:
        with serving_app(app) as url:
            yield House(url, office, folder)
    finally:
        asyncio.run(office.close())

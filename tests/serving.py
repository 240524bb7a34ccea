"""A real server on a real socket, for as long as a test needs it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import uvicorn

from tintype.core import Dialect, ModelCard
from tintype.dialects import all_dialects
from tintype.gateway.gateway import Gateway
from tintype.gateway.offers import Offer, Offers
from tintype.gateway.settings import Settings
from tintype.polyfills import all_polyfills
from tintype.server.app import App
from tintype.server.connection import Protocol
from tintype.server.door import Door
from tintype.server.opening import Rooms
from tintype.server.watch import Watch

from .fakes import FakeProvider


@contextmanager
def serving(
    gateway: Gateway,
    settings: Settings | None = None,
    dialects: Sequence[Dialect] | None = None,
    *,
    rooms: Rooms | None = None,
    watch: Watch | None = None,
) -> Iterator[str]:
    """The server's address, without a path."""
    if rooms is None:
        rooms = Rooms(gateway=gateway, door=Door(), watch=watch or Watch())
    with serving_app(App(gateway, dialects or all_dialects(), settings or Settings(), rooms=rooms)) as url:
        yield url


@contextmanager
def serving_app(app: App) -> Iterator[str]:
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        http=Protocol,
        ws="none",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the server did not start")
            time.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive(), "the server did not stop"


@contextmanager
def picture_host(files: Mapping[str, bytes]) -> Iterator[tuple[str, list[str]]]:
    """Somebody else's server, with these files; its address, and the paths that it has been asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = files.get(self.path.partition("?")[0])
            self.send_response(404 if body is None else 200)
            self.send_header("content-length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join(10)


def fake_gateway(provider: FakeProvider, card: ModelCard, *, twin: bool = False) -> Gateway:
    """A gateway with one model."""
    return Gateway(
        offers=Offers([Offer(card, provider, twin=twin)], default=card.id),
        polyfills=all_polyfills(),
    )

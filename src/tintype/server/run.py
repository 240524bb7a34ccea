"""Start the server: the banner that says what answers, then uvicorn."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import replace

import uvicorn

from ..core import Preparing
from ..dialects import all_dialects
from ..gateway.gateway import Gateway
from ..gateway.settings import Settings
from .app import App
from .connection import Protocol
from .log import log_to_stderr
from .opening import open_rooms

GRACE_TO_ANSWER = 3
"""Seconds that connections have after the last job, to be told how it ended."""

FILES = 65_536
"""Files and connections that a server asks the system for."""


def serve(settings: Settings, environ: dict[str, str]) -> None:
    """Blocks until SIGTERM, SIGINT or SIGHUP; running jobs then have `settings.grace` seconds to finish."""
    log_to_stderr()
    _have_files()
    rooms = open_rooms(settings, environ)
    app = App(rooms.gateway, all_dialects(), settings, rooms=rooms)
    # What is here now stays, and need not be looked through again. Hardly anything that a request makes is
    # part of a cycle, and the default looks for one at every fourth request.
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_level="warning",
        log_config=None,  # as `log_to_stderr` says
        timeout_graceful_shutdown=int(settings.grace) + GRACE_TO_ANSWER,
        server_header=False,
        http=Protocol,
        ws="none",  # nobody speaks it here, whatever else is installed
        proxy_headers=False,  # `base_url_of` reads them
    )
    server = Server(config, app)
    sockets = None
    if not settings.port:  # any that is free: which one, the banner tells
        sockets = [config.bind_socket()]
        sockets[0].listen()  # who has read the banner may call at once
        settings = replace(settings, port=sockets[0].getsockname()[1])
    print(banner(rooms.gateway, settings, locked=rooms.locked), flush=True)
    _stop_at_hangup(server)
    with suppress(KeyboardInterrupt):
        server.run(sockets)
    if not server.started:
        sys.exit(3)  # as uvicorn itself does


def _have_files() -> None:
    """As many as the system lets us have. Each caller who waits holds a connection, and an upstream's beside it, and the
    1024 that a process usually begins with would soon be gone."""
    with suppress(ImportError, OSError, ValueError):  # there is no such thing on Windows
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        enough = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
        if soft not in (resource.RLIM_INFINITY, enough) and soft < enough:
            resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))


def _stop_at_hangup(server: uvicorn.Server) -> None:
    """As at SIGTERM, when the terminal is closed: what has been bought is finished. Under nohup it is ignored still."""
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) == signal.SIG_DFL:
        signal.signal(hangup, server.handle_exit)


class Server(uvicorn.Server):
    """Drains the jobs while connections are waited for, and not after: so that whoever waits for a job that is cut
    short is still told."""

    def __init__(self, config: uvicorn.Config, app: App) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        draining = asyncio.create_task(self._app.drain())
        await super().shutdown(sockets)
        await draining


def banner(gateway: Gateway, settings: Settings, *, locked: bool = False) -> str:
    """The address, what answers there, and a line to paste."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
    real = sorted(
        {offer.provider.name for offer in gateway.offers if not offer.twin and not offer.provider.local}
    )
    twins = sum(offer.twin for offer in gateway.offers)
    answering = []
    if real:
        answering.append(f"{', '.join(real)} (real, and paid)")
    if here := sorted(offer.card.id for offer in gateway.offers if isinstance(offer.provider, Preparing)):
        answering.append(f"{', '.join(here)} (drawn on this machine)")
    if twins:
        cost = "charged as the models themselves" if settings.charge_twins else "no cost"
        answering.append(
            f"offline twins of {twins} models: drawn by the illustrator, no key, no network, {cost}"
        )
    key = "a key of `tintype keys create`" if locked else "any key"
    header = ' -H "Authorization: Bearer $KEY"' if locked else ""
    return f"""
  Tintype   {url}

  Answering:  {(chr(10) + " " * 14).join(answering or ["the illustrator"])}
  Try:        curl {url}/v1/images/generations{header} -H "Accept: image/png" -o panda.png \\
                -d '{{"prompt": "A panda eating bamboo"}}'
  SDKs:       base_url="{url}/v1", {key}
  Stop:       Ctrl-C
"""

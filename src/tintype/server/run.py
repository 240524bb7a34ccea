"""Start the server: the banner that says what answers, then uvicorn."""

from __future__ import annotations

import gc

import uvicorn

from ..core import Preparing
from ..dialects import all_dialects
from ..gateway.gateway import Gateway
from ..gateway.settings import Settings
from .app import App
from .log import log_to_stderr
from .opening import open_rooms


def serve(settings: Settings, environ: dict[str, str]) -> None:
    """Blocks until SIGTERM or SIGINT; running jobs then have `settings.grace` seconds to finish."""
    log_to_stderr()
    rooms = open_rooms(settings, environ)
    app = App(rooms.gateway, all_dialects(), settings, rooms=rooms)
    print(banner(rooms.gateway, settings), flush=True)
    # What is here now stays, and need not be looked through again. Hardly anything that a request makes is
    # part of a cycle, and the default looks for one at every fourth request.
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_level="warning",
        log_config=None,  # as `log_to_stderr` says
        timeout_graceful_shutdown=int(settings.grace) + 1,
        server_header=False,
        proxy_headers=False,  # `base_url_of` reads them
    )


def banner(gateway: Gateway, settings: Settings) -> str:
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
        answering.append(
            f"offline twins of {twins} models: drawn by the illustrator, no key, no network, no cost"
        )
    return f"""
  Tintype   {url}

  Answering:  {(chr(10) + " " * 14).join(answering or ["the illustrator"])}
  Try:        curl {url}/v1/images/generations -H "Accept: image/png" -o panda.png \\
                -d '{{"prompt": "A panda eating bamboo"}}'
  SDKs:       base_url="{url}/v1", any key
  Stop:       Ctrl-C
"""

"""`tintype serve`: the server, until it is stopped."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Annotated

from ..core.errors import BadRequest
from .answering import load_settings
from .options import Option

DIFFUSION = "TINTYPE_DIFFUSION"


def serve(
    host: Annotated[
        str | None,
        Option(metavar="HOST", help="Address to listen on. Default: 127.0.0.1, or $HOST."),
    ] = None,
    port: Annotated[
        int | None, Option(metavar="PORT", help="Port to listen on. Default: 8080, or $PORT.")
    ] = None,
    data: Annotated[
        Path | None, Option(metavar="FOLDER", help="Folder for what is kept. Default: data, or $DATA.")
    ] = None,
    config: Annotated[
        Path | None,
        Option(metavar="FILE", help="Settings. Default: tintype.toml where it lies in this folder."),
    ] = None,
    diffusion: Annotated[
        list[str] | None,
        Option(
            metavar="MODEL",
            help="Serve a diffusion model too: a folder, a file or a hub id; NAME=MODEL says what it is called. "
            "May be said several times.",
        ),
    ] = None,
) -> int:
    """Serve the API. Without any key, offline twins of the models answer, free of charge."""
    settings = load_settings(os.environ, config=config, host=host, port=port, data=data)
    environ = with_diffusion(dict(os.environ), diffusion or [])
    check_port(settings.host, settings.port)
    if sys.stderr.isatty() and (settings.engine or DIFFUSION in environ):
        from .telling import note

        note("looking at the models that are drawn on this machine: some seconds")
    from ..server import run

    run.serve(settings, environ)
    return 0


def with_diffusion(environ: dict[str, str], models: list[str]) -> dict[str, str]:
    """The environment, with these models after those that it names already."""
    for model in models:
        if "," in model:
            raise BadRequest(
                f"{model!r} has a comma in it: give such a model its own table in tintype.toml.",
                param="diffusion",
            )
    named = [*filter(None, [environ.get(DIFFUSION, "").strip()]), *models]
    return {**environ, DIFFUSION: ",".join(named)} if named else environ


def check_port(host: str, port: int) -> None:
    """Raises BadRequest where the server could not listen: a sentence instead of a log."""
    if port > 65535:
        raise BadRequest(f"{port} is no port: the highest is 65535.", param="port")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise BadRequest(f"cannot listen on {host}:{port}: {error}.", param="host") from None
    with socket.socket(family, kind) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(address)
        except OSError as error:
            raise BadRequest(
                f"cannot listen on {host}:{port}: {error.strerror}. Choose another with --port or PORT=.",
                param="port",
            ) from None

"""Who draws: the models of this process, or a server that OPENAI_BASE_URL names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ..core.errors import BadRequest
from ..gateway.settings import Settings

if TYPE_CHECKING:
    from ..gateway.gateway import Gateway, Order
    from .quotes import Quoted

BASE_URL, KEY = "OPENAI_BASE_URL", "OPENAI_API_KEY"


def server_of(environ: Mapping[str, str], *, local: bool, said_by: str = BASE_URL) -> str | None:
    """The server to ask, or None to draw here. Raises BadRequest for what is not an address."""
    url = environ.get(BASE_URL, "").strip()
    if local or not url:
        return None
    if not url.startswith(("http://", "https://")):
        raise BadRequest(f"{said_by} is {url!r}, which is not an address such as http://127.0.0.1:8080/v1.")
    return url


class Answerer(NamedTuple):
    """`learn` adds to an order what a server has told of it by the time that its pictures come, `quote` what it says
    before: with what that would cost, where it says so."""

    gateway: Gateway
    learn: Callable[[Order], Order]
    quote: Callable[[Order], tuple[Order, Quoted | None]] = lambda order: (order, None)


def open_answerer(
    settings: Settings, environ: Mapping[str, str], model: str, *, local: bool, strict: bool
) -> Answerer:
    """Who answers `model`. Raises BadRequest for settings that cannot be."""
    server = server_of(environ, local=local)
    from ..gateway.assemble import open_gateway, polyfills

    try:
        if server is not None:
            from .quotes import quote
            from .remote import at_server, learn

            gateway = at_server(
                server,
                environ.get(KEY),
                model or settings.default_model,
                tuple(polyfills(settings)),
                strict=strict,
            )
            return Answerer(gateway, learn, quote)
        return Answerer(open_gateway(settings, environ), lambda order: order)
    except ValueError as error:
        raise BadRequest(str(error)) from None


def load_settings(environ: Mapping[str, str], **chosen: object) -> Settings:
    """The settings, with what the command line says on top. Raises BadRequest."""
    path = chosen.pop("config", None)
    try:
        settings = Settings.load(environ, path)  # type: ignore[arg-type]
        for name, value in chosen.items():
            if value is not None:
                settings = settings.with_(name, value, where=f"--{name}")
    except ValueError as error:
        raise BadRequest(str(error)) from None
    return settings

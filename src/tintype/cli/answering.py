"""Who draws: the models of this process, or a server that OPENAI_BASE_URL names."""

from __future__ import annotations

from collections.abc import Mapping

from ..core import Delivery, ModelCard, Prices, TokenFormula
from ..core.errors import BadRequest
from ..core.request import FORMATS, HINTS, MAX_IMAGES
from ..gateway.gateway import Gateway
from ..gateway.settings import Settings

BASE_URL, KEY = "OPENAI_BASE_URL", "OPENAI_API_KEY"
QUALITIES = ("low", "medium", "high", "xhigh", "max", "standard", "hd")
DELIVERS: Delivery = "b64_json"


def server_of(environ: Mapping[str, str], *, local: bool) -> str | None:
    """The server to ask, or None to draw here. Raises BadRequest for what is not an address."""
    url = environ.get(BASE_URL, "").strip()
    if local or not url:
        return None
    if not url.startswith(("http://", "https://")):
        raise BadRequest(f"{BASE_URL} is {url!r}, which is not an address such as http://127.0.0.1:8080/v1.")
    return url


def open_answerer(settings: Settings, environ: Mapping[str, str], model: str, *, local: bool) -> Gateway:
    """A gateway that answers `model`. Raises BadRequest for settings that cannot be."""
    server = server_of(environ, local=local)
    try:
        if server is not None:
            return _at_server(server, environ.get(KEY), model or settings.default_model)
        from ..gateway.assemble import open_gateway

        return open_gateway(settings, environ)
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


def _at_server(url: str, key: str | None, model: str) -> Gateway:
    from ..gateway.offers import Offer, Offers
    from ..polyfills import all_polyfills
    from ..providers.openai import OpenAI

    provider = OpenAI.open({"base_url": url.rstrip("/") + "/"}, key)
    offers = Offers([Offer(permissive_card(model, url), provider)], default=model)
    return Gateway(offers=offers, polyfills=all_polyfills())


def permissive_card(model: str, url: str) -> ModelCard:
    """A card that allows everything, so that it is the server that says no. What a model costs is
    known where the server is the very service that the catalog describes."""
    from ..catalog import load

    tokens: TokenFormula | None = None
    prices = Prices()
    for service in load():
        if service.settings.get("base_url", "").rstrip("/") == url.rstrip("/"):
            for card in service.cards:
                if model in (card.id, *card.aliases):
                    tokens, prices = card.tokens, card.prices
    return ModelCard(
        id=model,
        upstream_id=model,
        provider=url,
        prompt_limit=1_000_000,
        max_n=10,
        qualities=QUALITIES,
        formats=FORMATS,
        output_compression=True,
        backgrounds=("transparent", "opaque"),
        partial_images=3,
        max_input_images=MAX_IMAGES,
        mask=True,
        fidelities=("low", "high"),
        accepts=frozenset(HINTS),
        delivers=DELIVERS,
        tokens=tokens,
        prices=prices,
    )

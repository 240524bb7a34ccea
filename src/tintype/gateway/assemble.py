"""Put the house together: catalog, providers, twins and polyfills become a gateway.

A service whose key is in the environment is called for real; every other model is answered
by its twin, which the illustrator draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Protocol

from ..catalog import Service, load
from ..core import Provider
from ..polyfills import all_polyfills
from .gateway import Gateway
from .offers import Offer, Offers
from .settings import Settings


class Adapter(Protocol):
    """The class that a catalog file names: how one kind of provider is opened."""

    def open(self, settings: Mapping[str, Any], key: str | None) -> Provider: ...


def open_gateway(settings: Settings, environ: Mapping[str, str]) -> Gateway:
    """Raises ValueError for a catalog or a configuration that cannot be."""
    return Gateway(
        offers=Offers(
            offers(load(), environ),
            default=settings.default_model,
            stand_ins=settings.stand_in,
            deployments=settings.deployment,
        ),
        polyfills=all_polyfills(),
    )


def offers(services: tuple[Service, ...], environ: Mapping[str, str]) -> Iterator[Offer]:
    """One for every card. A service that names no key needs none."""
    artist = next(_open(service, None) for service in services if "key" not in service.settings)
    for service in services:
        variable = service.settings.get("key")
        key = environ.get(variable) if variable else None
        twin = variable is not None and not key
        provider = artist if variable is None or twin else _open(service, key)
        for card in service.cards:
            yield Offer(card, provider, twin=twin)


def _open(service: Service, key: str | None) -> Provider:
    module, _, name = service.settings["adapter"].partition(":")
    adapter: Adapter = getattr(import_module(module), name)
    return adapter.open(service.settings, key)

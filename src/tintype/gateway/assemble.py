"""Put the house together: catalog, providers, twins and polyfills become a gateway.

A service whose key is in the environment is called for real; every other model is answered
by its twin, which the illustrator draws.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

from ..catalog import Service, load
from ..core import Provider
from ..polyfills import all_polyfills
from .gateway import Gateway
from .offers import Offer, Offers
from .settings import Settings

_log = logging.getLogger(__name__)


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
    """One for every card. A service that names no key needs none.

    A service whose provider is not in this version is answered by twins. That is said aloud where its key is
    set, since whoever set it counts on real pictures.
    """
    artist = next(_open(service, None) for service in services if "key" not in service.settings)
    for service in services:
        variable = service.settings.get("key")
        key = environ.get(variable) if variable else None
        if key and not is_callable(service):
            _log.warning(
                "%s is set, but this version of Tintype cannot call %s yet: its models are answered by their twins",
                variable,
                service.name,
            )
            key = None
        twin = variable is not None and not key
        provider = artist if variable is None or twin else _open(service, key)
        for card in service.cards:
            yield Offer(card, provider, twin=twin)


def is_callable(service: Service) -> bool:
    """Whether this version has the provider that the service's catalog file names."""
    return find_spec(service.settings["adapter"].partition(":")[0]) is not None


def _open(service: Service, key: str | None) -> Provider:
    module, _, name = service.settings["adapter"].partition(":")
    adapter: Adapter = getattr(import_module(module), name)
    return adapter.open(service.settings, key)

"""Put the house together: catalog, providers, twins and polyfills become a gateway.

A service whose key is in the environment is called for real; every other model is answered
by its twin, which the illustrator draws.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec

from ..catalog import Service, configure, load
from ..core import Access, Adapter, EngineAdapter, Polyfill, Provider
from ..polyfills import all_polyfills
from ..polyfills.fetch import Fetch
from ..storage import Store, Tell, read_secret
from ..transport.untrusted import Fetcher
from .attempts import Attempts
from .books import Books, Memory
from .gates import Gate
from .gateway import Gateway
from .offers import Offer, Offers
from .pricing import Markup
from .purchase import Teller
from .route import Route, read_routes
from .settings import Settings
from .terms import Terms

_log = logging.getLogger(__name__)


def open_gateway(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    store: Store | None = None,
    books: Books | None = None,
    attempts: Attempts | None = None,
    teller: Teller | None = None,
) -> Gateway:
    """Raises ValueError for a catalog or a configuration that cannot be. Without a `store` and `books`, all is kept in memory."""
    services = stocked(signing(configured(settings), settings, environ), environ)
    markup = Markup.of(settings.markup)
    markup.check({service.name for service in services}, _models(services))
    return Gateway(
        offers=Offers(
            offers(services, environ),
            default=settings.default_model,
            stand_ins=settings.stand_in,
            deployments=settings.deployment,
            routes=routes(settings, services),
        ),
        polyfills=tuple(polyfills(settings)),
        attempts=attempts or Attempts(),
        store=store or Store.in_memory(),
        books=books or Memory(),
        teller=teller,
        terms=Terms(
            markup=markup,
            charge_twins=settings.charge_twins,
            allow_unknown_price=settings.allow_unknown_price,
            prompts=settings.history_days > 0,
        ),
        keep_seconds=settings.result_lifetime,
        gallery_seconds=settings.gallery_days * 86_400.0,
        picture_lifetime=settings.picture_lifetime,
        fetcher=Fetcher(allow=settings.fetch_allow),
        seconds=settings.deadline,
    )


def open_store(settings: Settings, tell: Tell | None = None) -> Store:
    """Where this server's pictures lie; what it does there is told. Raises ValueError for a store that cannot be, or a secret that cannot be kept."""
    return Store.open(
        settings.storage,
        folder=settings.data / "pictures",
        secret=read_secret(settings.secret, settings.data),
        tell=tell,
    )


def configured(settings: Settings) -> tuple[Service, ...]:
    """The services of the catalog as the operator wants them. Raises ValueError, also for what a table says of a service
    that is off: its key may be what is misspelt."""
    services = configure(load(), settings.provider, settings.engine)
    for service in services:
        if service.name in (*settings.provider, *settings.engine) and is_callable(service):
            _check_options(service, adapter_of(service), service.settings.get("options", {}))
    return services


def signing(
    services: tuple[Service, ...], settings: Settings, environ: Mapping[str, str]
) -> Iterator[Service]:
    """What draws here, and can sign what it has drawn, is told how."""
    for service in services:
        draws_here = not service.needs or (service.is_engine and not missing(service, environ))
        if draws_here and is_callable(service):
            able = [name for name in adapter_of(service).options if hasattr(settings, name)]
            told = {name: getattr(settings, name) for name in able if getattr(settings, name)}
            options = {**told, **service.settings.get("options", {})}
            service = service._replace(settings={**service.settings, "options": options})
        yield service


def stocked(services: Iterable[Service], environ: Mapping[str, str]) -> tuple[Service, ...]:
    """With the cards of the models that the operator has given to the engines. Raises ValueError for a model that cannot
    be read, and for one that is called like another service's: that one could no longer be asked for."""
    found = list(services)
    names = {
        name: service.name for service in found for card in service.cards for name in (card.id, *card.aliases)
    }
    for position, service in enumerate(found):
        if not service.is_engine or missing(service, environ):
            continue
        adapter = adapter_of(service)
        assert isinstance(adapter, EngineAdapter)
        cards = tuple(adapter.cards(read_access(service, environ)))
        for card in cards:
            if card.of and card.of not in names:
                raise ValueError(f"[engine.{service.name}]: {card.id!r}: `of`: there is no model {card.of!r}")
            for name in (card.id, *card.aliases):
                if (other := names.setdefault(name, service.name)) != service.name:
                    raise ValueError(
                        f"[engine.{service.name}]: {other} has a model {name!r} already: choose another name, such as "
                        f'local/{name}, and say `of = "{name}"` if it is the same model'
                    )
        found[position] = service._replace(cards=cards)
    return tuple(found)


def routes(settings: Settings, services: tuple[Service, ...]) -> dict[str, Route]:
    """Raises ValueError for an offer that no service of the catalog, or of the operator, has."""
    found = read_routes(settings.route)
    names = {name for service in services for card in service.cards for name in (card.id, *card.aliases)}
    for name, route in found.items():
        for offer in route.offers:
            if offer not in names:
                raise ValueError(f'[route."{name}"]: `offers`: there is no offer {offer!r}')
        if not route.offers and name not in names:
            raise ValueError(
                f'[route."{name}"]: there is no such model, and `offers` names none to answer for it'
            )
    return found


def _models(services: Iterable[Service]) -> set[str]:
    """By their vendors' own names, whoever sells them."""
    return {card.of or card.id for service in services for card in service.cards}


def polyfills(settings: Settings) -> Iterator[Polyfill]:
    """All of them, but that pictures are fetched as the operator says."""
    for each in all_polyfills():
        if not isinstance(each, Fetch):
            yield each
        elif settings.fetch:
            yield Fetch(allow=settings.fetch_allow)


def offers(services: tuple[Service, ...], environ: Mapping[str, str]) -> Iterator[Offer]:
    """One for every card that can be called, and a twin for every model that cannot.

    A twin is of a model, and not of an offer: what another service sells of a vendor's model is there when
    that service can be called, and not otherwise. Nor is there one of what the operator's own server would draw:
    a service that needs an address is nowhere until it is told one. A service whose provider is not in this version is answered
    by twins; that is said aloud where its key is set, since whoever set it counts on real pictures.
    """
    artist = next(open_provider(service, environ) for service in services if not service.needs)
    for service in services:
        there = not missing(service, environ)
        if there and not is_callable(service):
            _log.warning(
                "%s is set, but this version of Tintype cannot call %s yet: its models are answered by their twins",
                service.settings.get("key_env"),
                service.name,
            )
            there = False
        provider = artist if not service.needs else open_provider(service, environ) if there else None
        gate = Gate(service.settings.get("at_once"), service.settings.get("per_minute"))
        for card in service.cards:
            if provider is not None:
                yield Offer(card, provider, gate=gate)
            elif not card.of and has_twins(service):
                yield Offer(card, artist, twin=True)


def has_twins(service: Service) -> bool:
    """Whether models of this service are drawn by twins while it cannot be called itself."""
    return "base_url" not in service.needs and any(not card.of for card in service.cards)


def missing(service: Service, environ: Mapping[str, str]) -> list[str]:
    """What must be set before this service can be called, as it is written: "ACME_API_KEY", "base_url"."""
    access = read_access(service, environ)
    known = {**access.options, "key": access.key, "base_url": access.base_url}
    absent = []
    for need in service.needs:
        ways = [way.split("+") for way in need.split("|")]
        if not any(all(known.get(each) for each in way) for way in ways):
            absent.append(
                " or ".join(" with ".join(_variables(service, each) for each in way) for way in ways)
            )
    return absent


def _variables(service: Service, need: str) -> str:
    said = service.settings.get("key_env") if need == "key" else _environment(service).get(need)
    return " or ".join(said.split()) if said else need


def read_access(service: Service, environ: Mapping[str, str]) -> Access:
    """How the service is reached: the operator's word first, then the environment's, then the catalog's."""
    settings = service.settings
    told = {name: _first(variables, environ) for name, variables in _environment(service).items()}
    options = {**settings.get("options", {}), **{name: value for name, value in told.items() if value}}
    named = {name: settings[name] for name in ("timeout", "connect_timeout", "headers") if name in settings}
    return Access(
        name=service.name,
        key=settings.get("key") or _first(settings.get("key_env", ""), environ),
        base_url=options.pop("base_url", "") or settings.get("base_url", ""),
        options=options,
        **named,
    )


def _environment(service: Service) -> Mapping[str, str]:
    found: Mapping[str, str] = service.settings.get("environment", {})
    return found


def _first(variables: str, environ: Mapping[str, str]) -> str | None:
    """The value of the first of these variables that is set."""
    return next((environ[name].strip() for name in variables.split() if environ.get(name, "").strip()), None)


def is_callable(service: Service) -> bool:
    """Whether this version has the provider that the service's catalog file names."""
    return find_spec(service.settings["adapter"].partition(":")[0]) is not None


def adapter_of(service: Service) -> Adapter:
    """The class that its catalog file names."""
    module, _, name = service.settings["adapter"].partition(":")
    adapter: Adapter = getattr(import_module(module), name)
    return adapter


def open_provider(service: Service, environ: Mapping[str, str]) -> Provider:
    """Raises ValueError for an option that it has not, and for what the adapter cannot be opened with."""
    adapter = adapter_of(service)
    access = read_access(service, environ)
    _check_options(service, adapter, access.options)
    return adapter.open(access)


def _check_options(service: Service, adapter: Adapter, options: Iterable[str]) -> None:
    for option in options:
        if option not in adapter.options:
            there = f"; there are {', '.join(adapter.options)}" if adapter.options else ""
            kind = "engine" if service.is_engine else "provider"
            raise ValueError(f"[{kind}.{service.name}]: there is no setting `{option}`{there}")

"""The operator's own providers and engines: `[provider.NAME]` and `[engine.NAME]` of tintype.toml, over what the catalog
says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..core import ModelCard
from .reading import Service, as_offered, read_cards, read_settings
from .values import PROVIDER, table_of

OWN = ("kind", "key", "models", "model", "enabled")
"""What only an operator says: whose wire it is, the key itself, which of its models are offered, further ones."""


def configure(
    services: Sequence[Service], tables: Mapping[str, Any], engines: Mapping[str, Any] | None = None
) -> tuple[Service, ...]:
    """The services as the operator wants them. `tables` are those of `[provider]`, `engines` those of `[engine]`.

    A table named as a service changes that service. Any other is one more of its `kind`, and its models
    are offers of that one's. What is neither ours nor among the catalog's settings is an option of the
    adapter. Raises ValueError naming the table and the key at fault.
    """
    known = {service.name: service for service in services}
    for name, table in tables.items():
        where = f"[provider.{name}]"
        table = dict(table_of(where, table))
        kind = table.pop("kind", name)
        if kind not in known:
            raise ValueError(f"{where}: `kind`: {kind!r} is none of {', '.join(known)}")
        enabled = table.pop("enabled", True)
        if not isinstance(enabled, bool):  # "false" would leave it on, and paid
            raise ValueError(f"{where}: `enabled` is true or false, not {enabled!r}")
        if not enabled:
            known.pop(name, None)
            continue
        known[name] = _configured(where, name, known[kind], table, services)
    _check_ids(known, tables)
    for name, table in (engines or {}).items():
        known[name] = _engine(f"[engine.{name}]", name, known, table)
    return tuple(known.values())


def _check_ids(known: Mapping[str, Service], tables: Mapping[str, Any]) -> None:
    """Of two models that are called the same, one could not be asked for any more, and the other's price would hold."""
    owners = {
        card.id: name for name, service in known.items() if name not in tables for card in service.cards
    }
    for name in tables:
        for card in known[name].cards if name in known else ():
            if (other := owners.setdefault(card.id, name)) != name:
                raise ValueError(
                    f"[provider.{name}]: model {card.id!r}: {other} has a model of that name already: choose another, such "
                    f"as {name}/{card.id}; a [route] may offer both under one name"
                )


def _engine(where: str, name: str, known: Mapping[str, Service], table: Any) -> Service:
    """All that its table says are options of its adapter. The environment wins over them."""
    if name not in known or not known[name].is_engine:
        there = ", ".join(service.name for service in known.values() if service.is_engine)
        raise ValueError(f"{where}: there is no engine {name!r}; there are: {there or 'none'}")
    engine = known[name]
    options = {**engine.settings.get("options", {}), **table_of(where, table)}
    return engine._replace(settings={**engine.settings, "options": options})


def _configured(
    where: str, name: str, like: Service, table: dict[str, Any], services: Sequence[Service]
) -> Service:
    own = {key: table.pop(key) for key in OWN if key in table}
    options = {key: table.pop(key) for key in list(table) if key not in PROVIDER}
    said = read_settings(where, table)
    options = {**said.pop("options", {}), **options}
    headers = {**like.settings.get("headers", {}), **said.pop("headers", {})}
    # What the operator says here is not asked of the environment.
    environment = {
        option: variable
        for option, variable in like.settings.get("environment", {}).items()
        if option not in said and option not in options
    }
    settings = {
        **like.settings,
        **said,
        "options": {**like.settings.get("options", {}), **options},
        "headers": headers,
        "environment": environment,
    }
    if "key" in own:
        if not isinstance(own["key"], str) or not own["key"]:
            raise ValueError(
                f"{where}: `key` is a text; or name a variable of the environment with `key_env`"
            )
        settings["key"] = own["key"]
    cards = like.cards
    if name != like.name:
        cards = tuple(as_offered(card, name) for card in like.cards)
        if "key" not in own and "key_env" not in said and "key" in like.needs:
            raise ValueError(f"{where}: say its `key`, or with `key_env` the variable that holds it")
    if "models" in own:
        cards = tuple(_chosen(where, own["models"], cards))
    if "model" in own:
        models = {card.id: card for service in services for card in service.cards if not card.of}
        models |= {card.of: card for card in like.cards if card.of}
        if not isinstance(own["model"], list):
            raise ValueError(f"{where}: `model`: [[provider.{name}.model]] is wanted")
        template = next((card for card in like.cards if card.id == settings.get("template")), None)
        more = read_cards(where, name, own["model"], models, template)
        ids = {card.id for card in more}
        cards = (*(card for card in cards if card.id not in ids), *more)
    return Service(name, settings, cards)


def _chosen(where: str, wanted: Any, cards: Sequence[ModelCard]) -> Iterator[ModelCard]:
    if not isinstance(wanted, list):
        raise ValueError(f"{where}: `models` is a list of names")
    for name in wanted:
        found = [card for card in cards if name in (card.id, card.of, card.upstream_id, *card.aliases)]
        if not found:
            raise ValueError(f"{where}: `models`: it has no model {name!r}")
        yield from found

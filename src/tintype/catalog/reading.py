"""Reads the catalog's TOML files into services and cards; what is wrong is named: file, model and key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from importlib.resources import files
from typing import Any, NamedTuple

from ..core import ModelCard
from ..core.money import ANY, UNKNOWN
from ..core.size import ANY_SIZE
from .shapes import prices_of_sizes, tiers_of_family, tokens_of_sizes
from .values import CARD, PROVIDER, check_names, read_value, table_of

Models = Mapping[str, ModelCard]
"""Cards by id, for offers to take their facts from."""


class Service(NamedTuple):
    """A place that makes pictures, and the models it has.

    `settings` has `adapter` ("module:Class") always. `key_env` names the environment variable that holds
    the key (never the key), `environment` those of other settings: base_url, or an option of the adapter.
    `needs` is what must be known before the service can be called; "key|project+credentials" is
    one, or both of the others. `headers`, `timeout`,
    `connect_timeout` and `options` are core's `Access`; `at_once` and `per_minute` say how many
    requests it is sent. `template` names the card that an operator's own models of this service are like. An `engine`
    draws on this machine, with models that the operator names in `[engine.NAME]`: its adapter tells their cards.
    """

    name: str
    settings: Mapping[str, Any]
    cards: tuple[ModelCard, ...]

    def __repr__(self) -> str:
        return f"<Service {self.name}>"  # `settings` may hold the operator's key

    @property
    def is_engine(self) -> bool:
        return bool(self.settings.get("engine", False))

    @property
    def needs(self) -> tuple[str, ...]:
        """By default the key, of a service that has one."""
        return tuple(self.settings.get("needs", ("key",) if "key_env" in self.settings else ()))


def load() -> tuple[Service, ...]:
    """Every service that this package knows, by name."""
    entries = sorted(files(__package__).iterdir(), key=lambda entry: entry.name)
    documents = {
        entry.name: _parse(entry.name, entry.read_text("utf-8"))
        for entry in entries
        if entry.name.endswith(".toml")
    }
    # Vendors' own models first: an offer of one of them takes its facts from there.
    models = {
        card.id: card
        for file, document in documents.items()
        for card in _cards(file, document, {}, offers=False)
    }
    return tuple(_service(file, document, models) for file, document in documents.items())


def read_service(file: str, text: str, models: Models | None = None) -> Service:
    """Read one catalog file; the service is called as the file is.

    A model takes what it does not say from the `[family.X]` that it names, and then from
    `[defaults]`. One that says `of` is an offer of another service's model, found in `models`, and takes
    all the rest from there, but what it costs. Raises ValueError naming the file, the model and the key at
    fault.
    """
    return _service(file, _parse(file, text), models or {})


def read_cards(
    where: str, service: str, rows: list[Any], models: Models, template: ModelCard | None = None
) -> tuple[ModelCard, ...]:
    """The cards of an operator's own `[[provider.NAME.model]]`, which need no `source`.

    They are like `template`, its prices with it, but for what their rows say. What the provider has an offer of by its
    own file is among the `models` as that offer.
    """
    named = [{"source": where, **table_of(where, row)} for row in rows]
    cards = tuple(_card(where, service, row, models, template) for row in _rows(where, {}, named))
    _check_names(where, cards)
    return cards


def _parse(file: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file}: this is not TOML: {error}") from error


def _service(file: str, document: dict[str, Any], models: Models) -> Service:
    check_names(file, document, ("provider", "defaults", "family", "model"))
    settings = table_of(f"{file}: [provider]", document.get("provider"))
    settings = read_settings(f"{file}: [provider]", settings)
    if "adapter" not in settings:
        raise ValueError(f"{file}: [provider]: `adapter` is missing")
    rows = document.get("model", [])
    if not isinstance(rows, list) or (not rows and "needs" not in settings):
        raise ValueError(f"{file}: there is no [[model]]")  # one that needs an address may be told its models
    cards = tuple(_cards(file, document, models))
    _check_names(file, cards)
    return Service(_name(file), settings, cards)


def read_settings(where: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """A `[provider]` whose every value is what it should be. Raises ValueError."""
    check_names(where, table, tuple(PROVIDER))
    return {key: read_value(where, key, PROVIDER[key], value) for key, value in table.items()}


def _name(file: str) -> str:
    return file.removesuffix(".toml")


def _cards(
    file: str, document: dict[str, Any], models: Models, *, offers: bool = True
) -> Iterator[ModelCard]:
    """`offers`: those of others' models too."""
    for row in _rows(file, document, document.get("model", [])):
        if offers or "of" not in row:
            yield _card(file, _name(file), row, models)


def _rows(file: str, document: dict[str, Any], rows: list[Any]) -> Iterator[dict[str, Any]]:
    """Each model's table, completed from its family and from the defaults."""
    defaults = table_of(f"{file}: [defaults]", document.get("defaults", {}))
    families = table_of(f"{file}: [family]", document.get("family", {}))
    for number, row in enumerate(rows, 1):
        where = f"{file}: model number {number}"
        row = table_of(where, row)
        if "id" not in row and "of" not in row:
            raise ValueError(f"{where}: `id` is missing")
        family: dict[str, Any] = {}
        if "family" in row:
            where = f"{file}: model {row.get('id', row.get('of'))!r}"
            name = read_value(where, "family", CARD["id"], row["family"])
            if name not in families:
                raise ValueError(f"{where}: `family`: there is no [family.{name}]")
            family = table_of(f"{file}: [family.{name}]", families[name])
        yield {**defaults, **family, **row, **tiers_of_family(row, family)}


def _card(
    file: str, provider: str, row: dict[str, Any], models: Models, template: ModelCard | None = None
) -> ModelCard:
    name = row.get("id", row.get("of"))
    where = f"{file}: model {name!r}"
    row = {key: value for key, value in row.items() if key != "family"}
    check_names(where, row, tuple(CARD))
    for key in ("source", "checked"):
        if key not in row and not (key == "checked" and row.get("source") == file):
            raise ValueError(f"{where}: `{key}` is missing: say where these facts were read, and when")
    base = _base(where, provider, row, models, template)
    sizes = read_value(where, "sizes", CARD["sizes"], row["sizes"]) if "sizes" in row else base.sizes
    if "tokens" in row:
        row["tokens"] = read_value(where, "tokens", lambda said: tokens_of_sizes(said, sizes), row["tokens"])
    if "prices" in row:
        row["prices"] = read_value(where, "prices", lambda said: prices_of_sizes(said, sizes), row["prices"])
    values = {key: read_value(where, key, CARD[key], value) for key, value in row.items()}
    card = replace(base, **values)
    card = replace(card, accepts=_accepted(card, values.get("accepts", base.accepts - _implied(base))))
    for key, fault in _contradictions(card):
        raise ValueError(f"{where}: `{key}`: {fault}")
    return card


def _base(
    where: str, provider: str, row: dict[str, Any], models: Models, template: ModelCard | None
) -> ModelCard:
    """What a card is before its row says anything: empty, like the template, or the model that it is an offer of."""
    if "of" not in row:
        name = read_value(where, "id", CARD["id"], row["id"])
        if template is not None:
            return replace(
                template, id=name, provider=provider, upstream_id=name, name=name, of="", aliases=()
            )
        return ModelCard(id=name, provider=provider, upstream_id=name, name=name, sizes=ANY_SIZE)
    model = models.get(read_value(where, "of", CARD["of"], row["of"]))
    if model is None:
        raise ValueError(f"{where}: `of`: there is no model {row['of']!r}")
    return as_offered(model, provider) if model.of else offer_of(model, provider)


def as_offered(card: ModelCard, provider: str) -> ModelCard:
    """An offer as another provider of its kind has it, at the same price."""
    return replace(
        offer_of(card, provider),
        upstream_id=card.upstream_id,
        prices=card.prices,
        parameters=card.parameters,
    )


def offer_of(model: ModelCard, provider: str) -> ModelCard:
    """The same model as another provider has it: under that provider's names, at a price that is not known."""
    of = model.of or model.id
    return replace(
        model,
        id=f"{provider}/{of}",
        provider=provider,
        of=of,
        upstream_id=of,
        aliases=(),
        prices=UNKNOWN,
        parameters={},
    )


def _implied(card: ModelCard) -> frozenset[str]:
    """Hints that a card honours as it says elsewhere, and does not say twice."""
    implied = {*card.ranges, *card.switches}
    for name, there in (
        ("partial_images", card.partial_images),
        ("input_fidelity", card.fidelities),
        ("response_modalities", card.says_text),
    ):
        if there:
            implied.add(name)
    return frozenset(implied)


def _accepted(card: ModelCard, said: Iterable[str]) -> frozenset[str]:
    return frozenset(said) | _implied(card)


def _contradictions(card: ModelCard) -> Iterator[tuple[str, str]]:
    """What is right by itself but not beside the rest of the card."""
    if card.default_quality is not None and card.default_quality not in card.qualities:
        yield "default_quality", f"{card.default_quality!r} is not one of its qualities"
    if card.mask and not card.max_input_images:
        yield "mask", "a model that takes no picture has nothing to mask"
    if card.fidelities and not card.max_input_images:
        yield "fidelities", "a model that takes no picture has none"
    if card.life.released and card.life.retired and card.life.retired < card.life.released:
        yield "life", "it retires before it is released"
    for quality, row in card.prices.images.items():
        if quality not in (*card.qualities, ANY):
            yield (
                "prices",
                f"`images`: {quality!r} is none of its qualities, nor '{ANY}', which is any of them",
            )
        for size in row:
            if size is not None and (fault := card.sizes.fault(size)):
                yield "prices", f"`images`: {quality} {size}: {fault}"
    if card.tokens is None or card.of:  # an offer may have fewer sizes than the formula of its model
        return
    for quality in (*card.tokens.ladder, *card.tokens.table):
        if quality not in (card.qualities or ("",)):
            yield "tokens", f"{quality!r} is not one of its qualities"
    for quality, counts in card.tokens.table.items():
        for size in counts:
            if fault := card.sizes.fault(size):
                yield "tokens", f"{quality} {size}: {fault}"


def _check_names(file: str, cards: tuple[ModelCard, ...]) -> None:
    """Every id and alias once, and every successor a model of the same file."""
    owner: dict[str, str] = {}
    for card in cards:
        for key, name in (("id", card.id), *(("aliases", alias) for alias in card.aliases)):
            if name in owner:
                raise ValueError(f"{file}: model {card.id!r}: `{key}`: {name!r} is taken by {owner[name]!r}")
            owner[name] = card.id
    for card in cards:
        successor = card.life.successor
        if successor is None or card.of:
            continue
        if successor not in owner or owner[successor] == card.id:
            raise ValueError(f"{file}: model {card.id!r}: `life`: there is no successor {successor!r}")

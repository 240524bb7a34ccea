"""Reads the catalog's TOML files into services and cards; what is wrong is named: file, model and key."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from importlib.resources import files
from typing import Any, NamedTuple, get_args

from ..core import Delivery, Grid, Life, ModelCard, Prices, Range, Size, Sizes, TokenFormula
from ..core.request import FORMATS, HINTS
from ..core.size import ANY_SIZE, parse
from .shapes import read_shapes, tiers_of_family, tokens_of_sizes

RANGED = ("strength", "guidance_scale", "num_inference_steps")
BACKGROUNDS = ("transparent", "opaque")
SETTINGS = ("adapter", "base_url", "key")


class Service(NamedTuple):
    """A place that makes pictures, and the models it has.

    `settings`: `adapter` ("module:Class") always; `base_url`; `key`, the name of the environment
    variable that holds the key (never the key).
    """

    name: str
    settings: Mapping[str, str]
    cards: tuple[ModelCard, ...]


def load() -> tuple[Service, ...]:
    """Every service that this package knows, by name."""
    entries = sorted(files(__package__).iterdir(), key=lambda entry: entry.name)
    return tuple(
        read_service(entry.name, entry.read_text("utf-8"))
        for entry in entries
        if entry.name.endswith(".toml")
    )


def read_service(file: str, text: str) -> Service:
    """Read one catalog file; the service is called as the file is.

    A model takes what it does not say from the `[family.X]` that it names, and then from
    `[defaults]`. Raises ValueError naming the file, the model and the key at fault.
    """
    name = file.removesuffix(".toml")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file}: this is not TOML: {error}") from error
    _known(file, document, ("provider", "defaults", "family", "model"))
    settings = _table(f"{file}: [provider]", document.get("provider"))
    _known(f"{file}: [provider]", settings, SETTINGS)
    for key, value in settings.items():
        _read(f"{file}: [provider]", key, _text, value)
    if "adapter" not in settings:
        raise ValueError(f"{file}: [provider]: `adapter` is missing")
    rows = document.get("model")
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"{file}: there is no [[model]]")
    cards = tuple(_card(file, name, row) for row in _rows(file, document, rows))
    _check_names(file, cards)
    return Service(name, settings, cards)


def _rows(file: str, document: dict[str, Any], rows: list[Any]) -> Iterator[dict[str, Any]]:
    """Each model's table, completed from its family and from the defaults."""
    defaults = _table(f"{file}: [defaults]", document.get("defaults", {}))
    families = _table(f"{file}: [family]", document.get("family", {}))
    for number, row in enumerate(rows, 1):
        where = f"{file}: model number {number}"
        row = _table(where, row)
        if "id" not in row:
            raise ValueError(f"{where}: `id` is missing")
        family: dict[str, Any] = {}
        if "family" in row:
            where = f"{file}: model {row['id']!r}"
            name = _read(where, "family", _text, row["family"])
            if name not in families:
                raise ValueError(f"{where}: `family`: there is no [family.{name}]")
            family = _table(f"{file}: [family.{name}]", families[name])
        yield {**defaults, **family, **row, **tiers_of_family(row, family)}


def _card(file: str, provider: str, row: dict[str, Any]) -> ModelCard:
    where = f"{file}: model {row['id']!r}"
    row = {key: value for key, value in row.items() if key != "family"}
    _known(where, row, tuple(_READERS))
    for key in ("source", "checked"):
        if key not in row:
            raise ValueError(f"{where}: `{key}` is missing: say where these facts were read, and when")
    sizes = _read(where, "sizes", _sizes, row["sizes"]) if "sizes" in row else ANY_SIZE
    if "tokens" in row:
        row["tokens"] = _read(where, "tokens", lambda said: tokens_of_sizes(said, sizes), row["tokens"])
    values = {key: _read(where, key, _READERS[key], value) for key, value in row.items()}
    values.setdefault("upstream_id", values["id"])
    values.setdefault("name", values["id"])
    accepts = values.get("accepts", frozenset())  # and what follows from other keys is not said twice
    if values.get("partial_images"):
        accepts |= {"partial_images"}
    if values.get("fidelities"):
        accepts |= {"input_fidelity"}
    if values.get("says_text"):
        accepts |= {"response_modalities"}
    accepts |= {*values.get("ranges", ()), *values.get("switches", ())}
    card = ModelCard(**{**values, "provider": provider, "accepts": accepts})
    for key, fault in _contradictions(card):
        raise ValueError(f"{where}: `{key}`: {fault}")
    return card


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
    if card.tokens is None:
        return
    for quality in (*card.tokens.ladder, *card.tokens.table):
        if quality not in (card.qualities or ("",)):
            yield "tokens", f"{quality!r} is not one of its qualities"
    for quality, row in card.tokens.table.items():
        for size in row:
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
        if successor is not None and (successor not in owner or owner[successor] == card.id):
            raise ValueError(f"{file}: model {card.id!r}: `life`: there is no successor {successor!r}")


def _known(where: str, table: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for key in table:
        if key not in names:
            raise ValueError(f"{where}: `{key}` is not a key; there are {', '.join(names)}")


def _table(where: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where} is missing, or not a table")
    return value


def _read(where: str, key: str, reader: Callable[[Any], Any], value: object) -> Any:
    try:
        return reader(value)
    except ValueError as error:
        raise ValueError(f"{where}: `{key}`: {error}") from error


# What follows reads one value each, and raises a ValueError that says what was wanted.


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"text is wanted, not {value!r}")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"a whole number from 0 is wanted, not {value!r}")
    return value


def _positive(value: Any) -> int:
    if not _whole(value):
        raise ValueError("it is at least 1")
    return int(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"true or false is wanted, not {value!r}")
    return value


def _day(value: Any) -> date:
    if type(value) is not date:
        raise ValueError(f"a date such as 2026-11-20 is wanted, not {value!r}")
    return value


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"a list of words is wanted, not {value!r}")
    words = tuple(map(_text, value))
    if len(set(words)) < len(words):
        raise ValueError(f"a word is there twice: {', '.join(words)}")
    return words


def _words_among(offered: tuple[str, ...]) -> Callable[[Any], tuple[str, ...]]:
    def read(value: Any) -> tuple[str, ...]:
        words = _words(value)
        for word in words:
            if word not in offered:
                raise ValueError(f"{word!r} is none of {', '.join(offered)}")
        return words

    return read


def _delivery(value: Any) -> str:
    (word,) = _words_among(get_args(Delivery))([value])
    return word


def _size(value: Any) -> Size:
    size = parse(_text(value))
    if not isinstance(size, Size):
        raise ValueError(f"pixels such as '1024x1024' are wanted, not {value!r}")
    return size


def _sizes(value: Any) -> Sizes:
    if isinstance(value, list) and value:
        return Sizes(listed=tuple(map(_size, value)))
    if not isinstance(value, dict):
        raise ValueError(f"a list of sizes or a table of a grid's rules is wanted, not {value!r}")
    if "ratios" in value:
        return read_shapes(value)
    grid = Grid(**_record(Grid, value, _positive, max_ratio=_ratio))
    if grid.fault(grid.nearest(Size(1024, 1024))):
        raise ValueError("this grid has no size at all")
    return Sizes(grid=grid)


def _ratio(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 1:
        raise ValueError(f"a number from 1 is wanted, not {value!r}")
    return float(value)


def _tokens(value: Any) -> TokenFormula:
    def ladder(value: Any) -> dict[str, int]:
        return {quality: _positive(step) for quality, step in _table("a ladder", value).items()}

    def table(value: Any) -> dict[str, dict[Size, int]]:
        return {
            quality: {_size(size): _positive(tokens) for size, tokens in _table(quality, row).items()}
            for quality, row in _table("a table of tokens", value).items()
        }

    return TokenFormula(**_record(TokenFormula, value, _whole, ladder=ladder, table=table))


def _prices(value: Any) -> Prices:
    return Prices(**_record(Prices, value, _whole))


def _ranges(value: Any) -> dict[str, Range]:
    found = {name: _range(limits) for name, limits in _table("ranges", value).items()}
    _words_among(RANGED)(list(found))
    return found


def _range(value: Any) -> Range:
    said = _record(Range, value, _any_number)
    if "min" not in said or "max" not in said:
        raise ValueError("a range has a `min` and a `max`")
    limits = Range(**said)
    if not limits.min <= (limits.min if limits.default is None else limits.default) <= limits.max:
        raise ValueError("`default` and `max` are at least `min`, and `default` at most `max`")
    return limits


def _any_number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"a number is wanted, not {value!r}")
    return value


def _life(value: Any) -> Life:
    return Life(**_record(Life, value, _day, successor=_text))


def _record(kind: type, value: Any, usual: Callable[[Any], Any], **others: Callable[[Any], Any]) -> Any:
    """The arguments of a dataclass from a table; each key is read by `usual` unless it is in `others`."""
    table = _table(kind.__name__, value)
    _known(kind.__name__, table, tuple(field.name for field in fields(kind)))
    return {key: _read(kind.__name__, key, others.get(key, usual), item) for key, item in table.items()}


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "id": _text,
    "upstream_id": _text,
    "name": _text,
    "owned_by": _text,
    "aliases": _words,
    "prompt_limit": _positive,
    "max_n": _positive,
    "sizes": _sizes,
    "qualities": _words,
    "default_quality": _text,
    "formats": _words_among(FORMATS),
    "output_compression": _flag,
    "backgrounds": _words_among(BACKGROUNDS),
    "partial_images": _whole,
    "max_input_images": _whole,
    "mask": _flag,
    "fidelities": _words,
    "accepts": lambda value: frozenset(_words_among(HINTS)(value)),
    "ranges": _ranges,
    "switches": _words,
    "delivers": _delivery,
    "says_text": _flag,
    "tokens": _tokens,
    "prices": _prices,
    "life": _life,
    "source": _text,
    "checked": _day,
}

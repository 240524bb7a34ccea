"""Reads one value of a catalog file each, and raises a ValueError that says what was wanted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from typing import Any, get_args

from ..core import Delivery, Grid, ImageRequest, Life, Prices, Range, Size, Sizes, TokenFormula
from ..core.later import LONGEST
from ..core.money import ANY
from ..core.request import FORMATS, HINTS
from ..core.size import parse
from .shapes import read_shapes

RANGED = ("strength", "guidance_scale", "num_inference_steps")
BACKGROUNDS = ("transparent", "opaque")
PARAMETERS = (
    *(field.name for field in fields(ImageRequest)),
    *("image", "width", "height", "aspect_ratio", "resolution"),
)
"""What `parameters` may name: the fields of a request, its first picture alone, and the parts of its size."""


def check_names(where: str, table: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for key in table:
        if key not in names:
            raise ValueError(f"{where}: `{key}` is not a key; there are {', '.join(names)}")


def table_of(where: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where} is missing, or not a table")
    return value


def read_value(where: str, key: str, reader: Callable[[Any], Any], value: object) -> Any:
    try:
        return reader(value)
    except ValueError as error:
        raise ValueError(f"{where}: `{key}`: {error}") from error


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


def _private(reader: Callable[[Any], Any], kind: str) -> Callable[[Any], Any]:
    """What is wrong with a value that may hold a key or a password is said without it."""

    def read(value: Any) -> Any:
        try:
            return reader(value)
        except ValueError:
            raise ValueError(f"{kind} is wanted") from None

    return read


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


def _texts(value: Any) -> dict[str, str]:
    return {key: _text(item) for key, item in table_of("a table of texts", value).items()}


def _parameters(value: Any) -> dict[str, str]:
    """Each key is a field of a request, or a part of one; `field=value` is for one of its values."""
    found = _texts(value)
    _words_among(PARAMETERS)(list(dict.fromkeys(key.partition("=")[0] for key in found)))
    return found


def _tokens(value: Any) -> TokenFormula:
    def ladder(value: Any) -> dict[str, int]:
        return {quality: _positive(step) for quality, step in table_of("a ladder", value).items()}

    def table(value: Any) -> dict[str, dict[Size, int]]:
        return {
            quality: {_size(size): _positive(tokens) for size, tokens in table_of(quality, row).items()}
            for quality, row in table_of("a table of tokens", value).items()
        }

    return TokenFormula(**_record(TokenFormula, value, _whole, ladder=ladder, table=table))


def _prices(value: Any) -> Prices:
    prices = Prices(**_record(Prices, value, _whole, images=_images))
    for cached, full in (("cached_text_in", prices.text_in), ("cached_image_in", prices.image_in)):
        price = getattr(prices, cached)
        if price is not None and (full is None or price > full):
            raise ValueError(
                f"`{cached}` is a part of what `{cached.removeprefix('cached_')}` costs: that is missing, or less"
            )
    return prices


def _images(value: Any) -> dict[str, dict[Size | None, int]]:
    """Rows by quality, in them prices by size; `*` is any that has none of its own."""
    found = {
        quality: {None if size == ANY else _size(size): _whole(price) for size, price in row.items()}
        for quality, row in _rows(value).items()
    }
    if not found or not all(found.values()):
        raise ValueError('a price at least is wanted, such as { high = { "1024x1024" = 167_000 } }')
    return found


def _rows(value: Any) -> dict[str, dict[str, Any]]:
    return {
        quality: table_of(f"`{quality}`: a table of sizes and their prices", row)
        for quality, row in table_of("a table of qualities", value).items()
    }


def _ranges(value: Any) -> dict[str, Range]:
    found = {name: _range(limits) for name, limits in table_of("ranges", value).items()}
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
    table = table_of(kind.__name__, value)
    check_names(kind.__name__, table, tuple(field.name for field in fields(kind)))
    return {key: read_value(kind.__name__, key, others.get(key, usual), item) for key, item in table.items()}


CARD: Mapping[str, Callable[[Any], Any]] = {
    "id": _text,
    "of": _text,
    "upstream_id": _text,
    "call": _text,
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
    "steps": lambda value: {name: _positive(count) for name, count in table_of("steps", value).items()},
    "delivers": _delivery,
    "parameters": _parameters,
    "says_text": _flag,
    "tokens": _tokens,
    "prices": _prices,
    "life": _life,
    "source": _text,
    "checked": _day,
}
"""What a [[model]] may say, and how each is read."""


def _seconds(value: Any) -> float:
    if not 0 < _any_number(value) <= LONGEST:
        raise ValueError(f"a number of seconds above 0 is wanted, not {value!r}")
    return float(value)


def _variables(value: Any) -> str:
    """Names of variables. What is no name may be the key itself, and is not repeated."""
    if not isinstance(value, str) or not re.fullmatch(
        r"\s*[A-Za-z_]\w*(\s+[A-Za-z_]\w*)*\s*", value, re.ASCII
    ):
        raise ValueError("the name of a variable such as ACME_API_KEY is wanted; a key itself is `key`")
    return value


PROVIDER: Mapping[str, Callable[[Any], Any]] = {
    "adapter": _text,
    "engine": _flag,
    "base_url": _private(_text, "an address such as https://host/v1/, as a text,"),
    "key_env": _variables,
    "environment": _texts,
    "needs": _words,
    "headers": _private(_texts, 'a table of texts such as { x-house = "mine" }'),
    "timeout": _seconds,
    "connect_timeout": _seconds,
    "at_once": _positive,
    "per_minute": _positive,
    "template": _text,
    "options": lambda value: table_of("options", value),
}
"""What a [provider] may say, and how each is read: see `Service`."""

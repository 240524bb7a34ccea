"""What an operator says of the diffusion models on this machine: `[engine.diffusion]`, read and checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Any

from ..core import Prices
from ..engines.diffusion.loading import Source
from ._diffusion_prices import FREE, read_prices

WHERE = "[engine.diffusion]"
QUALITIES = ("low", "medium", "high")
MOST = 10
"""Pictures of one order: each waits and is drawn for itself, or with others in a batch."""

_DTYPES = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}
_BYTES = {"": 1, "K": 1, "M": 2, "G": 3, "T": 4}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One of the operator's models, by the name that callers ask for it. `of` is the model that it is an offer of.
    `steps` are those of qualities that shall have others than the family's."""

    source: Source
    of: str = ""
    aliases: tuple[str, ...] = ()
    title: str = ""
    prices: Prices = FREE
    steps: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.source.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """`budget` is bytes of weights on the device; None: as much as it has. `queue` is how many pictures may wait."""

    models: tuple[Model, ...]
    device: str = "auto"
    budget: int | None = None
    queue: int | None = None
    preload: bool = True


def read_setup(options: Mapping[str, Any]) -> Setup:
    """Raises ValueError naming the table and the key at fault. Looks at no file."""
    usual = {key: value for key, value in options.items() if key in _SHARED}
    tables = options.get("models", {})
    if not isinstance(tables, Mapping):
        raise ValueError(f"{WHERE}: `models` is a table of models: {WHERE[:-1]}.models.NAME] with a `source`")
    named: dict[str, Any] = dict(tables)
    for name, path in _also(options.get("also", ())):
        table = named.get(name, {})
        named[name] = {**(table if isinstance(table, Mapping) else {}), "source": path}
    own = {key: _read(WHERE, key, _OWN[key], options[key]) for key in _OWN if key in options}
    return Setup(models=tuple(_model(name, table, usual) for name, table in named.items()), **own)


def _also(said: object) -> Iterator[tuple[str, str]]:
    """`NAME=PATH`, or a path or hub id alone, which is called local/ and its last part.

    >>> list(_also("sdxl=/models/sdxl, stabilityai/sdxl-turbo, /models/dream.safetensors"))
    [('sdxl', '/models/sdxl'), ('local/sdxl-turbo', 'stabilityai/sdxl-turbo'), ('local/dream', '/models/dream.safetensors')]
    """
    texts = said.split(",") if isinstance(said, str) else said
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{WHERE}: `also` is a list of models, each a path, a hub id or NAME=PATH")
    for text in filter(None, (text.strip() for text in texts)):
        name, equals, path = text.partition("=")
        if not equals or not name.strip() or name[0] in "/.~\\":
            yield f"local/{_last_part(text)}", text
        elif not path.strip():
            raise ValueError(f"{text!r} says no model: write NAME=PATH, or a path or hub id alone")
        else:
            yield name.strip(), path.strip()


def _last_part(path: str) -> str:
    name = PureWindowsPath(path.rstrip("/\\")).name or path
    return re.sub(r"\.(safetensors|gguf|ckpt)$", "", name, flags=re.IGNORECASE)


def where(name: str) -> str:
    """Where a model stands in tintype.toml.

    >>> where("sdxl")
    '[engine.diffusion.models."sdxl"]'
    """
    return f'{WHERE[:-1]}.models."{name}"]'


def _model(name: str, table: Any, usual: Mapping[str, Any]) -> Model:
    place = where(name)
    if not isinstance(table, Mapping):
        raise ValueError(f"{place}: a table is wanted, such as {{ source = 'PATH_OR_HUB_ID' }}")
    for key in table:
        if key not in (*_SHARED, *_ALONE, *_TOLD):
            raise ValueError(
                f"{place}: `{key}` is not a key; there are {', '.join((*_ALONE, *_TOLD, *_SHARED))}"
            )
    if "source" not in table:
        raise ValueError(f"{place}: `source` is missing: a hub id, a folder or a file")
    facts = {key: _read(WHERE, key, _SHARED[key], value) for key, value in usual.items() if key not in table}
    facts |= {
        key: _read(place, key, reader, table[key])
        for key, reader in {**_SHARED, **_ALONE}.items()
        if key in table
    }
    told = {key: _read(place, key, reader, table[key]) for key, reader in _TOLD.items() if key in table}
    if "name" in told:
        told["title"] = told.pop("name")
    if "price" in told:
        told["prices"] = told.pop("price")
    path = facts.pop("source")
    known = {key: value for key, value in facts.items() if value is not None}
    return Model(source=Source(name=name, path=path, **known), **told)


def _read(where: str, key: str, reader: Callable[[Any], Any], value: Any) -> Any:
    try:
        return reader(value)
    except ValueError as error:
        raise ValueError(f"{where}: `{key}`: {error}") from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"text is wanted, not {value!r}")
    return value.strip()


def _path(value: Any) -> str:
    text = _text(value)
    try:
        return str(Path(text).expanduser()) if text.startswith("~") else text
    except RuntimeError:
        raise ValueError(f"there is nobody in whose home {text!r} would be") from None


def _folder(value: Any) -> Path:
    folder = Path(_path(value))
    if not folder.is_dir():
        raise ValueError(f"there is no folder {str(folder)!r}")
    return folder


def _word(*words: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        word = _DTYPES.get(value, value) if isinstance(value, str) else value
        if word not in words:
            raise ValueError(f"{value!r} is none of {', '.join(words)}")
        return str(word)

    return read


def _chosen(*words: str) -> Callable[[Any], str | None]:
    """ "auto" is None: it is chosen for the device."""
    read = _word("auto", *words)
    return lambda value: None if read(value) == "auto" else read(value)


def _flag(value: Any) -> bool:
    word = value.lower() if isinstance(value, str) else value
    if word in (True, "true", "1"):
        return True
    if word in (False, "false", "0"):
        return False
    raise ValueError(f"true or false is wanted, not {value!r}")


def _count(value: Any) -> int:
    if isinstance(value, str) and value.strip().isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"a whole number from 1 is wanted, not {value!r}")
    return value


def read_bytes(value: Any) -> int:
    """
    >>> read_bytes("20 GB"), read_bytes("1.5GiB"), read_bytes(1000)
    (20000000000, 1610612736, 1000)
    """
    found = _AMOUNT.fullmatch(str(value).strip()) if not isinstance(value, bool) else None
    if found is None or not float(found[1]):
        raise ValueError(f'an amount such as "20 GB" is wanted, not {value!r}')
    number, unit, binary = found.groups()
    return int(float(number) * (1024 if binary else 1000) ** (_BYTES[unit.upper()] if unit else 0))


def _queue(value: Any) -> int:
    """A shorter one would have no place for an order of many pictures, however often it is sent again."""
    count = _count(value)
    if count < MOST:
        raise ValueError(f"{MOST} at the least, since so many pictures may be of one order, not {count}")
    return count


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"a list of names is wanted, not {value!r}")
    return tuple(map(_text, value))


def _paths(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ValueError(f"a table of names and of hub ids or folders is wanted, not {value!r}")
    return {name: _path(path) for name, path in value.items()}


def _steps(value: Any) -> dict[str, int]:
    if not isinstance(value, Mapping) or not set(value) <= set(QUALITIES):
        raise ValueError(f"a table such as {{ low = 10, medium = 25, high = 40 }} is wanted, not {value!r}")
    return {quality: _count(count) for quality, count in value.items()}


_OWN: Mapping[str, Callable[[Any], Any]] = {
    "device": _text,
    "budget": read_bytes,
    "queue": _queue,
    "preload": _flag,
}
"""Of all models together."""

_SHARED: Mapping[str, Callable[[Any], Any]] = {
    "dtype": _chosen("bfloat16", "float16", "float32"),
    "offload": _word("none", "model", "group"),
    "quantize": _chosen("fp8"),
    "compile": _flag,
    "loras": _folder,
    "controls": _paths,
    "at_once": _count,
    "tiny_autoencoder": lambda value: None if value == "auto" else _path(value),
}
"""Of all models, and of one of them where its own table says otherwise."""

_ALONE: Mapping[str, Callable[[Any], Any]] = {
    "source": _path,
    "base": _path,
    "revision": _text,
    "variant": _text,
    "edge": _count,
    "fast": _flag,
}
_TOLD: Mapping[str, Callable[[Any], Any]] = {
    "of": _text,
    "aliases": _words,
    "name": _text,
    "price": read_prices,
    "steps": _steps,
}

OPTIONS = (*_OWN, *_SHARED, "models", "also")

"""What an operator may set: defaults, then tintype.toml, then the environment, then the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Self

FILE = "tintype.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`max_body` is bytes of a whole request; `heartbeat`, `grace` and `deadline` are seconds."""

    host: str = "127.0.0.1"
    port: int = 8080
    data: Path = Path("data")
    default_model: str = "gpt-image-2"
    max_body: int = 256 * 1024 * 1024
    heartbeat: float = 8.0
    grace: float = 30.0
    deadline: float = 600.0  # seconds that an order may take, all of its attempts together
    public_base_url: str = ""  # where callers reach this server; empty: as each request says
    fetch: bool = True  # pictures that callers send as addresses; False: those are refused
    fetch_allow: tuple[IPv4Network | IPv6Network, ...] = ()  # not public, and yet fetched from
    # the address of a Redis that servers share; it may hold a password
    limits: str = field(default="", repr=False)
    stand_in: Mapping[str, str] = field(default_factory=dict)  # requested name or pattern -> model
    deployment: Mapping[str, str] = field(default_factory=dict)  # Azure's name for it -> model
    # name -> its settings, read by the catalog; they may hold keys, which a repr shows to nobody
    provider: Mapping[str, Any] = field(default_factory=dict, repr=False)
    route: Mapping[str, Any] = field(default_factory=dict)  # requested name -> the offers that answer

    @classmethod
    def load(cls, environ: Mapping[str, str], path: Path | None = None) -> Self:
        """Read `path`, or tintype.toml where it lies here, then TINTYPE_* and HOST, PORT, DATA.

        Raises ValueError saying which setting is wrong and where it stands.
        """
        chosen = path or Path(environ.get("TINTYPE_CONFIG", FILE))
        table: dict[str, Any] = {}
        if path is not None or "TINTYPE_CONFIG" in environ or chosen.exists():
            try:
                table = tomllib.loads(chosen.read_text("utf-8"))
            except OSError as error:
                raise ValueError(f"{chosen}: {error.strerror}") from error
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise ValueError(f"{chosen}: {error}") from error
        settings = cls()
        for name, value in table.items():
            settings = settings.with_(name, value, where=str(chosen))
        for entry in fields(cls):
            for variable in (entry.name.upper(), f"TINTYPE_{entry.name.upper()}"):
                if variable in environ and (variable.startswith("TINTYPE_") or variable in _SHORT):
                    settings = settings.with_(entry.name, environ[variable], where=f"${variable}")
        return settings

    def with_(self, name: str, value: Any, *, where: str) -> Self:
        """These settings with one changed; `value` may be text, as the environment has it."""
        known = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        if name not in known:
            raise ValueError(f"{where}: there is no setting {name!r}; there are {', '.join(known)}")
        old = known[name]
        try:
            if isinstance(old, Mapping):
                kind = Mapping if name in _TABLES else str
                if not isinstance(value, Mapping) or not all(isinstance(to, kind) for to in value.values()):
                    raise ValueError("a table of tables" if name in _TABLES else "a table of names")
                new: Any = dict(value)
            else:
                new = _convert(value, old)
        except ValueError as error:
            said = "that" if name in _TABLES else repr(value)  # those may hold keys
            raise ValueError(f"{where}: {name} cannot be {said}: it must be {error}") from error
        return replace(self, **{name: new})


_TABLES = ("provider", "route")
_SHORT = ("HOST", "PORT", "DATA")


def _convert(value: Any, like: Any) -> Any:
    if isinstance(like, Path):
        return Path(value)
    if isinstance(like, tuple):
        return _networks(value)
    if isinstance(like, bool):
        return _flag(value)
    if isinstance(like, str):
        if not isinstance(value, str):
            raise ValueError("a text")
        return value
    try:
        number = type(like)(value)
    except (TypeError, ValueError):
        raise ValueError("a whole number" if isinstance(like, int) else "a number") from None
    if isinstance(value, bool) or number < 0:
        raise ValueError("a number that is not negative")
    return number


def _flag(value: Any) -> bool:
    word = value.lower() if isinstance(value, str) else value
    if word in ("true", "1", True):
        return True
    if word in ("false", "0", False):
        return False
    raise ValueError("true or false")


def _networks(value: Any) -> tuple[IPv4Network | IPv6Network, ...]:
    """From a list, or from text with commas in it."""
    texts = value.split(",") if isinstance(value, str) else value
    try:
        return tuple(ip_network(text.strip()) for text in texts if text.strip())
    except (AttributeError, TypeError, ValueError):
        raise ValueError("a list of networks such as 10.0.0.0/8") from None

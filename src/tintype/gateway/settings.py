"""What an operator may set: defaults, then tintype.toml, then the environment, then the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Self

from ..core.access import read_address
from ..core.later import LONGEST
from .pricing import Markup

FILE = "tintype.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`max_body` is bytes of a whole request; those in time are seconds."""

    host: str = "127.0.0.1"
    port: int = 8080
    data: Path = Path("data")
    # A URL, perhaps with a password; empty: a file under `data`; "off": nothing is written down.
    database: str = field(default="", repr=False)
    open: bool = False  # whether everyone who reaches it may use it, on any address, without a key
    default_model: str = "gpt-image-2"
    max_body: int = 256 * 1024 * 1024
    heartbeat: float = 8.0  # seconds of silence until a stream gets a comment; 0: it gets none
    plain_heartbeat: float = 0.0  # seconds until a plain answer is begun with blanks; 0: it waits in silence
    grace: float = 30.0
    deadline: float = 600.0  # seconds that an order may take, all of its attempts together
    public_base_url: str = ""  # where callers reach this server; empty: as each request says
    history_days: float = 30.0  # that prompts are kept in the database; 0: they are not written down
    gallery_days: float = (
        0.0  # that every picture is kept, with a thumbnail; 0: only those that are asked for again
    )
    result_lifetime: float = 24 * 3600.0  # seconds that a picture is kept to be asked for again
    storage: str = ""  # where pictures lie; empty: in the folder `pictures` of `data`
    picture_lifetime: float = 3600.0  # seconds that a picture can be fetched at its address
    # signs the addresses; empty: one is made and kept in `data`. A repr shows it to nobody
    secret: str = field(default="", repr=False)
    fetch: bool = True  # pictures that callers send as addresses; False: those are refused
    fetch_allow: tuple[IPv4Network | IPv6Network, ...] = ()  # not public, and yet reached
    allow_unknown_price: bool = False  # orders whose price is not known; False: those are refused
    charge_twins: bool = False  # what a twin draws costs as much as its model's; False: nothing
    markup: Mapping[str, Any] = field(default_factory=dict)  # what is put on prices: see pricing.Markup
    webhook_secret: str = field(default="", repr=False)  # "whsec_..."; empty: made of the house's own
    metrics_key: str = field(default="", repr=False)  # whoever reads /metrics has it; empty: everyone may
    c2pa_certificate: str = ""  # a PEM file, with its issuers' certificates; empty: nothing is signed
    c2pa_key: str = ""  # a PEM file
    c2pa_algorithm: str = "es256"
    c2pa_timestamp_url: str = ""  # empty: no time stamps, and so no network
    # the address of a Redis that servers share; it may hold a password
    limits: str = field(default="", repr=False)
    stand_in: Mapping[str, str] = field(default_factory=dict)  # requested name or pattern -> model
    deployment: Mapping[str, str] = field(default_factory=dict)  # Azure's name for it -> model
    # name -> its settings, read by the catalog; they may hold keys, which a repr shows to nobody
    provider: Mapping[str, Any] = field(default_factory=dict, repr=False)
    engine: Mapping[str, Any] = field(default_factory=dict)  # name -> its settings, read by what draws here
    route: Mapping[str, Any] = field(default_factory=dict)  # requested name -> the offers that answer

    @property
    def database_url(self) -> str:
        """Empty where nothing is written down."""
        if self.database == "off":
            return ""
        return self.database or f"sqlite:///{(self.data / 'tintype.db').absolute()}"

    @classmethod
    def load(cls, environ: Mapping[str, str], path: Path | None = None) -> Self:
        """Read `path`, or tintype.toml where it lies here, then TINTYPE_* and HOST, PORT, DATA, PUBLIC_BASE_URL.

        Raises ValueError saying which setting is wrong and where it stands.
        """
        chosen = path or Path(environ.get("TINTYPE_CONFIG", FILE))
        if path is None and environ.get("TINTYPE_CONFIG") == "":  # which would be the current folder
            raise ValueError("$TINTYPE_CONFIG is empty: it must be a file, or not be set")
        table: dict[str, Any] = {}
        if path is not None or "TINTYPE_CONFIG" in environ or chosen.exists():
            try:
                table = tomllib.loads(chosen.read_text("utf-8"))
            except OSError as error:
                raise ValueError(f"{chosen}: {error.strerror}") from error
            except UnicodeDecodeError as error:
                raise ValueError(f"{chosen}: it is not text in UTF-8") from error
            except tomllib.TOMLDecodeError as error:
                raise ValueError(f"{chosen}: {error}") from error
        settings = cls()
        for name, value in table.items():
            settings = settings.with_(name, value, where=str(chosen))
        _check_spelling(environ)
        for entry in fields(cls):
            for variable in (entry.name.upper(), f"TINTYPE_{entry.name.upper()}"):
                if variable == "TINTYPE_PORT" and "://" in environ.get(variable, ""):
                    continue  # Kubernetes tells so where a service called tintype is
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
                new: Any = _table(name, value)
            else:
                new = _convert(value, old)
            _check_use(name, new)
        except ValueError as error:
            said = "that" if name in (*_TABLES, *_SECRETS) else repr(value)  # those may hold keys
            raise ValueError(f"{where}: {name} cannot be {said}: it must be {error}") from error
        if name == "markup":
            _check_markup(new, where)
        return replace(self, **{name: new})


_SECRETS = ("database", "limits", "secret", "webhook_secret", "metrics_key")
_TABLES = ("provider", "engine", "route")
_TABLE = {**dict.fromkeys(_TABLES, "a table of tables"), "markup": 'a table such as { default = "20%" }'}
_SHORT = ("HOST", "PORT", "DATA", "PUBLIC_BASE_URL")
_ABOVE_ZERO = ("max_body", "deadline", "picture_lifetime")


def _check_spelling(environ: Mapping[str, str]) -> None:
    """A variable that is nearly a setting's is a slip. Others may be somebody else's, such as Kubernetes'
    TINTYPE_SERVICE_HOST."""
    known = [f"TINTYPE_{entry.name.upper()}" for entry in fields(Settings)]
    for variable in environ:
        if not variable.startswith("TINTYPE_") or variable in known:
            continue
        if near := get_close_matches(variable, known, n=1, cutoff=0.9):
            raise ValueError(f"${variable}: there is no such setting; did you mean {near[0]}?")


def _check_use(name: str, value: Any) -> None:
    """What is of the right kind, and yet nothing that a server could work with."""
    if name in _ABOVE_ZERO and value <= 0:
        raise ValueError("a number above 0")
    if (
        name == "metrics_key" and value != value.strip()
    ):  # as from a file that ends a line: nobody could send it
        raise ValueError("a text without blanks around it")
    if name == "public_base_url" and value:
        address = read_address(value)
        if address is None or address.query or address.fragment:
            raise ValueError("an address such as https://pictures.example.com, or empty")


def _check_markup(table: Mapping[str, Any], where: str) -> None:
    try:
        Markup.of(table)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def _table(name: str, value: Any) -> dict[str, Any]:
    if name == "markup" and isinstance(value, Mapping):
        return dict(value)
    kind = Mapping if name in _TABLES else str
    if not isinstance(value, Mapping) or not all(isinstance(to, kind) for to in value.values()):
        raise ValueError(_TABLE.get(name, "a table of names"))
    return dict(value)


def _convert(value: Any, like: Any) -> Any:
    if isinstance(like, Path):
        if not isinstance(value, str | Path) or value == "":  # which would be the current folder
            raise ValueError("a folder")
        return Path(value)
    if isinstance(like, tuple):
        return _networks(value)
    if isinstance(like, bool):
        return _flag(value)
    if isinstance(like, str):
        if not isinstance(value, str):
            raise ValueError("a text")
        return value
    kind = "a whole number" if isinstance(like, int) else "a number"
    if isinstance(like, int) and isinstance(value, float):
        raise ValueError(kind)
    try:
        number = type(like)(value)
    except (TypeError, ValueError, OverflowError):  # an infinite one is no whole number
        raise ValueError(kind) from None
    if isinstance(value, bool) or not number >= 0:  # "nan" is a number to Python, and no time
        raise ValueError("a number that is not negative")
    if isinstance(like, float) and number > LONGEST:
        raise ValueError(f"a number, and at most {LONGEST:,}")
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

"""How one provider is reached: what its catalog file says, as the operator and the environment changed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Access:
    """What an adapter is opened with. Its `repr` shows no key, no header, no option, and of the address the host.

    `name` is the provider's ("openai"), or the operator's own for one of several of a kind ("azure-eu").
    `timeout` is the longest silence in seconds, and `connect_timeout` the longest wait for a connection.
    `options` are those that the adapter names in its `options`, and nobody else knows.
    """

    name: str
    base_url: str = ""
    key: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 600.0
    connect_timeout: float = 10.0
    options: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        address = read_address(self.base_url)
        return f"<Access {self.name} {address.hostname if address else ''}>"

    def option(self, name: str) -> str:
        """An option that is a text; empty when it was not said. Raises ValueError for one of another kind."""
        value = self.options.get(name, "")
        if not isinstance(value, str):
            raise ValueError(f"[provider.{self.name}]: `{name}` is a text, not {_kind(value)}")
        return value

    def table(self, name: str) -> Mapping[str, str]:
        """An option that maps texts to texts; empty when it was not said. Raises ValueError."""
        value = self.options.get(name, {})
        if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in value.values()):
            raise ValueError(f"[provider.{self.name}]: `{name}` is a table of texts, not {_kind(value)}")
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """An option that is a list of texts, in small letters; empty when it was not said. Raises ValueError."""
        value = self.options.get(name, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise ValueError(f"[provider.{self.name}]: `{name}` is a list of texts, not {_kind(value)}")
        return tuple(each.lower() for each in value)


def _kind(value: object) -> str:
    """The value itself may be a secret that was written in the wrong place."""
    return {str: "a text", list: "a list", dict: "a table", bool: "true or false"}.get(
        type(value), "a number"
    )


def read_address(text: str) -> SplitResult | None:
    """The parts of an address of HTTP; None for what is none.

    >>> [read_address(text) is None for text in ("https://host/v1/", "host/v1/", "ftp://host", "http://[", "http://host:x")]
    [False, True, True, True, True]
    """
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for what is no number
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None

"""Every provider of the catalog, let in by a known key and reached at an address of the test's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tintype.catalog import Service, configure, load
from tintype.cli.init import to_toml
from tintype.gateway.assemble import is_callable

KEY = "sk-known-to-this-test-alone-0123456789"
TRACE = KEY[:14]
"""What no output may have in it: a part of the key is a leak as well."""

SERVICES = tuple(
    service for service in load() if service.needs and not service.is_engine and is_callable(service)
)
_SECRET = ("key", "secret", "token", "password")


def environ() -> dict[str, str]:
    """All that providers are told by the environment but their addresses: secrets are KEY, the rest is a word."""
    found: dict[str, str] = {}
    for service in SERVICES:
        for name, variables in service.settings.get("environment", {}).items():
            value = KEY if any(word in name for word in _SECRET) else "place"
            found |= {} if name == "base_url" else dict.fromkeys(variables.split(), value)
        found |= dict.fromkeys(service.settings.get("key_env", "").split(), KEY)
    return found


def tables(url: str) -> dict[str, dict[str, Any]]:
    """`[provider.NAME]` of each of them."""
    found: dict[str, dict[str, Any]] = {}
    for service in SERVICES:
        found[service.name] = {"base_url": url, "key": KEY, "timeout": 5}
        if not service.cards:  # a server that knows its models itself
            painter = {"id": f"{service.name}/painter", "max_input_images": 1}
            found[service.name]["model"] = [painter]
    return found


def toml(url: str) -> str:
    return "".join(
        f"[provider.{name}]\n" + "".join(f"{key} = {to_toml(value)}\n" for key, value in table.items())
        for name, table in tables(url).items()
    )


def at(url: str) -> Mapping[str, Service]:
    return {service.name: service for service in configure(load(), tables(url))}

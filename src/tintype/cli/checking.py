"""Whether each provider can be reached, asked side by side and without buying a picture: for `tintype doctor`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..core.errors import Garbled, TintypeError
from ..gateway.settings import Settings
from .answering import BASE_URL, KEY

if TYPE_CHECKING:
    from ..catalog import Service

LIMIT = 10.0
"""Seconds that each of them has."""


class Finding(NamedTuple):
    verdict: Literal["ok", "warn", "fail", "off"]
    text: str


def ask_providers(settings: Settings, environ: Mapping[str, str]) -> list[tuple[str, Finding]]:
    """What is to be told of each, those that are on first. Raises ValueError for settings that cannot be."""
    from ..catalog import configure, load

    known = load()
    configured = configure(known, settings.provider)
    services = [service for service in configured if service.needs and not service.is_engine]

    async def ask() -> list[Finding]:
        return await asyncio.gather(*(_find(service, environ) for service in services))

    found = list(zip((service.name for service in services), asyncio.run(ask()), strict=True))
    there = {service.name for service in services}
    found += [
        (service.name, Finding("off", "its `enabled` is false in the settings"))
        for service in known
        if service.needs and not service.is_engine and service.name not in there
    ]
    return sorted(found, key=lambda each: each[1].verdict == "off")


def ask_engines(settings: Settings, environ: Mapping[str, str]) -> Iterator[tuple[str, Finding]]:
    """What draws here with the operator's own models, line by line; nothing of those that have none. Raises ValueError for
    settings that cannot be."""
    from ..core import EngineAdapter
    from ..gateway.assemble import adapter_of, configured, missing, read_access

    for service in configured(settings):
        if service.is_engine and not missing(service, environ):
            adapter = adapter_of(service)
            assert isinstance(adapter, EngineAdapter)
            for verdict, text in adapter.examine(read_access(service, environ)):
                yield service.name, Finding(verdict, text)


async def _find(service: Service, environ: Mapping[str, str]) -> Finding:
    from ..gateway.assemble import has_twins, is_callable, missing

    if not is_callable(service):
        return Finding("off", "this version cannot call it yet: its twins draw, free")
    if absent := missing(service, environ):
        twins = "; until then its twins draw, free" if has_twins(service) else ""
        return Finding("off", f"set {' and '.join(absent)}{twins}")
    if environ.get(BASE_URL, "").strip() and _key(service, environ) == KEY:
        return Finding(
            "warn", f"not asked: {KEY} is for {BASE_URL} here, and 'tintype serve' would send it there"
        )
    try:
        return Finding("ok", await _check(service, environ))
    except TintypeError as error:
        said = " ".join(str(error).split())[:300].rstrip(".")  # a service may answer with a page
        return Finding("fail", f"{said}. {_who_mends(error, service, environ)}")
    except TimeoutError:
        return Finding("fail", f"no answer within {LIMIT:g} seconds")
    except Exception as error:  # a setting that cannot be, or a library that is not there
        return Finding("fail", f"{error or type(error).__name__}")


async def _check(service: Service, environ: Mapping[str, str]) -> str:
    from ..gateway.assemble import open_provider
    from ..transport.upstream import DEADLINE

    provider = open_provider(service, environ)
    try:
        DEADLINE.set(asyncio.get_running_loop().time() + LIMIT)  # of this task alone
        async with asyncio.timeout(LIMIT + 1):
            told = await provider.check()
            return told if provider.local else f"{told}; its pictures are paid"
    finally:
        await provider.close()


def _who_mends(error: TintypeError, service: Service, environ: Mapping[str, str]) -> str:
    if error.code == "upstream_key_rejected":
        return f"Yours to mend: {_key(service, environ)}"
    if error.code == "upstream_out_of_credit":
        return "Yours to mend: the account there"
    if error.retryable:
        return "The service's to mend, or the network's"
    if isinstance(error, Garbled):
        return "Yours to mend, if this is not its address"
    return f"Yours to mend: what the settings say of {service.name}"


def _key(service: Service, environ: Mapping[str, str]) -> str:
    """Where its key stands; never the key."""
    variables = service.settings.get("key_env", "").split()
    found = next((name for name in variables if environ.get(name, "").strip()), None)
    if found is None and "key" not in service.settings:
        if variables and not any("key" in need.split("|") for need in service.needs):
            return f"{' or '.join(variables)}, which is not set"
        return f"the credentials that the settings or the environment name for {service.name}"
    return found if found and "key" not in service.settings else f"`key` of [provider.{service.name}]"

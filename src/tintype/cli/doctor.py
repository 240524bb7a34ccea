"""`tintype doctor`: whether everything is there, and what to do where it is not."""

from __future__ import annotations

import os
import platform
import re
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.resources import files
from pathlib import Path

import typer

from ..core.errors import TintypeError
from ..gateway.settings import Settings
from .answering import BASE_URL, KEY, server_of
from .checking import Finding, ask_engines, ask_providers
from .opening import Config, Data, settings_of

OLDEST = (3, 11)
COLOURS = {"ok": "green", "warn": "yellow", "fail": "red", "off": "bright_black"}


def doctor(
    data: Data = None,
    config: Config = None,
) -> int:
    """Check this installation, and every provider that is on: one line a thing. It buys nothing."""
    settings, readable = Settings(), False

    def settings_can_be_read() -> Finding:
        nonlocal settings, readable
        settings = settings_of(config, data)
        readable = True
        return Finding("ok", f"{config or 'defaults, tintype.toml and the environment'} can be read")

    checks: tuple[tuple[str, Callable[[], Finding | None]], ...] = (
        ("python", _python),
        ("libraries", _libraries),
        ("settings", settings_can_be_read),
        ("catalog", _catalog),
        ("models", lambda: _models(settings)),
        ("assets", _assets),
        ("drawing", _drawing),
        ("port", lambda: _port(settings)),
        ("data", lambda: _data(settings.data)),
        ("database", lambda: _database(settings)),
        ("storage", lambda: _storage(settings)),
        ("server", _server),
        ("terminal", _terminal),
    )
    verdicts = []

    def tell(name: str, finding: Finding) -> None:
        verdicts.append(finding.verdict)
        print(f"{_coloured(finding.verdict)}  {name:<11} {finding.text}", flush=True)

    for name, check in checks:
        try:
            finding = check()
        except Exception as error:  # whatever a check trips over is what the doctor is for
            finding = Finding("fail", f"{error or type(error).__name__}")
        if finding is not None:
            tell(name, finding)
    if readable:
        for asked, ask in (("engines", ask_engines), ("providers", ask_providers)):
            try:
                for name, finding in ask(settings, os.environ):
                    tell(name, finding)
            except ValueError as error:
                tell(asked, Finding("fail", f"{error}"))
    return int("fail" in verdicts)


def _coloured(verdict: str) -> str:
    text = f"{verdict:<4}"
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ
    return text if plain else typer.style(text, fg=COLOURS[verdict])


def _python() -> Finding:
    found = platform.python_version()
    if sys.version_info < OLDEST:
        return Finding("fail", f"{found}: Tintype needs 3.11 or newer")
    return Finding("ok", f"{found}, tintype {version('tintype')}")


def _libraries() -> Finding:
    missing, count = [], 0
    for requirement in requires("tintype") or ():
        wanted, _, marker = requirement.partition(";")
        if "extra" in marker or ("win32" in marker and sys.platform == "win32"):
            continue
        count += 1
        name = re.split(r"[^\w.-]", wanted.strip(), maxsplit=1)[0]
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding("fail", f"missing: {', '.join(missing)}. Install Tintype again: pip install tintype")
    return Finding("ok", f"all {count} are installed")


def _catalog() -> Finding:
    from ..catalog import load

    services = load()
    return Finding("ok", f"{sum(len(each.cards) for each in services)} models of {len(services)} services")


def _models(settings: Settings) -> Finding:
    """Who answers to which name, put together as the server does it."""
    from ..gateway.assemble import open_gateway

    offers = list(open_gateway(settings, os.environ).offers)
    return Finding(
        "ok", f"{len(offers)} can be asked for, {sum(offer.twin for offer in offers)} are drawn by twins"
    )


def _assets() -> Finding:
    sizes = list(_sizes(Path(str(files("tintype") / "engines" / "illustrator" / "assets"))))
    if not sizes:
        return Finding(
            "fail", "the illustrator's pictures are not in this installation: install Tintype again"
        )
    return Finding("ok", f"{len(sizes)} files, {sum(sizes) / 1e6:.1f} MB")


def _sizes(folder: Path) -> Iterator[int]:
    if folder.is_dir():
        yield from (path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _drawing() -> Finding:
    """A real picture, of the size that most people ask for."""
    import asyncio

    from ..core import Completed, ImageRequest, Size
    from ..gateway.assemble import open_gateway
    from . import telling

    telling.log_crashes()

    async def draw() -> Completed | None:
        gateway = open_gateway(Settings(), {})
        request = ImageRequest(model="tintype-illustrator", prompt="a red panda", size=Size(1024, 1024))
        async with gateway.submit(request).watched() as events:
            async for event in events:
                if isinstance(event, Completed):
                    return event
        return None

    begun = time.perf_counter()
    drawn = asyncio.run(draw())
    seconds = time.perf_counter() - begun
    if drawn is None or drawn.image.header().size != (1024, 1024):
        return Finding("fail", "the illustrator did not draw what was asked")
    return Finding("ok", f"1024x1024 in {seconds:.1f} s, start-up included")


def _port(settings: Settings) -> Finding:
    from .serve import check_port

    try:
        check_port(settings.host, settings.port)
    except TintypeError as error:
        return Finding("warn", f"{error}")
    return Finding("ok", f"{settings.host}:{settings.port} is free for 'tintype serve'")


def _data(folder: Path) -> Finding:
    """The folder itself, or the nearest one above it that exists, in which it would be made."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK):
        return Finding("fail", f"{place} cannot be written to: choose another folder with DATA= or --data")
    return Finding("ok", f"{folder.absolute()} {'can be written to' if folder.exists() else 'can be made'}")


def _database(settings: Settings) -> Finding | None:
    """Whether a server could open it; nothing is made or changed. A file that is not there is a part of `data`."""
    if not settings.database_url or not (settings.database or (settings.data / "tintype.db").exists()):
        return None
    from ..accounts.database import Database

    return Finding("ok", Database.look(settings.database_url))


def _storage(settings: Settings) -> Finding | None:
    """Whether a bucket takes pictures; a folder is a part of `data`, and memory takes them always."""
    if not settings.storage.startswith(("s3:", "gs:", "az:")):
        return None
    import asyncio

    from ..storage import Store

    store = Store.open(settings.storage, folder=settings.data, secret=b"")
    asyncio.run(store.check())
    return Finding("ok", f"{settings.storage} takes pictures, and gives them back")


def _server() -> Finding | None:
    server = server_of(os.environ, local=False)
    if server is None:
        return None
    from .remote import list_models

    try:
        found = list_models(server, os.environ.get(KEY), timeout=10)
    except TintypeError as error:
        return Finding("fail", f"{BASE_URL}={server}: {error} Unset it, or say --local, to draw here")
    return Finding("ok", f"{BASE_URL}={server} answers, with {len(found)} models")


def _terminal() -> Finding:
    from .preview import protocol

    found = protocol(os.environ)
    if found is None:
        return Finding("ok", "no pictures inside this terminal (kitty's and iTerm2's protocols are known)")
    return Finding("ok", f"shows pictures, by {found}'s protocol")

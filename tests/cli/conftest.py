"""The command line in process: the real `run`, in an empty folder, against a real server with a fake painter."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import structlog

from tintype.catalog import load
from tintype.cli import run
from tintype.core import ModelCard

from ..fakes import FakeProvider
from ..serving import fake_gateway, serving


class Result(NamedTuple):
    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode()

    @property
    def paths(self) -> list[Path]:
        return [Path(line) for line in self.out.splitlines()]

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Tintype = Callable[..., Result]


@pytest.fixture
def tintype(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Iterator[Tintype]:
    """`tintype("gen", "a fox")`. Nothing is set in its environment, and nothing is piped in."""
    monkeypatch.chdir(tmp_path)
    services = [service.settings for service in load()]
    variables = " ".join(
        text
        for settings in services
        for text in (settings.get("key_env", ""), *settings.get("environment", {}).values())
    )
    for name in ("OPENAI_BASE_URL", "TINTYPE_CONFIG", "PORT", "HOST", "DATA", *variables.split()):
        monkeypatch.delenv(name, raising=False)
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))

    def tintype(*arguments: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = run(list(arguments))
        sys.stdout.flush()
        out, err = capsysbinary.readouterr()
        return Result(code, out, err.decode())

    yield tintype
    structlog.configure(**before)


@pytest.fixture(scope="session")
def card() -> ModelCard:
    return next(card for service in load() for card in service.cards if card.id == "gpt-image-2")


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider()


@pytest.fixture
def server(
    tintype: Tintype, provider: FakeProvider, card: ModelCard, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The address that OPENAI_BASE_URL has while this is in use; `provider` draws."""
    with serving(fake_gateway(provider, card)) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{url}/v1")
        yield f"{url}/v1"

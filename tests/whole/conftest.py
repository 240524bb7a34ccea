"""The whole house, offline, on a real socket: started once for all tests here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import openai
import pytest

from tintype.gateway.assemble import open_gateway
from tintype.gateway.settings import Settings

from ..serving import serving
from .mirrors import Chains


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    with serving(open_gateway(Settings(), {})) as url:
        yield url


@pytest.fixture(scope="session")
def client(address: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0) as made:
        yield made


@pytest.fixture(params=["memory", "sqlite"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    """Where a house keeps its books; None for one that keeps them in memory."""
    return tmp_path / "data" if request.param == "sqlite" else None


@pytest.fixture(scope="module")
def chain() -> Iterator[Chains]:
    with ExitStack() as stack:
        yield Chains(stack)

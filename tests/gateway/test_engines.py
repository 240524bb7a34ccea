"""What draws here with models of the operator's own: its cards come to the catalog's, under names that nobody has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tintype.catalog import Service, configure, load, read_service
from tintype.core import Access, ImageRequest, ModelCard, Provider
from tintype.core.protocols import Told
from tintype.gateway import assemble
from tintype.gateway.settings import Settings

from ..fakes import FakeProvider

ENGINE = """
[provider]
adapter = "tests.gateway.test_engines:Kiln"
engine = true
needs = ["models"]
environment = { heat = "KILN_HEAT" }
"""


class Kiln:
    """An engine with the models that its options name."""

    options: tuple[str, ...] = ("models", "heat")

    @classmethod
    def open(cls, access: Access) -> Provider:
        return FakeProvider(name=access.name)

    @staticmethod
    def cards(access: Access) -> Sequence[ModelCard]:
        heat = str(access.options.get("heat", "cold"))
        return [ModelCard(id=name, provider=access.name, name=heat, **said) for name, said in _models(access)]

    @staticmethod
    def examine(access: Access) -> Iterator[Told]:
        yield "ok", "it is hot"


def _models(access: Access) -> list[tuple[str, dict[str, Any]]]:
    return list(access.options["models"].items())


def services(table: Any, *, monkeypatch: pytest.MonkeyPatch) -> tuple[Service, ...]:
    monkeypatch.setattr(assemble, "adapter_of", lambda service: Kiln)
    kiln = read_service("kiln.toml", ENGINE)
    known = (*(each for each in load() if not each.is_engine), kiln)
    return configure(known, {}, {"kiln": table})


def stocked(
    table: Any, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str] | None = None
) -> dict[str, ModelCard]:
    found = assemble.stocked(services(table, monkeypatch=monkeypatch), environ or {})
    return {card.id: card for service in found for card in service.cards if service.name == "kiln"}


def test_its_models_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"models": {"local/pot": {}, "local/jar": {"of": "flux-kontext-pro", "aliases": ("jug",)}}}
    table["models"]["local/jar"]["of"] = next(card.id for each in load() for card in each.cards)
    found = stocked(table, monkeypatch)
    assert list(found) == ["local/pot", "local/jar"]


def test_the_environment_wins_over_its_table(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"models": {"local/pot": {}}, "heat": "warm"}
    assert stocked(table, monkeypatch)["local/pot"].name == "warm"
    assert stocked(table, monkeypatch, {"KILN_HEAT": "hot"})["local/pot"].name == "hot"


def test_without_models_it_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert stocked({"heat": "hot"}, monkeypatch) == {}


@pytest.mark.parametrize(
    ("models", "told"),
    [
        ({"gpt-image-2": {}}, "openai has a model 'gpt-image-2' already: .* such as local/gpt-image-2"),
        ({"pot": {"aliases": ("gpt-image-2",)}}, "openai has a model 'gpt-image-2' already"),
        ({"pot": {"of": "no-such-model"}}, "'pot': `of`: there is no model 'no-such-model'"),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    models: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match=rf"\[engine\.kiln\]: {told}"):
        stocked({"models": models}, monkeypatch)


@pytest.mark.parametrize("engine", [{"openai": {}}, {"cubism": {}}])
def test_what_is_no_engine_is_refused(engine: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"there is no engine .*; there are: diffusion"):
        assemble.open_gateway(Settings(engine=engine), {})


def test_what_it_draws_is_local_and_not_a_twin(monkeypatch: pytest.MonkeyPatch) -> None:
    found = assemble.stocked(services({"models": {"local/pot": {}}}, monkeypatch=monkeypatch), {})
    kiln = [service for service in found if service.name in ("kiln", "illustrator")]
    offers = {offer.card.id: offer for offer in assemble.offers(tuple(kiln), {})}
    assert not offers["local/pot"].twin
    assert offers["local/pot"].provider.name == "kiln"
    assert ImageRequest(model="local/pot", prompt="a pot").model in offers

"""The file that `tintype init` writes: as it is, with every example taken on, and with each of them alone."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from tintype.catalog import Service, load
from tintype.cli.init import NOTES, write
from tintype.gateway.assemble import adapter_of, is_callable, open_gateway
from tintype.gateway.settings import Settings

from .conftest import Tintype

SERVICES = [service for service in load() if service.needs and not service.is_engine]
KEYS = {
    name: f"fake-key-of-{service.name}"
    for service in SERVICES
    for name in service.settings.get("key_env", "").split()
}
TEXT = write()
BLOCKS = TEXT.split("\n\n")


def taken_on(text: str) -> str:
    """With every setting in force: a `#` right before a name or a bracket stands before one."""
    return "\n".join(
        line[1:] if line.startswith("#") and not line.startswith(("# ", "##")) else line
        for line in text.splitlines()
    )


def settings_of(text: str, folder: Path) -> Settings:
    path = folder / "tintype.toml"
    path.write_text(text)
    return Settings.load({}, path)


def test_as_it_is_written_it_changes_nothing(tmp_path: Path) -> None:
    assert settings_of(TEXT, tmp_path) == Settings()


def test_all_of_it_taken_on_can_be_opened(tmp_path: Path) -> None:
    settings = settings_of(taken_on(TEXT), tmp_path)
    gateway = open_gateway(settings, KEYS)
    with_models = {service.name for service in SERVICES if is_callable(service) and service.cards}
    there = {offer.card.provider for offer in gateway.offers if not offer.twin}
    assert {"my-server", *with_models} <= there
    tables = {"stand_in", "deployment", "provider", "engine", "route", "markup"}
    plain = {entry.name for entry in fields(Settings)} - tables
    assert {name: getattr(settings, name) for name in plain} == {
        name: getattr(Settings(), name) for name in plain
    }
    assert set(NOTES) == plain, "every setting says what it is for"
    assert settings.stand_in
    assert settings.deployment
    assert settings.route


@pytest.mark.parametrize("block", BLOCKS[2:], ids=lambda block: block.splitlines()[-1][:30])
def test_each_example_alone_can_be_opened(block: str, tmp_path: Path) -> None:
    if block.startswith("# A model that no catalog"):
        block = f"{next(each for each in BLOCKS if '[provider.my-server]' in each)}\n{block}"
    settings = settings_of(taken_on(block), tmp_path)
    assert settings != Settings() or "#[" not in block
    for table in settings.route.values():  # it names the server of another example
        assert "my-server/gpt-image-2" in table["offers"] or len(table["offers"]) == 3
    open_gateway(settings, KEYS)


@pytest.mark.parametrize("line", BLOCKS[1].splitlines())
def test_each_setting_alone_is_the_default(line: str, tmp_path: Path) -> None:
    assert len(tomllib.loads(taken_on(line))) == 1
    assert settings_of(taken_on(line), tmp_path) == Settings()


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_it_tells_of_every_provider_what_can_be_set(service: Service) -> None:
    (block,) = (block for block in BLOCKS if block.startswith(f"# {service.name}: "))
    if not is_callable(service):
        return
    assert f"[provider.{service.name}]" in block
    variables = " ".join(
        (service.settings.get("key_env", ""), *service.settings.get("environment", {}).values())
    )
    for word in (*variables.split(), *adapter_of(service).options, service.settings.get("base_url", "")):
        assert word in block


def test_the_examples_of_the_documentation_can_be_opened(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    settings = settings_of("\n".join(blocks), tmp_path)
    gateway = open_gateway(settings, {**KEYS, "SECOND_OPENAI_KEY": "fake-key-of-the-second"})
    offered = {offer.card.id for offer in gateway.offers if not offer.twin}
    assert {"second/gpt-image-2", "garage/painter"} <= offered
    assert {offer for table in settings.route.values() for offer in table["offers"]} <= offered
    told = tomllib.loads(blocks[0])
    assert {name: told.get(name) for name in NOTES} == tomllib.loads(taken_on(BLOCKS[1]))


def test_it_is_written_once(tintype: Tintype, tmp_path: Path) -> None:
    first = tintype("init")
    assert (first.code, first.paths) == (0, [tmp_path / "tintype.toml"])
    path = tmp_path / "tintype.toml"
    assert path.read_text() == TEXT
    path.write_text("port = 9\n")
    again = tintype("init")
    assert again.code == 2
    assert "--force" in again.err
    assert path.read_text() == "port = 9\n"
    assert tintype("init", "--force").code == 0
    assert path.read_text() == TEXT


def test_it_goes_where_it_is_told_to(tintype: Tintype, tmp_path: Path) -> None:
    assert tintype("init", "--stdout").out == TEXT
    assert list(tmp_path.iterdir()) == []
    assert tintype("init", "mine.toml").paths == [tmp_path / "mine.toml"]


def test_where_it_cannot_be_written(tintype: Tintype, tmp_path: Path) -> None:
    for options in ([], ["--force"]):
        lost = tintype("init", "nowhere/mine.toml", *options)
        assert (lost.code, lost.out) == (1, "")
        assert lost.err == "tintype: 'nowhere/mine.toml': No such file or directory\n"
    folder = tintype("init", str(tmp_path))
    assert folder.code == 2
    assert "is a folder" in folder.err

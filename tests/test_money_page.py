"""Every number on docs/money.md is what the program says."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from tintype.catalog import load
from tintype.core import ImageRequest
from tintype.core.money import MILLION, dollars
from tintype.core.quote import OVERHEAD, THOUGHTS, WORDS
from tintype.core.size import parse
from tintype.gateway.assemble import open_gateway
from tintype.gateway.pricing import Markup
from tintype.gateway.settings import Settings

from .quotes import quote

PAGE = (Path(__file__).parents[1] / "docs" / "money.md").read_text("utf-8")
CAT = ImageRequest(model="m", prompt="a cat")
CARDS = {card.id: card for service in load() for card in service.cards}


def table(head: str) -> list[list[str]]:
    _, _, rest = PAGE.partition(f"{head}\n")
    rows = rest.partition("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


MARKUPS = table("| cost | markup | the caller pays |")
QUOTES = table("| model | size | quality | n | likely | at most |")


def shown(amount: int | None) -> str:
    return "unknown" if amount is None else dollars(amount)


@pytest.mark.parametrize("row", MARKUPS, ids=" ".join)
def test_markups(row: list[str]) -> None:
    cost, percent, paid = row
    markup = Markup.of({"default": percent})
    assert shown(markup.price(round(float(cost[1:]) * MILLION), provider="p", model="m")) == paid


@pytest.mark.parametrize("row", QUOTES, ids=" ".join)
def test_quotes(row: list[str]) -> None:
    model, size, quality, n, likely, most = row
    request = ImageRequest(
        model=model,
        prompt="a panda eating bamboo",
        size=parse(size),
        quality=None if quality == "auto" else quality,
        n=int(n),
    )
    told = quote(request, CARDS[model])
    assert (shown(told.likely), shown(told.ceiling)) == (likely, most)


def test_there_is_something_to_check() -> None:
    assert (len(MARKUPS), len(QUOTES)) == (4, 9)


def test_what_a_ceiling_allows_for() -> None:
    for number in (OVERHEAD, WORDS, THOUGHTS):
        assert f" {number:,} " in PAGE.replace("(", " ").replace("\n", " ")


def test_the_example_makes_a_price_known() -> None:
    assert not quote(CAT, CARDS["azure/gpt-image-2"]).is_known
    block = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]
    keys = {"AZURE_OPENAI_ENDPOINT": "https://mine.openai.azure.com", "AZURE_OPENAI_API_KEY": "fake"}
    gateway = open_gateway(replace(Settings(), **tomllib.loads(block)), keys)
    (card,) = (card for card in gateway.offers.cards() if card.id == "azure/gpt-image-2")
    assert quote(CAT, card).is_known
    known = replace(card, prices=CARDS[card.id].prices, source="", checked=None)
    assert known == replace(CARDS[card.id], life=card.life, source="", checked=None)


def test_the_example_of_markup_can_be_read() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    markup = Markup.of(tomllib.loads(blocks[1])["markup"])
    assert markup.points(provider="azure-west", model="dall-e-3") == 1_000
    assert markup.points(provider="azure-west", model="gpt-image-2") == 1_250

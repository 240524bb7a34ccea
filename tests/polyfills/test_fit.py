"""Sizes and qualities that are moved to what a model offers."""

from __future__ import annotations

import pytest

from tintype.catalog import load
from tintype.core import Ratio, Size, Sizes, SizeWish

from .painter import Painter, all_of, card, filled, note, opened, request

CARDS = {card.id: card for service in load() for card in service.cards}


@pytest.mark.parametrize(
    ("model", "wish", "said"),
    [
        ("gpt-image-2", Size(512, 512), "512x512->816x816"),
        ("gpt-image-2", Size(1024, 1024), None),
        ("gpt-image-2", Ratio(16, 9), "16:9->1360x768"),
        ("gpt-image-2", Ratio(1, 1, "2K"), "1:1@2K->2048x2048"),
        ("gpt-image-1", Size(512, 512), "512x512->1024x1024"),
        ("gpt-image-1", Ratio(16, 9), "16:9->1536x1024"),
        ("gpt-image-1", Size(1080, 1920), "1080x1920->1024x1536"),
        ("dall-e-3", Size(1536, 1024), "1536x1024->1792x1024"),
        ("dall-e-2", Size(2048, 2048), "2048x2048->1024x1024"),
        ("dall-e-2", Size(300, 300), "300x300->256x256"),
        ("tintype-illustrator", Ratio(2, 3), "2:3->832x1248"),
        ("tintype-illustrator", Size(3840, 100), "3840x100->3840x480"),
        ("tintype-illustrator", Size(3840, 480), None),
        ("tintype-illustrator", Size(1, 1), "1x1->16x16"),
        ("gpt-image-2", None, None),
    ],
)
def test_sizes(model: str, wish: SizeWish, said: str | None) -> None:
    assert note("fit_size", request(size=wish), CARDS[model]) == (said and f"size=adjusted:{said}")


def test_the_model_is_asked_for_the_size_that_was_named() -> None:
    painter = Painter()
    wish = request(size=Ratio(2, 1), user="u")
    offered = card(sizes=Sizes(listed=(Size(32, 32), Size(64, 32))))
    events = all_of(filled("fit_size", wish, offered, painter.generate)(wish))
    assert opened(events[-1]).size == (64, 32)
    assert painter.asked[0].size == Size(64, 32)
    assert painter.asked[0].user == "u"


GPT_2 = ("low", "medium", "high")
GPT_25 = ("low", "medium", "high", "xhigh", "max")


@pytest.mark.parametrize(
    ("offered", "wish", "got"),
    [
        (GPT_2, "standard", "medium"),
        (GPT_2, "hd", "high"),
        (GPT_2, "xhigh", "high"),
        (GPT_2, "max", "high"),
        (GPT_25, "hd", "high"),
        (GPT_25, "max", None),
        (("standard", "hd"), "low", "standard"),
        (("standard", "hd"), "medium", "standard"),
        (("standard", "hd"), "high", "hd"),
        (("standard", "hd"), "max", "hd"),
        (("standard",), "hd", "standard"),
        (("low", "high"), "medium", "low"),
        (("high", "low"), "medium", "low"),
        (("medium", "max"), "high", "medium"),
        (("medium", "max"), "xhigh", "max"),
        (GPT_2, "ultra", None),
        (("turbo",), "high", None),
        ((), "high", None),
    ],
)
def test_qualities(offered: tuple[str, ...], wish: str, got: str | None) -> None:
    told = note("fit_quality", request(quality=wish), card(qualities=offered))
    assert told == (got and f"quality=adjusted:{wish}->{got}")


def test_the_model_is_asked_for_the_quality_that_was_named() -> None:
    painter = Painter()
    wish = request(quality="hd", seed=3)
    all_of(filled("fit_quality", wish, card(qualities=GPT_2), painter.generate)(wish))
    assert (painter.asked[0].quality, painter.asked[0].seed) == ("high", 3)

"""Cards whose `parameters` name a vendor's fields: what a card says it can do is sent under some name."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from importlib import import_module

import pytest

from tintype.catalog import configure, load
from tintype.catalog.reading import offer_of
from tintype.core import ImageRequest, ModelCard
from tintype.core.request import HINTS
from tintype.gateway.assemble import offers
from tintype.providers.fal import build

from .ordering import CARDS as CARDS_BY_ID
from .ordering import INPUT

USUAL: dict[str, Mapping[str, str]] = {
    name: import_module(f"tintype.providers.{name}").USUAL
    for name in ("bfl", "fal", "replicate", "stability")
}
CARDS = [card for service in load() if service.name in USUAL for card in service.cards]
SIZES = {"size", "width", "height", "aspect_ratio"}


def abilities(card: ModelCard) -> Iterator[set[str]]:
    """One of each set is to be named."""
    yield {"prompt"}
    yield from ({name} for name in card.accepts if name in HINTS)
    if card.max_n > 1:
        yield {"n"}
    if card.sizes.shapes or card.sizes.grid or card.sizes.listed:
        yield SIZES
    if len({shape.tier for shape in card.sizes.shapes}) > 1:
        yield {"resolution"}
    if card.qualities:
        yield {"quality"}
    if len(card.formats) > 1:
        yield {"output_format"}
    if card.output_compression:
        yield {"output_compression"}
    if "transparent" in card.backgrounds:
        yield {"background"}
    if card.max_input_images > 1:
        yield {"images"}
    if card.max_input_images == 1:
        yield {"images", "image"}
    if card.mask:
        yield {"mask"}


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_what_a_card_can_do_has_a_name(card: ModelCard) -> None:
    names = set(card.parameters or USUAL[card.provider])
    assert [ability for ability in abilities(card) if not ability & names] == []


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_nothing_is_claimed_that_a_queue_cannot_do(card: ModelCard) -> None:
    assert card.partial_images == 0
    assert not card.says_text
    assert not card.of or card.prices.image is None


MINE = """
[provider.mine]
kind = "fal"
key = "k"

[[provider.fal.model]]
id = "painter"
upstream_id = "acme/painter"
parameters = { prompt = "text", images = "picture*", "model=edit" = "acme/painter/edit" }
max_input_images = 2
"""


def operators_own(text: str) -> dict[str, ModelCard]:
    services = configure(load(), tomllib.loads(text)["provider"])
    return {card.id: card for service in services for card in service.cards}


def test_an_offer_has_its_own_names_and_not_the_vendors() -> None:
    cards = {card.id: card for service in load() for card in service.cards}
    assert cards["flux-2-flex"].parameters["images"] == "input_image*"
    assert cards["fal/flux-2-flex"].parameters["images"] == "image_urls"
    assert offer_of(cards["flux-2-flex"], "acme").parameters == {}


def test_another_service_of_a_kind_has_the_names_of_that_kind() -> None:
    cards = operators_own(MINE)
    assert cards["mine/gpt-image-2"].parameters == cards["fal/gpt-image-2"].parameters
    assert cards["mine/fal-ai/flux/dev"].parameters == cards["fal-ai/flux/dev"].parameters


def test_an_operators_own_model() -> None:
    card = operators_own(MINE)["painter"]
    call = build(ImageRequest(model="painter", prompt="a cat", images=(INPUT, INPUT)), card)
    assert call.path == "acme/painter/edit"
    assert list(json.loads(call.body)) == ["text", "picture", "picture_2"]


@pytest.mark.parametrize("line", ['{ speed = "x" }', "{ prompt = 3 }", '"prompt"', '{ "sizes=1K" = "x" }'])
def test_names_for_what_there_is_not(line: str) -> None:
    with pytest.raises(ValueError, match=r"'painter': `parameters`"):
        operators_own(f'[[provider.fal.model]]\nid = "painter"\nparameters = {line}\n')


@pytest.mark.parametrize(
    ("variable", "model"),
    [
        ("BFL_API_KEY", "flux-2-pro"),
        ("FAL_KEY", "fal/gpt-image-2"),
        ("REPLICATE_API_TOKEN", "replicate/gpt-image-2"),
        ("STABILITY_API_KEY", "stable-image-core"),
    ],
)
def test_a_key_turns_a_service_on(variable: str, model: str) -> None:
    def drawn_by(environ: Mapping[str, str]) -> list[str]:
        found = [offer for offer in offers(load(), environ) if offer.card.id == model]
        return [offer.provider.name for offer in found if not offer.twin]

    assert drawn_by({}) == []
    assert drawn_by({variable: "k-secret"}) == [CARDS_BY_ID[model].provider]

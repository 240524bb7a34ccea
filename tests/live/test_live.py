"""Real pictures of every provider whose key is here, the cheapest it has. `make live`: this costs money.

A refusal is never provoked: accounts have been closed for less.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tintype.catalog import Service, configure, load
from tintype.core import Completed, Image, ImageRequest, ModelCard, Partial, Report, Size, Usage
from tintype.core.money import cost
from tintype.gateway.assemble import is_callable, missing, open_gateway, read_access
from tintype.gateway.gateway import today
from tintype.gateway.settings import Settings

from ..pictures import png
from .recording import heard, keep, trimmed

PROMPT = "a red circle on white, flat"


def services() -> tuple[Service, ...]:
    try:
        found = configure(load(), Settings.load(os.environ).provider)
    except ValueError:  # the settings of this folder are wrong, which the test itself then says
        found = load()
    return tuple(service for service in found if service.needs and not service.is_engine)


def order(card: ModelCard, what: str) -> ImageRequest:
    """The smallest and plainest that the card has."""
    request = ImageRequest(
        model=card.id,
        prompt=PROMPT,
        size=None if what == "edit" else card.sizes.nearest(Size(256, 256)),
        quality=card.qualities[0] if card.qualities else None,
    )
    if what == "edit":
        return replace(request, images=(Image.from_bytes(png(Size(1024, 1024), "#fff")),))
    return replace(request, stream=True, partial_images=1) if what == "stream" else request


def cheapest(cards: Iterable[ModelCard], what: str) -> ModelCard:
    """Those whose price is not known come last. Skips where there is none that can."""
    able = [
        card
        for card in cards
        if not card.life.is_over(today())
        and (what != "edit" or card.max_input_images)
        and (what != "stream" or card.partial_images)
    ]
    if not able:
        pytest.skip(f"no model for: {what}")

    def dearness(card: ModelCard) -> tuple[bool, int]:
        if card.tokens is None:
            return card.prices.image is None, card.prices.image or 0
        tokens = card.tokens.image_out(order(card, what).quality, card.sizes.nearest(Size(256, 256)))
        known = cost(Usage(image_out=tokens), card.prices)
        return known is None, known or 0

    return min(able, key=dearness)


@pytest.mark.live
@pytest.mark.parametrize("what", ["generate", "edit", "stream"])
@pytest.mark.parametrize("service", services(), ids=lambda service: service.name)
def test_a_real_picture(service: Service, what: str) -> None:
    if not is_callable(service) or missing(service, os.environ):
        pytest.skip("no key")
    card = cheapest(service.cards, what)
    request = order(card, what)

    settings = Settings.load(os.environ)
    # Nobody else who has the model: what fails here would be drawn there, and kept as this one's.
    settings = replace(settings, route={card.id: {"offers": [card.id]}}, stand_in={})

    async def draw() -> tuple[list[Any], Report]:
        job = open_gateway(settings, os.environ).submit(request)
        async with job.watched() as events:
            return [event async for event in events], job.report

    with heard() as documents:
        events, report = asyncio.run(draw())
    assert report.provider == service.name
    access = read_access(service, os.environ)
    secrets = [access.key or "", *access.headers.values()]
    facts = {"model": card.id, "checked": datetime.now(UTC).date().isoformat(), "cost": report.cost}
    facts["plan"] = report.plan()
    print(keep(service.name, what, facts, [trimmed(document, secrets) for document in documents]))

    (done,) = [event for event in events if isinstance(event, Completed)]
    assert done.image.header().size is not None or done.image.url
    if what == "stream":
        assert all(event.image.header().size for event in events if isinstance(event, Partial))
    assert documents

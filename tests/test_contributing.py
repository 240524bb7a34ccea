"""The worked examples of CONTRIBUTING.md, run as they are printed there."""

from __future__ import annotations

import asyncio
import re
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tintype.catalog import read_service
from tintype.core import Access, Completed, Image, ImageRequest, ModelCard, Size
from tintype.dialects import all_dialects
from tintype.gateway.gateway import Gateway
from tintype.gateway.offers import Offer, Offers
from tintype.gateway.plan import make_plan
from tintype.polyfills import all_polyfills

from .fakes import FakeProvider
from .pictures import opened, png
from .serving import serving

PAGE = (Path(__file__).parent.parent / "CONTRIBUTING.md").read_text("utf-8")
EXAMPLES = {
    Path(found[1]).name: found[0]
    for found in (
        (block, path) for block, path in re.findall(r"```\w+\n((?:# (src/\S+)\n).*?)```", PAGE, re.S)
    )
}


def run(name: str) -> dict[str, Any]:
    """The names that an example's file defines."""
    scope: dict[str, Any] = {}
    exec(compile(EXAMPLES[name], name, "exec"), scope)
    return scope


def test_a_model_is_one_file() -> None:
    service = read_service("acme.toml", EXAMPLES["acme.toml"])
    (card,) = service.cards
    assert service.settings["key_env"] == "ACME_API_KEY"
    request = ImageRequest(model=card.id, prompt="a cat", n=4, output_format="webp")
    notes = {str(note) for note in make_plan(request, card, all_polyfills()).notes}
    assert notes == {"n=filled:fan_out(1x4)", "output_format=filled:transcode(png->webp)"}
    for note in notes:
        assert f"`{note}`" in PAGE


def test_a_provider() -> None:
    mirror = run("mirror.py")["Mirror"].open(Access(name="mirror"))
    card = ModelCard(id="mirror", provider="mirror", max_input_images=1, max_n=2)
    gateway = Gateway(offers=Offers([Offer(card, mirror)], default="mirror"), polyfills=all_polyfills())
    picture = Image.from_bytes(png(Size(8, 8)))

    async def main() -> list[Any]:
        job = gateway.submit(ImageRequest(model="mirror", prompt="the same", n=2, images=(picture,)))
        async with job.watched() as events:
            return [event async for event in events]

    assert asyncio.run(main()) == [Completed(image=picture, index=0), Completed(image=picture, index=1)]


@pytest.mark.parametrize(("path", "status"), [("/draw/m", 200), ("/v1/draw/m/", 200), ("/draw/none", 404)])
def test_a_dialect(path: str, status: int) -> None:
    card = ModelCard(id="m", provider="p")
    gateway = Gateway(offers=Offers([Offer(card, FakeProvider())], default="m"), polyfills=all_polyfills())
    with serving(gateway, dialects=[*all_dialects(), run("plain.py")["dialect"]]) as address:
        connection = HTTPConnection(urlsplit(address).netloc)
        connection.request("POST", path, b"a cat")
        response = connection.getresponse()
        body = response.read()
        connection.close()
    assert response.status == status
    if status == 200:
        assert opened(body).format == "PNG"


def test_a_polyfill() -> None:
    fill = run("no_style.py")["polyfill"]
    provider = FakeProvider()
    plan = make_plan(
        ImageRequest(model="m", prompt="a cat", style="vivid"),
        ModelCard(id="m", provider="p"),
        [fill],
    )
    assert [str(note) for note in plan.notes] == ["style=filled:style_in_words"]

    async def main() -> None:
        async for _ in plan.generate(provider)(plan.request):
            pass

    asyncio.run(main())
    assert provider.asked[0].prompt == "a cat, vivid colours"

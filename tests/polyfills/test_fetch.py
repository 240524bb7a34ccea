"""Pictures at addresses are here before the model is asked; what cannot be had is named."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from ipaddress import ip_network

import PIL.Image
import pytest

from tintype import pixels
from tintype.core import Completed, Generate, Image, ImageRequest, ModelCard, Size
from tintype.core.errors import BadRequest
from tintype.gateway.plan import make_plan
from tintype.polyfills import all_polyfills
from tintype.polyfills.fetch import Fetch, fetched
from tintype.transport.untrusted import Fetcher

from ..pictures import picture, png, png_header
from ..serving import picture_host
from .painter import Painter, all_of, card, note, opened, request

FILES = {
    "/blue.png": png(Size(16, 16), "#0000ff"),
    "/wide.jpg": picture("jpeg", 32, 8),
    "/hole.png": b"",  # drawn below
    "/vast.png": png_header(60_000, 60_000),
    "/torn.png": png_header(8, 8)[:20],
    "/cut.jpg": picture("jpeg", 32, 8)[:30],
}
FETCH = Fetch((ip_network("127.0.0.0/8"),))
OFFERED = card(max_n=1, max_input_images=4)


@pytest.fixture(scope="module")
def host() -> Iterator[tuple[str, list[str]]]:
    hole = PIL.Image.new("RGBA", (16, 16), (0, 0, 0, 255))
    hole.paste((0, 0, 0, 0), (0, 0, 16, 8))
    with picture_host({**FILES, "/hole.png": pixels.encode(hole, "png")}) as found:
        yield found


def order(url: str, *paths: str, mask: str = "", **wishes: object) -> ImageRequest:
    return request(
        images=tuple(Image.from_url(url + path) for path in paths),
        mask=Image.from_url(url + mask) if mask else None,
        **wishes,
    )


def drawn(
    wish: ImageRequest, offered: ModelCard = OFFERED, painter: Painter | None = None
) -> tuple[list[Completed], Painter]:
    painter = painter or Painter()
    others = [each for each in all_polyfills() if each.name != "fetch"]
    plan = make_plan(wish, offered, [FETCH, *others])
    generate: Generate = painter.generate
    for remedy in reversed(plan.remedies):
        generate = remedy.wrap(generate)
    return [event for event in all_of(generate(wish)) if isinstance(event, Completed)], painter


def test_the_note_counts_what_is_elsewhere() -> None:
    away, here = Image.from_url("https://a.test/a.png"), Image.from_bytes(FILES["/blue.png"])
    assert note("fetch", request(images=(away, here, away), mask=away), OFFERED) == "image=filled:fetch(3)"
    assert note("fetch", request(images=(here,), mask=away), OFFERED) == "mask=filled:fetch(1)"
    assert note("fetch", request(images=(here,), mask=here), OFFERED) is None


def test_it_is_the_outermost() -> None:
    assert all_polyfills()[0].name == "fetch"


def test_all_are_here_in_their_order(host: tuple[str, list[str]]) -> None:
    url, _ = host
    here = Image.from_bytes(png(Size(4, 4)))
    wish = order(url, "/wide.jpg", "/blue.png?v=2")
    _, painter = drawn(request(images=(wish.images[0], here, wish.images[1])))
    (asked,) = painter.asked
    sent = [bytes(image.as_bytes()) for image in asked.images]
    assert sent == [FILES["/wide.jpg"], bytes(here.as_bytes()), FILES["/blue.png"]]


def test_several_calls_of_the_model_share_one_fetch(host: tuple[str, list[str]]) -> None:
    url, asked = host
    asked.clear()
    pictures, painter = drawn(order(url, "/blue.png", n=3))
    assert (len(pictures), len(painter.asked), asked) == (3, 3, ["/blue.png"])


def test_a_mask_may_be_elsewhere_too(host: tuple[str, list[str]]) -> None:
    """For a model without masks: what the mask keeps is of the picture that was fetched."""
    (picture,), painter = drawn(order(host[0], "/blue.png", mask="/hole.png", size=Size(16, 16)))
    found = opened(picture).convert("RGB")
    assert (found.getpixel((8, 1)), found.getpixel((8, 14))) == ((200, 30, 40), (0, 0, 255))
    assert painter.asked[0].mask is None


@pytest.mark.parametrize(
    ("paths", "mask", "param", "code", "words"),
    [
        (("/blue.png", "/none.png"), "", "image", "invalid_image_url", "Image 2 cannot be fetched from http"),
        (("/blue.png",), "/none.png", "mask", "invalid_image_url", "The mask cannot be fetched from http"),
        (("/vast.png",), "", "image", "invalid_image_file", "image 1 is damaged, or tells of more than 50"),
        (("/torn.png",), "", "image", "invalid_image_file", "image 1 is damaged"),
        (("/wide.jpg",), "/hole.png", "mask", "invalid_value", "it is 16x16 and the image is 32x8"),
    ],
)
def test_the_model_is_not_asked_when_one_cannot_be_had(
    host: tuple[str, list[str]], paths: tuple[str, ...], mask: str, param: str, code: str, words: str
) -> None:
    painter = Painter()
    offered = card(max_input_images=4, mask=True)
    with pytest.raises(BadRequest, match=words) as caught:
        drawn(order(host[0], *paths, mask=mask), offered, painter)
    assert (caught.value.param, caught.value.code) == (param, code)
    assert not painter.asked


def test_the_first_failure_ends_the_others() -> None:
    """One host is unknown at once, the other never answers."""

    async def resolve(name: str, port: int) -> list[str]:
        if name == "slow.test":
            await asyncio.sleep(60)
        raise OSError

    wish = order("http://", "slow.test/a.png", "gone.test/a.png")

    async def main() -> None:
        with pytest.raises(BadRequest, match=r"Image 2 .* not known"):
            await anext(fetched(wish, Fetcher(resolve=resolve), Painter().generate))

    asyncio.run(asyncio.wait_for(main(), 5))


def test_many_pictures_share_what_there_is(
    host: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tintype.polyfills.fetch.MAX_BYTES", 2 * len(FILES["/blue.png"]))
    drawn(order(host[0], "/blue.png", "/blue.png"))
    with pytest.raises(BadRequest, match="it has more than"):
        drawn(order(host[0], "/blue.png", "/blue.png", "/blue.png"))

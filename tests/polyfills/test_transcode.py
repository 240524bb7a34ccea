"""File formats and compression, made on this side."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from tintype.core import Completed, Events, Format, Image, ImageEvent, ImageRequest, Partial, Text
from tintype.core.errors import Garbled
from tintype.core.request import FORMATS

from .painter import RED, Painter, all_of, card, filled, note, opened, request
from .test_mask import mask, picture


@pytest.mark.parametrize(
    ("offered", "compresses", "format", "percent", "said"),
    [
        (("png",), False, "webp", None, "output_format=filled:transcode(png->webp)"),
        (("png",), False, "jpeg", 70, "output_format=filled:transcode(png->jpeg)"),
        (("jpeg", "webp"), True, "png", None, "output_format=filled:transcode(webp->png)"),
        (("jpeg",), False, "png", 50, "output_format=filled:transcode(jpeg->png), without compression"),
        (("png", "jpeg"), False, "jpeg", 70, "output_compression=filled:transcode(png->jpeg)"),
        (("jpeg",), False, None, 70, "output_compression=filled:transcode(jpeg->jpeg)"),
        (("png", "jpeg"), False, "png", 70, "output_compression=ignored:png is lossless"),
        (("png", "jpeg"), True, None, 70, "output_compression=ignored:png is lossless"),
        (("png", "jpeg"), True, "jpeg", 70, None),
        (("png", "jpeg"), True, "jpeg", None, None),
        (("png",), False, None, None, None),
    ],
)
def test_what_the_caller_is_told(
    offered: tuple[Format, ...],
    compresses: bool,
    format: Format | None,
    percent: int | None,
    said: str | None,
) -> None:
    asked = request(output_format=format, output_compression=percent)
    assert note("transcode", asked, card(formats=offered, output_compression=compresses)) == said


@pytest.mark.parametrize("source", FORMATS)
@pytest.mark.parametrize("wanted", FORMATS)
def test_every_format_from_every_other(source: Format, wanted: Format) -> None:
    if source == wanted:
        return
    painter = Painter(partials=2)
    wish = request(output_format=wanted, n=2, seed=5)
    events = all_of(filled("transcode", wish, card(formats=(source,)), painter.generate)(wish))
    assert painter.asked[0].output_format == source
    assert painter.asked[0].seed == 5
    pictures = [event for event in events if isinstance(event, Completed | Partial)]
    assert len(pictures) == 6
    assert len([event for event in events if isinstance(event, Text)]) == 2
    for event in pictures:
        assert event.image.header().format == wanted
        found = opened(event).convert("RGB").getpixel((8, 8))
        assert isinstance(found, tuple)
        assert all(abs(a - b) <= 6 for a, b in zip(found, RED, strict=True))


def test_a_picture_that_is_right_already_is_not_touched() -> None:
    """The model was asked for PNG and answered WebP, which is what the caller wants."""
    painter = Painter(ignores_format="webp")
    seen: list[Image] = []

    async def remember(asked: ImageRequest) -> Events:
        async with aclosing(painter.generate(asked)) as events:
            async for event in events:
                if isinstance(event, Completed):
                    seen.append(event.image)
                yield event

    wish = request(output_format="webp")
    last = all_of(filled("transcode", wish, card(formats=("png",)), remember)(wish))[-1]
    assert isinstance(last, Completed)
    assert last.image is seen[0]


def test_a_format_that_the_model_swapped_is_put_right() -> None:
    painter = Painter(ignores_format="jpeg")
    wish = request(output_format="webp")
    last = all_of(filled("transcode", wish, card(formats=("png",)), painter.generate)(wish))[-1]
    assert isinstance(last, Completed)
    assert last.image.header().format == "webp"


@pytest.mark.parametrize("wanted", ["jpeg", "webp"])
def test_compression_is_a_quality_percent(wanted: Format) -> None:
    from PIL import Image as Pillow

    from tintype import pixels

    noise = Pillow.effect_noise((64, 64), 80).convert("RGB")
    picture = Image.from_bytes(pixels.encode(noise, "png"))

    async def generate(asked: ImageRequest) -> Events:
        assert asked.output_format == "png"
        assert asked.output_compression is None
        yield Completed(image=picture)

    weights = []
    for percent in (0, 30, 70, 100):
        wish = request(output_format=wanted, output_compression=percent)
        offered = card(formats=("png", wanted))
        (event,) = all_of(filled("transcode", wish, offered, generate)(wish))
        assert isinstance(event, Completed)
        weights.append(event.image.weight())
    assert weights == sorted(weights)
    assert weights[0] < weights[-1] / 3


def test_a_broken_answer_is_the_upstreams_fault() -> None:
    async def generate(asked: ImageRequest) -> Events:
        yield Completed(image=Image.from_bytes(b"\x89PNG\r\n\x1a\n and then nothing"))

    wish = request(output_format="webp")
    with pytest.raises(Garbled) as caught:
        all_of(filled("transcode", wish, card(), generate)(wish))
    assert caught.value.charged


@pytest.mark.parametrize("broken", range(3))
@pytest.mark.parametrize("name", ["transcode", "mask"])
def test_a_picture_that_cannot_be_opened_costs_none_of_the_others(name: str, broken: int) -> None:
    """They are paid with it."""
    images: dict[str, object] = {"images": (picture(),), "mask": mask()} if name == "mask" else {}
    wish = request(output_format="webp", n=3, **images)
    painter = Painter(partials=1, breaks_at=broken, breaks_previews=True)
    got: list[ImageEvent] = []

    async def read() -> None:
        async for event in filled(name, wish, card(max_input_images=4), painter.generate)(wish):
            got.append(event)

    with pytest.raises(Garbled):
        asyncio.run(read())
    made = [event for event in got if isinstance(event, Completed)]
    assert [(event.index, event.image.header().format) for event in made] == [(0, "webp"), (1, "webp")]
    assert not [event for event in got if isinstance(event, Partial)]


@pytest.mark.parametrize("name", ["transcode", "mask"])
def test_a_preview_that_cannot_be_opened_is_not_missed(name: str) -> None:
    images: dict[str, object] = {"images": (picture(),), "mask": mask()} if name == "mask" else {}
    wish = request(output_format="webp", **images)
    painter = Painter(partials=2, breaks_previews=True)
    events = all_of(filled(name, wish, card(max_input_images=4), painter.generate)(wish))
    assert [type(event) for event in events] == [Text, Completed]


def test_an_answer_that_is_only_an_address_is_the_upstreams_fault() -> None:
    async def generate(asked: ImageRequest) -> Events:
        assert asked.response_format == "b64_json"
        yield Completed(image=Image.from_url("https://pictures.example/1.png"))

    wish = request(output_format="webp", response_format="url")
    with pytest.raises(Garbled, match="pictures"):
        all_of(filled("transcode", wish, card(), generate)(wish))


def test_leaving_early_ends_the_call() -> None:
    painter = Painter(partials=1, stalls=True)
    wish = request(output_format="webp")

    async def leave_early() -> ImageEvent:
        async with aclosing(filled("transcode", wish, card(), painter.generate)(wish)) as events:
            return await anext(events)

    assert isinstance(asyncio.run(leave_early()), Partial)
    assert painter.running == 0

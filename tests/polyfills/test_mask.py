"""An edit within a mask, from a model that has no masks."""

from __future__ import annotations

import PIL.Image
import pytest

from tintype import pixels
from tintype.core import Completed, Image, Partial, Size
from tintype.core.errors import BadRequest

from .painter import Painter, all_of, card, filled, note, opened, request

BLUE = (10, 60, 220)
EDITOR = card(max_input_images=4)


def picture(size: tuple[int, int] = (24, 16), colour: tuple[int, ...] = BLUE) -> Image:
    mode = "RGBA" if len(colour) == 4 else "RGB"
    return Image.from_bytes(pixels.encode(PIL.Image.new(mode, size, colour), "png"))


def mask(size: tuple[int, int] = (24, 16), *, alpha: int = 0) -> Image:
    """Open in its left half."""
    whole = PIL.Image.new("RGBA", size, (9, 9, 9, 255))
    whole.paste((0, 0, 0, alpha), (0, 0, size[0] // 2, size[1]))
    return Image.from_bytes(pixels.encode(whole, "png"))


def test_what_the_caller_is_told() -> None:
    wish = request(images=(picture(),), mask=mask())
    assert note("mask", wish, EDITOR) == "mask=filled:composite"
    assert note("mask", wish, card(max_input_images=4, mask=True)) is None
    assert note("mask", wish, card()) is None
    assert note("mask", request(images=(picture(),)), EDITOR) is None


@pytest.mark.parametrize("size", [Size(24, 16), Size(96, 64), Size(16, 16)])
def test_only_the_open_part_changes_to_the_pixel(size: Size) -> None:
    painter = Painter(partials=1)
    wish = request(images=(picture(), picture((5, 5))), mask=mask(), size=size, seed=1)
    events = all_of(filled("mask", wish, EDITOR, painter.generate)(wish))
    pictures = [event for event in events if isinstance(event, Completed | Partial)]
    assert len(pictures) == 2
    for event in pictures:
        found = opened(event).convert("RGB")
        assert found.size == (24, 16)
        colours = [found.getpixel((x, y)) for y in range(16) for x in range(24)]
        assert colours == ([painter.colour] * 12 + [BLUE] * 12) * 16
    (asked,) = painter.asked
    assert asked.mask is None
    assert len(asked.images) == 2
    assert (asked.size, asked.seed) == (size, 1)


def test_a_half_open_part_is_a_mixture() -> None:
    painter = Painter(colour=(200, 0, 0))
    wish = request(images=(picture(colour=(0, 0, 0)),), mask=mask(alpha=128))
    found = opened(all_of(filled("mask", wish, EDITOR, painter.generate)(wish))[-1])
    red = found.convert("RGB").getpixel((0, 0))
    assert isinstance(red, tuple)
    assert 90 <= red[0] <= 110


def test_alpha_of_picture_and_answer_lives_on() -> None:
    painter = Painter(colour=(200, 30, 40, 0))
    wish = request(images=(picture(colour=(*BLUE, 77)),), mask=mask())
    found = opened(all_of(filled("mask", wish, EDITOR, painter.generate)(wish))[-1])
    assert found.getchannel("A").getpixel((0, 0)) == 0
    assert found.getpixel((23, 15)) == (*BLUE, 77)


def test_the_caller_gets_the_format_that_was_asked_for() -> None:
    painter = Painter()
    wish = request(images=(picture(),), mask=mask(), output_format="webp", output_compression=80)
    offered = card(max_input_images=4, formats=("jpeg", "png", "webp"))
    last = all_of(filled("mask", wish, offered, painter.generate)(wish))[-1]
    assert isinstance(last, Completed)
    assert last.image.header().format == "webp"
    assert painter.asked[0].output_format == "png"


@pytest.mark.parametrize(
    ("first", "bad", "param", "words"),
    [
        (picture(), mask((16, 16)), "mask", "16x16"),
        (picture(), picture(), "mask", "alpha"),
        (picture(), Image.from_bytes(b"no picture"), "mask", "mask"),
        (Image.from_bytes(b"no picture"), mask(), "image", "image 1"),
    ],
)
def test_a_bad_mask_is_refused_before_the_model_is_asked(
    first: Image, bad: Image, param: str, words: str
) -> None:
    painter = Painter()
    wish = request(images=(first,), mask=bad)
    with pytest.raises(BadRequest, match=words) as caught:
        all_of(filled("mask", wish, EDITOR, painter.generate)(wish))
    assert caught.value.param == param
    assert painter.asked == []

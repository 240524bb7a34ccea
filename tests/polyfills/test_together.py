"""All polyfills around one call, in every order; but `fetch` is always around the others."""

from __future__ import annotations

from itertools import permutations

import PIL.Image
import pytest

from tintype import pixels
from tintype.core import Completed, Generate, Image, Size, Sizes

from .painter import POLYFILLS, RED, Painter, all_of, card, filled, opened, request

OFFERED = card(max_n=1, max_input_images=1, sizes=Sizes(listed=(Size(8, 8),)), qualities=("low",))


def test_the_folder_is_the_registry() -> None:
    assert set(POLYFILLS) == {"fan_out", "fetch", "fit_quality", "fit_size", "host", "mask", "transcode"}
    covered = [field for polyfill in POLYFILLS.values() for field in polyfill.fields]
    assert sorted(covered) == [
        "address",
        "addresses",
        "mask",
        "n",
        "output_compression",
        "output_format",
        "quality",
        "size",
    ]


@pytest.mark.parametrize(
    "order", list(permutations(sorted(POLYFILLS.keys() - {"fetch", "host"}))), ids=",".join
)
def test_any_order_gives_the_same_pictures(order: tuple[str, ...]) -> None:
    blank = PIL.Image.new("RGB", (8, 8), (0, 0, 255))
    hole = PIL.Image.new("RGBA", (8, 8), (0, 0, 0, 255))
    hole.paste((0, 0, 0, 0), (0, 0, 8, 4))
    wish = request(
        n=2,
        size=Size(16, 16),
        quality="max",
        output_format="webp",
        output_compression=100,
        images=(Image.from_bytes(pixels.encode(blank, "png")),),
        mask=Image.from_bytes(pixels.encode(hole, "png")),
        seed=1,
    )
    painter = Painter()
    generate: Generate = painter.generate
    for name in reversed(order):
        generate = filled(name, wish, OFFERED, generate)
    pictures = [event for event in all_of(generate(wish)) if isinstance(event, Completed)]
    assert sorted(event.index for event in pictures) == [0, 1]
    assert sorted((asked.seed, asked.n) for asked in painter.asked) == [(1, 1), (2, 1)]
    for asked in painter.asked:
        assert (asked.size, asked.quality, asked.output_format) == (Size(8, 8), "low", "png")
        assert (asked.mask, asked.output_compression) == (None, None)
    for event in pictures:
        assert event.image.header() == ("webp", (8, 8))
        found = opened(event).convert("RGB")
        for at, colour in (((3, 0), RED), ((3, 7), (0, 0, 255))):
            pixel = found.getpixel(at)
            assert isinstance(pixel, tuple)
            assert all(abs(a - b) <= 12 for a, b in zip(pixel, colour, strict=True)), (at, pixel)

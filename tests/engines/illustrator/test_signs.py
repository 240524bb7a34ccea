"""Lettering: it fits, it is legible, and it survives letters that no font has."""

from __future__ import annotations

import itertools
from typing import get_args

import numpy as np
import pytest

from tintype.engines.illustrator.scene import Lettering, Spot
from tintype.engines.illustrator.signs import clear_of, drawable, fitted, letter

DAY = (120, 190, 240)
CARRIERS = ("title", "sign", "neon sign", "caption", "label", "speech", "logo")


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize(
    "text", ["OPEN", "The city was a tough place to keep secrets.", "x", "Donaudampfschifffahrtsgesellschaft"]
)
@pytest.mark.parametrize("size", [(1024, 1024), (300, 900), (900, 300), (64, 64)])
def test_it_stays_on_the_canvas(carrier: str, text: str, size: tuple[int, int]) -> None:
    words = Lettering(text=text, carrier=carrier)  # type: ignore[arg-type]
    for layer in letter(words, *size, DAY, 0, []):
        solid = layer.pixels.getchannel("A").point(lambda a: 255 * (a > 200)).getbbox()
        assert solid is not None
        assert layer.x + solid[0] >= 0
        assert layer.x + solid[2] <= size[0]
        assert layer.y + solid[3] <= size[1]


@pytest.mark.parametrize("spot", get_args(Spot))
def test_spots(spot: Spot) -> None:
    (layer,) = letter(Lettering(text="Hi", spot=spot), 1000, 1000, DAY, 0, [])
    x, y = layer.x + layer.pixels.width / 2, layer.y + layer.pixels.height / 2
    assert ("left" in spot) == (x < 400)
    assert ("right" in spot) == (x > 600)
    assert ("top" in spot) == (y < 400)
    assert ("bottom" in spot) == (y > 600)


@pytest.mark.parametrize("colour", [(250, 250, 245), (10, 12, 30), (120, 120, 120)])
def test_letters_stand_out_from_any_ground(colour: tuple[int, int, int]) -> None:
    (layer,) = letter(Lettering(text="Jazz"), 800, 800, colour, 0, [])
    pixels = np.asarray(layer.pixels).astype(int)
    inner = pixels[pixels[..., 3] == 255][:, :3]
    assert np.abs(inner.mean(axis=1) - np.mean(colour)).max() > 90


def test_long_words_are_wrapped_and_scaled() -> None:
    few, _ = fitted("Hi", "sans", 500, 200)
    many, wrapped = fitted("all work and no play makes jack a dull boy and a tired one", "sans", 500, 200)
    assert "\n" in wrapped
    assert many.size < few.size
    assert max(many.getlength(line) for line in wrapped.split("\n")) <= 500


def test_letters_that_the_font_lacks() -> None:
    assert drawable("Café", "sans") == "Café"
    assert drawable("東京", "sans") == "··"
    assert letter(Lettering(text="東京", carrier="sign"), 200, 200, DAY, 0, [])


def test_two_pieces_of_lettering_do_not_overlap() -> None:
    taken: list[tuple[int, int]] = []
    for carrier in ("title", "speech", "sign"):
        letter(Lettering(text="words", carrier=carrier), 800, 800, DAY, 0, taken)
    spans = sorted(taken)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    assert clear_of([(0, 100)], 20, 50, 400, 5) == 105


def test_a_neon_sign_hangs_on_its_hook() -> None:
    words = Lettering(text="BAR", carrier="neon sign")
    (layer,) = letter(words, 1500, 1000, DAY, 0, [], (0.75, 0.4, 0.15))
    x, y = layer.x + layer.pixels.width / 2, layer.y + layer.pixels.height / 2
    assert abs(x - 0.75 * 1500) < 60
    assert abs(y - 0.4 * 1000) < 60

"""Colours survive the way to OKLCh and back, and a repainted material keeps its light and shade."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tintype.engines.illustrator.recolour import (
    colour_of,
    from_lch,
    hex_of,
    main_family,
    repaint,
    replace,
    to_lch,
)

_COLOURS = st.tuples(*[st.integers(0, 255)] * 3).map(lambda c: (c[0], c[1], c[2]))


@given(_COLOURS)
def test_there_and_back(colour: tuple[int, int, int]) -> None:
    assert max(abs(a - b) for a, b in zip(from_lch(*to_lch(colour)), colour, strict=True)) <= 2
    assert colour_of(hex_of(colour)) == colour


@given(_COLOURS)
def test_lighter_stays_lighter(target: tuple[int, int, int]) -> None:
    family = [(200, 60, 50), (240, 130, 120), (120, 20, 20)]
    painted = repaint(family, target)
    body, light, shade = (to_lch(painted[fill]).lightness for fill in family)
    assert light >= body - 0.01
    assert shade <= body + 0.01


def test_short_and_long_spellings_are_one_colour() -> None:
    assert (
        replace('<path fill="#fff"/><path fill="#FFFFFF"/>', {(255, 255, 255): (0, 0, 0)}).count("#000000")
        == 2
    )


def test_paint_is_the_largest_family_of_one_hue_and_never_what_must_stay() -> None:
    red, dark_red, blue, grey = (240, 40, 40), (160, 10, 40), (40, 190, 250), (200, 200, 200)
    palette = [(blue, 0.35), (red, 0.3), (dark_red, 0.15), (grey, 0.2)]
    assert main_family(palette, frozenset()) == [red, dark_red]
    assert main_family(palette, frozenset([red, dark_red])) == [blue]

"""One grammar for every way that callers write a size, and the nearest that a model draws."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tintype.core import Grid, Ratio, Size, Sizes, SizeWish
from tintype.core.size import ANY_SIZE, TIERS, parse

OPENAI = Grid(multiple=16, max_edge=3840, max_ratio=3, min_pixels=655_360, max_pixels=8_294_400)
GRIDS = {
    "openai": OPENAI,
    "illustrator": Grid(min_edge=16, max_edge=3840, max_ratio=8),
    "any": Grid(),
    "eights": Grid(multiple=8, min_edge=256, max_edge=2048, max_ratio=4),
    "sixty-fours": Grid(multiple=64, min_edge=64, max_edge=1536, max_ratio=2.5, max_pixels=1_048_576),
    "one megapixel": Grid(multiple=32, max_edge=2048, min_pixels=900_000, max_pixels=1_100_000),
    "square": Grid(multiple=16, max_edge=1024, max_ratio=1),
}

edges = st.integers(1, 999_999)
sizes = st.builds(Size, edges, edges)
numbers = st.one_of(st.integers(1, 9999), st.integers(1, 9_999_999).map(lambda n: n / 1000))
ratios = st.builds(Ratio, numbers, numbers, st.sampled_from([None, *TIERS]))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
near_misses = st.from_regex(r"[ 0-9xX\u00d7*:.@kK]{0,14}", fullmatch=True)
objects = st.dictionaries(
    st.sampled_from(["width", "height", "aspectRatio", "aspect_ratio", "imageSize", "image_size", "Width"]),
    anything | near_misses | st.integers(-5, 5000),
)


@given(anything | near_misses | objects)
@example("0:0")
@example("0x0")
@example("9" * 50 + "x1")
@example("1:1@")
@example("1:1@3K")
@example("1234.567:1000")
@example("\u0661\u0662x\u0663")
@example("\u00b2x\u00b2")
@example({"width": True, "height": 3})
@example({"width": 10**30, "height": 3})
@example({"width": -3, "height": 3})
@example({"aspectRatio": {"aspectRatio": "1:1"}})
@example({"imageSize": "1:1"})
@example({"imageSize": "16:9@2K"})
def test_whatever_comes_is_understood_or_refused_in_words(wish: object) -> None:
    try:
        found = parse(wish)
    except ValueError as error:
        refusal = str(error)
        assert refusal, wish
        return
    assert found is None or isinstance(found, Size | Ratio)
    if isinstance(found, Size):
        assert min(found) >= 1
    if found is not None:
        assert parse(str(found)) == found
        assert min(ANY_SIZE.nearest(found)) >= 1


@given(sizes)
def test_a_size_reads_back(size: Size) -> None:
    assert parse(str(size)) == size
    assert parse(f" {size.width} * {size.height}\n") == size
    assert parse({"width": size.width, "height": size.height}) == size


@given(ratios)
def test_a_ratio_reads_back(ratio: Ratio) -> None:
    assume(1 / 100 <= ratio.width / ratio.height <= 100)
    again = parse(str(ratio))
    assert again == ratio
    assert isinstance(again, Ratio)
    assert min(again.pixels()) >= 16


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        ("1024x1024", Size(1024, 1024)),
        ("1024X768", Size(1024, 768)),
        ("1024\u00d7768", Size(1024, 768)),
        ("AUTO", None),
        ("  ", None),
        (None, None),
        ({}, None),
        ("16:9", Ratio(16, 9)),
        ("19.5:9", Ratio(19.5, 9)),
        ("16:9@2k", Ratio(16, 9, "2K")),
        ("Square", Ratio(1, 1)),
        ("512", Ratio(1, 1, "512")),
        ("0.5k", Ratio(1, 1, "0.5K")),
        ("4K", Ratio(1, 1, "4K")),
        ({"aspect_ratio": "9:16", "image_size": "4K"}, Ratio(9, 16, "4K")),
        ({"aspectRatio": "", "imageSize": "1K"}, Ratio(1, 1, "1K")),
        ({"width": 640, "height": 480}, Size(640, 480)),
    ],
)
def test_spellings(wish: object, found: SizeWish) -> None:
    assert parse(wish) == found


@pytest.mark.parametrize(
    "wish",
    [
        "huge",
        "1024",
        "1024x",
        "x1024",
        "0x0",
        "1x0",
        "-1x5",
        "1:0",
        "1:101",
        "3K",
        "16:9@3K",
        1024,
        [1024, 1024],
        {"width": 640},
        {"width": "640", "height": 480},
        {"width": 0, "height": 9},
        {"imageSize": "16:9"},
        {"aspectRatoi": "16:9"},
        {"aspectRatio": {"url": 1}},
    ],
)
def test_what_is_no_size(wish: Any) -> None:
    with pytest.raises(ValueError, match=r"size|shape|tier|number"):
        parse(wish)


lengths = st.integers(1, 64) | st.integers(1, 20_000)


@given(st.sampled_from(list(GRIDS)), lengths, lengths)
@example("openai", 512, 512)
@example("openai", 10_000, 100)
@example("openai", 1, 1)
@example("openai", 3840, 3840)
@example("one megapixel", 20_000, 1)
@example("sixty-fours", 1, 20_000)
@example("eights", 100, 100)
@example("illustrator", 1, 1)
def test_the_nearest_is_on_the_grid_and_stays(name: str, width: int, height: int) -> None:
    grid = GRIDS[name]
    found = grid.nearest(Size(width, height))
    assert grid.fault(found) is None, str(found)
    assert grid.nearest(found) == found


def stretch(one: Size, other: Size) -> float:
    """How much one has to be stretched to have the other's shape; 1.0: not at all."""
    a, b = one.width / one.height, other.width / other.height
    return max(a / b, b / a)


@given(st.integers(16, 8192), st.integers(16, 8192))
def test_the_nearest_keeps_the_shape_where_the_grid_has_it(width: int, height: int) -> None:
    """At OpenAI's smallest sizes, a step of 16 is 3 % of the short edge."""
    wish = Size(width, height)
    assume(max(wish) <= 3 * min(wish))
    assert stretch(OPENAI.nearest(wish), wish) <= 1.04


@given(st.integers(16, 20_000), st.integers(16, 20_000))
def test_a_shape_that_is_too_long_becomes_the_longest_there_is(width: int, height: int) -> None:
    wish = Size(width, height)
    assume(max(wish) > 3 * min(wish))
    found = OPENAI.nearest(wish)
    assert stretch(found, Size(1, 1)) >= 2.9
    assert (found.width > found.height) == (wish.width > wish.height)


@given(st.integers(640, 3840), st.integers(640, 3840))
def test_the_nearest_keeps_the_number_of_pixels_where_the_grid_has_it(width: int, height: int) -> None:
    wish = Size(width, height)
    assume(max(wish) <= 3 * min(wish) and OPENAI.min_pixels <= width * height <= OPENAI.max_pixels)
    found = OPENAI.nearest(wish)
    assert sqrt(found.width * found.height / (width * height)) == pytest.approx(1, abs=0.035)


LISTS = (
    (Size(1024, 1024), Size(1536, 1024), Size(1024, 1536)),
    (Size(1024, 1024), Size(1792, 1024), Size(1024, 1792)),
    (Size(256, 256), Size(512, 512), Size(1024, 1024)),
)


@given(st.sampled_from(LISTS), sizes | ratios)
def test_the_nearest_of_a_list_is_of_the_list(listed: tuple[Size, ...], wish: Size | Ratio) -> None:
    offer = Sizes(listed=listed)
    found = offer.nearest(wish)
    assert found in listed
    assert offer.fault(found) is None
    assert offer.nearest(found) == found


@given(st.sampled_from(LISTS), sizes)
@example(LISTS[0], Size(48, 60))  # 1.25 from a square, and 1.2 from 2:3
def test_nothing_on_the_list_has_a_much_nearer_shape(listed: tuple[Size, ...], wish: Size) -> None:
    found = stretch(Sizes(listed=listed).nearest(wish), wish)
    assert found <= min(stretch(offer, wish) for offer in listed) + 0.011


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (Size(4096, 4096), "Invalid size '4096x4096'. The longest edge must be less than or equal to 3840."),
        (
            Size(576, 1024),
            "Invalid size '576x1024'. Requested resolution is below the current minimum pixel budget.",
        ),
        (Size(1000, 1000), "Invalid size '1000x1000'. Width and height must be multiples of 16."),
    ],
)
def test_openai_says_no_in_these_words(size: Size, words: str) -> None:
    assert Sizes(grid=OPENAI).fault(size) == words


@pytest.mark.parametrize(
    "size",
    ["1024x1024", "1536x1024", "1024x1536", "2048x2048", "2048x1152", "3840x2160", "2160x3840", "2880x2880"],
)
def test_the_popular_sizes_are_on_openais_grid(size: str) -> None:
    found = parse(size)
    assert isinstance(found, Size)
    assert OPENAI.fault(found) is None
    assert OPENAI.nearest(found) == found

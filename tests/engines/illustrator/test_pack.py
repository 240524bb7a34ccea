"""The pack draws what it lists, keeps shading when recoloured, and knows how its subjects stand."""

from __future__ import annotations

import io
import re
from importlib.resources import files
from xml.etree import ElementTree

import pytest
from PIL import Image, ImageFont
from resvg_py import svg_to_bytes

from tintype.engines.illustrator import pack
from tintype.engines.illustrator.pack import Typeface
from tintype.engines.illustrator.recolour import colour_of, to_lch

PACK = pack.load()
_DRAWN = sorted(
    entry.name.removesuffix(".svg")
    for entry in (files("tintype.engines.illustrator") / "drawn").iterdir()
    if entry.name.endswith(".svg")
)


def _fills(body: str) -> set[str]:
    return set(re.findall(r'fill="(#[0-9a-f]{3,6})"', body))


def _svg(body: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 32 32">{body}</svg>'


def test_there_are_enough_subjects_and_all_are_well_formed() -> None:
    assert len(PACK.names) >= 1400
    for name in PACK.names:
        ElementTree.fromstring(_svg(PACK.svg(name)))


def test_boxes_lie_in_the_viewbox_and_feet_in_the_boxes() -> None:
    for name in PACK.names:
        box, foot = PACK.box(name), PACK.standing(name).foot
        assert 0 <= box.left < box.right <= 32, name
        assert 0 <= box.top < box.bottom <= 32, name
        assert box.left <= foot[0] <= box.right, name
        assert foot[1] == box.bottom


@pytest.mark.parametrize("name", _DRAWN)
def test_our_own_drawings_are_in_the_pack_as_they_are_in_the_folder(name: str) -> None:
    source = (files("tintype.engines.illustrator") / "drawn" / f"{name}.svg").read_text()
    pictures = [
        Image.open(
            io.BytesIO(bytes(svg_to_bytes(svg_string=svg, width=64, height=64, skip_system_fonts=True)))
        )
        for svg in (source, _svg(PACK.svg(name)))
    ]
    histograms = [picture.convert("RGBA").histogram() for picture in pictures]
    assert sum(abs(a - b) for a, b in zip(*histograms, strict=True)) < 64 * 64
    assert pictures[0].convert("RGBA").getchannel("A").getbbox()


def test_a_blue_car_keeps_its_windows_and_tyres() -> None:
    plain, blue = PACK.svg("automobile"), PACK.svg("automobile", (30, 90, 220))
    assert "#f8312f" in plain
    assert "#f8312f" not in blue
    assert "#1e5adc" in blue
    for kept in ("#26c9fc", "#321b41", "#9b9b9b"):
        assert plain.count(kept) == blue.count(kept)


@pytest.mark.parametrize("colour", [(20, 20, 20), (250, 250, 250), (200, 40, 40)])
def test_a_painted_mug_keeps_its_shading(colour: tuple[int, int, int]) -> None:
    painted = _fills(PACK.svg("mug", colour)) - _fills(PACK.svg("mug"))
    lightness = sorted(to_lch(colour_of(fill)).lightness for fill in painted)
    assert len(lightness) >= 3
    assert lightness[-1] - lightness[0] > 0.02


def test_skin_is_for_people() -> None:
    tones = {PACK.svg("man-standing", skin=tone) for tone in ("light", "medium", "dark")}
    assert len(tones) == 3
    assert all("#ffc83d" not in body for body in tones)
    assert PACK.svg("cat", skin="dark") == PACK.svg("cat")
    assert PACK.svg("star", skin="dark") == PACK.svg("star")


def test_clothes_take_the_colour_and_faces_do_not() -> None:
    body = PACK.svg("man-standing", (220, 30, 30), "light")
    assert "#dc1e1e" in body
    assert "#ffd7c2" in body


def test_sizes_are_in_the_order_of_nature() -> None:
    order = ["honeybee", "mouse", "cat", "man-standing", "automobile", "house", "snow-capped-mountain"]
    sizes = [PACK.standing(name).size for name in order]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == len(sizes)


@pytest.mark.parametrize(
    ("name", "habit"),
    [
        ("cat", "stands"),
        ("fish", "swims"),
        ("sailboat", "sails"),
        ("airplane", "flies"),
        ("sun", "sky"),
        ("red-heart", "floats"),
    ],
)
def test_habits(name: str, habit: str) -> None:
    assert PACK.standing(name).habit == habit


def test_heads_and_whole_animals() -> None:
    assert PACK.standing("panda").head
    assert not PACK.standing("panda-sitting").head
    assert PACK.standing("panda-sitting").mouth is not None
    assert PACK.standing("table").crown is None


def test_every_word_leads_to_a_drawing() -> None:
    words = pack.read_asset("words")
    assert {name for name, _ in words.values()} <= PACK.names
    assert len(words) > 2500


@pytest.mark.parametrize("name", ["sans", "sans-bold", "serif-bold", "hand-bold"])
def test_typefaces_cover_latin(name: Typeface) -> None:
    font = ImageFont.truetype(io.BytesIO(pack.typeface(name)), 40)
    missing = font.getmask("\uffff").getbbox(), font.getlength("\uffff")
    for letter in "Ag\u00e9\u00fc\u00df\u010d\u0151\u0142\u201c\u20ac":
        drawn = font.getmask(letter)
        assert drawn.getbbox() is not None
        assert (drawn.getbbox(), font.getlength(letter)) != missing

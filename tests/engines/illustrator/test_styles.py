"""Each style is seen in the pixels, is repeatable, and keeps what it must."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from PIL import Image

from tintype.engines.illustrator.layers import Layer
from tintype.engines.illustrator.scene import Lettering, Style
from tintype.engines.illustrator.styles import STYLES
from tintype.engines.illustrator.styles.pixel import block

from .paintings import finished, ground, painting

NAMES: tuple[Style, ...] = get_args(Style)
OTHERS = [name for name in NAMES if name != "illustration"]


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture, np.int16)


def difference(a: Image.Image, b: Image.Image) -> float:
    return float(np.abs(pixels(a.convert("RGB")) - pixels(b.convert("RGB"))).mean())


def is_grey(picture: Image.Image) -> bool:
    values = pixels(picture)
    return bool((values[..., :3].max(axis=2) == values[..., :3].min(axis=2)).all())


def test_every_style_of_the_scene_has_a_recipe() -> None:
    assert set(STYLES) == set(NAMES)


@pytest.mark.parametrize("name", OTHERS)
def test_style_is_seen_beside_the_default(name: Style) -> None:
    assert difference(finished(name, painting(name)), finished("illustration", painting(name))) > 3.0


@pytest.mark.parametrize("name", OTHERS)
def test_no_two_styles_look_alike(name: Style) -> None:
    one = finished(name, painting(name))
    for other in OTHERS:
        assert other == name or difference(one, finished(other, painting(other))) > 4.0, other


@pytest.mark.parametrize("name", [name for name in OTHERS if name != "sticker"])
def test_style_changes_a_picture_that_nobody_painted(name: Style) -> None:
    made = painting(name)
    picture = Image.alpha_composite(ground(256, 256), painted_robot()).convert("RGB")
    made.layers = []
    assert difference(STYLES[name].finish(picture, made), picture) > 3.0


def painted_robot() -> Image.Image:
    made = painting("illustration", transparent=True)
    sheet = Image.new("RGBA", (256, 256))
    sheet.paste(made.layers[-1].pixels, (made.layers[-1].x, made.layers[-1].y))
    return sheet


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_same_pixels(name: Style) -> None:
    assert finished(name, painting(name)).tobytes() == finished(name, painting(name)).tobytes()


@pytest.mark.parametrize("name", ["photo", "film", "noir", "watercolour", "oil", "pencil"])
def test_another_seed_gives_another_grain(name: Style) -> None:
    assert finished(name, painting(name)).tobytes() != finished(name, painting(name, seed=2)).tobytes()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(16, 16), (17, 31), (128, 16), (16, 128), (640, 80)])
@pytest.mark.parametrize("transparent", [False, True])
def test_size_and_mode_are_kept(name: Style, size: tuple[int, int], transparent: bool) -> None:
    out = finished(name, painting(name, *size, transparent=transparent))
    assert (out.size, out.mode) == (size, "RGBA" if transparent else "RGB")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("sticker", "pixel", "comic")])
def test_transparent_stays_transparent_to_the_pixel(name: Style) -> None:
    """Sticker adds a rim, comic and pixel an outline; no other style may touch the outline."""
    made = painting(name, transparent=True)
    out = finished(name, made)
    alpha, before = pixels(out.getchannel("A")), pixels(painted_robot().getchannel("A"))
    if name in ("pencil", "logo"):  # a thin contour may grow, and an edge harden
        assert (alpha[before == 255] == 255).all()
        assert (alpha > 0).sum() < (before > 0).sum() * 1.15
    else:
        assert (alpha == before).all()


@pytest.mark.parametrize(
    "name", ["illustration", "photo", "film", "watercolour", "oil", "sticker", "minimal"]
)
def test_edges_of_a_cut_out_have_no_foreign_fringe(name: Style) -> None:
    """Edge pixels of a light subject must not go dark because transparent black was blurred in. (The
    other styles have a dark outline.)"""
    made = painting(name, transparent=True)
    made.layers[0].pixels.paste((235, 225, 215), mask=made.layers[0].pixels.getchannel("A"))
    out = pixels(finished(name, made))
    edge = (out[..., 3] > 100) & (out[..., 3] < 250)
    if name == "sticker":  # its outermost edge is a shadow
        edge &= out[..., 3] > 200
    assert out[edge][:, :3].mean() > 150


@pytest.mark.parametrize("name", [name for name in NAMES if name != "pixel"])
def test_looks_the_same_at_every_size(name: Style) -> None:
    """Radii follow the canvas: a large one made small is about the small one."""
    small, large = finished(name, painting(name, 200, 200)), finished(name, painting(name, 800, 800))
    tone_small = small.resize((10, 10), Image.Resampling.BOX)
    tone_large = large.resize((10, 10), Image.Resampling.BOX)
    assert difference(tone_small, tone_large) < 13


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("oil", "minimal")])
def test_bands_leave_no_seam(name: Style, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large picture is treated a band at a time, and looks as if it had not been."""
    whole = finished(name, painting(name, 300, 900))
    monkeypatch.setattr("tintype.engines.illustrator.styles.recipe.BAND_PIXELS", 40_000)
    banded = finished(name, painting(name, 300, 900))
    assert difference(whole, banded) < 0.35
    assert np.abs(pixels(whole) - pixels(banded)).max() < 40


@pytest.mark.parametrize("name", ["noir", "pencil"])
def test_black_and_white_styles_are_grey(name: Style) -> None:
    assert is_grey(finished(name, painting(name)))


def test_noir_is_of_high_contrast() -> None:
    tones = pixels(finished("noir", painting("noir")))[..., 0]
    assert (tones < 40).mean() > 0.25
    assert (tones > 170).mean() > 0.02


def test_pencil_is_mostly_paper() -> None:
    assert (pixels(finished("pencil", painting("pencil")))[..., 0] > 170).mean() > 0.45


def test_film_lifts_blacks_and_mutes_colours() -> None:
    out, plain = (pixels(finished(name, painting(name))) for name in ("film", "illustration"))
    assert plain.max(axis=2).min() < 34
    assert out.max(axis=2).min() > 40
    assert np.ptp(out, axis=2).mean() < 0.75 * np.ptp(plain, axis=2).mean()


def test_films_shadows_are_cyan_green() -> None:
    made = painting("film")
    black = STYLES["film"].finish(Image.new("RGB", (64, 64), (6, 6, 6)), made)
    red, green, blue = np.asarray(black, np.float32).mean(axis=(0, 1))
    assert green > red + 8
    assert blue > red + 8


def sharpness(layer: Layer) -> float:
    values = pixels(layer.pixels.convert("RGB"))
    return float(np.abs(np.diff(values, axis=1)).max())


def test_photo_blurs_what_is_far_and_not_what_is_near() -> None:
    made = painting("photo")
    recipe = STYLES["photo"]
    near, middle, far = (
        sharpness(recipe.layer(Layer("scenery", ground(256, 256), 0, 0, depth), made))
        for depth in (0.0, 0.3, 1.0)
    )
    assert near > 1.3 * middle
    assert middle > 1.3 * far


def test_comic_has_a_panel_border_in_a_gutter() -> None:
    out = pixels(finished("comic", painting("comic")))
    middle = out[128]
    assert (middle[:4] > 230).all()
    assert (middle[4:14].max(axis=1) < 40).any()


def test_comic_inks_its_subjects() -> None:
    made = painting("comic", transparent=True)
    outline = pixels(STYLES["comic"].layer(made.layers[0], made).pixels)
    assert outline.shape[0] > made.layers[0].pixels.height
    middle = outline[:, outline.shape[1] // 2]
    ring = middle[np.argmax(middle[:, 3] > 200)]  # the first solid pixel from above
    assert ring[:3].max() < 40


def test_comic_asked_for_in_black_and_white_is_pure_ink() -> None:
    out = finished("comic", painting("comic", palette=((0, 0, 0), (255, 255, 255))))
    inner = pixels(out.crop((20, 20, 236, 236)))
    assert is_grey(out.crop((20, 20, 236, 236)))
    assert ((inner < 30) | (inner > 225)).mean() > 0.6


@pytest.mark.parametrize("size", [(256, 256), (512, 300), (1024, 1024)])
def test_pixel_art_is_one_colour_in_each_block(size: tuple[int, int]) -> None:
    made = painting("pixel", *size)
    edge = block(made)
    out = pixels(finished("pixel", made))
    assert edge > 1
    first = out[::edge, ::edge].repeat(edge, axis=0).repeat(edge, axis=1)[: size[1], : size[0]]
    assert (out == first).all()
    assert len(np.unique(out.reshape(-1, 3), axis=0)) <= 32


def test_pixel_art_has_no_half_transparent_pixel() -> None:
    out = finished("pixel", painting("pixel", transparent=True))
    assert set(np.unique(np.asarray(out.getchannel("A")))) == {0, 255}


def test_sticker_has_a_white_rim_and_nothing_beyond_its_shadow() -> None:
    out = pixels(finished("sticker", painting("sticker", transparent=True)))
    row = out[128]
    assert (row[62] == (255, 255, 255, 255)).all()  # the robot begins at 64, the rim is 5 wide
    assert (out[:40, :40, 3] == 0).all()


def test_sticker_on_a_ground_has_the_rim_too() -> None:
    made = painting("sticker")
    made.layers[0].pixels.paste((90, 140, 200), (0, 0, 256, 256))
    out = pixels(finished("sticker", made))
    assert (out[128, 62] == 255).all()
    assert (out[5, 5] == (90, 140, 200)).all()


def test_logo_has_two_colours_but_for_antialiasing() -> None:
    out = pixels(finished("logo", painting("logo", 512, 512))).reshape(-1, 3)
    colours, counts = np.unique(out, axis=0, return_counts=True)
    two = colours[np.argsort(-counts)[:2]].astype(np.int16)
    assert counts[np.argsort(-counts)[:2]].sum() > 0.95 * len(out)
    # All else lies on the line between the two.
    span = (two[1] - two[0]).astype(np.float32)
    share = (out - two[0]) @ span / (span @ span)
    assert np.abs(out - (two[0] + share[:, None] * span)).max() < 6


def test_logo_cuts_dark_details_out_of_the_silhouette() -> None:
    out = pixels(finished("logo", painting("logo", 512, 512, ground=(255, 255, 255))))
    forehead, eye = out[160, 256], out[128 + 97, 128 + 82]
    assert forehead.max() < 60
    assert eye.min() > 200


def test_logo_takes_the_colours_that_the_prompt_named() -> None:
    out = pixels(finished("logo", painting("logo", palette=((0, 90, 160),), ground=(255, 255, 255))))
    assert (out[5, 5] == 255).all()
    assert (np.abs(out.reshape(-1, 3) - (0, 90, 160)).max(axis=1) == 0).mean() > 0.05


def test_minimal_flattens_a_gradient() -> None:
    made = painting("minimal")
    shaded = Image.merge(
        "RGBA", (*(Image.linear_gradient("L").resize((128, 128)),) * 3, Image.new("L", (128, 128), 255))
    )
    flat = STYLES["minimal"].layer(Layer("subject", shaded, 10, 10, 0), made)
    assert len(np.unique(np.asarray(flat.pixels.convert("L")))) <= 8


@pytest.mark.parametrize("name", ["photo", "film", "noir", "comic", "watercolour", "oil", "pencil", "pixel"])
def test_words_stay_readable(name: Style) -> None:
    """Bars as fine as letters, black on white, still alternate after the treatment."""
    made = painting(name, 512, 512, lettering=(Lettering(text="IIIIII"),))
    label = Image.new("RGBA", (260, 60), (255, 255, 255, 255))
    for n in range(1, 20):
        label.paste((0, 0, 0, 255), (13 * n, 10, 13 * n + 6, 50))
    made.layers.append(Layer("lettering", label, 126, 60, 0.0))
    row = np.asarray(finished(name, made).convert("L"), np.float32)[75:105, 126:386].mean(axis=0)
    bars = np.array([row[13 * n : 13 * n + 6].mean() for n in range(1, 19)])
    gaps = np.array([row[13 * n + 6 : 13 * n + 13].mean() for n in range(1, 19)])
    assert (gaps - bars).min() > 35

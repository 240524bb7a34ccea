"""The painter as a whole: stages, sizes, seeds, and every backdrop under every sky."""

from __future__ import annotations

from itertools import pairwise, product
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from tintype.engines.illustrator.backdrops import PLACES, Home
from tintype.engines.illustrator.commission import Commission, Detail
from tintype.engines.illustrator.draw import paint_scene, stages
from tintype.engines.illustrator.homes import stance_of
from tintype.engines.illustrator.scene import Lettering, Place, Scene, Subject, Time, Weather


def finished(
    prompt: str,
    width: int = 160,
    height: int = 160,
    *,
    seed: int = 0,
    detail: Detail = "medium",
    transparent: bool = False,
) -> Image.Image:
    commission = Commission(
        prompt=prompt, width=width, height=height, seed=seed, detail=detail, transparent=transparent
    )
    *_, last = stages(commission)
    return last.picture


def painted(scene: Scene, width: int = 64, height: int = 64, *, transparent: bool = False) -> Image.Image:
    *_, last = paint_scene(Commission(prompt="", width=width, height=height, transparent=transparent), scene)
    return last.picture


def difference(a: Image.Image, b: Image.Image) -> float:
    """Mean difference of two pictures, 0 to 255."""
    return float(np.abs(np.asarray(a.convert("RGB"), int) - np.asarray(b.convert("RGB"), int)).mean())


def test_stages_come_in_order_and_only_when_asked_for() -> None:
    drawing = stages(Commission(prompt="a cat under a tree at night", width=96, height=64))
    found = [next(drawing)]
    assert found[0].name == "ground"
    found += drawing
    assert [stage.name for stage in found] == ["ground", "subjects", "light", "finished"]
    assert {stage.picture.size for stage in found} == {(96, 64)}
    assert {stage.picture.mode for stage in found} == {"RGB"}
    for before, after in pairwise(found):
        assert difference(before.picture, after.picture) > 0.05, f"{after.name} changes nothing"


def test_red_balloons_are_red_and_balloons_are_of_many_colours() -> None:
    """ "red balloon" is the whole name of a thing, and not a balloon with a colour of its own."""

    def blue(prompt: str) -> int:
        red, green, blue, alpha = np.asarray(finished(prompt, transparent=True), int).T
        return int(((blue > red + 40) & (blue > green + 10) & (alpha > 200)).sum())

    assert blue("three balloons") > 400
    assert blue("three red balloons") < blue("three balloons") / 2


def test_the_same_commission_gives_the_same_bytes_and_another_seed_another_picture() -> None:
    prompt = "two dogs on the beach at sunset"
    once, again, other = finished(prompt), finished(prompt), finished(prompt, seed=1)
    assert once.tobytes() == again.tobytes()
    assert difference(once, other) > 4


def test_a_larger_canvas_shows_the_same_picture() -> None:
    small, large = finished("a fox in the forest", 200, 200), finished("a fox in the forest", 600, 600)
    assert difference(small, large.resize((200, 200), Image.Resampling.BOX)) < 6


@pytest.mark.parametrize("place", get_args(Place))
def test_every_place_at_every_hour_in_every_weather(place: Place) -> None:
    subjects = (Subject(icon="dog", words="dog"),)
    seen = set()
    for time, weather in product(get_args(Time), get_args(Weather)):
        picture = painted(Scene(subjects=subjects, place=place, time=time, weather=weather), 48, 48)
        seen.add(picture.tobytes())
    if place not in ("plain", "studio", "space"):
        assert len(seen) >= 0.5 * len(get_args(Time)) * len(get_args(Weather)), "hour and weather are seen"


def test_places_differ() -> None:
    pictures = [painted(Scene(place=place)) for place in get_args(Place)]
    assert (
        len({picture.tobytes() for picture in pictures}) >= len(pictures) - 1
    )  # "nowhere" without subject is a meadow


def test_every_home_has_a_painter() -> None:
    assert set(get_args(Home)) <= set(PLACES)


def test_night_is_darker_than_day() -> None:
    for place in ("meadow", "city", "sea", "mountains", "street"):
        day, night = (np.asarray(painted(Scene(place=place, time=time))).mean() for time in ("day", "night"))
        assert night < 0.7 * day


@pytest.mark.parametrize(
    ("width", "height"), [(16, 16), (16, 128), (1024, 128), (128, 1024), (17, 33), (3840, 480)]
)
def test_any_size(width: int, height: int) -> None:
    scene = Scene(
        subjects=(
            Subject(icon="dog", words="dog", count=3),
            Subject(icon="top-hat", words="hat", relation="wearing", anchor=0),
        ),
        lettering=(Lettering(text="Good dogs", carrier="sign"),),
        place="street",
        weather="rain",
    )
    assert painted(scene, width, height).size == (width, height)


@pytest.mark.parametrize("detail", get_args(Detail))
def test_detail_changes_pixels_but_not_the_picture(detail: Detail) -> None:
    usual, this = finished("a house in a garden"), finished("a house in a garden", detail=detail)
    assert difference(usual, this) < 6
    assert (usual.tobytes() == this.tobytes()) == (detail == "medium")


def test_a_plain_white_ground_is_white() -> None:
    picture = painted(
        Scene(
            subjects=(Subject(icon="cat", words="cat"),),
            place="plain",
            ground=(255, 255, 255),
            style="sticker",
        ),
        128,
        128,
    )
    assert picture.getpixel((1, 1)) == (255, 255, 255)


def test_transparent_pictures_hold_subjects_and_nothing_else() -> None:
    picture = finished("a red apple", 256, 256, transparent=True)
    assert picture.mode == "RGBA"
    alpha = np.asarray(picture.getchannel("A"))
    assert alpha[0].max() == alpha[-1].max() == alpha[:, 0].max() == alpha[:, -1].max() == 0
    assert (alpha == 255).mean() > 0.1
    assert ((alpha > 0) & (alpha < 255)).mean() < 0.05, "edges are narrow"
    red, green, _ = (np.asarray(picture.getchannel(band))[alpha > 0].mean() for band in "RGB")
    assert red > 2 * green


def test_colour_reaches_the_pixels() -> None:
    blue, red = (
        painted(
            Scene(subjects=(Subject(icon="automobile", words="car", colour=colour),), place="plain"), 128, 128
        )
        for colour in ((30, 60, 220), (220, 30, 30))
    )
    assert np.asarray(blue)[..., 2].mean() > np.asarray(red)[..., 2].mean()
    assert np.asarray(blue)[..., 0].mean() < np.asarray(red)[..., 0].mean()


@pytest.mark.parametrize(
    "icon", ["tropical-fish", "hamburger", "dog", "rocket", "automobile", "red-heart", "sailboat"]
)
def test_nowhere_becomes_somewhere_that_suits(icon: str) -> None:
    home = {"tropical-fish": "underwater", "rocket": "space", "sailboat": "sea", "dog": "meadow"}.get(icon)
    scene = Scene(subjects=(Subject(icon=icon, words=icon),))
    if home:
        there = painted(Scene(subjects=scene.subjects, place=home))  # type: ignore[arg-type]
        assert difference(painted(scene), there) < 40
    assert len(painted(scene).getcolors(64 * 64) or ()) > 200


def test_closing_the_iterator_ends_the_drawing() -> None:
    drawing = stages(Commission(prompt="a cat", width=64, height=64))
    next(drawing)
    drawing.close()  # type: ignore[attr-defined]
    assert next(drawing, None) is None


@pytest.mark.parametrize(
    "prompt", ["", "   ", "?!", "🦊", "ein Haus am See", "a" * 4000, "\x00\ud800", "1234567890 cats"]
)
def test_any_prompt_gives_a_picture(prompt: str) -> None:
    assert finished(prompt, 48, 48).size == (48, 48)


def test_a_palette_colours_the_picture() -> None:
    dog = (Subject(icon="dog", words="dog"),)
    grey = np.asarray(
        painted(Scene(subjects=dog, place="city", palette=((16, 16, 18), (250, 250, 248)))), int
    )
    assert np.abs(grey - grey.mean(axis=2, keepdims=True)).mean() < 4, "black and white has no hue"
    teal = np.asarray(painted(Scene(subjects=dog, place="city", palette=((0, 110, 120), (20, 60, 70)))), int)
    assert teal[..., 2].mean() > teal[..., 0].mean() + 15


@pytest.mark.parametrize(
    ("icon", "stance"), [("hamburger", "on a table"), ("cook", "behind a table"), ("dog", "on the floor")]
)
def test_food_is_served_and_dogs_are_not(icon: str, stance: str) -> None:
    assert stance_of(Scene(subjects=(Subject(icon=icon, words=icon),), place="restaurant")) == stance


def test_several_balloons_are_of_several_colours() -> None:
    two = painted(
        Scene(subjects=(Subject(icon="hot-air-balloon", words="", count=2),), place="plain"), 256, 128
    )
    halves = [
        np.asarray(half, float).mean(axis=(0, 1))
        for half in (two.crop((0, 0, 128, 128)), two.crop((128, 0, 256, 128)))
    ]
    assert np.abs(halves[0] - halves[1]).max() > 4


def test_a_label_lies_on_the_thing_that_it_names() -> None:
    mug = Subject(icon="mug", words="a mug")
    scene = Scene(subjects=(mug,), place="plain")
    labelled = Scene(subjects=(mug,), place="plain", lettering=(Lettering(text="Monday", carrier="label"),))
    changed = np.abs(
        np.asarray(painted(labelled, 256, 256), int) - np.asarray(painted(scene, 256, 256), int)
    ).sum(axis=2)
    assert (changed[205:] > 60).sum() < 200, "it is not at the lower edge, where labels of nothing go"


def test_noir_is_a_street_lamp_and_much_black() -> None:
    tones = np.asarray(finished("a detective in the rain, noir comic", 300, 200).convert("L"))
    assert (tones < 40).mean() > 0.4
    assert (tones > 215).mean() > 0.1


def test_autumn_turns_the_leaves() -> None:
    summer, autumn = (
        np.asarray(finished(prompt, 128, 128).convert("RGB"), float).mean(axis=(0, 1))
        for prompt in ("a deer in a forest", "a deer in a forest in autumn")
    )
    assert autumn[0] - autumn[1] > summer[0] - summer[1] + 10

"""An edit changes what it was asked to change, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from tintype.engines.illustrator import draw
from tintype.engines.illustrator.commission import Commission, Stage
from tintype.engines.illustrator.edit import stages
from tintype.engines.illustrator.editing.wishes import read_wishes
from tintype.engines.illustrator.reader import read
from tintype.engines.illustrator.scene import Lettering, Scene, Subject

from .paintings import ground, paint, robot

ROBOT = Subject(icon="robot", words="a robot")
CASES: dict[str, Scene] = {
    "add a robot": Scene(subjects=(ROBOT,)),
    "make it a watercolour": Scene(style="watercolour"),
    "turn this into a pencil sketch": Scene(style="pencil"),
    "make it noir": Scene(style="noir"),
    "as pixel art": Scene(style="pixel"),
    "a sticker": Scene(style="sticker"),
    "make it snow": Scene(weather="snow"),
    "at night": Scene(time="night"),
    "make it warmer": Scene(),
    "sepia": Scene(),
    "blur the background": Scene(),
    "replace it with a garden": Scene(place="garden"),
    "remove the stripes": Scene(),
    "something nobody knows": Scene(),
}


def picture(width: int = 160, height: int = 160, mode: str = "RGB") -> Image.Image:
    return ground(width, height).convert(mode)


def edited(prompt: str, scene: Scene, *pictures: Image.Image, **order: object) -> list[Stage]:
    first = pictures[0]
    size = {"width": first.width, "height": first.height, **order}
    return list(stages(Commission(prompt=prompt, pictures=pictures, **size), scene, paint))  # type: ignore[arg-type]


def last(prompt: str, scene: Scene, *pictures: Image.Image, **order: object) -> Image.Image:
    return edited(prompt, scene, *pictures, **order)[-1].picture


def changed(a: Image.Image, b: Image.Image) -> np.ndarray:
    return np.asarray((np.asarray(a) != np.asarray(b)).any(axis=2))


def rectangle(size: tuple[int, int], box: tuple[int, int, int, int]) -> Image.Image:
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).rectangle(box, fill=255)
    return mask


@pytest.mark.parametrize("prompt", CASES)
def test_stages_come_in_order_at_the_asked_size(prompt: str) -> None:
    made = edited(prompt, CASES[prompt], picture(), width=200, height=120)
    assert [stage.name for stage in made] == ["ground", "subjects", "light", "finished"]
    assert {stage.picture.size for stage in made} == {(200, 120)}
    assert {stage.picture.mode for stage in made} == {"RGB"}


@pytest.mark.parametrize(
    "prompt",
    [
        prompt
        for prompt in CASES
        if prompt not in ("replace it with a garden", "remove the stripes", "something nobody knows")
    ],
)
def test_what_was_asked_for_is_seen(prompt: str) -> None:
    before = picture()
    assert changed(before, last(prompt, CASES[prompt], before)).mean() > 0.02


@pytest.mark.parametrize("prompt", CASES)
def test_a_mask_is_redrawn_and_only_the_mask(prompt: str) -> None:
    before, mask = picture(), rectangle((160, 160), (60, 50, 130, 140))
    for stage in edited(prompt, CASES[prompt], before, mask=mask):
        assert not changed(before, stage.picture)[np.asarray(mask) == 0].any()
    assert changed(before, stage.picture)[np.asarray(mask) == 255].mean() > 0.05


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_outside_any_mask_nothing_changes(data: st.DataObject) -> None:
    width, height = data.draw(st.integers(16, 70)), data.draw(st.integers(16, 70))
    spots = data.draw(
        st.lists(
            st.tuples(
                st.integers(0, 69),
                st.integers(0, 69),
                st.integers(0, 30),
                st.integers(0, 30),
                st.sampled_from((255, 255, 254, 128, 1)),
            ),
            max_size=5,
        )
    )
    prompt = data.draw(st.sampled_from(sorted(CASES)))
    mode = data.draw(st.sampled_from(("RGB", "RGBA")))
    before, mask = picture(width, height, mode), Image.new("L", (width, height), 0)
    if mode == "RGBA" and data.draw(st.booleans()):
        before.putalpha(rectangle((width, height), (4, 4, width - 5, height - 3)))
    for x, y, wide, high, value in spots:
        ImageDraw.Draw(mask).rectangle((x, y, x + wide, y + high), fill=value)
    after = last(
        prompt, CASES[prompt], before, mask=mask, strength=data.draw(st.sampled_from((None, 0.5, 1.0)))
    )
    assert not changed(before.convert(after.mode), after)[np.asarray(mask) < 255].any()


def test_a_mask_of_one_pixel_redraws_one_pixel() -> None:
    before, mask = picture(), rectangle((160, 160), (80, 40, 80, 40))
    after = last("make it noir", Scene(style="noir"), before, mask=mask)
    assert np.argwhere(changed(before, after)).tolist() == [[40, 80]]


def test_the_region_has_no_old_pixels_left_in_its_middle() -> None:
    before, mask = picture(), rectangle((160, 160), (40, 40, 120, 120))
    after = last("replace it with a garden", Scene(place="garden"), before, mask=mask)
    assert after.getpixel((80, 80)) == (200, 30, 160)


def test_a_subject_is_fitted_into_the_region() -> None:
    before, mask = picture(), rectangle((160, 160), (100, 20, 150, 70))
    after = np.asarray(last("add a robot", Scene(subjects=(ROBOT,)), before, mask=mask), np.int16)
    orange = np.argwhere(np.abs(after - (240, 130, 40)).max(axis=2) < 40)
    assert len(orange) > 500
    assert orange.min(axis=0).tolist() >= [20, 100]
    assert np.ptp(orange, axis=0).min() > 30


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("prompt", [*CASES, "a robot in a garden"])
def test_strength_nothing_is_the_picture_itself(prompt: str, mode: str) -> None:
    scene = CASES.get(prompt, Scene(subjects=(ROBOT,), place="garden"))
    before = picture(mode=mode)
    if mode == "RGBA":
        before.putalpha(rectangle((160, 160), (20, 20, 140, 140)))
    assert last(prompt, scene, before, strength=0.0).tobytes() == before.tobytes()


def test_strength_goes_from_the_picture_to_a_new_one() -> None:
    scene = Scene(subjects=(ROBOT,), place="garden")
    before = picture()
    corners = [
        last("a robot in a garden", scene, before, strength=s).getpixel((3, 3)) for s in (0.0, 0.5, 1.0)
    ]
    assert corners == [(150, 200, 235), (175, 115, 197), (200, 30, 160)]


def test_newcomers_do_not_hide_the_middle() -> None:
    before = picture()
    after = last("add a robot", Scene(subjects=(ROBOT,)), before)
    assert not changed(before, after)[70:90, 75:85].any()
    assert changed(before, after).mean() > 0.05


def test_what_the_picture_shows_already_is_not_drawn_again() -> None:
    robot_there = Subject(icon="robot", words="robot")
    hat = Subject(icon="hat", words="red hat", relation="wearing", anchor=0)
    wishes = read_wishes("put a red hat on the robot", Scene(subjects=(robot_there, hat)))
    assert wishes.newcomers == (hat,)


@pytest.mark.parametrize(
    ("prompt", "tones"),
    [
        ("make it warmer and brighter", ("warmer", "brighter")),
        ("black and white please", ("black and white",)),
        ("blur the background a little", ("blur background",)),
        ("more contrast", ("contrast",)),
        ("add a warm scarf and a dark bright hat", ()),
        ("add a cat", ()),
    ],
)
def test_tone_words(prompt: str, tones: tuple[str, ...]) -> None:
    assert read_wishes(prompt, Scene()).tones == tones


def test_warmer_is_redder_and_brighter_is_lighter() -> None:
    before = picture()
    red, _, blue = (np.asarray(last("warmer", Scene(), before), np.float32) - np.asarray(before)).mean(
        axis=(0, 1)
    )
    assert red > 4
    assert blue < -4
    assert np.asarray(last("brighter", Scene(), before)).mean() > np.asarray(before).mean() + 8


def test_reference_pictures_are_shown() -> None:
    before, other = picture(), Image.new("RGB", (80, 60), (250, 10, 10))
    other.paste((10, 10, 250), (0, 0, 40, 60))
    after = np.asarray(last("combine these", Scene(), before, other), np.int16)
    assert (np.abs(after - (250, 10, 10)).max(axis=2) < 30).sum() > 150
    assert (np.abs(after - (10, 10, 250)).max(axis=2) < 30).sum() > 150


def test_sixteen_references_are_shown_and_fit() -> None:
    others = [Image.new("RGB", (40, 30 + n), (16 * n, 0, 255 - 16 * n)) for n in range(15)]
    for other in others:
        other.paste((0, 255, 0), (0, 0, 20, 15))
    after = np.asarray(last("combine these", Scene(), picture(320, 320), *others), np.int16)
    for n in range(15):
        assert (np.abs(after - (16 * n, 0, 255 - 16 * n)).max(axis=2) < 24).sum() > 20, n


def test_a_cut_out_picture_gets_a_new_place_behind_it() -> None:
    cut = Image.new("RGBA", (160, 160))
    cut.alpha_composite(robot(80), (40, 40))
    after = last("put it in a garden", Scene(place="garden"), cut).convert("RGB")
    assert after.getpixel((5, 5)) == (200, 30, 160)
    assert after.getpixel((80, 50)) == (240, 130, 40)


def test_a_cut_out_picture_keeps_its_alpha() -> None:
    cut = Image.new("RGBA", (160, 160))
    cut.alpha_composite(robot(80), (40, 40))
    after = last("make it noir", Scene(style="noir"), cut)
    assert after.getchannel("A").tobytes() == cut.getchannel("A").tobytes()


def test_remove_the_background_of_a_plain_picture() -> None:
    plain = Image.new("RGB", (160, 160), (226, 228, 230))
    plain.paste(robot(80), (40, 40), robot(80))
    after = last("remove the background", Scene(), plain, transparent=True)
    alpha = np.asarray(after.getchannel("A"))
    assert alpha[:30].max() == 0
    assert alpha[60:100, 60:100].min() == 255
    assert abs(int((alpha > 127).sum()) - 6000) < 700


def test_a_busy_background_is_left_rather_than_torn() -> None:
    noisy = Image.fromarray(np.random.default_rng(1).integers(0, 255, (120, 120, 3)).astype(np.uint8))
    after = last("remove the background", Scene(), noisy)
    assert after.tobytes() == noisy.tobytes()


def test_lettering_is_drawn_by_the_painter() -> None:
    scene = Scene(lettering=(Lettering(text="HELLO"),), subjects=())
    asked: list[Scene] = []

    def letter(commission: Commission, scene: Scene) -> list[Stage]:
        asked.append(scene)
        sheet = Image.new("RGBA", (commission.width, commission.height))
        sheet.paste((255, 0, 0, 255), (10, 10, 60, 20))
        return [Stage("finished", sheet)]

    order = Commission(prompt='add the words "HELLO"', width=160, height=160, pictures=(picture(),))
    made = list(stages(order, scene, lambda c, s: iter(letter(c, s))))
    assert made[-1].picture.getpixel((20, 15)) == (255, 0, 0)
    assert asked[0].lettering == scene.lettering


@pytest.mark.parametrize("prompt", CASES)
def test_same_commission_same_bytes(prompt: str) -> None:
    assert (
        last(prompt, CASES[prompt], picture()).tobytes() == last(prompt, CASES[prompt], picture()).tobytes()
    )


@pytest.mark.parametrize("size", [(16, 16), (16, 128), (128, 16)])
@pytest.mark.parametrize("prompt", CASES)
def test_tiny_and_narrow_pictures_are_edited(prompt: str, size: tuple[int, int]) -> None:
    other = Image.new("RGB", (3, 2), (9, 9, 9))
    made = last(prompt, CASES[prompt], picture(*size), other, mask=rectangle(size, (2, 2, 12, 12)))
    assert made.size == size


def test_a_masked_thing_takes_the_colour_that_was_asked_for() -> None:
    before, mask = picture(), rectangle((160, 160), (20, 100, 140, 150))  # green grass
    after = last("make it red", Scene(), before, mask=mask)
    red, green, blue = np.asarray(after, np.float32)[110:140, 40:120].mean(axis=(0, 1))
    assert red > 2 * max(green, blue)


def test_a_figure_takes_the_colour_and_its_ground_keeps_its_own() -> None:
    plain = Image.new("RGB", (160, 160), (226, 228, 230))
    plain.paste(robot(80), (40, 40), robot(80))
    after = last("paint it blue", Scene(), plain)
    red, _, blue = after.getpixel((80, 50))  # type: ignore[misc]
    assert blue > red + 60
    assert after.getpixel((5, 5)) == (226, 228, 230)


def test_the_ground_takes_the_colour_and_the_figure_keeps_its_own() -> None:
    plain = Image.new("RGB", (160, 160), (226, 228, 230))
    plain.paste(robot(80), (40, 40), robot(80))
    after = last("change the background to green", Scene(), plain)
    assert after.getpixel((5, 5)) == (46, 150, 70)
    assert after.getpixel((80, 50)) == (240, 130, 40)


def test_turning_a_region_into_a_style_does_not_empty_it() -> None:
    before, mask = picture(), rectangle((160, 160), (0, 20, 159, 90))  # the stripes
    after = np.asarray(
        last("turn this into a pencil sketch", Scene(style="pencil"), before, mask=mask), np.float32
    )
    row = after[56, :, 0]
    assert np.abs(np.diff(row)).max() > 40


def test_turned_into_a_cartoon_grain_becomes_flat_colour() -> None:
    noise = np.random.default_rng(3).normal(0, 6, (160, 160, 3))
    grainy = Image.fromarray(np.clip(np.asarray(picture()) + noise, 0, 255).astype(np.uint8))
    after = last("turn this photo into a cartoon", Scene(), grainy)
    flat = np.asarray(after, np.float32)[120:155, 20:140]
    assert flat.std(axis=(0, 1)).max() < 5


def test_half_strength_on_a_cut_out_has_no_dark_fringe() -> None:
    cut = Image.new("RGBA", (160, 160))
    cut.alpha_composite(robot(80), (40, 40))
    after = np.asarray(last("brighter", Scene(), cut, strength=0.5), np.int16)
    before = np.asarray(cut, np.int16)
    assert (after[..., 3] == before[..., 3]).all()
    solid = before[..., 3] > 60
    assert (after[solid][:, :3].sum(axis=1) >= before[solid][:, :3].sum(axis=1) - 12).all()


@pytest.mark.parametrize(
    "prompt", ["add a hat to the dog", "Add a red hat to the cat", "put a crown on the owl"]
)
def test_who_is_given_a_hat_is_not_drawn_a_second_time(prompt: str) -> None:
    scene = read(prompt, invent=False)
    (newcomer,) = read_wishes(prompt, scene).newcomers
    assert newcomer.icon in ("top-hat", "crown")


def test_a_hat_is_put_on_the_head_and_not_on_the_back() -> None:
    *_, cat = draw.stages(Commission(prompt="a cat on a white background", width=200, height=200))
    before = cat.picture.convert("RGB")
    *_, hatted = draw.stages(
        Commission(prompt="Add a red hat to the cat", width=200, height=200, pictures=(before,))
    )
    changed = (
        ImageChops.difference(before, hatted.picture.convert("RGB"))
        .convert("L")
        .point(lambda v: 255 * (v > 40))
    )
    box = changed.getbbox()
    ink = np.asarray(before.convert("L")) < 235
    columns, eye = (
        np.flatnonzero(ink.any(axis=0)),
        np.argwhere(np.asarray(before.convert("L")) < 60)[:, 1].mean(),
    )
    assert box is not None
    assert abs((box[0] + box[2]) / 2 - eye) < 0.2 * (columns[-1] - columns[0]), "it is over the eyes and nose"

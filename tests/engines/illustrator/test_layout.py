"""Composition: what the words of a prompt promise about where things are."""

from __future__ import annotations

from random import Random

import pytest

from tintype.engines.illustrator import pack
from tintype.engines.illustrator.backdrops import Medium
from tintype.engines.illustrator.layout import Frame, Placed, place
from tintype.engines.illustrator.scene import Relation, Scene, Shot, Spot, Subject


def frame(w: float = 1000, h: float = 1000, medium: Medium = "floor") -> Frame:
    return Frame(w=w, h=h, medium=medium, horizon=0.58 * h, foot=0.8 * h)


def thing(
    icon: str, count: int = 1, relation: Relation | None = None, anchor: int | None = None, scale: float = 1.0
) -> Subject:
    return Subject(icon=icon, words=icon, count=count, relation=relation, anchor=anchor, scale=scale)


def laid(
    *subjects: Subject,
    seed: int = 0,
    on: Frame | None = None,
    shot: Shot = "medium",
    spot: Spot = "centre",
    empty: bool = False,
) -> list[Placed]:
    return place(Scene(subjects=subjects, shot=shot, spot=spot, empty=empty), on or frame(), Random(seed))


def of(placed: list[Placed], subject: int) -> Placed:
    return next(part for part in placed if part.subject == subject)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 12, 24])
@pytest.mark.parametrize("medium", ["floor", "air", "page", "water"])
def test_as_many_as_were_asked_for_and_all_on_the_canvas(count: int, medium: Medium) -> None:
    placed = laid(thing("dog", count), on=frame(medium=medium))
    assert len(placed) == count
    for part in placed:
        left, top, right, bottom = part.span
        assert left >= 0
        assert top >= 0
        assert right <= 1000
        assert bottom - part.h * part.sunk <= 1000


@pytest.mark.parametrize("count", [2, 3, 6, 12])
def test_nothing_hides_what_was_counted(count: int) -> None:
    for seed in range(5):
        placed = laid(thing("cat", count), seed=seed)
        for back in placed:
            for front in placed:
                if front.order > back.order:
                    left, top, right, bottom = back.span
                    fl, ft, fr, fb = front.span
                    hidden = max(0.0, min(right, fr) - max(left, fl)) * max(
                        0.0, min(bottom, fb) - max(top, ft)
                    )
                    assert hidden < 0.7 * (right - left) * (bottom - top)


@pytest.mark.parametrize("wearer", ["cat", "dog", "panda", "elephant", "man-standing", "rabbit"])
def test_a_hat_is_on_the_head(wearer: str) -> None:
    for seed in range(4):
        placed = laid(thing(wearer), thing("top-hat", relation="wearing", anchor=0), seed=seed)
        head, hat = of(placed, 0), of(placed, 1)
        assert hat.order > head.order
        assert hat.y < head.y - 0.15 * head.h
        assert hat.span[3] > head.span[1], "it touches the head"
        assert hat.w < head.w


def test_everyone_wears_one() -> None:
    placed = laid(thing("dog", 3), thing("top-hat", relation="wearing", anchor=0))
    assert [part.subject for part in placed].count(1) == 3


def test_on_rests_on_top() -> None:
    for seed in range(4):
        placed = laid(thing("cat"), thing("package", relation="under", anchor=0), seed=seed)
        cat, box = of(placed, 0), of(placed, 1)
        feet = cat.y + cat.h / 2
        assert box.span[1] <= feet <= box.y
        assert abs(cat.x - box.x) < box.w / 2
        again = laid(thing("package"), thing("cat", relation="on", anchor=0), seed=seed)
        cat, box = of(again, 1), of(again, 0)
        assert box.span[1] <= cat.y + cat.h / 2 <= box.y


@pytest.mark.parametrize(("relation", "sign"), [("left of", -1), ("right of", 1)])
def test_sides(relation: Relation, sign: int) -> None:
    for seed in range(6):
        placed = laid(thing("dog"), thing("cat", relation=relation, anchor=0), seed=seed)
        assert (of(placed, 1).x - of(placed, 0).x) * sign > 0


def test_before_and_behind() -> None:
    behind = laid(thing("dog"), thing("house", relation="behind", anchor=0))
    assert of(behind, 1).order < of(behind, 0).order
    before = laid(thing("house"), thing("dog", relation="in front of", anchor=0))
    assert of(before, 1).order > of(before, 0).order
    assert of(before, 1).span[3] > of(before, 0).span[3], "nearer things stand lower"


def test_above_and_riding() -> None:
    above = laid(thing("house"), thing("bird", relation="above", anchor=0))
    assert of(above, 1).span[3] < of(above, 0).y
    riding = laid(thing("monkey"), thing("bicycle", relation="riding", anchor=0))
    assert of(riding, 0).y < of(riding, 1).y


def test_natural_sizes_are_kept_but_tempered() -> None:
    placed = laid(thing("elephant"), thing("mouse", relation="beside", anchor=0))
    elephant, mouse = of(placed, 0), of(placed, 1)
    assert max(elephant.w, elephant.h) > 1.8 * max(mouse.w, mouse.h)
    assert max(mouse.w, mouse.h) > 80, "small things stay visible"


def test_shot_spot_and_emptiness() -> None:
    near, medium, far = (of(laid(thing("dog"), shot=shot), 0).h for shot in ("close-up", "medium", "wide"))
    assert near > medium > far
    assert of(laid(thing("dog"), spot="left"), 0).x < 400
    assert of(laid(thing("dog"), spot="bottom right"), 0).x > 600
    assert of(laid(thing("dog"), spot="top", on=frame(medium="page")), 0).y < 450
    assert of(laid(thing("dog"), empty=True), 0).h < 0.7 * medium


@pytest.mark.parametrize(("w", "h"), [(8000, 1000), (1000, 8000), (1000, 1500), (1780, 1000)])
def test_strips_and_banners(w: float, h: float) -> None:
    for part in laid(thing("dog", 3), thing("automobile", relation="beside", anchor=0), on=frame(w, h)):
        left, top, right, bottom = part.span
        assert left >= 0
        assert top >= 0
        assert right <= w
        assert bottom <= h


def test_a_frame_of_the_same_shape_gives_the_same_layout_and_a_seed_another() -> None:
    assert laid(thing("dog", 4), seed=1) == laid(thing("dog", 4), seed=1)
    assert laid(thing("dog", 4), seed=1) != laid(thing("dog", 4), seed=2)


def test_every_subject_of_the_pack_can_be_placed_and_wear_a_hat() -> None:
    for icon in sorted(pack.load().names)[::9]:
        placed = laid(thing(icon), thing("crown", relation="wearing", anchor=0))
        assert len(placed) == 2


def test_relations_in_a_circle_end() -> None:
    placed = laid(thing("dog", relation="on", anchor=1), thing("cat", relation="on", anchor=0))
    assert {part.subject for part in placed} == {0, 1}
    itself = laid(thing("house"), thing("dog", relation="on", anchor=1))
    assert {part.subject for part in itself} == {0, 1}


def test_an_anchor_may_come_later_in_the_scene() -> None:
    hat, cat, chair = (
        thing("top-hat", relation="wearing", anchor=1),
        thing("cat", relation="on", anchor=2),
        thing("chair"),
    )
    assert sorted(part.subject for part in laid(hat, cat, chair)) == [0, 1, 2]


@pytest.mark.parametrize("count", [2, 3, 5])
def test_several_share_one_sofa(count: int) -> None:
    for seed in range(4):
        placed = laid(thing("cat", count), thing("sofa", relation="under", anchor=0), seed=seed)
        sofa = of(placed, 1)
        cats = [part for part in placed if part.subject == 0]
        assert len(cats) == count
        for cat in cats:
            assert sofa.span[0] < cat.x < sofa.span[2]
            assert cat.span[3] < sofa.span[3] - 0.2 * sofa.h, "it is on the seat, not on the floor before it"


def test_who_cannot_sit_stands_before_the_bench() -> None:
    placed = laid(thing("man-standing"), thing("bench", relation="under", anchor=0))
    man, bench = of(placed, 0), of(placed, 1)
    assert man.span[3] == pytest.approx(bench.span[3], abs=0.05 * man.h)
    assert man.order > bench.order


def test_a_rainbow_spans_the_picture_behind_everything() -> None:
    placed = laid(thing("elephant"), thing("rainbow", relation="above", anchor=0))
    elephant, rainbow = of(placed, 0), of(placed, 1)
    assert rainbow.w > 0.8 * 1000
    assert rainbow.order < elephant.order
    assert rainbow.span[1] < elephant.span[1]


def test_what_is_under_the_aurora_is_drawn() -> None:
    placed = laid(thing("aurora"), thing("cabin", relation="under", anchor=0))
    assert of(placed, 1).span[3] > of(placed, 0).span[3]


def test_what_the_backdrop_shows_is_not_drawn_again() -> None:
    table = Frame(w=1000, h=1000, medium="table", horizon=660, foot=870, furnished=frozenset(("table",)))
    placed = laid(thing("red-apple", 3), thing("table", relation="under", anchor=0), on=table)
    assert [part.icon for part in placed] == ["red-apple"] * 3


def test_an_umbrella_is_held_over_the_head() -> None:
    placed = laid(thing("woman-standing"), thing("umbrella", relation="holding", anchor=0))
    assert of(placed, 1).span[1] < of(placed, 0).span[1]


def test_two_people_are_not_the_same_person() -> None:
    placed = laid(thing("person-standing", 2))
    assert len({part.icon for part in placed}) == 2

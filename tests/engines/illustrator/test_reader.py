"""Prompts become the scenes that their writers had in mind."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tintype.engines.illustrator import pack
from tintype.engines.illustrator.reader import LONGEST, read
from tintype.engines.illustrator.scene import Scene, Subject
from tintype.engines.illustrator.vocabulary import COLOURS

_LINES = (Path(__file__).parent / "prompts.txt").read_text().splitlines()
_ROWS = [
    (prompt, expected.removeprefix("    = "))
    for prompt, expected in pairwise(_LINES)
    if expected.startswith("    = ")
]
_COLOUR_NAMES = {colour: name.replace(" ", "_") for name, colour in reversed(COLOURS.items())}
_PLAIN = Scene()


def _subject(subject: Subject) -> str:
    parts = [subject.icon]
    if subject.count > 1:
        parts.append(f"*{subject.count}")
    if subject.colour:
        parts.append("#" + _COLOUR_NAMES.get(subject.colour, "{:02x}{:02x}{:02x}".format(*subject.colour)))
    if subject.scale != 1:
        parts.append(f"@{subject.scale:g}")
    if subject.relation:
        parts.append(":" + subject.relation.replace(" ", "_"))
    return "".join(parts)


def _summary(scene: Scene) -> str:
    """A scene in the notation of prompts.txt."""
    rest = [
        f"{name}={getattr(scene, name).replace(' ', '_')}"
        for name in ("place", "time", "weather", "style", "shot", "spot")
        if getattr(scene, name) != getattr(_PLAIN, name)
    ]
    rest += ["empty"] if scene.empty else []
    rest += ["ratio={}:{}".format(*scene.ratio)] if scene.ratio else []
    rest += [f"ground={_COLOUR_NAMES[scene.ground]}"] if scene.ground else []
    rest += [f'{words.carrier.replace(" ", "_")}="{words.text}"' for words in scene.lettering]
    subjects = ", ".join(map(_subject, scene.subjects)) or "-"
    return f"{subjects} ; {' '.join(rest)}" if rest else subjects


def test_the_table_is_read_whole() -> None:
    assert len(_ROWS) > 200


@pytest.mark.parametrize(("prompt", "expected"), _ROWS, ids=[prompt[:60] for prompt, _ in _ROWS])
def test_reads(prompt: str, expected: str) -> None:
    assert _summary(read(prompt)) == expected


@pytest.mark.parametrize(
    "prompt",
    [
        "looking toward camera with calm distant gaze",
        "Square image. Soft, diffused lighting from the top left",
        "shot with an 85mm portrait lens, negative film aesthetic, key light, film grain",
        "warm light, golden ratio, eye level, sun-drenched",
        "no people, no cars, without a hat",
        "under construction, on fire sale, fish eye lens, rule of thirds, cel-shading",
    ],
)
def test_jargon_draws_nothing_of_its_own(prompt: str) -> None:
    with_subject = read(f"a teapot, {prompt}")
    assert [subject.icon for subject in with_subject.subjects] == ["teapot"]


@pytest.mark.parametrize("prompt", ["", "hi", "asdf qwer", "\n\n", "!!!", "12", "Привет", "...", "\ud800"])
def test_a_prompt_that_names_nothing_gets_a_scene_all_the_same(prompt: str) -> None:
    scene = read(prompt)
    assert scene.place != "nowhere"
    assert scene == read(prompt)


def test_the_seed_chooses_what_the_prompt_leaves_open() -> None:
    assert len({read("hi", seed).place for seed in range(20)}) > 3
    assert len({read("a woman", seed).subjects[0].skin for seed in range(20)}) == 5
    assert {read("a Nigerian woman", seed).subjects[0].skin for seed in range(20)} == {"dark"}


def test_what_stands_where() -> None:
    scene = read("a cat in a basket under a table, a dog wearing a top hat")
    by_icon = {subject.icon: (subject.relation, subject.anchor) for subject in scene.subjects}
    names = [subject.icon for subject in scene.subjects]
    assert by_icon["cat"] == ("inside", names.index("basket"))
    assert by_icon["top-hat"] == ("wearing", names.index("dog"))


@pytest.mark.parametrize(
    ("prompt", "colours"),
    [
        ("a castle in black and white", 2),
        ("a car, teal and orange palette", 2),
        ("a castle, pastel colours", 4),
        ("a red castle", 0),
    ],
)
def test_palettes(prompt: str, colours: int) -> None:
    assert len(read(prompt).palette) == colours


def _whole(scene: Scene) -> None:
    names = pack.load().names
    for index, subject in enumerate(scene.subjects):
        assert subject.icon in names
        assert 1 <= subject.count <= 40
        assert subject.anchor is None or (
            0 <= subject.anchor < len(scene.subjects) and subject.anchor != index
        )
        assert (subject.relation is None) == (subject.anchor is None)


@given(st.text(max_size=300), st.integers(0, 2**63))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_a_whole_scene(prompt: str, seed: int) -> None:
    scene = read(prompt, seed)
    _whole(scene)
    assert scene == read(prompt, seed)


_WORDS = sorted(pack.read_asset("words"))
_GLUE = [
    "a",
    "the",
    "two",
    "red",
    "on",
    "in",
    "with",
    "and",
    ",",
    ".",
    "wearing",
    "of",
    "no",
    "it",
    "under",
    '"',
    "her",
    "behind",
]


@given(st.lists(st.sampled_from(_GLUE) | st.sampled_from(_WORDS), max_size=25))
@settings(max_examples=200, deadline=None)
def test_any_order_of_known_words_gives_a_whole_scene(words: list[str]) -> None:
    _whole(read(" ".join(words)))


@pytest.mark.parametrize(
    "unit", ["a cat on ", "((((", "'", '"a ', "red ", "\N{CAT FACE}", "a" * 40, "no ", "1:", "“"]
)
def test_the_longest_prompts_are_read(unit: str) -> None:
    _whole(read(unit * (LONGEST // len(unit))))

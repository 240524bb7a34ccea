"""Quoted words are lettered when the picture is to show them, on what the prompt names."""

from __future__ import annotations

import pytest

from tintype.engines.illustrator.reader import read


@pytest.mark.parametrize(
    ("prompt", "text", "carrier"),
    [
        ('a cat with "HELLO"', "HELLO", "title"),
        ("a sign saying 'Keep out'", "Keep out", "sign"),
        ("a neon sign that reads \u201cDiner\u201d", "Diner", "neon sign"),
        ('A caption box at the top reads \\"It rained.\\"', "It rained.", "caption"),
        ("a dog says \u00abBonjour\u00bb", "Bonjour", "speech"),
        ('a bottle labelled "POISON"', "POISON", "label"),
        ("a logo for a bakery called 'Golden Crust'", "Golden Crust", "logo"),
        ("\u732b\u3001\u300c\u3053\u3093\u306b\u3061\u306f\u300d", "\u3053\u3093\u306b\u3061\u306f", "title"),
        ("a mug that says 'World's Best Dad'", "World's Best Dad", "label"),
        ("a poster with the text OPEN NOW", "OPEN NOW", "title"),
        ("logo for a startup named Nimbus", "Nimbus", "logo"),
    ],
)
def test_lettered(prompt: str, text: str, carrier: str) -> None:
    (lettering,) = read(prompt).lettering
    assert (lettering.text, lettering.carrier) == (text, carrier)


@pytest.mark.parametrize(
    "prompt",
    [
        "a street, \u201cmemory-like realism\u201d",
        "a castle in a 'fairytale' style",
        'a "cat" in a hat',
        "the dog's bowl and the cat's bed",
        "it's a dog's life, isn't it",
    ],
)
def test_not_lettered(prompt: str) -> None:
    assert read(prompt).lettering == ()


def test_a_quoted_noun_without_a_cue_is_the_thing() -> None:
    assert read('a "cat" in a hat').subjects[0].icon == "cat"


def test_what_is_lettered_is_not_drawn() -> None:
    assert [subject.icon for subject in read('a dog and a sign that says "CAT FOOD"').subjects] == ["dog"]


@pytest.mark.parametrize(
    ("prompt", "face"),
    [
        ('a poster titled "Jazz" in an elegant serif font', "serif"),
        ('a poster titled "Jazz" in a clean sans-serif font', "sans"),
        ('a poster titled "Jazz" in handwritten letters', "hand"),
    ],
)
def test_face(prompt: str, face: str) -> None:
    assert read(prompt).lettering[0].face == face

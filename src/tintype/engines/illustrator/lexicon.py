"""Cut a prompt into the longest phrases that mean something, each with all that it may mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from . import pack
from . import vocabulary as v
from .abroad import ABROAD
from .jargon import ACTIONS, JARGON
from .scene import Colour, Place, Relation, Shot, Style, Time, Weather

WEAK = 3
"""Subjects of at most this weight are drawn only when the prompt names nothing better."""

_TOKEN = re.compile(
    r"#[0-9a-f]{6}\b|#[0-9a-f]{3}\b|[^\W_]+(?:['\u2019][^\W_]+)*|[.,;:!?()\n&+\u3001\u3002\uff0c]"
)
_IRREGULAR = {
    "mice": "mouse", "children": "child", "wolves": "wolf", "leaves": "leaf", "knives": "knife", "geese": "goose", "feet": "foot",
    "teeth": "tooth", "oxen": "ox", "men": "man", "women": "woman", "people": "person", "loaves": "loaf", "shelves": "shelf",
    "elves": "elf", "calves": "calf", "cacti": "cactus", "dice": "die", "halves": "half", "scarves": "scarf", "wives": "wife",
    "octopi": "octopus", "fungi": "mushroom", "snowmen": "snowman", "firemen": "fireman", "policemen": "policeman",
    "fishermen": "fisherman", "businessmen": "businessman", "heroes": "hero", "policewomen": "policewoman", "gentlemen": "gentleman",
    "bookshelves": "bookshelf", "thieves": "thief", "moose": "moose", "lives": "life",
}  # fmt: skip
_SAME_IN_PLURAL = frozenset(
    {"glasses", "dress", "compass", "bus", "cactus", "octopus", "grass", "glass", "cross", "chess", "moss"}
)


@dataclass(slots=True)
class Entry:
    """Everything that one phrase may mean."""

    subject: str | None = None
    weight: int = 0
    place: Place | None = None
    time: Time | None = None
    weather: Weather | None = None
    style: tuple[Style, int] | None = None
    shot: Shot | None = None
    colour: Colour | None = None
    size: float | None = None
    number: int | None = None
    relation: Relation | None = None
    soft: bool = False
    empty: bool = False
    jargon: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """A phrase of the prompt: its words, what it means (None: nothing we know), and whether it is a plural."""

    text: str
    entry: Entry | None
    plural: bool = False


def plain(text: str) -> str:
    """A phrase as the lexicon spells it."""
    return " ".join(text.lower().replace("-", " ").replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())


@lru_cache(maxsize=1)
def entries() -> dict[str, Entry]:
    found: dict[str, Entry] = {}

    def at(phrase: str) -> Entry:
        return found.setdefault(plain(phrase), Entry())

    for phrase, (name, weight) in pack.read_asset("words").items():
        entry = at(phrase)
        entry.subject, entry.weight = name, weight
    for place, phrases in v.PLACES.items():
        for phrase in phrases:
            at(phrase).place = place
    for time, phrases in v.TIMES.items():
        for phrase in phrases:
            at(phrase).time = time
    for weather, phrases in v.WEATHERS.items():
        for phrase in phrases:
            at(phrase).weather = weather
    for style, weighed in v.STYLES.items():
        for weight, phrases in weighed.items():
            for phrase in phrases:
                at(phrase).style = (style, weight)
    for shot, phrases in v.SHOTS.items():
        for phrase in phrases:
            at(phrase).shot = shot
    for phrase in (*JARGON, *ACTIONS):
        at(phrase).jargon = True
    for phrase, colour in v.COLOURS.items():
        at(phrase).colour = colour
    for phrase, size in v.SIZES.items():
        at(phrase).size = size
    for phrase, number in v.NUMBERS.items():
        at(phrase).number = number
    for phrase, relation in v.RELATIONS.items():
        at(phrase).relation = relation
    for phrase in v.EMPTY:
        at(phrase).empty = True
    for phrase in v.SOFT:
        at(phrase).soft = True
    _settle(found)
    for word, english in ABROAD.items():
        found.setdefault(plain(word), found[english])
    return found


def _settle(found: dict[str, Entry]) -> None:
    """A set phrase is no thing ("red hair"), and snowy mountains are mountains in snow."""
    for phrase, entry in found.items():
        if entry.jargon or phrase in ACTIONS:
            entry.subject = None
        if entry.place and " " in phrase:
            parts = [found[word] for word in phrase.split(" ") if word in found]
            entry.weather = entry.weather or next((part.weather for part in parts if part.weather), None)
            entry.time = entry.time or next((part.time for part in parts if part.time), None)


@lru_cache(maxsize=1)
def _longest() -> dict[str, int]:
    """First word -> how many words the longest phrase has that begins with it."""
    longest: dict[str, int] = {}
    for phrase in entries():
        words = phrase.split(" ")
        longest[words[0]] = max(longest.get(words[0], 0), len(words))
    return longest


def singulars(word: str) -> tuple[str, ...]:
    """What a plural may be the plural of, the likeliest first."""
    if word in _IRREGULAR:
        return (_IRREGULAR[word],)
    if len(word) < 4 or not word.endswith("s") or word.endswith("ss") or word in _SAME_IN_PLURAL:
        return ()
    if word.endswith("ies"):
        return (word[:-3] + "y", word[:-1])
    if word.endswith(("ches", "shes", "sses", "xes", "zes", "oes")):
        return (word[:-2], word[:-1])
    return (word[:-1], word[:-2]) if word.endswith("es") else (word[:-1],)


def tokens_of(text: str) -> list[str]:
    words = (
        text.lower()
        .replace("-", " ")
        .replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
        .replace("\N{NON-BREAKING HYPHEN}", " ")
    )
    tokens: list[str] = []
    for token in _TOKEN.findall(words):
        if token[:2] in ("l'", "d'") and token not in ABROAD and token[2:] in ABROAD:
            token = token[2:]  # "l'homme"
        tokens += _segments(token) if token[0] >= "\u3040" else [token]
    return tokens


def _segments(run: str) -> list[str]:
    """Japanese and Chinese write no spaces: cut a run into the longest words we know, of up to 6 characters."""
    known = entries()
    segments: list[str] = []
    at = 0
    while at < len(run):
        size = next((n for n in range(6, 1, -1) if run[at : at + n] in known), 1)
        segments.append(run[at : at + size])
        at += size
    return segments


def units_of(text: str) -> list[Unit]:
    """The prompt as units, the longest known phrase first; work is linear in its length."""
    known, longest = entries(), _longest()
    tokens = tokens_of(text)
    units: list[Unit] = []
    at = 0
    while at < len(tokens):
        word = tokens[at]
        heads = [word, *singulars(word)]
        reach = min(max(longest.get(head, 0) for head in heads), len(tokens) - at)
        unit = None
        for size in range(reach, 0, -1):
            unit = _match(tokens[at : at + size], known)
            if unit:
                at += size
                break
        if unit is None:
            unit = _hex_unit(word) or Unit(word, None)
            at += 1
        if unit.text in ABROAD and ABROAD[unit.text] in v.COLOURS and units and units[-1].text in ABROAD:
            unit = Unit(unit.text, known[ABROAD[unit.text]])  # "un chat noir" is no film noir
        units.append(unit)
    return units


def _match(words: list[str], known: dict[str, Entry]) -> Unit | None:
    phrase = " ".join(words)
    entry = known.get(phrase)
    if entry:
        # "shelves of clay pots" is listed as a plural itself, "noodles" is one thing: neither is counted.
        return Unit(phrase, entry)
    stem = " ".join(words[:-1])
    for last in singulars(words[-1]):
        entry = known.get(f"{stem} {last}".strip())
        if entry and (entry.subject or entry.place):
            return Unit(phrase, entry, plural=True)
    return None


def _hex_unit(word: str) -> Unit | None:
    if not word.startswith("#"):
        return None
    digits = word[1:] if len(word) == 7 else "".join(2 * digit for digit in word[1:])
    return Unit(word, Entry(colour=(int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16))))


def subject_of(word: str) -> str | None:
    """The subject that a word names by itself, if it names one to draw."""
    entry = entries().get(plain(word))
    return entry.subject if entry and entry.weight > WEAK else None

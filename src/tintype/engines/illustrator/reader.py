"""Read a prompt into a Scene: what it shows, where, when and how it is drawn."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from typing import Any, get_args

from . import jargon as j
from . import pack
from . import vocabulary as v
from .grammar import Parser
from .lettering import read_lettering
from .lexicon import Unit, subject_of, units_of
from .reading import Reading
from .scene import Colour, Lettering, Place, Scene, Shot, Skin, Spot, Style, Subject, Time, Weather
from .settling import BLACK, WHITE, settle

LONGEST = 32_000
"""Characters of a prompt that are read; the API allows no more."""

_RATIO = re.compile(r"(?:--(?:ar|aspect)?\s*|\b)(\d{1,2}):(\d{1,2})\b(?!:)")
_FLAG = re.compile(r"--\w+(?:[ =][\w.:]+)?|<[^<>]{1,60}>|\bhttps?://\S+")
_EMPHASIS = re.compile(r"\(([^()]{1,80}):\d(?:\.\d+)?\)")
_SHAPES: tuple[tuple[str, tuple[int, int]], ...] = (
    (r"\bsquare (?:image|format|picture|composition|aspect|photo|crop|canvas)", (1, 1)),
    (r"(?:^|[.\n,])\s*landscape\s*(?:[.\n,]|$)|\blandscape (?:orientation|format|image|aspect)|\bhorizontal (?:format|image|orientation|composition)|\bwidescreen", (3, 2)),
    (r"(?:^|[.\n])\s*portrait\s*(?:[.\n]|$)|\bportrait (?:orientation|format|aspect)|\bvertical (?:format|image|orientation|composition|poster)|\bphone wallpaper", (2, 3)),
)  # fmt: skip
_SPOT_WORDS = "|".join(sorted((p for phrases in v.SPOTS.values() for p in phrases), key=len, reverse=True))
_SPOT = re.compile(
    rf"\b(?P<lead>from|in|at|on|to|toward|towards|positioned|placed|located)?\s*(?:the\s+)?(?P<spot>{_SPOT_WORDS})"
    r"(?P<tail>\s+(?:corner|side|third|half|part|edge|area|quarter)\b)?(?P<frame>\s+of\s+(?:the\s+)?(?:frame|image|picture|canvas|composition|photo|photograph|page|scene|shot|screen)\b)?"
)
_TEXT_BEFORE_SPOT = re.compile(
    r"\b(?:text|caption|title|sign|lettering|words?|logo|box|headline|label)\b[^.]{0,40}$"
)
_AUTUMN = re.compile(r"\bautumn|\bfall (?:colou?rs|foliage|leaves|forest|season|day|scene|trees)|\bherbst|\bautomne|\boto\xf1o|\u79cb", re.I)  # fmt: skip
_PALETTES: tuple[tuple[str, tuple[Colour, ...]], ...] = (
    (r"\bblack (?:and|&) white\b(?! (?:stripe|cat|dog|cow|spotted|checker|check|puppy|kitten|fur|zebra|penguin|rabbit|horse|suit|dress|hat|tile))|\bmonochrom|\bb&w\b|\bgr[ae]yscale\b|\bb/w\b", (BLACK, WHITE)),
    (r"\bpastel (?:colou?rs|palette|tones|shades|hues|colou?r palette)", ((250, 200, 210), (190, 220, 245), (205, 235, 205), (250, 235, 190))),
    (r"\bneon (?:colou?rs|palette|glow|tones|lights?)\b", ((255, 50, 160), (40, 230, 255), (120, 60, 255))),
    (r"\bearth(?:y)? (?:tones|colou?rs|palette)", ((150, 100, 60), (196, 160, 110), (104, 112, 70), (230, 214, 186))),
    (r"\b(?:two|2)[- ](?:colou?rs?|tones?)\b|\bduotone\b", ((24, 40, 80), (250, 244, 230))),
)  # fmt: skip


def read(prompt: str, seed: int = 0, *, invent: bool = True) -> Scene:
    """The Scene that a prompt describes. Never raises: what names nothing to draw gets a scene of the seed's
    choosing, or, without `invent`, an empty one: a change of a picture need not name anything.

    The same prompt and seed give the same Scene.
    """
    text = prompt[:LONGEST]
    lettering, rest = read_lettering(text, lambda word: subject_of(word) is not None)
    ratio = _ratio(rest)
    rest = _FLAG.sub(" ", _EMPHASIS.sub(r"\1", _RATIO.sub(" ", rest)))
    spot, rest = _spot(rest)
    units = units_of(rest)
    reading = Parser(units).read()
    style = _style(units)
    palette = _palette(rest, reading)
    wanted = _positive(units)
    chance = int.from_bytes(sha256(f"{seed}:{prompt}".encode("utf-8", "surrogatepass")).digest()[:8], "big")
    scene = Scene(
        subjects=_subjects(reading, chance),
        lettering=_signs(rest, lettering, style),
        place=_place(reading),
        time=_time(wanted, rest),
        weather=_first(wanted, "weather", "clear"),
        style=style,
        shot=_first(wanted, "shot", "medium"),
        spot=spot,
        empty=any(unit.entry and unit.entry.empty for unit in wanted),
        soft_light=any(unit.entry and unit.entry.soft for unit in wanted),
        ground=reading.ground,
        palette=palette,
        ratio=ratio,
        autumn=_AUTUMN.search(rest) is not None,
    )
    return settle(scene, chance, text, invent=invent)


def _ratio(text: str) -> tuple[int, int] | None:
    match = _RATIO.search(text)
    if match:
        width, height = int(match[1]), int(match[2])
        if (
            width
            and height
            and 1 / 4 <= width / height <= 4
            and not re.match(r"\s*(?:am|pm|o'clock)\b", text[match.end() :])
        ):
            return width, height
    lowered = text[:4000].lower()
    return next((shape for pattern, shape in _SHAPES if re.search(pattern, lowered)), None)


def _spot(text: str) -> tuple[Spot, str]:
    """Where in the frame the subject goes, and the prompt without the words that say so."""
    spot: Spot | None = None
    lowered = text.lower().replace("-", " ")
    cuts: list[tuple[int, int]] = []
    if len(lowered) != len(text):
        return "centre", text
    for match in _SPOT.finditer(lowered):
        corner = " " in match["spot"].replace(" hand", "")
        placed = (
            match["frame"]
            or match["tail"]
            or (corner and match["lead"] in ("in", "at", "positioned", "placed", "located"))
        )
        if not placed or match["lead"] == "from":
            continue
        cuts.append(match.span())
        if spot is None and not _TEXT_BEFORE_SPOT.search(lowered[max(0, match.start() - 60) : match.start()]):
            spot = next(s for s, phrases in v.SPOTS.items() if match["spot"] in phrases)
    for start, end in reversed(cuts):
        text = f"{text[:start]} , {text[end:]}"
    return spot or "centre", text


def _positive(units: list[Unit]) -> list[Unit]:
    """The units that are not denied: "no rain" sets no weather."""
    kept: list[Unit] = []
    denied = 0
    for unit in units:
        if unit.text in j.NEGATORS:
            denied = 4
        elif unit.text in ".;!?\n,:()" or unit.text == "but":
            denied = 0
        elif denied:
            denied -= 1
        else:
            kept.append(unit)
    return kept


def _first(units: list[Unit], kind: str, otherwise: Shot | Weather) -> Any:
    return next(
        (getattr(unit.entry, kind) for unit in units if unit.entry and getattr(unit.entry, kind)), otherwise
    )


def _time(units: list[Unit], text: str) -> Time:
    times: Counter[Time] = Counter()
    for unit in units:
        if unit.entry and unit.entry.time:
            times[unit.entry.time] += 1
    if times:
        return max(times, key=lambda time: (time != "day", times[time]))
    night = re.search(
        r"\bneon\b|\bfull moon\b|\bfireflies\b|\bmoonl|\bthe moon\b|\bcampfire\b|\bfireworks\b|\baurora\b|\b(?:northern|polar) lights\b",
        text,
        re.I,
    )
    return "night" if night else "day"


def _style(units: list[Unit]) -> Style:
    weights: Counter[Style] = Counter()
    seen: set[str] = set()
    for unit in _positive(units):
        if unit.entry and unit.entry.style and unit.text not in seen:
            seen.add(unit.text)
            style, weight = unit.entry.style
            weights[style] += weight
    if not weights:
        return "illustration"
    if weights["comic"] >= 5:
        weights["noir"] = 0  # a noir comic is a comic in black and white
    # What the thing is (a sticker, a logo) outweighs any number of words about how it looks.
    for style in ("sticker", "logo", "pixel", "comic"):
        if weights[style] >= 5 and not (style == "logo" and weights["photo"] >= 10):
            return style
    return max(get_args(Style), key=lambda style: weights[style])


def _palette(text: str, reading: Reading) -> tuple[Colour, ...]:
    named = next((colours for pattern, colours in _PALETTES if re.search(pattern, text[:8000], re.I)), ())
    return tuple(dict.fromkeys(reading.palette))[:5] if len(reading.palette) > 1 and not named else named


def _place(reading: Reading) -> Place:
    places = [
        (rank, place) for rank, place in reading.places if place not in v.FAINT_PLACES
    ] or reading.places
    if not places:
        return "nowhere" if reading.ground is None else "plain"
    best = max(rank for rank, _ in places)
    return next(place for rank, place in places if rank == best)


def _subjects(reading: Reading, chance: int) -> tuple[Subject, ...]:
    subjects = reading.subjects or reading.reserve[:1]
    skins: tuple[Skin, ...] = get_args(Skin)
    skin = reading.skin or skins[chance % len(skins)]
    facts = pack.load()
    return tuple(
        replace(subject, skin=skin if facts.standing(subject.icon).person else None) for subject in subjects
    )


def _signs(text: str, lettering: tuple[Lettering, ...], style: Style) -> tuple[Lettering, ...]:
    """The lettering, with what an unquoted "neon sign of a bar" spells, and a logo's words on the logo."""
    if style == "logo":
        lettering = tuple(replace(words, carrier="logo") for words in lettering[:1]) + lettering[1:]
    neon = re.search(r"\bneon signs? (?:of|for) (?:a|an|the) (?:\w+ ){0,2}?(bar|diner|hotel|motel|cafe|café|casino|club|restaurant|pub|theat(?:er|re)|cinema)\b", text, re.I)  # fmt: skip
    neon = neon or re.search(r"\b(bar|diner|hotel|motel|casino|open)(?:'s)? neon sign\b", text, re.I)
    if neon and not any(words.carrier == "neon sign" for words in lettering):
        lettering += (Lettering(text=neon[1].upper(), carrier="neon sign"),)
    return lettering

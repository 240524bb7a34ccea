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
from .grammar import Parser, Reading
from .lettering import read_lettering
from .lexicon import Unit, subject_of, units_of
from .scene import Colour, Lettering, Place, Scene, Shot, Skin, Spot, Style, Subject, Time, Weather

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
_BLACK, _WHITE = (16, 16, 18), (250, 250, 248)
_PALETTES: tuple[tuple[str, tuple[Colour, ...]], ...] = (
    (r"\bblack (?:and|&) white\b(?! (?:stripe|cat|dog|cow|spotted|checker|check|puppy|kitten|fur|zebra|penguin|rabbit|horse|suit|dress|hat|tile))|\bmonochrom|\bb&w\b|\bgr[ae]yscale\b|\bb/w\b", (_BLACK, _WHITE)),
    (r"\bpastel (?:colou?rs|palette|tones|shades|hues|colou?r palette)", ((250, 200, 210), (190, 220, 245), (205, 235, 205), (250, 235, 190))),
    (r"\bneon (?:colou?rs|palette|glow|tones|lights?)\b", ((255, 50, 160), (40, 230, 255), (120, 60, 255))),
    (r"\bearth(?:y)? (?:tones|colou?rs|palette)", ((150, 100, 60), (196, 160, 110), (104, 112, 70), (230, 214, 186))),
    (r"\b(?:two|2)[- ](?:colou?rs?|tones?)\b|\bduotone\b", ((24, 40, 80), (250, 244, 230))),
)  # fmt: skip


def read(prompt: str, seed: int = 0) -> Scene:
    """The Scene that a prompt describes. Never raises: what names nothing to draw gets a scene of the seed's choosing.

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
    )
    return _settle(scene, chance, text)


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
        r"\bneon\b|\bfull moon\b|\bfireflies\b|\bmoonl|\bthe moon\b|\bcampfire\b|\bfireworks\b", text, re.I
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


def _settle(scene: Scene, chance: int, prompt: str) -> Scene:
    """Fill in what the prompt left open and what follows from the rest."""
    if scene.style in ("comic", "noir") and re.search(r"\bnoir\b", prompt, re.I):
        scene = _noir(scene)
    if scene.ground is not None and scene.place in v.FAINT_PLACES - {"studio"}:
        scene = replace(scene, place="plain")
    if scene.shot == "close-up" and scene.subjects:
        scene = replace(scene, subjects=_close_up(scene.subjects))
    if not scene.subjects and scene.style in ("sticker", "logo") and scene.place in _EMBLEMS:
        scene = replace(
            scene, subjects=(Subject(icon=_EMBLEMS[scene.place], words=scene.place),), place="plain"
        )
    if not scene.subjects and scene.place == "nowhere" and not scene.lettering:
        return _invented(scene, chance, prompt)
    return scene


def _noir(scene: Scene) -> Scene:
    """Noir is black and white, and people in it are out at night, unless the prompt says otherwise."""
    person = bool(scene.subjects) and pack.load().standing(scene.subjects[0].icon).person
    if scene.style == "comic" and scene.palette == ():
        scene = replace(scene, palette=(_BLACK, _WHITE))
    if scene.place == "nowhere" and person:
        scene = replace(scene, place="street")
    return (
        replace(scene, time="night") if scene.time == "day" and scene.place in ("street", "city") else scene
    )


_EMBLEMS: dict[Place, str] = {
    "mountains": "snow-capped-mountain", "forest": "evergreen-tree", "jungle": "palm-tree", "beach": "beach-with-umbrella", "sea": "water-wave",
    "desert": "cactus", "city": "skyscraper", "space": "ringed-planet", "village": "houses", "garden": "tulip", "sky": "cloud",
    "snowfield": "snowflake", "meadow": "sunflower", "underwater": "tropical-fish", "bar": "cocktail-glass", "restaurant": "fork-and-knife-with-plate",
    "library": "books",
}  # fmt: skip
"""What stands for a place on a sticker or in a logo, which have no backdrop."""

_FACES = {
    "person-standing": "person", "man-standing": "man", "woman-standing": "woman", "boy-standing": "boy", "girl-standing": "girl",
    "old-man-standing": "old-man", "old-woman-standing": "old-woman", "detective-standing": "detective", "bear-standing": "bear",
    "polar-bear-standing": "polar-bear", "panda-sitting": "panda", "fox-sitting": "fox", "wolf-standing": "wolf", "lion-standing": "lion",
    "koala-sitting": "koala", "raccoon-sitting": "raccoon", "hamster-sitting": "hamster", "frog-sitting": "frog", "robot-standing": "robot",
    "alien-standing": "alien", "unicorn-standing": "unicorn", "dog": "dog-face", "cat": "cat-face", "tiger": "tiger-face",
    "rabbit": "rabbit-face", "horse": "horse-face", "cow": "cow-face", "pig": "pig-face", "monkey": "monkey-face",
    "dragon": "dragon-face", "mouse": "mouse-face",
}  # fmt: skip


def _close_up(subjects: tuple[Subject, ...]) -> tuple[Subject, ...]:
    """From near one sees the face, unless the hands are busy."""
    busy = any(subject.relation in ("holding", "riding", "eating") for subject in subjects)
    face = _FACES.get(subjects[0].icon)
    if busy or face is None or subjects[0].count > 1:
        return subjects
    return (replace(subjects[0], icon=face), *subjects[1:])


_INVENTIONS: tuple[tuple[Place, Time, tuple[str, ...]], ...] = (
    ("mountains", "dawn", ()),
    ("mountains", "sunset", ("evergreen-tree",)),
    ("sea", "sunset", ("sailboat",)),
    ("meadow", "golden hour", ("deciduous-tree",)),
    ("desert", "dusk", ("cactus",)),
    ("beach", "day", ("palm-tree",)),
    ("space", "night", ("ringed-planet",)),
    ("meadow", "dawn", ("hot-air-balloon",)),
    ("forest", "golden hour", ("deer",)),
    ("snowfield", "night", ("evergreen-tree",)),
    ("sky", "dawn", ("hot-air-balloon",)),
    ("village", "dusk", ()),
)  # fmt: skip


def _invented(scene: Scene, chance: int, prompt: str) -> Scene:
    """A pleasing landscape for a prompt that names nothing we can draw ("hi"), in the style it asked for."""
    if re.search(r"\babstract|\bgeometric|\bshapes\b|\bpattern\b", prompt, re.I):
        shapes = [
            Subject(icon=icon, words="") for icon in ("orange-circle", "large-blue-diamond", "red-triangle")
        ]
        return replace(scene, place="plain", subjects=tuple(shapes), ground=scene.ground or (248, 240, 224))
    place, time, icons = _INVENTIONS[chance % len(_INVENTIONS)]
    known = pack.load().names
    subjects = tuple(Subject(icon=icon, words="") for icon in icons if icon in known)
    return replace(
        scene,
        place=place if scene.ground is None else "plain",
        time=time if scene.time == "day" else scene.time,
        subjects=subjects,
        shot="wide",
    )

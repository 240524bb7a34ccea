"""What follows from what a prompt says, and what it leaves open: hair, noir nights, faces from near, an invented view."""

from __future__ import annotations

import re
from dataclasses import replace

from . import pack
from . import vocabulary as v
from .scene import Colour, Place, Scene, Subject, Time

BLACK: Colour = (16, 16, 18)
WHITE: Colour = (250, 250, 248)


def settle(scene: Scene, chance: int, prompt: str, *, invent: bool) -> Scene:
    """Fill in what the prompt left open and what follows from the rest; `invent` a landscape when nothing is left to draw."""
    if scene.subjects:
        scene = replace(scene, subjects=_haired(scene.subjects, prompt))
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
    if invent and not scene.subjects and scene.place == "nowhere" and not scene.lettering:
        return _invented(scene, chance, prompt)
    return scene


def _noir(scene: Scene) -> Scene:
    """Noir is black and white, and people in it are out at night, unless the prompt says otherwise."""
    person = bool(scene.subjects) and pack.load().standing(scene.subjects[0].icon).person
    if scene.style == "comic" and scene.palette == ():
        scene = replace(scene, palette=(BLACK, WHITE))
    if scene.place == "nowhere" and person:
        scene = replace(scene, place="street")
    return (
        replace(scene, time="night") if scene.time == "day" and scene.place in ("street", "city") else scene
    )


_HAIR = (
    ("red-hair", r"\b(?:red|ginger|auburn)[- ]hair|\bredhead|\bginger (?:man|woman)"),
    ("blonde-hair", r"\bblonde?\b|\b(?:golden|yellow)[- ]hair"),
    ("curly-hair", r"\bcurly\b|\bafro\b"),
    ("white-hair", r"\b(?:white|gr[ae]y|silver)[- ]hair"),
    ("beard", r"\bbeard"),
    ("bald", r"\bbald\b"),
)
"""The pack's heads of hair, by the words that ask for them."""
_WHO = {"man-standing": "man", "woman-standing": "woman", "person-standing": "person"}


def _haired(subjects: tuple[Subject, ...], prompt: str) -> tuple[Subject, ...]:
    """Somebody whose hair the prompt speaks of is drawn as a bust that shows it; hair is nobody else."""
    kinds = tuple(kind for kind, _ in _HAIR)
    subjects = _without(
        subjects, {at for at, s in enumerate(subjects) if at and s.anchor == 0 and _is_hair(s.icon, kinds)}
    )
    first = subjects[0]
    kind = next((kind for kind, words in _HAIR if re.search(words, prompt, re.I)), None)
    icon = f"{_WHO.get(first.icon)}-{kind}"
    acts = any(s.anchor == 0 and s.relation in ("riding", "under") for s in subjects)
    if kind is None or acts or first.count > 1 or icon not in pack.load().names:
        return subjects
    colour = None if "blond" in first.words else first.colour
    return (replace(first, icon=icon, colour=colour), *subjects[1:])


def _without(subjects: tuple[Subject, ...], dropped: set[int]) -> tuple[Subject, ...]:
    """The others, each still anchored to whom it was; who was anchored to one that is gone stands alone."""
    places = {at: new for new, at in enumerate(at for at in range(len(subjects)) if at not in dropped)}
    return tuple(
        subject
        if subject.anchor is None
        else replace(subject, anchor=places[subject.anchor])
        if subject.anchor in places
        else replace(subject, anchor=None, relation=None)
        for at, subject in enumerate(subjects)
        if at in places
    )


def _is_hair(icon: str, kinds: tuple[str, ...]) -> bool:
    return icon.partition("-")[2] in kinds and icon.partition("-")[0] in _WHO.values()


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

"""From phrases to subjects: noun phrases with their number, size and colour, and how they stand to each other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from . import jargon as j
from . import pack
from . import vocabulary as v
from .lexicon import WEAK, Unit
from .scene import Colour, Place, Relation, Skin, Subject

LOCATIVE = frozenset(("in", "at", "inside", "into", "on", "within", "through", "across", "over", "along", "near", "by", "from", "above", "onto", "around"))  # fmt: skip
MOST_SUBJECTS = 8
WORN = frozenset(("top-hat", "billed-cap", "womans-hat", "bamboo-hat", "wizard-hat", "santa-hat", "party-hat", "graduation-cap", "rescue-workers-helmet",
    "military-helmet", "crown", "sunglasses", "glasses", "goggles", "scarf", "necktie", "backpack", "headphone", "ribbon", "diving-mask", "ring"))  # fmt: skip
CLOTHES = frozenset(("coat", "t-shirt", "jeans", "dress", "kimono", "shorts", "womans-clothes", "lab-coat", "sari", "martial-arts-uniform", "apron", "gloves", "socks",
    "womans-boot", "running-shoe", "safety-vest", "mans-shoe", "high-heeled-shoe", "hiking-boot", "running-shirt", "bikini", "briefs", "one-piece-swimsuit"))  # fmt: skip
RIDDEN = frozenset(("horse", "unicorn", "unicorn-standing", "bicycle", "motorcycle", "motor-scooter", "skateboard", "surfboard", "elephant", "camel", "dragon", "donkey", "kick-scooter",
    "broom", "whale", "dolphin", "carousel-horse", "sled", "tractor", "sailboat", "canoe", "rocket", "hot-air-balloon", "turtle", "t-rex", "two-hump-camel", "shark", "llama", "bear-standing"))  # fmt: skip
CONTAINERS = frozenset(("package", "basket", "bathtub", "bowl-with-spoon", "bucket", "mug", "jar", "fishbowl", "vase", "nest-with-eggs", "empty-nest", "shopping-cart",
    "handbag", "backpack", "bed", "tea-bowl", "treasure-chest", "luggage", "automobile", "hot-beverage", "wine-glass", "bottle", "shopping-bags", "snow-globe", "glass-of-milk", "cooked-rice"))  # fmt: skip
DISHES = frozenset(("plate", "tea-bowl", "bowl-with-spoon", "basket", "fork-and-knife-with-plate"))
ABSORBED = {
    "birthday-cake": {"candle"}, "mug": {"hot-beverage"}, "camping": {"tent", "evergreen-tree"}, "hot-beverage": {"mug"}, "bouquet": {"rose", "blossom", "tulip"},
    "house-with-garden": {"deciduous-tree"}, "ceramicist": {"apron", "old-man-standing", "man-standing"}, "detective-standing": {"coat", "top-hat"}, "santa-claus": {"santa-hat"},
    "steaming-bowl": {"chopsticks", "bowl-with-spoon"}, "potted-plant": {"vase"}, "desert-island": {"palm-tree"}, "couple": {"man-standing", "woman-standing"},
    "astronaut": {"rescue-workers-helmet"}, "knight": {"sword", "shield"}, "christmas-tree": {"star"}, "wine-glass": {"bottle"}, "street-lamp": {"light-bulb"},
    "cook": {"graduation-cap"}, "honeybee": {"honey-pot"}, "clay-pots": {"shelf", "potted-plant"}, "spaghetti": {"plate"}, "cafe": {"mug", "hot-beverage"},
}  # fmt: skip
"""What a drawing shows already and need not be drawn beside it."""

ZODIAC = frozenset(("aries", "taurus", "gemini", "cancer", "leo", "virgo", "libra", "scorpio", "sagittarius", "capricorn", "aquarius", "pisces"))  # fmt: skip
PLAIN_PEOPLE = {
    "person-standing": "person", "man-standing": "man", "woman-standing": "woman", "boy-standing": "man", "girl-standing": "woman",
    "child-standing": "person", "child": "person", "old-man-standing": "man", "old-woman-standing": "woman",
}  # fmt: skip
"""People who are only that, with the word by which the pack files what they do ("woman-running")."""


@dataclass(slots=True)
class Pending:
    """What was said of a noun before the noun came."""

    number: int | None = None
    size: float | None = None
    colours: list[Colour] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    gender: str | None = None
    old: bool = False
    young: bool = False
    definite: bool = False
    another: bool = False


@dataclass(slots=True)
class Reading:
    """What the grammar found, beside the subjects."""

    subjects: list[Subject] = field(default_factory=list)
    reserve: list[Subject] = field(default_factory=list)
    places: list[tuple[int, Place]] = field(default_factory=list)
    ground: Colour | None = None
    palette: list[Colour] = field(default_factory=list)
    skin: Skin | None = None
    framing: bool = False


class Parser:
    """One pass over the units of a prompt."""

    def __init__(self, units: list[Unit]) -> None:
        self.units = units
        self.found = Reading()
        self.pending = Pending()
        self.relation: Relation | None = None
        self.relation_word = ""
        self.actor: int | None = None
        self.last: int | None = None  # the subject named last, for "the car is red" and "a mug in black"
        self.set_apart = False  # in "In the background, ..." until the sentence ends
        self.skipped_until = -1
        self.reserved_until = -1
        self.copula = False
        self.noun: str = ""  # the last word that stands for the backdrop or the palette

    def read(self) -> Reading:
        for at, unit in enumerate(self.units):
            if at < self.skipped_until:
                continue
            self._step(at, unit)
        self._attach_colour()
        return self.found

    def _step(self, at: int, unit: Unit) -> None:
        text, entry = unit.text, unit.entry
        if text in ".;!?\n,:()":
            self._punctuation(text)
        elif text in j.NEGATORS and not (entry and (entry.place or entry.jargon)):
            self._attach_colour()
            self.skipped_until = self._end_of_negation(at + 1)
        elif text in j.SIMILES:
            self.reserved_until = at + 5
        elif self._theme(at):
            pass
        elif text in ("of", "full of", "filled with") and self.last is not None:
            self._of()
        elif text == "for" and self.found.framing:
            self.reserved_until = at + 7
        elif self._person_words(at, text):
            pass
        elif text in ("background", "backdrop", "canvas", "wall", "backdrops", "backgrounds"):
            self._backdrop(text)
        elif text in (
            "palette",
            "scheme",
            "tones",
            "duotone",
            "colors",
            "colours",
            "color scheme",
            "colour scheme",
            "hues",
            "color palette",
            "colour palette",
            "color grading",
        ):
            self.found.palette += self.pending.colours
            self.pending = Pending()
            self.noun = "palette"
        elif entry is None:
            self._unknown(text)
        else:
            self._known(at, unit)

    def _punctuation(self, mark: str) -> None:
        self._attach_colour()
        self.pending = Pending()
        self.copula = False
        if mark != "," or self.relation not in ("wearing", "holding", "eating"):
            self.relation, self.relation_word = None, mark
        if mark in ".;!?\n":
            self.set_apart = False
            self.noun = ""
            self.actor = 0 if self.found.subjects else None
            self.reserved_until = -1

    def _end_of_negation(self, start: int) -> int:
        """Where what is denied ends: at a mark, a contrast or a new clause, at most 8 units on."""
        for at in range(start, min(start + 8, len(self.units))):
            text = self.units[at].text
            if text in ".;!?\n,:()" or text in ("but", "just", "only", "with", "instead"):
                return at
            if at > start and text in ("on", "in", "at", "under", "above"):
                return at
        return min(start + 8, len(self.units))

    def _theme(self, at: int) -> bool:
        """ "with a Gemini theme": stars above, as for any sign of the zodiac; other themes only stand in reserve."""
        after = self.units[at + 1 : at + 2]
        if not (after and after[0].text in ("theme", "themed")):
            return False
        if self.units[at].text in ZODIAC and self.found.subjects:
            self._relate(
                Subject(icon="sparkles", words=f"{self.units[at].text} theme", relation="above"), None
            )
            self.found.subjects[-1] = replace(self.found.subjects[-1], relation="above", anchor=0)
        self.pending = Pending()
        self.relation = None
        return True

    def _of(self) -> None:
        """ "a basket of apples": the apples are inside the basket, which is what the picture is about."""
        if self.last is not None and self.found.subjects[self.last].icon in CONTAINERS | DISHES:
            self.relation, self.relation_word, self.actor = "inside", "of", self.last
        self.pending = Pending()

    def _person_words(self, at: int, text: str) -> bool:
        """Words that say what kind of person is meant. "her" is no person, but makes the detective a woman."""
        if text in j.SKINS and not self.found.skin:
            self.found.skin = j.SKINS[text]
        if text in j.SKINS:
            self.pending.words.append(text)
            return True
        if text in j.OLD or text in j.YOUNG:
            self.pending.old, self.pending.young = text in j.OLD, text in j.YOUNG
            if not self._subject_follows(at, adjacent=False):
                return False
            self.pending.words.append(text)
            return self.units[at].entry is None or self._subject_follows(at, adjacent=True)
        gender = j.GENDERS.get(text)
        if gender and self._subject_follows(at, adjacent=True) and text not in j.DETERMINERS:
            self.pending.gender = gender
            self.pending.words.append(text)
            return True
        if gender and (text in j.PRONOUNS or text in j.DETERMINERS):
            self._engender(gender)
        if text == "subject" and at + 1 < len(self.units) and self.units[at + 1].text.split()[0] in (
            "standing", "sitting", "is", "looks", "looking", "walking", "lying", "wearing", "stands", "sits"
        ):  # fmt: skip
            self._add(at, Unit("subject", None), "person-standing")
            return True
        return False

    def _engender(self, gender: str) -> None:
        """The pack draws most trades as a woman, a man or neither: a later "her" or "his" decides."""
        subjects = self.found.subjects
        if subjects and (icon := f"{gender}-{subjects[0].icon}") in pack.load().names:
            subjects[0] = replace(subjects[0], icon=icon)

    def _subject_follows(self, at: int, *, adjacent: bool) -> bool:
        for unit in self.units[at + 1 : at + (2 if adjacent else 4)]:
            entry = unit.entry
            if entry and entry.subject and entry.weight > WEAK and unit.text not in j.VERB_LIKE:
                return True
        return False

    def _backdrop(self, text: str) -> None:
        if self.pending.colours and text != "wall":
            self.found.ground = self.pending.colours[0]
        elif text != "wall" and self.relation_word == "in":
            self._set_behind()
        self.pending = Pending()
        self.relation = None
        self.noun = "background" if text != "wall" else ""

    def _set_behind(self) -> None:
        """ "... in the background": what the clause named stands behind; "In the background, ...": what will be named."""
        named = [s for s in self.found.subjects[1:] if s.relation in (None, "beside")]
        if self.last and self.relation_word == "in" and named and self.last < len(self.found.subjects):
            subject = self.found.subjects[self.last]
            if subject.relation in (None, "beside"):
                self.found.subjects[self.last] = replace(subject, relation="behind", anchor=0)
                return
        self.set_apart = True

    def _unknown(self, text: str) -> None:
        if text in j.DETERMINERS:
            self._attach_colour()
            self.pending = Pending(
                words=[text],
                definite=text in ("the", "his", "her", "its", "their"),
                another=text == "another",
            )
        elif text in j.COPULAS:
            self._attach_colour()
            self.pending = Pending()
            self.copula = True
        else:
            self.pending.words.append(text)
            if len(self.pending.words) > 6:
                self.pending = Pending()

    def _known(self, at: int, unit: Unit) -> None:
        entry, text = unit.entry, unit.text
        assert entry is not None
        if text.split()[-1] in j.FRAMINGS:
            self.found.framing = True
        if text in j.PARTS or (text in j.PARTITIVES and not entry.subject):
            self._part_of(at, text)
            return
        if entry.colour and not self._is_noun(at, unit):
            self._colour(entry.colour, text, at)
        elif entry.number and not entry.subject:
            self.pending.number = entry.number
            self.pending.words = [text]
        elif entry.size and not entry.subject:
            self.pending.size = entry.size
            self.pending.words.append(text)
        elif (
            self._action(text)
            or (text in ("and", "&") and self.pending.colours and self._colour_follows(at))
            or (entry.relation and not entry.subject and self._stands_at_it(at, entry.relation))
        ):
            pass
        elif entry.relation and not entry.subject:
            self._attach_colour()
            if not (text in ("and", "&", ",") and self.relation in ("wearing", "holding", "eating")):
                self.relation, self.relation_word = entry.relation, text
            self.pending = Pending()
        elif entry.place and (
            not entry.subject or entry.weight <= WEAK or self.relation_word in ("in", "at", "inside")
        ):
            if at >= self.reserved_until:
                self.found.places.append((1 if self.relation_word in LOCATIVE else 0, entry.place))
            self._after_scenery()
        elif entry.subject:
            self._add(at, unit, entry.subject)
        elif text in j.DETERMINERS:
            self._unknown(text)
        elif entry.time or entry.weather:
            self._after_scenery()
        else:
            self.pending.words.append(text)

    def _colour_follows(self, at: int) -> bool:
        following = self.units[at + 1].entry if at + 1 < len(self.units) else None
        return bool(following and following.colour)

    def _stands_at_it(self, at: int, relation: Relation) -> bool:
        """ "presents under it": the subject named last stands so to the acting one."""
        if at + 1 == len(self.units) or self.units[at + 1].text not in ("it", "him", "them") or not self.last:
            return False
        self.found.subjects[self.last] = replace(
            self.found.subjects[self.last], relation=relation, anchor=self.actor
        )
        return True

    def _after_scenery(self) -> None:
        self.relation, self.relation_word = None, ""
        self.pending = Pending()

    def _part_of(self, at: int, text: str) -> None:
        if at + 1 < len(self.units) and self.units[at + 1].text == "of":
            self.skipped_until = at + 2
            if text in j.PARTS:
                self.skipped_until = min(at + 5, self._next_mark(at))
        else:
            self.pending = Pending()

    def _next_mark(self, at: int) -> int:
        for index in range(at, len(self.units)):
            if self.units[index].text in ".;!?\n,:()" or self.units[index].text in ("and", "with"):
                return index
        return len(self.units)

    def _is_noun(self, at: int, unit: Unit) -> bool:
        """Whether "orange" is the fruit: no noun follows that it could colour."""
        entry = unit.entry
        if entry is None or not entry.subject or entry.weight <= WEAK:
            return False
        if unit.text in v.COLOURS and self.pending.colours and self.units[at - 1].text == "and":
            return False
        return unit.text not in j.GENDERS and not (unit.text in v.COLOURS and self._noun_follows(at))

    def _noun_follows(self, at: int) -> bool:
        """Whether an adjective here would have a noun to belong to."""
        for unit in self.units[at + 1 : at + 4]:
            entry = unit.entry
            if unit.text in ".;!?\n,:()" or unit.text in j.DETERMINERS or (entry and entry.relation):
                return False
            if unit.text in ("background", "backdrop", "canvas") or (
                entry and (entry.subject or entry.place)
            ):
                return True
        return False

    def _colour(self, colour: Colour, text: str, at: int) -> None:
        if self.noun == "palette" and self.copula:
            self.found.palette.append(colour)
            return
        if self.noun == "background" and self.copula and text not in v.MATERIALS:
            self.found.ground = self.found.ground or colour
            return
        if text in v.MATERIALS and not self._noun_follows(at):
            return
        self.pending.colours.append(colour)
        self.pending.words.append(text)

    def _attach_colour(self) -> None:
        """ "a mug in matte black", "the car is red": a colour that no noun followed belongs to the last one."""
        subjects = self.found.subjects
        if (
            self.pending.colours
            and self.last is not None
            and (self.copula or self.relation_word in ("in", "wearing", "dressed in"))
        ):
            if subjects[self.last].colour is None:
                subjects[self.last] = replace(subjects[self.last], colour=self.pending.colours[0])
            self.pending.colours = []

    def _action(self, text: str) -> bool:
        """ "a woman running": the pack has a drawing of it."""
        action = j.ACTIONS.get(text)
        if action is None or self.last is None or self.found.subjects[self.last].icon not in PLAIN_PEOPLE:
            return False
        subject = self.found.subjects[self.last]
        icon = f"{PLAIN_PEOPLE[subject.icon]}-{action}"
        if icon in pack.load().names:
            self.found.subjects[self.last] = replace(subject, icon=icon)
        return icon in pack.load().names

    def _add(self, at: int, unit: Unit, icon: str) -> None:
        previous = self.units[at - 1] if at else None
        if unit.text in j.VERB_LIKE and previous and not self.pending.words and self._verb_after(previous):
            return
        entry = unit.entry
        following = self.units[at + 1] if at + 1 < len(self.units) else None
        if following and following.entry and not unit.plural and self._is_modifier(icon, following):
            self.pending.words.append(unit.text)
            return
        words = " ".join([*self.pending.words, unit.text])
        number = self.pending.number or (3 if unit.plural else 1)
        subject = Subject(
            icon=self._icon(icon),
            words=words,
            count=min(number, v.MOST),
            colour=self.pending.colours[0] if self.pending.colours else None,
            scale=self.pending.size or 1.0,
        )
        weak = entry is not None and entry.weight <= WEAK
        if weak or at < self.reserved_until:
            if entry is None or entry.weight > 1:
                self.found.reserve.append(subject)
        else:
            self._place(subject)
        self.pending = Pending()
        self.copula = False
        self.noun = ""

    def _verb_after(self, previous: Unit) -> bool:
        entry = previous.entry
        return (
            previous.text in j.PRONOUNS
            or previous.text in j.MODALS
            or bool(entry and entry.subject and not entry.colour)
        )

    def _is_modifier(self, icon: str, following: Unit) -> bool:
        """Whether this noun only describes the next: the dog of "dog bed", but not the banana of "banana dish"."""
        entry = following.entry
        if entry is None or not entry.subject or entry.weight <= WEAK or following.text in j.VERB_LIKE:
            return False
        return entry.subject not in DISHES and following.text not in j.DETERMINERS and not entry.relation

    def _icon(self, icon: str) -> str:
        names = pack.load().names
        pending = self.pending
        if pending.old and icon in PLAIN_PEOPLE:
            old = f"old-{PLAIN_PEOPLE[icon]}-standing"
            return old if old in names else icon
        if pending.young and icon in PLAIN_PEOPLE:
            return "baby"
        if pending.gender and f"{pending.gender}-{icon}" in names:
            return f"{pending.gender}-{icon}"
        return icon

    def _place(self, subject: Subject) -> None:
        """Put a subject into the picture, in its relation to the one that acts."""
        subjects = self.found.subjects
        again = next((k for k, other in enumerate(subjects) if other.icon == subject.icon), None)
        if again is not None and self.pending.another:
            subjects[again] = replace(subjects[again], count=subjects[again].count + 1)
        if again is not None:
            self.last = again
            self.relation = None
            return
        absorbed = any(subject.icon in ABSORBED.get(other.icon, ()) for other in subjects)
        actor = subjects[self.actor] if self.actor is not None and self.actor < len(subjects) else None
        if (
            actor
            and animate(actor.icon)
            and subject.icon in CLOTHES
            and self.relation in ("wearing", "inside", "beside")
        ):
            absorbed = True
            if subject.colour and actor.colour is None and pack.load().standing(actor.icon).person:
                subjects[self.actor or 0] = replace(actor, colour=subject.colour)
        if absorbed or len(subjects) >= MOST_SUBJECTS:
            self.relation = None if self.relation != "wearing" else self.relation
            return
        self._relate(subject, actor)

    def _relate(self, subject: Subject, actor: Subject | None) -> None:
        subjects = self.found.subjects
        relation = self.relation
        self.last = len(subjects)
        if self.set_apart and actor:
            subjects.append(replace(subject, relation="behind", anchor=self.actor))
            return
        if relation is None or actor is None or self.actor is None:
            joined = bool(actor) and subject.icon in DISHES
            subjects.append(replace(subject, relation="under", anchor=self.actor) if joined else subject)
            if self.actor is None or animate(subject.icon):
                self.actor = self.last
            return
        turned = _seen_from_actor(relation, self.relation_word, actor, subject)
        if turned == "inside":
            subjects[self.actor] = (
                replace(actor, relation="inside", anchor=self.last) if actor.anchor is None else actor
            )
            subjects.append(subject)
        elif turned == "contained":
            subjects.append(replace(subject, relation="inside", anchor=self.actor))
        else:
            subjects.append(replace(subject, relation=turned, anchor=self.actor))
        if turned in ("beside", "left of", "right of") and animate(subject.icon) and not animate(actor.icon):
            self.actor = self.last
        self.relation = relation if turned in ("wearing", "holding", "eating") else None


def _seen_from_actor(
    relation: Relation, word: str, actor: Subject, subject: Subject
) -> Relation | Literal["contained"]:
    """How the new subject stands to the acting one: "a cat on a mat" puts a mat under the cat."""
    alive = animate(actor.icon)
    if word == "of":
        return "on" if actor.icon == "plate" else "contained"
    if subject.icon in WORN and alive and (relation == "wearing" or word in ("with", "in", "with and")):
        return "wearing"
    if relation == "on" and alive and subject.icon in RIDDEN:
        return "riding"
    if relation == "inside":
        if subject.icon in CONTAINERS:
            return "inside"
        if alive and subject.icon in RIDDEN:
            return "riding"
        return "behind" if pack.load().standing(subject.icon).size >= 1.5 else "beside"
    if relation == "wearing":
        return "wearing" if alive or subject.icon in WORN else "beside"
    if pack.load().standing(subject.icon).habit == "sky":
        return "above"
    if (
        word == "with"
        and pack.load().standing(actor.icon).person
        and not animate(subject.icon)
        and _handy(subject.icon)
    ):
        return "holding"
    if relation in ("holding", "eating") and not _handy(subject.icon) and relation == "holding":
        return "beside"
    turned: dict[Relation, Relation] = {
        "on": "under", "under": "above", "above": "under", "left of": "right of", "right of": "left of",
        "behind": "in front of", "in front of": "behind",
    }  # fmt: skip
    return turned.get(relation, relation)


def _handy(icon: str) -> bool:
    return pack.load().standing(icon).size <= 0.75


def animate(icon: str) -> bool:
    """Whether it can wear, hold, eat and ride."""
    return pack.load().standing(icon).alive

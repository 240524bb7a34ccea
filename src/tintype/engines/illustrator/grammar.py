"""From phrases to subjects: noun phrases with their number, size and colour, and how they stand to each other."""

from __future__ import annotations

from dataclasses import replace

from . import jargon as j
from . import lookahead as look
from . import pack
from . import vocabulary as v
from .abroad import ABROAD
from .composition import Composition
from .lexicon import WEAK, Unit, subject_of
from .reading import LOCATIVE, PALETTE_WORDS, Pending, Reading
from .scene import Colour, Relation, Subject
from .things import COMPLEXIONS, CONTAINERS, DISHES, ZODIAC


class Parser:
    """One pass over the units of a prompt."""

    def __init__(self, units: list[Unit]) -> None:
        self.units = units
        self.found = Reading()
        self.pending = Pending()
        self.picture = Composition()
        self.named_at = -1  # the unit that named the picture's last subject
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
        self.found.subjects = self.picture.subjects
        return self.found

    def _step(self, at: int, unit: Unit) -> None:
        text, entry = unit.text, unit.entry
        if text in look.MARKS:
            self._punctuation(text)
        elif text in j.NEGATORS and not (entry and (entry.place or entry.jargon)):
            self._attach_colour()
            self.skipped_until = look.end_of_negation(self.units, at + 1)
        elif text in j.SIMILES:
            self.reserved_until = at + 5
        elif self._theme(at):
            pass
        elif (
            text in ("of", "full of", "filled with")
            and self.picture.last is not None
            and self.named_at == at - 1
        ):
            self._of()
        elif text in ("to", "onto") and self.named_at == at - 1 and self.picture.wearable():
            self.picture.relation, self.picture.word = "on", "on"  # "add a red hat to the cat"
            self.pending = Pending()
        elif text in ("give", "gives") and self.picture.last is None:
            self.picture.giving = True
        elif text == "for" and self.found.framing:
            self.reserved_until = at + 7
        elif self._person_words(at, text):
            pass
        elif text in ("background", "backdrop", "canvas", "wall", "backdrops", "backgrounds"):
            self._backdrop(text)
        elif text in PALETTE_WORDS:
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
        if mark != "," or self.picture.relation not in ("wearing", "holding", "eating"):
            self.picture.relation, self.picture.word = None, mark
        if mark in ".;!?\n":
            self.picture.end_sentence()
            self.noun = ""
            self.reserved_until = -1

    def _theme(self, at: int) -> bool:
        """ "with a Gemini theme": stars above, as for any sign of the zodiac; other themes only stand in reserve."""
        after = self.units[at + 1 : at + 2]
        if not (after and after[0].text in ("theme", "themed")):
            return False
        if self.units[at].text in ZODIAC and self.picture.subjects:
            stars = Subject(icon="sparkles", words=f"{self.units[at].text} theme", relation="above", anchor=0)
            self.picture.subjects.append(stars)
        self.pending = Pending()
        self.picture.relation = None
        return True

    def _of(self) -> None:
        """ "a basket of apples": the apples are inside the basket, which is what the picture is about."""
        if (
            self.picture.last is not None
            and self.picture.subjects[self.picture.last].icon in CONTAINERS | DISHES
        ):
            self.picture.relation, self.picture.word, self.picture.actor = "inside", "of", self.picture.last
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
            if not look.subject_follows(self.units, at, adjacent=False):
                return False
            self.pending.words.append(text)
            return self.units[at].entry is None or look.subject_follows(self.units, at, adjacent=True)
        gender = j.GENDERS.get(text)
        if gender and look.subject_follows(self.units, at, adjacent=True) and text not in j.DETERMINERS:
            self.pending.gender = gender
            self.pending.words.append(text)
            return True
        if gender and (text in j.PRONOUNS or text in j.DETERMINERS):
            self.picture.engender(gender)
        if text == "subject" and at + 1 < len(self.units) and self.units[at + 1].text.split()[0] in (
            "standing", "sitting", "is", "looks", "looking", "walking", "lying", "wearing", "stands", "sits"
        ):  # fmt: skip
            self._add(at, Unit("subject", None), "person-standing")
            return True
        return False

    def _backdrop(self, text: str) -> None:
        if self.pending.colours and text != "wall":
            self.found.ground = self.pending.colours[0]
        elif text != "wall" and self.picture.word == "in":
            self.picture.set_behind()
        self.pending = Pending()
        self.picture.relation = None
        self.noun = "background" if text != "wall" else ""

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
        elif text in j.PRONOUNS or text in j.MODALS:
            self.pending = Pending()
        else:
            if text.endswith("'s") and (owner := subject_of(text[:-2])):
                self.found.reserve.append(Subject(icon=owner, words=text[:-2]))
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
            if text in ("field of", "sea of"):
                self.found.places.append((1, "meadow"))
        elif entry.size and not entry.subject:
            self.pending.size = entry.size
            self.pending.words.append(text)
        elif (
            self.picture.act(text)
            or (text in ("and", "&") and self.pending.colours and look.colour_follows(self.units, at))
            or (entry.relation and not entry.subject and self._stands_at_it(at, entry.relation))
        ):
            pass
        elif text in j.ACTIONS and text.endswith(("bicycle", "bike")):
            self.picture.relation = "riding"
            self._add(at, Unit("bicycle", None), "bicycle")
        elif entry.relation and not entry.subject:
            self._attach_colour()
            if not (text in ("and", "&", ",") and self.picture.relation in ("wearing", "holding", "eating")):
                self.picture.relation, self.picture.word = entry.relation, ABROAD.get(text, text)
            self.pending = Pending()
        elif entry.place and (
            not entry.subject or entry.weight <= WEAK or self.picture.word in ("in", "at", "inside")
        ):
            if at >= self.reserved_until:
                rank = 1 if self.picture.word in LOCATIVE else 0
                outside = self.picture.relation == "in front of" and entry.place in v.INTERIORS
                self.found.places.append((rank, "street" if outside else entry.place))
            self._after_scenery()
        elif entry.subject:
            self._add(at, unit, entry.subject)
        elif text in j.DETERMINERS:
            self._unknown(text)
        elif entry.time or entry.weather:
            self._after_scenery()
        else:
            self.pending.words.append(text)

    def _stands_at_it(self, at: int, relation: Relation) -> bool:
        """ "presents under it": the subject named last stands so to the acting one."""
        if (
            at + 1 == len(self.units)
            or self.units[at + 1].text not in ("it", "him", "them")
            or not self.picture.last
            or self.picture.last == self.picture.actor
        ):
            return False
        self.picture.subjects[self.picture.last] = replace(
            self.picture.subjects[self.picture.last], relation=relation, anchor=self.picture.actor
        )
        return True

    def _after_scenery(self) -> None:
        self.picture.relation, self.picture.word = None, ""
        self.pending = Pending()

    def _part_of(self, at: int, text: str) -> None:
        if at + 1 < len(self.units) and self.units[at + 1].text == "of":
            self.skipped_until = at + 2
            if text in j.PARTS:
                self.skipped_until = look.next_clause(self.units, at)
        else:
            self.pending = Pending()

    def _is_noun(self, at: int, unit: Unit) -> bool:
        """Whether "orange" is the fruit: no noun follows that it could colour."""
        if not look.is_strong(unit):
            return False
        if unit.text in v.COLOURS and self.pending.colours and self.units[at - 1].text == "and":
            return False
        return unit.text not in j.GENDERS and not (
            unit.text in v.COLOURS and look.noun_follows(self.units, at)
        )

    def _colour(self, colour: Colour, text: str, at: int) -> None:
        if self.noun == "palette" and self.copula:
            self.found.palette.append(colour)
            return
        if self.noun == "background" and self.copula and text not in v.MATERIALS:
            self.found.ground = self.found.ground or colour
            return
        if text in v.MATERIALS and not look.noun_follows(self.units, at):
            return
        last = self.picture.last
        if text in ABROAD and last is not None and self.named_at == at - 1:
            # "parapluie rouge": the Romance languages put the colour after the thing.
            self.picture.subjects[last] = replace(self.picture.subjects[last], colour=colour)
            return
        self.pending.colours.append(colour)
        self.pending.words.append(text)

    def _attach_colour(self) -> None:
        """ "a mug in matte black", "the car is red": a colour that no noun followed belongs to the last one."""
        subjects = self.picture.subjects
        if len(self.pending.colours) > 1 and self.picture.word == "in":
            self.found.palette += self.pending.colours
            self.pending.colours = []
        if (
            self.pending.colours
            and self.picture.last is not None
            and (self.copula or self.picture.word in ("in", "wearing", "dressed in"))
        ):
            if subjects[self.picture.last].colour is None:
                subjects[self.picture.last] = replace(
                    subjects[self.picture.last], colour=self.pending.colours[0]
                )
            self.pending.colours = []

    def _add(self, at: int, unit: Unit, icon: str) -> None:
        previous = self.units[at - 1] if at else None
        if unit.text in j.VERB_LIKE and previous and not self.pending.words and look.makes_verb(previous):
            return
        entry = unit.entry
        following = self.units[at + 1] if at + 1 < len(self.units) else None
        if following and not unit.plural and look.is_modifier(following):
            self.pending.words.append(unit.text)
            return
        words = " ".join([*self.pending.words, unit.text])
        self.named_at = at
        if (
            self.pending.colours
            and pack.load().standing(icon).person
            and self.pending.words[-1] in COMPLEXIONS
        ):
            self.found.skin = COMPLEXIONS[self.pending.words[-1]]
            self.pending.colours = []
        number = self.pending.number or (3 if unit.plural else 1)
        subject = Subject(
            icon=self.pending.icon_of(icon),
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
            self.picture.place(subject, another=self.pending.another)
        self.pending = Pending()
        self.copula = False
        self.noun = ""

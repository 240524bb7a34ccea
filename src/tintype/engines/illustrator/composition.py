"""The picture as it grows: subjects in their relation to the one that acts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from . import jargon as j
from . import pack
from .scene import Relation, Subject
from .things import (
    ABSORBED,
    CLOTHES,
    DISHES,
    FULL,
    PLAIN_PEOPLE,
    WORN,
    animate,
    seen_from_actor,
)

MOST_SUBJECTS = 8


@dataclass(slots=True)
class Composition:
    """Subjects so far, and what the next one will relate to.

    `actor` is who holds, wears and rides; `last` is the subject named last. `relation` is how the
    actor stands to what comes next, `word` how the prompt said so. `apart`: in "In the background, ..."
    until the sentence ends, which began with the subject numbered `start`.
    """

    subjects: list[Subject] = field(default_factory=list)
    actor: int | None = None
    last: int | None = None
    relation: Relation | None = None
    word: str = ""
    apart: bool = False
    start: int = 0
    giving: bool = False  # "give the man a hat"

    def end_sentence(self) -> None:
        self.apart = False
        self.actor = 0 if self.subjects else None
        self.start = len(self.subjects)

    def set_behind(self) -> None:
        """ "... in the background": what the sentence named; "In the background, ...": what it will name."""
        named = [
            k
            for k in range(max(1, self.start), len(self.subjects))
            if self.subjects[k].relation in (None, "beside")
        ]
        for k in named:
            self.subjects[k] = replace(self.subjects[k], relation="behind", anchor=0)
        self.apart = not named

    def engender(self, gender: str) -> None:
        """The pack draws most trades as a woman, a man or neither: a later "her" or "his" decides."""
        subjects = self.subjects
        if subjects and (icon := f"{gender}-{subjects[0].icon}") in pack.load().names:
            subjects[0] = replace(subjects[0], icon=icon)

    def wearable(self) -> bool:
        """Whether the subject named last is something to wear."""
        return self.last is not None and self.subjects[self.last].icon in WORN | CLOTHES

    def act(self, text: str) -> bool:
        """ "a woman running": the pack has a drawing of it."""
        action = j.ACTIONS.get(text)
        if action is None or self.last is None or self.subjects[self.last].icon not in PLAIN_PEOPLE:
            return False
        subject = self.subjects[self.last]
        icon = f"{PLAIN_PEOPLE[subject.icon]}-{action}"
        if icon in pack.load().names:
            self.subjects[self.last] = replace(subject, icon=icon)
        return icon in pack.load().names

    def place(self, subject: Subject, *, another: bool = False) -> None:
        """Put a subject into the picture, in its relation to the one that acts."""
        subjects = self.subjects
        again = next((k for k, other in enumerate(subjects) if _same(other, subject)), None)
        if again is not None and another:
            subjects[again] = replace(subjects[again], count=subjects[again].count + 1)
        if again is not None:
            self.last = again
            self.relation = None
            return
        if self.giving and subjects and self.relation is None:
            self.relation, self.word = ("wearing" if subject.icon in WORN else "holding"), "with"
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
            self.relation = "wearing" if subject.icon in CLOTHES else None
            return
        self._relate(subject, actor)

    def _relate(self, subject: Subject, actor: Subject | None) -> None:
        subjects = self.subjects
        relation = self.relation
        self.last = len(subjects)
        if self.apart and actor:
            subjects.append(replace(subject, relation="behind", anchor=self.actor))
            return
        if relation is None or actor is None or self.actor is None:
            joined = bool(actor) and subject.icon in DISHES
            subjects.append(replace(subject, relation="under", anchor=self.actor) if joined else subject)
            if self.actor is None or animate(subject.icon):
                self.actor = self.last
            return
        if actor.icon in WORN and actor.anchor is None and relation == "on" and animate(subject.icon):
            subjects[self.actor] = subject  # a hat on the cat: the picture is of the cat
            subjects.append(replace(actor, relation="wearing", anchor=self.actor))
            self.last, self.relation = self.actor, None
            return
        walker = next((k for k, s in enumerate(subjects) if pack.load().standing(s.icon).person), None)
        if subject.icon == "umbrella" and self.word == "with" and walker is not None:
            self.actor, actor = walker, subjects[walker]  # not the dog that is walked
        turned = seen_from_actor(relation, self.word, actor, subject)
        if (
            turned == "inside"
            and subject.icon == "bowl-with-spoon"
            and actor.icon in ("fish", "tropical-fish")
        ):
            subject = replace(subject, icon="fishbowl")
        if turned == "inside":
            subjects[self.actor] = (
                replace(actor, relation="inside", anchor=self.last) if actor.anchor is None else actor
            )
            subjects.append(subject)
        elif turned == "contained" and actor.icon in FULL:
            self.last = self.actor
        elif turned == "contained":
            subjects.append(replace(subject, relation="inside", anchor=self.actor))
        else:
            subjects.append(replace(subject, relation=turned, anchor=self.actor))
        if turned in ("beside", "left of", "right of") and animate(subject.icon) and not animate(actor.icon):
            self.actor = self.last
        self.relation = relation if turned in ("wearing", "holding", "eating") else None


def _same(one: Subject, other: Subject) -> bool:
    """Whether the prompt speaks of one thing twice: "a blue bird and a red bird" are two."""
    return one.icon == other.icon and (one.colour == other.colour or None in (one.colour, other.colour))

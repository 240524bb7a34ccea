"""Questions about the words around a unit: does a noun follow, where does a clause end, is this noun a verb here."""

from __future__ import annotations

from . import jargon as j
from .lexicon import WEAK, Unit
from .things import DISHES

MARKS = frozenset(".;!?\n,:()")


def is_strong(unit: Unit) -> bool:
    """Whether the unit names something worth drawing."""
    return bool(unit.entry and unit.entry.subject and unit.entry.weight > WEAK)


def end_of_negation(units: list[Unit], start: int) -> int:
    """Where what is denied ends: at a mark, a contrast or a new clause, at most 8 units on."""
    end = min(start + 8, len(units))
    for at in range(start, end):
        text = units[at].text
        if text in MARKS or text in ("but", "just", "only", "with", "instead"):
            return at
        if at > start and text in ("on", "in", "at", "under", "above"):
            return at
    return end


def next_clause(units: list[Unit], at: int) -> int:
    """The next mark, "and" or "with", at most 5 units on."""
    end = min(at + 5, len(units))
    return next(
        (k for k in range(at, end) if units[k].text in MARKS or units[k].text in ("and", "with")), end
    )


def subject_follows(units: list[Unit], at: int, *, adjacent: bool) -> bool:
    """Whether a thing is named at once, or within three units."""
    following = units[at + 1 : at + (2 if adjacent else 4)]
    return any(is_strong(unit) and unit.text not in j.VERB_LIKE for unit in following)


def colour_follows(units: list[Unit], at: int) -> bool:
    following = units[at + 1].entry if at + 1 < len(units) else None
    return bool(following and following.colour)


def noun_follows(units: list[Unit], at: int) -> bool:
    """Whether an adjective here would have a noun to belong to."""
    for unit in units[at + 1 : at + 4]:
        entry = unit.entry
        if unit.text in MARKS or unit.text in j.DETERMINERS or (entry and entry.relation):
            return False
        if unit.text in ("background", "backdrop", "canvas") or (entry and (entry.subject or entry.place)):
            return True
    return False


def makes_verb(previous: Unit) -> bool:
    """Whether "fly" after this is what birds do: after a noun, a pronoun, "to" or "can"."""
    entry = previous.entry
    if previous.text in j.PRONOUNS or previous.text in j.MODALS:
        return True
    return bool(entry and entry.subject and not entry.colour)


def is_modifier(following: Unit) -> bool:
    """Whether a noun before this one only describes it: the dog of "dog bed", not the banana of "banana dish"."""
    entry = following.entry
    if entry is None or not is_strong(following) or following.text in j.VERB_LIKE:
        return False
    return entry.subject not in DISHES and following.text not in j.DETERMINERS and not entry.relation

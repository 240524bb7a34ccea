"""Words in quotation marks that the picture is to show as words, and what carries them."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from typing import Literal, NamedTuple

from .scene import Lettering, Spot

Carrier = Literal["title", "sign", "neon sign", "caption", "label", "speech", "logo"]

LONGEST = 200
"""A quotation of more characters than this is a text about the picture, not a text in it."""

MOST = 4

MOST_EXAMINED = 40
"""Quotations beyond these are read as plain words: the work stays bounded."""

_QUOTED = re.compile(
    r'\\?"([^"\\\n]{1,200})\\?"'
    r"|\u201c([^\u201c\u201d\n]{1,200})[\u201d\u201c]"
    r"|\u201e([^\u201e\u201c\u201d\n]{1,200})[\u201c\u201d]"
    r"|«\s?([^«»\n]{1,200}?)\s?»"
    r"|»([^«»\n]{1,200})«"
    r"|「([^「」\n]{1,200})」"
    r"|『([^『』\n]{1,200})』"
    r"|\u2018([^\u2018\u2019\n]{1,100}(?:\u2019[a-z]{1,2}\b[^\u2018\u2019\n]{0,100})?)\u2019(?!\w)"
    r"|(?<![\w'])'([^'\n]{1,100}(?:'[a-z]{1,2}\b[^'\n]{0,100})?)'(?!\w)"
    r"|`([^`\n]{1,200})`"
)
_UNQUOTED = re.compile(
    r"\b(?:says|saying|reads|reading|with the (?:text|words?|caption|title)|the words?|text|that says|labell?ed|lettering)\s*:?\s+"
    r"((?:[A-Z0-9][A-Z0-9'!?&.-]*)(?:\s+[A-Z0-9][A-Z0-9'!?&.-]*){0,5})(?![a-z])"
)
_NAMED = re.compile(
    r"\b(?:called|named|titled|entitled)\s+((?:The |A )?[A-Z][\w'&]*(?:\s+(?:of |and |the |& )?[A-Z][\w'&]*){0,4})"
)

_CUES: tuple[tuple[str, Carrier], ...] = (
    (r"neon(?: \w+)? (?:sign|letters|text|words?)|in neon|neon\b", "neon sign"),
    (r"caption|narration|narrator|subtitle", "caption"),
    (r"speech (?:bubble|balloon)|thought bubble|bubble|dialogue|shout\w*|yell\w*|exclaim\w*|whisper\w*", "speech"),
    (r"logo\w*|wordmark|brand(?:ed)?|emblem|coffee shop called|company called|startup", "logo"),
    (r"signs?|signpost|signboard|billboard|placard|banner|board|chalkboard|storefront|plaque|door ?plate|license plate|street sign|flag|marquee", "sign"),
    (r"label\w*|bottle|jar|package|packaging|mug|t-?shirt|shirt|hoodie|cap|can|box|book|cover|cup|bag|printed|inscribed|engraved|embroidered|tattoo|spine|badge", "label"),
    (r"headline|title\w*|entitled|poster|text|words?|letters?|lettering|typography|called|named|written|spelled|reads?|reading|heading|phrase|slogan|quote|message|tagline|inscription|letters|with", "title"),
    (r"says|saying|said|say", "speech"),
)  # fmt: skip
_CUE_PATTERNS = tuple((re.compile(rf"\b(?:{pattern})\b", re.I), carrier) for pattern, carrier in _CUES)
_AESTHETIC = re.compile(
    r"realis[mt]|aesthetic|\bstyle|\bvibe|\bmood|\blook\b|-like\b|core\b|\bfeel|atmospher|inspired|effect\b",
    re.I,
)
_SPOTS: tuple[tuple[str, Spot], ...] = (
    (r"(?:top|upper)[- ]left", "top left"),
    (r"(?:top|upper)[- ]right", "top right"),
    (r"(?:bottom|lower)[- ]left", "bottom left"),
    (r"(?:bottom|lower)[- ]right", "bottom right"),
    (r"at the top|across the top|top of|above", "top"),
    (r"at the bottom|across the bottom|bottom of|below|underneath", "bottom"),
    (r"on the left", "left"),
    (r"on the right", "right"),
    (r"in the (?:centre|center|middle)", "centre"),
)
_SERIF = re.compile(
    r"(?<!sans )(?<!sans-)\bserif\b|\belegant|\bclassic font|\bvictorian|\bold-?fashioned", re.I
)
_HAND = re.compile(
    r"hand[- ]?(?:written|lettered|drawn letters)|\bscript\b|cursive|brush (?:font|letter)|calligraph|chalk|graffiti|scrawl|comic",
    re.I,
)


class Reading(NamedTuple):
    """The lettering of a prompt, and the prompt without it."""

    lettering: tuple[Lettering, ...]
    rest: str


def read_lettering(prompt: str, known: Callable[[str], bool]) -> Reading:
    """Take the quotations out of a prompt and decide which of them are to be lettered.

    `known` says whether a lower-case word names something to draw: a lone quoted "cat" is a cat.
    """
    found: list[Lettering] = []
    rest: list[str] = []
    end = 0
    for match in islice(_QUOTED.finditer(prompt), MOST_EXAMINED):
        text = " ".join(next(group for group in match.groups() if group is not None).split()).rstrip(",")
        rest.append(prompt[end : match.start()])
        end = match.end()
        carrier = _carrier(prompt, match, text, known)
        if carrier is None or not text:
            rest.append(f" {text} ")
        else:
            rest.append(" , ")
            found.append(
                Lettering(
                    text=text, carrier=carrier, face=_face(prompt, match, carrier), spot=_spot(prompt, match)
                )
            )
    rest.append(prompt[end:])
    remaining = "".join(rest)
    if not found:
        pattern = next((p for p in (_UNQUOTED, _NAMED) if p.search(remaining)), None)
        match_plain = pattern.search(remaining) if pattern else None
        if match_plain and (
            pattern is _UNQUOTED or re.search(r"\blogo|\bsign\b|\bposter|\bcover", remaining, re.I)
        ):
            carrier = _carrier(remaining, match_plain, match_plain[1], known) or "title"
            face = _face(remaining, match_plain, carrier)
            spot = _spot(remaining, match_plain)
            found.append(Lettering(text=match_plain[1].rstrip(".,"), carrier=carrier, face=face, spot=spot))
            remaining = remaining[: match_plain.start(1)] + " , " + remaining[match_plain.end(1) :]
    return Reading(tuple(found[:MOST]), remaining)


def _sentence(prompt: str, match: re.Match[str]) -> tuple[str, str]:
    """What stands before and after a quotation in its own sentence, at most 120 and 60 characters."""
    before = prompt[max(0, match.start() - 120) : match.start()]
    after = prompt[match.end() : match.end() + 60]
    return re.split(r"[.!?\n]\s", before)[-1], re.split(r"[.!?\n]", after)[0]


def _carrier(prompt: str, match: re.Match[str], text: str, known: Callable[[str], bool]) -> Carrier | None:
    """What carries the words; None when they are an ordinary part of the prompt."""
    before, after = _sentence(prompt, match)
    cues = [
        (cue.end(), carrier)
        for pattern, carrier in _CUE_PATTERNS
        for cue in pattern.finditer(before)
        if carrier
    ]
    carriers = {carrier for _, carrier in cues}
    if _AESTHETIC.search(text) and not carriers - {"title"}:
        return None
    if not cues or carriers == {"title"}:
        behind = next(
            (c for p, c in _CUE_PATTERNS if c != "title" and (m := p.search(after)) and m.start() < 24), None
        )
        if behind:
            return behind
    if not cues:
        plain = text.islower() and (known(text) or not re.search(r"[!?]", text))
        return None if plain else "title"
    for strong in ("neon sign", "caption"):
        if strong in carriers:
            return strong
    spoken = re.search(r"\b(?:says|saying|said|say)\b", before, re.I)
    things = carriers - {"title", "speech"}
    if spoken and not things:
        return (
            "title"
            if re.search(r"\b(?:poster|text|title|headline|typography|lettering|words?)\b", before, re.I)
            else "speech"
        )
    specific = [(at, carrier) for at, carrier in cues if carrier not in ("title", "speech")]
    bubbles = [(at, carrier) for at, carrier in cues if carrier == "speech" and not spoken]
    return max(specific or bubbles or cues)[1]


def _face(prompt: str, match: re.Match[str], carrier: Carrier) -> Literal["sans", "serif", "hand"]:
    around = prompt[max(0, match.start() - 160) : match.end() + 160]
    if _HAND.search(around) or carrier in ("caption", "speech"):
        return "hand"
    return "serif" if _SERIF.search(around) else "sans"


def _spot(prompt: str, match: re.Match[str]) -> Spot | None:
    before, after = _sentence(prompt, match)
    return next((spot for pattern, spot in _SPOTS if re.search(pattern, f"{before} {after}", re.I)), None)

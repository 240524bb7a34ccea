"""What subjects can do with one another: be worn, ridden, filled, served on; and how they stand to each other."""

from __future__ import annotations

from typing import Literal

from . import pack
from .scene import Relation, Skin, Subject

WORN = frozenset(("top-hat", "billed-cap", "womans-hat", "bamboo-hat", "wizard-hat", "santa-hat", "party-hat", "graduation-cap", "rescue-workers-helmet",
    "military-helmet", "crown", "sunglasses", "glasses", "goggles", "scarf", "necktie", "backpack", "headphone", "ribbon", "diving-mask", "ring"))  # fmt: skip
CLOTHES = frozenset(("coat", "t-shirt", "jeans", "dress", "kimono", "shorts", "womans-clothes", "lab-coat", "sari", "martial-arts-uniform", "apron", "gloves", "socks",
    "womans-boot", "running-shoe", "safety-vest", "mans-shoe", "high-heeled-shoe", "hiking-boot", "running-shirt", "bikini", "briefs", "one-piece-swimsuit"))  # fmt: skip
RIDDEN = frozenset(("horse", "unicorn", "unicorn-standing", "bicycle", "motorcycle", "motor-scooter", "skateboard", "surfboard", "elephant", "camel", "dragon", "donkey", "kick-scooter",
    "broom", "whale", "dolphin", "carousel-horse", "sled", "tractor", "sailboat", "canoe", "rocket", "hot-air-balloon", "turtle", "t-rex", "two-hump-camel", "shark", "llama", "bear-standing"))  # fmt: skip
CONTAINERS = frozenset(("package", "basket", "bathtub", "bowl-with-spoon", "bucket", "mug", "jar", "fishbowl", "vase", "nest-with-eggs", "empty-nest", "shopping-cart",
    "handbag", "backpack", "bed", "tea-bowl", "treasure-chest", "luggage", "automobile", "hot-beverage", "wine-glass", "bottle", "shopping-bags", "snow-globe", "glass-of-milk", "cooked-rice"))  # fmt: skip
COMPLEXIONS: dict[str, Skin] = {"black": "dark", "white": "light", "brown": "medium-dark"}
CHEERFUL = frozenset(("smiling", "cute", "happy", "kawaii", "funny", "cartoon", "cool", "smiley", "cheerful"))
"""Even an avocado wears sunglasses when it is one of these."""
FULL = frozenset(("bottle", "mug", "glass-of-milk", "hot-beverage", "wine-glass", "tumbler-glass", "teapot"))
"""Vessels whose content shows already, or not at all: a bottle of red wine is a bottle."""
DISHES = frozenset(("plate", "tea-bowl", "bowl-with-spoon", "basket", "fork-and-knife-with-plate"))
ABSORBED = {
    "birthday-cake": {"candle"}, "mug": {"hot-beverage"}, "camping": {"tent", "evergreen-tree"}, "hot-beverage": {"mug"}, "bouquet": {"rose", "blossom", "tulip"},
    "house-with-garden": {"deciduous-tree"}, "ceramicist": {"apron", "old-man-standing", "man-standing"}, "detective-standing": {"coat", "top-hat"}, "santa-claus": {"santa-hat"},
    "steaming-bowl": {"chopsticks", "bowl-with-spoon"}, "potted-plant": {"vase"}, "desert-island": {"palm-tree"}, "couple": {"man-standing", "woman-standing"},
    "astronaut": {"rescue-workers-helmet"}, "knight": {"sword", "shield"}, "christmas-tree": {"star"}, "wine-glass": {"bottle"}, "street-lamp": {"light-bulb"},
    "pancakes": {"honey-pot"}, "cook": {"graduation-cap"}, "prince": {"crown"}, "princess": {"crown"}, "clay-pots": {"shelf", "potted-plant"}, "spaghetti": {"plate"}, "cafe": {"mug", "hot-beverage"},
}  # fmt: skip
"""What a drawing shows already and need not be drawn beside it."""

ZODIAC = frozenset(("aries", "taurus", "gemini", "cancer", "leo", "virgo", "libra", "scorpio", "sagittarius", "capricorn", "aquarius", "pisces"))  # fmt: skip
PLAIN_PEOPLE = {
    "person-standing": "person", "man-standing": "man", "woman-standing": "woman", "boy-standing": "man", "girl-standing": "woman",
    "child-standing": "person", "child": "person", "old-man-standing": "man", "old-woman-standing": "woman",
}  # fmt: skip
"""People who are only that, with the word by which the pack files what they do ("woman-running")."""


def seen_from_actor(
    relation: Relation, word: str, actor: Subject, subject: Subject
) -> Relation | Literal["contained"]:
    """How the new subject stands to the acting one: "a cat on a mat" puts a mat under the cat."""
    alive = animate(actor.icon)
    if actor.icon == "fishbowl" and word == "with" and subject.icon in ("fish", "tropical-fish"):
        return "contained"
    if word == "of":
        return "on" if actor.icon == "plate" else "contained"
    dressed = alive or bool(CHEERFUL & set(actor.words.split()))
    if subject.icon in WORN and dressed and (relation == "wearing" or word in ("with", "in", "with and")):
        return "wearing"
    if relation == "on" and alive and subject.icon in RIDDEN:
        return "riding"
    if subject.icon in ("headphone", "glasses", "sunglasses", "goggles") and alive and word in ("and", "&"):
        return "wearing"  # "with blue hair and headphones"
    if relation == "inside" and alive and subject.icon in ("armchair", "chair", "sofa", "seat"):
        return "under"  # one sits on it
    if relation == "inside":
        if subject.icon in CONTAINERS:
            return "inside"
        if alive and subject.icon in RIDDEN:
            return "riding"
        return "behind" if pack.load().standing(subject.icon).size >= 1.5 else "beside"
    if relation == "wearing":
        return "wearing" if alive or subject.icon in WORN else "beside"
    if pack.load().standing(subject.icon).habit == "sky" and relation not in ("above", "under", "holding"):
        return "above"
    if (
        word == "with"
        and pack.load().standing(actor.icon).person
        and not animate(subject.icon)
        and handy(subject.icon)
    ):
        return "holding"
    if relation in ("holding", "eating") and not handy(subject.icon) and relation == "holding":
        return "beside"
    standing = pack.load().standing(subject.icon)
    if relation == "under" and standing.habit == "stands" and standing.size >= 0.9:
        return "behind"  # who is under a tree or a street lamp stands before its trunk
    turned: dict[Relation, Relation] = {
        "on": "under", "under": "above", "above": "under", "left of": "right of", "right of": "left of",
        "behind": "in front of", "in front of": "behind",
    }  # fmt: skip
    return turned.get(relation, relation)


def handy(icon: str) -> bool:
    return pack.load().standing(icon).size <= 0.75


def animate(icon: str) -> bool:
    """Whether it can wear, hold, eat and ride."""
    return pack.load().standing(icon).alive

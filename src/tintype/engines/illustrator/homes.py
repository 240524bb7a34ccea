"""Where a subject is at home, what can be sat on, and what is worn where: facts the drawings do not say."""

from __future__ import annotations

from typing import Literal

from . import figures
from .backdrops import Home, Stance
from .scene import Scene

VEHICLES = frozenset((
    "ambulance", "articulated-lorry", "auto-rickshaw", "automobile", "bicycle", "bus", "delivery-truck",
    "fire-engine", "kick-scooter", "light-rail", "locomotive", "minibus", "monorail", "motor-scooter", "motorcycle",
    "oncoming-automobile", "oncoming-bus", "oncoming-police-car", "oncoming-taxi", "pickup-truck", "police-car",
    "racing-car", "railway-car", "skateboard", "sport-utility-vehicle", "taxi", "tractor", "train", "tram",
    "tram-car", "trolleybus", "bullet-train", "high-speed-train", "manual-wheelchair", "motorized-wheelchair",
    "bus-stop", "fuel-pump", "stop-sign", "person-biking", "man-biking", "woman-biking"
))  # fmt: skip
SPACE = frozenset((
    "rocket", "alien", "alien-monster", "astronaut", "man-astronaut", "woman-astronaut", "flying-saucer",
    "satellite", "ringed-planet", "comet", "shooting-star", "milky-way", "globe-showing-americas",
    "globe-showing-asia-australia", "globe-showing-europe-africa", "star", "glowing-star", "full-moon",
    "crescent-moon", "new-moon", "full-moon-face", "new-moon-face"
))  # fmt: skip
SMALL_AND_OUTDOORS = frozenset((
    "ant", "beetle", "bug", "cricket", "worm", "snail", "spider", "scorpion", "lady-beetle", "baby-chick",
    "front-facing-baby-chick", "hatching-chick", "frog", "mouse", "rat", "hamster", "hedgehog", "bird", "blackbird",
    "chipmunk", "lizard", "rabbit", "beaver", "koala", "raccoon", "skunk", "owl", "parrot", "rooster", "chicken",
    "bat", "honeybee", "butterfly", "mushroom", "brown-mushroom", "tulip", "rose", "hibiscus", "blossom",
    "white-flower", "hyacinth", "lotus", "seedling", "herb", "shamrock", "four-leaf-clover", "cherry-blossom",
    "sheaf-of-rice", "crab", "kite", "soccer-ball", "nest-with-eggs", "empty-nest", "snake", "turtle", "rock",
    "wood", "fire", "umbrella", "closed-umbrella", "umbrella-with-rain-drops", "jack-o-lantern"
))  # fmt: skip
INDOORS_LARGE = frozenset((
    "sofa", "armchair", "table", "shelf", "rug", "piano", "bed", "bathtub", "chair", "couch-and-lamp", "door",
    "seat", "toilet", "shower", "television", "desktop-computer", "ladder", "potted-plant", "fire-extinguisher",
    "plunger", "lotion-bottle", "mirror", "window", "framed-picture", "fireplace", "broom"
))  # fmt: skip

TRANSPARENT = frozenset((
    "jar", "glass-of-milk", "tumbler-glass", "crystal-ball", "aquarium", "fishbowl", "bubbles", "test-tube", "alembic",
    "wine-glass", "snow-globe"
))  # fmt: skip

ORNAMENTS = frozenset((
    "sparkles", "star", "glowing-star", "musical-note", "musical-notes", "dizzy", "dashing-away"
))  # fmt: skip
"""Companions that float about the others."""

SUPPORTS: dict[str, tuple[float, float]] = {
    # icon: how far below its top the surface lies, and how much of the width is usable
    "bed": (0.42, 0.7),
    "chair": (0.5, 0.7),
    "seat": (0.45, 0.7),
    "couch-and-lamp": (0.5, 0.6),
    "sofa": (0.46, 0.75),
    "armchair": (0.5, 0.5),
    "bench": (0.42, 0.85),
    "stool": (0.06, 0.8),
    "shelf": (0.05, 0.8),
    "cushion": (0.2, 0.6),
    "tree-stump": (0.12, 0.6),
    "branch": (0.3, 0.7),
    "table": (0.04, 0.85),
    "desk": (0.04, 0.85),
    "bathtub": (0.5, 0.7),
    "books": (0.08, 0.7),
    "skateboard": (0.12, 0.7),
    "rock": (0.1, 0.6),
    "wood": (0.14, 0.7),
    "sled": (0.3, 0.7),
    "package": (0.1, 0.8),
    "cube": (0.22, 0.7),
    "wrapped-gift": (0.22, 0.6),
    "house": (0.08, 0.4),
    "mountain": (0.05, 0.2),
    "cloud": (0.2, 0.6),
    "open-book": (0.25, 0.7),
    "fork-and-knife-with-plate": (0.3, 0.5),
    "plate": (0.3, 0.6),
    "shopping-cart": (0.25, 0.6),
    "pizza": (0.3, 0.5),
    "bucket": (0.1, 0.6),
    "horse": (0.4, 0.4),
    "elephant": (0.12, 0.4),
    "turtle": (0.12, 0.5),
    "crescent-moon": (0.5, 0.4),
}

FLOWERS = frozenset((
    "bouquet", "rose", "tulip", "sunflower", "blossom", "cherry-blossom", "hibiscus", "hyacinth", "lotus"
))  # fmt: skip
FURNITURE = frozenset(("fireplace", "sofa", "armchair", "bed", "bathtub", "couch-and-lamp", "piano"))
"""What brings a room with it, wherever in the picture it is."""
RIMS = {"basket": 0.34, "bucket": 0.2, "shopping-cart": 0.25}
"""How far below its top the opening of a vessel lies, where that is not at the top."""
SEATS = frozenset(("bench", "sofa", "armchair", "chair", "seat", "couch-and-lamp", "bed"))
TABLES = frozenset(("table", "desk"))

WORN: dict[str, Literal["head", "eyes", "neck", "body", "feet", "over"]] = {
    **dict.fromkeys(("glasses", "sunglasses", "goggles", "diving-mask"), "eyes"),
    **dict.fromkeys(("scarf", "necktie", "prayer-beads", "sports-medal", "1st-place-medal", "ribbon", "bell"), "neck"),
    **dict.fromkeys(("t-shirt", "coat", "lab-coat", "dress", "kimono", "safety-vest", "running-shirt", "womans-clothes", "backpack"), "body"),
    **dict.fromkeys(("running-shoe", "hiking-boot", "womans-boot", "mans-shoe", "high-heeled-shoe", "socks", "ice-skate", "roller-skate", "skis"), "feet"),
    **dict.fromkeys(("umbrella", "umbrella-with-rain-drops", "umbrella-on-ground", "beach-with-umbrella", "closed-umbrella"), "over"),
}  # fmt: skip


def home_of(scene: Scene) -> Home:
    """What "nowhere" becomes: a meadow under an animal, water around a fish, a table under food."""
    if not scene.subjects:
        return "soft" if scene.lettering else "meadow"
    below = [s.icon for s in scene.subjects if s.anchor == 0 and s.relation in ("riding", "under")]
    icon = next(
        (s.icon for s in scene.subjects if s.anchor == 0 and s.relation == "riding"), scene.subjects[0].icon
    )
    held_in = scene.subjects[0].anchor
    if scene.subjects[0].relation == "inside" and held_in is not None:
        icon = scene.subjects[held_in].icon  # a fish in a bowl is no longer in the sea
    if "water-wave" in (icon, *below):
        return "sea"
    if served(scene):
        return "table"
    if INDOORS_LARGE & {icon, *below} or any(s.icon in FURNITURE for s in scene.subjects):
        return "room"
    standing = figures.standing(icon)
    if icon in SPACE:
        return "space"
    grounded = any(
        s.relation in (None, "beside", "left of", "right of", "behind", "in front of")
        and figures.standing(s.icon).habit == "stands"
        for s in scene.subjects[1:]
    )
    if icon in ("aurora", "fireworks", "rainbow"):
        return "meadow"
    if grounded and figures.standing(icon).habit in ("flies", "sky"):
        return "meadow"  # a cake beside the balloons stands on something
    if icon in VEHICLES:
        return "road"
    if (
        standing.framed
        or (standing.head and icon not in SMALL_AND_OUTDOORS)
        or icon in ORNAMENTS
        or icon.endswith(("-heart", "-button", "-sign"))
    ):
        return "soft"
    if icon in figures.BODIES:
        return "meadow"
    by_habit: dict[str, Home] = {
        "swims": "underwater",
        "sails": "sea",
        "sky": "sky",
        "flies": "sky",
        "floats": "soft",
        "hangs": "soft",
    }
    if icon in SMALL_AND_OUTDOORS:
        return "meadow"
    if standing.habit in by_habit:
        return by_habit[standing.habit]
    if standing.alive or standing.person or standing.size >= 1.2:
        return "meadow"
    return "table" if standing.size < 0.5 else "studio"


def served(scene: Scene) -> bool:
    """Whether the picture is of small things on a table, of which one sees the top only."""
    facts = figures.standing(scene.subjects[0].icon)
    small = facts.size < 0.6 and not facts.alive and not facts.person
    return small and any(s.anchor == 0 and s.relation == "under" and s.icon in TABLES for s in scene.subjects)


def stance_of(scene: Scene) -> Stance:
    """How the main subject would rather stand in a room, a bar, a restaurant."""
    if not scene.subjects or figures.is_bust(scene.subjects[0].icon):
        return "behind a table"
    if served(scene):
        return "on a table"
    facts = figures.standing(scene.subjects[0].icon)
    seated = any(
        s.anchor == 0 and s.relation in ("under", "riding") and s.icon != "plate" for s in scene.subjects
    )
    small = facts.size < 0.5 and not facts.alive and facts.habit in ("stands", "floats")
    return "on a table" if small and not seated else "on the floor"

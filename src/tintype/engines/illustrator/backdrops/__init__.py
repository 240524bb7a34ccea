"""The backdrops: one painter per place, found by name; "nowhere" becomes what suits the main subject."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Literal

from ..scene import Place, Scene
from . import cosmos, dining, indoors, land, noir, plain, town, water, woods
from .mood import mood_of
from .view import Glow, Medium, Stance, View

Home = Literal["meadow", "table", "road", "soft", "underwater", "sea", "sky", "space", "studio", "room"]
"""Where a subject is at home, when the prompt names no place."""

PLACES: dict[Place | Home, Callable[[View], None]] = {
    "plain": plain.plain,
    "studio": plain.studio,
    "soft": plain.soft,
    "forest": woods.forest,
    "jungle": woods.jungle,
    "meadow": land.meadow,
    "garden": land.garden,
    "mountains": land.mountains,
    "desert": land.desert,
    "snowfield": land.snowfield,
    "beach": water.beach,
    "sea": water.sea,
    "underwater": water.underwater,
    "sky": cosmos.sky,
    "space": cosmos.space,
    "city": town.city,
    "street": town.street,
    "road": town.road,
    "rooftop": town.rooftop,
    "village": town.village,
    "room": indoors.room,
    "kitchen": indoors.kitchen,
    "restaurant": dining.restaurant,
    "bar": dining.bar,
    "workshop": indoors.workshop,
    "library": indoors.library,
    "table": dining.table_top,
}


def paint(
    scene: Scene, w: float, h: float, rng: Random, home: Home, stance: Stance, amount: str = "full"
) -> View:
    """The backdrop of a scene on a canvas of w x h units. `home` is what "nowhere" becomes,
    `stance` how the main subject would stand indoors, `amount` how much of it the style wants: "full", "sparse" or "none"."""
    view = View(scene=scene, mood=mood_of(scene, rng), w=w, h=h, rng=rng, stance=stance)
    view.ambient = view.mood.ambient
    view.shade = 0.34 + 0.2 * view.mood.sharp
    if amount == "none":
        plain.plain(view)
        view.ambient = (255, 255, 255)
    elif amount == "sparse":
        if scene.place in ("nowhere", "plain", "studio"):
            plain.paper(view)
        else:
            PLACES[scene.place](view)
            plain.veil(view)
    elif noir.is_noir(scene):
        noir.street(view)
    elif scene.place == "nowhere":
        (plain.soft if scene.ground is not None and home != "studio" else PLACES[home])(view)
    else:
        PLACES[scene.place](view)
    return view


__all__ = ["PLACES", "Glow", "Home", "Medium", "Stance", "View", "paint"]

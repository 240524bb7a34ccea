"""Time of day and weather as colours: the sky, the light, the haze, and how every other colour looks in them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ..scene import Colour, Scene, Time, Weather
from ..vector import luma, mix, multiply

Stops = tuple[tuple[float, Colour], ...]

SKIES: dict[Time, Stops] = {
    "day": ((0, (58, 140, 226)), (0.55, (139, 199, 247)), (1, (226, 243, 252))),
    "dawn": ((0, (102, 134, 196)), (0.45, (214, 176, 200)), (0.8, (255, 205, 178)), (1, (255, 231, 190))),
    "golden hour": (
        (0, (92, 155, 210)),
        (0.5, (244, 208, 160)),
        (0.85, (255, 186, 108)),
        (1, (255, 217, 142)),
    ),
    "sunset": ((0, (52, 40, 104)), (0.4, (158, 64, 122)), (0.75, (250, 118, 82)), (1, (255, 202, 108))),
    "dusk": ((0, (22, 29, 78)), (0.5, (76, 67, 134)), (0.85, (190, 112, 150)), (1, (242, 160, 150))),
    "night": ((0, (8, 12, 38)), (0.5, (18, 32, 80)), (1, (50, 72, 128))),
}
AMBIENT: dict[Time, Colour] = {
    "day": (255, 255, 255),
    "dawn": (252, 226, 226),
    "golden hour": (255, 230, 190),
    "sunset": (244, 188, 172),
    "dusk": (160, 150, 204),
    "night": (84, 104, 172),
}
LIGHT: dict[Time, tuple[float, float]] = {
    "day": (-0.5, -0.85),
    "dawn": (-0.85, -0.5),
    "golden hour": (-0.9, -0.42),
    "sunset": (0.85, -0.4),
    "dusk": (-0.7, -0.6),
    "night": (0.5, -0.8),
}
OTHER_SKIES: dict[Time, tuple[Stops, ...]] = {
    "day": (
        ((0, (74, 166, 222)), (0.55, (150, 216, 236)), (1, (232, 246, 240))),
        ((0, (92, 138, 222)), (0.5, (166, 194, 244)), (1, (250, 236, 226))),
    ),
    "dawn": (((0, (84, 150, 190)), (0.45, (186, 204, 206)), (0.8, (255, 216, 178)), (1, (255, 238, 206))),),
    "golden hour": (
        ((0, (120, 150, 206)), (0.5, (236, 196, 176)), (0.85, (255, 168, 110)), (1, (255, 206, 140))),
    ),
    "sunset": (((0, (36, 58, 120)), (0.4, (128, 88, 150)), (0.75, (244, 132, 110)), (1, (255, 196, 130))),),
    "dusk": (((0, (16, 40, 84)), (0.5, (54, 84, 136)), (0.85, (150, 130, 166)), (1, (236, 170, 150))),),
    "night": (((0, (10, 10, 40)), (0.5, (34, 28, 84)), (1, (76, 62, 128))),),
}
"""What the dice may choose instead, so that two pictures of one prompt differ."""
LAMPLIGHT: Colour = (255, 208, 128)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """How a scene is lit. `haze` is what far things fade into, by `reach` at the horizon (0 to 1)."""

    time: Time
    weather: Weather
    sky: Stops
    ambient: Colour
    haze: Colour
    reach: float
    light: tuple[float, float]
    lamps: bool  # whether windows and lanterns are lit
    sharp: float  # how hard shadows are, 0 to 1

    def tone(self, colour: Colour, depth: float = 0.0) -> Colour:
        """A thing's colour as it looks in this light at this depth (0 near, 1 at the horizon)."""
        return mix(multiply(colour, self.ambient), self.haze, min(1.0, depth * self.reach))

    @property
    def indoors(self) -> Colour:
        """The light inside a room: lamps warm it when it is dark outside."""
        return (
            mix(self.ambient, (255, 232, 196), 0.72)
            if self.lamps
            else mix(self.ambient, (255, 250, 240), 0.6)
        )


def mood_of(scene: Scene, rng: Random) -> Mood:
    """The mood of a scene; the dice choose among skies, and from which side the light comes."""
    sky = rng.choice((SKIES[scene.time], *OTHER_SKIES[scene.time]))
    lx, ly = LIGHT[scene.time]
    light = (rng.choice((-1, 1)) * lx, ly)
    ambient = AMBIENT[scene.time]
    reach, sharp = 0.62, 1.0
    grey, veil = _cover(scene.weather)
    if grey:
        brightness = luma(ambient)
        sky = tuple(
            (at, mix(colour, multiply(veil, _grey(0.35 + 0.65 * brightness)), grey)) for at, colour in sky
        )
        ambient = mix(
            ambient, multiply(mix(veil, (255, 255, 255), 0.45), _grey(0.3 + 0.7 * brightness)), grey * 0.8
        )
        sharp = 1 - grey * 0.85
    if scene.weather == "fog":
        reach = 1.05
    elif scene.weather in ("rain", "storm", "snow"):
        reach = 0.78
    return Mood(
        time=scene.time,
        weather=scene.weather,
        sky=sky,
        ambient=ambient,
        haze=mix(sky[-1][1], sky[-2][1], 0.4),
        reach=reach,
        light=light,
        lamps=scene.time in ("night", "dusk") or scene.weather == "storm",
        sharp=sharp * (0.55 if scene.soft_light else 1.0),
    )


def _cover(weather: Weather) -> tuple[float, Colour]:
    """How much of the sky's colour the clouds take, and what colour they give instead."""
    return {
        "clear": (0.0, (255, 255, 255)),
        "wind": (0.1, (220, 232, 240)),
        "cloudy": (0.5, (196, 208, 220)),
        "rain": (0.72, (140, 156, 174)),
        "storm": (0.85, (86, 94, 122)),
        "snow": (0.6, (214, 224, 236)),
        "fog": (0.75, (216, 221, 226)),
    }[weather]


def _grey(level: float) -> Colour:
    value = round(255 * min(1.0, level))
    return (value, value, value)

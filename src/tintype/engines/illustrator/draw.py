"""The painter: from a commission to its stages, each computed when it is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from random import Random

from PIL import Image

from . import edit, figures
from .backdrops import View, paint
from .commission import Commission, Stage
from .grading import grade
from .homes import home_of, stance_of
from .layers import Layer, Painting, StyleRecipe
from .laying import gradient, lay, stamp
from .layout import Frame, Placed, host_of, place
from .lighting import Cast, add_glows, cast_shadows, deepen_floor, reflection, touch, waterline
from .reader import read
from .scene import Lettering, Scene, Skin
from .signs import colour_behind, letter
from .sprites import Light, Look, softened, sprite
from .styles import STYLES
from .vocabulary import COLOURS
from .weather import paint_weather

SKINS: tuple[Skin, ...] = ("light", "medium-light", "medium", "medium-dark", "dark")
OWN_COLOURS = frozenset(("logo", "comic", "noir"))
"""Styles that make something of the palette themselves."""
INDOORS = frozenset(("room", "kitchen", "restaurant", "bar", "workshop", "library", "studio", "plain"))


class Painter:
    """Paints one scene. The steps are to be called in this order, once each."""

    def __init__(self, scene: Scene, commission: Commission, recipe: StyleRecipe) -> None:
        self.scene, self.commission, self.recipe = scene, commission, recipe
        self.scale = min(commission.width, commission.height) / 1000  # pixels per unit
        self.w, self.h = commission.width / self.scale, commission.height / self.scale
        self.view = self._set_up()
        self.painting = Painting(
            scene=scene,
            width=commission.width,
            height=commission.height,
            seed=commission.seed,
            detail=commission.detail,
            transparent=commission.transparent,
            layers=[],
            light=self.view.mood.light,
        )
        self.canvas = Image.new("RGB", (0, 0))
        self.main: Placed | None = None

    def chance(self, purpose: str) -> Random:
        """Independent, repeatable dice for each purpose: what one step draws does not change another's luck."""
        words = f"{self.scene!r}|{self.commission.seed}|{purpose}"
        return Random(int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big"))

    def _set_up(self) -> View:
        amount = self.recipe.backdrop
        view = paint(
            self.scene,
            self.w,
            self.h,
            self.chance("backdrop"),
            home_of(self.scene),
            stance_of(self.scene),
            amount,
        )
        if self.commission.transparent:
            view.medium, view.foot, view.ambient = "page", self.h * 0.5, (255, 255, 255)
        if view.medium == "page" and any(words.carrier == "logo" for words in self.scene.lettering):
            view.foot = self.h * 0.4  # the wordmark has the lower quarter to itself
        top = any(
            _high_up(words.carrier, words.spot)
            for words in self.scene.lettering
            if not (view.hook and words.carrier == "neon sign")
        )
        if top:
            view.headroom = 0.25
        if any(
            words.carrier in ("caption", "label", "logo") and not _high_up(words.carrier, words.spot)
            for words in self.scene.lettering
        ):
            view.foot = (
                min(view.foot, self.h * 0.8)
                if view.medium in ("floor", "table", "water")
                else view.foot - self.h * 0.06
            )
        return view

    def lay_ground(self) -> None:
        """The backdrop; nothing when the picture is to be transparent."""
        size = (self.commission.width, self.commission.height)
        if self.commission.transparent:
            self.canvas = Image.new("RGBA", size)
            return
        pixels = gradient(self.view.sky, size)
        stamp(pixels, self.view.far.body, 0, self.scale, self.commission.detail)
        if self.recipe.backdrop == "full" and self.view.medium != "page":
            deepen_floor(pixels, self.view)
        if self.recipe.backdrop == "full":
            add_glows(pixels, self.view.glows, self.w, self.h)
        ground = Layer("ground", pixels.convert("RGBA"), 0, 0, 1.0)
        del pixels  # at 3840 x 2160 every whole canvas counts: 25 MB
        layer = self.recipe.layer(ground, self.painting)
        del ground
        self.canvas = Image.new("RGB", size, (255, 255, 255))
        self.canvas.paste(layer.pixels, (layer.x, layer.y), layer.pixels)

    def lay_subjects(self) -> None:
        """Shadows, reflections, sprites from back to front, and what stands before them."""
        frame = Frame(
            w=self.w,
            h=self.h,
            medium=self.view.medium,
            horizon=self.view.horizon,
            foot=self.view.foot,
            headroom=self.view.headroom,
            centre=self.view.centre,
            closeness=self.view.closeness,
            furnished=self.view.furnished,
        )
        placed = place(self.scene, frame, self.chance("layout"))
        self.main = next((part for part in placed if part.subject == 0), None)
        layers = [self._layer(part, number) for number, part in enumerate(placed)]
        full = self.recipe.backdrop != "none" and not self.commission.transparent
        if full:
            cast_shadows(
                self.canvas,
                [
                    cast
                    for part, layer in zip(placed, layers, strict=True)
                    if part.ground is not None
                    and host_of(part, placed) is None
                    and (cast := self._cast(part, layer))
                ],
                self.view,
            )
        for part, layer in zip(placed, layers, strict=True):
            if (
                full
                and self.view.mirror > 0
                and part.ground is not None
                and host_of(part, placed) is None
                and abs(part.ground - part.y - part.h * (0.5 - part.sunk)) < part.h * 0.1
            ):
                self._reflect(layer, part)
        for part, layer in zip(placed, layers, strict=True):
            treated = self.recipe.layer(layer, self.painting)
            if full and part.ground is not None and host_of(part, placed):
                touch(self.canvas, layer.pixels, layer.x, round(part.ground * self.scale))
            lay(self.canvas, treated)
            self.painting.layers.append(treated)
        if full and self.recipe.backdrop == "full":
            top = self.view.near.top if self.view.near else 0
            stamp(self.canvas, self.view.near.body, top, self.scale, self.commission.detail)

    def _layer(self, part: Placed, number: int) -> Layer:
        subject = self.scene.subjects[part.subject]
        left, top, right, bottom = (edge * self.scale for edge in part.span)
        x, y = round(left), round(top)
        size = (max(1, round(right) - x), max(1, round(bottom) - y))
        lx, ly = self.view.mood.light
        light = Light(direction=(lx, ly), ambient=softened(self.view.ambient), volume=self.recipe.shading)
        skin = subject.skin or self.chance(f"skin {number}").choice(SKINS)
        kinds = figures.VARIED.get(part.icon, (None,))
        if not subject.skin and COLOURS.keys() & subject.words.split():
            kinds = kinds[:1]  # "red balloon" is a thing's whole name, and all of them are red
        colour = subject.colour or kinds[part.variant % len(kinds)]
        look = Look(icon=part.icon, colour=colour, skin=skin, mirror=part.mirror, tilt=part.tilt)
        pixels = sprite(look, size, light)
        if part.opacity < 1:
            pixels.putalpha(pixels.getchannel("A").point(lambda a: round(a * part.opacity)))
        if part.sunk and not self.commission.transparent:
            pixels = waterline(pixels, part.sunk, max(1.0, 9 * self.scale))
        return Layer("subject", pixels, x, y, part.depth)

    def _cast(self, part: Placed, layer: Layer) -> Cast | None:
        if self.view.medium not in ("floor", "table"):
            return None
        if part.ground is None:
            return None
        lifted = part.ground - part.span[3]
        firm = 1.0 if lifted < part.h * 0.08 else 0.35
        return Cast(layer.pixels.getchannel("A"), layer.x, layer.y, part.ground * self.scale, firm)

    def _reflect(self, layer: Layer, part: Placed) -> None:
        water = self.view.medium == "water"
        pixels = layer.pixels
        bottom = layer.y + pixels.height
        if part.sunk:
            bottom = layer.y + round(pixels.height * (1 - part.sunk))
            pixels = pixels.crop((0, 0, pixels.width, max(1, bottom - layer.y)))
        turned = reflection(pixels, self.view.mirror, ripple=9 * self.scale if water else 0)
        self.canvas.paste(turned, (layer.x, bottom - 1), turned)

    def _mirror(self, layer: Layer, x: float, y: float) -> None:
        """A sign in a puddle, about its middle."""
        turned = reflection(layer.pixels, 1.0, ripple=6 * self.scale)
        self.canvas.paste(turned, (round(x * self.scale) - turned.width // 2, round(y * self.scale)), turned)

    def lay_light(self) -> None:
        """Glows, weather, and the words, which nothing may veil."""
        if not self.commission.transparent and self.recipe.backdrop == "full":
            paint_weather(
                self.canvas,
                self.view,
                self.scale,
                self.chance("weather"),
                indoors=self.scene.place in INDOORS,
            )
            wide = [
                glow._replace(strength=glow.strength * 0.3) for glow in self.view.glows if glow.radius > 250
            ]
            add_glows(self.canvas, wide, self.w, self.h)
        if self.scene.palette and self.canvas.mode == "RGB" and self.scene.style not in OWN_COLOURS:
            grade(self.canvas, self.scene.palette)
        taken: list[tuple[int, int]] = []
        for words in self.scene.lettering:
            ground = colour_behind(self.canvas, words)
            width, height = self.commission.width, self.commission.height
            hook = self._hook(words)
            for layer in letter(words, width, height, ground, self.commission.seed, taken, hook):
                treated = self.recipe.layer(layer, self.painting)
                if words.carrier == "neon sign" and self.view.puddle and self.canvas.mode == "RGB":
                    self._mirror(layer, *self.view.puddle)
                lay(self.canvas, treated)
                self.painting.layers.append(treated)

    def _hook(self, words: Lettering) -> tuple[float, float, float] | None:
        """Where these words belong: a neon sign on the place's wall, a label on the main subject."""
        if words.carrier == "neon sign":
            return self.view.hook
        main = self.main
        if (
            words.carrier != "label"
            or main is None
            or main.w < 0.22 * self.w
            or figures.standing(main.icon).alive
        ):
            return None
        return main.x / self.w, (main.y + 0.14 * main.h) / self.h, 0.62 * main.w / self.w

    def finish(self) -> Image.Image:
        return self.recipe.finish(self.canvas, self.painting)


def _high_up(carrier: str, spot: str | None) -> bool:
    return (spot is None and carrier in ("title", "sign", "neon sign", "speech")) or (spot or "").startswith(
        "top"
    )


def stages(commission: Commission) -> Iterator[Stage]:
    """Draws a commission: "ground", "subjects", "light", "finished", in this order.

    Lazy: nothing is drawn before it is asked for, so closing the iterator ends the drawing. The same
    commission gives the same pixels.
    """
    scene = read(commission.prompt, commission.seed, invent=not commission.pictures)
    if commission.pictures:
        yield from edit.stages(commission, scene, paint_scene)
    else:
        yield from paint_scene(commission, scene)


def paint_scene(commission: Commission, scene: Scene, recipe: StyleRecipe | None = None) -> Iterator[Stage]:
    """The stages of a scene that is already read, whatever the commission's prompt and pictures say."""
    painter = Painter(scene, commission, recipe or STYLES[scene.style])
    painter.lay_ground()
    yield Stage("ground", painter.canvas.copy())
    painter.lay_subjects()
    yield Stage("subjects", painter.canvas.copy())
    painter.lay_light()
    yield Stage("light", painter.canvas.copy())
    yield Stage("finished", painter.finish())

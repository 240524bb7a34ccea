"""What a camera does: photo, Japanese negative film, and film noir."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from ..layers import Layer, Painting
from .recipe import Recipe, chance, in_bands
from .shape import exposed, lamplight, modelled, moved, roomy, words
from .texture import grain
from .tone import blur, curve, curves, darken, field, glow, saturate, vignette


def defocused(layer: Layer, painting: Painting, strength: float) -> Layer:
    """Blurred by how far it stands behind the front, where the focus is; `strength` is the widest radius as
    a fraction of the unit. Weather hangs at all depths, and words are to be read: both stay sharp."""
    radius = strength * painting.unit * min(1.0, max(0.0, layer.depth - 0.15) * 1.3)
    if radius < 0.5 or layer.kind in ("weather", "lettering"):
        return layer
    wide = roomy(layer, painting, radius * 2)
    return replace(wide, pixels=blur(wide.pixels, radius))


def bokeh(layer: Layer, sharp: Image.Image, painting: Painting, count: int) -> Layer:
    """Discs of light where the sharp layer is brightest, as an open lens renders far lamps and sunlit leaves."""
    dice = chance(painting, f"bokeh {layer.kind} {layer.x} {layer.y}")
    fine = np.asarray(sharp.resize((192, 192), Image.Resampling.BOX).convert("RGB"), np.uint8)
    # The brightest pixel of each cell, not the mean: a lamp is small and the night around it is not.
    cells = fine.reshape(48, 4, 48, 4, 3).swapaxes(1, 2).reshape(48, 48, 16, 3)
    best = cells.sum(axis=3, dtype=np.int32).argmax(axis=2)
    small = np.take_along_axis(cells, best[:, :, None, None], axis=2)[:, :, 0]
    tone = small[:34].mean(axis=2)  # discs on the floor would look like coins
    spread = tone.max() - np.median(tone)
    if spread < 6:
        return layer
    weight = np.clip(tone - np.quantile(tone, 0.6), 0, None).ravel() ** 1.5 + 1e-6
    spots = dice.choice(weight.size, size=count, p=weight / weight.sum())
    pixels = layer.pixels.copy()
    alpha = pixels.getchannel("A")
    for spot in spots:
        y, x = divmod(int(spot), 48)
        centre = ((x + dice.random()) / 48 * pixels.width, (y + dice.random()) / 48 * pixels.height)
        radius = painting.unit * dice.uniform(0.012, 0.034)
        red, green, blue = (min(255, int(c * 0.85 + 60)) for c in small[y, x])
        disc(pixels, centre, radius, (red, green, blue), dice.uniform(0.16, 0.5))
    pixels.putalpha(alpha)
    return replace(layer, pixels=pixels)


def disc(
    pixels: Image.Image,
    centre: tuple[float, float],
    radius: float,
    colour: tuple[int, int, int],
    opacity: float,
) -> None:
    """One soft-edged disc, a little brighter at its rim."""
    edge = int(2 * radius) + 6
    mask = Image.new("L", (2 * edge, 2 * edge), 0)
    pen, c, r = ImageDraw.Draw(mask), edge, 2 * radius
    pen.ellipse((c - r, c - r, c + r, c + r), fill=int(255 * min(1, opacity * 1.5)))
    inner = r * 0.86
    pen.ellipse((c - inner, c - inner, c + inner, c + inner), fill=int(255 * opacity))
    soft = mask.resize((edge, edge), Image.Resampling.BOX)
    pixels.paste((*colour, 255), (round(centre[0] - edge / 2), round(centre[1] - edge / 2)), soft)


@dataclass(slots=True)
class Photo(Recipe):
    shading: float = 1.0

    def layer(self, layer: Layer, painting: Painting) -> Layer:
        out = defocused(layer, painting, 0.016)
        if layer.kind == "ground" and painting.scene.place not in ("plain", "studio", "nowhere"):
            night = painting.scene.time in ("night", "dusk")
            out = bokeh(out, layer.pixels, painting, 26 if night else 16)
        return out

    def treat(self, picture: Image.Image, painting: Painting) -> Image.Image:
        unit = painting.unit
        gentle = painting.scene.soft_light
        contrast = (0.25, 0.225) if gentle else (0.25, 0.2)
        top = (0.75, 0.79)
        red = curve((0, 0.012), contrast, top, (1, 1))
        green = curve((0, 0.012), contrast, top, (1, 0.992))
        blue = curve((0, 0.03), (contrast[0], contrast[1] + 0.012), (top[0], top[1] - 0.02), (1, 0.965))
        noise = grain(painting, 4.5, 1 / 1100)

        def expose(band: Image.Image, dust: Image.Image) -> Image.Image:
            lit = glow(curves(saturate(band, 0.9), red, green, blue), 190, 0.022 * unit, (0.5, 0.47, 0.42))
            return ImageChops.overlay(lit, Image.merge("RGB", (dust, dust, dust)))

        taken = in_bands(expose, 0.07 * unit, picture, noise)
        return taken if painting.transparent else vignette(taken, 0.25, start=0.5)


@dataclass(slots=True)
class Film(Recipe):
    shading: float = 0.8

    def layer(self, layer: Layer, painting: Painting) -> Layer:
        return defocused(layer, painting, 0.006)

    def treat(self, picture: Image.Image, painting: Painting) -> Image.Image:
        unit = painting.unit
        # Lifted, green-cyan shadows; highlights that run early into a warm white.
        red = curve((0, 0.13), (0.25, 0.31), (0.6, 0.72), (0.85, 0.95), (1, 0.985))
        green = curve((0, 0.19), (0.25, 0.36), (0.6, 0.735), (0.85, 0.945), (1, 0.975))
        blue = curve((0, 0.20), (0.25, 0.355), (0.6, 0.69), (0.85, 0.88), (1, 0.925))
        noise = grain(painting, 10, 1 / 780)

        def develop(band: Image.Image, dust: Image.Image) -> Image.Image:
            faded = curves(saturate(band, 0.66), red, green, blue)
            halo = glow(faded, 205, 0.016 * unit, (0.75, 0.36, 0.2))
            return ImageChops.overlay(halo, Image.merge("RGB", (dust, dust, dust)))

        developed = in_bands(develop, 0.05 * unit, picture, noise)
        if painting.transparent:
            return developed
        dx, dy = painting.light

        def leak(x: np.ndarray, y: np.ndarray) -> np.ndarray:
            near = np.clip((x * dx + y * dy) / (abs(dx) + abs(dy)), 0, 1)
            return np.asarray(0.24 * near**2.2)

        warm = field(picture.size, leak)
        developed.paste((255, 238, 214), mask=warm)
        return vignette(developed, 0.10, start=0.6)


@dataclass(slots=True)
class Noir(Recipe):
    shading: float = 1.0

    def layer(self, layer: Layer, painting: Painting) -> Layer:
        if layer.kind != "subject":
            return layer
        shaped = modelled(exposed(layer), painting, 0.25, 1.0)
        # A hard rim of light on the side of the lamp parts the figure from the dark behind it.
        alpha = layer.pixels.getchannel("A")
        width = max(1.0, 0.007 * painting.unit)
        shade = moved(alpha, -painting.light[0] * width, -painting.light[1] * width)
        rim = ImageChops.subtract(alpha, shade)
        shaped.pixels.paste((255, 255, 255), mask=rim.point([int(v * 0.85) for v in range(256)]))
        shaped.pixels.putalpha(alpha)
        return shaped

    def treat(self, picture: Image.Image, painting: Painting) -> Image.Image:
        unit = painting.unit
        dark = curve((0, 0), (0.22, 0.035), (0.5, 0.36), (0.72, 0.84), (1, 1))
        noise = grain(painting, 11, 1 / 800)

        def develop(band: Image.Image, dust: Image.Image) -> Image.Image:
            # Red-sensitive stock: skin and lamps glow, skies go dark.
            grey = band.convert("L", (0.45, 0.45, 0.1, 0))
            lit = glow(grey.point(dark).convert("RGB"), 200, 0.02 * unit, (0.5, 0.5, 0.5)).getchannel("R")
            return ImageChops.overlay(lit, dust)

        grey = in_bands(develop, 0.06 * unit, picture, noise)
        if not painting.transparent:
            lamp = field(picture.size, lambda x, y: lamplight(x, y, painting))
            spared = words(painting, 0.8)
            grey = darken(grey, lamp if spared is None else ImageChops.lighter(lamp, spared))
        return grey.convert("RGB")

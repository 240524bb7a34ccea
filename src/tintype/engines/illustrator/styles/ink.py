"""Drawn with a pen or a pencil: comic panels and graphite sketches."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from ..layers import Layer, Painting
from .recipe import Recipe, extremes, in_bands, is_grey
from .shape import backed, exposed, grown, lamplight, lines, modelled, roomy, side, words
from .texture import clouds, dots, hatching, paper
from .tone import blur, curve, darken, field, ramp, saturate


@dataclass(slots=True)
class Comic(Recipe):
    """Ink outlines, flat colours and halftone shade in a bordered panel; with a palette of black and
    white, pure inks and hatching instead."""

    shading: float = 0.35

    def layer(self, layer: Layer, painting: Painting) -> Layer:
        if layer.kind not in ("subject", "scenery") or extremes(layer.pixels.getchannel("A"))[1] < 200:
            return layer
        width = painting.unit * (0.0065 if layer.kind == "subject" else 0.004)
        if layer.kind == "subject":
            layer = exposed(layer, 232 if is_grey(painting.scene.palette) else 205)  # legible by night
        if is_grey(painting.scene.palette) and layer.kind == "subject":
            layer = penned(layer, painting)
        wide = roomy(layer, painting, 3 * width)
        alpha = wide.pixels.getchannel("A")
        if not is_grey(painting.scene.palette):
            wide = dotted(wide, painting)
        # Soft things (shadows, smoke, beams) have no outline.
        outline = grown(alpha.point(ramp(150, 60)), width)
        inked = backed(wide.pixels, outline, (14, 12, 18))
        if is_grey(painting.scene.palette) and layer.kind == "subject":
            # A white line around the black one parts the figure from black behind it.
            inked = backed(inked, grown(outline, 0.6 * width), (250, 250, 250))
        return replace(wide, pixels=inked)

    def treat(self, picture: Image.Image, painting: Painting) -> Image.Image:
        inked = (
            self.inks(picture, painting)
            if is_grey(painting.scene.palette)
            else self.colours(picture, painting)
        )
        return inked if painting.transparent else panel(inked, painting)

    def colours(self, picture: Image.Image, painting: Painting) -> Image.Image:
        unit = painting.unit
        screen = dots(painting, DOTS)
        levels = [0, 70, 124, 184, 255]
        level_of = [min(levels, key=lambda level: abs(level - v * 1.06)) for v in range(256)]
        # The step from each tone to its level; the darkest go to black and the lightest stay smooth.
        step = [
            0.75 * (f - v) if 52 < v < 214 else -v / 2 if v <= 52 else (v - 206) / 3
            for v, f in enumerate(level_of)
        ]
        # Softened, or a slow gradient would show the stairs of its eight bits where it crosses a step.
        soft = np.convolve(np.pad(step, 8, mode="edge"), np.full(17, 1 / 17), mode="valid")
        table = [128 + int(change) for change in soft]
        # Dots grow from mid tones down, and never quite close: black is left to the ink.
        covered = curve((0, 0.35), (0.2, 0.48), (0.36, 0.86), (0.46, 1), (1, 1))

        def run(band: Image.Image, threshold: Image.Image) -> Image.Image:
            grey = blur(band.convert("L"), 0.0015 * unit)
            # All channels move together: levels for each by itself would bend the hues.
            change = band.convert("L").point(table)
            flat = ImageChops.add(saturate(band, 1.25), Image.merge("RGB", (change,) * 3), 1, -128)
            spots = ImageChops.subtract(grey.point(covered), threshold, 0.12, 128).point(
                ramp(128, 150, 150, 255)
            )
            ink = lines(grey, 0.0016 * unit, 60, 70)
            return darken(darken(flat, spots), ink)

        return in_bands(run, 0.02 * unit, picture, screen)

    def inks(self, picture: Image.Image, painting: Painting) -> Image.Image:
        unit = painting.unit
        first = hatching(painting, 52, 0.0085, 0.0028, "hatching")
        second = hatching(painting, -38, 0.0085, 0.0028, "cross-hatching")
        size = picture.size
        lamp = (
            Image.new("L", size, 255)
            if painting.transparent
            else field(size, lambda x, y: 0.62 + 0.38 * lamplight(x, y, painting))
        )
        small = darken(picture.convert("L", RED), lamp).resize((64, 64), Image.Resampling.BOX)
        black, crossed, hatched = (
            float(np.quantile(np.asarray(small), share)) for share in (0.43, 0.57, 0.71)
        )

        def run(band: Image.Image, one: Image.Image, two: Image.Image, lamp: Image.Image) -> Image.Image:
            grey = blur(darken(band.convert("L", RED), lamp), 0.002 * unit)
            page = grey.point(ramp(min(150.0, max(52.0, black)), 14))  # no speckle in what is black
            for hatch, at in ((one, max(hatched, black + 24)), (two, max(crossed, black + 12))):
                lit = ImageChops.lighter(hatch, grey.point(ramp(min(200.0, at), 16))).point(ramp(120, 120))
                page = ImageChops.multiply(page, lit)
            page = ImageChops.multiply(page, lines(grey, 0.0018 * unit, 38, 56))
            # Edges turn white inside black areas, as a scraper board's do.
            scraped = ImageChops.subtract(grey, blur(grey, 0.004 * unit), 0.12, 0).point(ramp(70, 60))
            return ImageChops.lighter(page, scraped).convert("RGB")

        return in_bands(run, 0.03 * unit, picture, first, second, lamp)


RED = (0.4, 0.45, 0.15, 0)
"""Weights of red, green and blue (and an offset): skies go darker than by luminance, skin lighter."""


DOTS = 0.0150
"""The period of the halftone screen, as a fraction of the unit."""


def penned(layer: Layer, painting: Painting) -> Layer:
    """A figure in ink: black where it is dark, hatched where it is in shade, with a line around each part."""
    alpha = layer.pixels.getchannel("A")
    grey = layer.pixels.convert("RGB").convert("L", RED)
    shade = side(alpha, painting, False, 1.5).point(curve((0, 1), (0.1, 1), (0.8, 0.6), (1, 0.55)))
    tone = ImageChops.multiply(grey, shade)
    box = (layer.x, layer.y, layer.x + grey.width, layer.y + grey.height)
    strokes = hatching(painting, 52, 0.0085, 0.0028, "hatching").crop(box)
    page = grey.point(ramp(64, 14))
    page = ImageChops.multiply(page, ImageChops.lighter(strokes, tone.point(ramp(118, 16))))
    page = ImageChops.multiply(page, lines(grey, 0.0016 * painting.unit, 26, 60))
    colours = page.convert("RGB")
    colours.putalpha(alpha)
    return replace(layer, pixels=colours)


def dotted(layer: Layer, painting: Painting) -> Layer:
    """Halftone on the side that faces away from the light."""
    alpha = layer.pixels.getchannel("A")
    shade = side(alpha, painting, False, 1.5).point(curve((0, 0), (0.06, 0), (0.7, 0.62), (1, 0.7)))
    screen = dots(painting, DOTS, alpha.size, layer.x, layer.y)
    dark = ImageChops.subtract(ImageChops.invert(shade), screen, 0.12, 128).point(ramp(128, 150, 158, 255))
    colours = darken(layer.pixels.convert("RGB"), dark)
    colours.putalpha(alpha)
    return replace(layer, pixels=colours)


def panel(picture: Image.Image, painting: Painting) -> Image.Image:
    """A black frame inside a white gutter."""
    gutter, line = max(1, round(0.026 * painting.unit)), max(1, round(0.0065 * painting.unit))
    width, height = picture.size
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, width - 1, height - 1), outline=(252, 250, 244), width=gutter)
    inner = (gutter, gutter, width - 1 - gutter, height - 1 - gutter)
    if inner[2] > inner[0] and inner[3] > inner[1]:
        pen.rectangle(inner, outline=(14, 12, 18), width=line)
    return picture


@dataclass(slots=True)
class Pencil(Recipe):
    """Graphite on rough paper: contours, and hatching that crosses where it is dark."""

    shading: float = 0.8

    def layer(self, layer: Layer, painting: Painting) -> Layer:
        if layer.kind in ("subject", "scenery") and extremes(layer.pixels.getchannel("A"))[1] > 200:
            width = (0.0022 if layer.kind == "subject" else 0.0014) * painting.unit
            layer = roomy(modelled(exposed(layer), painting, 0.1, 0.9), painting, 2 * width)
            edge = grown(layer.pixels.getchannel("A").point(ramp(150, 60)), width)
            layer = replace(layer, pixels=backed(layer.pixels, edge, (40, 40, 40)))
        if layer.depth < 0.5:
            return layer
        # What is far is barely sketched.
        pale = Image.blend(layer.pixels, Image.new("RGBA", layer.pixels.size, (255, 255, 255, 255)), 0.42)
        pale.putalpha(layer.pixels.getchannel("A"))
        return replace(layer, pixels=pale)

    def treat(self, picture: Image.Image, painting: Painting) -> Image.Image:
        unit = painting.unit
        strokes = [hatching(painting, angle, 0.0052, 0.0019, f"pencil {angle}") for angle in (-50, -28, 40)]
        tooth = paper(painting, 13, 1 / 420)
        uneven = clouds(painting, "pressure", 0.3, 2).point([128 + (v - 128) // 4 for v in range(256)])
        # Night, too, is drawn on white paper: a dark picture is lifted until its mean is a light grey.
        mean = (
            np.asarray(picture.resize((16, 16), Image.Resampling.BOX).convert("L"), np.float32).mean() / 255
        )
        lift = curve((0, 0.02), (min(0.6, max(0.12, float(mean))), 0.52), (0.95, 0.97), (1, 1))
        # How far down the tone lets each direction of strokes through, from light to dark.
        sets_in = (ramp(165, 130, 40), ramp(112, 90, 20), ramp(66, 70, 0))
        smudge = curve((0, 0.45), (0.4, 0.74), (0.8, 0.99), (1, 1))

        def sketch(
            band: Image.Image, pressure: Image.Image, tooth: Image.Image, *hatch: Image.Image
        ) -> Image.Image:
            grey = band.convert("L", (0.42, 0.42, 0.16, 0)).point(lift)
            tone = ImageChops.add(blur(grey, 0.003 * unit), pressure, 1, -128)
            page = ImageChops.lighter(hatch[0], tone.point(sets_in[0]))
            page = ImageChops.multiply(page, tone.point(smudge))
            for across, table in zip(hatch[1:], sets_in[1:], strict=True):
                page = ImageChops.multiply(page, ImageChops.lighter(across, tone.point(table)))
            page = ImageChops.multiply(page, lines(grey, 0.0013 * unit, 26, 50).point(ramp(128, 255, 30)))
            return ImageChops.hard_light(page.point([30 + v * 215 // 255 for v in range(256)]), tooth)

        page = in_bands(sketch, 0.02 * unit, picture, uneven, tooth, *strokes)
        if not painting.transparent:
            page = ImageChops.screen(
                page, ImageChops.multiply(self.margin(painting), tooth.point(ramp(60, 60)))
            )
        return page.point(curve((0, 0.05), (0.5, 0.5), (1, 0.975))).convert("RGB")

    @staticmethod
    def margin(painting: Painting) -> Image.Image:
        """White where the sketch runs out into the paper, raggedly."""

        def rim(x: np.ndarray, y: np.ndarray) -> np.ndarray:
            edge = np.maximum(np.abs(x), np.abs(y)) ** 3
            return np.asarray(edge * 0.62)

        ragged = ImageChops.add(
            field((painting.width, painting.height), rim),
            clouds(painting, "margin", 0.10).point([128 + (v - 128) * 2 // 5 for v in range(256)]),
            1,
            -128,
        )
        spared = words(painting, 1)
        margin = ragged.point(ramp(120, 110))
        return margin if spared is None else ImageChops.subtract(margin, spared)

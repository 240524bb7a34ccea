"""Cut out and reduced: sticker, minimal, logo."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from ..layers import Layer, Painting
from ..scene import Colour
from .recipe import Backdrop, Recipe, extremes, in_bands
from .shape import exposed, grown, moved, roomy, shrunk, union
from .tone import blur, curve, ramp, saturate


@dataclass(slots=True)
class Sticker(Recipe):
    """Die-cut: a white edge around all subjects together, and a soft shadow on the ground."""

    backdrop: Backdrop = "none"
    shading: float = 0.55

    def layer(self, layer: Layer, painting: Painting) -> Layer:
        return exposed(layer) if layer.kind == "subject" else layer

    def finish(self, picture: Image.Image, painting: Painting) -> Image.Image:
        unit = painting.unit
        shape = picture.getchannel("A") if picture.mode == "RGBA" else union(painting)
        if extremes(shape)[1] < 128 or (picture.mode == "RGBA" and extremes(shape)[0] > 250):
            shape = card(painting)
        rim = grown(grown(shape, 0.011 * unit).point(ramp(128, 40)), 0.011 * unit)
        shadow = blur(moved(rim, 0.004 * unit, 0.010 * unit), 0.012 * unit).point(
            [v * 96 // 255 for v in range(256)]
        )
        return in_bands(stuck, 0, picture, shape, rim, shadow)


def stuck(picture: Image.Image, shape: Image.Image, rim: Image.Image, shadow: Image.Image) -> Image.Image:
    """Ground, shadow, white rim, and the picture inside its shape."""
    vivid = saturate(picture.convert("RGB"), 1.12)
    if picture.mode == "RGB":
        out = picture.copy()
        out.paste((30, 34, 48), mask=shadow)
        out.paste((255, 255, 255), mask=rim)
        out.paste(vivid, mask=shape)
        return out
    out = Image.new("RGBA", picture.size, (30, 34, 48, 0))
    out.putalpha(shadow)
    for colours, alpha in ((Image.new("RGB", picture.size, (255, 255, 255)), rim), (vivid, shape)):
        colours.putalpha(alpha)
        out.alpha_composite(colours)
    return out


def card(painting: Painting) -> Image.Image:
    """The shape of a sticker that shows a whole picture: a rounded card with room for its edge."""
    margin, corner = 0.07 * painting.unit, 0.10 * painting.unit
    mask = Image.new("L", (painting.width, painting.height), 0)
    box = (margin, margin, painting.width - 1 - margin, painting.height - 1 - margin)
    ImageDraw.Draw(mask).rounded_rectangle(box, corner, fill=255)
    return mask


@dataclass(slots=True)
class Minimal(Recipe):
    """Few flat tones, quiet colours, and much air."""

    backdrop: Backdrop = "sparse"
    shading: float = 0.0

    def layer(self, layer: Layer, painting: Painting) -> Layer:
        if layer.kind != "subject":
            return layer
        alpha = layer.pixels.getchannel("A")
        flat = flattened(exposed(layer, 250).pixels.convert("RGB"), 7)
        flat.putalpha(alpha)
        return replace(layer, pixels=flat)

    def treat(self, picture: Image.Image, painting: Painting) -> Image.Image:
        if any(layer.kind == "subject" for layer in painting.layers):
            return saturate(picture, 0.9)
        unit = painting.unit
        # The level lines of a blurred picture are smooth, so its few tones meet in calm curves.
        flat = flattened(blur(picture, 0.009 * unit), 6)
        return saturate(blur(flat, 0.0009 * unit), 0.75).point(curve((0, 0.12), (0.6, 0.7), (1, 0.97)) * 3)


def flattened(picture: Image.Image, colours: int) -> Image.Image:
    """The picture in its own few colours, without dithering."""
    sample = picture.resize((min(96, picture.width), min(96, picture.height)), Image.Resampling.NEAREST)
    palette = sample.quantize(colours, Image.Quantize.MEDIANCUT, kmeans=2)
    return picture.quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB")


@dataclass(slots=True)
class Logo(Recipe):
    """Two colours: a silhouette whose inner detail is the ground showing through."""

    backdrop: Backdrop = "none"
    shading: float = 0.0

    def layer(self, layer: Layer, painting: Painting) -> Layer:
        ink, ground = two_colours(painting)
        if layer.kind == "ground":
            return replace(layer, pixels=Image.new("RGBA", layer.pixels.size, (*ground, 255)))
        if layer.kind == "subject":
            layer = roomy(layer, painting, 0.02 * painting.unit)  # the outline needs to see the outside
        alpha = layer.pixels.getchannel("A")
        if layer.kind == "subject":
            stencil = cut_stencil(layer.pixels, alpha, painting.unit)
        elif layer.kind == "lettering":
            stencil = tone_stencil(layer.pixels.convert("L"), alpha.point(ramp(200, 0)), painting.unit)
        else:
            return replace(layer, pixels=Image.new("RGBA", alpha.size))  # no shadows, no weather
        # A threshold leaves stairs; a little blur and a ramp make them an edge again.
        smooth = stencil.filter(ImageFilter.GaussianBlur(1 + 0.0006 * painting.unit)).point(ramp(128, 120))
        flat = Image.composite(
            Image.new("RGB", alpha.size, ink), Image.new("RGB", alpha.size, ground), smooth
        )
        flat.putalpha(alpha)
        return replace(layer, pixels=flat)

    def treat(self, picture: Image.Image, painting: Painting) -> Image.Image:
        if any(layer.kind == "subject" for layer in painting.layers):
            return picture
        ink, ground = two_colours(painting)
        grey = blur(picture.convert("L"), 0.006 * painting.unit)
        shape = ImageChops.invert(grey.point(ramp(parting(grey), 10)))
        out = Image.new("RGB", picture.size, ground)
        out.paste(ink, mask=shape)
        return out


def two_colours(painting: Painting) -> tuple[Colour, Colour]:
    """Ink and ground: the prompt's own where it named any."""
    scene = painting.scene
    ground = scene.ground or (250, 247, 240)
    bright = 0.3 * ground[0] + 0.6 * ground[1] + 0.1 * ground[2]
    far = [c for c in scene.palette if abs(0.3 * c[0] + 0.6 * c[1] + 0.1 * c[2] - bright) > 60]
    if far:
        return far[0], ground
    return ((38, 34, 48) if bright > 110 else (250, 247, 240)), ground


def parting(grey: Image.Image, mask: Image.Image | None = None, least: float = 0.0) -> int:
    """The tone that best parts dark from light (Otsu 1979), with at least that share of it dark."""
    counts = np.array(grey.histogram(mask), np.float64)
    total, levels = max(1.0, counts.sum()), np.arange(256)
    below = counts.cumsum()
    mean = (counts * levels).cumsum()
    inside = (below > 0) & (below < total)
    spread = (mean[-1] * below / total - mean) ** 2 / np.where(inside, below * (total - below), 1) * inside
    wanted = spread * (below > least * total) * (below < 0.95 * total)
    best = wanted if wanted.max() > 0 else spread
    # The middle of the plateau: flat art has nothing between its tones.
    return int(np.median(np.flatnonzero(best >= best.max() * 0.9999))) if best.max() > 0 else 255


def parted(grey: Image.Image, mask: Image.Image, at: int) -> float:
    """How far the mean tones below and above lie from one another."""
    counts, levels = np.array(grey.histogram(mask), np.float64), np.arange(256)
    low, high = (
        counts[part] @ levels[part] / max(1.0, counts[part].sum()) for part in (slice(at), slice(at, 256))
    )
    return float(high - low)


def tone_stencil(grey: Image.Image, solid: Image.Image, unit: int) -> Image.Image:
    """255 where ink lies: the dark parts, but not the darkest details inside them, which are cut out."""
    at = parting(grey, solid, least=0.3)
    tones = np.array(grey.histogram(solid), np.float64)[at:]
    if (tones * np.arange(at, 256)).sum() < 140 * tones.sum():
        at = 255  # no light part worth the name: ink all over, and the details cut out
    dark = ImageChops.invert(grey.point(ramp(at, 18)))
    inner = ImageChops.multiply(solid, dark.point(ramp(128, 0)))
    share = max(1, inner.histogram()[255])
    deep = parting(grey, inner)
    darkest = ImageChops.invert(grey.point(ramp(deep, 18)))
    details = ImageChops.multiply(inner, darkest.point(ramp(128, 0))).histogram()[255]
    if not 0.004 < details / share < 0.4 or parted(grey, inner, deep) < 24:
        return dark
    # Beside a light part (a nose on a muzzle) a dark detail shows as ink; only amid ink is it cut.
    pale = ImageChops.multiply(solid, ImageChops.invert(dark))
    beside = blur(pale, 0.022 * unit).point(ramp(56, 24))
    holes = ImageChops.multiply(darkest, ImageChops.invert(beside))
    return ImageChops.subtract(dark, holes)


def cut_stencil(pixels: Image.Image, alpha: Image.Image, unit: int) -> Image.Image:
    """A subject's stencil: its tones, and an outline so that no light part runs into the ground."""
    grey = pixels.convert("L")
    inked = tone_stencil(grey, alpha.point(ramp(200, 0)), unit)
    outline = ImageChops.subtract(alpha, shrunk(alpha, 0.012 * unit))
    return ImageChops.lighter(inked, outline)

"""Paintings made by hand, for testing styles and edits without the painter."""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image, ImageDraw

from tintype.engines.illustrator.commission import Commission, Stage
from tintype.engines.illustrator.layers import Layer, Painting
from tintype.engines.illustrator.scene import Scene, Style, Subject
from tintype.engines.illustrator.styles import STYLES


def robot(edge: int) -> Image.Image:
    """A subject with hard edges, three tones and dark details: an orange head with eyes and a pale chin."""
    pixels = Image.new("RGBA", (edge * 4, edge * 4))
    pen, e = ImageDraw.Draw(pixels), edge * 4
    pen.rounded_rectangle((0, 0, e - 1, e - 1), e // 4, fill=(240, 130, 40, 255))
    pen.pieslice((e * 0.1, e * 0.3, e * 0.9, e * 1.0), 20, 160, fill=(250, 228, 190, 255))
    for x in (0.32, 0.68):
        pen.ellipse((e * (x - 0.07), e * 0.3, e * (x + 0.07), e * 0.46), fill=(24, 22, 30, 255))
    return pixels.resize((max(1, edge), max(1, edge)), Image.Resampling.BOX)


def ground(width: int, height: int) -> Image.Image:
    """Sky over grass, with a light and a dark stripe far away."""
    pixels = Image.new("RGBA", (width, height), (150, 200, 235, 255))
    pen = ImageDraw.Draw(pixels)
    pen.rectangle((0, height * 0.6, width, height), fill=(70, 130, 60, 255))
    for n in range(8):
        x = width * n / 8
        pen.rectangle((x, height * 0.2, x + width / 16, height * 0.5), fill=(40, 60, 50, 255))
    return pixels


def painting(
    style: Style,
    width: int = 256,
    height: int = 256,
    *,
    seed: int = 1,
    transparent: bool = False,
    **scene: object,
) -> Painting:
    """A robot before a far ground (before plain white where the style has none), layers untreated."""
    unit = min(width, height)
    edge = max(2, unit // 2)
    far = [] if transparent else [Layer("ground", ground(width, height), 0, 0, 1.0)]
    if far and STYLES[style].backdrop != "full":
        far[0].pixels.paste((250, 248, 242), (0, 0, width, height))
    subject = Layer("subject", robot(edge), (width - edge) // 2, (height - edge) // 2, 0.0)
    what = Scene(subjects=(Subject(icon="robot", words="a robot"),), style=style, place="meadow", **scene)  # type: ignore[arg-type]
    return Painting(what, width, height, seed, "medium", transparent, [*far, subject])


def finished(style: Style, made: Painting) -> Image.Image:
    """The painting in a style: each layer treated and laid down, and then the whole."""
    recipe = STYLES[style]
    canvas = Image.new("RGBA", (made.width, made.height))
    made.layers = [recipe.layer(layer, made) for layer in made.layers]
    for layer in made.layers:
        sheet = Image.new("RGBA", canvas.size)
        sheet.paste(layer.pixels, (layer.x, layer.y))
        canvas = Image.alpha_composite(canvas, sheet)
    return recipe.finish(canvas if made.transparent else canvas.convert("RGB"), made)


def paint(commission: Commission, scene: Scene) -> Iterator[Stage]:
    """A painter that knows one subject: a robot on a magenta ground, or on none."""
    size = (commission.width, commission.height)
    canvas = Image.new("RGBA", size, (200, 30, 160, 0 if commission.transparent else 255))
    if scene.subjects:
        edge = max(2, min(size) // 2)
        canvas.alpha_composite(robot(edge), ((size[0] - edge) // 2, (size[1] - edge) // 2))
    yield Stage("ground", canvas.convert("RGBA" if commission.transparent else "RGB"))
    yield Stage("finished", canvas.convert("RGBA" if commission.transparent else "RGB"))

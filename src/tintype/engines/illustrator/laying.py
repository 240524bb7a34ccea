"""From a backdrop's sky and sheets to pixels, and layers upon them."""

from __future__ import annotations

from PIL import Image

from .backdrops.mood import Stops
from .commission import Detail
from .layers import Layer
from .vector import BAND_PIXELS, render


def gradient(stops: Stops, size: tuple[int, int]) -> Image.Image:
    """A vertical gradient, from one column of pixels."""
    column = Image.new("RGB", (1, 256))
    for y in range(256):
        at = (y + 0.5) / 256
        below = max((i for i, stop in enumerate(stops) if stop[0] <= at), default=0)
        above = min(below + 1, len(stops) - 1)
        (a, first), (b, second) = stops[below], stops[above]
        share = min(1.0, max(0.0, (at - a) / (b - a))) if b > a else 0.0
        column.putpixel((0, y), tuple(round(p + (q - p) * share) for p, q in zip(first, second, strict=True)))
    return column.resize((1, size[1]), Image.Resampling.BICUBIC).resize(size, Image.Resampling.NEAREST)


def stamp(canvas: Image.Image, body: str, top: float, scale: float, detail: Detail) -> None:
    """Renders a sheet's body over the canvas from the level `top` (units) down, in bands. `scale` is pixels per unit."""
    if not body:
        return
    width, height = canvas.size
    first = max(0, int(top * scale))
    fine = {"low": 0.62, "medium": 1.0, "high": 2.0 if width * height < 2_200_000 else 1.0}[detail]
    rows = max(16, int(BAND_PIXELS / width / max(1.0, fine * fine)))
    if fine < 1:
        rows = height
    for y in range(first, height, rows):
        count = min(rows, height - y)
        view = (0.0, y / scale, width / scale, count / scale)
        band = render(body, view, max(1, round(width * fine)), max(1, round(count * fine)))
        if band.size != (width, count):
            band = band.resize((width, count), Image.Resampling.BOX if fine > 1 else Image.Resampling.BICUBIC)
        canvas.paste(band, (0, y), band)


def lay(canvas: Image.Image, layer: Layer) -> None:
    """Over what is there, as far as it is within the canvas."""
    if canvas.mode == "RGB":
        canvas.paste(layer.pixels, (layer.x, layer.y), layer.pixels)
        return
    box = layer.pixels.getbbox()
    if box is None:
        return
    x, y = max(0, layer.x), max(0, layer.y)
    part = layer.pixels.crop(
        (
            x - layer.x,
            y - layer.y,
            min(layer.pixels.width, canvas.width - layer.x),
            min(layer.pixels.height, canvas.height - layer.y),
        )
    )
    canvas.alpha_composite(part, (x, y))

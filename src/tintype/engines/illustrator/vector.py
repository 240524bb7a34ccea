"""Vector shapes as SVG, and their way to pixels: the painter's only door to resvg."""

from __future__ import annotations

import io
import math
from itertools import pairwise
from random import Random

import resvg_py
from PIL import Image

from .scene import Colour

BAND_PIXELS = 400_000
"""resvg holds the interpreter's lock while it renders, so a large sheet is rendered in bands of
about this many pixels: other threads get their turn in between, and the peak of memory stays low."""


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """`share` of b in a: 0 is a, 1 is b."""
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


def multiply(a: Colour, b: Colour) -> Colour:
    return (a[0] * b[0] // 255, a[1] * b[1] // 255, a[2] * b[2] // 255)


def luma(colour: Colour) -> float:
    """Perceived brightness, 0 to 1 (Rec. 601 weights)."""
    return (0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]) / 255


def css(colour: Colour) -> str:
    return f"#{colour[0]:02x}{colour[1]:02x}{colour[2]:02x}"


def render(body: str, view: tuple[float, float, float, float], width: int, height: int) -> Image.Image:
    """SVG elements seen through `view` (x, y, width, height in their units), stretched to width x height RGBA."""
    rows = max(1, min(height, BAND_PIXELS // max(1, width)))
    if rows >= height:
        return _render(body, view, width, height)
    whole = Image.new("RGBA", (width, height))
    x, y, w, h = view
    for top in range(0, height, rows):
        count = min(rows, height - top)
        band = _render(body, (x, y + h * top / height, w, h * count / height), width, count)
        whole.paste(band, (0, top))
    return whole


def _render(body: str, view: tuple[float, float, float, float], width: int, height: int) -> Image.Image:
    box = " ".join(f"{value:.4f}" for value in view)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="{box}" '
        f'preserveAspectRatio="none">{body}</svg>'
    )
    png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)
    with Image.open(io.BytesIO(bytes(png))) as picture:
        return picture.convert("RGBA")


class Sheet:
    """A transparent sheet of vector shapes, painted in the order of the calls.

    Flat opaque fills are by far the quickest; a see-through fill costs three times as much per
    pixel, a gradient five times. Shapes of one colour are best joined in one path.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._fills: dict[str, str] = {}
        self.top = math.inf  # the least y that is painted on, as far as the painter says

    def __bool__(self) -> bool:
        return bool(self._parts)

    def path(self, d: str, fill: Colour | str, opacity: float = 1.0) -> None:
        if d:
            see_through = "" if opacity >= 1 else f' fill-opacity="{opacity:.3f}"'
            self._parts.append(f'<path d="{d}" fill="{_paint(fill)}"{see_through}/>')

    def line(self, d: str, stroke: Colour | str, width: float, opacity: float = 1.0) -> None:
        if d:
            self._parts.append(
                f'<path d="{d}" fill="none" stroke="{_paint(stroke)}" stroke-width="{width:.2f}" '
                f'stroke-linecap="round" stroke-linejoin="round" stroke-opacity="{opacity:.3f}"/>'
            )

    def fade(
        self, start: Colour, end: Colour, alphas: tuple[float, float] = (1, 1), turn: str = "down"
    ) -> str:
        """A linear gradient over a shape's own box, as a fill: "down" or "right"."""
        key = f"{css(start)}{alphas[0]}{css(end)}{alphas[1]}{turn}"
        if key not in self._fills:
            name = self._fills[key] = f"g{len(self._fills)}"
            way = 'x2="0" y2="1"' if turn == "down" else 'x2="1" y2="0"'
            self._parts.append(
                f'<linearGradient id="{name}" {way}><stop stop-color="{css(start)}" stop-opacity="{alphas[0]}"/>'
                f'<stop offset="1" stop-color="{css(end)}" stop-opacity="{alphas[1]}"/></linearGradient>'
            )
        return f"url(#{self._fills[key]})"

    def ball(self, light: Colour, dark: Colour, rim: float = 1.0) -> str:
        """A radial gradient lit from the upper left, as a fill."""
        key = f"{css(light)}{css(dark)}{rim}ball"
        if key not in self._fills:
            name = self._fills[key] = f"g{len(self._fills)}"
            self._parts.append(
                f'<radialGradient id="{name}" cx=".36" cy=".3" r=".75"><stop stop-color="{css(light)}"/>'
                f'<stop offset="1" stop-color="{css(dark)}" stop-opacity="{rim}"/></radialGradient>'
            )
        return f"url(#{self._fills[key]})"

    @property
    def body(self) -> str:
        return "".join(self._parts)


def _paint(fill: Colour | str) -> str:
    return fill if isinstance(fill, str) else css(fill)


def box(x: float, y: float, w: float, h: float, r: float = 0) -> str:
    """A rectangle, its corners rounded by r."""
    if r <= 0:
        return f"M{x:.1f} {y:.1f}h{w:.1f}v{h:.1f}h{-w:.1f}z"
    r = min(r, w / 2, h / 2)
    return (
        f"M{x + r:.1f} {y:.1f}h{w - 2 * r:.1f}a{r:.1f} {r:.1f} 0 0 1 {r:.1f} {r:.1f}v{h - 2 * r:.1f}"
        f"a{r:.1f} {r:.1f} 0 0 1 {-r:.1f} {r:.1f}h{2 * r - w:.1f}a{r:.1f} {r:.1f} 0 0 1 {-r:.1f} {-r:.1f}"
        f"v{2 * r - h:.1f}a{r:.1f} {r:.1f} 0 0 1 {r:.1f} {-r:.1f}z"
    )


def disc(x: float, y: float, rx: float, ry: float | None = None) -> str:
    ry = rx if ry is None else ry
    return f"M{x - rx:.1f} {y:.1f}a{rx:.1f} {ry:.1f} 0 1 1 {2 * rx:.1f} 0a{rx:.1f} {ry:.1f} 0 1 1 {-2 * rx:.1f} 0z"


def polygon(*points: tuple[float, float]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "z"


def curve(points: list[tuple[float, float]]) -> str:
    """A smooth line through the middles of neighbouring points, open; begins with M."""
    first, last = points[0], points[-1]
    d = [f"M{first[0]:.1f} {first[1]:.1f}"]
    for (x, y), (nx, ny) in pairwise(points[1:]):
        d.append(f"Q{x:.1f} {y:.1f} {(x + nx) / 2:.1f} {(y + ny) / 2:.1f}")
    return "".join(d) + f"L{last[0]:.1f} {last[1]:.1f}"


def waves(rng: Random, w: float, y: float, swing: float, length: float) -> list[tuple[float, float]]:
    """Points of a soft skyline from beyond the left edge to beyond the right one: two sines, out of step."""
    a, b = rng.uniform(0, math.tau), rng.uniform(0, math.tau)
    step = max(length / 9, w / 60)
    count = int((w + 200) / step) + 2
    return [
        (
            -100 + i * step,
            y
            - swing * 0.7 * math.sin(a + math.tau * i * step / length)
            - swing * 0.3 * math.sin(b + math.tau * i * step / length * 2.3),
        )
        for i in range(count)
    ]


def down_to(points: list[tuple[float, float]], y: float) -> str:
    """The area between a skyline and the level y."""
    return curve(points) + f"L{points[-1][0]:.1f} {y:.1f}L{points[0][0]:.1f} {y:.1f}z"


def height_at(points: list[tuple[float, float]], x: float) -> float:
    """The skyline's y above x, between its points."""
    for (ax, ay), (bx, by) in pairwise(points):
        if ax <= x <= bx:
            return ay + (by - ay) * (x - ax) / max(1e-9, bx - ax)
    return points[-1][1]

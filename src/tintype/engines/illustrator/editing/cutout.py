"""Parting a picture's figure from its ground, and filling the hole that something leaves."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from ..styles.recipe import extremes
from ..styles.shape import moved
from ..styles.tone import blur, ramp

SHARP = 8
"""The step in a channel from one pixel to the next but one (at about 300 on the short edge) that ends a ground."""
UNLIKE = 48.0
"""How far the mean colours of the four edges may lie apart and still be one ground."""


def has_holes(picture: Image.Image) -> bool:
    return picture.mode == "RGBA" and extremes(picture.getchannel("A"))[0] < 128


def figure(picture: Image.Image) -> Image.Image | None:
    """The alpha of what the picture shows, when it can be told: from its own alpha, or from a border of
    nearly one colour. None when the ground is a place of its own: guessing there would do harm."""
    if has_holes(picture):
        return picture.getchannel("A")
    shrink = max(1, min(picture.size) // 300)
    values = np.asarray(picture.convert("RGB").reduce(shrink), np.int16)
    if not _is_calm(values) or min(values.shape[:2]) < 4:
        return None
    # The ground ends at a sharp edge. A soft one is its own shading, or the figure's shadow on it.
    free = np.ones(values.shape[:2], bool)
    # Over two pixels, since antialiasing parts an edge in two steps.
    free[:, 1:-1] &= np.abs(values[:, 2:] - values[:, :-2]).max(axis=2) <= SHARP
    free[1:-1] &= np.abs(values[2:] - values[:-2]).max(axis=2) <= SHARP
    border = np.ones_like(free)
    border[1:-1, 1:-1] = False
    inside = Image.fromarray((~_reached(free, border) * 255).astype(np.uint8))
    # Both sides of an edge were held back: one is given to the ground, which wipes out bare lines too.
    inside = inside.filter(ImageFilter.MinFilter(3)).filter(ImageFilter.MedianFilter(3))
    # Crumbs go: what is nowhere as thick as a body, and hangs together with nothing that is.
    thick = np.asarray(inside.filter(ImageFilter.MinFilter(9))) > 0
    inside = Image.fromarray((_reached(np.asarray(inside) > 0, thick) * 255).astype(np.uint8))
    share = inside.histogram()[255] / (inside.width * inside.height)
    if not 0.01 < share < 0.92:
        return None
    box = (0, 0, picture.width / shrink, picture.height / shrink)
    wide = inside.resize(picture.size, Image.Resampling.BICUBIC, box=box)
    return blur(wide, 0.6 * shrink).point(ramp(118, 110))


def _is_calm(values: np.ndarray) -> bool:
    """The picture's edges show one ground: shaded off slowly perhaps, but without things of their own."""
    sides = [np.asarray(side, np.float32) for side in (values[0], values[-1], values[:, 0], values[:, -1])]
    rough = np.concatenate([np.abs(np.diff(side, axis=0)).max(axis=1) for side in sides])
    means = np.array([side.mean(axis=0) for side in sides])
    return bool((rough > SHARP).mean() < 0.02 and np.abs(means - means.mean(axis=0)).max() < UNLIKE)


def _reached(free: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Which free cells hang together with free cells of the start."""
    reach = free & start
    for _ in range(24):
        before = int(reach.sum())
        for turn in range(4):
            way, open_ = (
                np.ascontiguousarray(np.rot90(reach, turn)),
                np.ascontiguousarray(np.rot90(free, turn)),
            )
            # Along each row, whatever comes after a reached cell and before a blocked one is reached:
            # the later of the two marks says which it was.
            at = np.arange(2, 2 * way.shape[1] + 2, 2, dtype=np.int16)[None, :]
            last = np.maximum.accumulate(np.where(way, at + 1, np.where(open_, 0, at)), axis=1)
            reach = np.rot90(((last & 1) == 1) & open_, -turn)
        if int(reach.sum()) == before:
            break
    return np.asarray(reach)


def cut_out(picture: Image.Image, alpha: Image.Image) -> Image.Image:
    out = picture.convert("RGB")
    out.putalpha(alpha)
    return out


def filled(picture: Image.Image, hole: Image.Image) -> Image.Image:
    """The hole (255 in "L") closed with what surrounds it, running smoothly inwards."""
    out = picture.convert("RGB")
    known = out.copy().convert("RGBA")
    known.putalpha(ImageChops.invert(hole))
    levels: list[Image.Image] = []
    size = known.size
    while min(size) > 2:
        size = (max(1, size[0] // 2), max(1, size[1] // 2))
        levels.append(known.resize(size, Image.Resampling.BOX))
    ground = Image.new("RGB", (1, 1), (200, 200, 200)) if not levels else levels[-1].convert("RGB")
    for level in reversed(levels):
        ground = ground.resize(level.size, Image.Resampling.BICUBIC)
        ground.paste(
            level.convert("RGB"), mask=level.getchannel("A").point([min(255, v * 2) for v in range(256)])
        )
    out.paste(ground.resize(out.size, Image.Resampling.BICUBIC), mask=hole)
    return out


def printed(picture: Image.Image, edge: int, tilt: float) -> Image.Image:
    """The picture as a paper print with a white border, longest edge about `edge` pixels, a little turned."""
    scale = edge / max(picture.size) * 0.86
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    border = max(1, edge // 26)
    sheet = Image.new("RGBA", (size[0] + 2 * border, size[1] + 2 * border), (252, 251, 247, 255))
    content = picture.convert("RGBA").resize(size, Image.Resampling.LANCZOS)
    sheet.alpha_composite(content, (border, border))
    return sheet.rotate(tilt, Image.Resampling.BICUBIC, expand=True)


def shadowed(canvas: Image.Image, sprite: Image.Image, x: int, y: int, standing: bool, unit: int) -> None:
    """Lay the sprite's shadow on the canvas: a pool at the feet of what stands, a soft drop for the rest."""
    alpha = sprite.getchannel("A")
    pad = max(4, round(0.04 * unit))
    mask = Image.new("L", (alpha.width + 2 * pad, alpha.height + 2 * pad), 0)
    if standing:
        high = max(2, round(alpha.width * 0.16))
        foot = pad + alpha.height
        pen = ImageDraw.Draw(mask)
        pen.ellipse(
            (pad + alpha.width * 0.06, foot - high * 0.62, pad + alpha.width * 0.94, foot + high * 0.38),
            fill=120,
        )
        mask = blur(mask, max(1.0, 0.012 * unit))
    else:
        mask.paste(alpha.point([v * 100 // 255 for v in range(256)]), (pad, pad))
        mask = blur(moved(mask, 0.004 * unit, 0.010 * unit), max(1.0, 0.009 * unit))
    box = (x - pad, y - pad)
    if canvas.mode == "RGBA":
        shade = Image.new("RGBA", mask.size, (16, 18, 30, 0))
        shade.putalpha(mask)
        laid(canvas, shade, *box)
    else:
        canvas.paste((16, 18, 30), box, mask)


def laid(canvas: Image.Image, sprite: Image.Image, x: int, y: int) -> None:
    """Lay the sprite on the canvas at (x, y), which may be outside."""
    if canvas.mode == "RGB":
        canvas.paste(sprite.convert("RGB"), (x, y), sprite.getchannel("A"))
        return
    inside = sprite.crop((max(0, -x), max(0, -y), sprite.width, sprite.height))
    if inside.width > 0 and inside.height > 0:
        canvas.alpha_composite(inside, (max(0, x), max(0, y)))

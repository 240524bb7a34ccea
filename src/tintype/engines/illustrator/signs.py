"""Words drawn as words: titles, signs, neon, captions, labels, speech bubbles and wordmarks, always legible."""

from __future__ import annotations

import io
import unicodedata
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from . import pack
from .boards import BOARDS, NEON, neon, outlined
from .layers import Layer
from .scene import Colour, Lettering, Spot

SPOTS: dict[Spot, tuple[float, float]] = {
    "centre": (0.5, 0.5),
    "left": (0.22, 0.5),
    "right": (0.78, 0.5),
    "top": (0.5, 0.12),
    "bottom": (0.5, 0.9),
    "top left": (0.22, 0.12),
    "top right": (0.78, 0.12),
    "bottom left": (0.22, 0.9),
    "bottom right": (0.78, 0.9),
}
HOME: dict[str, tuple[float, float]] = {
    "title": (0.5, 0.12),
    "sign": (0.5, 0.14),
    "neon sign": (0.5, 0.17),
    "caption": (0.5, 0.93),
    "label": (0.5, 0.9),
    "speech": (0.5, 0.13),
    "logo": (0.5, 0.84),
}
"""Where a carrier hangs when nobody said where: the middle, as shares of the canvas."""

SHARE: dict[str, tuple[float, float]] = {
    "title": (0.84, 0.15),
    "sign": (0.56, 0.15),
    "neon sign": (0.62, 0.17),
    "caption": (0.86, 0.085),
    "label": (0.5, 0.085),
    "speech": (0.56, 0.15),
    "logo": (0.74, 0.15),
}
"""The most width and height that the letters may take, as shares of the canvas."""


def colour_behind(canvas: Image.Image, words: Lettering) -> Colour:
    """The mean colour where the words will lie; white where the picture is transparent."""
    x, y = SPOTS[words.spot] if words.spot else HOME[words.carrier]
    w, h = canvas.size
    box = (
        int(w * max(0, x - 0.3)),
        int(h * max(0, y - 0.08)),
        int(w * min(1, x + 0.3)) + 1,
        int(h * min(1, y + 0.08)) + 1,
    )
    few = canvas.crop(box).resize((4, 4), Image.Resampling.BOX).convert("RGBA")
    paper = Image.new("RGBA", few.size, (255, 255, 255, 255))
    paper.alpha_composite(few)
    red, green, blue = (int(v) for v in np.asarray(paper.convert("RGB")).reshape(-1, 3).mean(axis=0))
    return red, green, blue


@lru_cache(maxsize=64)
def font(face: str, size: int) -> ImageFont.FreeTypeFont:
    names: dict[str, pack.Typeface] = {"sans": "sans-bold", "serif": "serif-bold", "hand": "hand-bold"}
    return ImageFont.truetype(io.BytesIO(pack.typeface(names[face])), size)


def drawable(text: str, face: str) -> str:
    """The text in letters that the font has: accents go before letters do, what is left becomes a dot."""
    letters = []
    for letter in " ".join(text.split()):
        plain = [c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c)]
        if letter == " " or has_glyph(face, letter):
            letters.append(letter)
        elif plain and all(has_glyph(face, c) for c in plain):
            letters.extend(plain)
        else:
            letters.append("·")
    return "".join(letters)


@lru_cache(maxsize=2048)
def has_glyph(face: str, letter: str) -> bool:
    probe = font(face, 24)
    return bytes(probe.getmask(letter)) != bytes(probe.getmask("\U0010fffd"))


def fitted(text: str, face: str, width: float, height: float) -> tuple[ImageFont.FreeTypeFont, str]:
    """The largest size at which the text, wrapped at blanks, fits the box."""
    text = drawable(text, face)
    words = text.split(" ")
    best = (3, text)
    for lines in range(1, min(len(words), 6) + 1):
        wrapped = _wrapped(words, lines)
        probe = font(face, 100)
        wide = max(probe.getlength(line) for line in wrapped)
        size = int(min(100 * width / max(1, wide), height / (1.16 * len(wrapped))))
        if size > best[0]:
            best = (size, "\n".join(wrapped))
    return font(face, best[0]), best[1]


def _wrapped(words: list[str], lines: int) -> list[str]:
    """Words in that many lines of about equal length."""
    total = len(" ".join(words))
    out: list[str] = []
    line = ""
    for word in words:
        if line and len(line) + len(word) / 2 > total / lines and len(out) < lines - 1:
            out.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*out, line]


def clear_of(taken: list[tuple[int, int]], y: int, tall: int, height: int, gap: int) -> int:
    """The y nearest to the wanted one at which `tall` rows overlap none of the spans that are taken."""
    spots = [y] + [end + gap for _, end in taken] + [start - tall - gap for start, _ in taken]
    free = [
        s
        for s in spots
        if 0 <= s <= height - tall and all(s >= end or s + tall <= start for start, end in taken)
    ]
    return min(free, key=lambda s: abs(s - y), default=y)


def letter(
    lettering: Lettering,
    width: int,
    height: int,
    ground: Colour,
    seed: int,
    taken: list[tuple[int, int]],
    hook: tuple[float, float, float] | None = None,
) -> list[Layer]:
    """The layers of one piece of lettering, back to front, within the canvas.

    `ground` is the colour that the letters will lie on; `taken` are the spans of rows (start, end) that
    earlier lettering lies on; this one's is added. `hook` is where the place has room for a sign: its
    middle and its most width, in shares of the canvas.
    """
    carrier = lettering.carrier
    share_w, share_h = SHARE[carrier]
    if height > width * 1.5:
        share_w = min(0.88, share_w * 1.25)
    spot = SPOTS[lettering.spot] if lettering.spot else HOME[carrier]
    if hook and not lettering.spot:
        share_w, spot = hook[2], hook[:2]
    unit = min(width, height)
    text = (
        lettering.text.upper() if carrier in ("neon sign",) and lettering.text.islower() else lettering.text
    )
    pad = round(unit * (0.03 if carrier not in ("title", "logo") else 0.012))
    type_, wrapped = fitted(
        text, lettering.face, width * share_w - 2 * pad, min(height * share_h, unit * 0.3) - pad
    )
    cut = _cut(type_, wrapped)
    if cut.width + 2 * pad > 0.96 * width:  # a canvas too small for any size of type
        cut = cut.resize((max(1, round(0.96 * width) - 2 * pad), cut.height), Image.Resampling.BOX)
    box = (cut.width + 2 * pad, cut.height + 2 * pad)
    x = round(min(max(width * spot[0] - box[0] / 2, unit * 0.02), width - box[0] - unit * 0.02))
    y = round(min(max(height * spot[1] - box[1] / 2, unit * 0.02), height - box[1] - unit * 0.02))
    y = clear_of(taken, y, box[1], height, max(1, round(unit * 0.015)))
    taken.append((y, y + box[1]))
    if carrier in ("title", "logo"):
        pixels = outlined(cut, pad, ground)
    elif carrier == "neon sign":
        return neon(cut, pad, x, y, NEON[seed % len(NEON)], (width, height))
    else:
        pixels, rise = BOARDS[carrier](cut, pad)
        y = max(0, y - rise)
    return [Layer(kind="lettering", pixels=pixels, x=x, y=y, depth=0.0)]


def _cut(type_: ImageFont.FreeTypeFont, text: str) -> Image.Image:
    """The letters as a mask, cropped tight."""
    probe = ImageDraw.Draw(Image.new("L", (1, 1)))
    spacing = type_.size * 0.12
    left, top, right, bottom = probe.multiline_textbbox(
        (0, 0), text, font=type_, align="center", spacing=spacing
    )
    mask = Image.new("L", (max(1, round(right - left) + 2), max(1, round(bottom - top) + 2)))
    ImageDraw.Draw(mask).multiline_text(
        (1 - left, 1 - top), text, fill=255, font=type_, align="center", spacing=spacing
    )
    return mask

"""Words drawn as words: titles, signs, neon, captions, labels, speech bubbles and wordmarks, always legible."""

from __future__ import annotations

import io
import unicodedata
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from . import pack
from .layers import Layer
from .scene import Colour, Lettering, Spot
from .vector import luma, mix

INK: Colour = (34, 32, 44)
NEON: tuple[Colour, ...] = ((255, 72, 150), (64, 214, 255), (255, 176, 60), (120, 255, 150))
OVERSAMPLE = 2
"""Boards and bubbles are drawn this much larger and reduced: ImageDraw's own edges are hard."""

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
        pixels = _outlined(cut, pad, ground)
    elif carrier == "neon sign":
        return _neon(cut, pad, x, y, NEON[seed % len(NEON)], (width, height))
    else:
        pixels, rise = _BOARDS[carrier](cut, pad)
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


def _framed(mask: Image.Image, pad: int) -> Image.Image:
    out = Image.new("L", (mask.width + 2 * pad, mask.height + 2 * pad))
    out.paste(mask, (pad, pad))
    return out


def _coloured(mask: Image.Image, colour: Colour) -> Image.Image:
    out = Image.new("RGBA", mask.size, (*colour, 0))
    out.putalpha(mask)
    return out


def _outlined(cut: Image.Image, pad: int, ground: Colour) -> Image.Image:
    """Light letters with a dark edge, or dark with a light one, by what lies behind."""
    dark_ink = luma(ground) > 0.62
    fill: Colour = INK if dark_ink else (255, 252, 244)
    edge: Colour = (255, 255, 255) if dark_ink else mix(ground, (16, 14, 34), 0.75)
    mask = _framed(cut, pad)
    halo = mask.filter(ImageFilter.GaussianBlur(max(0.6, pad * 0.34))).point(lambda v: min(255, v * 5 // 2))
    out = _coloured(halo.point(lambda v: v * 4 // 5), edge)
    out.alpha_composite(_coloured(mask, fill))
    return out


def _plate(size: tuple[int, int], radius: float, fill: Colour, edge: Colour, line: float) -> Image.Image:
    """A rounded board with an edge, smooth."""
    big = Image.new("RGBA", (size[0] * OVERSAMPLE, size[1] * OVERSAMPLE), (*edge, 0))
    draw = ImageDraw.Draw(big)
    draw.rounded_rectangle(
        (0, 0, big.width - 1, big.height - 1),
        radius * OVERSAMPLE,
        fill=(*fill, 255),
        outline=(*edge, 255),
        width=max(1, round(line * OVERSAMPLE)),
    )
    return big.resize(size, Image.Resampling.BOX)


def _caption(cut: Image.Image, pad: int) -> tuple[Image.Image, int]:
    out = _plate(
        (cut.width + 2 * pad, cut.height + 2 * pad), pad * 0.2, (255, 246, 212), INK, max(1.0, pad * 0.12)
    )
    out.alpha_composite(_coloured(_framed(cut, pad), INK))
    return out, 0


def _label(cut: Image.Image, pad: int) -> tuple[Image.Image, int]:
    out = _plate(
        (cut.width + 2 * pad, cut.height + 2 * pad),
        pad * 0.9,
        (255, 255, 255),
        (206, 200, 196),
        max(1.0, pad * 0.07),
    )
    out.alpha_composite(_coloured(_framed(cut, pad), INK))
    return out, 0


def _sign(cut: Image.Image, pad: int) -> tuple[Image.Image, int]:
    """A wooden board that hangs from two ropes, which run up out of the picture."""
    rope = pad * 5
    size = (cut.width + 2 * pad, cut.height + 2 * pad)
    out = Image.new("RGBA", (size[0], size[1] + rope), (120, 90, 60, 0))
    draw = ImageDraw.Draw(out)
    for at in (0.12, 0.88):
        x = round(size[0] * at)
        draw.line((x, 0, x, rope + pad), fill=(96, 70, 48, 255), width=max(1, round(pad * 0.22)))
    board = _plate(size, pad * 0.45, (176, 122, 76), (112, 72, 44), max(1.0, pad * 0.2))
    grain = ImageDraw.Draw(board)
    for i in range(1, 4):
        y = round(size[1] * i / 4)
        grain.line((pad // 2, y, size[0] - pad // 2, y), fill=(160, 108, 66, 255), width=max(1, pad // 10))
    out.alpha_composite(board, (0, rope))
    drop = max(1, round(pad * 0.07))
    mask = _framed(cut, pad)
    out.alpha_composite(_coloured(mask, (92, 56, 32)), (drop, rope + drop) if drop < pad else (0, rope))
    out.alpha_composite(_coloured(mask, (255, 246, 224)), (0, rope))
    return out, rope


def _speech(cut: Image.Image, pad: int) -> tuple[Image.Image, int]:
    """A bubble whose tail points down to whoever speaks."""
    body = (cut.width + 2 * pad, cut.height + 2 * pad)
    tail = round(pad * 1.3)
    size = (body[0], body[1] + tail)
    k = OVERSAMPLE
    mask = Image.new("L", (size[0] * k, size[1] * k))
    draw = ImageDraw.Draw(mask)
    draw.rounded_rectangle((0, 0, body[0] * k - 1, body[1] * k - 1), min(body) * 0.42 * k, fill=255)
    middle = body[0] * 0.46
    draw.polygon(
        [
            ((middle - pad * 0.7) * k, (body[1] - 3) * k),
            ((middle + pad * 0.7) * k, (body[1] - 3) * k),
            ((middle + pad * 0.2) * k, (size[1] - 1) * k),
        ],
        fill=255,
    )
    shape = mask.resize(size, Image.Resampling.BOX)
    inner = shape.filter(ImageFilter.GaussianBlur(max(0.8, pad * 0.08))).point(
        lambda v: max(0, min(255, (v - 190) * 4))
    )
    out = _coloured(shape, INK)
    out.alpha_composite(_coloured(ImageChops.darker(inner, shape), (255, 255, 255)))
    letters = Image.new("L", size)
    letters.paste(cut, (pad, pad))
    out.alpha_composite(_coloured(letters, INK))
    return out, 0


def _neon(cut: Image.Image, pad: int, x: int, y: int, colour: Colour, canvas: tuple[int, int]) -> list[Layer]:
    """White-hot tubes in a coloured glow, on a dark plate so that they glow by day as well."""
    reach = pad * 3
    mask = _framed(cut, reach)
    thin = max(0.5, cut.height * 0.012)
    glow = mask.filter(ImageFilter.GaussianBlur(pad * 0.9)).point(lambda v: min(255, v * 2))
    near = mask.filter(ImageFilter.GaussianBlur(thin * 2)).point(lambda v: min(255, v * 3 // 2))
    size = (cut.width + 2 * pad, cut.height + 2 * pad)
    plate = _plate(size, pad * 0.8, (28, 22, 44), mix(colour, (255, 255, 255), 0.25), max(1.0, pad * 0.12))
    out = Image.new("RGBA", mask.size, (*colour, 0))
    rim = Image.new("L", mask.size)
    rim.paste(plate.getchannel("A"), (reach - pad, reach - pad))
    out.putalpha(rim.filter(ImageFilter.GaussianBlur(pad * 0.9)).point(lambda v: v * 2 // 5))
    out.alpha_composite(plate, (reach - pad, reach - pad))
    for layer, tone in (
        (glow.point(lambda v: v * 3 // 5), colour),
        (near, colour),
        (mask, mix(colour, (255, 255, 255), 0.72)),
    ):
        out.alpha_composite(_coloured(layer, tone))
    return [Layer(kind="lettering", pixels=out, x=x - reach + pad, y=y - reach + pad, depth=0.0)]


_BOARDS = {"sign": _sign, "caption": _caption, "label": _label, "speech": _speech}

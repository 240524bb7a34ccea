"""What carries lettering: plates, wooden boards, bubbles, neon tubes, and letters with an edge."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from .layers import Layer
from .scene import Colour
from .vector import luma, mix

INK: Colour = (34, 32, 44)
NEON: tuple[Colour, ...] = ((255, 72, 150), (64, 214, 255), (255, 176, 60), (120, 255, 150))
OVERSAMPLE = 2
"""Boards and bubbles are drawn this much larger and reduced: ImageDraw's own edges are hard."""


def framed(mask: Image.Image, pad: int) -> Image.Image:
    out = Image.new("L", (mask.width + 2 * pad, mask.height + 2 * pad))
    out.paste(mask, (pad, pad))
    return out


def _coloured(mask: Image.Image, colour: Colour) -> Image.Image:
    out = Image.new("RGBA", mask.size, (*colour, 0))
    out.putalpha(mask)
    return out


def outlined(cut: Image.Image, pad: int, ground: Colour) -> Image.Image:
    """Light letters with a dark edge, or dark with a light one, by what lies behind."""
    dark_ink = luma(ground) > 0.62
    fill: Colour = INK if dark_ink else (255, 252, 244)
    edge: Colour = (255, 255, 255) if dark_ink else mix(ground, (16, 14, 34), 0.75)
    mask = framed(cut, pad)
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
    out.alpha_composite(_coloured(framed(cut, pad), INK))
    return out, 0


def _label(cut: Image.Image, pad: int) -> tuple[Image.Image, int]:
    out = _plate(
        (cut.width + 2 * pad, cut.height + 2 * pad),
        pad * 0.9,
        (255, 255, 255),
        (206, 200, 196),
        max(1.0, pad * 0.07),
    )
    out.alpha_composite(_coloured(framed(cut, pad), INK))
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
    mask = framed(cut, pad)
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


def neon(cut: Image.Image, pad: int, x: int, y: int, colour: Colour, canvas: tuple[int, int]) -> list[Layer]:
    """White-hot tubes in a coloured glow, on a dark plate so that they glow by day as well."""
    reach = pad * 3
    mask = framed(cut, reach)
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


BOARDS = {"sign": _sign, "caption": _caption, "label": _label, "speech": _speech}

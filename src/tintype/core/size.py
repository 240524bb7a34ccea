"""How large a picture should be: one grammar for every way that callers write it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil, floor, sqrt
from typing import NamedTuple

TIERS = {"512": 512, "0.5K": 512, "1K": 1024, "2K": 2048, "4K": 4096}
"""The edge in pixels of the square of each tier; other ratios have about its area."""

_WORDS = {"square": (1, 1), "portrait": (2, 3), "landscape": (3, 2)}
_PIXELS = re.compile(r"(\d{1,6})\s*[xX*\u00d7]\s*(\d{1,6})")
_RATIO = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)\s*:\s*(\d{1,4}(?:\.\d{1,3})?)")
_TIER = re.compile(r"512|0\.5[kK]|[124][kK]")


class Size(NamedTuple):
    """Pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


class Ratio(NamedTuple):
    """A shape, and how fine: `Ratio(16, 9, "2K")`. Numbers may have decimals ("19.5:9")."""

    width: float
    height: float
    tier: str | None = None

    def __str__(self) -> str:
        shape = f"{self.width:.7g}:{self.height:.7g}"
        return f"{shape}@{self.tier}" if self.tier else shape

    def pixels(self, usual: int | None = None) -> Size:
        """The size of this shape and tier, on a grid of 16 pixels. Where no tier was said it is as large as a square of `usual`,
        which is 1K when that is not said either.

        >>> Ratio(16, 9).pixels(), Ratio(1, 1, "2K").pixels(), Ratio(16, 9).pixels(usual=512)
        (Size(width=1360, height=768), Size(width=2048, height=2048), Size(width=688, height=384))
        """
        edge = TIERS[self.tier] if self.tier else usual or TIERS["1K"]
        wide = sqrt(self.width / self.height)
        return Size(max(16, round(edge * wide / 16) * 16), max(16, round(edge / wide / 16) * 16))


SizeWish = Size | Ratio | None
"""None: the caller leaves it to the model ("auto")."""


def parse(wish: object) -> SizeWish:
    """Understand a size in any caller's spelling; raise ValueError, saying what is on offer.

    >>> parse("1536x1024"), parse("1024*1024"), parse("auto"), parse("")
    (Size(width=1536, height=1024), Size(width=1024, height=1024), None, None)
    >>> parse("16:9"), parse("2k"), parse("portrait")
    (Ratio(width=16, height=9, tier=None), Ratio(width=1, height=1, tier='2K'), Ratio(width=2, height=3, tier=None))
    >>> parse({"aspectRatio": "16:9", "imageSize": "2K"})
    Ratio(width=16, height=9, tier='2K')
    >>> parse("16:9@2K")
    Ratio(width=16, height=9, tier='2K')
    """
    if wish is None:
        return None
    if isinstance(wish, Mapping):
        return _parse_object(wish)
    if not isinstance(wish, str):
        raise ValueError(f"a size is text such as '1024x1024', '16:9' or 'auto', not {_short(wish)}")
    text = wish.strip()
    if not text or text.lower() == "auto":
        return None
    if found := _PIXELS.fullmatch(text):
        size = Size(int(found[1]), int(found[2]))
        if 0 in size:
            raise ValueError(f"a size has no zero in it, as {_short(wish)} has")
        return size
    if text.lower() in _WORDS:
        return Ratio(*_WORDS[text.lower()])
    shape, _, tier = text.partition("@")
    if _TIER.fullmatch(text):
        return Ratio(1, 1, text.upper())
    if (found := _RATIO.fullmatch(shape.strip())) and (not tier or _TIER.fullmatch(tier)):
        width, height = _number(found[1]), _number(found[2])
        if not width or not height or max(width / height, height / width) > 100:
            raise ValueError(f"{_short(wish)} is not a shape that a picture can have")
        return Ratio(width, height, tier.upper() or None)
    raise ValueError(
        f"{_short(wish)} is not a size: write pixels ('1024x1024'), a ratio ('16:9'), a tier ('2K') or 'auto'"
    )


def _parse_object(wish: Mapping[object, object]) -> SizeWish:
    """`{"width", "height"}` or Google's `{"aspectRatio", "imageSize"}`, in either case of letters."""
    known = {
        str(key).replace("_", "").lower(): value for key, value in wish.items() if value not in (None, "")
    }
    if "width" in known or "height" in known:
        sides = (known.get("width"), known.get("height"))
        if not all(isinstance(side, int) and not isinstance(side, bool) for side in sides):
            raise ValueError("a size needs a whole number for both `width` and `height`")
        return parse(f"{sides[0]}x{sides[1]}")
    if known and not known.keys() & {"aspectratio", "imagesize"}:
        raise ValueError(
            f"{_short(dict(wish))} says nothing of a size: write `aspectRatio` and `imageSize`, or `width` and `height`"
        )
    ratio, tier = parse(known.get("aspectratio")), parse(known.get("imagesize"))
    if tier is not None and not (isinstance(tier, Ratio) and tier.tier):
        raise ValueError(f"{_short(known['imagesize'])} is not a tier: write '512', '1K', '2K' or '4K'")
    if ratio is None:
        return tier
    if isinstance(ratio, Size):
        return ratio
    return Ratio(ratio.width, ratio.height, tier.tier if isinstance(tier, Ratio) else ratio.tier)


def _number(text: str) -> float:
    return float(text) if "." in text else int(text)


def _short(wish: object) -> str:
    text = repr(wish)
    return text if len(text) <= 60 else text[:57] + "..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Sizes by rule: any that meets all of these. Pixels, and long edge : short edge."""

    multiple: int = 1
    min_edge: int = 1
    max_edge: int = 8192
    max_ratio: float = 100.0
    min_pixels: int = 1
    max_pixels: int = 8192 * 8192
    usual: int | None = None  # the edge of the square that a shape is as large as, where no more was said

    def fault(self, size: Size) -> str | None:
        """Why this size is not on the grid, or None."""
        short, long_ = min(size), max(size)
        if long_ > self.max_edge:
            return f"The longest edge must be less than or equal to {self.max_edge}."
        if short < self.min_edge:
            return f"The shortest edge must be at least {self.min_edge}."
        if size.width % self.multiple or size.height % self.multiple:
            return f"Width and height must be multiples of {self.multiple}."
        if long_ > short * self.max_ratio:
            return f"The long edge must not be more than {self.max_ratio:g} times the short edge."
        if size.width * size.height < self.min_pixels:
            return "Requested resolution is below the current minimum pixel budget."
        if size.width * size.height > self.max_pixels:
            return "Requested resolution is above the current maximum pixel budget."
        return None

    def nearest(self, size: Size) -> Size:
        """The size on the grid with nearly this shape and, as far as allowed, this many pixels.

        >>> grid = Grid(multiple=16, max_edge=3840, max_ratio=3, min_pixels=655_360, max_pixels=8_294_400)
        >>> str(grid.nearest(Size(512, 512))), str(grid.nearest(Size(10_000, 100)))
        ('816x816', '3072x1024')
        """
        if self.fault(size) is None:
            return size
        asked = size.width / size.height
        longest = min(self.max_ratio, self.max_edge / self.min_edge, self.max_edge**2 / self.min_pixels)
        wide = min(max(asked, 1 / longest), longest)
        area = size.width * size.height
        if wide != asked:  # the shape had to give way; keep the short edge generous, not the sliver's area
            area = max(area, 3 * 1024 * 1024)
        stretch = max(wide, 1 / wide)
        at_least = max(self.min_pixels, self.min_edge**2 * stretch)
        at_most = min(self.max_pixels, self.max_edge**2 / stretch)
        fitting = min(max(area, at_least), at_most)
        return self._step_near(sqrt(fitting * wide), sqrt(fitting / wide))

    def _step_near(self, width: float, height: float) -> Size:
        """The size on the grid that is nearest to this one; a few steps away where a corner is cut off."""
        for reach in (2, 16, 64):
            on_grid = (
                Size(w, h)
                for w in self._around(width, reach)
                for h in self._around(height, reach)
                if not self.fault(Size(w, h))
            )
            best = min(
                on_grid,
                key=lambda s: (abs(s.width / width - 1) + abs(s.height / height - 1), s),
                default=None,
            )
            if best is not None:
                return best
        raise ValueError("this grid has no size at all")

    def _around(self, edge: float, reach: int) -> Iterable[int]:
        """The steps of the grid next to `edge`, a few on either side."""
        low = max(1, floor(edge / self.multiple) - reach)
        return (step * self.multiple for step in range(low, ceil(edge / self.multiple) + reach + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The sizes that a model draws: those listed, those of its shapes, those on a grid, or any when none is said.

    `shapes` is the table of a model that is asked for a ratio and a tier (Gemini): what each of them is in
    pixels. Its first entry is what the model draws when nothing is said.
    """

    listed: tuple[Size, ...] = ()
    grid: Grid | None = None
    shapes: Mapping[Ratio, Size] = field(default_factory=dict)

    def fault(self, wish: Size | Ratio) -> str | None:
        """Why the model does not draw this as it is asked for, in OpenAI's words where it has some, or None."""
        if isinstance(wish, Ratio):
            known = not self.shapes or self._shape(wish) is None
            return f"Invalid size '{wish}'. Supported sizes are {self.offer()}." if known else None
        if self.grid is not None:
            fault = self.grid.fault(wish)
            return fault and f"Invalid size '{wish}'. {fault}"
        offered = self.listed or tuple(self.shapes.values())
        if offered and wish not in offered:
            return f"Invalid size '{wish}'. Supported sizes are {self.offer()}, and auto."
        return None

    def nearest(self, wish: Size | Ratio) -> Size:
        """The size on offer that is nearest in shape, and then in number of pixels."""
        if isinstance(wish, Ratio) and (exact := self._shape(wish)):
            return exact
        size = wish if isinstance(wish, Size) else wish.pixels(self.grid.usual if self.grid else None)
        if self.grid is not None:
            return self.grid.nearest(size)
        offered = self.listed or tuple(self.shapes.values())
        if not offered or size in offered:
            return size
        shape = size.width / size.height

        def stretch(offer: Size) -> float:
            return max(shape * offer.height / offer.width, offer.width / offer.height / shape)

        # Tables round to a grid, so the same ratio comes out a little different in each tier.
        alike = min(map(stretch, offered)) + 0.01
        area = size.width * size.height
        return min(
            (offer for offer in offered if stretch(offer) <= alike),
            key=lambda offer: abs(offer.width * offer.height - area),
        )

    def _shape(self, wish: Ratio) -> Size | None:
        """A wish without a tier is for the tier that comes first in the table."""
        tier = wish.tier or next((ratio.tier for ratio in self.shapes), None)
        return self.shapes.get(Ratio(wish.width, wish.height, tier))

    def offer(self) -> str:
        """What is on offer, for an error message."""
        if self.listed:
            return ", ".join(map(str, self.listed))
        if self.shapes:
            ratios = dict.fromkeys(f"{ratio.width:g}:{ratio.height:g}" for ratio in self.shapes)
            tiers = dict.fromkeys(ratio.tier for ratio in self.shapes if ratio.tier)
            return ", ".join(ratios) + (f" at {', '.join(tiers)}" if tiers else "")
        if self.grid is None:
            return "any size"
        return (
            f"multiples of {self.grid.multiple} up to {self.grid.max_edge}, at most {self.grid.max_ratio:g}:1, "
            f"{self.grid.min_pixels:,} to {self.grid.max_pixels:,} pixels"
        )


ANY_SIZE = Sizes()

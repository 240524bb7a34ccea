"""The styles: how each treats a painting, by name."""

from __future__ import annotations

from ..layers import StyleRecipe
from ..scene import Style
from .cut import Logo, Minimal, Sticker
from .ink import Comic, Pencil
from .lens import Film, Noir, Photo
from .paint import Oil, Watercolour
from .pixel import Pixel
from .plain import Illustration

STYLES: dict[Style, StyleRecipe] = {
    "illustration": Illustration(),
    "photo": Photo(),
    "film": Film(),
    "noir": Noir(),
    "comic": Comic(),
    "watercolour": Watercolour(),
    "oil": Oil(),
    "pencil": Pencil(),
    "pixel": Pixel(),
    "sticker": Sticker(),
    "minimal": Minimal(),
    "logo": Logo(),
}

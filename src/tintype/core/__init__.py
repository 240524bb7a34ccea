"""Floor 0: the nouns. No I/O, nothing but the standard library."""

from .access import Access
from .attempt import Attempt, Outcome
from .caller import ANYONE, Caller
from .card import Life, ModelCard, Range
from .events import Completed, Events, ImageEvent, Partial, Text, Usage
from .header import Header
from .image import Image, Octets
from .money import Drawn, Micros, Prices
from .operation import ANY, Described, Operation, Schema
from .protocols import (
    Adapter,
    Answer,
    Aside,
    Dialect,
    EngineAdapter,
    Generate,
    House,
    Incoming,
    JobView,
    Polyfill,
    Preparing,
    Provider,
    Remedy,
)
from .report import Note, Receipt, Report
from .request import Delivery, Format, ImageRequest
from .size import Grid, Ratio, Size, Sizes, SizeWish
from .tokens import TokenFormula

__all__ = [
    "ANY",
    "ANYONE",
    "Access",
    "Adapter",
    "Answer",
    "Aside",
    "Attempt",
    "Caller",
    "Completed",
    "Delivery",
    "Described",
    "Dialect",
    "Drawn",
    "EngineAdapter",
    "Events",
    "Format",
    "Generate",
    "Grid",
    "Header",
    "House",
    "Image",
    "ImageEvent",
    "ImageRequest",
    "Incoming",
    "JobView",
    "Life",
    "Micros",
    "ModelCard",
    "Note",
    "Octets",
    "Operation",
    "Outcome",
    "Partial",
    "Polyfill",
    "Preparing",
    "Prices",
    "Provider",
    "Range",
    "Ratio",
    "Receipt",
    "Remedy",
    "Report",
    "Schema",
    "Size",
    "SizeWish",
    "Sizes",
    "Text",
    "TokenFormula",
    "Usage",
]

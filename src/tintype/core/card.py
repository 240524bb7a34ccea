"""What one model can do, what it costs and when it retires. Facts only: every value comes from a catalog file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from .money import UNKNOWN, Prices
from .request import Delivery, Format
from .size import ANY_SIZE, Sizes
from .tokens import TokenFormula


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """From `released` a model answers; on `retired` it no longer does, and `successor` is the vendor's advice."""

    released: date | None = None
    retired: date | None = None
    successor: str | None = None

    def is_over(self, today: date) -> bool:
        return self.retired is not None and self.retired <= today


UNLIMITED = Life()


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The values that a number may have, both ends included, and what it is when nothing is said."""

    min: float
    max: float
    default: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """One model of one provider.

    `qualities` from worst to best; empty where the model takes no `quality`. `accepts` names
    the hints (core/request.py) that it honours; `ranges` says what values those of them have
    that are numbers, and `switches` names extras that are on or off. `prompt_limit` is in characters.
    `steps` is how many a picture of each quality takes, of a model that draws in steps. `parameters` is what the vendor calls our fields, for a wire whose models each have a schema of their
    own: `{"n": "num_images"}` (providers/_parameters.py); empty where the wire has one schema for all.
    """

    id: str
    provider: str
    of: str = ""  # the model that this is an offer of, where that is another provider's
    upstream_id: str = ""
    call: str = ""  # which of its service's calls draws it, where there are several; "": the usual one
    name: str = ""
    owned_by: str = ""
    aliases: tuple[str, ...] = ()

    prompt_limit: int = 32_000
    max_n: int = 1
    sizes: Sizes = ANY_SIZE
    qualities: tuple[str, ...] = ()
    default_quality: str | None = None
    formats: tuple[Format, ...] = ("png",)
    output_compression: bool = False
    backgrounds: tuple[str, ...] = ("opaque",)
    partial_images: int = 0  # at most; 0: no previews
    max_input_images: int = 0  # 0: it does not edit
    mask: bool = False
    fidelities: tuple[str, ...] = ()
    accepts: frozenset[str] = frozenset()  # hints, and names of extras, that it honours
    ranges: Mapping[str, Range] = field(default_factory=dict)
    switches: tuple[str, ...] = ()
    steps: Mapping[str, int] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    says_text: bool = False  # it may say words between pictures
    delivers: Delivery = "b64_json"  # what its own service answers when nothing was said

    tokens: TokenFormula | None = None
    prices: Prices = UNKNOWN
    life: Life = UNLIMITED
    source: str = ""  # where these facts were read, and when
    checked: date | None = None

    def __hash__(self) -> int:
        """Some facts are tables, which have none; two cards of one name are rare."""
        return hash((self.provider, self.id))

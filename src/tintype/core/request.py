"""What a caller wants, in no one's wire format.

Field names are OpenAI's where OpenAI has a name, because it is the vocabulary most readers
arrive with. None always means that the caller did not say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from .image import Image
from .size import SizeWish

Format = Literal["png", "jpeg", "webp"]
Delivery = Literal["b64_json", "url", "bytes"]
"""base64 within the document, an address to fetch, or the picture itself as the whole answer."""

FORMATS: tuple[Format, ...] = get_args(Format)
MAX_IMAGES = 16
MAX_IMAGE_BYTES = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """One order. `mask` is in OpenAI's sense: where its alpha is 0, the first image is to change.

    `output_compression` is a quality percent, 100 the best (OpenAI's practice). `strength` is
    how far an edit may go, 0 to 1. `strict` turns what would be ignored or adjusted into the
    vendor's own error.
    """

    model: str
    any_model: bool = False  # a name that nobody here knows asks for the default model
    prompt: str = ""
    n: int = 1
    first: int = 0  # the number of its first picture within the order that this is a part of
    size: SizeWish = None
    quality: str | None = None  # None: "auto"
    background: Literal["transparent", "opaque"] | None = None
    output_format: Format | None = None
    output_compression: int | None = None
    seed: int | None = None

    # Pictures to start from. Present means "edit these"; there is no separate verb.
    images: tuple[Image, ...] = ()
    mask: Image | None = None
    mask_is_white: bool = (
        False  # the mask's white is to change instead (NanoGPT's sense); no provider sees one
    )
    input_fidelity: str | None = None
    strength: float | None = None

    style: str | None = None
    moderation: str | None = None
    complexity: str | None = None
    user: str | None = None
    safety_identifier: str | None = None
    negative_prompt: str | None = None
    guidance_scale: float | None = None
    num_inference_steps: int | None = None
    thinking_level: str | None = None
    media_resolution: str | None = None  # how finely the model looks at the input pictures

    wants_text: bool = False  # words beside the pictures are welcome, from a model that says some

    # How the caller wants to be answered.
    response_format: Delivery | None = None  # None: as the model's own service would
    addresses: str | None = (
        None  # where the house is reached, for its pictures' addresses; None: none are wanted
    )
    stream: bool = False
    partial_images: int | None = None
    strict: bool = False

    # What the dialect read but the core has no name for, e.g. {"openai": {"new_tomorrow": 1}}.
    # A provider of the same family sends it on untouched, so a field that a vendor adds
    # tomorrow works today.
    extras: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    # What the dialect that read the request needs again to write the answer; nobody else looks.
    echo: Mapping[str, Any] = field(default_factory=dict)

    def mask_fault(self) -> str | None:
        """What is wrong with the size of the mask, as far as the headers of what is here tell."""
        if self.mask is None or not self.images:
            return None
        size, first = self.mask.header().size, self.images[0].header().size
        if size is None or first is None or size == first:
            return None
        return f"Invalid mask: it is {size} and the image is {first}; they must be of one size."


HINTS = (
    "style",
    "moderation",
    "complexity",
    "user",
    "safety_identifier",
    "input_fidelity",
    "seed",
    "strength",
    "negative_prompt",
    "guidance_scale",
    "num_inference_steps",
    "thinking_level",
    "media_resolution",
    "partial_images",
)
"""Fields that shape a picture but do not make it another one: without them it is still what was
asked for, so a model that lacks them ignores them, and the caller is told."""

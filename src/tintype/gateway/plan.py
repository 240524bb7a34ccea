"""How to get what was asked out of a model that may not offer it.

A plan is made before anything is sent: it is a pure function of the request, the card and
the polyfills. A polyfill closes whatever gap it can. Of the rest, *hints* are ignored and
reported; *meaning*, and what is *adjustable* but cannot be adjusted, is refused by name. A
*fault* is outside the API's own range, and always refused. In strict handling everything is,
with the vendor's own error; but a picture that is *elsewhere* may be fetched even then, since it
is the very picture that was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from ..core import Generate, ImageRequest, ModelCard, Note, Polyfill, Provider, Remedy, Size
from ..core.errors import BadRequest, CallerError, Unsupported
from ..core.request import HINTS
from .losses import watched


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing asked for that the model does not offer, and what its vendor would say to it."""

    field: str
    kind: Literal["fault", "meaning", "elsewhere", "adjustable", "hint"]
    error: CallerError


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done. `request` is what the caller is answered by: defaults resolved, ignored hints gone."""

    request: ImageRequest
    card: ModelCard
    notes: tuple[Note, ...]
    remedies: tuple[Remedy, ...]

    def generate(self, provider: Provider) -> Generate:
        """The provider, wrapped in the polyfills; the first is outermost."""
        return self.around(self.within(partial(provider.generate, card=self.card)))

    def around(self, generate: Generate) -> Generate:
        """Wrapped in what is done once for all of an order, whichever offers are asked."""
        for remedy in reversed(self.remedies):
            if remedy.once:
                generate = remedy.wrap(generate)
        return generate

    def within(self, generate: Generate, tell: Callable[[Note], None] = lambda note: None) -> Generate:
        """Wrapped in what this offer needs; what is lost on the way is told."""
        for remedy in reversed(self.remedies):
            if not remedy.once:
                generate = watched(remedy, generate, tell)
        return generate

    @property
    def order_notes(self) -> list[Note]:
        return [remedy.note for remedy in self.remedies if remedy.once]

    def size(self) -> Size | None:
        """The pixels that the provider is asked for; None where the model decides."""
        wish = self.request.size
        return None if wish is None else self.card.sizes.nearest(wish)


def make_plan(
    request: ImageRequest, card: ModelCard, polyfills: Sequence[Polyfill], *, family: str = ""
) -> Plan:
    """Raises a CallerError for what nothing closes. `family` is whose extras the provider sends on.

    The order of `polyfills` is the order of the wrapping, outermost first; each is used once.
    """
    if request.stream:
        card = replace(
            card, max_n=1
        )  # OpenAI streams one picture at a time; who asks for more gets several streams
    found = sorted(gaps(request, card, family), key=lambda gap: gap.kind != "fault")
    notes: list[Note] = []
    ignored: set[str] = set()
    remedies: dict[str, Remedy] = {}
    for gap in found:
        if gap.kind == "fault" or (request.strict and gap.kind != "elsewhere"):
            raise gap.error
        polyfill = next((each for each in polyfills if gap.field in each.fields), None)
        remedy = polyfill.remedy(request, card) if polyfill else None
        if polyfill is not None and remedy is not None:
            if polyfill.name not in remedies:
                remedies[polyfill.name] = replace(remedy, name=polyfill.name)
                notes.append(remedy.note)
        elif gap.kind == "hint":
            ignored.add(gap.field)
            notes.append(Note(gap.field, "ignored"))
        else:
            raise gap.error
    ordered = tuple(remedies[each.name] for each in polyfills if each.name in remedies)
    resolved, told = _resolve(request, card, ignored)
    return Plan(resolved, card, (*notes, *told), ordered)


def _resolve(request: ImageRequest, card: ModelCard, ignored: set[str]) -> tuple[ImageRequest, list[Note]]:
    """The request without what is ignored, and previews cut to what the card has."""
    changes: dict[str, object] = {name: None for name in ignored if name in (*HINTS, "quality")}
    told = []
    if request.partial_images is not None and request.partial_images > card.partial_images > 0:
        changes["partial_images"] = card.partial_images
        told.append(Note("partial_images", "adjusted", f"{request.partial_images}->{card.partial_images}"))
    return (replace(request, **changes) if changes else request), told  # type: ignore[arg-type]


def gaps(request: ImageRequest, card: ModelCard, family: str) -> Iterator[Gap]:
    yield from _faults(request, card)
    yield from _meaning(request, card)
    yield from _elsewhere(request)
    yield from _adjustable(request, card)
    yield from _outside(request, card)
    yield from _hints(request, card, family)


def _faults(request: ImageRequest, card: ModelCard) -> Iterator[Gap]:
    def gap(field: str, message: str, code: str | None = None) -> Gap:
        return Gap(field, "fault", BadRequest(message, param=field, code=code))

    length = len(request.prompt)
    if not request.prompt.strip():
        yield gap("prompt", "Missing required parameter: 'prompt'.", "missing_required_parameter")
    if length > card.prompt_limit:
        yield gap(
            "prompt",
            f"Invalid 'prompt': string too long. Expected a string with maximum length {card.prompt_limit} "
            f"for {card.id}, but got a string with length {length} instead.",
            "string_above_max_length",
        )
    if not 1 <= request.n <= 10:
        yield gap("n", f"Invalid 'n': {request.n}. It must be between 1 and 10.")
    if request.background == "transparent" and request.output_format == "jpeg":
        yield gap("background", "A transparent background needs 'output_format' png or webp: jpeg has none.")
    if request.mask is None:
        return
    if not request.images:
        yield gap("mask", "A 'mask' needs an 'image' that it belongs to.")
        return
    if text := request.mask_fault():
        yield gap("mask", text)


def _meaning(request: ImageRequest, card: ModelCard) -> Iterator[Gap]:
    def gap(field: str, message: str, code: str | None = None) -> Gap:
        return Gap(field, "meaning", Unsupported(message, param=field, code=code))

    if request.background == "transparent" and "transparent" not in card.backgrounds:
        text = f"Transparent background is not supported for this model: {card.id!r} draws opaque pictures."
        yield gap("background", text, "invalid_value")
    count = len(request.images)
    if count > card.max_input_images:
        offer = f"at most {card.max_input_images}" if card.max_input_images else "none: it does not edit"
        yield gap("image", f"{count} images were sent, and {card.id!r} takes {offer}.")
    elif request.mask is not None and (not card.mask or request.mask_is_white):
        yield gap("mask", f"{card.id!r} takes no mask{' whose white is to change' if card.mask else ''}.")


def _elsewhere(request: ImageRequest) -> Iterator[Gap]:
    """One for all pictures that are addresses, and one for those that are to become some."""
    for param, image in (*(("image", each) for each in request.images), ("mask", request.mask)):
        if image is not None and not image.is_local:
            text = "A picture is an address, and this server fetches none: send it as a data URL."
            yield Gap("address", "elsewhere", Unsupported(text, param=param))
            break
    if request.addresses is not None:
        text = "This server gives pictures no addresses: ask for b64_json."
        yield Gap("addresses", "elsewhere", Unsupported(text, param="response_format"))


def _adjustable(request: ImageRequest, card: ModelCard) -> Iterator[Gap]:
    def gap(field: str, message: str, code: str | None = None) -> Gap:
        return Gap(field, "adjustable", BadRequest(message, param=field, code=code))

    if request.n > card.max_n:
        over = f"Invalid 'n': {request.n}. {card.id!r} makes at most {card.max_n} at a time."
        yield gap("n", "Streaming is only supported with n=1." if request.stream else over)
    if request.size is not None and (fault := card.sizes.fault(request.size)):
        yield gap("size", fault)
    if request.quality is not None and card.qualities and request.quality not in card.qualities:
        offer = ", ".join(f"'{quality}'" for quality in card.qualities)
        yield gap(
            "quality", f"Invalid value: '{request.quality}'. Supported values are: {offer}, and 'auto'."
        )
    if request.output_format is not None and request.output_format not in card.formats:
        offer = ", ".join(f"'{name}'" for name in card.formats)
        yield gap(
            "output_format", f"Invalid value: '{request.output_format}'. Supported values are: {offer}."
        )
    if request.output_compression is not None and not (
        card.output_compression and request.output_format in ("jpeg", "webp")
    ):
        yield gap(
            "output_compression",
            "Compression less than 100 is not supported for PNG output format"
            if card.output_compression
            else "Unknown parameter: 'output_compression'.",
            None if card.output_compression else "unknown_parameter",
        )


def _outside(request: ImageRequest, card: ModelCard) -> Iterator[Gap]:
    """Numbers that are not among those that the model has."""
    for field, limits in card.ranges.items():
        value = getattr(request, field)
        if value is not None and not limits.min <= value <= limits.max:
            text = f"Invalid '{field}': {value:g}. {card.id!r} takes {limits.min:g} to {limits.max:g}."
            yield Gap(field, "adjustable", BadRequest(text, param=field))


def _hints(request: ImageRequest, card: ModelCard, family: str) -> Iterator[Gap]:
    def gap(field: str, message: str = "", code: str = "unknown_parameter") -> Gap:
        text = message or f"Unknown parameter: '{field}'."
        return Gap(field, "hint", BadRequest(text, param=field, code=code))

    for field in HINTS:
        if getattr(request, field) is None:
            continue
        if field == "partial_images":
            if request.stream and request.partial_images and not card.partial_images:
                yield gap(field)
        elif field == "input_fidelity":
            if request.input_fidelity not in card.fidelities:
                text = f"The model '{card.id}' does not support the 'input_fidelity' parameter."
                yield gap(field, text, "invalid_input_fidelity_model")
        elif field not in card.accepts:
            yield gap(field)
    if request.quality is not None and not card.qualities:
        yield gap("quality")
    if (
        request.strict
        and request.response_format in ("url", "b64_json")
        and "response_format" not in card.accepts
    ):
        yield gap("response_format")
    for owner, names in request.extras.items():
        if owner != family:
            for name in names:
                if name not in card.accepts:
                    yield gap(name)

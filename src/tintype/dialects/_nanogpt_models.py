"""NanoGPT's lists of image models, as views of the cards: the older one, and the typed one of its Image API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..core import Answer, Drawn, House, Incoming, ModelCard, Size, Usage
from ..core.errors import UnknownModel
from ..core.money import Micros
from ..core.quote import price
from ._nanogpt import MAX_REFERENCE_BYTES, told, usd
from ._nanogpt_money import timestamp
from ._openai_answers import unix_time

_POPULAR = (
    "1024x1024",
    "1536x1024",
    "1024x1536",
    "1376x768",
    "768x1376",
    "2048x2048",
    "2048x1152",
    "1152x2048",
)
"""Sizes to show of a model that has a rule for them and no list."""

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E"
    "%3Crect x='2' y='4' width='20' height='16' rx='2' fill='%23357'/%3E%3Cpath d='M4 18l6-8 4 5 2-3 4 6z' fill='%23fff'/%3E%3C/svg%3E"
)


def older(incoming: Incoming, house: House) -> Answer:
    """`GET /api/v1/image-models`; `detailed=false` leaves only what OpenAI's own list has."""
    brief = incoming.query.get("detailed", "true").lower() in ("false", "0")
    return _listing([_basics(card) if brief else _basics(card) | _older(card) for card in house.cards()])


def newer(incoming: Incoming, house: House) -> Answer:
    """`GET /api/v1/images/models`."""
    return _listing([_newer(card) for card in house.cards()])


def endpoints(incoming: Incoming, house: House) -> Answer:
    """`GET /api/v1/images/models/{id}/endpoints`: one endpoint for each model. Raises UnknownModel."""
    wanted = incoming.path_params["id"]
    for card in house.cards():
        if wanted == card.id or wanted in card.aliases:
            return told({"id": wanted, "endpoints": [_endpoint(card)]})
    raise UnknownModel(f"The model '{wanted[:80]}' does not exist.", param="model")


def _listing(models: list[dict[str, Any]]) -> Answer:
    meta = {"count": len(models), "generated_at": timestamp(datetime.now(UTC))}
    return told({"object": "list", "data": models, "meta": meta})


def _basics(card: ModelCard) -> dict[str, Any]:
    return {
        "id": card.id,
        "object": "model",
        "created": unix_time(card.life.released) or 0,
        "owned_by": _owner(card),
    }


def _older(card: ModelCard) -> dict[str, Any]:
    takes = ["text", "image"] if card.max_input_images else ["text"]
    tags = ["text-to-image", *["image-to-image"] * bool(card.max_input_images), *["inpainting"] * card.mask]
    prices = {name.replace("x", "*"): price for name, price in _prices(card).items()}
    return {
        "name": card.name,
        "description": _description(card),
        "architecture": {
            "modality": f"{'+'.join(takes)}->image",
            "input_modalities": takes,
            "output_modalities": ["image"],
        },
        "pricing": {"per_image": prices, "currency": "USD"},
        "capabilities": _capabilities(card),
        "supported_parameters": {"resolutions": list(_resolutions(card)), "max_images": card.max_n},
        "icon_url": _ICON,
        "tags": [*tags, _owner(card)],
        "category": "image",
    }


def _newer(card: ModelCard) -> dict[str, Any]:
    return {
        "id": card.id,
        "name": card.name,
        "description": _description(card),
        "created": unix_time(card.life.released) or 0,
        "owned_by": _owner(card),
        "architecture": {
            "input_modalities": ["text", "image"] if card.max_input_images else ["text"],
            "output_modalities": ["image"],
        },
        "supported_parameters": parameters(card),
        "supports_streaming": False,
        "endpoints": f"/api/v1/images/models/{card.id}/endpoints",
        "capabilities": _capabilities(card),
        "category": "image",
    }


def _endpoint(card: ModelCard) -> dict[str, Any]:
    pricing = [
        {"billable": "output_image", "unit": "image", "cost_usd": price, "resolution": name}
        for name, price in _prices(card).items()
    ]
    endpoint = {
        "provider_name": _owner(card),
        "provider_slug": card.provider,
        "provider_tag": None,
        "supported_parameters": parameters(card),
        "allowed_passthrough_parameters": [],
        "supports_streaming": False,
        "pricing": pricing,
    }
    if not card.max_input_images:
        return endpoint
    route = {
        "min_width": 1,
        "min_height": 1,
        "max_bytes": MAX_REFERENCE_BYTES,
        "formats": ["png", "jpeg", "webp"],
        "source": "route-preflight",
    }
    return endpoint | {"input_reference_constraints": {"max_items": card.max_input_images, "route": route}}


def parameters(card: ModelCard) -> dict[str, dict[str, Any]]:
    """What may be said to a model, each by its type: `enum`, `range`, `boolean`, `integer` or `string`."""
    found = {
        "resolution": _enum(list(_resolutions(card))),
        "n": {"type": "range", "min": 1, "max": card.max_n, "default": 1},
    }
    if card.qualities:
        found["quality"] = _enum(card.qualities, card.default_quality)
    if card.max_input_images:
        found["input_references"] = {"type": "range", "min": 0, "max": card.max_input_images}
    if card.sizes.shapes:
        found["aspect_ratio"] = _enum(
            list(dict.fromkeys(f"{ratio.width:g}:{ratio.height:g}" for ratio in card.sizes.shapes))
        )
    if len(card.formats) > 1:
        found["output_format"] = _enum(card.formats)
    if len(card.backgrounds) > 1:
        found["background"] = _enum((*card.backgrounds, "auto"), "auto")
    for name, limits in card.ranges.items():
        found[name] = {"type": "range", "min": limits.min, "max": limits.max}
        if limits.default is not None:
            found[name]["default"] = limits.default
    if "strength" in card.accepts and "strength" not in card.ranges:
        found["strength"] = {"type": "range", "min": 0, "max": 1}
    if "seed" in card.accepts:
        found["seed"] = {"type": "integer"}
    if "negative_prompt" in card.accepts:
        found["negative_prompt"] = {"type": "string"}
    return found | {name: {"type": "boolean", "default": False} for name in card.switches}


def _enum(values: tuple[str, ...] | list[str], default: str | None = None) -> dict[str, Any]:
    return {"type": "enum", "values": values, "default": default or values[0]}


def _resolutions(card: ModelCard) -> dict[str, Size]:
    """What may be said as `resolution`, and a picture of it: tiers of a model that is asked for a shape and a
    tier, pixels of every other; of one with a rule for sizes those that are often asked for."""
    if card.sizes.listed:
        return {str(size): size for size in card.sizes.listed}
    tiers: dict[str, Size] = {}
    for ratio, size in card.sizes.shapes.items():
        tiers.setdefault(ratio.tier or str(size), size)
    if tiers:
        return tiers
    sizes = [Size(*map(int, text.split("x"))) for text in _POPULAR]
    drawn = [size for size in sizes if not card.sizes.fault(size)] or [card.sizes.nearest(sizes[0])]
    return {str(size): size for size in drawn}


def _prices(card: ModelCard) -> dict[str, int | float]:
    """Dollars for a picture of each resolution, as far as they are known."""
    prices = {name: _price(card, size) for name, size in _resolutions(card).items()}
    return {name: usd(price) for name, price in prices.items() if price is not None}


def _price(card: ModelCard, size: Size) -> Micros | None:
    """Of one picture in the usual quality, without its prompt; None when it is not known."""
    one = [Drawn(size, card.default_quality)]
    tokens = card.tokens.image_out(card.default_quality, size) if card.tokens else 0
    return price(Usage(image_out=tokens) if tokens else None, card, pictures=one)


def _capabilities(card: ModelCard) -> Mapping[str, bool]:
    return {
        "image_generation": True,
        "image_to_image": card.max_input_images > 0,
        "inpainting": card.mask,
        "nsfw": False,
    }


def _description(card: ModelCard) -> str:
    edits = f", and edits up to {card.max_input_images}" if card.max_input_images else ""
    masks = " with a mask" if card.mask else ""
    retired = f" Shut down by its vendor on {card.life.retired}." if card.life.retired else ""
    return f"Draws pictures from a prompt{edits}{masks}.{retired}"


def _owner(card: ModelCard) -> str:
    return card.owned_by or card.provider

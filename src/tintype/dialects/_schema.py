"""Short ways to write JSON Schema, for what dialects tell of themselves."""

from __future__ import annotations

from typing import Any

from ..core import Schema


def text(description: str, *examples: str, **more: Any) -> Schema:
    shown = {"examples": list(examples)} if examples else {}
    return {"type": "string", "description": description, **shown, **more}


def word(description: str, *words: str) -> Schema:
    return {"type": "string", "enum": list(words), "description": description}


def whole(description: str, low: int, high: int) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": high, "description": description}


def members(properties: dict[str, Schema], required: tuple[str, ...] = (), description: str = "") -> Schema:
    """An object; what else is in it is not said."""
    told = {"description": description} if description else {}
    return {"type": "object", "properties": properties, "required": list(required), **told}


def listed(items: Schema) -> Schema:
    return {"type": "array", "items": items}


DOT = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
"""A picture of one pixel, as a data URL."""

PICTURE = text("A data URL, base64 or an address.", DOT)

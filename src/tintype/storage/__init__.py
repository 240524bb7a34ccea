"""Floor 2: where pictures lie until they are fetched, and the unguessable way to them."""

from .memory import Kept, MemoryStore

__all__ = ["Kept", "MemoryStore"]

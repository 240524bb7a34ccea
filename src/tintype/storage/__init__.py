"""Floor 2: where pictures lie until their time is over, and the unguessable way to them."""

from .secret import read_secret
from .store import FOLDER, Resolved, Store, Stored, Tell, addresses

__all__ = ["FOLDER", "Resolved", "Store", "Stored", "Tell", "addresses", "read_secret"]

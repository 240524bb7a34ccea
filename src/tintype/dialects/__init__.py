"""Floor 2: the wire formats that clients may speak to us. A file is a dialect; the folder is the registry.

A module here has a `dialect`. One whose name begins with an underscore is a helper of theirs.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ..core import Dialect


def all_dialects() -> list[Dialect]:
    """Every dialect of this folder, by name of file."""
    names = sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_"))
    return [import_module(f"{__name__}.{name}").dialect for name in names]

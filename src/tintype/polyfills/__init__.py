"""Floor 2: abilities that a model lacks, made from those it has. A file is one; the folder is the registry."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ..core import Polyfill


def all_polyfills() -> tuple[Polyfill, ...]:
    """The `polyfill` of every file in this folder, by name. They can be wrapped in any order."""
    names = sorted(module.name for module in iter_modules(__path__))
    return tuple(import_module(f"{__name__}.{name}").polyfill for name in names)

"""Floor 2: abilities that a model lacks, made from those it has. A file is one; the folder is the registry."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ..core import Polyfill


def all_polyfills() -> tuple[Polyfill, ...]:
    """The `polyfill` of every file in this folder, in the order of the wrapping, outermost first.

    `fetch` is the first, since others open the pictures that it brings, or would have it bring them
    again for every call; `host` comes next, and keeps what the others have made. Their order does not matter.
    """
    outermost = ("fetch", "host")
    names = sorted(
        (module.name for module in iter_modules(__path__)), key=lambda name: (name not in outermost, name)
    )
    return tuple(import_module(f"{__name__}.{name}").polyfill for name in names)

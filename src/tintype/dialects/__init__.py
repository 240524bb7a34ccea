"""Floor 2: the wire formats that clients may speak to us. A file is a dialect; the folder is the registry.

A module here has a `dialect`. One whose name begins with an underscore is a helper of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from importlib import import_module
from pkgutil import iter_modules

from ..core import Dialect
from ..core.errors import BadRequest


def all_dialects() -> list[Dialect]:
    """Every dialect of this folder, by name of file."""
    names = sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_"))
    return [import_module(f"{__name__}.{name}").dialect for name in names]


def check_names(patterns: Iterable[str]) -> None:
    """Raises BadRequest for a name or a pattern that no dialect has: a key with it would let nobody in."""
    names = [dialect.name for dialect in all_dialects()]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern.strip()) for name in names):
            raise BadRequest(
                f"There is no API {pattern[:80]!r}; there are {', '.join(names)}.", param="dialects"
            )

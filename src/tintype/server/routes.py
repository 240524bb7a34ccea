"""Which dialect a path belongs to, however the caller wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..core import Dialect
from ..core.errors import MethodNotAllowed, NotFound

_HOLE = re.compile(r"\{(\w+)(:path)?\}")


@dataclass(frozen=True, slots=True)
class Route:
    dialect: Dialect
    kind: Literal["pictures", "listing"]
    path: str  # the dialect's own pattern
    method: Literal["POST", "GET"]


@dataclass(frozen=True, slots=True)
class Match:
    route: Route
    path_params: dict[str, str]


class Routes:
    """Every path of every dialect. `//` and a trailing `/` do not matter, nor does a leading `/v1`."""

    def __init__(self, dialects: Iterable[Dialect]) -> None:
        self._routes: list[tuple[re.Pattern[str], Route]] = []
        for dialect in dialects:
            for path in dialect.paths:
                self._routes.append((_pattern(path), Route(dialect, "pictures", path, "POST")))
            for path in dialect.listings:
                self._routes.append((_pattern(path), Route(dialect, "listing", path, "GET")))

    def find(self, method: str, path: str) -> Match:
        """Raises NotFound for a path of no dialect, MethodNotAllowed for a path with other methods."""
        path = normal(path)
        offered = set()
        for candidate in (path, path.removeprefix("/v1")):
            for pattern, route in self._routes:
                if found := pattern.fullmatch(candidate):
                    if method == route.method or (method == "HEAD" and route.method == "GET"):
                        return Match(route, found.groupdict())
                    offered.add(route.method)
        if offered:
            raise MethodNotAllowed(f"{method} is not for {path}: use {' or '.join(sorted(offered))}.")
        raise NotFound(f"There is nothing at {path}.")


def normal(path: str) -> str:
    """
    >>> normal("//v1//images/generations/"), normal("/")
    ('/v1/images/generations', '/')
    """
    return "/" + "/".join(part for part in path.split("/") if part)


def _pattern(path: str) -> re.Pattern[str]:
    """
    >>> _pattern("/models/{id:path}").fullmatch("/models/a/b").groupdict()
    {'id': 'a/b'}
    """
    parts, last = [], 0
    for hole in _HOLE.finditer(path):
        parts += [re.escape(path[last : hole.start()]), f"(?P<{hole[1]}>{'.+' if hole[2] else '[^/]+'})"]
        last = hole.end()
    return re.compile("".join(parts) + re.escape(path[last:]))

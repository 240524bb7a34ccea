"""Which dialect a path belongs to, however the caller wrote it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..core import Aside, Dialect, Incoming
from ..core.errors import MethodNotAllowed, NotFound

_HOLE = re.compile(r"\{(\w+)(:path)?\}")


@dataclass(frozen=True, slots=True)
class Route:
    """A call of a dialect; `aside` is None for one that answers pictures."""

    dialect: Dialect
    method: str
    path: str  # the dialect's own pattern
    aside: Aside | None = None

    def takes(self, method: str) -> bool:
        return method == self.method or (method == "HEAD" and self.method == "GET")


@dataclass(frozen=True, slots=True)
class Match:
    route: Route
    path_params: dict[str, str]


class Routes:
    """Every path of every dialect. `//` and a trailing `/` do not matter, nor does a leading `/v1`."""

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        routes = [Route(dialect, "POST", path) for dialect in dialects for path in dialect.paths]
        asides = [(dialect, aside) for dialect in dialects for aside in dialect.asides]
        # Those with a condition first: what is left is for the dialect without one.
        asides.sort(key=lambda each: each[1].when is None)
        routes += [Route(dialect, aside.method, aside.path, aside) for dialect, aside in asides]
        self._routes = [(_pattern(route.path), route) for route in routes]
        self._with_holes = [(pattern, route) for pattern, route in self._routes if "{" in route.path]
        self._fixed = {prefix + route.path for route in routes for prefix in ("", "/v1")}
        self._known: dict[
            str, list[Match]
        ] = {}  # what `_matching` found for a fixed path: it is asked for often
        self._speakers: dict[str, Dialect] = {}
        for route in routes:
            if route.aside is None and route.path.count("/") > 2:
                for prefix in _prefixes(route.path):
                    self._speakers.setdefault(prefix, route.dialect)
        self._root = next(each for each in dialects if each.name == "openai-images")

    def find(self, method: str, path: str, head: Incoming) -> Match:
        """`head` has the query and the headers, and no body yet.

        Raises NotFound for a path of no dialect, MethodNotAllowed for a path with other methods.
        """
        path = normal(path)
        offered = set()
        is_verb = (
            method == "POST" and ":" in path.rpartition("/")[2]
        )  # of Google's, as in models/m:countTokens
        for candidate in (path, path.removeprefix("/v1")):
            for match in self._matching(candidate):
                route = match.route
                if route.aside and route.aside.when and not route.aside.when(head):
                    continue
                if route.takes(method):
                    return match
                if not is_verb:  # which is no model that could be got
                    offered.add(route.method)
        if offered:
            allow = sorted(offered)
            raise MethodNotAllowed(f"{method} is not for {path}: use {' or '.join(allow)}.", allow=allow)
        raise NotFound(f"There is nothing at {path}.")

    def _matching(self, path: str) -> list[Match]:
        """Every route of this very path, in their order. Only paths without holes are remembered: there are few."""
        found = self._known.get(path)
        if found is None:
            fixed = path in self._fixed
            routes = self._routes if fixed else self._with_holes
            found = [
                Match(route, matched.groupdict())
                for pattern, route in routes
                if (matched := pattern.fullmatch(path))
            ]
            if fixed:
                self._known[path] = found
        return found

    def speaker(self, path: str) -> Dialect:
        """Who words the error for a path that leads nowhere: whose paths begin most like it, or OpenAI's."""
        found, path = None, normal(path)
        while path and found is None:
            found, path = self._speakers.get(path), path.rpartition("/")[0]
        return found or self._root


def normal(path: str) -> str:
    """
    >>> normal("//v1//images/generations/"), normal("/")
    ('/v1/images/generations', '/')
    """
    if "//" not in path and not path.endswith("/") and path.startswith("/"):
        return path
    return "/" + "/".join(part for part in path.split("/") if part)


def _prefixes(path: str) -> list[str]:
    """
    >>> _prefixes("/openai/deployments/{id}/models")
    ['/openai', '/openai/deployments']
    """
    parts = path.partition("{")[0].split("/")[:-1]
    return ["/".join(parts[:count]) for count in range(2, len(parts) + 1)]


def _pattern(path: str) -> re.Pattern[str]:
    """
    >>> _pattern("/models/{id:path}").fullmatch("/models/a/b").groupdict()
    {'id': 'a/b'}
    >>> _pattern("/models/{id:path}:predict").fullmatch("/models/a\\nb:predict").groupdict()
    {'id': 'a\\nb'}
    """
    parts, last = [], 0
    for hole in _HOLE.finditer(path):
        parts += [re.escape(path[last : hole.start()]), f"(?P<{hole[1]}>{'.+' if hole[2] else '[^/]+'})"]
        last = hole.end()
    return re.compile("".join(parts) + re.escape(path[last:]), re.DOTALL)

"""`n` pictures from a model that answers with fewer at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace

from ..core import Events, Generate, ImageRequest, ModelCard, Note, Polyfill, Remedy
from ..merging import merge


class FanOut:
    name = "fan_out"
    fields: tuple[str, ...] = ("n",)

    def remedy(self, request: ImageRequest, card: ModelCard) -> Remedy | None:
        if request.n <= card.max_n:
            return None
        calls = len(list(shares(request.n, card.max_n)))

        def wrap(generate: Generate) -> Generate:
            return lambda request: fan_out(request, card.max_n, generate)

        return Remedy(Note("n", "filled", f"fan_out({card.max_n}x{calls})"), wrap, once=True)


async def fan_out(request: ImageRequest, at_once: int, generate: Generate) -> Events:
    """Call side by side and number the pictures 0 to n-1.

    A fixed seed would make every call draw the same picture: each call's is moved on by the number of its first
    picture. Where there is none, who always draws the same for the same order goes by `first`.
    """
    calls = [_call(request, first, count, generate) for first, count in shares(request.n, at_once)]
    async with aclosing(merge(calls)) as events:
        async for event in events:
            yield event


def shares(n: int, at_once: int) -> Iterator[tuple[int, int]]:
    """The first picture of each call, and how many it makes.

    >>> list(shares(5, at_once=2))
    [(0, 2), (2, 2), (4, 1)]
    """
    for first in range(0, n, at_once):
        yield first, min(at_once, n - first)


async def _call(request: ImageRequest, first: int, count: int, generate: Generate) -> Events:
    seed = None if request.seed is None else request.seed + first
    part = replace(request, n=count, seed=seed, first=request.first + first)
    async with aclosing(generate(part)) as events:
        async for event in events:
            yield replace(event, index=first + event.index)


polyfill: Polyfill = FanOut()

"""What a polyfill loses of a picture that it opens: content credentials (C2PA), which cover the very bytes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from ..core import Completed, Events, Generate, Image, ImageRequest, Note, Remedy


def watched(remedy: Remedy, generate: Generate, tell: Callable[[Note], None]) -> Generate:
    """`generate` within the remedy; what it loses of finished pictures is told, once for each call or more often.

    Only pictures that did change are looked at: those have been opened, which takes a thousand times as long.
    """

    def watch(request: ImageRequest) -> Events:
        crossing = _Crossing(generate)
        return crossing.out(
            remedy.wrap(crossing.into)(request), Note("credentials", "dropped", remedy.name), tell
        )

    return watch


@dataclass(slots=True)
class _Crossing:
    """One call through a polyfill. `inside` are the pictures that it has been given and that have not come out."""

    generate: Generate
    inside: list[Image] = field(default_factory=list)

    async def into(self, request: ImageRequest) -> Events:
        async with aclosing(self.generate(request)) as events:
            async for event in events:
                if isinstance(event, Completed):
                    self.inside.append(event.image)
                yield event

    async def out(self, events: Events, note: Note, tell: Callable[[Note], None]) -> Events:
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Completed) and self._loses(event.image):
                    tell(note)
                yield event

    def _loses(self, image: Image) -> bool:
        """A polyfill that changes pictures hands on one before it takes the next: then it is the only one inside."""
        unchanged = [each for each in self.inside if each is not image]
        if len(unchanged) < len(self.inside):
            self.inside = unchanged
            return False
        taken, self.inside = self.inside, []
        return any(each.has_credentials() for each in taken) and not image.has_credentials()

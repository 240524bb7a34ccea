"""A model for the tests: it draws flat pictures, remembers what it was asked, and can stall or fail."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from io import BytesIO

import PIL.Image

from tintype import pixels
from tintype.core import (
    Completed,
    Events,
    Format,
    Generate,
    Image,
    ImageEvent,
    ImageRequest,
    ModelCard,
    Partial,
    Size,
    Text,
    Usage,
)
from tintype.core.errors import Unavailable
from tintype.polyfills import all_polyfills

RED = (200, 30, 40)
BROKEN = Image.from_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
POLYFILLS = {polyfill.name: polyfill for polyfill in all_polyfills()}


def card(**facts: object) -> ModelCard:
    return ModelCard(**{"id": "m", "provider": "test", "max_n": 10, **facts})  # type: ignore[arg-type]


def request(**wishes: object) -> ImageRequest:
    return ImageRequest(**{"model": "m", "prompt": "a red square", **wishes})  # type: ignore[arg-type]


@dataclass
class Painter:
    """`ignores_format`: it always answers with this one. `breaks_at`: the picture that is cut off. The others as they say."""

    partials: int = 0
    ignores_format: Format | None = None
    fails_at_seed: int | None = None
    stalls: bool = False
    breaks_at: int | None = None
    breaks_previews: bool = False
    colour: tuple[int, ...] = RED
    asked: list[ImageRequest] = field(default_factory=list)
    running: int = 0
    at_once: int = 0

    async def generate(self, request: ImageRequest) -> Events:
        self.asked.append(request)
        self.running += 1
        self.at_once = max(self.at_once, self.running)
        try:
            await asyncio.sleep(0)
            if self.fails_at_seed is not None and request.seed == self.fails_at_seed:
                raise Unavailable("no paint")
            for index in range(request.n):
                for step in range(self.partials):
                    preview = BROKEN if self.breaks_previews else self.paint(request)
                    yield Partial(image=preview, index=index, step=step)
                if self.stalls:
                    await asyncio.Event().wait()
                yield Text(text="Here it is.", index=index)
                yield Completed(
                    image=BROKEN if index == self.breaks_at else self.paint(request),
                    index=index,
                    seed=None if request.seed is None else request.seed + index,
                    usage=Usage(text_in=3, image_out=100 * request.n) if index == request.n - 1 else Usage(),
                )
        finally:
            self.running -= 1

    def paint(self, request: ImageRequest) -> Image:
        size = request.size if isinstance(request.size, Size) else Size(16, 16)
        mode = "RGBA" if len(self.colour) == 4 else "RGB"
        picture = PIL.Image.new(mode, size, self.colour)
        return Image.from_bytes(pixels.encode(picture, self.ignores_format or request.output_format or "png"))


def filled(name: str, request: ImageRequest, card: ModelCard, generate: Generate) -> Generate:
    """The model's call within this polyfill."""
    remedy = POLYFILLS[name].remedy(request, card)
    assert remedy is not None
    return remedy.wrap(generate)


def note(name: str, request: ImageRequest, card: ModelCard) -> str | None:
    remedy = POLYFILLS[name].remedy(request, card)
    return None if remedy is None else str(remedy.note)


def all_of(events: Events) -> list[ImageEvent]:
    async def read() -> list[ImageEvent]:
        return [event async for event in events]

    return asyncio.run(read())


def opened(event: ImageEvent) -> PIL.Image.Image:
    assert isinstance(event, Completed | Partial)
    return PIL.Image.open(BytesIO(event.image.as_bytes()))

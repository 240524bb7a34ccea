"""Draws by itself: the offline illustrator as a provider, and with another model's card as its twin.

A twin draws like the illustrator and counts like the model: its usage is computed by the
token formula on the card.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from textwrap import shorten
from typing import TYPE_CHECKING, Any, Self

from ..core import (
    Access,
    Completed,
    Events,
    Image,
    ImageEvent,
    ImageRequest,
    ModelCard,
    Partial,
    Ratio,
    Size,
    Text,
    Usage,
)
from ..core.errors import TooManyRequests
from ..core.tokens import text_tokens
from ..engines import signing

if TYPE_CHECKING:
    from ..engines.illustrator import Commission

MODEL = "tintype-illustrator"
"""Who draws, whichever model's twin it is."""

QUEUE = 256
"""How many requests may wait for a free core before the next is told to come later."""

_DETAIL = {"low": "low", "standard": "medium", "medium": "medium"}  # everything better: "high"
_PREVIEWS: dict[int, tuple[str, ...]] = {
    0: (),
    1: ("subjects",),
    2: ("ground", "subjects"),
    3: ("ground", "subjects", "light"),
}


class Illustrator:
    name = "illustrator"
    family = ""
    local = True
    options: tuple[str, ...] = signing.OPTIONS

    def __init__(self, cores: int | None = None, signer: signing.Signer | None = None) -> None:
        self._signer = signer
        self._cores = cores or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self._cores, thread_name_prefix="illustrator")
        self._orders = 0

    @classmethod
    def open(cls, access: Access) -> Self:
        return cls(signer=signing.Signer.open(access.options))

    async def check(self) -> str:
        return "it draws on this machine"

    async def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        """Draw in a thread of the pool; leaving ends the drawing at its next stage."""
        if self._orders >= self._cores + QUEUE:
            raise TooManyRequests(f"{QUEUE} drawings are waiting already.", retry_after=5)
        self._orders += 1
        loop = asyncio.get_running_loop()
        inbox: asyncio.Queue[ImageEvent | BaseException | None] = asyncio.Queue()
        left = threading.Event()

        def tell(item: ImageEvent | BaseException | None) -> None:
            if not left.is_set():
                loop.call_soon_threadsafe(inbox.put_nowait, item)

        def work() -> None:
            try:
                for event in draw(request, card, left, self._signer):
                    tell(event)
                tell(None)
            except BaseException as error:
                tell(error)

        drawing = self._pool.submit(work)
        try:
            while (item := await inbox.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            left.set()
            drawing.cancel()
            self._orders -= 1


def draw(
    request: ImageRequest, card: ModelCard, left: threading.Event, signer: signing.Signer | None = None
) -> Iterator[ImageEvent]:
    """The events of one request, drawn one picture after the other. Blocks; belongs in a thread.

    Finished pictures are signed, previews are not.
    """
    from ..engines.illustrator import stages  # imports the drawing libraries: not at start-up
    from ..pixels import encode

    base = commission(request, card)
    quality = request.quality or card.default_quality
    chosen = request.output_format or card.formats[0]
    previews = _PREVIEWS[min(request.partial_images or 0, 3)] if request.stream else ()
    size = Size(base.width, base.height)

    def encoded(picture: Any, signer: signing.Signer | None = None) -> Image:
        data = encode(picture, chosen, compression=request.output_compression)
        if signer is not None:
            data = signer.sign(data, chosen, MODEL, composed=bool(request.images))
        return Image.from_bytes(data)

    counted = Usage()
    for index in range(request.n):
        step = 0
        seed = base.seed + index
        words = _words(request, card)
        if words:
            yield Text(text=words, index=index)
        for stage in stages(replace(base, seed=seed)):
            if left.is_set():
                return
            if stage.name in previews:
                yield Partial(image=encoded(stage.picture), index=index, step=step)
                step += 1
            elif stage.name == "finished":
                counted += _usage(request, card, quality, size, step, words, first=index == 0)
                yield Completed(
                    image=encoded(stage.picture, signer),
                    index=index,
                    usage=counted if index == request.n - 1 else Usage(),
                    seed=seed,
                    quality=quality if card.qualities else None,
                    background=request.background or "opaque",
                )


def commission(request: ImageRequest, card: ModelCard) -> Commission:
    """What the engine is asked for. Raises BadRequest for a picture that cannot be opened."""
    from ..engines.illustrator import Commission, shape
    from ..pixels import open_mask, open_picture

    pictures = tuple(
        open_picture(image, param="image", number=number) for number, image in enumerate(request.images, 1)
    )
    wish: Size | Ratio | None = request.size
    if wish is None and pictures:
        # A model that is asked for shapes keeps the picture's shape, at its usual tier.
        wish = (Ratio if card.sizes.shapes else Size)(*pictures[0].size)
    if wish is None:
        wish = Ratio(*(shape(request.prompt) or (1, 1)))
    size = card.sizes.nearest(wish)
    quality = request.quality or card.default_quality or "medium"
    return Commission(
        prompt=request.prompt,
        width=size.width,
        height=size.height,
        seed=request.first if request.seed is None else request.seed,
        detail=_DETAIL.get(quality, "high"),  # type: ignore[arg-type]
        transparent=request.background == "transparent",
        pictures=pictures,
        mask=None if request.mask is None else open_mask(request.mask, of=pictures[0]),
        strength=request.strength,
    )


def _words(request: ImageRequest, card: ModelCard) -> str:
    """What the twin of a model that says words says before a picture: short, and true."""
    if not (request.wants_text and card.says_text):
        return ""
    told = shorten(request.prompt, 80, placeholder="\u2026")
    here = "Here is your picture after" if request.images else "Here is"
    return f"{here} \u201c{told}\u201d, drawn by Tintype's illustrator in place of {card.name or card.id}."


def _usage(
    request: ImageRequest,
    card: ModelCard,
    quality: str | None,
    size: Size,
    previews: int,
    words: str,
    *,
    first: bool,
) -> Usage:
    """The prompt and the input pictures count once for a call, however many pictures come out of it."""
    if card.tokens is None:
        return Usage()
    inputs = [image.header().size for image in request.images] if first else []
    return Usage(
        text_in=text_tokens(request.prompt) if first else 0,
        image_in=sum(card.tokens.image_in(each) for each in inputs if each),
        text_out=text_tokens(words),
        image_out=card.tokens.image_out(quality, size) + card.tokens.per_partial * previews,
    )
